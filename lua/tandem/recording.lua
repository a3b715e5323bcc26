-- t.recording: a recording cut into epochs, and the inputs that it takes: what t.input and t.eeg.epoch do,
-- said once.
local _, core = ...
local util = require "tandem.util"
local inputs = require "tandem.inputs"
local recording = {}

local fields = {
  "any", shape = "string", dtype = "string", baseline = "string", epochs = "table", columns = "table", except = "table",
  like = "any", name = "string", dims = "table",
}
local Recording = { __name = "recording" }
local made = 0

-- The names of the dims "E C T".
local function dims_of(shape)
  local e, c, t = shape:match "^%s*(%S+)%s+(%S+)%s+(%S+)%s*$"
  if not e then
    core.fault("TD0203", ("t.recording: the shape has three dims, \"E C T\", not \"%s\""):format(shape))
    return "E", "C", "T"
  end
  return e, c, t
end

-- Where each channel of the recording is, in metres: [C 3], from a table with the columns name, x_m, y_m, z_m.
local function positions(r, source)
  return inputs.input { source, dtype = "f64", shape = r.dim_c .. " 3", unit = "m", columns = { "x_m", "y_m", "z_m" }, channels_of = r.signal }
end

function recording.recording(spec)
  spec = util.fields("t.recording", spec, fields)
  if spec.like and getmetatable(spec.like) ~= Recording then
    core.fault("TD0102", "t.recording: like is another recording, made by t.recording")
    spec.like = nil
  end
  local e, c, t = dims_of(spec.shape or "E C T")
  made = made + 1
  local s = made == 1 and "S" or "S_" .. made
  for dim in pairs(spec.dims or {}) do
    if dim ~= e and dim ~= c and dim ~= t and dim ~= s then core.fault("TD0104", ("t.recording: dims names \"%s\", which is no dim of the shape"):format(dim)) end
  end
  local base = spec.name or "recording" .. (made == 1 and "" or made)
  local function part(name, dtype, shape, unit, timed)
    local dims = {}
    for dim, bounds in pairs(spec.dims or {}) do
      if (" " .. shape .. " "):find(" " .. dim .. " ", 1, true) then dims[dim] = bounds end
    end
    return inputs.input {
      dims = dims,
      spec[1], part = name, name = base .. (name and "_" .. name or ""), dtype = dtype, shape = shape, unit = unit,
      columns = spec.columns, except = spec.except, channels_of = spec.like and spec.like.signal, epochs = timed and spec.epochs,
    }
  end
  if not spec.epochs then
    core.fault("TD0107", "t.recording needs epochs", "write epochs = { samples = 320 } or epochs = { events = { \"T1\" }, tmin = -0.2, tmax = 0.8 }")
    spec.epochs = { samples = 1 }
  end
  local r = setmetatable({ dim_c = c }, Recording)
  r.signal = part(nil, "i32", c .. " " .. s)
  r.start = part("starts", "i64", e, nil, true)
  r.time = part("times", "f64", t, "s", true)
  if spec.epochs.events then r.code = part("codes", "i32", e, nil, true) end
  r.epochs = core.step("eeg.epoch", {
    x = r.signal, calibration = part("calibration", "f64", c .. " 2", "V"), start = r.start, time = r.time,
    baseline = spec.baseline or "epoch", dtype = spec.dtype or "f32",
  })
  r.positions = core.entry("positions", function(source) return positions(r, source) end)
  return r
end

-- -- outputs --------------------------------------------------------------------------------------

local Output = { __name = "output" }

-- t.edf { value, like = recording }: an output that is written as a recording, too, with the channels of that one.
function recording.edf(spec)
  spec = util.fields("t.edf", spec, { "any", like = "any" })
  if not core.is_value(spec[1]) and type(spec[1]) ~= "table" then core.fault("TD0102", "t.edf takes a value: t.edf { x, like = recording }") end
  if getmetatable(spec.like) ~= Recording then
    core.fault("TD0102", "t.edf: like is the recording whose channels these are, made by t.recording")
    return spec[1]
  end
  return setmetatable({ value = spec[1], input = inputs.name_of(spec.like.signal) }, Output)
end

-- An output as build returns it: the value, and the recording that it is like, or nil.
function recording.output(x)
  if getmetatable(x) == Output then return x.value, x.input end
  return x
end

return recording
