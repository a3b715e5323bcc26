-- What predicts bad channels from the others? Repairing the identity matrix shows the weights.
local t = require "tandem"

return t.pipeline {
  params = { channels = t.param.file {}, n = t.param.int { default = 64 }, bad = t.param.list {} },
  build = function(p)
    local pos = t.input { p.channels, dtype = "f64", shape = "C 3", columns = { "x_m", "y_m", "z_m" }, unit = "m", dims = { C = { p.n, p.n } } }
    local identity, label = {}, {}
    for i = 1, p.n do
      identity[i], label[i] = {}, 0
      for k = 1, p.n do identity[i][k] = i == k and 1 or 0 end
    end
    for _, c in ipairs(p.bad) do label[c + 1] = 2 end
    local spline = t.eeg.spline { pos }
    local x, labels = t.const { identity }, t.const({ label }, { dtype = "u8" })
    return { y = t.eeg.repair { x, labels, spline.inverse, t.const({ 0 }, { dtype = "i32" }) }.y, alone = spline.alone }
  end,
}
