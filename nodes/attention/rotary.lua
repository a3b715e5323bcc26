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
      -- a quarter turn, then none
      { "by hand", each = { back = both }, inputs = { c.values { { 1, 2 }, { 3, 4 } }, c.values { { 1, 0 }, { 0, 1 } } }, params = function(d) return { back = d.back } end,
        expect = function(d) return { y = d.back and c.values { { 2, -1 }, { 3, 4 } } or c.values { { -2, 1 }, { 3, 4 } } } end },
      { "halves by hand", inputs = { c.values { { 1, 5, 2, 6 } }, c.values { { 1, 0, 0, 1 } } }, params = { halves = true }, expect = { y = c.values { { -2, 5, 1, 6 } } } },
      { "sizes", each = { b = { 1, 3 }, t = { 0, 1, 3, 70 }, d = { 0, 2, 18, 64 }, halves = both, back = both },
        inputs = function(d) return { c.normal { d.b, 2, d.t, d.d, seed = 1 }, c.uniform { d.t, d.d, lo = -1, hi = 1, seed = 2 } } end,
        params = function(d) return { halves = d.halves, back = d.back } end },
      { "nan", inputs = { c.with(c.normal { 3, 6, seed = 1 }, { [8] = c.nan }), c.uniform { 3, 6, lo = -1, hi = 1, seed = 2 } } },
    },
    grad = function(t, call, dy)
      local x = t.attention.rotary { dy.y, call.input.places, halves = call.param.halves, back = not call.param.back }
      return { x = x, places = function() error "attention.rotary has no gradient with respect to places" end }
    end,
  },
}
