-- more steps than a graph may have
local t = require "tandem"

return t.pipeline {
  build = function()
    local x = t.input { t.synth.series { n = 6, t = 40, seed = 1 }, dtype = "f32", shape = "N T" }
    for _ = 1, 100001 do x = t.tensor.neg { x } end
    return { y = x }
  end,
}
