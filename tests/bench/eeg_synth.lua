-- The made-up recording alone, for eeg_scaling.py.
local t = require "tandem"

return t.pipeline {
  params = { channels = t.param.file {}, e = t.param.int {}, t = t.param.int {} },
  build = function(p)
    local pos = t.input { p.channels, dtype = "f64", shape = "C 3", columns = { "x_m", "y_m", "z_m" }, unit = "m" }
    return { x = t.eeg.synth { pos, e = p.e, t = p.t, seed = 1 } }
  end,
}
