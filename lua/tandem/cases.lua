-- Reads the test cases of a node, nodes/<family>/<file>.lua. Such a file is a function of `c`, the maker
-- of tensors, and returns a table:
--
--   local c = ...
--   return {
--     ["tensor.copy"] = {
--       cases = {
--         { "by hand", inputs = { c.values { { 1, 2 } } }, expect = { y = c.values { { 1, 2 } } } },
--         { "sizes", each = { n = { 1, 17 }, t = { "f32", "f64" } },
--           inputs = function(d) return { c.normal { d.n, seed = d.n, dtype = d.t } } end },
--       },
--       grad = …,  -- for lua/tandem/grad.lua; not looked at here
--     },
--   }
--
-- A case: [1] or name; inputs by position or by port; params by name; expect by output port, worked out
-- by hand for `ref`; each: a sweep over all combinations, which inputs, params and expect get as `d` when
-- they are functions. Tensors:
--
--   c.values(nested tables or a number, { dtype = "f32" })   the numbers as written
--   c.full   { dims…, value = }          c.normal { dims…, mean = 0, sd = 1, seed = 0 }
--   c.ints   { dims…, lo = 0, hi = 9, seed = 0, dtype = "i32" }   lo <= x <= hi
--   c.uniform{ dims…, lo = 0, hi = 1, seed = 0 }                  lo <= x < hi
--   c.with(tensor, { [i] = x })          a copy with element i (from 1, row-major) set; c.nan, c.inf
--   c.map(tensor, function(x, i) … end)  x as the dtype holds it
--
-- dtype is f32 unless it is given. Inputs are rounded to it; what is expected is held in f64 or i64.
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
  if entry and entry.grad ~= nil then core.has_grad() end
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
