-- a path that fits one machine
local t = require "tandem"

return t.pipeline {
  build = function()
    local x = t.input { t.file { path = "x.npy", sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" }, shape = "N T" }
    return { y = -x }
  end,
}
