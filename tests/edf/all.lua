-- Everything that a recording can be read as, and written.
local t = require "tandem"

return t.pipeline {
  params = {
    edf    = t.param.file {},
    events = t.param.flag { default = false, doc = "epochs around T1 and T2" },
    size   = t.param.int { default = 320, min = 1, doc = "else their samples" },
    bad    = t.param.text { default = "" },
  },
  build = function(p)
    local epochs = p.events and { events = { "T1", "T2" }, tmin = -0.2, tmax = 0.8 } or { samples = p.size }
    local r = t.recording { p.edf, epochs = epochs, except = p.bad ~= "" and { p.bad } or {} }
    local volts = t.input { p.edf, dtype = "f64", shape = "C S", unit = "V", channels_of = r.signal }
    local plain = t.recording { p.edf, like = r, shape = "E C T", epochs = epochs, baseline = "none", dtype = "f64" }
    return {
      counts = t.tensor.copy { r.signal }, start = t.tensor.copy { r.start }, time = t.tensor.copy { r.time },
      volts = t.edf { t.tensor.copy { volts }, like = r }, epochs = t.edf { r.epochs, like = r }, plain = plain.epochs,
    }
  end,
}
