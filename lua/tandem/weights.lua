-- Weights of a network, by name: from a .safetensors file, or drawn.
--
--   local w = t.weights { p.weights }              a file
--   local w = t.weights { p.weights, seed = 1 }    drawn where no file is given
--   local w = t.weights { p.weights, dtype = "f16" }   kept as f16 on the device, cast to f32 where they are taken
--   w:get("enc.norm1.weight", "32")                the tensor of that name and shape, an input
--   w:at "enc":get("norm1.weight", "32")           the same
--   w:all()                                        name -> value of all that were taken, for t.grad
local _, core = ...
local util = require "tandem.util"
local inputs = require "tandem.inputs"

local Weights = { __name = "weights" }
Weights.__index = Weights

-- Everything below a name.
function Weights:at(name)
  return setmetatable({ of = self.of, prefix = self.prefix .. name .. "." }, Weights)
end

local function numbers(shape)
  local dims = {}
  for word in shape:gmatch "%S+" do
    dims[#dims + 1] = tonumber(word) or core.fail(("weights that are drawn have a shape of numbers, not \"%s\""):format(shape))
  end
  return dims
end

-- Matrices: uniform in ±sqrt(6 / (rows + columns)) (Glorot and Bengio 2010); rows: all the same number.
local function draw(of, shape, init)
  local t, dims = require "tandem", numbers(shape)
  if #dims > 2 then core.fail(("weights of shape \"%s\" cannot be drawn: a matrix or a row can"):format(shape)) end
  if #dims == 2 then
    local a = math.sqrt(6 / (dims[1] + dims[2]))
    of.stream = of.stream + 1
    return t.tensor.uniform { rows = dims[1], columns = dims[2], lo = -a, hi = a, seed = of.seed, stream = of.stream }
  end
  return t.tensor.flatten { t.tensor.normal { columns = dims[1], mean = init or 0, sd = 0, seed = of.seed } }
end

-- The tensor of that name, in f32.
local function make(of, full, shape, init)
  local half = of.dtype == "f16" or of.dtype == "bf16"
  local value
  if of.seed and not of.source then
    value = draw(of, shape, init)
    if half then value = core.step("tensor.cast", { value, dtype = of.dtype }) end
  else
    local name = of.name and of.name .. "." .. full or full
    value = inputs.input { of.source or inputs.given(nil), tensor = full, shape = shape, dtype = of.dtype, name = name }
  end
  return half and core.step("tensor.cast", { value, dtype = "f32" }) or value
end

-- `init`: what the numbers of a row begin with where they are drawn; 0.
function Weights:get(name, shape, init)
  local of, full = self.of, self.prefix .. name
  if of.taken[full] and of.shapes[full] ~= shape then
    core.fault("TD0203", ("the weights \"%s\" are taken as \"%s\" here, and were as \"%s\""):format(full, shape, of.shapes[full]))
  end
  if not of.taken[full] then
    of.shapes[full] = shape
    of.taken[full] = make(of, full, shape, init)
  end
  return of.taken[full]
end

-- All that were taken below this name, by their names from here.
function Weights:all()
  local list = {}
  for name, value in pairs(self.of.taken) do
    if name:sub(1, #self.prefix) == self.prefix then list[name:sub(#self.prefix + 1)] = value end
  end
  return list
end

local function weights(spec)
  spec = util.fields("t.weights", spec, { "any", seed = "integer", dtype = "string", name = "string" })
  local source = spec[1]
  if type(source) == "string" then source = inputs.file { path = source } end
  if source ~= nil and not inputs.is_source(source) then
    core.fault("TD0102", ("t.weights reads a file, not a %s"):format(type(source)), "write t.weights { p.weights } or t.weights { t.file { path = … } }")
    source = nil
  end
  if spec.dtype and spec.dtype ~= "f32" and spec.dtype ~= "f16" and spec.dtype ~= "bf16" then
    core.fault("TD0201", ("t.weights: weights are f32, f16 or bf16, not %s"):format(spec.dtype))
    spec.dtype = nil
  end
  local given = source and (source.path or source.url)
  return setmetatable({ prefix = "", of = { source = (given or not spec.seed) and source or nil, seed = spec.seed, stream = 0, dtype = spec.dtype, name = spec.name, taken = {}, shapes = {} } }, Weights)
end

return weights
