/* The sandbox: what a script can call, what it cannot, and where it is stopped. */
#include "lua_expect.h"

#include "base/clock.h"

/* The script runs to its end. */
static void runs(const char *script)
{
	td_err e = {TD_OK, ""};
	td_str text = {0};
	td_str_addf(&text,
	            "%s\nreturn require(\"tandem\").pipeline { build = function() return {} end }",
	            script);
	td_graph *g = build(td_str_text(&text), NULL, 0, &e);
	if (!g)
		fail_msg("%s\n%s", script, e.text);
	td_str_fini(&text);
	td_graph_free(g);
}

static void holds_exactly_its_library(void **state)
{
	(void)state;
	td_str s = {0};
	td_str_add(&s, "local want = { [\"\"] = {}, ");
	for (const td_sandbox_names *n = td_sandbox_library(); n->library; n++)
		if (*n->library)
			td_str_addf(&s, "%s = %s, ", n->library, n->library);
	td_str_add(&s, "}\n");
	for (const td_sandbox_names *n = td_sandbox_library(); n->library; n++)
		td_str_addf(&s,
		            "do local names = {} for name in (\"%s\"):gmatch(\"%%S+\") do "
		            "names[#names + 1] = name end\n"
		            "local lib, there = want[\"%s\"], {}\n"
		            "for name in pairs(lib) do there[#there + 1] = name end\n"
		            "table.sort(names)\n"
		            "if \"%s\" ~= \"\" then assert(table.concat(names, \" \") == "
		            "table.concat(there, \" \")) end end\n",
		            n->names, n->library, n->library);
	runs(td_str_text(&s));
	td_str_fini(&s);
	runs("for _, f in ipairs { assert, error, getmetatable, ipairs, next, pairs, pcall, print, "
	     "rawequal, rawget,\n"
	     "  rawlen, rawset, require, select, setmetatable, tonumber, tostring, type } do "
	     "assert(type(f) == \"function\") end");
}

static void lacks_the_rest(void **state)
{
	(void)state;
	static const char *const absent[] = {
		"io",       "os",         "debug",  "package",        "coroutine", "load",
		"loadfile", "loadstring", "dofile", "collectgarbage", "xpcall",    "warn",
		"_G",       "_VERSION",   "arg",    "tandem",         "unpack",
	};
	static const char *const fields[] = {"math.random", "math.randomseed", "string.dump",
	                                     "string.pack", "string.unpack",   "string.packsize",
	                                     "table.maxn"};
	td_str s = {0}, want = {0};
	for (size_t i = 0; i < TD_COUNT(absent); i++) {
		td_str_addf(&s, "local x = %s", absent[i]);
		td_str_addf(&want, "p.lua:1: there is no variable \"%s\"", absent[i]);
		expect_error(td_str_text(&s), td_str_text(&want));
		td_str_fini(&s);
		td_str_fini(&want);
	}
	for (size_t i = 0; i < TD_COUNT(fields); i++) {
		td_str_addf(&s, "assert(%s == nil)", fields[i]);
		runs(td_str_text(&s));
		td_str_fini(&s);
	}
	runs("local s = (\"\").dump assert(s == nil) assert(not getmetatable(\"\"))");
	runs("for _, f in ipairs { \"values\", \"core\" } do assert(not pcall(require, f)) end");
}

