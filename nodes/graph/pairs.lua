-- Test cases of graph.union and graph.mutual.
local c = ...

local function i32(t) return c.values(t, { dtype = "i32" }) end
-- 1-2 both ways, 0-3 up, 4-0 down, 2-2 to itself, 9 is no row, 3-1 down twice
local src, dst = i32 { 1, 2, 0, 4, 2, 9, 3, 3, 1 }, i32 { 2, 1, 3, 0, 2, 1, 1, 1, 3 }
local weight, degree = c.values { 0.5, 0.75, 1, 2, 3, 4, 5, 6, -1 }, i32 { 1, 2, 2, 2, 1 }

local function random(d)
  return {
    c.ints { d.e, lo = 0, hi = d.n, seed = d.e }, c.ints { d.e, lo = 0, hi = d.n, seed = d.e + 1 },
    c.uniform { d.e, lo = -1, hi = 1, seed = d.e + 2 }, c.full { d.n, value = 0, dtype = "i32" },
  }
end

local both = {
  { "sizes", each = { n = { 0, 1, 3, 70 }, e = { 0, 1, 17, 400 } }, inputs = random },
  { "one hub", inputs = { c.full { 300, value = 5, dtype = "i32" }, c.ints { 300, lo = 0, hi = 20, seed = 1 }, c.uniform { 300, seed = 2 }, c.full { 21, value = 0, dtype = "i32" } } },
  { "nan", inputs = { i32 { 0, 1, 0, 2 }, i32 { 1, 0, 2, 0 }, c.values { 1, c.nan, c.inf, -0.0 }, i32 { 0, 0, 0 } } },
}

local function with(case)
  local cases = { case }
  for _, x in ipairs(both) do cases[#cases + 1] = x end
  return { cases = cases }
end

return {
  ["graph.union"] = with { "by hand", inputs = { src, dst, weight, degree },
    expect = { pair = c.values { { 0, 3 }, { 0, 4 }, { 1, 2 }, { 1, 3 } }, weight = c.values { 1, 2, 0.75, 6 }, pairs = c.values { 4 } } },
  ["graph.mutual"] = with { "by hand", inputs = { src, dst, weight, degree },
    expect = { pair = c.values { { 1, 2 }, { 1, 3 } }, weight = c.values { 0.5, -1 }, pairs = c.values { 2 } } },
}
