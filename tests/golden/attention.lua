-- The shipped pipeline against ../shared/golden/attention, forward and backward: out to 2e-5, lse to
-- 2e-5 + 4e-7 |x| (scores of 100 have no more digits in f32), gradients to 1e-4 + 1e-4 |x|, on native and on
-- cpu, whose bits must be the same.
-- Usage: tandem lua tests/golden/attention.lua; skips with a reason where the cases are not there.
local tandem = require "tandem"
local read_npy = dofile "tests/golden/npy.lua"

local root = "../shared/golden/attention"
local passed, failed = 0, 0

local function exists(path)
  local f = io.open(path, "rb")
  if f then f:close() end
  return f ~= nil
end

local function bytes(path)
  local f = assert(io.open(path, "rb"))
  local text = f:read "a"
  f:close()
  return text
end

-- nil, or what is wrong with one output
local function compare(name, got_dir, want_dir)
  local got, want = read_npy(got_dir .. "/" .. name .. ".npy"), read_npy(want_dir .. "/" .. name .. ".npy")
  local absolute = (name == "out" or name == "lse") and 2e-5 or 1e-4
  local relative = name == "out" and 0 or name == "lse" and 4e-7 or 1e-4
  if table.concat(got.dims, " ") ~= table.concat(want.dims, " ") then return name .. " has another shape" end
  for i = 1, #want do
    local error = math.abs(got[i] - want[i])
    if got[i] ~= want[i] and (error > absolute + relative * math.abs(want[i]) or error ~= error) then
      return ("%s[%d] is %.9g, expected %.9g"):format(name, i - 1, got[i], want[i])
    end
  end
end

local outputs = { "out", "lse", "dq", "dk", "dv" }

local function run_case(name, device, out)
  local dir = root .. "/" .. name
  local text = bytes(dir .. "/case.json")
  local params = { scale = tonumber(text:match '"scale": ([%d.e+-]+)'), causal = text:match '"causal": (%a+)' == "true" }
  for _, port in ipairs { "q", "k", "v", "mask", "bias", "dout" } do
    local path = dir .. "/" .. port .. ".npy"
    if exists(path) then params[port] = path end
  end
  tandem.run { "pipelines/attention.lua", on = device, no_db = true, out = out, params = params }
  for _, output in ipairs(outputs) do
    local wrong = compare(output, out, dir)
    if wrong then return wrong end
  end
end

local function same_bits(a, b)
  for _, output in ipairs(outputs) do
    if bytes(a .. "/" .. output .. ".npy") ~= bytes(b .. "/" .. output .. ".npy") then return output .. " has other bits than on native" end
  end
end

local function verdict(name, device, wrong)
  if wrong then print(("FAIL %s on %s: %s"):format(name, device, wrong)) end
  passed, failed = passed + (wrong and 0 or 1), failed + (wrong and 1 or 0)
end

local has_cpu = false
for _, d in ipairs(tandem.devices()) do has_cpu = has_cpu or d.type == "cpu" end

local list = io.popen("ls " .. root .. " 2>/dev/null")
local out = os.tmpname()
os.remove(out)
for name in list:lines() do
  if exists(root .. "/" .. name .. "/q.npy") then -- not a whole encoder
    local native, cpu = out .. ".native", out .. ".cpu"
    local wrong = run_case(name, "native", native)
    verdict(name, "native", wrong)
    if has_cpu then verdict(name, "cpu", run_case(name, "cpu", cpu) or not wrong and same_bits(cpu, native) or nil) end
  end
end
list:close()
os.execute(("rm -rf %s.native %s.cpu"):format(out, out))
if passed + failed == 0 then print("skipped: " .. root .. " is not here") end
print(("%d passed, %d failed"):format(passed, failed))
os.exit(failed == 0)
