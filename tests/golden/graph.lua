-- The shipped pipeline against ../shared/golden/graph: same edges except where weights differ by less
-- than 4e-6, weights and correlations to 2e-6, bad and constant rows exactly; on native and on cpu.
-- Usage: tandem lua tests/golden/graph.lua; skips with a reason where the cases are not there.
local tandem = require "tandem"
local read_npy = dofile "tests/golden/npy.lua"

local root = "../shared/golden/graph"
local passed, failed = 0, 0

-- -- files ---------------------------------------------------------------------------------------

local function read_case(dir)
  local f = io.open(dir .. "/case.json")
  if not f then return nil end
  local text = f:read "a"
  f:close()
  local function list(name)
    local items = {}
    for d in (text:match('"' .. name .. '": %[(.-)%]') or ""):gmatch "%d+" do items[#items + 1] = tonumber(d) end
    return items
  end
  return {
    k = tonumber(text:match '"k": (%d+)'), threshold = tonumber(text:match '"threshold": ([%d.]+)'),
    bad_rows = list "bad_rows", constant_rows = list "constant_rows",
  }
end

-- -- comparing ------------------------------------------------------------------------------------

local function same_list(got, want)
  if #got ~= #want then return false end
  for i = 1, #want do if got[i] ~= want[i] then return false end end
  return true
end

local function edges(dir)
  local src, dst, w = read_npy(dir .. "/edge_src.npy"), read_npy(dir .. "/edge_dst.npy"), read_npy(dir .. "/edge_w.npy")
  local set, weakest = {}, {}
  for i = 1, #src do
    set[src[i] .. "-" .. dst[i]] = w[i]
    weakest[src[i]] = math.min(weakest[src[i]] or 2, w[i])
  end
  return set, weakest, #src
end

-- An edge that only one side has must be a near tie with the weakest one kept there.
local function near_tie(edge, w, other_weakest, threshold)
  local src = tonumber(edge:match "^%d+")
  return math.abs(w - threshold) < 4e-6 or math.abs(w - (other_weakest[src] or -1)) < 4e-6
end

local function check_edges(got_dir, want_dir, threshold)
  local got, got_weakest, n_got = edges(got_dir)
  local want, want_weakest, n_want = edges(want_dir)
  for edge, w in pairs(want) do
    if got[edge] and math.abs(got[edge] - w) > 2e-6 then return ("edge %s weighs %.9g, expected %.9g"):format(edge, got[edge], w) end
    if not got[edge] and not near_tie(edge, w, got_weakest, threshold) then return ("edge %s (%.9g) is missing"):format(edge, w) end
  end
  for edge, w in pairs(got) do
    if not want[edge] and not near_tie(edge, w, want_weakest, threshold) then return ("edge %s (%.9g) is too much"):format(edge, w) end
  end
  if n_got ~= n_want then return ("%d edges, expected %d"):format(n_got, n_want) end
end

local function check_corr(got_dir, want_dir)
  local got, want = read_npy(got_dir .. "/corr.npy"), read_npy(want_dir .. "/corr.npy")
  for i = 1, #want do
    local error = math.abs(got[i] - want[i])
    if error > 2e-6 or error ~= error then return ("corr[%d] is %.9g, expected %.9g"):format(i - 1, got[i], want[i]) end
  end
end

-- -- running --------------------------------------------------------------------------------------

local function run_case(name, case, device, out)
  local dir = root .. "/" .. name
  tandem.run { "pipelines/brain_graph.lua", on = device, no_db = true, out = out,
               params = { series = dir .. "/x.npy", k = case.k, threshold = case.threshold, corr = true } }
  local wrong = check_edges(out, dir, case.threshold) or check_corr(out, dir)
  if not wrong and not same_list(read_npy(out .. "/bad_rows.npy"), case.bad_rows) then wrong = "bad_rows differ" end
  if not wrong and not same_list(read_npy(out .. "/constant_rows.npy"), case.constant_rows) then wrong = "constant_rows differ" end
  if wrong then
    failed = failed + 1
    print(("FAIL %s on %s: %s"):format(name, device, wrong))
  else
    passed = passed + 1
  end
end

local function has_cpu()
  for _, d in ipairs(tandem.devices()) do if d.type == "cpu" then return true end end
end

local list = io.popen("ls " .. root .. " 2>/dev/null")
local out = os.tmpname()
os.remove(out)
for name in list:lines() do
  local case = read_case(root .. "/" .. name)
  if case and case.k then
    for _, device in ipairs { "native", has_cpu() and "cpu" or nil } do run_case(name, case, device, out) end
  end
end
list:close()
os.execute("rm -rf " .. out)
if passed + failed == 0 then print("skipped: " .. root .. " is not here") end
print(("%d passed, %d failed"):format(passed, failed))
os.exit(failed == 0)
