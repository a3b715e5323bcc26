-- doubles made floats before edges are chosen
local t = require "tandem"

return t.pipeline {
  build = function()
    local x = t.input { t.synth.series { n = 6, t = 40, seed = 1 }, dtype = "f32", shape = "N T" }
    local s = t.graph.standardise { x }
    local e = t.graph.corr_knn { s.z, k = 2 }
    return { w = t.tensor.cast { e.weight, dtype = "f64" } }
  end,
}
