-- doubles made floats before edges are chosen
local t = require "tandem"

return t.pipeline {
  build = function()
    local x = t.input { t.synth.series { n = 6, t = 40, seed = 1 }, dtype = "f32", shape = "N T" }
    local wide = t.tensor.cast { x, dtype = "f64" }
    local s = t.graph.standardise { t.tensor.cast { wide, dtype = "f32" } }
    return { w = t.graph.corr_knn { s.z, k = 2 }.weight }
  end,
}
