-- Test cases of attention.gelu and its gradient.
local c = ...

local special = { c.nan, c.inf, 0, -0.0, 1, -1, 0.5, -3, 6, -6, 12, -12, 88, -104, 1e4, -1e4, -1e-40, 1e30, -1e30, 3.4e38 }
local forms, sizes = { "erf", "tanh" }, { 0, 1, 15, 17, 300 }

local function form(d) return { form = d.form } end

return {
  ["attention.gelu"] = {
    cases = {
      { "by hand", each = { form = forms }, inputs = { c.values { 0, 100, -100 } }, params = form, expect = { y = c.values { 0, 100, 0 } } },
      { "special", each = { form = forms }, inputs = { c.values(special) }, params = form },
      { "sizes", each = { form = forms, n = sizes }, inputs = function(d) return { c.normal { d.n, sd = 2, seed = d.n } } end, params = form },
      { "large", each = { form = forms }, inputs = { c.normal { 3, 3000, sd = 5, seed = 5 } }, params = form },
    },
    grad = function(t, call, dy) return { x = t.attention.gelu_grad { call.input.x, dy.y, form = call.param.form } } end,
  },
  ["attention.gelu_grad"] = {
    cases = {
      { "by hand", each = { form = forms }, inputs = { c.values { 0, 100, -100 }, c.values { 3, 5, 7 } }, params = form, expect = { dx = c.values { 1.5, 5, 0 } } },
      { "special", each = { form = forms }, inputs = { c.values(special), c.full { #special, value = 0.75 } }, params = form },
      { "sizes", each = { form = forms, n = sizes }, inputs = function(d) return { c.normal { d.n, sd = 2, seed = d.n }, c.normal { d.n, seed = 1 } } end, params = form },
      { "large", each = { form = forms }, inputs = { c.normal { 3, 3000, sd = 5, seed = 5 }, c.normal { 3, 3000, seed = 6 } }, params = form },
    },
  },
}
