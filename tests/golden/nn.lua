-- What nn.linear and nn.dropout promise beyond their cases: linear has the bits of tensor.matmul, add and relu or
-- gelu; dropout keeps as many as it should, another choice at each step, and its gradient goes where its
-- elements were kept. On native and on cpu. Usage: tandem lua tests/golden/nn.lua
local tandem = require "tandem"
local read_npy = dofile "tests/golden/npy.lua"
local arrays = dofile "tests/golden/arrays.lua"

local pipeline = [[
local t = require "tandem"
return t.pipeline {
  build = function()
    local x, w = t.tensor.normal { rows = 70, columns = 150, seed = 1 }, t.tensor.normal { rows = 100, columns = 150, seed = 2 }
    local bias = t.tensor.flatten { t.tensor.normal { columns = 100, seed = 3 } }
    local z = t.tensor.matmul { x, w, tb = true } + bias
    local out, same = {}, { none = z, relu = t.tensor.relu { z }, gelu = t.tensor.gelu { z } }
    for act, y in pairs(same) do out[act] = t.tensor.sum { t.tensor.cast { t.tensor.flatten { t.tensor.not_equal { y, t.nn.linear { x, w, bias, act = act } } }, dtype = "f32" } } end
    local ones = t.tensor.fill { t.tensor.uniform { columns = 100000, seed = 1 }, value = 1 }
    local function step(i) return t.const({ i }, { dtype = "i64" }) end
    out.first = t.nn.dropout { ones, step(0), p = 0.25, seed = 7 }
    out.second = t.nn.dropout { ones, step(1), p = 0.25, seed = 7 }
    out.other = t.nn.dropout { ones, step(0), p = 0.25, seed = 7, stream = 1 }
    out.gradient = t.grad(out.first, ones, ones)
    local nn, layer = require "tandem.nn", t.weights { seed = 1 }
    local rows = t.tensor.split { t.tensor.normal { rows = 12, columns = 8, seed = 5 }, axis = 0, n = 2 }
    local o = { width = 8, heads = 2, ff = 16, dropout = 0.5, seed = 7 }
    out.layer, out.again = nn.encoder_layer(layer, rows, o), nn.encoder_layer(layer, rows, o)
    return out
  end,
}
]]

-- The share of elements where both are kept or both are left out.
local function alike(a, b)
  local n = 0
  for i = 1, #a do if (a[i] == 0) == (b[i] == 0) then n = n + 1 end end
  return n / #a
end

local path, out = os.tmpname() .. ".lua", os.tmpname()
os.remove(out)
local f = assert(io.open(path, "w"))
f:write(pipeline)
f:close()
for _, device in ipairs(arrays.devices(tandem)) do
  tandem.run { path, on = device, no_db = true, out = out }
  local r = {}
  for _, name in ipairs { "none", "relu", "gelu", "first", "second", "other", "gradient", "layer", "again" } do r[name] = read_npy(out .. "/" .. name .. ".npy") end
  for _, act in ipairs { "none", "relu", "gelu" } do
    arrays.check(("linear %s on %s"):format(act, device), r[act][1] ~= 0 and ("%d elements differ"):format(r[act][1]) or nil)
  end
  local function near(what, got, want) -- six standard deviations of 100 000 draws
    arrays.check(("dropout %s on %s"):format(what, device), math.abs(got - want) > 0.0085 and ("is %.4f, expected %.4f"):format(got, want) or nil)
  end
  local kept, scaled = 0, true
  for _, x in ipairs(r.first) do
    kept = kept + (x ~= 0 and 1 or 0)
    scaled = scaled and (x == 0 or math.abs(x - 4 / 3) < 1e-6)
  end
  near("keeps", kept / #r.first, 0.75)
  arrays.check("dropout scale on " .. device, not scaled and "an element is neither 0 nor 1 / (1 - p)" or nil)
  near("second step", alike(r.first, r.second), 0.75 ^ 2 + 0.25 ^ 2)
  near("other stream", alike(r.first, r.other), 0.75 ^ 2 + 0.25 ^ 2)
  arrays.check("dropout of two layers on " .. device, arrays.differs(r.layer, r.again, 0, 0) == nil and "they leave out the same elements" or nil)
  arrays.check("dropout gradient on " .. device, arrays.differs(r.gradient, r.first, 0, 0))
end
os.execute(("rm -rf %s %s"):format(path, out))
arrays.finish "nothing"
