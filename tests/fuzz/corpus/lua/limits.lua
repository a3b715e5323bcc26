local function f(n) return n < 2 and n or f(n - 1) + f(n - 2) end
local ok, e = pcall(f, 30)
while true do pcall(error, { e }) end
