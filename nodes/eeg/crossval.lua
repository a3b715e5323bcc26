-- Test cases of eeg.crossval.
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

local function inputs(e, n, t, rho)
  return {
    c.normal { e, n, t, seed = e + n + t }, c.ints { #rho, e, n, lo = 0, hi = 2, seed = e, dtype = "u8" },
    c.ints { e, lo = 0, hi = n, seed = n + 1 }, inverse(n), c.values({ 0.5, 0.1, 1, 0.5, 0 }, { dtype = "f64" }), c.values(rho, { dtype = "i32" }),
  }
end

local function every(n, row)
  local list = {}
  for i = 1, n do list[i] = row end
  return list
end

return {
  ["eeg.crossval"] = {
    cases = {
      { "sizes", each = { e = { 2, 7, 12, 70 }, t = { 1, 31, 32, 50 } }, params = { cv = 2 },
        inputs = function(d) return inputs(d.e, 5, d.t, { 1, 4, 0 }) end },
      { "folds", each = { e = { 10, 11, 19 }, cv = { 3, 10 } }, params = function(d) return { cv = d.cv } end,
        inputs = function(d) return inputs(d.e, 9, 40, { 2, 3 }) end },
      -- more channels than items share a row, more samples than a group has items
      { "wide", params = { cv = 3 }, inputs = function() return inputs(7, 40, 97, { 3, 9 }) end },
      { "all channels bad", params = { cv = 2 },
        inputs = function()
          local x = inputs(5, 3, 4, { 1, 2 })
          x[2] = c.values({ every(5, { 2, 2, 2 }), every(5, { 0, 2, 1 }) }, { dtype = "u8" })
          return x
        end },
      -- fold medians 1 and 5; the means of the other fold's epochs, with one epoch bad
      { "by hand", params = { cv = 2 },
        inputs = {
          c.values { { { 0 }, { 1 } }, { { 2 }, { 1 } }, { { 4 }, { 5 } }, { { 6 }, { 5 } } }, c.full { 1, 4, 2, value = 0, dtype = "u8" },
          c.values({ 0, 0, 0, 2 }, { dtype = "i32" }), inverse(2), c.values({ 1, 0.5 }, { dtype = "f64" }), c.values({ 1 }, { dtype = "i32" }),
        },
        expect = { loss = c.values { { { 3.5355339059327378, 4 } }, { { c.inf, c.inf } } } } },
    },
  },
}
