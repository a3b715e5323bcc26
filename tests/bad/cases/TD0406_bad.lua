-- a profile with an alignment that no device has
-- args: plan --profile tests/bad/odd-gpu.json
local t = require "tandem"

return t.pipeline {
  build = function()
    local x = t.input { t.synth.series { n = 6, t = 40, seed = 1 }, dtype = "f32", shape = "N T" }
    return { y = t.tensor.exp { x } }
  end,
}
