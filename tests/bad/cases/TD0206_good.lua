-- rows kept by the data, added to all rows
local t = require "tandem"

return t.pipeline {
  build = function()
    local x = t.input { t.synth.series { n = 6, t = 40, seed = 1 }, dtype = "f32", shape = "N T" }
    local rows = t.tensor.keep { t.tensor.greater { t.tensor.mean { x }, t.const(0) } }
    local kept = t.tensor.gather { x, rows.index }
    return { y = kept + kept }
  end,
}
