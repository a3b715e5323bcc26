-- Test cases of the reductions.
local c = ...

local grid = c.values { { 1, 5, 3 }, { 4, 2, 6 } }

-- By hand over the last axis and over the first; shapes and axes for every dtype.
local function node(last, first, dtypes, special)
  local list = {
    { "by hand", inputs = { grid }, expect = { y = c.values(last) } },
    { "first axis", inputs = { grid }, params = { axis = 0, keep = true }, expect = { y = c.values { first } } },
  }
  for _, dtype in ipairs(dtypes) do
    list[#list + 1] = {
      "shapes of " .. dtype, each = { shape = { { 7, 40 }, { 100, 3 }, { 40, 33 }, { 3, 20, 17 }, { 1, 700 }, { 0, 4 }, { 4, 0 }, { 5, 1 } }, axis = { 0, 1 } },
      inputs = function(d)
        local t = { table.unpack(d.shape) }
        t.dtype, t.seed = dtype, 9
        if dtype:sub(1, 1) == "f" then return { c.normal(t) } end
        t.lo, t.hi = -99, 99
        return { c.ints(t) }
      end,
      params = function(d) return { axis = d.axis } end,
    }
  end
  if special then
    for _, x in ipairs { { 1, c.nan, 3 }, { c.inf, 2, -c.inf }, { -0.0, 0, -0.0 }, { 2, 2, 1 }, { c.inf, c.inf, 1 } } do
      list[#list + 1] = { "special", inputs = { c.values { x } } }
    end
  end
  return { cases = list }
end

local function truth(last, first)
  local x = c.values({ { 1, 0, 9 }, { 0, 0, 0 }, { 7, 1, 1 } }, { dtype = "u8" })
  return {
    cases = {
      { "by hand", inputs = { x }, expect = { y = c.values(last) } },
      { "first axis", inputs = { x }, params = { axis = 0 }, expect = { y = c.values(first) } },
      { "shapes", each = { shape = { { 40, 33 }, { 0, 4 }, { 4, 0 } }, axis = { 0, 1 } },
        inputs = function(d) return { c.ints { d.shape[1], d.shape[2], lo = 0, hi = 1, dtype = "u8", seed = 4 } } end, params = function(d) return { axis = d.axis } end },
    },
  }
end

-- -- gradients ------------------------------------------------------------------------------------

-- A result with an axis of 1 in place of the axis that was reduced.
local function kept(t, call, y)
  if call.param.keep or call.rank "x" == 1 then return y end
  local axis, last = call.param.axis, call.rank "x" - 1
  if axis < 0 then axis = axis + last + 1 end
  if axis < last then return t.tensor.split { y, axis = axis, n = 1 } end
  return t.tensor.transpose { t.tensor.split { y, axis = -1, n = 1 } }
end

local function sum_grad(t, call, dy)
  return { x = function() return t.tensor.expand { kept(t, call, dy.y), call.input.x } end }
end

local function mean_grad(t, call, dy)
  return { x = function()
    local n = t.tensor.extent { call.input.x, axis = call.param.axis, dtype = call.dtype "x" }
    return t.tensor.expand { kept(t, call, dy.y) / n, call.input.x }
  end }
end

-- Equal ones share the gradient.
local function extreme_grad(t, call, dy)
  return { x = function()
    local mask = t.tensor.cast { t.tensor.equal { call.input.x, kept(t, call, call.output.y) }, dtype = call.dtype "x" }
    local count = t.tensor.sum { mask, axis = call.param.axis, keep = true }
    return mask * (kept(t, call, dy.y) / count)
  end }
end

local function with(grad, entry)
  entry.grad = grad
  return entry
end

local numbers = { "f32", "f64", "i32", "i64" }
return {
  ["tensor.sum"] = with(sum_grad, node({ 9, 12 }, { 5, 7, 9 }, numbers, true)),
  ["tensor.mean"] = with(mean_grad, node({ 3, 4 }, { 2.5, 3.5, 4.5 }, { "f32", "f64" }, true)),
  ["tensor.max"] = with(extreme_grad, node({ 5, 6 }, { 4, 5, 6 }, numbers, true)),
  ["tensor.min"] = with(extreme_grad, node({ 1, 2 }, { 1, 2, 3 }, numbers, true)),
  ["tensor.argmax"] = with(false, node({ 1, 2 }, { 1, 0, 1 }, numbers, true)),
  ["tensor.argmin"] = with(false, node({ 0, 1 }, { 0, 1, 0 }, numbers, true)),
  ["tensor.count"] = truth({ 2, 0, 3 }, { 2, 1, 2 }),
  ["tensor.some"] = truth({ 1, 0, 1 }, { 1, 1, 1 }),
  ["tensor.all"] = truth({ 0, 0, 1 }, { 0, 0, 0 }),
}
