-- Shared by the tests of encoders: files, comparing arrays, a tally.
local arrays = { passed = 0, failed = 0 }

-- Counts a check; `wrong` says what is wrong with it, nil: nothing.
function arrays.check(what, wrong)
  if wrong then
    arrays.failed = arrays.failed + 1
    print(("FAIL %s: %s"):format(what, wrong))
  else
    arrays.passed = arrays.passed + 1
  end
end

function arrays.finish(root)
  if arrays.passed + arrays.failed == 0 then print("skipped: " .. root .. " is not here") end
  print(("%d passed, %d failed"):format(arrays.passed, arrays.failed))
  os.exit(arrays.failed == 0)
end

function arrays.list(pattern)
  local items, p = {}, io.popen("ls -d " .. pattern .. " 2>/dev/null")
  for line in p:lines() do items[#items + 1] = line end
  p:close()
  return items
end

function arrays.text(path)
  local f = assert(io.open(path, "rb"))
  local text = f:read "a"
  f:close()
  return text
end

function arrays.largest(array)
  local most = 0
  for i = 1, #array do most = math.max(most, math.abs(array[i])) end
  return most
end

-- What is wrong with `got`, or nil: |got - want| <= abs + rel |want|.
function arrays.differs(got, want, abs, rel)
  if #got ~= #want then return ("%d numbers, expected %d"):format(#got, #want) end
  for i = 1, #want do
    local off = math.abs(got[i] - want[i])
    if off > abs + rel * math.abs(want[i]) or off ~= off then return ("[%d] is %.9g, expected %.9g"):format(i - 1, got[i], want[i]) end
  end
end

-- A .safetensors file of f32: a list of { name =, dims =, numbers }.
function arrays.write_safetensors(path, tensors)
  local header, data, at = {}, {}, 0
  for _, x in ipairs(tensors) do
    for i = 1, #x do data[#data + 1] = string.pack("<f", x[i]) end
    header[#header + 1] = ('"%s":{"dtype":"F32","shape":[%s],"data_offsets":[%d,%d]}'):format(x.name, table.concat(x.dims, ","), at, at + 4 * #x)
    at = at + 4 * #x
  end
  local text = "{" .. table.concat(header, ",") .. "}"
  local f = assert(io.open(path, "wb"))
  f:write(string.pack("<I8", #text), text, table.concat(data))
  f:close()
end

-- The cases' names of weights are those of one layer, or enc.0 …; ours are torch's.
function arrays.our_name(name)
  if name:find "^norm%." then return "enc." .. name end
  return (name:find "^enc%.%d" and name:gsub("^enc%.", "enc.layers.") or name:gsub("^enc%.", "enc.layers.0."))
end

-- Sets what stands in padding to 0 in hidden states [B T width]: it is nobody's business.
function arrays.without_padding(hidden, lengths)
  local frames, width = hidden.dims[2], hidden.dims[3]
  for i = 1, #hidden do
    local frame = (i - 1) // width % frames
    if frame >= lengths[(i - 1) // (width * frames) + 1] then hidden[i] = 0 end
  end
  return hidden
end

-- "native", and "cpu" where there is one.
function arrays.devices(tandem)
  for _, d in ipairs(tandem.devices()) do
    if d.type == "cpu" then return { "native", "cpu" } end
  end
  return { "native" }
end

-- Runs the pipeline on all devices and holds them to the same bits; look(device, folder) is called for each.
function arrays.run(tandem, name, params, look)
  local out, devices = os.tmpname(), arrays.devices(tandem)
  os.remove(out)
  for _, device in ipairs(devices) do
    tandem.run { "pipelines/encoder.lua", on = device, no_db = true, out = out .. "-" .. device, params = params }
    look(device, out .. "-" .. device)
  end
  for _, path in ipairs(devices[2] and arrays.list(out .. "-native/*.npy") or {}) do
    local other = path:gsub("%-native/", "-cpu/")
    arrays.check(name .. " bits of " .. path:match "[^/]*$", arrays.text(path) ~= arrays.text(other) and "native and cpu differ" or nil)
  end
  os.execute("rm -rf " .. out .. "-*")
end

return arrays
