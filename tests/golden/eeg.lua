-- The shipped pipeline against ../shared/golden/eeg: the same ranks, kappa, rho, labels and bad epochs; numbers to
-- 1e-9; on native and on cpu, with the same bits. Usage: tandem lua tests/golden/eeg.lua [small]; `small` leaves out what
-- takes long where doubles are made of integers (TANDEM_CL_CONFIG=single). Skips with a reason where the cases are not there.
local tandem = require "tandem"
local read_npy = dofile "tests/golden/npy.lua"

local root = "../shared/golden/eeg"
local out = os.tmpname()
os.remove(out)
local passed, failed = 0, 0
local small = arg[1] == "small"

local function exists(path)
  local f = io.open(path)
  if f then f:close() end
  return f ~= nil
end

local function read(path)
  local f = assert(io.open(path))
  local text = f:read "a"
  f:close()
  return text
end

-- The numbers of a list in JSON.
local function list(text, name)
  local items = {}
  for d in (text:match('"' .. name .. '": %[(.-)%]') or ""):gmatch "[^,%s]+" do items[#items + 1] = tonumber(d) end
  return items
end

-- -- comparing: each returns what is wrong, or nil ------------------------------------------------

local function exact(got, want, what)
  if #got ~= #want then return ("%s: %d numbers, expected %d"):format(what, #got, #want) end
  for i = 1, #want do
    if got[i] ~= want[i] then return ("%s[%d] is %.17g, expected %.17g"):format(what, i - 1, got[i], want[i]) end
  end
end

-- Within `limit` of the expected number, or of the scale that is given.
local function near(got, want, what, limit, scale)
  if #got ~= #want then return ("%s: %d numbers, expected %d"):format(what, #got, #want) end
  for i = 1, #want do
    local error = got[i] == want[i] and 0 or math.abs(got[i] - want[i])
    local fine = error <= limit * (scale or math.abs(want[i])) -- not so with NaN
    if not fine then return ("%s[%d] is %.17g, expected %.17g"):format(what, i - 1, got[i], want[i]) end
  end
end

local function largest(a)
  local most = 0
  for _, x in ipairs(a) do most = math.max(most, math.abs(x)) end
  return most
end

-- [n][m] with the axes exchanged; rows first … of the result only.
local function turned(a, rows)
  local n, m, b = a.dims[1], a.dims[2], {}
  for i = 1, m do
    for k = 1, rows or n do b[#b + 1] = a[(k - 1) * m + i] end
  end
  return b
end

-- -- one case ---------------------------------------------------------------------------------------

-- The part of expected.json that is about a method.
local function part(text, method)
  return text:match('"' .. method .. '": (%b{})')
end

local function check_thresholds(dir, text, method)
  local function got(name) return read_npy(out .. "/" .. name .. ".npy") end
  local function want(name) return read_npy(dir .. "/" .. name .. ".npy") end
  local wrong = near(got "thresholds", want(method .. "_thresholds"), "thresholds", 1e-9)
  if wrong or method == "bayes" then return wrong end
  wrong = near(got "alone", want "loo_matrix", "alone", 1e-9, 1) or near(got "sizes", turned(want "ptp"), "sizes", 1e-9)
  if wrong or method == "grid41" then return wrong end
  return exact(got "rank", list(part(text, method), "threshold_rank"), "rank") or near(got "curve", want "exhaustive_curve", "curve", 1e-9)
end

local function check_labels(dir, text, method)
  local function got(name) return read_npy(out .. "/" .. name .. ".npy") end
  local function want(name) return read_npy(dir .. "/" .. method .. "_" .. name .. ".npy") end
  local expected = part(text, method)
  local best = { tonumber(expected:match '"consensus": ([%d.e+-]+)'), tonumber(expected:match '"n_interpolate": (%d+)') }
  local wrong = exact(got "labels_cv", want "labels_cv", "labels_cv") or near(got "loss", want "loss", "loss", 1e-9)
    or exact(got "best", best, "best") or exact(got "labels", want "labels", "labels") or exact(got "bad_epochs", want "bad_epochs", "bad_epochs")
  if not wrong and exists(dir .. "/" .. method .. "_clean_average.npy") then
    local average = want "clean_average"
    wrong = near(got "clean_average", average, "clean_average", 1e-9, largest(average))
  end
  if not wrong and exists(out .. "/clean_rms.npy") then
    local rms = want "clean_rms"
    wrong = near(got "clean_rms", rms, "clean_rms", 1e-9, largest(rms))
  end
  return wrong
end

local function note(what, wrong)
  if wrong then
    failed = failed + 1
    print(("FAIL %s: %s"):format(what, wrong))
  else
    passed = passed + 1
  end
end

-- Which outputs of two runs have other bits.
local function other_bits(a, b)
  for name, value in pairs(a) do
    if value.sha256 ~= b[name].sha256 then return name .. " has other bits than on native" end
  end
end

local function parameters(dir, text, method)
  local params = {
    channels = dir .. "/channels.csv", method = method == "bayes" and "given" or method, seed = tonumber(text:match '"seed": (%d+)'),
    cv = tonumber(text:match '"cv": (%d+)'), n_interpolate = table.concat(list(text, "n_interpolate"), ","),
    consensus = table.concat(list(text, "consensus"), ","), details = "true",
  }
  if exists(dir .. "/epochs.npy") then
    params.epochs = dir .. "/epochs.npy"
  else
    params.synth = ("%s,%s,1"):format(text:match '"n_epochs": (%d+)', text:match '"n_times": (%d+)')
  end
  if exists(("%s/%s_clean_rms.npy"):format(dir, method)) then params.clean = "true" end
  if method == "bayes" then params.thresholds = dir .. "/bayes_thresholds.npy" end
  return params
end

local function run_case(name, method, devices)
  local dir, first = root .. "/" .. name, nil
  local text = read(dir .. "/expected.json")
  for _, device in ipairs(devices) do
    os.execute("rm -rf " .. out)
    local run = tandem.run { "pipelines/autoreject.lua", on = device, no_db = true, out = out, params = parameters(dir, text, method) }
    local wrong = check_thresholds(dir, text, method)
    if not wrong and method ~= "grid41" then wrong = check_labels(dir, text, method) end
    note(("%s, %s on %s"):format(name, method, device), wrong or first and other_bits(first, run.outputs))
    first = first or run.outputs
  end
end

-- -- the interpolator alone ---------------------------------------------------------------------------

local function set(items)
  local is = {}
  for _, c in ipairs(items) do is[c] = true end
  return is
end

-- Rows of the bad channels, columns of the good ones.
local function weights(y, bad, n)
  local is_bad, w = set(bad), {}
  for _, c in ipairs(bad) do
    for k = 0, n - 1 do
      if not is_bad[k] then w[#w + 1] = y[c * n + k + 1] end
    end
  end
  return w
end

local function run_spline(device)
  local dir, number = root .. "/spline", 0
  for bad in read(dir .. "/badsets.json"):gmatch '"bad": (%b[])' do
    local items = list('"bad": ' .. bad, "bad")
    tandem.run { "tests/golden/eeg_spline.lua", on = device, no_db = true, out = out, params = { channels = dir .. "/channels.csv", bad = table.concat(items, ",") } }
    note(("spline, set %d on %s"):format(number, device),
      near(weights(read_npy(out .. "/y.npy"), items, 64), read_npy(("%s/interp_%d.npy"):format(dir, number)), "weights", 1e-9, 1)
      or near(read_npy(out .. "/alone.npy"), read_npy(dir .. "/loo_matrix.npy"), "alone", 1e-9, 1))
    number = number + 1
  end
end

-- -- one size for all channels ---------------------------------------------------------------------------

local function run_global(device)
  local dir, losses = root .. "/synth_a", {}
  local text, want = read(dir .. "/global_ransac.json"), read_npy(dir .. "/global_candidates_loss.npy")
  for i = 2, #want, 2 do losses[#losses + 1] = want[i] end
  tandem.run { "tests/golden/eeg_global.lua", on = device, no_db = true, out = out, params = { epochs = dir .. "/epochs.npy" } }
  local function got(name) return read_npy(out .. "/" .. name .. ".npy") end
  note("global on " .. device,
    exact(got "rank", { tonumber(text:match '"global_exhaustive_rank": (%d+)') }, "rank")
    or near(got "threshold", { tonumber(text:match '"global_exhaustive": ([%d.e+-]+)') }, "threshold", 1e-9) or near(got "loss", losses, "loss", 1e-9))
end

-- -- channels that are bad throughout -------------------------------------------------------------------

-- Which of n numbers are in a list, as 0 and 1.
local function flags(items, n)
  local is, f = set(items), {}
  for i = 1, n do f[i] = is[i - 1] and 1 or 0 end
  return f
end

-- The first columns of [n][m].
local function columns(a, k)
  local m, b = a.dims[2], {}
  for i = 1, #a do
    if (i - 1) % m < k then b[#b + 1] = a[i] end
  end
  return b
end

-- With subsets that are drawn here, and with those of the reference.
local function run_ransac(device, drawn)
  local dir = root .. "/synth_a"
  local text, subsets = read(dir .. "/global_ransac.json"), read_npy(dir .. "/ransac_subsets.npy")
  local params = { epochs = dir .. "/epochs.npy", channels = dir .. "/channels.csv" }
  if drawn then params.seed = tonumber(text:match '"ransac_seed": (%d+)') else params.subsets = dir .. "/ransac_subsets.npy" end
  tandem.run { "pipelines/ransac.lua", on = device, no_db = true, out = out, params = params }
  local function got(name) return read_npy(out .. "/" .. name .. ".npy") end
  note(("ransac, subsets %s, on %s"):format(drawn and "drawn" or "given", device),
    drawn and exact(columns(got "subsets", subsets.dims[2]), subsets, "subsets")
    or near(got "corr", read_npy(dir .. "/ransac_corr.npy"), "corr", 1e-9, 1) or exact(got "n_below", list(text, "ransac_bad_counts"), "n_below")
    or exact(got "bad_channels", flags(list(text, "ransac_bad_channels"), 20), "bad_channels"))
end

-- -- all -------------------------------------------------------------------------------------------------

local devices = { "native" }
for _, d in ipairs(tandem.devices()) do
  if d.type == "cpu" then devices[2] = "cpu" end
end
if exists(root .. "/spline/badsets.json") then
  for _, device in ipairs(devices) do run_spline(device) end
end
if exists(root .. "/synth_a/global_ransac.json") then
  for _, device in ipairs(devices) do
    run_global(device)
    run_ransac(device, true)
    run_ransac(device, false)
  end
end
for _, name in ipairs(small and { "synth_a" } or { "synth_a", "real_r04", "headline" }) do
  if exists(root .. "/" .. name .. "/expected.json") then
    for _, method in ipairs(small and { "exhaustive" } or { "exhaustive", "bayes", "grid41" }) do run_case(name, method, devices) end
  end
end
os.execute("rm -rf " .. out)
if passed + failed == 0 then print("skipped: " .. root .. " is not here") end
print(("%d passed, %d failed"):format(passed, failed))
os.exit(failed == 0)
