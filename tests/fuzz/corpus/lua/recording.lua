local t = require "tandem"
return t.pipeline { params = { edf = t.param.file {} }, build = function(p)
  local r = t.recording { p.edf, except = { "T9" }, epochs = { events = { "T1", "T2" }, tmin = -0.2, tmax = 0.8 }, baseline = "before" }
  local s = t.recording { "x.edf", like = r, shape = "E2 C T", epochs = { samples = 3, count = 2 }, dtype = "f64" }
  local at = r.positions "x.csv"
  return { a = t.edf { r.epochs, like = r }, b = s.epochs, c = at, d = t.given(p.edf) and s.start or s.time }, {
    t.picture.matrix { "a", title = "x", column_names = r, classes = { "a", "b" }, marks = "b", across = true },
    t.picture.lines { "a", x = "c", names = { 1, "2" } }, t.picture.bars { "c", unit = "V" } }
end }
