-- pipelines/encoder.lua against ../shared/golden: encoder layers (attention/encoder_*), a stack of them
-- (encoder/signtf_small_*), forward and the gradients of all weights, on native and on cpu, which have the same
-- bits; weights go by way of .safetensors. And on real landmarks, which have no answer but this: same bits.
-- Usage: tandem lua tests/golden/encoder.lua; skips with a reason where the cases are not there.
local tandem = require "tandem"
local read_npy = dofile "tests/golden/npy.lua"
local arrays = dofile "tests/golden/arrays.lua"
local check, list = arrays.check, arrays.list

local root = "../shared/golden"

-- All w__NAME.npy of a case as one file.
local function pack_weights(dir, path)
  local tensors = {}
  for _, file in ipairs(list(dir .. "/w__*.npy")) do
    local x = read_npy(file)
    x.name = arrays.our_name(file:match "w__(.*)%.npy$")
    tensors[#tensors + 1] = x
  end
  arrays.write_safetensors(path, tensors)
end

local function field(text, name)
  local word = text:match('"' .. name .. '": "?([%w_.]+)')
  return tonumber(word) or word
end

-- How far off each array may be: attention's cases say it for each number, the others for the array as a whole; there
-- `floor` is a hundredth of the largest gradient of all.
local function compare(case, got, want, floor)
  if case:find "^encoder_" then return arrays.differs(got, want, 1e-4, floor and 1e-4 or 0) end
  return arrays.differs(got, want, (floor and 1e-4 or 2e-5) * math.max(arrays.largest(want), floor or 0), 0)
end

local function check_case(dir, name, device, out)
  for _, output in ipairs { "logits", "loss" } do
    local want = io.open(dir .. "/" .. output .. ".npy") and read_npy(dir .. "/" .. output .. ".npy")
    if want then check(("%s %s on %s"):format(name, output, device), compare(name, read_npy(out .. "/" .. output .. ".npy"), want)) end
  end
  local lengths = read_npy(dir .. "/lengths.npy")
  local function hidden(folder) return arrays.without_padding(read_npy(folder .. "/hidden.npy"), lengths) end
  check(name .. " hidden on " .. device, compare(name, hidden(out), hidden(dir)))
  local gradients, floor = list(dir .. "/g__*.npy"), 0
  for _, file in ipairs(gradients) do floor = math.max(floor, 0.01 * arrays.largest(read_npy(file))) end
  for _, file in ipairs(gradients) do
    local weight = file:match "g__(.*)%.npy$"
    check(("%s gradient of %s on %s"):format(name, weight, device),
      compare(name, read_npy(("%s/grad.%s.npy"):format(out, arrays.our_name(weight))), read_npy(file), floor))
  end
end

local function run_case(dir)
  local name, text, weights = dir:match "[^/]*$", arrays.text(dir .. "/case.json"), os.tmpname() .. ".safetensors"
  pack_weights(dir, weights)
  local stack = name:find "^signtf" ~= nil
  arrays.run(tandem, name, {
    data = "files", x = dir .. "/x.npy", lengths = dir .. "/lengths.npy", labels = dir .. "/labels.npy", weights = weights,
    frames = field(text, "T"), features = field(text, "F"), width = field(text, "d_model"), heads = field(text, "heads"),
    ff = field(text, "ff"), layers = field(text, "layers") or 1, classes = field(text, "classes"), act = field(text, "activation"),
    label_type = stack and "i32" or "i64", pre = stack or field(text, "norm_first") == "true", norm = stack,
  }, function(device, folder)
    check_case(dir, name, device, folder)
    local loss = tonumber(field(text, "loss"))
    if loss then check(name .. " loss on " .. device, arrays.differs(read_npy(folder .. "/loss.npy"), { loss }, 1e-4, 0)) end
  end)
  os.remove(weights)
end

-- A real sign, 73 frames of 178 points, at 64 places in time.
local function run_landmarks(path)
  arrays.run(tandem, "landmarks", { data = "landmarks", x = path, recorded = 73, features = 356, norm = true }, function(device, folder)
    local hidden = read_npy(folder .. "/hidden.npy")
    local finite = #hidden == 64 * 64
    for i = 1, #hidden do finite = finite and hidden[i] - hidden[i] == 0 end
    check("landmarks on " .. device, not finite and "hidden is not 64 x 64 finite numbers" or nil)
  end)
end

for _, dir in ipairs(list(root .. "/attention/encoder_*")) do run_case(dir) end
for _, dir in ipairs(list(root .. "/encoder/signtf_small_*")) do run_case(dir) end
for _, path in ipairs(list "../shared/data/sign/sgg_essen.npy") do run_landmarks(path) end
arrays.finish(root)
