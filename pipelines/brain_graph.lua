-- Which brain regions move together? fMRI series [N,T] -> the k strongest links of each region.
local t = require "tandem"

return t.pipeline {
  params = {
    series    = t.param.file { default = t.synth.series { n = 94, t = 355, seed = 1 }, doc = "regions x time" },
    k         = t.param.int  { default = 10, min = 1, doc = "links of each region, at most" },
    threshold = t.param.real { default = 0.0, min = 0, max = 1, doc = "least |correlation| of a link" },
    corr      = t.param.flag { default = false, doc = "also the matrix of all correlations" },
  },
  build = function(p)
    local x = t.input { p.series, dtype = "f32", shape = "N T" }
    local s = t.graph.standardise { x }
    local rows = t.stage("standardise", t.graph.flagged { s.state })
    local edges = t.stage("neighbours", t.graph.corr_knn { s.z, k = p.k, threshold = p.threshold })
    return {
      edge_src = edges.src, edge_dst = edges.dst, edge_w = edges.weight,
      bad_rows = rows.bad_rows, constant_rows = rows.constant_rows,
      corr = p.corr and t.stage("correlation", t.graph.corr { s.z }) or nil,
    }
  end,
}
