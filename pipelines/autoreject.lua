-- Which EEG epochs are bad, and which channels of the others? Epochs [E,C,T] -> labels, repaired average.
local t = require "tandem"

local shares = {} -- 0, 0.1 … 1
for i = 0, 10 do shares[i + 1] = i < 10 and i * 0.1 or 1 end

local function words(text)
  local list = {}
  for word in text:gmatch "[^,]+" do list[#list + 1] = word end
  return list
end

return t.pipeline {
  params = {
    epochs        = t.param.file { optional = true, doc = "epochs x channels x samples in volts, f32; made up where none is given" },
    edf           = t.param.file { optional = true, doc = "a recording (EDF, EDF+) instead: channels are found by their names" },
    epoch_samples = t.param.int  { default = 320, min = 2, doc = "with edf: epochs of so many samples" },
    n_epochs      = t.param.int  { default = 0, min = 0, doc = "… and so many of them; 0: all" },
    events        = t.param.text { default = "", doc = "with edf: epochs around the annotations with these texts, say T1,T2" },
    tmin          = t.param.real { default = -0.2, unit = "s", doc = "… from so many seconds after their onset" },
    tmax          = t.param.real { default = 0.8, unit = "s", doc = "… to so many" },
    bad           = t.param.text { default = "", doc = "channels that are known to be bad, say T9,T10: left out" },
    synth         = t.param.list { default = { 40, 251, 1 }, min = 0, doc = "epochs, samples and seed of what is made up" },
    channels      = t.param.file {
      default = t.file { path = "biosemi128.csv", sha256 = "aaf22aa3766cf722b27961108241b7ae327234843b9e149cecd57583b752306f" },
      doc = "a row a channel: name, x_m, y_m, z_m, from the middle of the head",
    },
    method        = t.param.choice { "exhaustive", "grid41", "given", default = "exhaustive", doc = "how thresholds are searched" },
    thresholds    = t.param.file { optional = true, doc = "with method=given: volts, f64 [C]" },
    seed          = t.param.int  { default = 0, min = 0, max = 4294967295, doc = "of the splits that thresholds are searched with" },
    cv            = t.param.int  { default = 10, min = 2, doc = "folds; no more than epochs" },
    n_interpolate = t.param.list { default = { 1, 4, 32 }, min = 0, doc = "how many channels of an epoch to repair, in this order" },
    consensus     = t.param.list { default = shares, min = 0, max = 1, doc = "shares of bad channels that make an epoch bad" },
    cumulative    = t.param.flag { default = true, doc = "each n_interpolate goes on from the labels of the one before" },
    clean         = t.param.flag { default = false, doc = "also the repaired epochs, clean, and clean_rms" },
    details       = t.param.flag { default = false, doc = "also curve, sizes, rank, alone and labels_cv" },
  },
  build = function(p)
    local made, seed, given = p.synth, p.seed, p.thresholds
    assert(p.method ~= "given" or given, "method=given needs -p thresholds=FILE.npy: volts, f64 [C]")
    local bad, dims = words(p.bad), { E = { math.max(3, p.cv), 65535 }, C = { 2, 4096 } }
    local around = p.events ~= "" and { events = words(p.events), tmin = p.tmin, tmax = p.tmax }
    local edf = p.edf and t.recording {
      p.edf, except = bad, dims = dims, epochs = around or { samples = p.epoch_samples, count = p.n_epochs > 0 and p.n_epochs or nil },
    }
    local pos = edf and edf.positions(p.channels) or t.input {
      p.channels, dtype = "f64", shape = "C 3", columns = { "x_m", "y_m", "z_m" }, unit = "m", except = bad, dims = { C = dims.C },
    }
    local x = edf and edf.epochs or not p.epochs and t.eeg.synth { pos, e = made[1], t = made[2], seed = made[3] }
      or t.input { p.epochs, shape = #bad > 0 and "E all T" or "E C T", unit = "V", dims = { E = dims.E } }
    if #bad > 0 and p.epochs and not edf then
      x = t.tensor.gather { x, t.input { p.channels, part = "rows", except = bad, dtype = "i64", shape = "C" }, axis = 1 }
    end
    local size, spline = t.eeg.ptp { x }, t.eeg.spline { pos }
    local check = t.stage("load", { t.eeg.check { size, pos }, spline })[1]

    local found = p.method ~= "given" and t.stage("thresholds", t.eeg.thresholds {
      x, size, spline.alone, t.eeg.splits { size, seed = seed }.rows, method = p.method,
    })
    local threshold = found and found.threshold or t.input { given, dtype = "f64", shape = "C", unit = "V" }

    local kappa, rho = t.const(p.consensus, { dtype = "f64" }), t.const(p.n_interpolate, { dtype = "i32" })
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
    if p.details then
      out.labels_cv, out.alone = votes.label, spline.alone
      if found then out.curve, out.sizes, out.rank = found.curve, found.size, found.rank end
    end
    return out, {
      t.picture.matrix {
        "labels", title = "Reject log", rows = "epochs", columns = "channels", column_names = edf or nil, across = true,
        classes = { "good", "bad", "repaired" }, marks = "bad_epochs", marked = "rejected",
      },
      t.picture.matrix {
        "loss", title = "Cross-validation loss", rows = "share of bad channels", columns = "channels repaired", unit = "V",
        row_names = p.consensus, column_names = p.n_interpolate, chosen = "best",
      },
      t.picture.bars { "thresholds", title = "Thresholds, peak to peak", unit = "V", names = edf or nil },
      t.picture.lines { "clean_average", title = "Average of the epochs that are kept", unit = "V", names = edf or nil },
    }
  end,
}
