-- Test cases of graph.standardise.
local c = ...
return {
  ["graph.standardise"] = {
    cases = {
      { "by hand",
        inputs = { c.values { { 1, 1, 3, 3 }, { 5, 5, 5, 5 }, { c.nan, 1, 2, 3 }, { 1, c.inf, 0, 2 }, { 4, -2, 4, -2 } } },
        expect = {
          z = c.values { { -0.5, -0.5, 0.5, 0.5 }, { 0, 0, 0, 0 }, { 0, 0, 0, 0 }, { 0, 0, 0, 0 }, { 0.5, -0.5, 0.5, -0.5 } },
          state = c.values { 0, 2, 1, 1, 0 },
        } },
      { "sizes", each = { n = { 0, 1, 5 }, t = { 0, 1, 2, 15, 16, 17, 100 } },
        inputs = function(d) return { c.normal { d.n, d.t, seed = d.t } } end },
      { "large means", each = { mean = { 1e4, -1e7 } },
        inputs = function(d) return { c.normal { 7, 200, mean = d.mean, sd = 30, seed = 3 } } end },
      { "large and small", each = { sd = { 1e37, 1e-30 } },
        inputs = function(d) return { c.normal { 3, 50, sd = d.sd, seed = 4 } } end },
      -- the first or the last sample alone makes a row bad, or keeps it from being constant
      { "one sample", each = { at = { 1, 16, 17, 40 }, value = { c.nan, -c.inf, 7, 7.000001 } },
        inputs = function(d) return { c.with(c.full { 1, 40, value = 7 }, { [d.at] = d.value }) } end },
    },
  },
}
