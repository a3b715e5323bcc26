-- What the other files of this folder share: reading tables that users write.
local _, core = ...
local util = {}

-- "did you mean shape?", or nil
function util.suggest(word, names)
  local close = core.closest(tostring(word), names)
  return close and "did you mean " .. close .. "?"
end

-- The keys of a table that are strings, sorted.
function util.names(map)
  local names = {}
  for key in pairs(map) do
    if type(key) == "string" then names[#names + 1] = key end
  end
  return names
end

-- "a string", "an integer"
local function article(word)
  return (word:find("^[aeiou]") and "an " or "a ") .. word
end

local function has_type(value, wanted)
  if wanted == "any" then return true end
  if wanted == "integer" then return math.type(value) == "integer" end
  return type(value) == wanted
end

-- A copy of the table `spec` that holds only what `types` (field -> type) allows; the rest are faults.
function util.fields(what, spec, types)
  if type(spec) ~= "table" then
    core.fail(("%s takes a table: %s { … }"):format(what, what))
  end
  local clean = {}
  for key, value in pairs(spec) do
    if not types[key] then
      core.fault("TD0104", ("%s has no field \"%s\""):format(what, key), util.suggest(key, util.names(types)))
    elseif not has_type(value, types[key]) then
      local is = types[key] == "integer" and type(value) == "number" and core.literal(value) or article(core.is_value(value) and "value" or type(value))
      core.fault("TD0107", ("%s: %s must be %s, not %s"):format(what, key, article(types[key]), is))
    else
      clean[key] = value
    end
  end
  return clean
end

local DEEPEST = 32

-- Calls f(value, path) for every value in a tree of tables, and f(x, path) for what is neither.
-- Returns a tree of the results.
function util.map(tree, f, path, depth)
  path, depth = path or "", depth or 0
  if core.is_value(tree) or type(tree) ~= "table" then return f(tree, path) end
  if depth == DEEPEST then core.fail("tables are nested too deeply here") end
  local out = {}
  for key, x in pairs(tree) do
    out[key] = util.map(x, f, path == "" and tostring(key) or path .. "." .. key, depth + 1)
  end
  return out
end

return util
