-- A step that does not keep its promise of the same bits each time: tests/faults/run.
local t = require "tandem"

return t.pipeline {
  build = function()
    local x = t.input { t.synth.series { n = 5, t = 40, seed = 3 }, dtype = "f32", shape = "N T" }
    return { y = t.faults.unsteady { x, name = "wavering" } }
  end,
}
