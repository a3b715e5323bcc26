-- volts and microvolts
local t = require "tandem"

return t.pipeline {
  params = { x = t.param.file {}, y = t.param.file {} },
  build = function(p)
    local x = t.input { p.x, shape = "N T", unit = "V" }
    local y = t.input { p.y, shape = "N T", unit = "V" }
    return { sum = x + y }
  end,
}
