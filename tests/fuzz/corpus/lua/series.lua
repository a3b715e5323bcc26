local t = require "tandem"
return t.pipeline { build = function(p)
  local v = t.const({ 0 })
  local s, r = t.loop(3, { v = v }, function(s, i)
    local inner, q = t.loop(2, s.v, function(u) local w = u + 1 return w, { deep = { w } } end)
    return { v = inner * 2 }, { loss = inner, { -s.v } }
  end)
  return { v = s.v, loss = r.loss, minus = r[1] }
end }
