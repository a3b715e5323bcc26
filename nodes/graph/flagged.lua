-- Test cases of graph.flagged.
local c = ...

return {
  ["graph.flagged"] = {
    cases = {
      { "by hand",
        inputs = { c.values({ 0, 1, 2, 2, 0, 1, 1 }, { dtype = "i32" }) },
        expect = { bad_rows = c.values { 1, 5, 6 }, constant_rows = c.values { 2, 3 }, n_bad = c.values { 3 }, n_constant = c.values { 2 } } },
      { "sizes", each = { n = { 0, 1, 255, 256, 257, 1000 } },
        inputs = function(d) return { c.ints { d.n, lo = 0, hi = 2, seed = d.n } } end },
      { "all", each = { value = { 0, 1, 2 } },
        inputs = function(d) return { c.full { 300, value = d.value, dtype = "i32" } } end },
    },
  },
}
