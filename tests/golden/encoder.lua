-- pipelines/encoder.lua against ../shared/golden: encoder layers (attention/encoder_*), a stack of them
-- (encoder/signtf_small_*), forward and the gradients of all weights, on native and on cpu, which have the same
-- bits; weights go by way of .safetensors. And on real landmarks, which have no answer but this: same bits.
-- Usage: tandem lua tests/golden/encoder.lua; skips with a reason where the cases are not there.
local tandem = require "tandem"
local read_npy = dofile "tests/golden/npy.lua"

local root = "../shared/golden"
local passed, failed = 0, 0

local function check(what, wrong)
  if wrong then
    failed = failed + 1
    print(("FAIL %s: %s"):format(what, wrong))
  else
    passed = passed + 1
  end
end

-- The cases' names of weights are those of one layer, or enc.0 …; ours are torch's.
local function our_name(name)
  if name:find "^norm%." then return "enc." .. name end
  return (name:find "^enc%.%d" and name:gsub("^enc%.", "enc.layers.") or name:gsub("^enc%.", "enc.layers.0."))
end

local function list(pattern)
  local items, p = {}, io.popen("ls -d " .. pattern .. " 2>/dev/null")
  for line in p:lines() do items[#items + 1] = line end
  p:close()
  return items
end

-- All w__NAME.npy of a case as one .safetensors file of f32.
local function pack_weights(dir, path)
  local header, data, at = {}, {}, 0
  for _, file in ipairs(list(dir .. "/w__*.npy")) do
    local a = read_npy(file)
    for i = 1, #a do data[#data + 1] = string.pack("<f", a[i]) end
    header[#header + 1] = ('"%s":{"dtype":"F32","shape":[%s],"data_offsets":[%d,%d]}'):format(
      our_name(file:match "w__(.*)%.npy$"), table.concat(a.dims, ","), at, at + 4 * #a)
    at = at + 4 * #a
  end
  local text = "{" .. table.concat(header, ",") .. "}"
  local f = assert(io.open(path, "wb"))
  f:write(string.pack("<I8", #text), text, table.concat(data))
  f:close()
end

-- What is wrong with `got`, or nil: |got - want| <= abs + rel |want|.
local function differs(got, want, abs, rel)
  if #got ~= #want then return ("%d numbers, expected %d"):format(#got, #want) end
  for i = 1, #want do
    local off = math.abs(got[i] - want[i])
    if off > abs + rel * math.abs(want[i]) or off ~= off then return ("[%d] is %.9g, expected %.9g"):format(i - 1, got[i], want[i]) end
  end
end

local function same_bytes(a, b)
  local f, g = assert(io.open(a, "rb")), assert(io.open(b, "rb"))
  local same = f:read "a" == g:read "a"
  f:close()
  g:close()
  return same
end

-- -- whole layers ---------------------------------------------------------------------------------

local function field(text, name)
  local word = text:match('"' .. name .. '": "?([%w_.]+)')
  return tonumber(word) or word
end

local function largest(array)
  local most = 0
  for i = 1, #array do most = math.max(most, math.abs(array[i])) end
  return most
end

-- How far off each array may be: attention's cases say it for each number, the others for the array as a whole; there
-- `floor` is a hundredth of the largest gradient of all.
local function compare(case, got, want, floor)
  if case:find "^encoder_" then return differs(got, want, 1e-4, floor and 1e-4 or 0) end
  return differs(got, want, (floor and 1e-4 or 2e-5) * math.max(largest(want), floor or 0), 0)
end

local function check_case(dir, name, device, out)
  for _, output in ipairs { "logits", "loss" } do
    local want = io.open(dir .. "/" .. output .. ".npy") and read_npy(dir .. "/" .. output .. ".npy")
    if want then check(("%s %s on %s"):format(name, output, device), compare(name, read_npy(out .. "/" .. output .. ".npy"), want)) end
  end
  local hidden, lengths, want = read_npy(out .. "/hidden.npy"), read_npy(dir .. "/lengths.npy"), read_npy(dir .. "/hidden.npy")
  local frames, width = want.dims[2], want.dims[3]
  for i = 1, #want do -- what stands in padding is nobody's business
    local frame = (i - 1) // width % frames
    if frame >= lengths[(i - 1) // (width * frames) + 1] then hidden[i], want[i] = 0, 0 end
  end
  check(name .. " hidden on " .. device, compare(name, hidden, want))
  local gradients, floor = list(dir .. "/g__*.npy"), 0
  for _, file in ipairs(gradients) do floor = math.max(floor, 0.01 * largest(read_npy(file))) end
  for _, file in ipairs(gradients) do
    local weight = file:match "g__(.*)%.npy$"
    check(("%s gradient of %s on %s"):format(name, weight, device),
      compare(name, read_npy(("%s/grad.%s.npy"):format(out, our_name(weight))), read_npy(file), floor))
  end
end

-- Runs the pipeline on all devices and holds them to the same bits; look(device, folder) is called for each.
local function run(name, devices, out, params, look)
  for _, device in ipairs(devices) do
    tandem.run { "pipelines/encoder.lua", on = device, no_db = true, out = out .. "-" .. device, params = params }
    look(device, out .. "-" .. device)
  end
  for _, path in ipairs(devices[2] and list(out .. "-native/*.npy") or {}) do
    local other = path:gsub("%-native/", "-cpu/")
    check(name .. " bits of " .. path:match "[^/]*$", not same_bytes(path, other) and "native and cpu differ" or nil)
  end
  os.execute("rm -rf " .. out .. "-*")
end

local function run_case(dir, devices, out)
  local name = dir:match "[^/]*$"
  local f = assert(io.open(dir .. "/case.json"))
  local text = f:read "a"
  f:close()
  local weights = os.tmpname() .. ".safetensors"
  pack_weights(dir, weights)
  local stack = name:find "^signtf" ~= nil
  run(name, devices, out, {
    data = "files", x = dir .. "/x.npy", lengths = dir .. "/lengths.npy", labels = dir .. "/labels.npy", weights = weights,
    frames = field(text, "T"), features = field(text, "F"), width = field(text, "d_model"), heads = field(text, "heads"),
    ff = field(text, "ff"), layers = field(text, "layers") or 1, classes = field(text, "classes"), act = field(text, "activation"),
    label_type = stack and "i32" or "i64", pre = stack or field(text, "norm_first") == "true", norm = stack,
  }, function(device, folder)
    check_case(dir, name, device, folder)
    local loss = field(text, "loss")
    if tonumber(loss) then check(name .. " loss on " .. device, differs(read_npy(folder .. "/loss.npy"), { loss }, 1e-4, 0)) end
  end)
  os.remove(weights)
end

-- A real sign, 73 frames of 178 points, at 64 places in time.
local function run_landmarks(path, devices, out)
  run("landmarks", devices, out, { data = "landmarks", x = path, recorded = 73, features = 356, norm = true }, function(device, folder)
    local hidden = read_npy(folder .. "/hidden.npy")
    local finite = #hidden == 64 * 64
    for i = 1, #hidden do finite = finite and hidden[i] - hidden[i] == 0 end
    check("landmarks on " .. device, not finite and "hidden is not 64 x 64 finite numbers" or nil)
  end)
end

-- -- -----------------------------------------------------------------------------------------------

local devices = { "native" }
for _, d in ipairs(tandem.devices()) do if d.type == "cpu" and not devices[2] then devices[2] = "cpu" end end
local out = os.tmpname()
os.remove(out)
for _, dir in ipairs(list(root .. "/attention/encoder_*")) do run_case(dir, devices, out) end
for _, dir in ipairs(list(root .. "/encoder/signtf_small_*")) do run_case(dir, devices, out) end
for _, path in ipairs(list "../shared/data/sign/sgg_essen.npy") do run_landmarks(path, devices, out) end
if passed + failed == 0 then print("skipped: " .. root .. " is not here") end
print(("%d passed, %d failed"):format(passed, failed))
os.exit(failed == 0)
