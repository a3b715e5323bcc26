local t = {}
for i = 1, 50 do t["k" .. i % 7] = i t[i] = { i } end
for k, v in pairs(t) do t[k] = nil end
table.sort(t, function(a, b) return false end)
print(next(t), #t, select("#", table.unpack({ 1, 2, 3 })), table.concat({ 1, 2 }, ","))
local a <const>, b <close> = 1, setmetatable({}, { __close = function() end })
goto done
::done::
