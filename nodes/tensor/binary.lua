-- Test cases of the operations on two tensors.
local c = ...

local special = { c.nan, c.inf, -c.inf, 0, -0.0, 1, -2.5, 1e38, -1e-40 }

-- Every pair of special numbers.
local function pairs_of(dtype)
  local a, b = {}, {}
  for i = 1, #special do
    for j = 1, #special do
      a[#a + 1], b[#b + 1] = special[i], special[j]
    end
  end
  return { c.values(a, { dtype = dtype }), c.values(b, { dtype = dtype }) }
end

-- Shapes that fit each other, by name; together they have every kind of walk.
local shapes = {
  same = { { 3, 5, 7 }, { 3, 5, 7 } },
  row = { { 4, 37 }, { 37 } },
  column = { { 4, 37 }, { 4, 1 } },
  number = { { 40 }, { 1 } },
  outer = { { 5, 1 }, { 1, 33 } },
  middle = { { 2, 3, 4, 5 }, { 3, 1, 5 } },
  crossed = { { 2, 1, 3, 1, 2, 1, 3 }, { 1, 2, 1, 3, 1, 2, 1 } },
  empty = { { 0, 5 }, { 5 } },
  long = { { 2, 4999 }, { 4999 } },
}

local function with(make)
  return function(d)
    local a, b = { table.unpack(shapes[d.shape][1]) }, { table.unpack(shapes[d.shape][2]) }
    return { make(a, 1, d.dtype), make(b, 2, d.dtype) }
  end
end

local function reals(dims, seed, dtype)
  dims.seed, dims.dtype = seed, dtype
  return c.normal(dims)
end

local function wholes(dims, seed, dtype)
  dims.seed, dims.dtype, dims.lo, dims.hi = seed, dtype, -9, 9
  if dtype == "u8" then dims.lo = 0 end
  return c.ints(dims)
end

local names = {}
for name in pairs(shapes) do names[#names + 1] = name end

local function sweep(dtypes)
  local list = {}
  for _, dtype in ipairs(dtypes) do
    local real = dtype:sub(1, 1) == "f"
    list[#list + 1] = { "shapes of " .. dtype, each = { shape = names, dtype = { dtype } }, inputs = with(real and reals or wholes) }
    if real then list[#list + 1] = { "special " .. dtype, inputs = pairs_of(dtype) } end
  end
  return list
end

local function node(dtypes, hand)
  local list = sweep(dtypes)
  table.insert(list, 1, hand)
  return { cases = list }
end

local numbers, all = { "f32", "f64", "i32", "i64" }, { "f32", "f64", "i32", "i64", "u8" }

local function hand(a, b, y, dtype)
  return { "by hand", inputs = { c.values(a, { dtype = dtype }), c.values(b, { dtype = dtype }) }, expect = { y = c.values(y, { dtype = dtype }) } }
end

-- -- gradients ------------------------------------------------------------------------------------

-- A rule of the gradients at a and b before they are summed to the inputs' own dims.
local function rule(at_a, at_b)
  return function(t, call, dy)
    local a, b, y = call.input.a, call.input.b, call.output.y
    return {
      a = function() return call.fit("a", at_a(t, dy.y, a, b, y, call)) end,
      b = function() return call.fit("b", at_b(t, dy.y, a, b, y, call)) end,
    }
  end
end

-- The gradient goes to the one that was taken; of equal ones, to a.
local function chosen(better)
  local function take(t, g, mask, call) return t.tensor.where { mask, g, call.zero("y") } end
  return rule(
    function(t, g, a, b, _, call) return take(t, g, t.tensor[better .. "_equal"] { a, b }, call) end,
    function(t, g, a, b, _, call) return take(t, g, t.tensor[better] { b, a }, call) end)
end

local rules = {
  add = rule(function(_, g) return g end, function(_, g) return g end),
  sub = rule(function(_, g) return g end, function(_, g) return -g end),
  mul = rule(function(_, g, _, b) return g * b end, function(_, g, a) return g * a end),
  div = rule(function(_, g, _, b) return g / b end, function(_, g, _, b, y) return -(g * y / b) end),
  pow = rule(
    function(t, g, a, b, _, call) return t.tensor.where { t.tensor.equal { b, call.zero "b" }, call.zero "y", g * b * t.tensor.pow { a, b - 1 } } end,
    function(t, g, a, _, y, call) return t.tensor.where { t.tensor.equal { a, call.zero "a" }, call.zero "y", g * y * t.tensor.log { a } } end),
  minimum = chosen "less",
  maximum = chosen "greater",
}

local nodes = {
  ["tensor.add"] = node(numbers, hand({ { 1, 2 }, { 3, 4 } }, { 10, 20 }, { { 11, 22 }, { 13, 24 } })),
  ["tensor.sub"] = node(numbers, hand({ 1, 2 }, { 3, 5 }, { -2, -3 })),
  ["tensor.mul"] = node(numbers, hand({ 1, 2 }, { 3, 5 }, { 3, 10 })),
  ["tensor.div"] = node({ "f32", "f64" }, hand({ 1, 2, -1 }, { 4, 0, 0 }, { 0.25, c.inf, -c.inf })),
  ["tensor.pow"] = node({ "f32" }, hand({ 2, 9, 0 }, { 10, 0.5, 0 }, { 1024, 3, 1 })),
  ["tensor.minimum"] = node(numbers, hand({ 1, c.nan, 3 }, { 2, 1, c.nan }, { 1, c.nan, c.nan })),
  ["tensor.maximum"] = node(numbers, hand({ 1, c.nan, 3 }, { 2, 1, c.nan }, { 2, c.nan, c.nan })),
  ["tensor.less"] = node(all, hand({ 1, 2, 3 }, { 2 }, { 1, 0, 0 })),
  ["tensor.less_equal"] = node(all, hand({ 1, 2, 3 }, { 2 }, { 1, 1, 0 })),
  ["tensor.greater"] = node(all, hand({ 1, 2, 3 }, { 2 }, { 0, 0, 1 })),
  ["tensor.greater_equal"] = node(all, hand({ 1, 2, 3 }, { 2 }, { 0, 1, 1 })),
  ["tensor.equal"] = node(all, hand({ 1, 2, c.nan }, { 2 }, { 0, 1, 0 })),
  ["tensor.not_equal"] = node(all, hand({ 1, 2, c.nan }, { 2 }, { 1, 0, 1 })),
  ["tensor.both"] = node({ "u8" }, hand({ 0, 0, 3, 3 }, { 0, 2, 0, 2 }, { 0, 0, 0, 1 }, "u8")),
  ["tensor.either"] = node({ "u8" }, hand({ 0, 0, 3, 3 }, { 0, 2, 0, 2 }, { 0, 1, 1, 1 }, "u8")),
  ["tensor.differs"] = node({ "u8" }, hand({ 0, 0, 3, 3 }, { 0, 2, 0, 2 }, { 0, 1, 1, 0 }, "u8")),
}

for name, grad in pairs(rules) do nodes["tensor." .. name].grad = grad end
-- pow of numbers above 0, where both gradients are defined
table.insert(nodes["tensor.pow"].cases, { "positive", inputs = { c.uniform { 3, 7, lo = 0.5, hi = 3, seed = 1 }, c.normal { 7, seed = 2 } } })
return nodes
