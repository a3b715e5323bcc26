-- Test cases of tensor.where and tensor.fill.
local c = ...

return {
  ["tensor.where"] = {
    cases = {
      { "by hand", inputs = { c.values({ 1, 0, 7 }, { dtype = "u8" }), c.values { 1, 2, c.nan }, c.values { -1, c.inf, 3 } }, expect = { y = c.values { 1, c.inf, c.nan } } },
      { "shapes", each = { t = { "f32", "f64", "i32", "i64", "u8" }, m = { { 3, 40 }, { 40 }, { 3, 1 }, { 1 } }, a = { { 3, 40 }, { 1, 40 }, { 1 } } },
        inputs = function(d)
          local m, a = { table.unpack(d.m) }, { table.unpack(d.a) }
          m.lo, m.hi, m.dtype, m.seed = 0, 1, "u8", 1
          a.lo, a.hi, a.dtype, a.seed = 0, 99, d.t, 2
          return { c.ints(m), c.ints(a), c.ints { 3, 40, lo = 100, hi = 200, dtype = d.t, seed = 3 } }
        end },
      { "empty", inputs = { c.full { 0, dtype = "u8", value = 0 }, c.values { 1 }, c.values { 2 } } },
    },
    grad = function(t, call, dy)
      local mask, zero = call.input.mask, call.zero "y"
      return {
        a = function() return call.fit("a", t.tensor.where { mask, dy.y, zero }) end,
        b = function() return call.fit("b", t.tensor.where { mask, zero, dy.y }) end,
      }
    end,
  },
  ["tensor.fill"] = {
    cases = {
      { "by hand", inputs = { c.values { { 1, c.nan } } }, params = { value = 0.25 }, expect = { y = c.values { { 0.25, 0.25 } } } },
      { "sizes", each = { n = { 0, 1, 15, 17, 100 }, t = { "f32", "f64" } }, inputs = function(d) return { c.full { d.n, value = 1, dtype = d.t } } end, params = { value = 0.1 } },
    },
    grad = false,
  },
}
