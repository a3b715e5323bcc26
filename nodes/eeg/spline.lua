-- Test cases of eeg.spline.
local c = ...

local function places(n) return c.normal { n, 3, seed = n, dtype = "f64" } end

return {
  ["eeg.spline"] = {
    cases = {
      { "sizes", each = { n = { 1, 2, 3, 8, 17, 64 } }, inputs = function(d) return { places(d.n) } end },
      { "in the middle", inputs = { c.with(places(6), { [4] = 0, [5] = 0, [6] = 0 }) } },
      { "the same place twice", inputs = { c.with(places(3), { [4] = 1, [5] = 1, [6] = 1, [7] = 1, [8] = 1, [9] = 1 }) } },
      -- two channels: each is all that is known of the other
      { "by hand", inputs = { c.values({ { 0, 0, 1 }, { 0, 2, 0 } }, { dtype = "f64" }) }, expect = { alone = c.values { { 0, 1 }, { 1, 0 } } } },
    },
  },
}
