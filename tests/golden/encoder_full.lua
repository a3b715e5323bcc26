-- pipelines/encoder.lua at full size (3.3 million weights, made by rule) on features of real signs, against
-- ../shared/golden/encoder/signtf_full_*: logits, hidden states, loss, norms and samples of all gradients.
-- Usage: tandem lua tests/golden/encoder_full.lua; skips with a reason where the cases are not there.
local tandem = require "tandem"
local read_npy = dofile "tests/golden/npy.lua"
local arrays = dofile "tests/golden/arrays.lua"
local check = arrays.check

local shared = "../shared/"
local root = shared .. "golden/encoder"

-- -- weights by rule (spec/encoder.md 9.4) --------------------------------------------------------

-- splitmix64: n numbers in [-1, 1)
local function draws(state, n)
  local x = {}
  for i = 1, n do
    state = state + 0x9E3779B97F4A7C15
    local z = (state ~ (state >> 30)) * 0xBF58476D1CE4E5B9
    z = (z ~ (z >> 27)) * 0x94D049BB133111EB
    x[i] = ((z ~ (z >> 31)) >> 11) * 2.0 ^ -52 - 1
  end
  return x
end

local function dims_of(name, c)
  local w, ff = c.width, c.ff
  local matrices = {
    ["inp.weight"] = { w, c.features }, ["out.weight"] = { c.classes, w }, in_proj_weight = { 3 * w, w }, ["out_proj.weight"] = { w, w },
    ["linear1.weight"] = { ff, w }, ["linear2.weight"] = { w, ff }, in_proj_bias = { 3 * w }, ["linear1.bias"] = { ff }, ["out.bias"] = { c.classes },
  }
  for ending, dims in pairs(matrices) do
    if name == ending or name:sub(-#ending - 1) == "." .. ending then return dims end
  end
  return { w }
end

local function make(name, number, c)
  local dims = dims_of(name, c)
  local x = draws(1000 * c.S + number, dims[1] * (dims[2] or 1))
  local scale, offset = 0.1, 0
  if dims[2] then scale = math.sqrt(3 / dims[2]) elseif name:find "norm%d?%.weight" then scale, offset = 0.2, 1 end
  for i = 1, #x do x[i] = offset + x[i] * scale end
  x.name, x.dims = arrays.our_name(name), dims
  return x
end

-- -- the case -------------------------------------------------------------------------------------

-- The sequences of several files [frames features] as one [n frames features].
local function join(files, path)
  local parts = {}
  for i, file in ipairs(files) do
    local text = arrays.text(shared .. file)
    local length = string.unpack("<I2", text, 9)
    parts[i] = text:sub(11 + length)
  end
  local header = ("{'descr': '<f4', 'fortran_order': False, 'shape': (%d, 64, 469), }"):format(#files)
  header = header .. (" "):rep(63 - (10 + #header) % 64) .. "\n"
  local f = assert(io.open(path, "wb"))
  f:write("\x93NUMPY\1\0", string.pack("<I2", #header), header, table.concat(parts))
  f:close()
end

local function words(text, name)
  local items = {}
  for word in text:match('"' .. name .. '": %[(.-)%]'):gmatch '"(.-)"' do items[#items + 1] = word end
  return items
end

-- Norms of all gradients, and 8 elements of each.
local function check_gradients(dir, names, device, out)
  local norms, samples = { dims = {} }, { dims = {} }
  for i, name in ipairs(names) do
    local g, sum = read_npy(("%s/grad.%s.npy"):format(out, arrays.our_name(name))), 0
    for k = 1, #g do sum = sum + g[k] * g[k] end
    norms[i] = math.sqrt(sum)
    for j = 0, 7 do samples[#samples + 1] = g[j * #g // 8 + 1] end
  end
  for what, got in pairs { grad_norms = norms, grad_samples = samples } do
    local want = read_npy(dir .. "/" .. what .. ".npy")
    check(("full %s on %s"):format(what, device), arrays.differs(got, want, 3e-4 * arrays.largest(want), 0))
  end
end

local function check_forward(dir, device, out, loss)
  local logits, want = read_npy(out .. "/logits.npy"), read_npy(dir .. "/logits.npy")
  check("full logits on " .. device, arrays.differs(logits, want, 5e-5 * arrays.largest(want), 0))
  check("full loss on " .. device, arrays.differs(read_npy(out .. "/loss.npy"), { loss }, 0, 1e-5))
  local hidden, part = read_npy(out .. "/hidden.npy"), { dims = { 4, 64, 16 } }
  for row = 0, 4 * 64 - 1 do
    for k = 1, 16 do part[#part + 1] = hidden[row * 256 + k] end
  end
  local lengths = read_npy(dir .. "/lengths.npy")
  local seen = arrays.without_padding(read_npy(dir .. "/hidden_ch0_15.npy"), lengths)
  check("full hidden on " .. device, arrays.differs(arrays.without_padding(part, lengths), seen, 5e-5 * arrays.largest(seen), 0))
end

for _, dir in ipairs(arrays.list(root .. "/signtf_full_*")) do
  local text, temp = arrays.text(dir .. "/case.json"), os.tmpname()
  local c = { width = 256, ff = 1024, features = 469, classes = 100, S = tonumber(text:match '"S": (%d+)') }
  local names, tensors = words(text, "tensors"), {}
  for i, name in ipairs(names) do tensors[i] = make(name, i - 1, c) end
  arrays.write_safetensors(temp .. ".safetensors", tensors)
  join(words(text, "inputs_from"), temp .. ".npy")
  arrays.run(tandem, "full", {
    data = "files", x = temp .. ".npy", lengths = dir .. "/lengths.npy", labels = dir .. "/labels.npy", label_type = "i32", weights = temp .. ".safetensors",
    frames = 64, features = c.features, width = c.width, heads = 8, ff = c.ff, layers = 4, classes = c.classes, act = "gelu", pre = true, norm = true,
  }, function(device, out)
    check_forward(dir, device, out, tonumber(text:match '"loss": ([%d.]+)'))
    check_gradients(dir, names, device, out)
  end)
  os.execute(("rm -f %s %s.*"):format(temp, temp))
end
arrays.finish(root)
