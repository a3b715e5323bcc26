-- Test cases of tensor.matmul.
local c = ...

local function matrix(lead, rows, columns, transposed, seed, dtype)
  local dims = { table.unpack(lead) }
  dims[#dims + 1], dims[#dims + 2] = transposed and columns or rows, transposed and rows or columns
  dims.seed, dims.dtype = seed, dtype
  return c.normal(dims)
end

local function product(d)
  return { matrix(d.a or {}, d.m, d.k, d.ta, 1, d.t), matrix(d.b or {}, d.k, d.n, d.tb, 2, d.t) }
end

local function flags(d) return { ta = d.ta, tb = d.tb } end

local both, types, halves = { false, true }, { "f32", "f64", "f16", "bf16" }, { "f16", "bf16" }

return {
  ["tensor.matmul"] = {
    cases = {
      { "by hand", inputs = { c.values { { 1, 2 }, { 3, 4 } }, c.values { { 1, 0, 2 }, { 0, 1, 1 } } }, expect = { c = c.values { { 1, 2, 4 }, { 3, 4, 10 } } } },
      { "transposed by hand", inputs = { c.values { { 1, 3 }, { 2, 4 } }, c.values { { 1, 0 }, { 0, 1 }, { 2, 1 } } }, params = { ta = true, tb = true }, expect = { c = c.values { { 1, 2, 4 }, { 3, 4, 10 } } } },
      { "sizes", each = { m = { 1, 8, 19 }, n = { 1, 16, 50 }, k = { 1, 17, 40 }, ta = both, tb = both, t = types }, inputs = product, params = flags },
      { "panels", each = { n = { 24, 32, 48, 64, 100 }, tb = both, t = types }, inputs = function(d) d.m, d.k = 21, 30 return product(d) end, params = flags },
      { "spans", each = { k = { 128, 129, 300 }, n = { 48, 33 }, ta = both, tb = both, t = types }, inputs = function(d) d.m = 17 return product(d) end, params = flags },
      { "stored blocks", each = { ta = both, tb = both, t = halves }, inputs = function(d) d.m, d.n, d.k = 150, 60, 70 return product(d) end, params = flags },
      { "far rows", each = { t = types }, inputs = function(d) d.m, d.n, d.k = 9, 640, 20 return product(d) end },
      { "many rows", inputs = function(d) d.m, d.n, d.k = 700, 20, 9 return product(d) end },
      { "nothing", each = { m = { 0, 3 }, n = { 0, 4 }, k = { 0, 5 } }, inputs = product },
      { "batches", each = { ta = both, tb = both, t = types }, inputs = function(d) d.m, d.n, d.k, d.a, d.b = 7, 19, 11, { 2, 3 }, { 2, 3 } return product(d) end, params = flags },
      { "one b", each = { ta = both, tb = both }, inputs = function(d) d.m, d.n, d.k, d.a = 7, 19, 11, { 5 } return product(d) end, params = flags },
      { "one a", each = { ta = both, tb = both }, inputs = function(d) d.m, d.n, d.k, d.b = 7, 19, 11, { 5 } return product(d) end, params = flags },
      { "special", inputs = { c.values { { c.nan, 1 }, { c.inf, 1 }, { 0, -0.0 } }, c.values { { 1, 0 }, { -1, 2 } } } },
    },
    grad = function(t, call, dy)
      local p, a, b = call.param, call.float "a", call.float "b"
      local mul = t.tensor.matmul
      -- A matrix that served for all has the sum over all as its gradient: where it stands on the right, that is one
      -- product of taller matrices; on the left the products are added up.
      local function tall(x) return t.tensor.flatten { x, first = 0, last = -2 } end
      return {
        a = function()
          local g = p.ta and mul { b, dy.c, ta = p.tb, tb = true } or mul { dy.c, b, tb = not p.tb }
          for _ = 1, call.rank "b" - call.rank "a" do g = t.tensor.sum { g, axis = 0 } end
          return g
        end,
        b = function()
          local x, g = a, dy.c
          if call.rank "a" > call.rank "b" and not p.ta then x, g = tall(x), tall(g) end
          local made = p.tb and mul { g, x, ta = true, tb = p.ta } or mul { x, g, ta = not p.ta }
          for _ = 1, p.ta and call.rank "a" - call.rank "b" or 0 do made = t.tensor.sum { made, axis = 0 } end
          return made
        end,
      }
    end,
  },
}
