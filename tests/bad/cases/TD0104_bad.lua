-- names that do not exist: a node, a parameter, an output, an impl
local t = require "tandem"

return t.pipeline {
  build = function()
    local x = t.input { t.synth.series { n = 6, t = 40, seed = 1 }, dtype = "f32", shape = "N T" }
    local s = t.graph.standardize { x }
    local z = t.graph.standardise { x }.z
    local e = t.graph.corr_knn { z, k = 3, treshold = 0.5 }
    return { w = e.wieght, y = t.tensor.matmul { z, z, tb = true, impl = "clblas" }, d = e.degree, s = s }
  end,
}
