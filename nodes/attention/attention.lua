-- Test cases of attention.attention.
local c = ...

local function qkv(d)
  local b, h = d.b or 1, d.h or 1
  return {
    q = c.normal { b, h, d.s, d.d, seed = 1, dtype = d.type }, k = c.normal { b, h, d.t or d.s, d.d, seed = 2, dtype = d.type },
    v = c.normal { b, h, d.t or d.s, d.e or d.d, seed = 3, dtype = d.type },
  }
end

-- qkv with more inputs
local function with(d, more)
  local inputs = qkv(d)
  for port, x in pairs(more) do inputs[port] = x end
  return inputs
end

local function flags(d) return { causal = d.causal } end
local both, halves = { false, true }, { "f16", "bf16" }

return {
  ["attention.attention"] = {
    cases = {
      -- four weights of 1/4
      { "by hand",
        inputs = { c.values { { { { 1 } } } }, c.values { { { { 0 }, { 0 }, { 0 }, { 0 } } } }, c.values { { { { 0, 4 }, { 8, 0 }, { 8, 0 }, { 8, 0 } } } } },
        params = { scale = 1 }, expect = { out = c.values { { { { 6, 1 } } } } } },
      { "masked by hand",
        inputs = { q = c.values { { { { 1 }, { 2 } } } }, k = c.values { { { { c.nan }, { 1 } } } }, v = c.values { { { { 1 }, { 2 } } } },
                   mask = c.values({ { { { 0, 1 }, { 0, 0 } } } }, { dtype = "u8" }) },
        params = { scale = 3 }, expect = { out = c.values { { { { 2 }, { 0 } } } }, lse = c.values { { { 3, -c.inf } } } } },
      { "sizes", each = { s = { 1, 15, 17, 48, 49, 100 }, d = { 1, 8, 33 }, causal = both }, inputs = qkv, params = flags },
      { "keys", each = { s = { 1, 5, 50 }, t = { 1, 16, 63, 64, 65, 130 }, causal = both }, inputs = function(d) d.d, d.e = 7, 19 return qkv(d) end, params = flags },
      { "heads", each = { b = { 1, 2 }, h = { 1, 3 } }, inputs = function(d) d.s, d.d = 20, 16 return qkv(d) end, params = { scale = -0.5 } },
      { "large heads", each = { d = { 64, 128, 255, 256 } }, inputs = function(d) d.s, d.t = 30, 70 return qkv(d) end },
      { "stored", each = { s = { 1, 15, 49 }, t = { 1, 63, 130 }, d = { 1, 8, 33 }, causal = both, type = halves }, inputs = function(d) d.e = 19 return qkv(d) end, params = flags },
      { "stored heads", each = { d = { 64, 255, 256 }, type = halves }, inputs = function(d) d.b, d.h, d.s, d.t = 2, 3, 30, 70 return qkv(d) end },
      { "stored and masked", each = { type = halves, causal = both }, params = flags,
        inputs = function(d) return with({ b = 2, h = 2, s = 60, t = 80, d = 9, type = d.type }, {
          keys = c.ints { 2, 80, lo = 0, hi = 1, dtype = "u8", seed = 6 }, bias = c.normal { 1, 2, 60, 80, seed = 8 } }) end },
      { "stored nothing", each = { s = { 0, 3 }, t = { 0, 4 }, d = { 0, 2 } }, inputs = function(d) d.e, d.type = 5, "f16" return qkv(d) end },
      { "stored nan", each = { port = { "q", "k", "v" }, what = { c.nan, c.inf, 65504 }, type = halves },
        inputs = function(d) local x = qkv { s = 50, t = 70, d = 6, type = d.type } x[d.port] = c.with(x[d.port], { [100] = d.what }) return x end },
      { "nothing", each = { s = { 0, 3 }, t = { 0, 4 }, d = { 0, 2 } }, inputs = function(d) d.e = 5 return qkv(d) end },
      { "no values", inputs = qkv { s = 3, d = 2, e = 0 } },
      { "large scores", inputs = function() local x = qkv { s = 40, d = 16 } x.q = c.normal { 1, 1, 40, 16, sd = 40, seed = 4 } return x end },
      { "mask", each = { mb = { 1, 2 }, mh = { 1, 3 }, ms = { 1, 50 }, mt = { 1, 70 }, causal = both },
        inputs = function(d) return with({ b = 2, h = 3, s = 50, t = 70, d = 5 }, { mask = c.ints { d.mb, d.mh, d.ms, d.mt, lo = 0, hi = 1, dtype = "u8", seed = 5 } }) end, params = flags },
      { "bias", each = { mb = { 1, 2 }, mh = { 1, 3 }, ms = { 1, 50 }, mt = { 1, 70 }, causal = both },
        inputs = function(d) return with({ b = 2, h = 3, s = 50, t = 70, d = 5 }, { bias = c.normal { d.mb, d.mh, d.ms, d.mt, seed = 5 } }) end, params = flags },
      { "all masks", each = { causal = both },
        inputs = with({ b = 2, h = 2, s = 60, t = 80, d = 9 }, {
          keys = c.ints { 2, 80, lo = 0, hi = 1, dtype = "u8", seed = 6 }, mask = c.ints { 2, 1, 60, 80, lo = 0, hi = 3, dtype = "u8", seed = 7 },
          bias = c.map(c.normal { 1, 2, 60, 80, seed = 8 }, function(x) return x > 1 and -c.inf or x end) }), params = flags },
      { "nobody is seen", inputs = with({ b = 2, s = 60, t = 80, d = 9 }, { keys = c.map(c.full { 2, 80, value = 0, dtype = "u8" }, function(_, i) return i > 80 and 1 or 0 end) }) },
      -- NaN in a query is in its row, in a key in all rows that see it, in a value in its column
      { "nan", each = { port = { "q", "k", "v" }, what = { c.nan, c.inf } },
        inputs = function(d) local x = qkv { s = 50, t = 70, d = 6 } x[d.port] = c.with(x[d.port], { [100] = d.what }) return x end },
      { "nan behind a mask", each = { port = { "q", "k" } },
        inputs = function(d)
          local x = with({ s = 50, t = 70, d = 6 }, { keys = c.map(c.full { 1, 70, value = 1, dtype = "u8" }, function(_, i) return i == 17 and 0 or 1 end) })
          x[d.port] = c.with(x[d.port], { [100] = c.nan })
          return x
        end },
    },
    no_grad = { "top", "sum" },
    grad = function(t, call, dy)
      if dy.top or dy.sum then error "the gradient of attention goes through out and lse, not through top and sum" end
      -- An out that was rounded to 16 bits would spoil what is subtracted in each row: it is made once more, in f32.
      local function back(bias_too)
        local given = { bias_too = bias_too, dlse = dy.lse }
        local made = call.output
        for port in pairs(call.input) do given[port] = call.float(port) end
        for name, x in pairs(call.param) do given[name] = x end
        if call.stored "out" then
          made = t.attention.attention { q = given.q, k = given.k, v = given.v, keys = given.keys, mask = given.mask, bias = given.bias,
            causal = given.causal, scale = given.scale }
        end
        given.out, given.top, given.sum = made.out, made.top, made.sum
        given.dout = dy.out or t.tensor.fill { made.out, value = 0 }
        return t.attention.attention_grad(given)
      end
      local g
      local function of(port)
        return function()
          g = g or back(false)
          return g["d" .. port]
        end
      end
      local function of_bias() return call.fit("bias", back(true).dbias) end
      return { q = of "q", k = of "k", v = of "v", bias = of_bias }
    end,
  },
}
