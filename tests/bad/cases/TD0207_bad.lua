-- samples by rows, added to rows by samples
local t = require "tandem"

return t.pipeline {
  params = { x = t.param.file {}, y = t.param.file {} },
  build = function(p)
    local x = t.input { p.x, shape = "N T" }
    local y = t.input { p.y, shape = "T N" }
    return { sum = x + y }
  end,
}
