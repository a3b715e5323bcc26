-- Test cases of the functions of one tensor.
local c = ...

local special = { c.nan, c.inf, -c.inf, 0, -0.0, 1, -1, 0.5, -0.5, 2.5, -3.5, 6, 88, -104, 1e4, -1e-40, 1e30, 3.4e38 }

-- Cases: by hand, special numbers, sizes, numbers of the size that matters (sd).
local function node(x, y, sd, params)
  local given = params and function() return params end or nil
  return {
    cases = {
      { "by hand", inputs = { c.values(x, { dtype = "f64" }) }, expect = { y = c.values(y) }, params = given },
      { "special", each = { t = { "f32", "f64" } }, inputs = function(d) return { c.values(special, { dtype = d.t }) } end, params = given },
      { "sizes", each = { n = { 0, 1, 15, 17, 300 }, t = { "f32", "f64" } },
        inputs = function(d) return { c.normal { d.n, sd = sd, seed = d.n, dtype = d.t } } end, params = given },
      { "large", each = { t = { "f32", "f64" } }, inputs = function(d) return { c.normal { 3, 3000, sd = 30 * sd, seed = 5, dtype = d.t } } end, params = given },
    },
  }
end

-- The same for numbers that must not be negative.
local function positive(x, y)
  local n = node(x, y, 1)
  for i = 3, 4 do
    local inputs = n.cases[i].inputs
    n.cases[i].inputs = function(d) return { c.map(inputs(d)[1], math.abs) } end
  end
  return n
end

-- -- gradients ------------------------------------------------------------------------------------

-- dy f(x, y)
local function rule(f)
  return function(t, call, dy)
    return { x = function() return f(dy.y, call.input.x, call.output.y, t, call) end }
  end
end

-- g where the mask holds, 0 elsewhere.
local function where(t, mask, g, call) return t.tensor.where { mask, g, call.zero("x") } end

local function number(t, call, x) return call.zero("x") + x end

local rules = {
  abs = rule(function(g, x, _, t) return g * t.tensor.sign { x } end),
  neg = rule(function(g) return -g end),
  sign = false, floor = false, round = false,
  square = rule(function(g, x) return g * x * 2 end),
  relu = rule(function(g, x, _, t, call) return where(t, t.tensor.greater { x, call.zero("x") }, g, call) end),
  affine = rule(function(g, _, _, t, call) return g * call.param.mul end),
  clamp = rule(function(g, x, _, t, call)
    local lo, hi = number(t, call, call.param.lo), number(t, call, call.param.hi)
    return where(t, t.tensor.both { t.tensor.greater_equal { x, lo }, t.tensor.less_equal { x, hi } }, g, call)
  end),
  hard_swish = rule(function(g, x, _, t, call)
    local three = number(t, call, 3)
    local inner = where(t, t.tensor.greater { x, -three }, g * (x / 3 + 0.5), call)
    return t.tensor.where { t.tensor.less { x, three }, inner, g }
  end),
  reciprocal = rule(function(g, _, y) return -(g * y * y) end),
  sqrt = rule(function(g, _, y) return g / y * 0.5 end),
  rsqrt = rule(function(g, _, y) return g * (y * y * y) * -0.5 end),
  exp = rule(function(g, _, y) return g * y end),
  log = rule(function(g, x) return g / x end),
  tanh = rule(function(g, _, y) return g * (1 - y * y) end),
  sigmoid = rule(function(g, _, y) return g * (y * (1 - y)) end),
  silu = rule(function(g, x, y, t)
    local s = t.tensor.sigmoid { x }
    return g * (s + y * (1 - s))
  end),
  sin = rule(function(g, x, _, t) return g * t.tensor.cos { x } end),
  cos = rule(function(g, x, _, t) return -(g * t.tensor.sin { x }) end),
  erf = rule(function(g, x, _, t) return g * (t.tensor.exp { -(x * x) } * (2 / math.sqrt(math.pi))) end),
  gelu = rule(function(g, x, _, t)
    local below = t.tensor.erf { x * math.sqrt(0.5) } * 0.5 + 0.5
    local dense = t.tensor.exp { x * x * -0.5 } * (1 / math.sqrt(2 * math.pi))
    return g * (below + x * dense)
  end),
  is_finite = false, is_nan = false,
}

local nodes = {
  ["tensor.abs"] = node({ -1.5, 2 }, { 1.5, 2 }, 1),
  ["tensor.neg"] = node({ -1.5, 2 }, { 1.5, -2 }, 1),
  ["tensor.sign"] = node({ -1.5, 2, 0 }, { -1, 1, 0 }, 1),
  ["tensor.square"] = node({ -1.5, 2 }, { 2.25, 4 }, 1),
  ["tensor.floor"] = node({ -1.5, 2.5 }, { -2, 2 }, 9),
  ["tensor.round"] = node({ -1.5, 2.5, 0.5 }, { -2, 2, 0 }, 9),
  ["tensor.relu"] = node({ -1.5, 2 }, { 0, 2 }, 1),
  ["tensor.affine"] = node({ 1, 2 }, { 0.5, 2.5 }, 1, { mul = 2, add = -1.5 }),
  ["tensor.clamp"] = node({ -1, 0.3, 1 }, { -0.25, 0.3, 0.75 }, 1, { lo = -0.25, hi = 0.75 }),
  ["tensor.hard_swish"] = node({ -4, 0, 3, 9 }, { 0, 0, 3, 9 }, 3),
  ["tensor.reciprocal"] = node({ 4, -2, 0 }, { 0.25, -0.5, c.inf }, 1),
  ["tensor.sqrt"] = positive({ 4, 0, -1 }, { 2, 0, c.nan }),
  ["tensor.rsqrt"] = positive({ 4, 0, -1 }, { 0.5, c.inf, c.nan }),
  ["tensor.exp"] = node({ 0, -c.inf, c.inf }, { 1, 0, c.inf }, 9),
  ["tensor.log"] = positive({ 1, 0, -1 }, { 0, -c.inf, c.nan }),
  ["tensor.tanh"] = node({ 0, c.inf }, { 0, 1 }, 1),
  ["tensor.sigmoid"] = node({ 0, c.inf, -c.inf }, { 0.5, 1, 0 }, 2),
  ["tensor.silu"] = node({ 0, 1e3 }, { 0, 1e3 }, 2),
  ["tensor.sin"] = node({ 0, c.inf }, { 0, c.nan }, 5),
  ["tensor.cos"] = node({ 0, c.inf }, { 1, c.nan }, 5),
  ["tensor.erf"] = node({ 0, c.inf }, { 0, 1 }, 1),
  ["tensor.gelu"] = node({ 0, 100, -100 }, { 0, 100, 0 }, 2),
  ["tensor.is_finite"] = node({ 1, c.inf, c.nan }, { 1, 0, 0 }, 1),
  ["tensor.is_nan"] = node({ 1, c.inf, c.nan }, { 0, 0, 1 }, 1),
}

for name, grad in pairs(rules) do nodes["tensor." .. name].grad = grad end
return nodes
