-- Which EEG epochs are bad, and which channels of the others? Epochs [E,C,T] -> labels, repaired average.
local t = require "tandem"
local epochs, pictures = require "lib.epochs", require "lib.pictures"

local shares = {} -- 0, 0.1 … 1
for i = 0, 10 do shares[i + 1] = i < 10 and i * 0.1 or 1 end

return t.pipeline {
  params = epochs.params {
    apply         = t.param.file { optional = true, doc = "another file like the first, to which what was learned is applied: apply_…" },
    method        = t.param.choice { "exhaustive", "grid41", "given", default = "exhaustive", doc = "how thresholds are searched" },
    thresholds    = t.param.file { optional = true, doc = "with method=given: volts, f64 [C]" },
    seed          = t.param.int  { default = 0, min = 0, max = 4294967295, doc = "of the splits that thresholds are searched with" },
    cv            = t.param.int  { default = 10, min = 2, doc = "folds; no more than epochs" },
    n_interpolate = t.param.list { default = {}, min = 0, doc = "how many channels of an epoch to repair, in this order; none: 1, 4, and 32 or all but one" },
    consensus     = t.param.list { default = shares, min = 0, max = 1, doc = "shares of bad channels that make an epoch bad" },
    cumulative    = t.param.flag { default = true, doc = "each n_interpolate goes on from the labels of the one before" },
    clean         = t.param.flag { default = false, doc = "also the repaired epochs, clean, and clean_rms" },
    details       = t.param.flag { default = false, doc = "also curve, sizes, rank, alone and labels_cv" },
  },
  build = function(p)
    local seed, given = p.seed, p.thresholds
    assert((p.method == "given") == (given ~= false), "thresholds go with method=given: -p method=given -p thresholds=FILE.npy, volts, f64 [C]")
    local x, pos, edf = epochs.read(p, math.max(3, p.cv))
    local size, spline = t.eeg.ptp { x }, t.eeg.spline { pos }
    local check = t.stage("load", { t.eeg.check { size, pos }, spline })[1]

    local found = p.method ~= "given" and t.stage("thresholds", t.eeg.thresholds {
      x, size, spline.alone, t.eeg.splits { size, seed = seed }.rows, method = p.method,
    })
    local threshold = found and found.threshold or t.input { given, dtype = "f64", shape = "C", unit = "V", range = { 0, math.huge } }

    local kappa = t.const(p.consensus, { dtype = "f64" })
    local rho = #p.n_interpolate > 0 and t.const(p.n_interpolate, { dtype = "i32" }) or t.eeg.rho { pos }
    local votes = t.eeg.votes { size, threshold, rho, cumulative = p.cumulative }
    local loss = t.eeg.crossval { x, votes.label, votes.count, spline.inverse, kappa, rho, cv = p.cv }
    local best = t.stage("cross-validation", t.eeg.choose { loss, kappa, rho })

    local reject = t.eeg.reject { size, threshold, best.best }
    local average = t.stage("repair", t.eeg.average { x, reject.label, spline.inverse, reject.kept })
    local clean = p.clean and t.stage("repair", t.eeg.repair { x, reject.label, spline.inverse, reject.kept })

    local out = {
      thresholds = threshold, loss = loss, labels = reject.label, bad_epochs = reject.bad, best = best.best,
      clean_average = average.mean, flaws = check,
    }
    if clean then out.clean, out.clean_rms = edf and t.edf { clean.y, like = edf } or clean.y, clean.rms end
    if p.apply then
      local y = epochs.other(p, edf)
      local again = t.eeg.reject { t.eeg.ptp { y }, threshold, best.best }
      out.apply_labels, out.apply_bad_epochs = again.label, again.bad
      out.apply_average = t.stage("apply", t.eeg.average { y, again.label, spline.inverse, again.kept }).mean
    end
    if p.details then
      out.labels_cv, out.alone = votes.label, spline.alone
      if found then out.curve, out.sizes, out.rank = found.curve, found.size, found.rank end
    end
    return out, pictures(p, edf or nil)
  end,
}
