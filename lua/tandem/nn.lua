-- Pieces of networks, from weights by their names (t.weights). Names and layouts are those of torch.nn, so that a
-- state dict saved as .safetensors fits as it is.
--
--   local nn = require "tandem.nn"
--   local y = nn.encoder(w:at "encoder", x, { layers = 2, width = 32, heads = 4, ff = 64 })
--
-- x is [B T width] everywhere. docs/pipelines.md has the fields.
local _, core = ...
local util = require "tandem.util"
local t = require "tandem"
local nn = {}

local function options(what, given, types)
  local o = util.fields(what, given, types)
  for _, name in ipairs { "width", "heads", "ff", "layers" } do
    if types[name] and (o[name] or 0) < 1 then core.fail(("%s needs %s, a number from 1 on"):format(what, name)) end
  end
  return o
end

-- -- one layer ------------------------------------------------------------------------------------

-- y = act(x weight^T + bias), weight [n_out n_in]
function nn.linear(w, x, n_in, n_out, act)
  local weight, bias = w:get("weight", ("%d %d"):format(n_out, n_in)), w:get("bias", ("%d"):format(n_out))
  return t.nn.linear { x, weight, bias, act = act }
end

function nn.layernorm(w, x, width, eps)
  local n = ("%d"):format(width)
  return t.attention.layernorm { x, w:get("weight", n, 1), w:get("bias", n), eps = eps }
end

-- Elements left out during training: o.dropout is the probability, o.seed the key, o.step the number of the step,
-- a value. Each place of the pipeline has a choice of its own.
local places = 0
local function dropped(o, x)
  if not o.dropout or o.dropout == 0 then return x end
  if not o.seed then core.fail("dropout needs a seed") end
  places = places + 1
  return t.nn.dropout { x, o.step, p = o.dropout, seed = o.seed, stream = places }
end

-- -- attention ------------------------------------------------------------------------------------

-- [B T H*D] -> [B H T D], for `heads` heads
local function split_heads(x, heads)
  return t.tensor.transpose { t.tensor.split { x, axis = 2, n = heads }, a = 1, b = 2 }
end

local function join_heads(x)
  return t.tensor.flatten { t.tensor.transpose { x, a = 1, b = 2 }, first = 2 }
end

local attention_fields = {
  width = "integer", heads = "integer", keys = "any", mask = "any", bias = "any", causal = "boolean",
}

