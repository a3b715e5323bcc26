-- data that goes to and fro
-- args: plan --profile tests/golden/small-gpu.json --plugin build/bad/nodes.so
local t = require "tandem"

return t.pipeline {
  build = function()
    local x = t.input { t.synth.series { n = 6, t = 40, seed = 1 }, dtype = "f32", shape = "N T" }
    local y = t.bad.host { t.tensor.abs { x }, allow_native = true }
    return { y = t.bad.host { t.tensor.neg { y }, allow_native = true } }
  end,
}
