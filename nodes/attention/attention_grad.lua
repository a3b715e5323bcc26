-- Test cases of attention.attention_grad.
local c = ...

-- out, top and sum need not be what attention makes: the node takes them as they are.
local function given(d)
  local b, h, t, e = d.b or 1, d.h or 1, d.t or d.s, d.e or d.d
  return {
    q = c.normal { b, h, d.s, d.d, seed = 1 }, k = c.normal { b, h, t, d.d, seed = 2 }, v = c.normal { b, h, t, e, seed = 3 },
    out = c.normal { b, h, d.s, e, sd = 0.2, seed = 4 }, top = c.normal { b, h, d.s, mean = 3, sd = 0.5, seed = 5 }, sum = c.uniform { b, h, d.s, lo = 1, hi = 1 + t, seed = 11 },
    dout = c.normal { b, h, d.s, e, seed = 6 }, dlse = d.dlse and c.normal { b, h, d.s, seed = 7 } or nil,
  }
end

local function with(d, more)
  local inputs = given(d)
  for port, x in pairs(more) do inputs[port] = x end
  return inputs
end

local function flags(d) return { causal = d.causal, bias_too = d.causal } end
local both = { false, true }
local one = c.values { { { { 1 } } } }

return {
  ["attention.attention_grad"] = {
    cases = {
      -- two equal keys: p = 1/2, out = 3, dp = 2 and 4, delta = 3, ds = -1/2 and 1/2
      { "by hand",
        inputs = { q = one, k = c.values { { { { 0 }, { 0 } } } }, v = c.values { { { { 2 }, { 4 } } } }, out = c.values { { { { 3 } } } },
                   top = c.values { { { 0 } } }, sum = c.values { { { 2 } } }, dout = one },
        params = { scale = 2, bias_too = true }, expect = { dbias = c.values { { { { -0.5, 0.5 } } } }, dq = c.values { { { { 0 } } } }, dk = c.values { { { { -1 }, { 1 } } } }, dv = c.values { { { { 0.5 }, { 0.5 } } } } } },
      { "sizes", each = { s = { 1, 15, 17, 48, 49, 100 }, d = { 1, 8, 33 }, causal = both }, inputs = given, params = flags },
      { "keys", each = { s = { 1, 5, 50 }, t = { 1, 16, 63, 97 }, causal = both }, inputs = function(d) d.d, d.e = 7, 19 return given(d) end, params = flags },
      { "heads", each = { b = { 1, 2 }, h = { 1, 3 }, dlse = both }, inputs = function(d) d.s, d.d = 20, 16 return given(d) end, params = { scale = -0.5, bias_too = true } },
      -- heads that are few are shared out by tiles, those that are many whole
      { "many heads", each = { h = { 7, 8 }, d = { 5, 16, 48 }, causal = both }, inputs = function(d) d.s, d.t = 60, 70 return given(d) end, params = flags },
      { "many heads, masks", each = { causal = both },
        inputs = with({ b = 3, h = 3, s = 60, t = 80, d = 9 }, {
          keys = c.ints { 3, 80, lo = 0, hi = 1, dtype = "u8", seed = 8 }, mask = c.ints { 3, 1, 60, 80, lo = 0, hi = 3, dtype = "u8", seed = 9 },
          bias = c.map(c.normal { 1, 3, 60, 80, seed = 10 }, function(x) return x > 1 and -c.inf or x end) }), params = flags },
      { "large heads", each = { d = { 64, 96, 112, 128, 255, 256 } }, inputs = function(d) d.s, d.t = 40, 70 return given(d) end },
      { "nothing", each = { s = { 0, 3 }, t = { 0, 4 }, d = { 0, 2 } }, inputs = function(d) d.e = 5 return given(d) end },
      { "no values", inputs = given { s = 3, d = 2, e = 0 } },
      { "mask", each = { mb = { 1, 2 }, mh = { 1, 3 }, ms = { 1, 50 }, mt = { 1, 70 }, causal = both },
        inputs = function(d) return with({ b = 2, h = 3, s = 50, t = 70, d = 5 }, { mask = c.ints { d.mb, d.mh, d.ms, d.mt, lo = 0, hi = 1, dtype = "u8", seed = 8 } }) end, params = flags },
      { "bias", each = { mb = { 1, 2 }, mh = { 1, 3 }, ms = { 1, 50 }, mt = { 1, 70 }, causal = both },
        inputs = function(d) return with({ b = 2, h = 3, s = 50, t = 70, d = 5 }, { bias = c.normal { d.mb, d.mh, d.ms, d.mt, seed = 8 } }) end, params = flags },
      { "all masks", each = { causal = both },
        inputs = with({ b = 2, h = 2, s = 60, t = 80, d = 9 }, {
          keys = c.ints { 2, 80, lo = 0, hi = 1, dtype = "u8", seed = 8 }, mask = c.ints { 2, 1, 60, 80, lo = 0, hi = 3, dtype = "u8", seed = 9 },
          bias = c.map(c.normal { 1, 2, 60, 80, seed = 10 }, function(x) return x > 1 and -c.inf or x end) }), params = flags },
      { "nobody is seen", inputs = with({ s = 20, t = 30, d = 3 }, { keys = c.full { 1, 30, value = 0, dtype = "u8" }, top = c.full { 1, 1, 20, value = -c.inf }, sum = c.full { 1, 1, 20, value = 0 } }) },
      { "nan", each = { port = { "q", "k", "v", "dout", "out" } },
        inputs = function(d) local x = given { s = 50, t = 70, d = 6 } x[d.port] = c.with(x[d.port], { [100] = c.nan }) return x end },
      { "inf", each = { port = { "v", "dout", "out" } },
        inputs = function(d) local x = given { s = 50, t = 70, d = 6 } x[d.port] = c.with(x[d.port], { [100] = c.inf }) return x end },
    },
  },
}
