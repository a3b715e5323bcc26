-- Test cases of eeg.thresholds.
local c = ...

-- Splits as eeg.splits draws them are not needed here: any permutation of the rows will do.
local function rows(epochs, seed)
  local n, list, s = 2 * epochs, {}, seed
  for split = 1, 10 do
    list[split] = {}
    for i = 1, n do list[split][i] = i - 1 end
    for i = n, 2, -1 do
      s = (s * 1103515245 + 12345) % 2147483648
      local j = s // 65536 % i + 1
      list[split][i], list[split][j] = list[split][j], list[split][i]
    end
  end
  return c.values(list, { dtype = "i32" })
end

-- Sizes of the epochs, whatever they are: the node takes them from eeg.ptp.
local function sizes(x, e, n, t)
  local list, flat = {}, {}
  c.map(x, function(v, i)
    flat[i] = v
    return v
  end)
  for i = 1, e do
    list[i] = {}
    for k = 1, n do
      local lo, hi = math.huge, -math.huge
      for s = 1, t do
        local v = flat[((i - 1) * n + k - 1) * t + s]
        lo, hi = math.min(lo, v), math.max(hi, v)
      end
      list[i][k] = hi - lo
    end
  end
  return c.values(list, { dtype = "f64" })
end

-- Samples are multiples of `quantum`, if there is one; `sd`: of the weights.
local function inputs(e, n, t, quantum, sd)
  local x = c.normal { e, n, t, seed = e + n + t }
  if quantum then x = c.map(x, function(v) return math.floor(v / quantum + 0.5) * quantum end) end
  return { x, sizes(x, e, n, t), c.normal { n, n, sd = sd or 0.3, seed = n, dtype = "f64" }, rows(e, t) }
end

return {
  ["eeg.thresholds"] = {
    cases = {
      { "sizes", each = { e = { 1, 3, 8, 13 }, t = { 1, 20 } }, inputs = function(d) return inputs(d.e, 3, d.t) end },
      { "tiles", each = { t = { 63, 64, 65, 137, 1100 } }, inputs = function(d) return inputs(11, 2, d.t) end },
      { "rounds", each = { n = { 32, 33, 42 } }, inputs = function(d) return inputs(3, d.n, 9) end },
      { "equal", each = { quantum = { 1, 4, 100 }, sd = { 0, 0.3 } }, inputs = function(d) return inputs(11, 3, 3, d.quantum, d.sd) end },
    },
  },
}
