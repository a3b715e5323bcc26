/* Pipelines that are wrong: the exact text of every message. */
#include "lua_expect.h"

#include "base/file.h"

/* The rest of a text behind the first `mark`, which is cut off the text; NULL: there is none. */
static char *cut(char *text, const char *mark)
{
	char *at = strstr(text, mark);
	if (!at)
		return NULL;
	*at = '\0';
	return at + strlen(mark);
}

/* Calls take(script, what it is told) for each of a file: "=>" between the two and "----" behind. */
static int each(const char *path, void (*take)(const char *script, const char *want))
{
	char *text, *rest;
	size_t size;
	td_err e;
	int n = 0;
	if (!td_file_read(path, 1 << 20, &text, &size, &e))
		fail_msg("%s", e.text);
	for (char *script = text; (rest = cut(script, "----\n")) != NULL; script = rest, n++) {
		char *want = cut(script, "\n=>\n");
		assert_non_null(want);
		take(script, want);
	}
	free(text);
	return n;
}

static void expect_faults(const char *body, const char *want)
{
	expect_faults_of("", body, NULL, 0, want);
}

static void complains(void **state)
{
	(void)state;
	assert_in_range(each("tests/unit/lua_wrong.txt", expect_faults), 45, 1000);
}

static void gives_up(void **state)
{
	(void)state;
	assert_in_range(each("tests/unit/lua_errors.txt", expect_error), 40, 1000);
}

/* What a unit is not, unit.c says. */
static void checks_units(void **state)
{
	(void)state;
	td_err e = {TD_OK, ""};
	td_str script = {0};
	wrap(&script, "", "return { y = t.input { \"x.npy\", shape = \"N\", unit = \"Vlots\" } }");
	td_graph *g = build(td_str_text(&script), NULL, 0, &e);
	assert_non_null(g);
	assert_int_equal(g->faults.n, 1);
	assert_string_equal(g->faults.items[0].rule, "TD0301");
	assert_non_null(strstr(g->faults.items[0].text, "Vlots"));
	assert_false(g->values.items[0].unit.known);
	td_graph_free(g);
	td_str_fini(&script);
}

/* -- parameters ----------------------------------------------------------- */

static const char declared[] =
	"k = t.param.int { default = 3, min = 1, max = 9, doc = \"neighbours\" },\n"
	"r = t.param.real { min = 0, max = 1, unit = \"s\" },\n"
	"causal = t.param.flag { default = false },\n"
	"mode = t.param.choice { \"one\", \"two\", default = \"one\" },\n"
	"say = t.param.text { default = \"hi\" },\n"
	"n = t.param.list { default = { 1, 2.5 }, min = 0, max = 7 },\n"
	"file = t.param.file {}";

/* The body sees these values, and is told this. */
static void expect_params(const td_option *options, int n, const char *values, const char *want)
{
	td_str body = {0};
	td_str_addf(
		&body,
		"local n = {} for i, x in ipairs(p.n) do n[i] = tostring(x) end\n"
		"local s = (\"k=%%s r=%%s causal=%%s mode=%%s say=%%s n=%%s\"):format(p.k, p.r, "
		"p.causal, p.mode, p.say, table.concat(n, \" \"))\n"
		"if s ~= \"%s\" then error(s, 0) end\nreturn { y = t.input { p.file, shape = "
		"\"N\" } }",
		values);
	expect_faults_of(declared, td_str_text(&body), options, n, want);
	td_str_fini(&body);
}

static void takes_parameters(void **state)
{
	(void)state;
	const td_option good[] = {{"k", "9"},         {"r", "1e-3"},      {"causal", "true"},
	                          {"mode", "two"},    {"say", "3 words"}, {"n", "4,0.5,7"},
	                          {"file", "a/b.npy"}};
	expect_params(good, 7, "k=9 r=0.001 causal=true mode=two say=3 words n=4 0.5 7", "");
	expect_params(good, 2, "k=9 r=0.001 causal=false mode=one say=hi n=1 2.5", "");
	const td_option empty[] = {{"r", "1"}, {"n", ""}, {"say", ""}, {"k", "2"}};
	expect_params(empty, 4, "k=2 r=1.0 causal=false mode=one say= n=", "");
}

