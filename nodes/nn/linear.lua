-- Test cases and gradient of nn.linear.
local c = ...

local function layer(d)
  local x = { d.m or 5, d.k, seed = 1, dtype = d.t }
  local bias = d.bias ~= false and c.normal { d.n, seed = 3, dtype = d.t } or nil
  return { x = c.normal(x), w = c.normal { d.n, d.k, seed = 2, dtype = d.t }, bias = bias }
end

local function params(d) return { act = d.act } end

local acts, types, halves = { "none", "relu", "gelu" }, { "f32", "f64", "f16", "bf16" }, { "f16", "bf16" }
local rows, weights = c.values { { 1, 2 }, { -3, 4 } }, c.values { { 1, 0 }, { 2, -1 }, { 1, 1 } }

return {
  ["nn.linear"] = {
    cases = {
      { "by hand", inputs = { rows, weights, c.values { 0.5, 0, -3 } }, expect = { y = c.values { { 1.5, 0, 0 }, { -2.5, -10, -2 } } } },
      { "relu by hand", inputs = { rows, weights, c.values { 0.5, 0, -3 } }, params = { act = "relu" }, expect = { y = c.values { { 1.5, 0, 0 }, { 0, 0, 0 } } } },
      { "no bias", inputs = { rows, weights }, expect = { y = c.values { { 1, 0, 3 }, { -3, -10, 1 } } } },
      { "sizes", each = { m = { 1, 9, 40 }, n = { 1, 16, 50 }, k = { 1, 17 }, act = acts, t = types }, inputs = layer, params = params },
      { "panels", each = { n = { 48, 100 }, act = acts, bias = { true, false } }, inputs = function(d) d.m, d.k = 70, 150 return layer(d) end, params = params },
      -- more rows than a block of f16 or bf16 has, more columns than one, more k than a span
      { "stored panels", each = { n = { 48, 100 }, act = acts, t = halves }, inputs = function(d) d.m, d.k = 150, 150 return layer(d) end, params = params },
      -- exact in f16: 2048 + 1 is not, and goes to the even one; 65504 + 16 is the first that is too large
      { "rounded once", inputs = { c.values({ { 1, 2048 }, { 3, 2048 }, { 16, 65504 }, { 15.99, 65504 } }, { dtype = "f16" }), c.values({ { 1, 1 } }, { dtype = "f16" }) },
        expect = { y = c.values { { 2048 }, { 2052 }, { c.inf }, { 65504 } } } },
      { "stored subnormals", each = { t = halves }, inputs = function(d)
          local tiny = d.t == "f16" and 2 ^ -24 or 2 ^ -133
          return { c.values({ { 3 * tiny, 0 }, { -tiny, 5 * tiny } }, { dtype = d.t }), c.values({ { 1, 0.5 }, { 0.25, 0 } }, { dtype = d.t }) }
        end },
      { "far", each = { act = { "none", "gelu" } }, inputs = function(d) return { c.normal { 4, 3, sd = 30, seed = 4 }, c.normal { 5, 3, seed = 5 } } end, params = params },
      { "leading axes", inputs = { c.normal { 2, 3, 4, 6, seed = 1 }, c.normal { 7, 6, seed = 2 }, c.normal { 7, seed = 3 } }, params = { act = "gelu" } },
      { "a single row", inputs = { c.normal { 6, seed = 1 }, c.normal { 7, 6, seed = 2 } } },
      { "nothing", each = { m = { 0, 3 }, n = { 0, 4 }, k = { 0, 5 } }, inputs = layer },
      { "special", each = { act = acts, t = types }, params = params, inputs = function(d)
          local function values(list) return c.values(list, { dtype = d.t }) end
          return { values { { c.nan, 1 }, { c.inf, 1 }, { 0, -0.0 } }, values { { 1, 0 }, { -1, 2 } }, values { 0, 1 } }
        end },
    },
    -- For gelu the sums are made again: cheaper than to keep them through the whole network.
    grad = function(t, call, dy)
      local x, w, act = call.float "x", call.float "w", call.param.act
      local dz = dy.y
      if act == "relu" then
        dz = t.tensor.where { t.tensor.greater { call.float "y", call.zero "y" }, dz, call.zero "y" }
      elseif act == "gelu" then
        local z = t.nn.linear { x, w, call.input.bias and call.float "bias" }
        local below = t.tensor.erf { z * math.sqrt(0.5) } * 0.5 + 0.5
        dz = dz * (below + z * (t.tensor.exp { z * z * -0.5 } * (1 / math.sqrt(2 * math.pi))))
      end
      local rank = call.rank "x"
      -- all rows of a tensor as one matrix
      local function flat(v)
        if rank == 1 then return t.tensor.split { v, axis = 0, n = 1 } end
        return rank > 2 and t.tensor.flatten { v, last = -2 } or v
      end
      return {
        x = function()
          if rank == 1 then return t.tensor.flatten { t.tensor.matmul { flat(dz), w } } end
          return t.tensor.matmul { dz, w }
        end,
        w = function() return t.tensor.matmul { flat(dz), flat(x), ta = true } end,
        bias = function() return t.tensor.sum { flat(dz), axis = 0 } end,
      }
    end,
  },
}
