-- Test cases of graph.gcn_norm.
local c = ...

return {
  ["graph.gcn_norm"] = {
    cases = {
      -- row sums of A + I: 4, 4, 1
      { "by hand", inputs = { c.values { { 0, 3, 0 }, { 3, 0, 0 }, { 0, 0, 0 } } },
        expect = { ahat = c.values { { 0.25, 0.75, 0 }, { 0.75, 0.25, 0 }, { 0, 0, 1 } } } },
      { "no way out", inputs = { c.values { { -1, 0 }, { 0, 3 } } }, expect = { ahat = c.values { { 0, 0 }, { 0, 1 } } } },
      { "sizes", each = { n = { 0, 1, 2, 15, 16, 17, 64, 100 } }, inputs = function(d) return { c.uniform { d.n, d.n, seed = d.n } } end },
      { "nan", inputs = { c.with(c.uniform { 20, 20, seed = 1 }, { [25] = c.nan }) } },
    },
  },
}
