-- Does everything work? A number grown in a loop, and rows sifted into a late dim.
local t = require "tandem"

return t.pipeline {
  params = {
    turns = t.param.int  { default = 10, min = 0, max = 1000, doc = "times the value doubles" },
    least = t.param.real { default = 0.5, min = 0, max = 1, doc = "rows whose sum of |x| is at least this are kept" },
  },
  build = function(p)
    local x = t.input { t.synth.series { n = 12, t = 40, seed = 3 }, dtype = "f32", shape = "N T" }
    return { x = x }
  end,
}
