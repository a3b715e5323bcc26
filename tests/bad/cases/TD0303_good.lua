-- a logarithm of numbers that may be 0
local t = require "tandem"

return t.pipeline {
  params = { x = t.param.file {}, y = t.param.file {} },
  build = function(p)
    local x = t.input { p.x, shape = "N T", range = { 0.001, 1 } }
    local y = t.input { p.y, shape = "N T" }
    return { y = t.tensor.log { x }, z = y }
  end,
}
