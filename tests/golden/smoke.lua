-- pipelines/smoke.lua on every device here: a loop, a series, a late dim, against answers worked out here.
-- Usage: tandem lua tests/golden/smoke.lua
local tandem = require "tandem"
local read_npy = dofile "tests/golden/npy.lua"

local passed, failed = 0, 0

local function check(device, what, ok)
  if ok then passed = passed + 1 else failed = failed + 1 end
  if not ok then print(("FAIL smoke on %s: %s"):format(device, what)) end
end

local function run(device, turns, least)
  local out = os.tmpname()
  os.remove(out)
  tandem.run { "pipelines/smoke.lua", on = device, no_db = true, out = out, params = { turns = turns, least = least } }
  local r = {}
  for _, name in ipairs { "power", "powers", "kept", "which", "spread" } do r[name] = read_npy(out .. "/" .. name .. ".npy") end
  os.execute("rm -rf " .. out)
  return r
end

-- Rows to be kept, by the pipeline's own rule.
local function expected(spread, least)
  local rows = {}
  for i = 1, #spread do if spread[i] >= least then rows[#rows + 1] = i - 1 end end
  return rows
end

local function check_run(device, turns, least, n_kept)
  local r = run(device, turns, least)
  local rows, ok = expected(r.spread, least), true
  check(device, "power of two", r.power[1] == 2.0 ^ turns)
  check(device, "one power a turn", r.powers.dims[1] == turns)
  for i = 1, turns do ok = ok and r.powers[i] == 2.0 ^ (i - 1) end
  check(device, "series", ok)
  check(device, "rows kept", #rows == #r.which and r.kept.dims[1] == #rows and r.kept.dims[2] == 40)
  check(device, "how many", not n_kept or #rows == n_kept)
  ok = true
  for i = 1, #rows do ok = ok and rows[i] == r.which[i] end
  check(device, "which", ok)
end

for _, d in ipairs(tandem.devices()) do
  if d.type ~= "ref" then
    check_run(d.id, 10, 2.2, 5)
    check_run(d.id, 1, 0, 12) -- all rows
    check_run(d.id, 3, 1e6, 0) -- none
  end
end
print(("%d passed, %d failed"):format(passed, failed))
os.exit(failed == 0)
