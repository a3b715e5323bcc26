-- Reads the cases of a node: one for each point of a case's sweep.
local _, core = ...

local fields = { name = true, inputs = true, params = true, each = true, expect = true }

-- All combinations of the values of `each`, the last name (in order) fastest; each with its text.
local function points(each)
  local list = { { d = {}, text = "" } }
  for name, values in pairs(each or {}) do
    local longer = {}
    for _, point in ipairs(list) do
      for _, value in ipairs(values) do
        local d = {}
        for k, v in pairs(point.d) do d[k] = v end
        d[name] = value
        longer[#longer + 1] = { d = d, text = ("%s %s=%s"):format(point.text, name, tostring(value)) }
      end
    end
    list = longer
  end
  return list
end

local function at_point(x, d)
  if type(x) == "function" then return x(d) or {} end
  return x or {}
end

return function(file, node)
  if type(file) ~= "table" then core.fail("a file of cases returns a table, node name -> { cases = { … } }") end
  local entry = file[node]
  for _, case in ipairs(entry and entry.cases or {}) do
    local name = case.name or case[1]
    if type(name) ~= "string" then core.fail(("a case of %s has no name"):format(node)) end
    core.enter(name)
    for key in pairs(case) do
      if key ~= 1 and not fields[key] then core.fail(("the case \"%s\" has a field \"%s\"; there are name, inputs, params, each, expect"):format(name, key)) end
    end
    for _, point in ipairs(points(case.each)) do
      core.add(name .. point.text, at_point(case.inputs, point.d), at_point(case.params, point.d), at_point(case.expect, point.d))
    end
  end
end
