-- Which class is a sequence of? Features [B T F] -> transformer encoder -> logits [B classes]; with `train` also the
-- loss and the gradients of all weights.
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
  return x, lengths, p.train and t.tensor.cast { t.input { files.labels, dtype = p.label_type, shape = "B" }, dtype = "i64" }
end

-- One sequence of landmarks [n points 4] (x, y, z, confidence) at `frames` places in time: x and y from their centre, in
-- units of their spread, 0 where a point is missing; features = 2 points.
local function landmarks(p, files)
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

return t.pipeline {
  params = {
    data     = t.param.choice { "made_up", "files", "landmarks", default = "made_up", doc = "files: x, lengths, labels; landmarks: x" },
    x        = t.param.file { doc = "features, f32 [B frames features]; or landmarks, f32 [recorded points 4]" },
    lengths  = t.param.file { doc = "frames of each sequence, i32 [B]; what follows is padding" },
    labels   = t.param.file { doc = "classes, [B]; for train" },
    label_type = t.param.choice { "i64", "i32", default = "i64" },
    weights  = t.param.file { doc = ".safetensors with inp, enc.layers.N and out, named as torch does; else drawn" },
    recorded = t.param.int { default = 73, min = 1, doc = "frames of the landmarks, before they are resampled" },
    label    = t.param.int { default = 0, min = 0, doc = "class of the landmarks" },
    storage  = t.param.choice { "f32", "f16", "bf16", default = "f32", doc = "what the weights are stored as" },
    batch    = t.param.int { default = 8, min = 1, doc = "sequences made up" },
    frames   = t.param.int { default = 64, min = 1 },
    features = t.param.int { default = 48, min = 1 },
    width    = t.param.int { default = 64, min = 1, doc = "of the encoder" },
    heads    = t.param.int { default = 4, min = 1 },
    ff       = t.param.int { default = 128, min = 1, doc = "width of the feed-forward layers" },
    layers   = t.param.int { default = 2, min = 1 },
    classes  = t.param.int { default = 10, min = 2 },
    act      = t.param.choice { "relu", "gelu", default = "relu" },
    pre      = t.param.flag { default = false, doc = "norms before attention and feed-forward, not behind" },
    norm     = t.param.flag { default = false, doc = "a norm behind the last layer" },
    train    = t.param.flag { default = true, doc = "loss and gradients" },
    dropout  = t.param.real { default = 0, min = 0, max = 1 },
    seed     = t.param.int { default = 1, min = 0 },
  },
  build = function(p)
    local files = { x = p.x, lengths = p.lengths, labels = p.labels }
    local _ = { p.recorded, p.label, p.label_type, p.batch } -- each kind of data takes its own
    local x, lengths, labels = ({ files = read, landmarks = landmarks, made_up = made_up })[p.data](p, files)
    local w = t.weights { p.weights, seed = p.seed, dtype = p.storage }
    local out = {}
    local h = t.stage("input", nn.linear(w:at "inp", x, p.features, p.width) + nn.positions(p.frames, p.width))
    local mask = nn.key_mask(lengths, p.frames)
    out.hidden = t.stage("encoder", nn.encoder(w:at "enc", h, {
      layers = p.layers, width = p.width, heads = p.heads, ff = p.ff, act = p.act, pre = p.pre, norm = p.norm, keys = mask,
      dropout = p.dropout, seed = p.seed,
    }))
    out.logits = t.stage("output", nn.linear(w:at "out", nn.masked_mean(out.hidden, mask), p.width, p.classes))
    if p.train then
      out.loss = t.stage("loss", nn.cross_entropy(out.logits, labels, p.classes))
      local gradients = t.stage("gradients", function() return t.grad(out.loss, w:all()) end)
      for name, g in pairs(gradients) do out["grad." .. name] = g end
    end
    return out
  end,
}
