-- Test cases of the reductions.
local c = ...

local grid = c.values { { 1, 5, 3 }, { 4, 2, 6 } }

-- By hand over the last axis and over the first; shapes and axes for every dtype.
local function node(last, first, dtypes, special)
  local list = {
    { "by hand", inputs = { grid }, expect = { y = c.values(last) } },
    { "first axis", inputs = { grid }, params = { axis = 0, keep = true }, expect = { y = c.values { first } } },
  }
  for _, dtype in ipairs(dtypes) do
    list[#list + 1] = {
      "shapes of " .. dtype, each = { shape = { { 7, 40 }, { 100, 3 }, { 40, 33 }, { 3, 20, 17 }, { 1, 700 }, { 0, 4 }, { 4, 0 }, { 5, 1 } }, axis = { 0, 1 } },
      inputs = function(d)
        local t = { table.unpack(d.shape) }
        t.dtype, t.seed = dtype, 9
        if dtype:sub(1, 1) == "f" then return { c.normal(t) } end
        t.lo, t.hi = -99, 99
        return { c.ints(t) }
      end,
      params = function(d) return { axis = d.axis } end,
    }
  end
  if special then
    for _, x in ipairs { { 1, c.nan, 3 }, { c.inf, 2, -c.inf }, { -0.0, 0, -0.0 }, { 2, 2, 1 }, { c.inf, c.inf, 1 } } do
      list[#list + 1] = { "special", inputs = { c.values { x } } }
    end
  end
  return { cases = list }
end

local function truth(last, first)
  local x = c.values({ { 1, 0, 9 }, { 0, 0, 0 }, { 7, 1, 1 } }, { dtype = "u8" })
  return {
    cases = {
      { "by hand", inputs = { x }, expect = { y = c.values(last) } },
      { "first axis", inputs = { x }, params = { axis = 0 }, expect = { y = c.values(first) } },
      { "shapes", each = { shape = { { 40, 33 }, { 0, 4 }, { 4, 0 } }, axis = { 0, 1 } },
        inputs = function(d) return { c.ints { d.shape[1], d.shape[2], lo = 0, hi = 1, dtype = "u8", seed = 4 } } end, params = function(d) return { axis = d.axis } end },
    },
  }
end

local numbers = { "f32", "f64", "i32", "i64" }
return {
  ["tensor.sum"] = node({ 9, 12 }, { 5, 7, 9 }, numbers, true),
  ["tensor.mean"] = node({ 3, 4 }, { 2.5, 3.5, 4.5 }, { "f32", "f64" }, true),
  ["tensor.max"] = node({ 5, 6 }, { 4, 5, 6 }, numbers, true),
  ["tensor.min"] = node({ 1, 2 }, { 1, 2, 3 }, numbers, true),
  ["tensor.argmax"] = node({ 1, 2 }, { 1, 0, 1 }, numbers, true),
  ["tensor.argmin"] = node({ 0, 1 }, { 0, 1, 0 }, numbers, true),
  ["tensor.count"] = truth({ 2, 0, 3 }, { 2, 1, 2 }),
  ["tensor.some"] = truth({ 1, 0, 1 }, { 1, 1, 1 }),
  ["tensor.all"] = truth({ 0, 0, 1 }, { 0, 0, 0 }),
}
