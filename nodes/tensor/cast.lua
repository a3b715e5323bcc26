-- Test cases of tensor.cast and tensor.convert.
local c = ...

local all = { "f32", "f64", "i32", "i64", "u8" }
local odd = { 0, -0.0, 0.5, 1.5, 2.5, -0.5, -1.5, 254.5, 255, 256, -1, 2147483520, 2147483648, -2147483648, -2147483904, 4e9, -4e9, 1e19, -1e19, 1e30, c.nan, c.inf, -c.inf, 16777217 }
local wide = { 0, 1, -1, 255, 256, 2147483647, 2147483648, -2147483648, -2147483649, 16777217, 9007199254740993, 9223371487098961921, -9223371487098961921, math.maxinteger, math.mininteger, 4611686018695757825 }

return {
  ["tensor.cast"] = {
    cases = {
      { "by hand", inputs = { c.values({ -1.7, 1.7, 300, c.nan }, { dtype = "f64" }) }, params = { dtype = "u8" }, expect = { y = c.values({ 0, 1, 255, 0 }, { dtype = "u8" }) } },
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
