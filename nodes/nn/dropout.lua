-- Test cases and gradient of nn.dropout.
local c = ...

local function step(i) return c.values({ i }, { dtype = "i64" }) end

return {
  ["nn.dropout"] = {
    cases = {
      { "keeps all", inputs = { c.values { { 1, -2 }, { 3, 4 } } }, params = { p = 0, seed = 1 }, expect = { y = c.values { { 1, -2 }, { 3, 4 } } } },
      { "keeps none", inputs = { c.values { 1, c.nan, c.inf } }, params = { p = 1, seed = 1 }, expect = { y = c.values { 0, 0, 0 } } },
      -- the first words of Philox4x32-10 for key 0, counter 0 are 6627e8d5 e169c58d bc57ac4c 9b00dbd8
      { "by hand", inputs = { c.values { 1, 2, 3, 4 } }, params = { p = 0.5, seed = 0 }, expect = { y = c.values { 0, 4, 6, 8 } } },
      { "sizes", each = { n = { 0, 1, 15, 16, 17, 300 }, t = { "f32", "f64" } },
        inputs = function(d) return { c.normal { d.n, seed = d.n, dtype = d.t }, step(d.n) } end, params = { p = 0.3, seed = 7, stream = 2 } },
      { "steps", each = { step = { 0, 1, 4294967295, 4294967296 }, stream = { 0, 1, 2147483647 } },
        inputs = function(d) return { c.normal { 3, 11, seed = 1 }, step(d.step) } end, params = function(d) return { p = 0.1, seed = 9007199254740992, stream = d.stream } end },
    },
    -- the same choice again
    grad = function(t, call, dy)
      local p = call.param
      return { x = function() return t.nn.dropout { dy.y, call.input.step, p = p.p, seed = p.seed, stream = p.stream } end }
    end,
  },
}
