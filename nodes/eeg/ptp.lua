-- Test cases of eeg.ptp.
local c = ...

return {
  ["eeg.ptp"] = {
    cases = {
      { "by hand", inputs = { c.values { { { 1, -2, 0.5 }, { 3, 3, 3 } }, { { 0, -0.0, 0 }, { -7, -8, -6.5 } } } },
        expect = { ptp = c.values { { 3, 0 }, { 0, 1.5 } } } },
      { "sizes", each = { n = { 1, 3 }, t = { 0, 1, 15, 16, 17, 63, 64, 65, 100 } }, inputs = function(d) return { c.normal { d.n, 5, d.t, seed = d.t } } end },
      { "nothing", inputs = { c.normal { 0, 5, 7 } } },
      { "not finite", each = { at = { 1, 16, 17, 40 }, x = { c.nan, c.inf, -c.inf } },
        inputs = function(d) return { c.with(c.normal { 2, 3, 40, seed = 1 }, { [d.at] = d.x, [d.at + 80] = d.x }) } end },
    },
  },
}
