-- one buffer larger than the device allows
-- args: plan --profile tests/golden/small-gpu.json
local t = require "tandem"

return t.pipeline {
  build = function()
    local x = t.input { t.synth.series { n = 20000, t = 10000, seed = 1 }, dtype = "f32", shape = "N T" }
    return { y = t.tensor.mean { x } }
  end,
}
