-- more samples left out than there may be
local t = require "tandem"

return t.pipeline {
  params = { x = t.param.file {}, y = t.param.file {} },
  build = function(p)
    local x = t.input { p.x, shape = "N T", dims = { T = { 10, 1000 } } }
    local y = t.input { p.y, shape = "N T" }
    return { sum = t.tensor.slice { x, skip = 64 }, y = y }
  end,
}
