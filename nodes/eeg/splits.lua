-- Test cases of eeg.splits and eeg.subsets.
local c = ...

return {
  ["eeg.splits"] = {
    cases = {
      { "sizes", each = { n = { 0, 1, 2, 3, 5, 7, 35, 40, 62 }, seed = { 0, 42, 4294967295 } },
        inputs = function(d) return { c.full { d.n, 2, value = 0, dtype = "f64" } } end, params = function(d) return { seed = d.seed } end },
    },
  },
  ["eeg.subsets"] = {
    cases = {
      { "sizes", each = { n = { 1, 2, 6, 20, 31, 64 }, fraction = { 0, 0.25, 1 } },
        inputs = function(d) return { c.full { d.n, 3, value = 0, dtype = "f64" } } end,
        params = function(d) return { seed = 435656, count = 7, fraction = d.fraction } end },
      { "more subsets than items of a group", inputs = { c.full { 9, 3, value = 0, dtype = "f64" } }, params = { seed = 3, count = 300 } },
      -- the first two of the golden case
      { "by hand", inputs = { c.full { 20, 3, value = 0, dtype = "f64" } }, params = { seed = 435656, count = 2 }, expect = { subset = c.values {
        { 0, 9, 3, 1, 18, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1 },
        { 2, 18, 11, 4, 19, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1 },
      } } },
      { "half to even", inputs = { c.full { 1, 3, value = 0, dtype = "f64" } }, params = { seed = 0, count = 1, fraction = 0.5 },
        expect = { subset = c.values { { -1 } } } },
    },
  },
}