static void walks_tables_in_order(void **state)
{
	(void)state;
	runs("local t = { b = 1, a = 2, [3] = 3, [-1] = 4, [2^53] = 5, aa = 6, B = 7, [\"\"] = 8, "
	     "[\"a\\0b\"] = 9 }\n"
	     "local seen = {}\n"
	     "for k, v in pairs(t) do seen[#seen + 1] = tostring(k) .. \"=\" .. v end\n"
	     "local all = table.concat(seen, \" \")\n"
	     "assert(all == \"-1=4 3=3 9007199254740992=5 =8 B=7 a=2 a\\0b=9 aa=6 b=1\", all)\n"
	     "local k, v = nil, nil\n"
	     "for i = 1, #seen do k, v = next(t, k) assert(tostring(k) .. \"=\" .. v == seen[i]) "
	     "end\n"
	     "assert(next(t, k) == nil and next({}) == nil)");
	/* fields may be cleared and changed on the way; cleared ones are not visited */
	runs("local t, seen = { a = 1, b = 2, c = 3, d = 4 }, \"\"\n"
	     "for k in pairs(t) do seen = seen .. k t[k] = nil t.c = nil end\n"
	     "assert(seen == \"abd\" and next(t) == nil)");
	runs("local t = setmetatable({}, { __pairs = function() return function(_, k) return not k "
	     "and 1 or nil end end })\n"
	     "local n = 0 for _ in pairs(t) do n = n + 1 end assert(n == 1)");
}

static void sorts_stably(void **state)
{
	(void)state;
	runs("for n = 0, 70 do\n"
	     "  local list = {}\n"
	     "  for i = 1, n do list[i] = { key = (i * 7919) % 5, at = i } end\n"
	     "  table.sort(list, function(a, b) return a.key < b.key end)\n"
	     "  for i = 2, n do local a, b = list[i - 1], list[i] assert(a.key < b.key or (a.key "
	     "== b.key and a.at < b.at)) end\n"
	     "  local words = {}\n"
	     "  for i = 1, n do words[i] = tostring((i * 7919) % 101) end\n"
	     "  table.sort(words)\n"
	     "  for i = 2, n do assert(words[i - 1] <= words[i]) end\n"
	     "end\n"
	     "table.sort({ 3, 1, 2 }, function() return true end)\n" /* no order, but an end */
	     "assert(not pcall(table.sort, { 1, \"a\" }) and not pcall(table.sort, { 1 }, 3))");
}

static void shows_no_addresses(void **state)
{
	(void)state;
	runs("local t = require \"tandem\"\n"
	     "assert(tostring({}) == \"table\" and tostring(print) == \"function\" and "
	     "tostring(t.const(1)) == \"constant 0\")\n"
	     "assert(string.format(\"%s|%5s|%d\", {}, print, 3) == \"table|function|3\")\n"
	     "assert(tostring(setmetatable({}, { __tostring = function() return \"x\" end })) == "
	     "\"x\")\n"
	     "assert(string.format(\"%s\", setmetatable({}, { __tostring = function() return \"x\" "
	     "end })) == \"x\")\n"
	     "assert(tostring(setmetatable({}, { __name = \"mine\" })) == \"table\")\n"
	     "assert(tostring(nil) == \"nil\" and tostring(1.5) == \"1.5\" and tostring(true) == "
	     "\"true\")\n"
	     "assert(string.format(\"%%p %q\", \"x\") == \"%p \\\"x\\\"\")\n"
	     "local ok, e = pcall(tostring, setmetatable({}, { __tostring = function() return {} "
	     "end }))\n"
	     "assert(not ok and e:find(\"must return a string\"))\n"
	     "print(\"to stderr\", {}, 1)");
}

