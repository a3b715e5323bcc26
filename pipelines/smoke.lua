-- Does everything work? Powers of two from a loop, and rows sifted into an output of unknown length.
local t = require "tandem"

return t.pipeline {
  params = {
    turns = t.param.int  { default = 10, min = 0, max = 100, doc = "times the number doubles" },
    least = t.param.real { default = 2.2, min = 0, doc = "rows whose mean |x - mean| is at least this are kept" },
  },
  build = function(p)
    local x = t.input { t.synth.series { n = 12, t = 40, seed = 3 }, dtype = "f32", shape = "N T" }

    local grown, series = t.loop(p.turns, { w = t.const { 1 } }, function(state)
      return { w = state.w * 2 }, { w = state.w }
    end)
    t.stage("loop", grown.w)

    local centred = x - t.tensor.mean { x, keep = true }
    local spread = t.tensor.mean { t.tensor.abs { centred } }
    local rows = t.tensor.keep { t.tensor.greater_equal { spread, t.const(p.least) } }
    local kept = t.stage("sift", t.tensor.gather { x, rows.index })

    return { power = grown.w, powers = series.w, kept = kept.y, which = rows.index, spread = spread }
  end,
}
