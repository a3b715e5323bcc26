-- a step whose result nobody takes
local t = require "tandem"

return t.pipeline {
  build = function()
    local x = t.input { t.synth.series { n = 6, t = 40, seed = 1 }, dtype = "f32", shape = "N T" }
    local big = t.tensor.abs { x }
    return { y = t.tensor.neg { x } }
  end,
}
