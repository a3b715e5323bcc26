-- Where data comes from: files, URLs, synthetic data, numbers in the script.
local _, core = ...
local util = require "tandem.util"
local inputs = {}

-- The metatable of all that t.input can read.
local Source = { __name = "file" }
inputs.Source = Source

function inputs.is_source(x)
  return getmetatable(x) == Source
end

-- Paths in a pipeline start at its own folder. Those that fit one machine only stay as they are, for
-- `check` to see.
local function beside(path)
  local folder = core.folder()
  if not folder or folder == "." or path:find("^[/~$]") then return path, true end
  return folder .. "/" .. path, false
end

local function check_pin(what, spec)
  local sha = spec.sha256 and spec.sha256:lower()
  if sha and (#sha ~= 64 or sha:find("%X")) then
    core.fault("TD0801", ("%s: sha256 = \"%s\" is no SHA-256, which has 64 hex digits"):format(what, spec.sha256:sub(1, 64)))
    sha = nil
  end
  if spec.bytes and spec.bytes < 0 then
    core.fault("TD0801", ("%s: bytes = %d is no size"):format(what, spec.bytes))
    spec.bytes = nil
  end
  spec.sha256 = sha
end

function inputs.file(spec)
  spec = util.fields("t.file", spec, { path = "string", sha256 = "string", bytes = "integer" })
  check_pin("t.file", spec)
  if not spec.path then core.fault("TD0107", "t.file needs a path") end
  if spec.path then spec.path, spec.literal = beside(spec.path) end
  return setmetatable(spec, Source)
end

function inputs.fetch(spec)
  spec = util.fields("t.fetch", spec, { url = "string", sha256 = "string", bytes = "integer" })
  check_pin("t.fetch", spec)
  if not spec.url then core.fault("TD0107", "t.fetch needs a url") end
  return setmetatable(spec, Source)
end

-- A path given on the command line; nil: no file yet.
function inputs.given(path)
  return setmetatable({ path = path }, Source)
end

-- t.given(p.edf): is there a file, or what stands for one?
function inputs.is_given(source)
  if not inputs.is_source(source) then core.fault("TD0102", ("t.given takes a file parameter, not a %s"):format(type(source))) end
  return inputs.is_source(source) and (source.path or source.url or source.node) ~= nil
end

-- The same source as the parameter `name`.
function inputs.named(source, name)
  local copy = setmetatable({}, Source)
  for key, value in pairs(source) do copy[key] = value end
  copy.param = name
  return copy
end

-- t.synth.series { … } is node graph.synth, t.synth.<family> { … } is <family>.synth. The step is
-- made when t.input reads it.
local synth_nodes = { series = "graph.synth" }
inputs.synth = setmetatable({}, {
  __index = function(self, name)
    local node = synth_nodes[name] or tostring(name) .. ".synth"
    local function describe(args)
      if type(args) ~= "table" then core.fail(("t.synth.%s takes a table"):format(name)) end
      local copy = {}
      for key, value in pairs(args) do copy[key] = value end
      return setmetatable({ node = node, args = copy }, Source)
    end
    rawset(self, name, core.entry("synth." .. tostring(name), describe))
    return self[name]
  end,
})

-- What a source is called in the record of parameters.
function inputs.text(source)
  if not source.node then return source.path or source.url or "" end
  local words = { source.node }
  for key, value in pairs(source.args) do words[#words + 1] = key .. "=" .. core.literal(value) end
  return table.concat(words, " ")
end

-- Names of inputs: that of the parameter, of the file, or what the script says; each once.
local taken = {}
local function name_of(spec, source)
  local base = (source.path or source.url or "input"):match("[^/]*$"):match("^[^.]*"):gsub("[^%w_]", "_")
  local name = spec.name or source.param or (base ~= "" and base or "input")
  local unique, n = name, 1
  while taken[unique] do
    n = n + 1
    unique = name .. "_" .. n
  end
  taken[unique] = true
  return unique
end

-- A list of names as one text; "" is no list.
local function check_names(what, list, between)
  for i = 1, #list do
    if type(list[i]) ~= "string" or list[i] == "" or list[i]:find(between, 1, true) then
      core.fault("TD0107", ("t.input: %s %d must be a name without a %s"):format(what, i, between == "," and "comma" or "line end"))
      return nil
    end
  end
  return table.concat(list, between)
end

local function check_range(range)
  local lo, hi = range[1], range[2]
  local ok = type(lo) == "number" and type(hi) == "number" and lo <= hi
  if not ok then
    core.fault("TD0107", "t.input: range must be two numbers, the smaller first: range = { -1, 1 }")
    return nil, nil
  end
  return lo, hi
end

local fields = {
  "any", name = "string", dtype = "string", shape = "string", unit = "string", range = "table",
  rate = "number", columns = "table", tensor = "string", dims = "table",
  part = "string", except = "table", epochs = "table", channels_of = "any",
}

-- Where the epochs of a recording lie: of fixed length, or around annotations.
local function read_epochs(epochs, d)
  local e = util.fields("t.input: epochs", epochs, { samples = "integer", count = "integer", events = "table", tmin = "number", tmax = "number" })
  local around = e.events ~= nil
  if around == (e.samples ~= nil) or around ~= (e.tmin ~= nil) or around ~= (e.tmax ~= nil) or around and e.count then
    core.fault("TD0107", "t.input: epochs are { samples = …, count = … } or { events = { … }, tmin = …, tmax = … }")
  elseif around and (e.tmin > e.tmax or #e.events == 0) or not around and (e.samples < 1 or (e.count or 0) < 0) then
    core.fault("TD0107", "t.input: epochs take at least one sample and one event, and tmin is not after tmax")
  else
    if around then d.events = check_names("event", e.events, "\n") end
    d.from, d["until"], d.samples, d.count = e.tmin, e.tmax, e.samples, e.count
  end
end

-- The name of each file input, by its value: for channels_of.
local name_by_value = {}

-- The name of the file input that a value is, or nil.
function inputs.name_of(value)
  return core.is_value(value) and name_by_value[value] or nil
end

local function read_pick(spec, d)
  d.part = spec.part
  if spec.except and #spec.except > 0 then d.except = check_names("channel", spec.except, ",") end
  if spec.epochs then read_epochs(spec.epochs, d) end
  if spec.channels_of == nil then return end
  d.like = inputs.name_of(spec.channels_of)
  if not d.like then
    core.fault("TD0102", "t.input: channels_of is the signal of a recording, which t.input made of an .edf file")
  end
end

-- What the input says about itself, as core.input and core.fit take it.
local function declaration(spec, at)
  local d = { dtype = spec.dtype, shape = spec.shape, dims = spec.dims, rate = spec.rate, unit = spec.unit, at = at }
  if not spec.shape then
    core.fault("TD0203", "t.input needs a shape, for example shape = \"N T\"")
    d.shape = ""
  end
  if spec.range then d.lo, d.hi = check_range(spec.range) end
  d.tensor = spec.tensor
  if spec.columns then d.columns = check_names("column", spec.columns, ",") end
  read_pick(spec, d)
  return d
end

local function synthesise(source, d)
  local args = {}
  for key, value in pairs(source.args) do args[key] = value end
  if args.dtype == nil and core.has_param(source.node, "dtype") then args.dtype = d.dtype or "f32" end
  return core.step(source.node, args)
end

function inputs.input(spec)
  local at = core.where()
  spec = util.fields("t.input", spec, fields)
  local source, d = spec[1], declaration(spec, at)
  if type(source) == "string" then source = inputs.file { path = source } end
  if inputs.is_source(source) and source.node then source = synthesise(source, d) end
  if core.is_value(source) then
    core.fit(d, source)
    return source
  end
  if not inputs.is_source(source) then
    core.fault("TD0102", ("t.input reads a file, not a %s"):format(type(source)),
      "write t.input { p.series, … } or t.input { t.file { path = … }, … }")
    source = inputs.given(nil)
  end
  d.name = name_of(spec, source)
  d.path, d.url, d.pin, d.bytes, d.literal = source.path, source.url, source.sha256, source.bytes, source.literal
  local value = core.input(d)
  name_by_value[value] = d.name
  return value
end

-- -- numbers --------------------------------------------------------------------------------------

-- Appends the numbers of nested tables to `flat`; returns what is wrong with them, or nil.
local function collect(x, depth, dims, flat)
  if type(x) ~= "table" then
    if type(x) ~= "number" then return ("t.const takes numbers, not a %s"):format(type(x)) end
    dims.rank = dims.rank or depth
    flat[#flat + 1] = x
    return dims.rank ~= depth and "t.const: the tables are not nested alike" or nil
  end
  if depth == 8 then return "t.const takes at most 8 dims" end
  dims[depth + 1] = dims[depth + 1] or #x
  if dims[depth + 1] ~= #x then
    return ("t.const: rows of %d and of %d numbers"):format(dims[depth + 1], #x)
  end
  for i = 1, #x do
    local wrong = collect(x[i], depth + 1, dims, flat)
    if wrong then return wrong end
  end
end

function inputs.const(values, options)
  options = util.fields("t.const", options or {}, { dtype = "string" })
  local dims, flat = {}, {}
  local wrong = collect(values, 0, dims, flat)
  if wrong then
    core.fault("TD0203", wrong)
    dims, flat = {}, { 0 }
  end
  return core.const(options.dtype or "f32", dims, flat)
end

return inputs
