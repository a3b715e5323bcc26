-- names that do not exist: a node, a parameter, an output, an impl
local t = require "tandem"

return t.pipeline {
  build = function()
    local x = t.input { t.synth.series { n = 6, t = 40, seed = 1 }, dtype = "f32", shape = "N T" }
    local s = t.graph.standardise { x }
    local e = t.graph.corr_knn { s.z, k = 3, threshold = 0.5 }
    return { w = e.weight, y = t.tensor.matmul { s.z, s.z, tb = true, impl = "clblast" }, d = e.degree }
  end,
}
