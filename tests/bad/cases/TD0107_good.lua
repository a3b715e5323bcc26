-- parameters out of range, of the wrong type, declared and not used
local t = require "tandem"

return t.pipeline {
  params = { k = t.param.int { default = 3, min = 1 } },
  build = function(p)
    local x = t.input { t.synth.series { n = 6, t = 40, seed = 1 }, dtype = "f32", shape = "N T" }
    return { y = t.graph.corr_knn { t.graph.standardise { x }.z, k = p.k }.weight, z = t.tensor.clamp { x, lo = 0, hi = 1 } }
  end,
}
