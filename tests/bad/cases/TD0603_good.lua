-- a decision made with functions that differ between devices
-- args: check --plugin build/bad/nodes.so
local t = require "tandem"

return t.pipeline {
  build = function()
    local x = t.input { t.synth.series { n = 6, t = 40, seed = 1 }, dtype = "f32", shape = "N T" }
    return { y = t.bad.decides { x, exact = true } }
  end,
}
