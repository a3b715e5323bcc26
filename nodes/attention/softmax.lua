-- Test cases of attention.softmax, layernorm and their gradients.
local c = ...

local special = { c.nan, c.inf, -c.inf, 0, 88, -104, 1e15, -1e-40 }

-- each special number once, in a row of its own
local function specials(ports)
  local inputs = {}
  for k, port in ipairs(ports) do
    inputs[port] = c.map(c.normal { #special, 21, seed = k }, function(x, i) return i % 21 == 5 * k and special[(i - 1) // 21 + 1] or x end)
  end
  return inputs
end

local function random(ports, d)
  local inputs = {}
  for k, port in ipairs(ports) do inputs[port] = c.normal { d.rows, d.n, seed = k, sd = d.sd, mean = d.mean } end
  return inputs
end

local function with_weights(inputs, n, bias)
  inputs.weight, inputs.bias = c.normal { n, mean = 1, sd = 0.3, seed = 11 }, bias and c.normal { n, seed = 12 } or nil
  return inputs
end

local sizes = { 0, 1, 2, 15, 16, 17, 40, 300 }

return {
  ["attention.softmax"] = {
    cases = {
      { "by hand", inputs = { c.values { { 3, 3 }, { -c.inf, -5 }, { -c.inf, -c.inf } } }, expect = { y = c.values { { 0.5, 0.5 }, { 0, 1 }, { 0, 0 } } } },
      { "sizes", each = { n = sizes, rows = { 0, 1, 5 } }, inputs = function(d) return random({ "x" }, d) end },
      { "large", each = { sd = { 0.01, 10, 200 } }, inputs = function(d) d.rows, d.n = 20, 100 return random({ "x" }, d) end },
      { "special", inputs = specials { "x" } },
      { "axes", inputs = { c.normal { 2, 3, 4, 5, seed = 3 } } },
    },
    grad = function(t, call, dy) return { x = t.attention.softmax_grad { call.output.y, dy.y } } end,
  },
  ["attention.softmax_grad"] = {
    cases = {
      { "by hand", inputs = { c.values { { 0.25, 0.75 } }, c.values { { 4, 0 } } }, expect = { dx = c.values { { 0.75, -0.75 } } } },
      { "sizes", each = { n = sizes, rows = { 0, 1, 5 } }, inputs = function(d) return random({ "y", "dy" }, d) end },
      { "special", inputs = specials { "y", "dy" } },
    },
  },
  ["attention.layernorm"] = {
    cases = {
      { "by hand", inputs = { c.values { { 1, 3 }, { 5, 5 } }, c.values { 2, 4 }, c.values { 0.5, -1 } }, params = { eps = 0 },
        expect = { y = c.values { { -1.5, 3 }, { c.nan, c.nan } } } },
      { "sizes", each = { n = sizes, rows = { 0, 1, 5 } }, inputs = function(d) return random({ "x" }, d) end },
      { "weights", each = { n = sizes, bias = { false, true } }, inputs = function(d) d.rows = 5 return with_weights(random({ "x" }, d), d.n, d.bias) end },
      { "far from 0", each = { mean = { 1, 1000 } }, inputs = function(d) d.rows, d.n = 7, 100 return random({ "x" }, d) end },
      { "equal numbers", inputs = { c.full { 3, 50, value = 0.1 } } },
      { "special", inputs = specials { "x" } },
      { "axes", inputs = { c.normal { 2, 3, 4, 5, seed = 3 } }, params = { eps = 0.01 } },
    },
    grad = function(t, call, dy)
      local g = t.attention.layernorm_grad { x = call.input.x, weight = call.input.weight, dy = dy.y, eps = call.param.eps }
      return { x = g.dx, weight = g.dweight, bias = g.dbias }
    end,
  },
  ["attention.layernorm_grad"] = {
    cases = {
      -- normal -1 and 1: g = (2, 8), its mean 5, its mean along normal 3
      { "by hand", inputs = { c.values { { 1, 3 } }, c.values { 2, 4 }, c.values { { 1, 2 } } }, params = { eps = 0 },
        expect = { dx = c.values { { 0, 0 } }, dweight = c.values { -1, 2 }, dbias = c.values { 1, 2 } } },
      { "sizes", each = { n = sizes, rows = { 0, 1, 5, 40 } }, inputs = function(d) return random({ "x", "dy" }, d) end },
      { "weights", each = { n = sizes }, inputs = function(d) d.rows = 33 return with_weights(random({ "x", "dy" }, d), d.n) end },
      { "far from 0", inputs = random({ "x", "dy" }, { rows = 7, n = 100, mean = 100 }) },
      { "special", inputs = specials { "x", "dy" } },
      { "axes", inputs = { x = c.normal { 2, 3, 4, 5, seed = 3 }, dy = c.normal { 2, 3, 4, 5, seed = 4 } }, params = { eps = 0.01 } },
    },
  },
}
