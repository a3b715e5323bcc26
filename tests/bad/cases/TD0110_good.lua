-- a gradient through a step that has none
local t = require "tandem"

return t.pipeline {
  build = function()
    local x = t.input { t.synth.series { n = 6, t = 40, seed = 1 }, dtype = "f32", shape = "N T" }
    local r = t.tensor.matmul { x, x, tb = true }
    local loss = t.tensor.sum { t.tensor.flatten { r } }
    return { loss = loss, dx = t.grad(loss, x) }
  end,
}
