-- Test cases of graph.knn.
local c = ...

local ties = c.values {
  { 9, 0.5, -0.75, 0.5, 0.5 },
  { 0, 9, 0, 0.25, -0.25 },
  { c.nan, 2, 9, c.inf, -c.inf },
  { -0.5, -0.5, 0.125, 9, 0.5 },
  { 0, 0, 0, 0, 9 },
}

return {
  ["graph.knn"] = {
    cases = {
      { "by hand", inputs = { ties }, params = { k = 2 },
        expect = {
          src = c.values { 0, 0, 1, 1, 2, 2, 3, 3 }, dst = c.values { 2, 1, 3, 4, 3, 4, 0, 1 },
          weight = c.values { 0.75, 0.5, 0.25, 0.25, c.inf, c.inf, 0.5, 0.5 },
          degree = c.values { 2, 2, 2, 2, 0 }, edges = c.values { 8 },
        } },
      { "by hand, positive", inputs = { ties }, params = { k = 2, absolute = false },
        expect = {
          src = c.values { 0, 0, 1, 2, 2, 3, 3 }, dst = c.values { 1, 3, 3, 3, 1, 4, 2 },
          weight = c.values { 0.5, 0.5, 0.25, c.inf, 2, 0.5, 0.125 },
          degree = c.values { 2, 1, 2, 2, 0 }, edges = c.values { 7 },
        } },
      { "by hand, threshold", inputs = { ties }, params = { k = 16, threshold = 0.5 },
        expect = {
          src = c.values { 0, 0, 0, 0, 2, 2, 2, 3, 3, 3 }, dst = c.values { 2, 1, 3, 4, 3, 4, 1, 0, 1, 4 },
          weight = c.values { 0.75, 0.5, 0.5, 0.5, c.inf, c.inf, 2, 0.5, 0.5, 0.5 },
          degree = c.values { 4, 0, 3, 3, 0 }, edges = c.values { 10 },
        } },
      -- 0.1 is no float: the float above it is an edge, the one below is not
      { "threshold between floats", inputs = { c.values { { 0, 0.1 }, { 0.09999999, 0 } } }, params = { threshold = 0.1 },
        expect = { src = c.values { 0 }, dst = c.values { 1 }, degree = c.values { 1, 0 }, edges = c.values { 1 } } },
      { "sizes", each = { n = { 0, 1, 2, 16, 17, 33, 255, 257, 530 }, k = { 1, 7, 16, 40 } },
        inputs = function(d) return { c.normal { d.n, d.n, seed = d.n } } end, params = function(d) return { k = d.k } end },
      { "many ties", each = { n = { 40, 600 }, k = { 5, 16, 17 } },
        inputs = function(d) return { c.map(c.uniform { d.n, d.n, lo = -2, hi = 3, seed = d.n }, math.floor) } end,
        params = function(d) return { k = d.k, threshold = 1 } end },
    },
  },
}
