-- Which class is a sequence of? Features [B T F] -> transformer encoder -> logits [B classes]; with `train` also the
-- loss and the gradients of all weights.
local t = require "tandem"
local nn = require "tandem.nn"
local sequences = require "lib.sequences"

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
    local x, lengths, labels = sequences(p)
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
