-- tandem reproduce RUN: runs a recorded plan again, from what the database holds, and compares outputs.
-- Arguments: run (or "" for the last one), format "text" or "json".
local tandem = require "tandem"

local function fail(code, text) error(setmetatable({ code = code, text = text }, { __tostring = function(e) return e.text end })) end

local function one(sql, args) return tandem.query(sql, args)[1] end

local run = arg[1] ~= "" and arg[1] or nil
if run and not run:match "^%d+$" then fail(2, ("reproduce takes the number of a run, not \"%s\"; `tandem query last` lists them"):format(run)) end
local old = one([[SELECT r.id AS run, r.asked, r.session, p.sha256 AS plan, t.content AS text, r.code, r.pipeline
  FROM run r JOIN plan p ON p.id = r.plan JOIN text t ON t.sha256 = p.sha256
  WHERE r.id = coalesce(?1, (SELECT max(run) FROM value WHERE output IS NOT NULL))]], { run })
if not old then fail(2, run and ("there is no run %s in %s; `tandem query last` lists them"):format(run, tandem.db) or "the database holds no run with outputs") end
local outputs = tandem.query("SELECT output, dtype, dims, sha256 FROM value WHERE run = ?1 AND output IS NOT NULL ORDER BY output", { tostring(old.run) })
if #outputs == 0 then fail(2, ("run %d has no outputs recorded: it failed, or it is an arm of a pair; `tandem query outputs` shows who has"):format(old.run)) end

local impls = {} -- those that were asked for from outside (--impl)
for wish in old.text:gmatch "\nimpl ([^\n]+)" do impls[#impls + 1] = wish end
local path = os.tmpname()
local f = assert(io.open(path, "w"))
f:write(old.text)
f:close()
-- the device by the name it was asked for; "cpu.2" is a second "cpu"
local asked = old.asked:gsub("%.%d+$", "")
local ok, answer = pcall(tandem.run, { path, on = asked, impls = impls, replan = true })
os.remove(path)
if not ok then
  answer.text = ("run %d cannot be repeated: %s"):format(old.run, tostring(answer))
  error(answer)
end

-- -- what came out ---------------------------------------------------------------------------------

local rows, different = {}, 0
for _, o in ipairs(outputs) do
  local now = answer.outputs[o.output]
  local same = now and now.sha256 == o.sha256
  if not same then different = different + 1 end
  rows[#rows + 1] = { output = o.output, verdict = same and "bit-equal" or "different", before = o.sha256, after = now and now.sha256 or "" }
end
local inputs = tandem.query([[SELECT a.name, a.sha256 AS before, b.sha256 AS after FROM run_input a
  LEFT JOIN run_input b ON b.run = ?2 AND b.name = a.name WHERE a.run = ?1 AND a.sha256 IS NOT b.sha256]], { tostring(old.run), tostring(answer.run) })

-- Bits that differ may still be right: the same graph beside the oracle on this device.
local within = false
if different > 0 and #inputs == 0 then
  path = os.tmpname()
  f = assert(io.open(path, "w"))
  f:write(old.text)
  f:close()
  local compared, agreement = pcall(tandem.compare, { path, on = { asked, "ref" }, impls = impls, no_db = true, replan = true })
  os.remove(path)
  within = compared and agreement.verdict == "AGREE"
  for _, row in ipairs(rows) do if row.verdict == "different" and within then row.verdict = "within limits" end end
end

local changed = tandem.query("differences", { tostring(old.run), tostring(answer.run) })
-- the plan runs from a file of its own, so where the pipeline lay is not asked again
local ignored = { ["run plan"] = true, ["run pipeline"] = true, ["source"] = true, ["code"] = true }
local differences = {}
for _, d in ipairs(changed) do
  if not ignored[d.about .. " " .. d.field] and not ignored[d.about] and d.about ~= "parameter" then differences[#differences + 1] = d end
end

local verdict = #inputs > 0 and "different" or different == 0 and "bit-equal" or within and "within limits" or "different"
if arg[2] == "json" then
  local function quote(s) return '"' .. tostring(s):gsub('[%c"\\]', function(c) return ("\\u%04x"):format(c:byte()) end) .. '"' end
  local function list(items, keys)
    local parts = {}
    for _, item in ipairs(items) do
      local fields = {}
      for _, k in ipairs(keys) do fields[#fields + 1] = quote(k) .. ": " .. (item[k] == nil and "null" or quote(item[k])) end
      parts[#parts + 1] = "{" .. table.concat(fields, ", ") .. "}"
    end
    return "[" .. table.concat(parts, ",\n    ") .. "]"
  end
  print(('{\n  "schema": "tandem/reproduce/1",\n  "run": %d,\n  "again": %s,\n  "verdict": %s,\n  "outputs": %s,\n  "inputs_changed": %s,\n  "differences": %s\n}'):format(
    old.run, answer.run and tostring(answer.run) or "null", quote(verdict), list(rows, { "output", "verdict", "before", "after" }),
    list(inputs, { "name", "before", "after" }), list(differences, { "about", "field", "before", "after" })))
else
  print(("run %d of %s on %s, again as run %s\n"):format(old.run, old.pipeline, asked, answer.run or "-"))
  for _, row in ipairs(rows) do print(("  %-20s %-14s %.12s…%s"):format(row.output, row.verdict, row.before, row.verdict == "bit-equal" and "" or (" now %.12s…"):format(row.after))) end
  for _, i in ipairs(inputs) do print(("\n  the input \"%s\" is another: %.12s… was %.12s…"):format(i.name, i.after or "-", i.before)) end
  if #differences == 0 then print "\nnothing that is recorded has changed" else print "\nwhat has changed since:" end
  for _, d in ipairs(differences) do print(("  %-12s %-28s %s -> %s"):format(d.about, d.field, tostring(d.before), tostring(d.after))) end
  print("\n" .. verdict:upper())
end
if verdict == "different" then os.exit(1, true) end
