-- Test cases of eeg.check. What it refuses ends a run: tests/cli/run has those.
local c = ...

return {
  ["eeg.check"] = {
    cases = {
      { "sizes", each = { e = { 0, 1, 7 }, n = { 1, 20 } },
        inputs = function(d) return { c.normal { d.e, d.n, seed = 1, dtype = "f64" }, c.normal { d.n, 3, seed = 2, dtype = "f64" } } end },
      { "one in the middle", inputs = { c.values({ { 1, 2 } }, { dtype = "f64" }), c.values({ { 0, 0, 0 }, { 0, 0, 1 } }, { dtype = "f64" }) },
        expect = { flaw = c.values { -1, -1, -1, -1 } } },
    },
  },
}
