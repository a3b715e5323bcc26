local t = require "tandem"
return t.pipeline { params = { file = t.param.file { default = "a.npy" }, k = t.param.int { default = 3, min = 1, max = 9 } }, build = function(p)
  local x = t.input { p.file, dtype = "f64", shape = "N T", unit = "V", rate = 160, range = { -1, 1 }, dims = { N = { 1, 64 } } }
  return { y = t.toy.blur { x, k = p.k, mode = "gauss" }.rest }
end }
