-- f16 and bf16 as storage, beside f32, on native and cpu with the same bits:
-- - nn.linear, tensor.matmul and attention have the bits of casts around the same in f32;
-- - pipelines/attention.lua with `storage` is as near to ../shared/golden/attention as its inputs, rounded, allow, and
--   pipelines/encoder.lua to itself in f32.
-- Usage: tandem lua tests/golden/stored.lua; skips what needs cases that are not there.
local tandem = require "tandem"
local read_npy = dofile "tests/golden/npy.lua"
local arrays = dofile "tests/golden/arrays.lua"
local check = arrays.check

local root, roundoff = "../shared/golden/attention", { f16 = 2 ^ -11, bf16 = 2 ^ -8 }
local folder = os.tmpname()
os.remove(folder)

local function run(pipeline, device, params)
  local out = ("%s/%s"):format(folder, device)
  tandem.run { pipeline, on = device, no_db = true, out = out, params = params }
  return out
end

-- look(device, folder) for each device; then their bits are held together
local function on_all(name, pipeline, params, look)
  local devices = arrays.devices(tandem)
  for _, device in ipairs(devices) do look(device, run(pipeline, device, params)) end
  for _, path in ipairs(devices[2] and arrays.list(folder .. "/native/*.npy") or {}) do
    local other = path:gsub("/native/", "/cpu/")
    check(("%s bits of %s"):format(name, path:match "[^/]*$"), arrays.text(path) ~= arrays.text(other) and "native and cpu differ" or nil)
  end
  os.execute("rm -rf " .. folder)
end

-- -- the bits of casts around the same ------------------------------------------------------------

local same_bits = [[
local t = require "tandem"
return t.pipeline {
  params = { storage = t.param.choice { "f16", "bf16", default = "f16" } },
  build = function(p)
    local function stored(x) return t.tensor.cast { x, dtype = p.storage } end
    local function wide(x) return t.tensor.cast { x, dtype = "f32" } end
    local function normal(rows, columns, seed) return stored(t.tensor.normal { rows = rows, columns = columns, seed = seed }) end
    local function heads(rows, columns, seed) -- 2 batches of 2
      local x = t.tensor.normal { rows = 4 * rows, columns = columns, seed = seed }
      return stored(t.tensor.split { t.tensor.split { x, axis = 0, n = 4 }, axis = 0, n = 2 })
    end
    local out = {}
    -- how many numbers differ
    local function differ(name, y, again)
      local wrong = t.tensor.not_equal { wide(y), wide(stored(again)) }
      out[name] = t.tensor.sum { t.tensor.cast { t.tensor.flatten { wrong }, dtype = "f32" } }
    end
    local x, w, bias = normal(150, 300, 1), normal(100, 300, 2), stored(t.tensor.flatten { t.tensor.normal { columns = 100, seed = 3 } })
    for _, act in ipairs { "none", "relu", "gelu" } do
      differ(act, t.nn.linear { x, w, bias, act = act }, t.nn.linear { wide(x), wide(w), wide(bias), act = act })
    end
    differ("product", t.tensor.matmul { x, w, tb = true }, t.tensor.matmul { wide(x), wide(w), tb = true })
    local q, k, v = heads(50, 40, 4), heads(70, 40, 5), heads(70, 24, 6)
    differ("attention", t.attention.attention { q, k, v, causal = true }, t.attention.attention { wide(q), wide(k), wide(v), causal = true })
    return out
  end,
}
]]

local path = os.tmpname() .. ".lua"
local f = assert(io.open(path, "w"))
f:write(same_bits)
f:close()
for storage in pairs(roundoff) do
  on_all("casts " .. storage, path, { storage = storage }, function(device, out)
    for _, name in ipairs { "none", "relu", "gelu", "product", "attention" } do
      local n = read_npy(("%s/%s.npy"):format(out, name))[1]
      check(("%s in %s on %s"):format(name, storage, device), n ~= 0 and ("%d numbers differ from those of casts"):format(n) or nil)
    end
  end)
end

os.remove(path)

-- -- beside f32 -----------------------------------------------------------------------------------

