-- pipelines/encoder.lua against ../shared/golden/attention/encoder_*: whole encoder layers, forward and the
-- gradients of all weights, on native and on cpu, which have the same bits. Weights go by way of .safetensors.
-- Usage: tandem lua tests/golden/encoder.lua; skips with a reason where the cases are not there.
local tandem = require "tandem"
local read_npy = dofile "tests/golden/npy.lua"

local root = "../shared/golden/attention"
local passed, failed = 0, 0

local function check(what, wrong)
  if wrong then
    failed = failed + 1
    print(("FAIL %s: %s"):format(what, wrong))
  else
    passed = passed + 1
  end
end

-- The case's names of weights are those of one layer; here layers are numbered.
local function our_name(name)
  return (name:gsub("^enc%.", "enc.layers.0."))
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

local function check_layer(dir, name, device, out)
  check(name .. " logits on " .. device, differs(read_npy(out .. "/logits.npy"), read_npy(dir .. "/logits.npy"), 1e-4, 0))
  local hidden, lengths, want = read_npy(out .. "/hidden.npy"), read_npy(dir .. "/lengths.npy"), read_npy(dir .. "/hidden.npy")
  local frames, width = want.dims[2], want.dims[3]
  for i = 1, #want do -- what stands in padding is nobody's business
    local frame = (i - 1) // width % frames
    if frame >= lengths[(i - 1) // (width * frames) + 1] then hidden[i] = want[i] end
  end
  check(name .. " hidden on " .. device, differs(hidden, want, 1e-4, 0))
  for _, file in ipairs(list(dir .. "/g__*.npy")) do
    local weight = file:match "g__(.*)%.npy$"
    check(("%s gradient of %s on %s"):format(name, weight, device),
      differs(read_npy(("%s/grad.%s.npy"):format(out, our_name(weight))), read_npy(file), 1e-4, 1e-4))
  end
end

local function run_layer(dir, devices, out)
  local name = dir:match "[^/]*$"
  local f = assert(io.open(dir .. "/case.json"))
  local text = f:read "a"
  f:close()
  local weights = out .. "-weights.safetensors"
  pack_weights(dir, weights)
  for _, device in ipairs(devices) do
    local folder = out .. "-" .. device
    tandem.run { "pipelines/encoder.lua", on = device, no_db = true, out = folder, params = {
      data = "files", x = dir .. "/x.npy", lengths = dir .. "/lengths.npy", labels = dir .. "/labels.npy", weights = weights,
      frames = field(text, "T"), features = field(text, "F"), width = field(text, "d_model"), heads = field(text, "heads"),
      ff = field(text, "ff"), layers = 1, classes = field(text, "classes"), act = field(text, "activation"),
      pre = field(text, "norm_first") == "true",
    } }
    check_layer(dir, name, device, folder)
    check(name .. " loss on " .. device, differs(read_npy(folder .. "/loss.npy"), { field(text, "loss") }, 1e-4, 0))
  end
  for _, path in ipairs(devices[2] and list(out .. "-native/*.npy") or {}) do
    local other = path:gsub("%-native/", "-cpu/")
    check(name .. " bits of " .. path:match "[^/]*$", not same_bytes(path, other) and "native and cpu differ" or nil)
  end
  os.execute("rm -rf " .. out .. "-*")
end

-- -- -----------------------------------------------------------------------------------------------

local devices = { "native" }
for _, d in ipairs(tandem.devices()) do if d.type == "cpu" and not devices[2] then devices[2] = "cpu" end end
local out = os.tmpname()
os.remove(out)
for _, dir in ipairs(list(root .. "/encoder_*")) do run_layer(dir, devices, out) end
if passed + failed == 0 then print("skipped: " .. root .. " is not here") end
print(("%d passed, %d failed"):format(passed, failed))
os.exit(failed == 0)
