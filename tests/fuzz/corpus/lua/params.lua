local t = require "tandem"
return t.pipeline { name = "n", determinism = "D3", params = { seed = t.param.int { default = 1 }, r = t.param.real { default = 0.5, min = 0, max = 1, unit = "s" }, c = t.param.choice { "a", "b", default = "a" }, f = t.param.flag { default = true }, l = t.param.list { default = { 1, 2.5 } }, s = t.param.text { default = "x" } }, build = function(p)
  for k, v in pairs(p) do print(k, v) end
  return { y = t.toy.synth { n = #p.l, seed = p.seed } * p.r }
end }
