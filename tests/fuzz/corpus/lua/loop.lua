local t = require "tandem"
return t.pipeline { build = function(p)
  local x = t.toy.synth { seed = 1 }
  local s = t.loop(3, { w = x, m = { x, x } }, function(s, i)
    local y = t.loop(2, s.w, function(a) return a + i end)
    return { w = y, m = { s.m[2], y - 1 } }
  end)
  return { w = s.w, m = s.m[1] }
end }
