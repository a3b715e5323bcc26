-- Test cases of attention.positions and attention.rotary.
local c = ...

local both = { false, true }

return {
  ["attention.positions"] = {
    cases = {
      { "by hand", inputs = { c.full { 1, 5, value = 0 } }, expect = { y = c.values { { 0, 1, 0, 1, 0 } } } },
      { "sizes", each = { t = { 0, 1, 3, 70 }, d = { 0, 1, 2, 17, 64 } }, inputs = function(d) return { c.full { 2, d.t, d.d, value = 0 } } end },
      { "late places", each = { first = { 1, 1000, 1 << 20, 1 << 30 } }, inputs = { c.full { 9, 64, value = 0 } }, params = function(d) return { first = d.first } end },
      { "base", each = { base = { 1, 500000 } }, inputs = { c.full { 40, 10, value = 0 } }, params = function(d) return { base = d.base } end },
    },
    grad = false,
  },
  ["attention.rotary"] = {
    cases = {
      { "by hand", each = { halves = both }, inputs = { c.values { { 1, 2, 3, 4 } } }, params = function(d) return { halves = d.halves } end, expect = { y = c.values { { 1, 2, 3, 4 } } } },
      { "sizes", each = { b = { 0, 1, 3 }, t = { 0, 1, 3, 70 }, d = { 0, 2, 18, 64 }, halves = both, back = both },
        inputs = function(d) return { c.normal { d.b, 2, d.t, d.d, seed = 1 } } end, params = function(d) return { halves = d.halves, back = d.back } end },
      { "late places", each = { first = { 1000, 1 << 30 } }, inputs = { c.normal { 9, 64, seed = 1 } }, params = function(d) return { first = d.first, base = 500 } end },
      { "nan", inputs = { c.with(c.normal { 3, 6, seed = 1 }, { [8] = c.nan }) } },
    },
    grad = function(t, call, dy)
      local p = call.param
      return { x = t.attention.rotary { dy.y, base = p.base, first = p.first, halves = p.halves, back = not p.back } }
    end,
  },
}