-- The largest sum of |scale q k| in each row: how far rounded q and k can move its scores, in units of 2 u.
local function reach(q, k, scale)
  local heads, rows, keys, size = q.dims[1] * q.dims[2], q.dims[3], k.dims[3], q.dims[4]
  local most, abs = {}, math.abs
  for row = 0, heads * rows - 1 do
    local best, head = 0, row // rows
    for j = 0, keys - 1 do
      local sum, at, key = 0, row * size, (head * keys + j) * size
      for d = 1, size do sum = sum + abs(q[at + d] * k[key + d]) end
      best = sum > best and sum or best
    end
    most[row] = best * abs(scale)
  end
  return most
end

-- Weights move by e^(2 ds) at most, values and out by u.
local function out_differs(got, want, v, ds, u)
  local largest, size = arrays.largest(v), want.dims[4]
  for i = 1, #want do
    local d = ds[(i - 1) // size]
    local allowed = (math.exp(2 * d) - 1 + 2 * u) * largest + 2e-5
    local off = math.abs(got[i] - want[i])
    if off > allowed or off ~= off then return ("out[%d] is %.9g, expected %.9g within %.3g"):format(i - 1, got[i], want[i], allowed) end
  end
end

local function lse_differs(got, want, ds)
  for i = 1, #want do
    local allowed, off = ds[i - 1] + 2e-5 + 4e-7 * math.abs(want[i]), math.abs(got[i] - want[i])
    if got[i] ~= want[i] and (off > allowed or off ~= off) then return ("lse[%d] is %.9g, expected %.9g within %.3g"):format(i - 1, got[i], want[i], allowed) end
  end
end

local function attention_case(dir)
  local name, text = dir:match "[^/]*$", arrays.text(dir .. "/case.json")
  local params = { scale = tonumber(text:match '"scale": ([%d.e+-]+)'), causal = text:match '"causal": (%a+)' == "true" }
  for _, port in ipairs { "q", "k", "v", "mask", "bias" } do
    local file = ("%s/%s.npy"):format(dir, port)
    if #arrays.list(file) == 1 then params[port] = file end
  end
  local q, k, v, out, lse = read_npy(params.q), read_npy(params.k), read_npy(params.v), read_npy(dir .. "/out.npy"), read_npy(dir .. "/lse.npy")
  local far = reach(q, k, params.scale)
  for storage, u in pairs(roundoff) do
    local ds = {}
    for row, sum in pairs(far) do ds[row] = (2 * u + u * u) * sum end
    params.storage = storage
    on_all(name .. " in " .. storage, "pipelines/attention.lua", params, function(device, got)
      check(("%s in %s on %s"):format(name, storage, device), out_differs(read_npy(got .. "/out.npy"), out, v, ds, u))
      check(("%s lse in %s on %s"):format(name, storage, device), lse_differs(read_npy(got .. "/lse.npy"), lse, ds))
    end)
  end
end

for _, file in ipairs(arrays.list(root .. "/*/q.npy")) do attention_case(file:match "(.*)/q.npy") end

local function norm_error(got, want)
  local off, size = 0, 0
  for i = 1, #want do off, size = off + (got[i] - want[i]) ^ 2, size + want[i] ^ 2 end
  return math.sqrt(off / size)
end

-- params but for storage; how far each output may be off on the whole, in u
local function beside(name, pipeline, params, limits)
  local want = {}
  on_all(name, pipeline, params, function(_, out)
    for output in pairs(limits) do want[output] = read_npy(("%s/%s.npy"):format(out, output)) end
  end)
  for storage, u in pairs(roundoff) do
    params.storage = storage
    on_all(("%s in %s"):format(name, storage), pipeline, params, function(device, out)
      for output, most in pairs(limits) do
        local off = norm_error(read_npy(("%s/%s.npy"):format(out, output)), want[output]) / u
        check(("%s of %s in %s on %s"):format(output, name, storage, device), (off > most or off ~= off) and ("off by %.3g u, at most %g are expected"):format(off, most) or nil)
      end
    end)
  end
end

beside("attention, made up", "pipelines/attention.lua", { heads = 2, length = 100, backward = true }, { out = 2, lse = 1, dq = 4, dk = 4, dv = 4 })
-- gelu: a relu that flips would move gradients by more than any u
beside("encoder, made up", "pipelines/encoder.lua", { act = "gelu" }, { hidden = 2, logits = 2, loss = 2, ["grad.inp.weight"] = 4, ["grad.out.weight"] = 4 })
arrays.finish(root)
