-- Test cases of eeg.synth.
local c = ...

local function places(n) return c.normal { n, 3, seed = n, dtype = "f64" } end

return {
  ["eeg.synth"] = {
    cases = {
      { "sizes", each = { n = { 1, 3, 17 }, t = { 10, 16, 50, 129 } }, inputs = function(d) return { places(d.n) } end,
        params = function(d) return { e = 9, t = d.t, seed = 7 } end },
      { "seeds", each = { seed = { 0, 1, 123456789012 } }, inputs = { places(5) }, params = function(d) return { e = 40, t = 20, seed = d.seed } end },
      { "in the middle", inputs = { c.values({ { 0, 0, 0 }, { 0, 1, 0 }, { 0, -1, 2 } }, { dtype = "f64" }) }, params = { e = 30, t = 40, seed = 1 } },
    },
  },
}
