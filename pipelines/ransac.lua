-- Which EEG channels are bad throughout? Epochs [E,C,T] -> channels that are unlike what random others predict of them.
local t = require "tandem"
local epochs = require "lib.epochs"

return t.pipeline {
  params = epochs.params {
    subsets     = t.param.file { optional = true, doc = "what predicts, instead of random channels: i32 [R,S], numbers of channels, -1 for none" },
    seed        = t.param.int  { default = 435656, min = 0, max = 4294967295, doc = "of the random channels" },
    resamples   = t.param.int  { default = 50, min = 1, max = 65535, doc = "how often channels are drawn" },
    fraction    = t.param.real { default = 0.25, min = 0, max = 1, doc = "… and which share of them" },
    correlation = t.param.real { default = 0.75, min = -1, max = 1, doc = "with its prediction, below which a channel is bad in an epoch" },
    unbroken    = t.param.real { default = 0.4, min = 0, max = 1, doc = "a channel that is bad in more than this share of the epochs is bad" },
  },
  build = function(p)
    local x, pos, edf = epochs.read(p, 1)
    local check = t.stage("load", t.eeg.check { t.eeg.ptp { x }, pos })
    local subset = p.subsets and t.input { p.subsets, dtype = "i32", shape = "R S", range = { -1, 4095 } }
      or t.eeg.subsets { pos, seed = p.seed, count = p.resamples, fraction = p.fraction }
    local found = t.stage("ransac", t.eeg.ransac { x, pos, subset, correlation = p.correlation, unbroken = p.unbroken })
    local out = { bad_channels = found.bad, n_below = found.below, corr = found.corr, flaws = check }
    if not p.subsets then out.subsets = subset end
    return out, {
      t.picture.bars { "n_below", title = "Epochs in which a channel is unlike its prediction", names = edf or nil },
      t.picture.matrix {
        "corr", title = "Correlation with the prediction", rows = "epochs", columns = "channels", column_names = edf or nil, across = true,
      },
    }
  end,
}
