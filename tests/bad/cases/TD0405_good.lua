-- buffers that together do not fit into the memory of the device
-- args: plan --profile tests/golden/small-gpu.json
local t = require "tandem"

return t.pipeline {
  build = function()
    local x = t.input { t.synth.series { n = 12000, t = 10000, seed = 1 }, dtype = "f32", shape = "N T" }
    local all = {}
    for i = 1, 2 do all["y" .. i] = t.tensor.affine { x, mul = i } end
    return all
  end,
}
