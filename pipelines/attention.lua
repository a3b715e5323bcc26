-- What does each query find? softmax(scale q kᵀ + bias) v, and with dout the gradients of q, k and v.
local t = require "tandem"

return t.pipeline {
  params = {
    q       = t.param.file { doc = "queries, batch x heads x queries x size; made up when not given" },
    k       = t.param.file { doc = "keys, batch x heads x keys x size" },
    v       = t.param.file { doc = "values, batch x heads x keys x size of a value" },
    mask    = t.param.file { doc = "u8, batch x heads x queries x keys, 0: not seen; any axis may be 1" },
    bias    = t.param.file { doc = "added to the scores, axes as those of mask" },
    dout    = t.param.file { doc = "gradient of out: asks for dq, dk, dv" },
    causal  = t.param.flag { default = false, doc = "the last query sees all keys, the one before all but the last …" },
    storage = t.param.choice { "f32", "f16", "bf16", default = "f32", doc = "what q, k, v and out are stored as; sums are of f32" },
    scale   = t.param.real { default = 0, doc = "what scores are multiplied by; 0: 1 / sqrt(size)" },
    batch   = t.param.int  { default = 1, min = 1, doc = "of what is made up, as the following" },
    heads   = t.param.int  { default = 8, min = 1 },
    length  = t.param.int  { default = 256, min = 1 },
    size    = t.param.int  { default = 64, min = 1, max = 256 },
    seed    = t.param.int  { default = 1, min = 0 },
    backward = t.param.flag { default = false, doc = "gradients of what is made up" },
  },
  build = function(p)
    local batch, heads, length, size, seed, backward = p.batch, p.heads, p.length, p.size, p.seed, p.backward
    local files = p.q.path or p.k.path or p.v.path or p.dout.path -- one from a file: all from files
    local function data(file, shape, stream)
      if files then return t.input { file, dtype = "f32", shape = shape } end
      local x = t.tensor.normal { rows = batch * heads * length, columns = size, seed = seed, stream = stream }
      return t.tensor.split { t.tensor.split { x, axis = 0, n = batch * heads }, axis = 0, n = batch }
    end
    local function given(file, dtype, shape) return file.path and t.input { file, dtype = dtype, shape = shape } or nil end
    local function kept(x, dtype) return p.storage == "f32" and x or t.tensor.cast { x, dtype = dtype } end
    local function stored(x) return kept(x, p.storage) end
    local call = {
      q = stored(data(p.q, "B H S D", 0)), k = stored(data(p.k, "B H T D", 1)), v = stored(data(p.v, "B H T E", 2)),
      mask = given(p.mask, "u8", "MB MH MS MT"), bias = given(p.bias, "f32", "BB BH BS BT"), causal = p.causal, scale = p.scale,
    }
    local a = t.stage("attention", t.attention.attention(call))
    local out = kept(a.out, "f32")
    if not (p.dout.path or backward) then return { out = out, lse = a.lse } end
    local dout = data(p.dout, "B H S E", 3)
    local g = t.stage("backward", t.grad(a.out, { q = call.q, k = call.k, v = call.v }, dout))
    return { out = out, lse = a.lse, dq = g.q, dk = g.k, dv = g.v }
  end,
}
