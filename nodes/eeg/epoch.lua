-- Test cases of eeg.epoch.
local c = ...
local function i32(x) return c.values(x, { dtype = "i32" }) end
local function i64(x) return c.values(x, { dtype = "i64" }) end
local function f64(x) return c.values(x, { dtype = "f64" }) end
local baselines, dtypes = { "none", "epoch", "before" }, { "f32", "f64" }

local function inputs(d)
  local start, time = {}, {}
  for i = 1, d.e do start[i] = (i * 7) % (d.s - d.t + 1) end
  for i = 1, d.t do time[i] = (i - d.t // 2) / 4 end
  return {
    c.ints { d.c, d.s, lo = -32768, hi = 32767, dtype = "i32", seed = d.c },
    c.uniform { d.c, 2, lo = -1e-6, hi = 1e-6, dtype = "f64", seed = 1 },
    d.e == 0 and c.full { 0, dtype = "i64", value = 0 } or i64(start),
    f64(time),
  }
end

return {
  ["eeg.epoch"] = {
    cases = {
      { "nothing subtracted", inputs = { i32 { { 1, 2, 3, 4 }, { 10, 20, 30, 40 } }, f64 { { 2, 1 }, { 0.5, 0 } }, i64 { 0, 2, 0 }, f64 { 0, 1 } },
        params = { baseline = "none" },
        expect = { y = f64 { { { 3, 5 }, { 5, 10 } }, { { 7, 9 }, { 15, 20 } }, { { 3, 5 }, { 5, 10 } } } } },
      { "the mean subtracted", inputs = { i32 { { 1, 2, 6, 4 } }, f64 { { 2, 99 } }, i64 { 0, 1 }, f64 { 0, 1, 2 } },
        params = { baseline = "epoch" }, expect = { y = f64 { { { -4, -2, 6 } }, { { -4, 4, 0 } } } } },
      { "the mean before subtracted", inputs = { i32 { { 1, 3, 6, 4 } }, f64 { { 2, 99 } }, i64 { 0 }, f64 { -1, 0, 1, 2 } },
        params = { baseline = "before" }, expect = { y = f64 { { { -2, 2, 8, 4 } } } } },
      { "nothing before", inputs = { i32 { { 1, 3 } }, f64 { { 2, 0 } }, i64 { 0 }, f64 { 1, 2 } },
        params = { baseline = "before" }, expect = { y = f64 { { { c.nan, c.nan } } } } },
      { "outside", each = { b = baselines, t = dtypes },
        inputs = { i32 { { 1, 2, 3 } }, f64 { { 1, 0 } }, i64 { -1, 2, 9223372036854775807, math.mininteger, 1 }, f64 { 0, 1 } },
        params = function(d) return { baseline = d.b, dtype = d.t } end },
      { "longer than the recording", each = { b = baselines }, inputs = { i32 { { 1, 2 } }, f64 { { 1, 0 } }, i64 { 0 }, f64 { 0, 1, 2 } },
        params = function(d) return { baseline = d.b } end },
      { "sizes", each = { c = { 1, 3, 17 }, e = { 0, 1, 5 }, t = { 1, 15, 33 }, b = baselines },
        inputs = function(d) d.s = 40; return inputs(d) end, params = function(d) return { baseline = d.b } end },
      { "dtypes", each = { b = baselines, y = dtypes },
        inputs = function(d) d.c, d.e, d.t, d.s = 4, 6, 130, 500; return inputs(d) end, params = function(d) return { baseline = d.b, dtype = d.y } end },
    },
  },
}
