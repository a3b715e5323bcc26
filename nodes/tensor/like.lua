-- Test cases and gradients of the nodes that take a shape from another tensor.
local c = ...

local types = { "f32", "f64", "u8" }

local function x(dims, dtype, seed)
  local t = { table.unpack(dims) }
  t.lo, t.hi, t.dtype, t.seed = 0, 250, dtype, seed or 1
  return c.ints(t)
end

-- Both shapes, for every type.
local function pair(name, from, to, params)
  return { name, each = { t = types }, inputs = function(d) return { x(from, d.t), x(to, d.t, 2) } end, params = params and function() return params end }
end

local grid = c.values { { 1, 2, 3 }, { 4, 5, 6 } }

return {
  ["tensor.reshape"] = {
    cases = {
      { "by hand", inputs = { grid, c.full { 3, 2, value = 0 } }, expect = { y = c.values { { 1, 2 }, { 3, 4 }, { 5, 6 } } } },
      pair("axes", { 4, 6, 5 }, { 2, 60 }), pair("to a row", { 7, 9 }, { 63 }), pair("one", { 1 }, { 1, 1, 1 }), pair("empty", { 0, 3 }, { 5, 0 }),
    },
    grad = function(t, call, dy) return { x = function() return t.tensor.reshape { dy.y, call.input.x } end } end,
  },
  ["tensor.part"] = {
    cases = {
      { "start", inputs = { grid, c.full { 2, 2, value = 0 } }, expect = { y = c.values { { 1, 2 }, { 4, 5 } } } },
      { "end", inputs = { grid, c.full { 2, 2, value = 0 } }, params = { last = true }, expect = { y = c.values { { 2, 3 }, { 5, 6 } } } },
      pair("rows", { 40, 3, 5 }, { 7, 3, 5 }, { axis = 0, last = true }), pair("middle", { 3, 20, 17 }, { 3, 5, 17 }, { axis = 1 }),
      pair("all", { 4, 40 }, { 4, 40 }), pair("nothing", { 4, 40 }, { 4, 0 }, { last = true }),
    },
    grad = function(t, call, dy)
      return { x = function() return t.tensor.place { dy.y, call.input.x, axis = call.param.axis, last = call.param.last } end }
    end,
  },
  ["tensor.place"] = {
    cases = {
      { "by hand", inputs = { c.values { { 7, 8 }, { 9, 10 } }, grid }, params = { skip = 1 }, expect = { y = c.values { { 0, 7, 8 }, { 0, 9, 10 } } } },
      { "steps by hand", inputs = { c.values { { 7, 8 }, { 9, 10 } }, grid }, params = { step = 2 }, expect = { y = c.values { { 7, 0, 8 }, { 9, 0, 10 } } } },
      { "end", inputs = { c.values { { 7, 8 }, { 9, 10 } }, grid }, params = { last = true }, expect = { y = c.values { { 0, 7, 8 }, { 0, 9, 10 } } } },
      pair("rows", { 3, 40 }, { 9, 40 }, { axis = 0, skip = 1, step = 3 }), pair("middle", { 2, 3, 21 }, { 2, 8, 21 }, { axis = 1, skip = 5 }), pair("nothing", { 2, 0 }, { 2, 5 }, { skip = 3 }),
    },
    grad = function(t, call, dy)
      local p = call.param
      return { x = function()
        if p.last then return t.tensor.part { dy.y, call.input.x, axis = p.axis, last = true } end
        local from = t.tensor.slice { dy.y, axis = p.axis, skip = p.skip, step = p.step }
        return t.tensor.part { from, call.input.x, axis = p.axis }
      end }
    end,
  },
  ["tensor.extent"] = {
    cases = {
      { "by hand", inputs = { grid }, expect = { n = c.values { 3 } } },
      { "axes", each = { axis = { 0, 1, 2 }, t = types, dtype = { "f32", "f64" } }, inputs = function(d) return { x({ 3, 0, 5 }, d.t) } end, params = function(d) return { axis = d.axis, dtype = d.dtype } end },
    },
    grad = false,
  },
}
