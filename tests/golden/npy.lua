-- Reads .npy files, for the tests beside this one: an array of numbers with its `dims`.
local formats = { ["<f4"] = { "<f", 4 }, ["<f8"] = { "<d", 8 }, ["<i4"] = { "<i4", 4 }, ["<i8"] = { "<i8", 8 }, ["|u1"] = { "B", 1 } }

return function(path)
  local f = assert(io.open(path, "rb"))
  local text = f:read "a"
  f:close()
  local n = string.unpack("<I2", text, 9)
  local header = text:sub(11, 10 + n)
  local fmt = assert(formats[header:match "'descr': '(.-)'"], path)
  local array = { dims = {} }
  for d in header:match("'shape': %((.-)%)"):gmatch "%d+" do array.dims[#array.dims + 1] = tonumber(d) end
  for at = 11 + n, #text, fmt[2] do array[#array + 1] = string.unpack(fmt[1], text, at) end
  return array
end
