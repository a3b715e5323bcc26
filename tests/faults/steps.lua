-- A few steps of different kinds, for faults to be planted in: tests/faults/run.
local t = require "tandem"

return t.pipeline {
  build = function()
    local x = t.input { t.synth.series { n = 37, t = 150, seed = 2 }, dtype = "f32", shape = "N T" }
    local z = t.graph.standardise { x, name = "rows" }.z
    local total = t.tensor.sum { t.tensor.square { z, name = "squares" }, name = "total" }
    local gram = t.tensor.matmul { z, z, tb = true, name = "gram" }
    local soft = t.tensor.exp { t.tensor.affine { gram, mul = 3, name = "scaled" }, name = "soft" }
    local turned = t.tensor.transpose { z, name = "turned" }
    return { total = total, soft = soft, turned = turned }
  end,
}
