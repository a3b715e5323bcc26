-- Test cases of tensor.cast and tensor.convert.
local c = ...

local all = { "f32", "f64", "i32", "i64", "u8" }
local odd = { 0, -0.0, 0.5, 1.5, 2.5, -0.5, -1.5, 254.5, 255, 256, -1, 2147483520, 2147483648, -2147483648, -2147483904, 4e9, -4e9, 1e19, -1e19, 1e30, c.nan, c.inf, -c.inf, 16777217 }
local wide = { 0, 1, -1, 255, 256, 2147483647, 2147483648, -2147483648, -2147483649, 16777217, 9007199254740993, 9223371487098961921, -9223371487098961921, math.maxinteger, math.mininteger, 4611686018695757825 }

-- Numbers that lie between two of f16 or of bf16, and at their ends.
local between = { 0, -0.0, 1, 1 + 2 ^ -11, 1 + 3 * 2 ^ -11, 1 + 2 ^ -8, 1 + 3 * 2 ^ -8, -1 - 2 ^ -8, 65504, 65519.99, 65520, -65520, 1e5, 2 ^ -14, 2 ^ -14 - 2 ^ -25,
  2 ^ -24, 2 ^ -25, 1.5 * 2 ^ -25, 2 ^ -26, -3e-8, 6e-8, 6.1e-5, 1e-40, -1e-41, 2 ^ -133, 2 ^ -134, 3.3895e38, 3.3961e38, 3.4e38, -3.4e38, c.nan, c.inf, -c.inf }
-- What is right only when it is rounded once.
local once = { 1 + 2 ^ -11 + 2 ^ -40, 1 + 2 ^ -11 - 2 ^ -40, 1 + 2 ^ -8 + 2 ^ -50, -1 - 2 ^ -8 + 2 ^ -50, 65520 - 2 ^ -30, 2 ^ -25 + 2 ^ -70, 1e300, -1e300, 1e-300, 3.3961776e38, c.nan, c.inf }
local halves, floats = { "f16", "bf16" }, { "f32", "f64", "f16", "bf16" }

return {
  ["tensor.cast"] = {
    cases = {
      { "by hand", inputs = { c.values({ -1.7, 1.7, 300, c.nan }, { dtype = "f64" }) }, params = { dtype = "u8" }, expect = { y = c.values({ 0, 1, 255, 0 }, { dtype = "u8" }) } },
      { "f16 by hand", inputs = { c.values { 1, 1 + 2 ^ -11, 65520, 2 ^ -25 } }, params = { dtype = "f16" }, expect = { y = c.values { 1, 1, c.inf, 0 } } },
      { "between", each = { from = { "f32", "f64" }, to = halves }, inputs = function(d) return { c.values(between, { dtype = d.from }) } end, params = function(d) return { dtype = d.to } end },
      { "once", each = { to = halves }, inputs = { c.values(once, { dtype = "f64" }) }, params = function(d) return { dtype = d.to } end },
      { "from halves", each = { from = halves, to = floats }, inputs = function(d) return { c.values(between, { dtype = d.from }) } end, params = function(d) return { dtype = d.to } end },
      { "halves", each = { n = { 0, 1, 17, 70 }, from = floats, to = halves }, inputs = function(d) return { c.normal { d.n, sd = 100, dtype = d.from, seed = 3 } } end, params = function(d) return { dtype = d.to } end },
      { "reals", each = { from = { "f32", "f64" }, to = all }, inputs = function(d) return { c.values(odd, { dtype = d.from }) } end, params = function(d) return { dtype = d.to } end },
      { "wholes", each = { from = { "i64" }, to = all }, inputs = function(d) return { c.values(wide, { dtype = d.from }) } end, params = function(d) return { dtype = d.to } end },
      { "sizes", each = { n = { 0, 1, 17, 70 }, from = all, to = all },
        inputs = function(d) return { c.ints { d.n, lo = 0, hi = 200, dtype = d.from, seed = 3 } } end, params = function(d) return { dtype = d.to } end },
    },
    -- what is rounded to whole numbers has no gradient: t.grad gives none at an output that is no float
    grad = function(t, call, dy) return { x = function() return t.tensor.cast { dy.y, dtype = call.dtype "x" } end } end,
  },
  ["tensor.convert"] = {
    cases = {
      { "by hand", inputs = { c.values { 1.5, -2 } }, params = { from = "mV", to = "uV" }, expect = { y = c.values { 1500, -2000 } } },
      { "pairs", each = { t = { "f32", "f64" }, from = { "V", "uV", "nV" }, to = { "V", "mV", "uV" } },
        inputs = function(d) return { c.normal { 3, 21, dtype = d.t, seed = 2 } } end, params = function(d) return { from = d.from, to = d.to } end },
      { "special", inputs = { c.values { c.nan, c.inf, 0, -0.0 } }, params = { from = "fT", to = "T" } },
    },
    grad = function(t, call, dy)
      local one = t.tensor.affine { call.zero "x", add = 1 }
      return { x = function() return dy.y * t.tensor.convert { one, from = call.param.from, to = call.param.to } end }
    end,
  },
}