-- Multi-head self-attention: in_proj_weight [3*width width] (queries, keys, values), in_proj_bias, out_proj.
function nn.attention(w, x, given)
  local o = options("nn.attention", given, attention_fields)
  local width, heads = o.width, o.heads
  if width % heads ~= 0 then core.fail(("nn.attention: width = %d is no multiple of heads = %d"):format(width, heads)) end
  local weight, bias = w:get("in_proj_weight", ("%d %d"):format(3 * width, width)), w:get("in_proj_bias", ("%d"):format(3 * width))
  local all = split_heads(t.nn.linear { x, weight, bias }, 3 * heads)
  local function part(i) return t.tensor.slice { all, axis = 1, skip = i * heads, count = heads } end
  local y = t.attention.attention {
    q = part(0), k = part(1), v = part(2), keys = o.keys, mask = o.mask, bias = o.bias, causal = o.causal,
    scale = (width // heads) ^ -0.5,
  }
  return nn.linear(w:at "out_proj", join_heads(y), width, width)
end

-- -- encoders -------------------------------------------------------------------------------------

local layer_fields = {
  width = "integer", heads = "integer", ff = "integer", act = "string", pre = "boolean", eps = "number",
  keys = "any", mask = "any", bias = "any", causal = "boolean", dropout = "number", seed = "integer", step = "any",
}

-- torch.nn.TransformerEncoderLayer: self_attn, linear1, linear2, norm1, norm2. `pre`: norms before attention and
-- feed-forward (norm_first), else behind their sums.
function nn.encoder_layer(w, x, given)
  local o = options("nn.encoder_layer", given, layer_fields)
  local function norm(name, y) return nn.layernorm(w:at(name), y, o.width, o.eps) end
  local function attend(y)
    return dropped(o, nn.attention(w:at "self_attn", y, {
      width = o.width, heads = o.heads, keys = o.keys, mask = o.mask, bias = o.bias, causal = o.causal,
    }))
  end
  local function feed(y)
    local h = dropped(o, nn.linear(w:at "linear1", y, o.width, o.ff, o.act or "relu"))
    return dropped(o, nn.linear(w:at "linear2", h, o.ff, o.width))
  end
  if o.pre then
    x = x + attend(norm("norm1", x))
    return x + feed(norm("norm2", x))
  end
  x = norm("norm1", x + attend(x))
  return norm("norm2", x + feed(x))
end

-- torch.nn.TransformerEncoder: layers.0, layers.1, …, and with `norm` a last norm.
function nn.encoder(w, x, given)
  local types = { layers = "integer", norm = "boolean" }
  for name, type in pairs(layer_fields) do types[name] = type end
  local o = options("nn.encoder", given, types)
  local layer = {}
  for name in pairs(layer_fields) do
    if o[name] ~= nil then layer[name] = o[name] end
  end
  for i = 1, o.layers do x = nn.encoder_layer(w:at(("layers.%d"):format(i - 1)), x, layer) end
  return o.norm and nn.layernorm(w:at "norm", x, o.width, o.eps) or x
end

-- -- around them ----------------------------------------------------------------------------------

-- [B] -> [B 1]
function nn.column(x)
  return t.tensor.transpose { t.tensor.split { x, axis = 0, n = 1 } }
end

-- u8 [B n]: 1 where a place is below the row's length; lengths is i32 [B].
function nn.key_mask(lengths, n)
  return t.tensor.less { t.tensor.iota { n = n }, nn.column(lengths) }
end

-- [B T width] -> [B width]: the mean over the places that the mask, u8 [B T], keeps; each row keeps one at least.
function nn.masked_mean(x, mask)
  local m = t.tensor.cast { mask, dtype = "f32" }
  local column = t.tensor.transpose { t.tensor.split { m, axis = 1, n = 1 }, a = 1, b = 2 }
  return t.tensor.sum { x * column, axis = 1 } / t.tensor.sum { m, axis = 1, keep = true }
end

-- [B n features] -> [B m features]: linear in time between the places, first to first and last to last.
function nn.resample(x, n, m)
  local rows = {}
  for k = 0, m - 1 do
    local row, at = {}, n > 1 and k * (n - 1) or 0
    for i = 1, n do row[i] = 0 end
    local i, rest = at // math.max(m - 1, 1), at % math.max(m - 1, 1)
    row[i + 1] = 1 - rest / math.max(m - 1, 1)
    if rest > 0 then row[i + 2] = rest / (m - 1) end
    rows[k + 1] = row
  end
  return t.tensor.matmul { t.const(rows), x }
end

-- The mean over rows of -log softmax(logits)[label]: logits [B n], labels i64 [B].
function nn.cross_entropy(logits, labels, n)
  local picked = t.tensor.cast { t.tensor.equal { nn.column(labels), t.tensor.iota { n = n, dtype = "i64" } }, dtype = "f32" }
  local z = logits - t.tensor.max { logits, keep = true }
  local each = t.tensor.log { t.tensor.sum { t.tensor.exp { z } } } - t.tensor.sum { z * picked }
  return t.tensor.mean { each }
end

-- Sines and cosines of the place, [n width], to be added to x (Vaswani and others 2017).
function nn.positions(n, width)
  local rows = {}
  for i = 1, n do
    rows[i] = {}
    for k = 0, width - 1 do
      local angle = (i - 1) / 10000 ^ ((k - k % 2) / width)
      rows[i][k + 1] = k % 2 == 0 and math.sin(angle) or math.cos(angle)
    end
  end
  return t.const(rows)
end

return nn
