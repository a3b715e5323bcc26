-- Test cases of eeg.splits.
local c = ...

return {
  ["eeg.splits"] = {
    cases = {
      { "sizes", each = { n = { 0, 1, 2, 3, 5, 7, 35, 40, 62 }, seed = { 0, 42, 4294967295 } },
        inputs = function(d) return { c.full { d.n, 2, value = 0, dtype = "f64" } } end, params = function(d) return { seed = d.seed } end },
    },
  },
}
