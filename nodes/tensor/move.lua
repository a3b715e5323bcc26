-- Test cases of the nodes that move elements.
local c = ...

local types = { "f32", "f64", "u8" }

local function x(dims, dtype, seed)
  local t = { table.unpack(dims) }
  t.lo, t.hi, t.dtype, t.seed = 0, 250, dtype, seed or 1
  return c.ints(t)
end

local function one(dims, params, name)
  return { name, each = { t = types }, inputs = function(d) return { x(dims, d.t) } end, params = function() return params end }
end

local grid = c.values { { 1, 2, 3 }, { 4, 5, 6 } }

local function reshaped(t, call, dy)
  return { x = function() return t.tensor.reshape { dy.y, call.input.x } end }
end

return {
  ["tensor.transpose"] = {
    cases = {
      { "by hand", inputs = { grid }, expect = { y = c.values { { 1, 4 }, { 2, 5 }, { 3, 6 } } } },
      one({ 33, 50 }, {}, "squares"), one({ 16, 16 }, {}, "one square"), one({ 1, 40 }, {}, "row"), one({ 3, 17, 35 }, {}, "batch"),
      one({ 20, 3, 33 }, { a = 0, b = 2 }, "ends"), one({ 18, 5, 20, 3 }, { a = 0, b = 2 }, "outer"), one({ 2, 3, 4, 5, 6 }, { a = 1, b = 3 }, "middle"),
      one({ 17, 2, 3, 2, 19 }, { a = 0, b = 4 }, "far ends"), one({ 4, 5 }, { a = 1, b = 1 }, "itself"), one({ 0, 5 }, {}, "empty"), one({ 2, 2, 2, 2, 2, 2, 3, 2 }, { a = 0, b = 7 }, "rank 8"),
    },
    grad = function(t, call, dy) return { x = function() return t.tensor.transpose { dy.y, a = call.param.a, b = call.param.b } end } end,
  },
  ["tensor.flatten"] = { cases = { { "by hand", inputs = { grid }, expect = { y = c.values { 1, 2, 3, 4, 5, 6 } } }, one({ 2, 3, 4 }, { first = 1 }, "end"), one({ 2, 3, 4 }, { last = 1 }, "start"), one({ 0, 3 }, {}, "empty") }, grad = reshaped },
  ["tensor.split"] = {
    grad = reshaped,
    cases = {
      { "by hand", inputs = { c.values { 1, 2, 3, 4 } }, params = { n = 2 }, expect = { y = c.values { { 1, 2 }, { 3, 4 } } } },
      one({ 6, 5 }, { axis = 0, n = 3 }, "first"), one({ 6, 5 }, { n = 1 }, "new axis"),
    },
  },
  ["tensor.slice"] = {
    cases = {
      { "by hand", inputs = { grid }, params = { skip = 1 }, expect = { y = c.values { { 2, 3 }, { 5, 6 } } } },
      { "count", inputs = { grid }, params = { axis = 0, skip = 1, count = 1 }, expect = { y = c.values { { 4, 5, 6 } } } },
      one({ 5, 50 }, { skip = 3, drop = 4, step = 3 }, "steps"), one({ 40, 3, 5 }, { axis = 0, skip = 7, step = 2 }, "rows"),
      one({ 4, 40 }, { skip = 20, drop = 20 }, "nothing"), one({ 4, 40 }, { skip = 39 }, "last"),
    },
    grad = function(t, call, dy)
      local p = call.param
      return { x = function() return t.tensor.place { dy.y, call.input.x, axis = p.axis, skip = p.skip, step = p.step } end }
    end,
  },
  ["tensor.concat"] = {
    cases = {
      { "by hand", inputs = { grid, c.values { { 7 }, { 8 } } }, expect = { y = c.values { { 1, 2, 3, 7 }, { 4, 5, 6, 8 } } } },
      { "axes", each = { t = types, axis = { 0, 1, 2 } },
        inputs = function(d) local b = { 3, 20, 17 }; b[d.axis + 1] = 5; return { x({ 3, 20, 17 }, d.t), x(b, d.t, 2) } end, params = function(d) return { axis = d.axis } end },
      { "empty", inputs = { x({ 0, 4 }, "f32"), x({ 2, 4 }, "f32") }, params = { axis = 0 } },
    },
    grad = function(t, call, dy)
      local axis = call.param.axis
      return {
        a = function() return t.tensor.part { dy.y, call.input.a, axis = axis } end,
        b = function() return t.tensor.part { dy.y, call.input.b, axis = axis, last = true } end,
      }
    end,
  },
  ["tensor.pad"] = {
    cases = {
      { "by hand", inputs = { grid }, params = { before = 1, after = 2, value = -1 }, expect = { y = c.values { { -1, 1, 2, 3, -1, -1 }, { -1, 4, 5, 6, -1, -1 } } } },
      one({ 3, 40 }, { axis = 0, before = 2, value = 3 }, "rows"), one({ 2, 3, 21 }, { axis = 1, after = 1 }, "middle"), one({ 2, 0 }, { before = 3, value = 9 }, "from nothing"),
    },
    grad = function(t, call, dy)
      local p = call.param
      return { x = function() return t.tensor.slice { dy.y, axis = p.axis, skip = p.before, drop = p.after } end }
    end,
  },
  ["tensor.expand"] = {
    cases = {
      { "by hand", inputs = { c.values { { 1 }, { 2 } }, grid }, expect = { y = c.values { { 1, 1, 1 }, { 2, 2, 2 } } } },
      { "shapes", each = { t = types, x = { { 40 }, { 3, 1 }, { 1, 40 }, { 3, 40 }, { 1 } } }, inputs = function(d) return { x(d.x, d.t), x({ 2, 3, 40 }, d.t) } end },
    },
    grad = function(t, call, dy) return { x = function() return call.fit("x", dy.y) end } end,
  },
}
