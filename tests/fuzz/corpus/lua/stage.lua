local t = require "tandem"
return t.pipeline { build = function(p)
  local x = t.stage("a", t.input { t.synth.toy { n = 4, seed = 1 }, shape = "N T" })
  local y = t.stage("b", function() return -x / 2 + x * x end)
  return { y = y, z = t.stage("c", { x, { y } })[1] }
end }
