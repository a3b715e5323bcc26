-- Parameters of a pipeline: their declarations, and the values that -p or the defaults give them.
local _, core = ...
local util = require "tandem.util"
local inputs = require "tandem.inputs"
local params = {}

-- The fields of each kind.
local kinds = {
  int = { default = "integer", min = "integer", max = "integer", doc = "string", unit = "string" },
  real = { default = "number", min = "number", max = "number", doc = "string", unit = "string" },
  flag = { default = "boolean", doc = "string" },
  choice = { default = "string", doc = "string" },
  text = { default = "string", doc = "string" },
  file = { default = "any", optional = "boolean", doc = "string" },
  list = { default = "table", min = "number", max = "number", doc = "string", unit = "string" },
  words = { default = "table", doc = "string" },
}

local Declaration = { __name = "parameter" }

local function declare(kind, spec)
  local what, at = "t.param." .. kind, core.where()
  local choices = {}
  if kind == "choice" and type(spec) == "table" then
    local rest = {}
    for key, value in pairs(spec) do
      if math.type(key) ~= "integer" then
        rest[key] = value
      elseif type(value) == "string" then
        choices[#choices + 1] = value
      else
        core.fault("TD0107", ("%s: the choices are words, not a %s"):format(what, type(value)))
      end
    end
    spec = rest
    if #choices == 0 then
      core.fault("TD0107", "t.param.choice has no choices", "write t.param.choice { \"one\", \"two\", default = \"one\" }")
      choices[1] = spec.default or ""
    end
  end
  local d = util.fields(what, spec, kinds[kind])
  d.type, d.at, d.choices = kind, at, choices
  d.wrong = spec.default ~= nil and d.default == nil -- and said so
  return setmetatable(d, Declaration)
end

params.kinds = setmetatable({}, {
  __index = function(_, name)
    local fix = util.suggest(name, util.names(kinds))
    core.fail(("there is no t.param.%s; %s"):format(name, fix or "there are " .. table.concat(util.names(kinds), ", ")))
  end,
})
for kind in pairs(kinds) do
  rawset(params.kinds, kind, core.entry("param." .. kind, function(spec) return declare(kind, spec) end))
end

-- -- reading values: each returns the value, or nil and what is wrong -----------------------------

local function number(name, d, x, from_text)
  local value = core.check(name, { type = "int" }, x, from_text)
  if value == nil then
    local wrong
    value, wrong = core.check(name, { type = "real" }, x, from_text)
    if wrong then return nil, wrong end
  end
  local _, wrong = core.check(name, { type = "real", min = d.min, max = d.max, unit = d.unit }, value, false)
  if wrong then return nil, wrong end
  return value
end

-- What stands between commas.
local function split(text)
  local words = {}
  if text ~= "" then
    for word in (text .. ","):gmatch("([^,]*),") do words[#words + 1] = word end
  end
  return words
end

-- The words of -p, or a default, which is a list.
local function elements(name, x, from_text)
  if from_text then return split(x) end
  for key in pairs(x) do
    if math.type(key) ~= "integer" then return nil, ("%s takes a list, and \"%s\" has no place in one"):format(name, key) end
  end
  return x
end

local function word_list(name, _, x, from_text)
  local words, not_a_list = elements(name, x, from_text)
  if not words then return nil, not_a_list end
  for i = 1, #words do
    if type(words[i]) ~= "string" or words[i] == "" or words[i]:find(",", 1, true) then
      return nil, ("%s takes words separated by commas"):format(name)
    end
  end
  return words
end

local function list(name, d, x, from_text)
  local out, words, not_a_list = {}, elements(name, x, from_text)
  if not words then return nil, not_a_list end
  for i = 1, #words do
    local value, wrong = number(name, d, words[i], from_text)
    if wrong then return nil, wrong end
    out[i] = value
  end
  return out
end

local function file(name, _, x, from_text)
  if from_text and x:find("^%w+://") then
    return nil, name .. " takes the path of a file; a URL stands in the pipeline, with its SHA-256: t.fetch { … }"
  elseif from_text and x == "" then
    return nil, name .. " takes the path of a file"
  elseif from_text then
    return inputs.given(x)
  elseif type(x) == "string" then
    return inputs.file { path = x }
  elseif not inputs.is_source(x) then
    return nil, ("%s takes a path, t.file, t.fetch or t.synth, not a %s"):format(name, type(x))
  end
  return x
end

local readers = {
  int = core.check, real = core.check, flag = core.check, choice = core.check,
  text = function(_, _, x) return x end,
  list = list, words = word_list,
  file = file,
}

-- Stands for a value that is wrong or missing, so that building can go on.
local function stand_in(d)
  if d.type == "flag" then return false end
  if d.type == "text" then return "" end
  if d.type == "list" or d.type == "words" then return {} end
  if d.type == "choice" then return d.choices[1] end
  if d.type == "file" then return inputs.given(nil) end
  local x = math.max(d.min or 0, math.min(d.max or 1, 1))
  return d.type == "int" and math.tointeger(x) or x + 0.0
end

-- The value that the word of -p, else the default, gives.
local function value_of(name, d, word)
  local value, wrong
  if word ~= nil then
    value, wrong = readers[d.type](name, d, word, true)
    if wrong then core.fault("TD0107", ("-p %s=%s: %s"):format(name, word, wrong), d.doc, d.at) end
  end
  if value == nil and d.default ~= nil then
    value, wrong = readers[d.type](name, d, d.default, false)
    if wrong then core.fault("TD0107", ("the default of %s: %s"):format(name, wrong), nil, d.at) end
  elseif value == nil and word == nil and d.type ~= "file" and d.type ~= "words" and not d.wrong then
    core.fault("TD0107", ("the parameter \"%s\" has no default: give it with -p %s=…"):format(name, name), d.doc, d.at)
  end
  if value == nil and d.optional then return false end
  if value == nil then value = stand_in(d) end
  return d.type == "file" and inputs.named(value, name) or value
end

local function text_of(d, value)
  if d.type == "file" then return value and inputs.text(value) or "" end
  if d.type == "words" then return table.concat(value, ",") end
  if d.type ~= "list" then return core.literal(value) end
  local words = {}
  for i, x in ipairs(value) do words[i] = core.literal(x) end
  return table.concat(words, ",")
end

-- -- all of them ----------------------------------------------------------------------------------

local function check_declarations(declared, at)
  local clean = {}
  for name, d in pairs(declared) do
    if type(name) ~= "string" or not name:find("^[%a_][%w_]*$") then
      core.fault("TD0107", ("\"%s\" cannot be the name of a parameter: use letters, digits and _"):format(name), nil, at)
    elseif getmetatable(d) ~= Declaration then
      core.fault("TD0107", ("the parameter \"%s\" is a %s"):format(name, type(d)), "write t.param.int { … }, .real, .flag, .choice, .text, .file, .list or .words", at)
    else
      clean[name] = d
    end
  end
  return clean
end

-- The words of -p by name; those that fit nothing are faults.
local function read_options(declared, at)
  local given, names = {}, util.names(declared)
  for _, option in ipairs(core.options()) do
    local name, value = option[1], option[2]
    if not declared[name] then
      local fix = util.suggest(name, names) or #names > 0 and "there are " .. table.concat(names, ", ") or nil
      core.fault("TD0104", ("-p %s: the pipeline has no parameter \"%s\""):format(name, name), fix, at)
    elseif given[name] then
      core.fault("TD0107", ("-p %s is given twice"):format(name), "give it once", declared[name].at)
    else
      given[name] = value
    end
  end
  return given
end

-- The table `p` of build: knows what was read. Unknown names are faults, and nil.
local function reader(values, used)
  local function get(_, name)
    if values[name] == nil then
      core.fault("TD0104", ("the pipeline has no parameter \"%s\""):format(name), util.suggest(name, util.names(values)), core.where(tostring(name)))
    end
    used[name] = true
    return values[name]
  end
  local function each()
    for name in pairs(values) do used[name] = true end
    return pairs(values)
  end
  local function set(_, name)
    core.fail(("the parameter \"%s\" is given from outside and cannot be set"):format(name))
  end
  return setmetatable({}, { __index = core.entry("", get), __newindex = core.entry("", set), __pairs = each, __metatable = false })
end

-- Returns the table for build, and a function to call when build is done.
function params.resolve(declared, at)
  declared = check_declarations(declared, at)
  local given, values, used = read_options(declared, at), {}, {}
  for name, d in pairs(declared) do values[name] = value_of(name, d, given[name]) end
  local function finish()
    for name, d in pairs(declared) do
      core.record {
        name = name, type = d.type, value = text_of(d, values[name]), doc = d.doc,
        given = given[name] ~= nil, used = used[name] == true, at = d.at,
      }
    end
  end
  return reader(values, used), finish
end

return params
