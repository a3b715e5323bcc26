local t = require "tandem"
return t.pipeline { build = function(p)
  return { y = t.const({ { 1, 2 }, { 3, 4 } }, { dtype = "f64" }) / t.const(2, { dtype = "f64" }) }
end }
