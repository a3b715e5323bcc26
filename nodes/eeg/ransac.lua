-- Test cases of eeg.ransac.
local c = ...

local function places(n) return c.normal { n, 3, seed = n, dtype = "f64" } end

-- Subset r: some channels from r on, -1 behind them.
local function subsets(count, width, n)
  local list = {}
  for r = 1, count do
    list[r] = {}
    local size = 1 + (r * 7) % math.min(width, n)
    for k = 1, width do list[r][k] = k <= size and (r * 3 + k) % n or -1 end
  end
  return c.values(list, { dtype = "i32" })
end

local function inputs(e, n, t, count, width) return { c.normal { e, n, t, seed = e + n + t }, places(n), subsets(count, width, n) } end

-- One channel is all that is known: what it predicts of every channel is what it holds.
local alone = {
  c.values { { { 3, 4 }, { 4, 3 }, { 0, 0 } }, { { 1, 0 }, { 1, 0 }, { -1, 0 } } },
  c.values({ { 0, 0, 1 }, { 0, 1, 0 }, { 1, 0, 0 } }, { dtype = "f64" }), c.values({ { 0, -1 } }, { dtype = "i32" }),
}

return {
  ["eeg.ransac"] = {
    cases = {
      { "by hand", inputs = alone, expect = {
        corr = c.values { { 1, 0.96, c.nan }, { 1, 1, -1 } }, below = c.values { 0, 0, 1 }, bad = c.values { 0, 0, 1 }, flaw = c.values { -1 } } },
      { "limits", inputs = alone, params = { correlation = 0.97, unbroken = 0.5 }, expect = { below = c.values { 0, 1, 1 }, bad = c.values { 0, 0, 0 } } },
      { "sizes", each = { e = { 1, 3 }, t = { 1, 31, 32, 50 }, count = { 1, 2, 7 } }, inputs = function(d) return inputs(d.e, 7, d.t, d.count, 7) end },
      { "channels", each = { n = { 1, 3, 16, 17, 33 } }, inputs = function(d) return inputs(2, d.n, 40, 50, math.max(1, d.n // 2)) end },
      { "more rooms than are there", inputs = inputs(70, 33, 20, 5, 8) },
      { "more items than a launch takes", inputs = inputs(601, 5, 3, 1, 2) },
      { "no epochs", inputs = inputs(0, 3, 5, 3, 2), expect = { below = c.values { 0, 0, 0 }, bad = c.values { 0, 0, 0 } } },
      { "flat", inputs = { c.full { 2, 5, 33, value = 0 }, places(5), subsets(4, 3, 5) }, expect = { below = c.values { 0, 0, 0, 0, 0 } } },
    },
  },
}
