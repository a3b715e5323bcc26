-- Test cases of graph.gcn.
local c = ...

local function random(d)
  return { c.uniform { d.n, d.n, seed = 1 }, c.normal { d.b, d.n, d.f, seed = 2 }, c.normal { d.f, d.g, seed = 3 }, c.normal { d.g, seed = 4 } }
end

return {
  ["graph.gcn"] = {
    cases = {
      -- h w = (3, 7), ahat (h w) = (6.5, 7)
      { "by hand",
        inputs = { c.values { { 1, 0.5 }, { 0, 1 } }, c.values { { 1, 2 }, { 3, 4 } }, c.values { { 1 }, { 1 } }, c.values { 0.25 } },
        expect = { y = c.values { { 6.75 }, { 7.25 } } } },
      { "sizes", each = { n = { 1, 7, 9, 30 }, b = { 1, 3 }, f = { 1, 5 }, g = { 1, 8, 16, 21 } }, inputs = random },
      { "empty", each = { n = { 0, 4 }, b = { 0, 2 }, f = { 0, 3 }, g = { 0, 5 } }, inputs = random },
      { "two leading dims", inputs = { c.uniform { 10, 10, seed = 1 }, c.normal { 2, 3, 10, 4, seed = 2 }, c.normal { 4, 32, seed = 3 }, c.normal { 32, seed = 4 } } },
      { "one graph", inputs = { c.uniform { 64, 64, seed = 1 }, c.normal { 64, 33, seed = 2 }, c.normal { 33, 48, seed = 3 }, c.normal { 48, seed = 4 } } },
      { "nan", inputs = { c.uniform { 9, 9, seed = 1 }, c.with(c.normal { 9, 2, seed = 2 }, { [4] = c.nan }), c.normal { 2, 3, seed = 3 }, c.normal { 3, seed = 4 } } },
    },
  },
}
