-- t.picture.…: how an output is looked at in a report. A picture is a text of lines key=value, which the graph
-- keeps and lua/drivers/pictures.lua draws.
local _, core = ...
local util = require "tandem.util"
local inputs = require "tandem.inputs"
local picture = {}

-- The fields of each kind; "names" is a list of names, or the recording whose channels they are.
local common = { "string", title = "string", unit = "string" }
local kinds = {
  matrix = {
    rows = "string", columns = "string", row_names = "names", column_names = "names", across = "boolean",
    classes = "names", marks = "string", marked = "string", chosen = "string",
  },
  bars = { names = "names" },
  lines = { names = "names", x = "string" },
}
-- Fields that name a further output, in the order in which the graph has them.
local outputs = { "marks", "chosen", "x" }

local Picture = { __name = "picture" }

local function names_text(what, list)
  local recording = type(list) == "table" and inputs.name_of(list.signal)
  if recording then return "@" .. recording end
  if type(list) ~= "table" then
    core.fault("TD0107", what .. " must be a list of names, or a recording whose channels they are")
    return nil
  end
  local words = {}
  for i, name in ipairs(list) do
    words[i] = type(name) == "number" and core.literal(name) or tostring(name)
    if words[i]:find "[\t\n]" then core.fault("TD0107", what .. ": a name has no tab and no line end") end
  end
  return table.concat(words, "\t")
end

local function value_text(what, kind, value)
  if kind == "names" then return names_text(what, value) end
  if kind == "string" and value:find "\n" then core.fault("TD0107", what .. " is one line") end
  return tostring(value)
end

local function make(kind, spec)
  local what, types = "t.picture." .. kind, {}
  for _, fields in ipairs { common, kinds[kind] } do
    for name, kind_of in pairs(fields) do types[name] = kind_of == "names" and "table" or kind_of end
  end
  local clean, lines, shown = util.fields(what, spec, types), { "kind=" .. kind }, { spec[1] }
  if not clean[1] then
    core.fault("TD0102", what .. " shows an output by its name", ("write %s { \"loss\", title = \"…\" }"):format(what))
    return setmetatable({}, Picture)
  end
  for _, name in ipairs(outputs) do
    if clean[name] then
      lines[#lines + 1] = name .. "=" .. #shown
      shown[#shown + 1] = clean[name]
      clean[name] = nil
    end
  end
  for name, value in pairs(clean) do
    local text = name ~= 1 and value_text(what .. ": " .. name, kinds[kind][name] or common[name], value)
    if text then lines[#lines + 1] = name .. "=" .. text end
  end
  return setmetatable({ spec = table.concat(lines, "\n"), outputs = shown, at = core.where() }, Picture)
end

picture.kinds = setmetatable({}, {
  __index = function(_, name)
    core.fail(("there is no t.picture.%s; there are %s"):format(name, table.concat(util.names(kinds), ", ")))
  end,
})
for kind in pairs(kinds) do
  rawset(picture.kinds, kind, core.entry("picture." .. kind, function(spec) return make(kind, spec) end))
end

-- What build returns second: a list of pictures.
function picture.keep(list, at)
  if list == nil then return end
  if type(list) ~= "table" or getmetatable(list) == Picture then
    core.fault("TD0102", "what build returns second is a list of pictures: return outputs, { t.picture.matrix { … } }", nil, at)
    return
  end
  for _, p in pairs(list) do
    if getmetatable(p) == Picture then
      if p.spec then core.picture(p.spec, p.outputs, p.at) end
    else
      core.fault("TD0102", ("a picture is made by t.picture.…, not a %s"):format(type(p)), nil, at)
    end
  end
end

return picture
