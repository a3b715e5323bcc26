-- what the body of a loop makes, used outside of it
local t = require "tandem"

return t.pipeline {
  build = function()
    local x = t.input { t.synth.series { n = 6, t = 40, seed = 1 }, dtype = "f32", shape = "N T" }
    local inner
    local last = t.loop(3, { w = x }, function(s)
      inner = t.tensor.neg { s.w }
      return { w = inner }
    end)
    return { y = last.w, z = inner }
  end,
}
