local t = require "tandem"
return t.pipeline { build = function(p)
  local e = t.toy.blurr { nil, 3, k = {}, foo = 1 }
  return { y = e.nope, z = t.inptu {}, q = 7 }
end }
