-- One size for a whole recording above which an epoch is bad.
local t = require "tandem"

return t.pipeline {
  params = { epochs = t.param.file {} },
  build = function(p)
    local x = t.input { p.epochs, shape = "E C T", unit = "V" }
    local g = t.eeg.global { x, t.eeg.ptp { x } }
    return { threshold = g.threshold, rank = g.rank, loss = g.loss }
  end,
}
