-- Where EEG pipelines have their epochs from: a recording, a file of epochs, or a seed.
local t = require "tandem"
local epochs = {}

-- A pipeline's own parameters, and those that say where its epochs come from.
function epochs.params(own)
  local list = {
    epochs        = t.param.file { optional = true, doc = "epochs x channels x samples in volts, f32; made up where none is given" },
    edf           = t.param.file { optional = true, doc = "a recording (EDF, EDF+) instead: channels are found by their names" },
    epoch_samples = t.param.int  { default = 320, min = 2, doc = "with edf: epochs of so many samples" },
    n_epochs      = t.param.int  { default = 0, min = 0, doc = "… and so many of them; 0: all" },
    events        = t.param.words { doc = "with edf: epochs around the annotations with these texts, say T1,T2" },
    tmin          = t.param.real { default = -0.2, unit = "s", doc = "… from so many seconds after their onset" },
    tmax          = t.param.real { default = 0.8, unit = "s", doc = "… to so many" },
    bad           = t.param.words { doc = "channels that are known to be bad, say T9,T10: left out" },
    synth         = t.param.list { default = { 40, 251, 1 }, min = 0, doc = "epochs, samples and seed of what is made up" },
    channels      = t.param.file {
      default = t.file { path = "biosemi128.csv", sha256 = "aaf22aa3766cf722b27961108241b7ae327234843b9e149cecd57583b752306f" },
      doc = "a row a channel: name, x_m, y_m, z_m, from the middle of the head",
    },
  }
  for name, param in pairs(own) do list[name] = param end
  return list
end

-- How a recording is cut, as t.recording takes it.
local function cut(p)
  local around = { events = p.events, tmin = p.tmin, tmax = p.tmax }
  local fixed = { samples = p.epoch_samples, count = p.n_epochs > 0 and p.n_epochs or nil }
  return #p.events > 0 and around or fixed
end

-- Epochs of a .npy file; its channels are the rows of the table, of which those that are bad are left out.
local function stored(p, file, e, c, samples, dims)
  if #p.bad == 0 then return t.input { file, shape = ("%s %s %s"):format(e, c, samples), unit = "V", dims = dims } end
  local all = t.input { file, shape = ("%s all %s"):format(e, samples), unit = "V", dims = dims }
  local rows = t.input { p.channels, part = "rows", except = p.bad, dtype = "i32", shape = c }
  return t.tensor.transpose { t.tensor.gather { t.tensor.transpose { all, a = 0, b = 1 }, rows }, a = 0, b = 1 }
end

-- Epochs [E,C,T] in V, at least so many; positions [C,3] of their channels in m; the recording, or false.
function epochs.read(p, least)
  local dims = { E = { least, 65535 }, C = { 2, 4096 } }
  local e, samples, seed = table.unpack(p.synth)
  local where = cut(p)
  assert(#p.synth == 3, "synth takes three numbers: epochs, samples and seed")
  assert(not (p.edf and p.epochs), "epochs come from edf or from epochs: give one of the two")
  assert(p.edf or #p.events == 0, "events are those of a recording: give edf, too")
  if p.edf then
    local r = t.recording { p.edf, except = p.bad, dims = dims, epochs = where, name = "edf" }
    return r.epochs, r.positions(p.channels), r
  end
  local positions = t.input {
    p.channels, dtype = "f64", shape = "C 3", columns = { "x_m", "y_m", "z_m" }, unit = "m", except = p.bad, dims = { C = dims.C },
  }
  if p.epochs then return stored(p, p.epochs, "E", "C", "T", { E = dims.E }), positions, false end
  return t.eeg.synth { positions, e = e, t = samples, seed = seed }, positions, false
end

-- Epochs [E2,C,T2] of the same channels, from another file of the same kind.
function epochs.other(p, recording)
  if not recording then return stored(p, p.apply, "E2", "C", "T2"), false end
  local r = t.recording { p.apply, like = recording, shape = "E2 C T2", epochs = cut(p), name = "apply" }
  return r.epochs, r
end

return epochs
