-- Test cases of eeg.votes, eeg.choose and eeg.reject.
local c = ...

local function f64(x) return c.values(x, { dtype = "f64" }) end
local function i32(x) return c.values(x, { dtype = "i32" }) end

-- Sizes with many ties, as recordings of whole numbers have them.
local function sizes(e, n) return c.ints { e, n, lo = 0, hi = 9, seed = e + n, dtype = "f64" } end

return {
  ["eeg.votes"] = {
    cases = {
      { "by hand", inputs = { f64 { { 5, 1, 5, 9 }, { 1, 1, 1, 1 }, { 2, 9, 9, 3 } }, f64 { 1, 1, 1, 8 }, i32 { 1, 2 } },
        expect = {
          label = c.values { { { 1, 0, 1, 2 }, { 0, 0, 0, 0 }, { 1, 1, 2, 0 } }, { { 2, 0, 2, 2 }, { 0, 0, 0, 0 }, { 2, 2, 2, 0 } } },
          count = c.values { 3, 0, 3 },
        } },
      { "by hand, from the votes", params = { cumulative = false },
        inputs = { f64 { { 5, 1, 5, 9 }, { 2, 9, 9, 3 } }, f64 { 1, 1, 1, 8 }, i32 { 1, 3 } },
        expect = { label = c.values { { { 1, 0, 1, 2 }, { 1, 1, 2, 0 } }, { { 2, 0, 2, 2 }, { 2, 2, 2, 0 } } }, count = c.values { 3, 3 } } },
      { "sizes", each = { e = { 0, 1, 17 }, n = { 1, 5, 33 } },
        inputs = function(d) return { sizes(d.e, d.n), c.full { d.n, value = 4, dtype = "f64" }, i32 { 1, 0, 4, 2, 16 } } end },
      { "flat channels", inputs = { c.full { 3, 4, value = 0, dtype = "f64" }, c.full { 4, value = 0, dtype = "f64" }, i32 { 2 } } },
    },
  },
  ["eeg.choose"] = {
    cases = {
      { "by hand", inputs = { f64 { { { 3, 5 }, { 2, 2 } }, { { c.inf, 1 }, { 2, 2 } } }, f64 { 0.25, 0.5 }, i32 { 1, 4 } },
        expect = { best = c.values { 0.25, 4 }, cell = c.values { 0, 1 }, lost = c.values { 0 } } },
      { "nothing to choose from", inputs = { f64 { { { c.inf, 1 } }, { { 2, c.inf } } }, f64 { 0.25, 0.5 }, i32 { 3 } },
        expect = { best = c.values { 0.25, 3 }, cell = c.values { 0, 0 }, lost = c.values { 1 } } },
      { "better by rounding only", inputs = { f64 { { { 1 }, { 1 - 1e-14 } } }, f64 { 0.5 }, i32 { 3, 4 } },
        expect = { best = c.values { 0.5, 3 }, cell = c.values { 0, 0 }, lost = c.values { 0 } } },
    },
  },
  ["eeg.reject"] = {
    cases = {
      { "by hand", inputs = { f64 { { 5, 1, 5, 9 }, { 1, 1, 1, 9 }, { 2, 9, 9, 3 } }, f64 { 1, 1, 1, 8 }, f64 { 0.75, 2 } },
        expect = { label = c.values { { 1, 0, 2, 2 }, { 0, 0, 0, 2 }, { 1, 2, 2, 0 } }, bad = c.values { 1, 0, 1 }, kept = c.values { 1 }, n_kept = c.values { 1 } } },
      { "sizes", each = { e = { 0, 1, 40 }, n = { 1, 5, 33 } },
        inputs = function(d) return { sizes(d.e, d.n), c.full { d.n, value = 4, dtype = "f64" }, f64 { 0.5, 3 } } end },
      { "all", inputs = { sizes(9, 9), c.full { 9, value = 4, dtype = "f64" }, f64 { 0, 3 } } },
      { "none", inputs = { sizes(9, 9), c.full { 9, value = 10, dtype = "f64" }, f64 { 1, 3 } } },
    },
  },
}
