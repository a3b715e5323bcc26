-- A chain of small steps, to see what the engine costs beside the kernels.
local t = require "tandem"

return t.pipeline {
  params = { steps = t.param.int { default = 1000, min = 1, max = 100000 } },
  build = function(p)
    local x = t.input { t.synth.series { n = 4, t = 16, seed = 3 }, dtype = "f32", shape = "N T" }
    for _ = 1, p.steps do x = t.tensor.copy { x } end
    return { x = x }
  end,
}
