-- Test cases of graph.corr_knn.
local c = ...

-- Rows of +-1/4, 16 samples: correlations are multiples of 1/16, with ties everywhere.
local function signs(n, seed)
  return c.map(c.uniform { n, 16, seed = seed }, function(x) return x < 0.5 and -0.25 or 0.25 end)
end

return {
  ["graph.corr_knn"] = {
    cases = {
      { "by hand", inputs = { c.values { { 1, 0 }, { 0.5, 0.75 }, { -1, 0.25 }, { 0, 0 }, { 1.5, 0 } } }, params = { k = 2 },
        expect = {
          src = c.values { 0, 0, 1, 1, 2, 2, 4, 4 }, dst = c.values { 2, 4, 4, 0, 0, 4, 0, 2 },
          weight = c.values { 1, 1, 0.75, 0.5, 1, 1, 1, 1 },
          degree = c.values { 2, 2, 2, 0, 2 }, edges = c.values { 8 },
        } },
      { "by hand, positive", inputs = { c.values { { 1, 0 }, { 0.5, 0.75 }, { -1, 0.25 }, { 0, 0 }, { 1.5, 0 } } },
        params = { k = 3, absolute = false, threshold = 0.5 },
        expect = {
          src = c.values { 0, 0, 1, 1, 4, 4 }, dst = c.values { 4, 1, 4, 0, 0, 1 }, weight = c.values { 1, 0.5, 0.75, 0.5, 1, 0.75 },
          degree = c.values { 2, 2, 0, 0, 2 }, edges = c.values { 6 },
        } },
      { "sizes", each = { n = { 0, 1, 2, 3, 17, 48, 49, 65, 130 }, k = { 1, 16, 20 } },
        inputs = function(d) return { c.normal { d.n, 40, sd = 0.15, seed = d.n } } end, params = function(d) return { k = d.k } end },
      { "samples", each = { t = { 0, 1, 2, 127, 129, 300 } },
        inputs = function(d) return { c.normal { 60, d.t, sd = 0.1, seed = d.t } } end, params = { k = 5, threshold = 0.1 } },
      { "blocks", each = { n = { 340, 700, 800 }, k = { 3, 33 } },
        inputs = function(d) return { c.normal { d.n, 20, sd = 0.2, seed = d.n } } end, params = function(d) return { k = d.k, threshold = 0.2 } end },
      { "ties", each = { n = { 30, 200, 500 }, k = { 4, 16, 17 } },
        inputs = function(d) return { signs(d.n, d.n) } end, params = function(d) return { k = d.k } end },
      { "all the same", each = { n = { 30, 400 } },
        inputs = function(d) return { c.full { d.n, 4, value = 0.5 } } end, params = { k = 16 } },
      { "rows of zeros", inputs = { c.map(c.normal { 70, 30, sd = 0.2, seed = 9 }, function(x, i) return (i - 1) // 30 % 3 == 0 and 0 or x end) },
        params = { k = 6 } },
    },
  },
}
