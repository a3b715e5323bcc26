-- Test cases of the nodes that say which.
local c = ...

local function mask(values) return c.values(values, { dtype = "u8" }) end
local function index(values) return c.values(values, { dtype = "i32" }) end
local grid = c.values { { 1, 2 }, { 3, 4 }, { 5, 6 } }

return {
  ["tensor.keep"] = {
    cases = {
      { "by hand", inputs = { mask { 0, 3, 0, 1 } }, expect = { index = index { 1, 3 }, kept = index { 2 } } },
      { "sizes", each = { n = { 0, 1, 17, 1000 }, hi = { 0, 1, 5 } }, inputs = function(d) return { c.ints { d.n, lo = 0, hi = d.hi, dtype = "u8", seed = d.n } } end },
    },
  },
  ["tensor.gather"] = {
    cases = {
      { "by hand", inputs = { grid, index { 2, 0, 2, -1, 3 } }, expect = { y = c.values { { 5, 6 }, { 1, 2 }, { 5, 6 }, { 0, 0 }, { 0, 0 } }, outside = index { 2 } } },
      { "shapes", each = { t = { "f32", "f64", "i64", "u8" }, shape = { { 9 }, { 9, 40 }, { 9, 3, 5 }, { 9, 0 } }, k = { 0, 1, 30 } },
        inputs = function(d)
          local x = { table.unpack(d.shape) }
          x.lo, x.hi, x.dtype, x.seed = 0, 200, d.t, 1
          return { c.ints(x), c.ints { d.k, lo = -1, hi = 9, seed = 2 } }
        end },
    },
    grad = function(t, call, dy) return { x = function() return t.tensor.scatter_add { dy.y, call.input.index, call.input.x } end } end,
  },
  ["tensor.scatter_add"] = {
    cases = {
      { "by hand", inputs = { grid, index { 1, 1, 7 }, c.full { 2, 2, value = 0 } }, expect = { y = c.values { { 0, 0 }, { 4, 6 } }, outside = index { 1 } } },
      { "shapes", each = { t = { "f32", "f64", "i32", "i64" }, shape = { { 50 }, { 50, 70 }, { 50, 3, 5 } }, n = { 1, 7 } },
        inputs = function(d)
          local x, like = { table.unpack(d.shape) }, { table.unpack(d.shape) }
          x.lo, x.hi, x.dtype, x.seed = -99, 99, d.t, 1
          like[1], like.lo, like.hi, like.dtype = d.n, 0, 0, d.t
          return { c.ints(x), c.ints { 50, lo = -1, hi = d.n, seed = 2 }, c.ints(like) }
        end },
      { "rounding", inputs = { c.normal { 400, 5, seed = 8 }, c.ints { 400, lo = 0, hi = 3, seed = 2 }, c.full { 4, 5, value = 0 } } },
    },
    grad = function(t, call, dy) return { x = function() return t.tensor.gather { dy.y, call.input.index } end } end,
  },
  ["tensor.put"] = {
    cases = {
      { "by hand", inputs = { grid, c.values { 7, 8 }, c.values({ 1 }, { dtype = "i64" }) }, expect = { y = c.values { { 1, 2 }, { 7, 8 }, { 5, 6 } } } },
      { "shapes", each = { t = { "f32", "f64", "u8" }, shape = { {}, { 40 }, { 3, 5 } }, row = { -1, 0, 3, 4 } },
        inputs = function(d)
          local over, value = { 4, table.unpack(d.shape) }, { table.unpack(d.shape) }
          over.lo, over.hi, over.dtype, over.seed = 0, 99, d.t, 1
          value.lo, value.hi, value.dtype, value.seed = 100, 199, d.t, 2
          return { c.ints(over), c.ints(value), c.values({ d.row }, { dtype = "i64" }) }
        end },
    },
    grad = function(t, call, dy)
      local at = call.input.index
      return {
        over = function() return t.tensor.put { over = t.tensor.copy { dy.y }, value = t.tensor.fill { call.input.value, value = 0 }, index = at } end,
        value = function() return t.tensor.reshape { t.tensor.gather { dy.y, t.tensor.cast { at, dtype = "i32" } }, call.input.value } end,
      }
    end,
  },
  ["tensor.iota"] = {
    cases = {
      { "by hand", params = { n = 3, start = 5, step = -2 }, expect = { y = c.values { 5, 3, 1 } } },
      { "sizes", each = { n = { 1, 16, 100 }, dtype = { "i32", "i64" } }, params = function(d) return { n = d.n, start = 7, step = 3, dtype = d.dtype } end },
    },
  },
}
