-- whole numbers added to floats
local t = require "tandem"

return t.pipeline {
  build = function()
    local x = t.input { t.synth.series { n = 6, t = 40, seed = 1 }, dtype = "f32", shape = "N T" }
    local i = t.tensor.iota { n = 40 }
    return { y = t.tensor.add { x, i } }
  end,
}
