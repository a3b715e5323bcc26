-- Test cases of eeg.repair and eeg.average.
local c = ...

-- The inverse of eeg.spline has this form: symmetric, and positive definite but for what all channels share.
local function inverse(n)
  local m = {}
  for i = 1, n + 1 do
    m[i] = {}
    for k = 1, n + 1 do m[i][k] = i == k and n + 2 or 1 / (i + k) end
  end
  return c.values(m, { dtype = "f64" })
end

local function inputs(e, n, t, kept)
  return {
    c.normal { e, n, t, seed = e + n + t }, c.ints { e, n, lo = 0, hi = 2, seed = e, dtype = "u8" },
    inverse(n), c.values(kept, { dtype = "i32" }),
  }
end

local function every(e)
  local list = {}
  for i = 1, e do list[i] = i - 1 end
  return list
end

-- Two channels: the second one is -P21 / P22 = -1/2 times the first.
local by_hand = {
  c.values { { { 2, 4 }, { 9, 9 } }, { { 7, 7 }, { 7, 7 } }, { { 1, 1 }, { 2, 5 } } }, c.values({ { 1, 2 }, { 2, 2 }, { 0, 0 } }, { dtype = "u8" }),
  c.values({ { 4, 1, 1 }, { 1, 2, 1 }, { 1, 1, 0 } }, { dtype = "f64" }), c.values({ 0, 2 }, { dtype = "i32" }),
}

return {
  ["eeg.repair"] = {
    cases = {
      { "by hand", inputs = by_hand, expect = { y = c.values { { { 2, 4 }, { -1, -2 } }, { { 1, 1 }, { 2, 5 } } } } },
      { "sizes", each = { e = { 1, 7, 70 }, t = { 1, 31, 32, 50 } }, inputs = function(d) return inputs(d.e, 6, d.t, every(d.e)) end },
      -- more channels than items share a row, more samples than a group has items
      { "wide", inputs = inputs(3, 40, 97, { 2, 0 }) },
      { "none", inputs = inputs(4, 3, 5, {}) },
      { "all channels bad", inputs = { c.normal { 2, 3, 5, seed = 1 }, c.full { 2, 3, value = 2, dtype = "u8" }, inverse(3), c.values({ 1 }, { dtype = "i32" }) } },
    },
  },
  ["eeg.average"] = {
    cases = {
      { "by hand", inputs = by_hand, expect = { mean = c.values { { 1.5, 2.5 }, { 0.5, 1.5 } }, n_channels = c.values { 2 } } },
      { "sizes", each = { e = { 1, 7, 70 }, t = { 1, 31, 32, 50 } }, inputs = function(d) return inputs(d.e, 6, d.t, every(d.e)) end },
      -- more channels than items share a row, more samples than a group has items
      { "wide", inputs = inputs(3, 40, 97, { 2, 0 }) },
      { "some", inputs = inputs(9, 5, 40, { 8, 2, 3 }) },
      { "none", inputs = inputs(4, 3, 5, {}), expect = { n_channels = c.values { 0 } } },
    },
  },
}
