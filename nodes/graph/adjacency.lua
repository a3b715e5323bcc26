-- Test cases of graph.adjacency.
local c = ...

local function i32(t) return c.values(t, { dtype = "i32" }) end

return {
  ["graph.adjacency"] = {
    cases = {
      { "by hand",
        inputs = { i32 { 0, 1, 2, 1, 9, 2 }, i32 { 1, 0, 1, 2, 0, 2 }, c.values { 0.5, 0.75, -1, -2, 1, 3 }, i32 { 0, 0, 0 } },
        expect = { a = c.values { { 0, 0.75, 0 }, { 0.75, 0, 0 }, { 0, 0, 3 } } } },
      { "nan", inputs = { i32 { 0, 1, 0 }, i32 { 1, 0, 1 }, c.values { 1, c.nan, c.inf }, i32 { 0, 0 } },
        expect = { a = c.values { { 0, c.nan }, { c.nan, 0 } } } },
      { "sizes", each = { n = { 0, 1, 5, 100 }, e = { 0, 1, 300 } }, inputs = function(d)
        return { c.ints { d.e, lo = 0, hi = d.n, seed = d.e }, c.ints { d.e, lo = -1, hi = d.n, seed = d.e + 1 }, c.normal { d.e, seed = 5 }, c.full { d.n, value = 0, dtype = "i32" } }
      end },
    },
  },
}