/* What is allowed must work as ever. */
static void matches_patterns(void **state)
{
	(void)state;
	runs("assert((\"  trim me  \"):match(\"^%s*(.-)%s*$\") == \"trim me\")\n"
	     "assert((\"k=v, a=b\"):gsub(\"(%w+)=(%w+)\", \"%2=%1\") == \"v=k, b=a\")\n"
	     "assert((\"a.b\"):find(\".\", 1, true) == 1 + 1 and (\"a+b\"):find(\"+\", 1, true) == "
	     "2)\n"
	     "assert((\"[x]\"):match(\"%[([^]]*)%]\") == \"x\" and (\"f(a(b))\"):match(\"%b()\") "
	     "== \"(a(b))\")\n"
	     "assert((\"THE (quick) fox\"):find(\"%((%a+)%)\") == 5)\n"
	     "local n = 0 for w in (\"one two three\"):gmatch(\"%a+\") do n = n + #w end assert(n "
	     "== 11)\n"
	     "local s = (\"x\"):rep(100000) assert(s:match(\"x+\") == s and s:gsub(\"x\", \"\") == "
	     "\"\")\n"
	     "assert((\"-12.5e3\"):match(\"^[+-]?%d+%.?%d*[eE]?%d*$\"))\n"
	     "assert((\"x\"):rep(3, \",\") == \"x,x,x\" and (\"x\"):rep(-1) == \"\")\n"
	     "assert(not pcall(string.find, \"x\", \"[a\") and not pcall(string.find, \"x\", "
	     "\"%\"))\n"
	     "assert(utf8.len(\"häh\") == 3 and utf8.codepoint(\"ä\") == 228 and "
	     "utf8.offset(\"häh\", 3) == 4)\n"
	     "assert(table.concat({ 1, 2 }, \"-\") == \"1-2\" and table.unpack({ 7 }) == 7 and "
	     "#table.move({ 1, 2 }, 1, 2, 3) == 4)\n"
	     "local l = { 1 } table.insert(l, 2) table.insert(l, 1, 0) assert(#l == 3 and "
	     "table.remove(l) == 2 and l[1] == 0)\n"
	     "assert(select(\"#\", pcall(error, \"x\")) == 2 and select(2, pcall(function() return "
	     "1, 2 end)) == 1)");
}

static void stops_by_the_clock(void **state)
{
	(void)state;
	td_err e = {TD_OK, ""};
	const char *script =
		"local a, b = (\"x\"):rep(1 << 20) .. \"y\", (\"x\"):rep(1 << 20) .. \"z\"\n"
		"while a ~= b do end\n";
	int64_t began = td_now_ns();
	td_graph *g = td_lua_build_within(&registry, (td_limits){INT64_MAX, 64 << 20, 0.05}, NULL,
	                                  "p.lua", script, strlen(script), NULL, 0, &e);
	assert_null(g);
	assert_string_equal(e.text, "p.lua:2: the script does not end: it took over 0.05 s");
	assert_true(td_now_ns() - began < 20000000000);
}

static void refuses_huge_strings(void **state)
{
	(void)state;
	td_err e = {TD_OK, ""};
	const char *script = "local s = (\"x\"):rep(17 << 20)\n";
	assert_null(td_lua_build_text(&registry, "p.lua", script, strlen(script), NULL, 0, &e));
	assert_string_equal(e.text, "p.lua:1: the script makes a string of over 16.0 MiB");
}

/* A graph counts as memory of its script. */
static void limits_the_graph(void **state)
{
	(void)state;
	expect_error("local t = require \"tandem\"\n"
	             "return t.pipeline { build = function()\n"
	             "  local x = t.const(1)\n"
	             "  while true do x = pcall(t.tensor.copy, { x }) and x end\n"
	             "end }",
	             "p.lua:4: the script does not end: it took over 2 million instructions");
	td_err e = {TD_OK, ""};
	const char *script = "local t = require \"tandem\"\nlocal x = t.const(1)\n"
			     "while true do x = t.tensor.copy { x } end\n";
	assert_null(td_lua_build_within(&registry, (td_limits){1 << 30, 8 << 20, 60}, NULL, "p.lua",
	                                script, strlen(script), NULL, 0, &e));
	assert_string_equal(e.text, "p.lua:3: the script needs over 8.0 MiB of memory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(holds_exactly_its_library), cmocka_unit_test(lacks_the_rest),
		cmocka_unit_test(walks_tables_in_order),     cmocka_unit_test(sorts_stably),
		cmocka_unit_test(shows_no_addresses),        cmocka_unit_test(matches_patterns),
		cmocka_unit_test(stops_by_the_clock),        cmocka_unit_test(refuses_huge_strings),
		cmocka_unit_test(limits_the_graph),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