static void refuses_parameters(void **state)
{
	(void)state;
	const td_option bad[] = {{"k", "0"},      {"r", "x"},    {"causal", "yes"},
	                         {"mode", "tow"}, {"n", "1,,2"}, {"kk", "1"},
	                         {"zzzz", "1"},   {"k", "2"},    {"file", "https://x.org/a.npy"}};
	expect_params(
		bad, 9, "k=3 r=1.0 causal=false mode=one say=hi n=1 2.5",
		"p.lua:2:10 TD0104 -p kk: the pipeline has no parameter \"kk\"\n  fix: did you "
		"mean k?\n"
		"p.lua:2:10 TD0104 -p zzzz: the pipeline has no parameter \"zzzz\"\n"
		"  fix: there are causal, file, k, mode, n, r, say\n"
		"p.lua:2:38 TD0107 -p k is given twice\n  fix: give it once\n"
		"p.lua:4:12 TD0107 -p causal=yes: causal takes true or false\n"
		"p.lua:8:10 TD0107 -p file=https://x.org/a.npy: file takes the path of a file; a "
		"URL "
		"stands in the pipeline, with its SHA-256: t.fetch { … }\n"
		"p.lua:2:38 TD0107 -p k=0: k = 0 is out of range: 1 … 9\n  fix: neighbours\n"
		"p.lua:5:10 TD0107 -p mode=tow: mode has no choice \"tow\"; did you mean \"two\"?\n"
		"p.lua:7:7 TD0107 -p n=1,,2: n takes a number\n"
		"p.lua:3:7 TD0107 -p r=x: r takes a number\n");
	const td_option over[] = {{"n", "1,8"}, {"k", "2.0"}};
	expect_params(over, 2, "k=3 r=1.0 causal=false mode=one say=hi n=1 2.5",
	              "p.lua:2:38 TD0107 -p k=2.0: k takes an integer: write 2 instead of 2.0\n"
	              "  fix: neighbours\n"
	              "p.lua:7:7 TD0107 -p n=1,8: n = 8 is out of range: 0 … 7\n"
	              "p.lua:3:7 TD0107 the parameter \"r\" has no default: give it with -p r=…\n");
}

static void checks_declarations(void **state)
{
	(void)state;
	expect_faults_of(
		"k = t.param.int { default = 3, max = 2 }, l = t.param.choice { 3, x = 1 }, "
		"m = 4, [5] = t.param.flag {}, n = t.param.list { default = { \"a\" } }, "
		"o = t.param.int { default = 1.5 }, f = t.param.file { default = 7 }",
		"local _ = { p.k, p.l, p.n, p.o, p.f, p.m }\nreturn {}", NULL, 0,
		"p.lua:2:80 TD0107 t.param.choice: the choices are words, not a number\n"
		"p.lua:2:80 TD0107 t.param.choice has no choices\n"
		"  fix: write t.param.choice { \"one\", \"two\", default = \"one\" }\n"
		"p.lua:2:80 TD0104 t.param.choice has no field \"x\"\n"
		"p.lua:2:0 TD0107 t.param.int: default must be an integer, not 1.5\n"
		"p.lua:2:10 TD0107 \"5\" cannot be the name of a parameter: use letters, "
		"digits and _\n"
		"p.lua:2:10 TD0107 the parameter \"m\" is a number\n"
		"  fix: write t.param.int { … }, .real, .flag, .choice, .text, .file, .list or "
		".words\n"
		"p.lua:2:218 TD0107 the default of f: f takes a path, t.file, t.fetch or "
		"t.synth, not a number\n"
		"p.lua:2:0 TD0107 the default of k: k = 3 is out of range: -inf … 2\n"
		"p.lua:2:80 TD0107 the parameter \"l\" has no default: give it with -p l=…\n"
		"p.lua:2:143 TD0107 the default of n: n takes a number\n"
		"p.lua:3:40 TD0104 the pipeline has no parameter \"m\"\n");
	expect_faults_of(
		"n = t.param.list { default = { a = 1 } }, w = t.param.words { default = { b = "
		"\"T9\" } }",
		"local _ = { p.n, p.w }\nreturn {}", NULL, 0,
		"p.lua:2:38 TD0107 the default of n: n takes a list, and \"a\" has no place "
		"in one\np.lua:2:80 TD0107 the default of w: w takes a list, and \"b\" has "
		"no place in one\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(complains),          cmocka_unit_test(gives_up),
		cmocka_unit_test(checks_units),       cmocka_unit_test(takes_parameters),
		cmocka_unit_test(refuses_parameters), cmocka_unit_test(checks_declarations),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
