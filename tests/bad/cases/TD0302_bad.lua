-- two recordings of different rates
local t = require "tandem"

return t.pipeline {
  params = { x = t.param.file {}, y = t.param.file {} },
  build = function(p)
    local x = t.input { p.x, shape = "N T", rate = 160 }
    local y = t.input { p.y, shape = "N S", rate = 250 }
    return { sum = x + y }
  end,
}
