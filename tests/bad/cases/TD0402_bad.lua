-- doubles on a GPU that has none
-- args: plan --profile tests/golden/small-gpu.json
local t = require "tandem"

return t.pipeline {
  build = function()
    local x = t.input { t.synth.series { n = 6, t = 40, seed = 1 }, dtype = "f32", shape = "N T" }
    return { y = t.tensor.exp { t.tensor.cast { x, dtype = "f64" } } }
  end,
}
