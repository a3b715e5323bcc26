-- Test cases of tensor.copy. `c` makes tensors; `tandem twin` runs every case on every impl.
local c = ...

return {
  ["tensor.copy"] = {
    cases = {
      { "by hand", inputs = { c.values { { 1, -2.5 }, { c.nan, c.inf } } }, expect = { y = c.values { { 1, -2.5 }, { c.nan, c.inf } } } },
      { "sizes", each = { n = { 0, 1, 15, 16, 17, 1000 } }, inputs = function(d) return { c.normal { d.n, seed = d.n } } end },
      { "dtypes", each = { t = { "f64", "i32", "i64", "u8" } }, inputs = function(d) return { c.ints { 3, 33, lo = 0, hi = 200, dtype = d.t, seed = 1 } } end },
      { "rank 0", inputs = { c.values(7, { dtype = "i64" }) } },
    },
    grad = function(t, call, dy) return { x = dy.y } end,
  },
}
