-- tandem export SESSION|run:RUN DIR: what the database holds of a session or of one run, for others: raw tables as CSV and JSON lines, the
-- pipeline, its graph and plans, its input files where they are still the same, and ro-crate-metadata.json, which describes all of it as a
-- Provenance Run Crate (https://w3id.org/ro/wfrun/provenance/0.5).
-- Arguments: what, folder.
local tandem = require "tandem"

local what, dir = arg[1], arg[2]

local function fail(code, text) error(setmetatable({ code = code, text = text }, { __tostring = function(e) return e.text end })) end
local function query(sql, ...) return (tandem.query(sql, { ... })) end

local only = what:match "^run:(%d+)$"
local session = what:match "^%d+$"
if not only and not session then fail(2, ("export takes the number of a session, or run:NUMBER, not \"%s\"; `tandem query sessions` and `tandem query last` list them"):format(what)) end
if only then
  local r = query("SELECT session FROM run WHERE id = ?1", only)[1]
  if not r then fail(2, ("there is no run %s in %s; `tandem query last` lists them"):format(only, tandem.db)) end
  session = tostring(r.session)
end
local S = query("SELECT * FROM session WHERE id = ?1", session)[1]
if not S then fail(2, ("there is no session %s in %s; `tandem query sessions` lists them"):format(session, tandem.db)) end
local chosen = only and "SELECT id FROM run WHERE id = " .. only or "SELECT id FROM run WHERE session = " .. session
local runs = query(([[SELECT r.*, d.name AS device_name, d.model, d.driver, p.graph, p.sha256 AS plan_sha, g.sha256 AS graph_sha, g.name AS pipeline_name,
  strftime('%%Y-%%m-%%dT%%H:%%M:%%fZ', r.started_at, format('+%%.3f seconds', r.wall_ns / 1e9)) AS ended_at, t.run AS timed
  FROM run r JOIN device d ON d.id = r.device JOIN plan p ON p.id = r.plan JOIN graph g ON g.id = p.graph LEFT JOIN timed t ON t.run = r.id
  WHERE r.id IN (%s) ORDER BY r.id]]):format(chosen))
if #runs == 0 then fail(2, ("session %s ran nothing; `tandem query sessions` lists them"):format(session)) end

-- -- JSON: tables with [1], or made by list{}, are arrays; keys are sorted, those with @ first -----------------------------

local array = {}
local function list(t) return setmetatable(t, array) end
local escapes = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r" }
local function quote(s) return '"' .. s:gsub('[%c"\\]', function(c) return escapes[c] or ("\\u%04x"):format(c:byte()) end) .. '"' end
local json
local function members(t, indent)
  local keys, out = {}, {}
  for k in pairs(t) do keys[#keys + 1] = k end
  table.sort(keys)
  for i, k in ipairs(keys) do out[i] = quote(k) .. ": " .. json(t[k], indent) end
  return out
end
function json(x, indent)
  if type(x) == "string" then return quote(x) end
  if math.type(x) == "float" then return x ~= x and "null" or x == math.huge and '"inf"' or x == -math.huge and '"-inf"' or ("%.17g"):format(x) end
  if type(x) ~= "table" then return tostring(x) end
  local is_list = x[1] ~= nil or getmetatable(x) == array
  local deeper = indent and indent .. "  "
  local parts = {}
  if is_list then for i, v in ipairs(x) do parts[i] = json(v, deeper) end else parts = members(x, deeper) end
  local open, close = is_list and "[" or "{", is_list and "]" or "}"
  if #parts == 0 or not indent or (is_list and type(x[1]) ~= "table") then return open .. table.concat(parts, ", ") .. close end
  return open .. "\n" .. deeper .. table.concat(parts, ",\n" .. deeper) .. "\n" .. indent .. close
end

-- -- files ----------------------------------------------------------------------------------------------------------

local graph, by_id = {}, {}
local function entity(e)
  if not by_id[e["@id"]] then
    by_id[e["@id"]] = e
    graph[#graph + 1] = e
  end
  return { ["@id"] = e["@id"] }
end
local function ref(id) return { ["@id"] = id } end

local parts = list {}
local function open(name)
  local path = dir .. "/" .. name
  tandem.mkdirs(path:match "^(.*)/[^/]*$")
  local f, why = io.open(path, "wb")
  if not f then fail(4, ("cannot write %s: %s"):format(path, why)) end
  return f, path
end
local function put(f, path, ...)
  if not f:write(...) then fail(4, ("cannot write %s: disk full?"):format(path)) end
end
-- A file that was written: described with its size and digest.
local function described(name, path, f, e)
  if not f:close() then fail(4, ("cannot write %s: disk full?"):format(path)) end
  if by_id[name] then return ref(name) end
  e["@id"], e["@type"] = name, e["@type"] or "File"
  local sha, bytes = tandem.digest(path)
  e.sha256, e.contentSize = sha, tostring(bytes)
  parts[#parts + 1] = ref(name)
  return entity(e)
end
local function write(name, text, e)
  local f, path = open(name)
  put(f, path, text)
  return described(name, path, f, e)
end
local function copy(from, name, e)
  local source = io.open(from, "rb")
  if not source then return nil end
  local f, path = open(name)
  for piece in source:lines(1 << 20) do put(f, path, piece) end
  source:close()
  return described(name, path, f, e)
end

-- -- raw tables -----------------------------------------------------------------------------------------------------

local tables = {
  { "session", "id = " .. session }, { "run", "id IN (%s)" }, { "run_param" }, { "run_source" }, { "run_input" }, { "run_plugin" }, { "run_state" }, { "run_repeat" },
  { "build" }, { "launch" }, { "transfer" }, { "bind" }, { "value" }, { "step_cost" }, { "agreement" }, { "repeatability" }, { "timed" },
  { "protocol", "session = " .. session }, { "speedup", "session = " .. session }, { "session_git", "session = " .. session },
  { "kernel", "id IN (SELECT kernel FROM launch WHERE run IN (%s))" }, { "plan", "id IN (SELECT plan FROM run WHERE id IN (%s))" },
  { "graph", "id IN (SELECT p.graph FROM run r JOIN plan p ON p.id = r.plan WHERE r.id IN (%s))" },
  { "step", "graph IN (SELECT p.graph FROM run r JOIN plan p ON p.id = r.plan WHERE r.id IN (%s))" },
  { "graph_value", "graph IN (SELECT p.graph FROM run r JOIN plan p ON p.id = r.plan WHERE r.id IN (%s))" },
  { "device", "id IN (SELECT device FROM run WHERE id IN (%s))" }, { "device_field", "device IN (SELECT device FROM run WHERE id IN (%s))" },
  { "environment_field", "environment = " .. S.environment },
  { "personality", "environment = " .. S.environment .. " AND device IN (SELECT device FROM run WHERE id IN (%s))" },
  { "probe", "personality IN (SELECT id FROM personality WHERE environment = " .. S.environment .. " AND device IN (SELECT device FROM run WHERE id IN (%s)))" },
}
local function csv(x)
  if x == nil then return "" end
  local s = math.type(x) == "float" and ("%.17g"):format(x) or tostring(x)
  return s:find '[",\r\n]' and '"' .. s:gsub('"', '""') .. '"' or s
end

-- Rows come run by run where the table has runs: launches may be millions.
local function write_table(name, where)
  local f, path = open("tables/" .. name .. ".csv")
  local g, path_json = open("tables/" .. name .. ".jsonl")
  local n, headed = 0, false
  local function rows_of(condition)
    local rows, columns = tandem.query(("SELECT * FROM %s WHERE %s"):format(name, condition))
    if not headed then put(f, path, table.concat(columns, ","), "\r\n") end
    headed = true
    for _, r in ipairs(rows) do
      local cells = {}
      for i, c in ipairs(columns) do cells[i] = csv(r[c]) end
      put(f, path, table.concat(cells, ","), "\r\n")
      put(g, path_json, json(r), "\n")
      n = n + 1
    end
  end
  if where then rows_of((where:gsub("%%s", chosen))) else for _, r in ipairs(runs) do rows_of("run = " .. r.id) end end
  local about = ref "#session"
  described("tables/" .. name .. ".csv", path, f, { name = ("table %s: %d rows"):format(name, n), encodingFormat = "text/csv", about = about })
  described("tables/" .. name .. ".jsonl", path_json, g, { name = ("table %s, a JSON object a line"):format(name), encodingFormat = "application/jsonl", about = about })
end

-- -- the workflow: pipeline, parameters, steps, tools ---------------------------------------------------------------------

local first = runs[1]
local function text_of(sha) return query("SELECT content FROM text WHERE sha256 = ?1", sha)[1].content end
local function base(path) return path:match "[^/]+$" or path end
local workflow_id
local function write_pipeline()
  for i, s in ipairs(query("SELECT n, name, sha256 FROM run_source WHERE run = ?1 ORDER BY n", tostring(first.id))) do
    local id = ("pipeline/%s"):format(base(s.name))
    if by_id[id] then id = ("pipeline/%d/%s"):format(s.n, base(s.name)) end
    workflow_id = workflow_id or id
    write(id, text_of(s.sha256), { ["@type"] = list(i == 1 and { "File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo" } or { "File", "SoftwareSourceCode" }), name = first.pipeline_name })
  end
  local graph_file = write(("graphs/%.12s.graph"):format(first.graph_sha), text_of(first.graph_sha), { name = "the graph that the pipeline builds", encodingFormat = "text/plain" })
  if not workflow_id then
    workflow_id = graph_file["@id"]
    by_id[workflow_id]["@type"] = list { "File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo" }
  end
  for _, r in ipairs(runs) do write(("plans/%.12s.plan"):format(r.plan_sha), text_of(r.plan_sha), { name = "a plan: the graph on one device, ready to run", encodingFormat = "text/plain" }) end
  return by_id[workflow_id]
end

local types = { int = "Integer", real = "Float", flag = "Boolean", file = "File" }
local function parameter(kind, name, type)
  return entity { ["@id"] = ("%s#%s/%s"):format(workflow_id, kind, name), ["@type"] = "FormalParameter", name = name, additionalType = type }
end

-- Steps of the graph's text: tools, and which values they take and make.
local function read_steps(workflow)
  local steps, hows, tools, seen = {}, list {}, list {}, {}
  for line in text_of(first.graph_sha):gmatch "[^\n]+" do
    local left, node, version, inputs, rest = line:match "^(%%.-) = ([%w_]+%.[%w_]+)@(%d+)%((.-)%)(.*)$"
    if left then
      local step = { name = rest:match 'as "(.-)"', position = #steps, takes = {}, makes = {} }
      for v in inputs:gmatch "%%%d+" do step.takes[#step.takes + 1] = v end
      for v in left:gmatch "%%%d+" do step.makes[#step.makes + 1] = v end
      step.tool = entity { ["@id"] = ("#node/%s@%s"):format(node, version), ["@type"] = "SoftwareApplication", name = node, softwareVersion = version }
      step.how = entity { ["@id"] = ("%s#step/%s"):format(workflow_id, step.name), ["@type"] = "HowToStep", name = step.name, position = tostring(step.position), workExample = step.tool }
      steps[#steps + 1] = step
      hows[#hows + 1] = step.how
      if not seen[step.tool["@id"]] then tools[#tools + 1] = step.tool end
      seen[step.tool["@id"]] = true
    end
  end
  workflow.step, workflow.hasPart = hows, tools
  return steps
end

-- -- what happened ---------------------------------------------------------------------------------------------------------

local function status(code) return ref(code == 0 and "http://schema.org/CompletedActionStatus" or "http://schema.org/FailedActionStatus") end

local function inputs_of(r, workflow)
  local objects = list {}
  for _, i in ipairs(query("SELECT * FROM run_input WHERE run = ?1 ORDER BY input", tostring(r.id))) do
    local id = ("inputs/%.12s/%s"):format(i.sha256, base(i.path or i.url))
    local e = { name = i.name, exampleOfWork = parameter("in", i.name, "File") }
    local there = i.path and io.open(i.path, "rb")
    if there then there:close() end
    local same = there and tandem.digest(i.path) == i.sha256
    if not (same and copy(i.path, id, e)) then -- not here any more: known by its digest
      e["@id"], e["@type"], e.sha256, e.contentSize, e.description = "#" .. id, "CreativeWork", i.sha256, tostring(i.bytes), "the file is not part of this crate; it was read from " .. (i.path or i.url)
      objects[#objects + 1] = entity(e)
    else objects[#objects + 1] = ref(id) end
  end
  for _, p in ipairs(query("SELECT * FROM run_param WHERE run = ?1 ORDER BY name", tostring(r.id))) do
    if p.type ~= "file" and p.value then
      objects[#objects + 1] = entity { ["@id"] = ("#param/%s=%s"):format(p.name, p.value), ["@type"] = "PropertyValue", name = p.name, value = p.value, exampleOfWork = parameter("in", p.name, types[p.type] or "Text") }
    end
  end
  workflow.input = workflow.input or list {}
  for _, o in ipairs(objects) do
    local known = false
    for _, k in ipairs(workflow.input) do known = known or k["@id"] == by_id[o["@id"]].exampleOfWork["@id"] end
    if not known then table.insert(workflow.input, by_id[o["@id"]].exampleOfWork) end
  end
  return objects
end

local function outputs_of(r, workflow)
  local results = list {}
  for _, v in ipairs(query("SELECT output, dtype, dims, sha256 FROM value WHERE run = ?1 AND output IS NOT NULL ORDER BY output", tostring(r.id))) do
    results[#results + 1] = entity { ["@id"] = ("#output/%s/%.16s"):format(v.output, v.sha256), ["@type"] = "PropertyValue", name = v.output, value = "sha256:" .. v.sha256,
      description = ("digest of the elements, %s %s"):format(v.dtype, v.dims), exampleOfWork = parameter("out", v.output, "Text") }
    if r.id == first.id then
      workflow.output = workflow.output or list {}
      table.insert(workflow.output, parameter("out", v.output, "Text"))
    end
  end
  return results
end

-- Actions of the steps of a run that kept its launches; times are those of its first repeat, from the beginning of the run.
local function step_actions(r, steps)
  local controls = list {}
  local times = {}
  for _, t in ipairs(query([[SELECT s.name, strftime('%Y-%m-%dT%H:%M:%fZ', r.started_at, format('+%.6f seconds', min(l.begin_ns) / 1e9)) AS began,
    strftime('%Y-%m-%dT%H:%M:%fZ', r.started_at, format('+%.6f seconds', max(l.begin_ns + l.host_ns) / 1e9)) AS ended
    FROM launch l JOIN run r ON r.id = l.run JOIN plan p ON p.id = r.plan JOIN step s ON s.graph = p.graph AND s.step = l.step
    WHERE l.run = ?1 AND l.repeat = 0 GROUP BY l.step]], tostring(r.id))) do times[t.name] = t end
  if r.timed then return controls end
  for _, s in ipairs(steps) do
    local function values(names)
      local out = list {}
      for i, v in ipairs(names) do
        out[i] = entity { ["@id"] = ("#value/run%d/%s"):format(r.id, v:sub(2)), ["@type"] = "PropertyValue", name = "value " .. v .. " of the graph", value = "not kept" }
      end
      return out
    end
    local t = times[s.name]
    if t then
      local did = entity { ["@id"] = ("#action/run%d/%s"):format(r.id, s.name), ["@type"] = "CreateAction", name = ("step %s of run %d"):format(s.name, r.id), instrument = s.tool,
        object = values(s.takes), result = values(s.makes), startTime = t.began, endTime = t.ended, actionStatus = status(0) }
      controls[#controls + 1] = entity { ["@id"] = ("#control/run%d/%s"):format(r.id, s.name), ["@type"] = "ControlAction", name = "orchestrate " .. s.name, instrument = s.how, object = did }
    end
  end
  return controls
end

local function actions(workflow, steps, engine)
  local mentions = list {}
  for _, r in ipairs(runs) do
    local run = { ["@id"] = ("#run/%d"):format(r.id), ["@type"] = "CreateAction", instrument = ref(workflow_id), startTime = r.started_at, endTime = r.ended_at,
      name = ("run %d of %s on %s"):format(r.id, r.pipeline_name, r.asked), description = ("%s, %s, driver %s"):format(r.device_name, r.model, r.driver == "" and "-" or r.driver),
      object = inputs_of(r, workflow), result = outputs_of(r, workflow), actionStatus = status(r.code), error = r.error }
    local done = entity(run)
    mentions[#mentions + 1] = done
    local controls = step_actions(r, steps)
    if #controls > 0 then
      mentions[#mentions + 1] = entity { ["@id"] = ("#engine/%d"):format(r.id), ["@type"] = "OrganizeAction", name = ("tandem carries out run %d"):format(r.id), instrument = engine, object = controls, result = done,
        startTime = r.started_at, endTime = r.ended_at }
    end
  end
  return mentions
end

-- -- all of it ---------------------------------------------------------------------------------------------------------------

local function field(name)
  local r = query("SELECT value FROM environment_field WHERE environment = ?1 AND field = ?2", tostring(S.environment), name)[1]
  return r and r.value
end

local profiles = { { "https://w3id.org/ro/wfrun/process/0.5", "Process Run Crate", "0.5" }, { "https://w3id.org/ro/wfrun/workflow/0.5", "Workflow Run Crate", "0.5" },
  { "https://w3id.org/ro/wfrun/provenance/0.5", "Provenance Run Crate", "0.5" }, { "https://w3id.org/workflowhub/workflow-ro-crate/1.0", "Workflow RO-Crate", "1.0" } }
local conforms = list {}
local root = { ["@id"] = "./", ["@type"] = "Dataset", conformsTo = conforms, hasPart = parts, datePublished = os.date "!%Y-%m-%dT%H:%M:%SZ",
  name = ("%s: %s"):format(first.pipeline_name, only and "run " .. only or "session " .. session), license = "not stated",
  description = ("What tandem recorded of `%s`%s, begun %s."):format(S.arguments, S.verdict and ", which ended with " .. S.verdict or "", S.started_at) }
entity { ["@id"] = "ro-crate-metadata.json", ["@type"] = "CreativeWork", about = ref "./", conformsTo = list { ref "https://w3id.org/ro/crate/1.1", ref "https://w3id.org/workflowhub/workflow-ro-crate/1.0" } }
entity(root)
for _, p in ipairs(profiles) do conforms[#conforms + 1] = entity { ["@id"] = p[1], ["@type"] = "CreativeWork", name = p[2], version = p[3] } end
local engine = entity { ["@id"] = "#tandem", ["@type"] = "SoftwareApplication", name = "tandem", softwareVersion = ("%s %s"):format(field "tandem_version" or "", field "tandem_commit" or "") }
local workflow = write_pipeline()
workflow.programmingLanguage = entity { ["@id"] = "https://www.lua.org/", ["@type"] = "ComputerLanguage", name = "Lua", alternateName = "Lua 5.4 in tandem's sandbox", url = "https://www.lua.org/" }
root.mainEntity = ref(workflow_id)
root.mentions = actions(workflow, read_steps(workflow), engine)
entity { ["@id"] = "#session", ["@type"] = "Action", name = ("session %s: %s"):format(session, S.command), description = S.arguments, startTime = S.started_at, endTime = S.ended_at, instrument = engine, actionStatus = status(S.code or 4), error = S.error }
table.insert(root.mentions, ref "#session")
for _, t in ipairs(tables) do write_table(t[1], t[2]) end

local f, path = open "ro-crate-metadata.json"
if not (f:write(json({ ["@context"] = list { "https://w3id.org/ro/crate/1.1/context", "https://w3id.org/ro/terms/workflow-run/context" }, ["@graph"] = graph }, ""), "\n") and f:close()) then
  fail(4, ("cannot write %s: disk full?"):format(path))
end
print(("%d runs of session %s in %s: %d files"):format(#runs, session, dir, #parts + 1))
