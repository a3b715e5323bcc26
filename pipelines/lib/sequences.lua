-- Where sequences come from: a seed, files, or the landmarks of one. Gives x [B T F], how many frames of each count, i32 [B], and
-- for training their classes, i64 [B].
local t = require "tandem"
local nn = require "tandem.nn"

-- Sequences of noise, each with a length and a label, for a run without files.
local function made_up(p)
  local x = t.tensor.split { t.tensor.normal { rows = p.batch * p.frames, columns = p.features, seed = p.seed }, axis = 0, n = p.batch }
  local lengths = t.tensor.randint { columns = p.batch, lo = (p.frames + 1) // 2, hi = p.frames, seed = p.seed, stream = 1 }
  local function labels()
    local drawn = t.tensor.randint { columns = p.batch, lo = 0, hi = p.classes - 1, seed = p.seed, stream = 2 }
    return t.tensor.cast { t.tensor.flatten { drawn }, dtype = "i64" }
  end
  return x, t.tensor.flatten { lengths }, p.train and labels()
end

local function read(p, files)
  local x = t.input { files.x, shape = ("B %d %d"):format(p.frames, p.features) }
  local lengths = t.input { files.lengths, dtype = "i32", shape = "B", range = { 1, p.frames } }
  local function labels() return t.input { files.labels, dtype = p.label_type, shape = "B", range = { 0, p.classes - 1 } } end
  return x, lengths, p.train and t.tensor.cast { labels(), dtype = "i64" }
end

-- One sequence of landmarks [n points 4] (x, y, z, confidence) at `frames` places in time: x and y from their centre, in
-- units of their spread, 0 where a point is missing; features = 2 points.
local function landmarks(p, files)
  assert(p.label < p.classes, "label is the number of a class, from 0: it must be less than classes")
  local points = p.features // 2
  local raw = t.input { files.x, shape = ("%d %d 4"):format(p.recorded, points) }
  local there = t.tensor.greater { t.tensor.slice { raw, skip = 3 }, t.const(0) }
  local weight, xy = t.tensor.cast { there, dtype = "f32" }, t.tensor.slice { raw, count = 2 }
  local function mean(v) return t.tensor.sum { t.tensor.sum { v, axis = 0 }, axis = 0 } / t.tensor.sum { t.tensor.sum { weight, axis = 0 }, axis = 0 } end
  local centred = (xy - mean(xy * weight)) * weight
  local spread = t.tensor.sqrt { t.tensor.sum { mean(t.tensor.square { centred }), keep = true } }
  local rows = t.tensor.split { t.tensor.flatten { centred / spread, first = 1 }, axis = 0, n = 1 }
  return nn.resample(rows, p.recorded, p.frames), t.const({ p.frames }, { dtype = "i32" }), p.train and t.const({ p.label }, { dtype = "i64" })
end

local from = { made_up = made_up, files = read, landmarks = landmarks }
local takes = { made_up = {}, files = { x = true, lengths = true, labels = true }, landmarks = { x = true } }

return function(p)
  local files = { x = p.x, lengths = p.lengths, labels = p.labels }
  local _ = { p.recorded, p.label, p.label_type, p.batch } -- each kind of data takes its own
  for name, file in pairs(files) do
    assert(takes[p.data][name] or not file.path, ("data=%s takes no %s: say where data comes from, data=files or data=landmarks"):format(p.data, name))
  end
  return from[p.data](p, files)
end
