-- One product of random matrices, for bench_matmul.py.
local t = require "tandem"

return t.pipeline {
  params = {
    m = t.param.int { default = 1024 }, n = t.param.int { default = 1024 }, k = t.param.int { default = 1024 },
    batch = t.param.int { default = 1 }, tb = t.param.flag { default = false },
    dtype = t.param.choice { "f32", "f64", default = "f32" },
  },
  build = function(p)
    local function matrix(rows, columns, stream)
      local x = t.tensor.uniform { rows = p.batch * rows, columns = columns, lo = -1, seed = 1, stream = stream }
      if p.dtype == "f64" then x = t.tensor.cast { x, dtype = "f64" } end
      return p.batch > 1 and t.tensor.split { x, axis = 0, n = p.batch } or x
    end
    local a, b = matrix(p.m, p.k, 0), p.tb and matrix(p.n, p.k, 1) or matrix(p.k, p.n, 1)
    return { c = t.tensor.matmul { a, b, tb = p.tb, name = "product" } }
  end,
}
