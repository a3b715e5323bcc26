local s = ("a b-c"):rep(5, ",")
for w in s:gmatch("(%a+)%-?") do print(w) end
print(s:gsub("[%s%-]+", "%%0"), s:find("b", 2, true), s:match("^(.-)%-(.*)$"), ("%5.2f|%q|%x"):format(1.5, s, 255), utf8.char(228), utf8.len(s))
