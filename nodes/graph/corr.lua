-- Test cases of graph.corr.
local c = ...

return {
  ["graph.corr"] = {
    cases = {
      -- rows need not have norm 1 here: the diagonal is 1 all the same, and 1.5 is clipped
      { "by hand",
        inputs = { c.values { { 1, 0 }, { 0.5, 0.75 }, { -1, 0.25 }, { 0, 0 }, { 1.5, 0 } } },
        expect = { r = c.values {
          { 1, 0.5, -1, 0, 1 },
          { 0.5, 1, -0.3125, 0, 0.75 },
          { -1, -0.3125, 1, 0, -1 },
          { 0, 0, 0, 0, 0 },
          { 1, 0.75, -1, 0, 1 },
        } } },
      { "sizes", each = { n = { 0, 1, 2, 15, 17, 47, 48, 49, 65, 129 }, t = { 0, 1, 2, 37 } },
        inputs = function(d) return { c.normal { d.n, d.t, sd = 0.2, seed = d.n + d.t } } end },
      { "spans", each = { t = { 127, 128, 129, 300, 513 } },
        inputs = function(d) return { c.normal { 51, d.t, sd = d.t ^ -0.5, seed = d.t } } end },
      { "blocks", each = { n = { 340, 700, 800 } },
        inputs = function(d) return { c.normal { d.n, 3, sd = 0.5, seed = d.n } } end },
      { "nan", inputs = { c.with(c.normal { 50, 20, sd = 0.2, seed = 1 }, { [63] = c.nan, [401] = c.inf }) } },
    },
  },
}
