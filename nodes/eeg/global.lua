-- Test cases of eeg.global.
local c = ...

local function sizes(e, n) return c.ints { e, n, lo = 1, hi = 9, seed = e + n, dtype = "f64" } end

return {
  ["eeg.global"] = {
    cases = {
      { "sizes", each = { e = { 2, 7, 13 }, t = { 1, 31, 32, 50 } }, params = { cv = 2 },
        inputs = function(d) return { c.normal { d.e, 3, d.t, seed = d.e + d.t }, sizes(d.e, 3) } end },
      { "wide", params = { cv = 2 }, inputs = { c.normal { 8, 11, 97, seed = 1 }, sizes(8, 11) } },
      { "equal sizes", params = { cv = 3 }, inputs = { c.normal { 11, 2, 9, seed = 2 }, c.full { 11, 2, value = 3, dtype = "f64" } } },
      { "folds", each = { e = { 5, 19, 40 } }, inputs = function(d) return { c.normal { d.e, 4, 20, seed = d.e }, sizes(d.e, 4) } end },
      -- medians 1 and 5 of two folds; with size 2 only the first fold has something to train on
      { "by hand", params = { cv = 2 }, inputs = { c.values { { { 0 } }, { { 2 } }, { { 4 } }, { { 6 } } }, c.values({ { 3 }, { 4 }, { 2 }, { 5 } }, { dtype = "f64" }) },
        expect = { threshold = c.values { 4 }, rank = c.values { 2 }, size = c.values { 3, 4, 2, 5 }, loss = c.values { c.inf, 4, 3.5, 4 } } },
    },
  },
}
