local ok, e = pcall(function() error("x", 2) end)
assert(not ok and type(e) == "string")
error(setmetatable({}, { __tostring = function() return "obj" end }))
