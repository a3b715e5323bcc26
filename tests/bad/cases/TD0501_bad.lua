-- a tensor written over while another step still reads it
local t = require "tandem"

return t.pipeline {
  build = function()
    local x = t.input { t.synth.series { n = 6, t = 40, seed = 1 }, dtype = "f32", shape = "N T" }
    local base = t.tensor.copy { x }
    local y = t.tensor.put { base, t.tensor.mean { x, axis = 0 }, t.const({ 2 }, { dtype = "i64" }) }
    return { y = y, before = t.tensor.neg { base } }
  end,
}
