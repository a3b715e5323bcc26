-- Test cases of eeg.rho. Fewer than 4 channels end a run: tests/cli/run has that.
local c = ...

local function places(n) return { c.full { n, 3, value = 1, dtype = "f64" } } end

return {
  ["eeg.rho"] = {
    cases = {
      { "the fewest", inputs = places(4), expect = { rho = c.values { 1, 4, 3 } } },
      { "all but one", inputs = places(33), expect = { rho = c.values { 1, 4, 32 } } },
      { "sizes", each = { n = { 5, 20, 32, 34, 256 } }, inputs = function(d) return places(d.n) end },
    },
  },
}
