-- One product of random matrices, for bench_matmul.py; with `bias` as a layer of a network, which `fused` makes one step.
local t = require "tandem"

return t.pipeline {
  params = {
    m = t.param.int { default = 1024 }, n = t.param.int { default = 1024 }, k = t.param.int { default = 1024 },
    batch = t.param.int { default = 1 }, tb = t.param.flag { default = false },
    dtype = t.param.choice { "f32", "f64", "f16", "bf16", default = "f32" },
    widened = t.param.flag { default = false, doc = "f16 and bf16 are cast to f32 beforehand" },
    bias = t.param.flag { default = false }, fused = t.param.flag { default = false },
  },
  build = function(p)
    local stored, widened, fused = p.dtype == "f16" or p.dtype == "bf16", p.widened, p.fused
    local function cast(x, dtype) return t.tensor.cast { x, dtype = dtype } end
    local function matrix(rows, columns, stream)
      local x = t.tensor.uniform { rows = p.batch * rows, columns = columns, lo = -1, seed = 1, stream = stream }
      if p.batch > 1 then x = t.tensor.split { x, axis = 0, n = p.batch } end
      if p.dtype ~= "f32" then x = cast(x, p.dtype) end
      return stored and widened and cast(x, "f32") or x
    end
    local a, b = matrix(p.m, p.k, 0), p.tb and matrix(p.n, p.k, 1) or matrix(p.k, p.n, 1)
    local bias = p.bias and t.tensor.flatten { t.tensor.uniform { columns = p.n, lo = -1, seed = 1, stream = 2 } }
    if bias and p.dtype ~= "f32" then bias = cast(bias, p.dtype) end
    local c
    if bias and fused then
      c = t.nn.linear { a, b, bias, name = "product" }
    else
      c = t.tensor.matmul { a, b, tb = p.tb, name = "product" }
      if bias then c = c + (stored and cast(bias, "f32") or bias) end
    end
    return { c = stored and not widened and cast(c, "f32") or c }
  end,
}
