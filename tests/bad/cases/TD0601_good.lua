-- a library that does not promise the same bits, where they are demanded
local t = require "tandem"

return t.pipeline {
  determinism = "D3",
  build = function()
    local x = t.input { t.synth.series { n = 6, t = 40, seed = 1 }, dtype = "f32", shape = "N T" }
    return { y = t.tensor.matmul { x, x, tb = true, impl = "cl" } }
  end,
}
