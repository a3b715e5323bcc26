-- One step that takes as long as it is told: tests/bench/bench_verdicts.py.
local t = require "tandem"

return t.pipeline {
  build = function()
    local x = t.input { t.synth.series { n = 16, t = 1, seed = 2 }, dtype = "f32", shape = "N T" }
    return { y = t.slow.chain { x, rounds = 500000 } }
  end,
}
