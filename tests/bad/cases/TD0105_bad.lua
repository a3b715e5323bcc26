-- two steps of one name
local t = require "tandem"

return t.pipeline {
  build = function()
    local x = t.input { t.synth.series { n = 6, t = 40, seed = 1 }, dtype = "f32", shape = "N T" }
    return { y = t.tensor.abs { x, name = "size" }, z = t.tensor.neg { x, name = "size" } }
  end,
}
