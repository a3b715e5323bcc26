/* Pipelines: what a script builds. */
#include "lua_expect.h"

#include "base/file.h"
#include "check/check.h"

#include <unistd.h>

/* -- what is built -------------------------------------------------------- */

static void builds_a_pipeline(void **state)
{
	(void)state;
	expect_graph("local t = require \"tandem\"\n"
	             "return t.pipeline {\n"
	             "  name = \"smooth\", determinism = \"D3\",\n"
	             "  params = {\n"
	             "    series = t.param.file { default = \"x.npy\", doc = \"rows\" },\n"
	             "    k = t.param.int { default = 5, min = 1 },\n"
	             "    spare = t.param.flag { default = false },\n"
	             "  },\n"
	             "  build = function(p)\n"
	             "    local x = t.input { p.series, dtype = \"f64\", shape = \"N T\", unit = "
	             "\"V\", rate = 5,\n"
	             "                        range = { -1, 1 }, dims = { N = { 2, 64 } } }\n"
	             "    local b = t.stage(\"blur\", t.toy.blur { x, k = p.k, mode = \"gauss\", "
	             "name = \"main\" })\n"
	             "    return {\n"
	             "      smooth = b,\n"
	             "      rest = b.rest,\n"
	             "    }\n"
	             "  end,\n"
	             "}\n",
	             "graph smooth D3\n"
	             "dim N 2:64 rate 0\n"
	             "dim T 1:2147483647 rate 5\n"
	             "input series =0 f64 [N T] x.npy unit V range -1:1 literal @10:17\n"
	             "main = toy.blur( 0 - - ) -> 1 2 k=5 sigma=1.5 mode=gauss causal=false stage "
	             "blur @12:33\n"
	             "output rest = 2 @15:7\n"
	             "output smooth = 1 @14:7\n"
	             "param k int = 5 @6:11\n"
	             "param series file = x.npy @5:16\n"
	             "param spare flag = false unused @7:15\n");
}

/* A graph without faults passes check, but for warnings. */
static void expect_proved(td_graph *g)
{
	td_diags d = {0};
	td_str text = {0};
	if (!g->faults.n && !td_check(g, &d)) {
		td_diags_text(&d, g, false, &text);
		fail_msg("%s", td_str_text(&text));
	}
	td_diags_fini(&d);
}

/* The lines of a graph after its dims, for bodies that begin with the input x. */
static void expect_body(const char *body, const char *want)
{
	td_err e = {TD_OK, ""};
	td_str script = {0}, out = {0}, all = {0};
	td_str_addf(&all, "local x = t.input { \"x.npy\", shape = \"N T\" }\n%s", body);
	wrap(&script, "", td_str_text(&all));
	td_graph *g = build(td_str_text(&script), NULL, 0, &e);
	if (!g)
		fail_msg("%s\n%s", body, e.text);
	toy_faults(g, &out);
	for (int i = 0; i < g->constants.n; i++) {
		const td_constant *c = &g->constants.items[i];
		td_str_addf(&out, "const %s rank %d:", td_dtype_name(c->dtype), c->rank);
		for (int64_t k = 0; k < c->n; k++)
			td_str_addf(&out, " %s", td_number_text(c->items[k]).text);
		td_str_add(&out, "\n");
	}
	for (int i = 0; i < g->steps.n; i++)
		toy_step(g, &g->steps.items[i], &out);
	for (int i = 0; i < g->loops.n; i++)
		toy_loop(g, i, &out);
	if (strcmp(td_str_text(&out), want) != 0)
		fail_msg("%s\n- builds\n%s- and should build\n%s", body, td_str_text(&out), want);
	expect_proved(g);
	td_str_fini(&out);
	td_str_fini(&all);
	td_str_fini(&script);
	td_graph_free(g);
}

static void takes_inputs_and_options(void **state)
{
	(void)state;
	expect_body("local k = t.const({ 1, 2, 1 })\n"
	            "local w = t.toy.blur { x = x, weight = k, impl = \"native\", allow_native = "
	            "true,\n"
	            "  tol = { factor = 4, reason = \"why\" } }\n"
	            "return { y = t.toy.blur { w, nil, k, causal = true } }",
	            "const f32 rank 1: 1 2 1\n"
	            "blur = toy.blur( 0 - 1 ) -> 2 3 k=3 sigma=1.5 mode=box causal=false impl "
	            "native tol "
	            "4 "
	            "why native @5:13\n"
	            "blur_1 = toy.blur( 2 - 1 ) -> 4 5 k=3 sigma=1.5 mode=box causal=true @7:16\n");
	/* a step stands for its first output, and equal values are equal */
	expect_body("local b = t.toy.blur { x }\n"
	            "assert(b.y == b.y and b.y ~= b.rest and b == b.y and b.rest ~= x)\n"
	            "assert(tostring(x) == \"x\" and tostring(b.rest) == \"blur.rest\")\n"
	            "return { y = b }",
	            "blur = toy.blur( 0 - - ) -> 1 2 k=3 sigma=1.5 mode=box causal=false @4:13\n");
}

static void has_operators(void **state)
{
	(void)state;
	expect_body("local y = x + x - x * x / x\n"
	            "return { y = y }",
	            "add = tensor.add( 0 0 ) -> 1 @4:0\n"
	            "mul = tensor.mul( 0 0 ) -> 2 @4:0\n"
	            "div = tensor.div( 2 0 ) -> 3 @4:0\n"
	            "sub = tensor.sub( 1 3 ) -> 4 @4:0\n");
	expect_body("return { a = x + 1, b = 2 + x, c = x - 3, d = 4 - x, e = x * 5, f = 6 * x, g "
	            "= x / 8, h = -x }",
	            "affine = tensor.affine( 0 ) -> 1 mul=1.0 add=1.0 @4:0\n"
	            "affine_1 = tensor.affine( 0 ) -> 2 mul=1.0 add=2.0 @4:0\n"
	            "affine_2 = tensor.affine( 0 ) -> 3 mul=1.0 add=-3.0 @4:0\n"
	            "affine_3 = tensor.affine( 0 ) -> 4 mul=-1.0 add=4.0 @4:0\n"
	            "affine_4 = tensor.affine( 0 ) -> 5 mul=5.0 add=0.0 @4:0\n"
	            "affine_5 = tensor.affine( 0 ) -> 6 mul=6.0 add=0.0 @4:0\n"
	            "affine_6 = tensor.affine( 0 ) -> 7 mul=0.125 add=0.0 @4:0\n"
	            "affine_7 = tensor.affine( 0 ) -> 8 mul=-1.0 add=0.0 @4:0\n");
}

static void makes_constants(void **state)
{
	(void)state;
	expect_body("t.const(3) t.const({ { 1, 2.5 }, { -3, 4 } }) t.const({ 1, 2, 3 }, { dtype = "
	            "\"i64\" })\n"
	            "t.const({ {}, {} }) t.const({ 0 / 0, math.huge }, { dtype = \"f64\" })\n"
	            "return { y = x }",
	            "const f32 rank 0: 3\n"
	            "const f32 rank 2: 1 2.5 -3 4\n"
	            "const i64 rank 1: 1 2 3\n"
	            "const f32 rank 2:\n"
	            "const f64 rank 1: nan inf\n");
}

static void tags_stages(void **state)
{
	(void)state;
	/* what x comes from, back to what has a stage; a table; a function, whose inner stages stay */
	expect_body("local a = t.tensor.copy { x, name = \"a\" }\n"
	            "local b = t.stage(\"one\", t.tensor.copy { a, name = \"b\" })\n"
	            "local c, d = t.tensor.copy { b, name = \"c\" }, t.tensor.copy { b, name = "
	            "\"d\" }\n"
	            "t.stage(\"two\", { c, { k = d } })\n"
	            "local e, n = t.stage(\"three\", function()\n"
	            "  t.stage(\"four\", t.tensor.copy { d, name = \"e\" })\n"
	            "  return t.tensor.copy { d, name = \"f\" }, 7\n"
	            "end)\n"
	            "assert(n == 7)\n"
	            "return { y = t.tensor.copy { e, name = \"g\" } }",
	            "a = tensor.copy( 0 ) -> 1 stage one @4:13\n"
	            "b = tensor.copy( 1 ) -> 2 stage one @5:28\n"
	            "c = tensor.copy( 2 ) -> 3 stage two @6:0\n"
	            "d = tensor.copy( 2 ) -> 4 stage two @6:0\n"
	            "e = tensor.copy( 4 ) -> 5 stage four @9:21\n"
	            "f = tensor.copy( 4 ) -> 6 stage three @10:12\n"
	            "g = tensor.copy( 6 ) -> 7 @13:16\n");
}

static void traces_loops(void **state)
{
	(void)state;
	/* one value; each next has a step of its own */
	expect_body("local y = t.loop(3, x, function(s, i) return s * 2 end)\n"
	            "return { y = y }",
	            "copy = tensor.copy( 0 ) -> 1 @4:13\n"
	            "affine = tensor.affine( 2 ) -> 3 mul=2.0 add=0.0 loop 0 @4:0\n"
	            "loop 0: 3 turns in -1, steps 1 to 2, index -1: (1 2 3)\n");
	/* a tree; a carry that stays, one value for two carries, the index */
	expect_body(
		"local s = t.loop(2, { w = x, m = { x, x }, n = t.const({ 0 }, { dtype = \"i64\" "
		"}) },\n"
		"function(s, i)\n"
		"  local h = s.w * 2\n"
		"  return { w = h, m = { s.m[2], h }, n = t.tensor.copy { i } }\n"
		"end)\n"
		"return { w = s.w, m = s.m[1], n = s.n, k = s.m[2] }",
		"const i64 rank 1: 0\n"
		"copy = tensor.copy( 0 ) -> 2 @4:13\n"
		"copy_1 = tensor.copy( 0 ) -> 3 @4:13\n"
		"copy_2 = tensor.copy( 1 ) -> 4 @4:13\n"
		"copy_3 = tensor.copy( 0 ) -> 5 @4:13\n"
		"affine = tensor.affine( 9 ) -> 10 mul=2.0 add=0.0 loop 0 @6:0\n"
		"copy_5 = tensor.copy( 11 ) -> 12 loop 0 @7:44\n"
		"copy_6 = tensor.copy( 7 ) -> 13 loop 0 @4:13\n"
		"copy_7 = tensor.copy( 10 ) -> 14 loop 0 @4:13\n"
		"loop 0: 2 turns in -1, steps 4 to 8, index 11: (2 6 13) (3 7 10) (4 8 12) (5 9 "
		"14)\n");
	/* nested: what the inner loop leaves is a carry, so it is copied */
	expect_body("local y = t.loop(2, x, function(a)\n"
	            "  return t.loop(4, a, function(b) return t.stage(\"in\", b + a) end)\n"
	            "end)\n"
	            "return { y = t.stage(\"all\", y) }",
	            "copy = tensor.copy( 0 ) -> 1 stage all @4:13\n"
	            "copy_1 = tensor.copy( 2 ) -> 3 stage all loop 0 @5:12\n"
	            "add = tensor.add( 4 2 ) -> 5 stage in loop 1 @5:0\n"
	            "copy_3 = tensor.copy( 4 ) -> 6 stage all loop 0 @4:13\n"
	            "loop 0: 2 turns in -1, steps 1 to 4, index -1: (1 2 6)\n"
	            "loop 1: 4 turns in 0, steps 2 to 3, index -1: (3 4 5)\n");
}

/* A body that fails leaves no loop open; `check` says that the loop is not whole. */
static void closes_loops_that_fail(void **state)
{
	(void)state;
	td_err e = {TD_OK, ""};
	td_diags d = {0};
	td_str script = {0};
	wrap(&script, "",
	     "local x = t.input { \"x.npy\", shape = \"N\" }\n"
	     "assert(not pcall(t.loop, 2, x, function(a) t.loop(3, a, function() error(\"no\") "
	     "end) end))\n"
	     "return { y = t.tensor.copy { x, name = \"after\" } }");
	td_graph *g = build(td_str_text(&script), NULL, 0, &e);
	assert_non_null(g);
	assert_int_equal(g->open_loop, TD_NONE);
	assert_int_equal(g->loops.n, 2);
	assert_string_equal(g->steps.items[2].name, "after");
	assert_int_equal(g->steps.items[2].loop, TD_NONE);
	assert_false(td_check(g, &d));
	td_diags_fini(&d);
	td_graph_free(g);
	td_str_fini(&script);
}

static void records_series(void **state)
{
	(void)state;
	/* the buffers are made before the loop, though the body says last what to record */
	expect_body("local v = t.const({ 0 })\n"
	            "local s, r = t.loop(3, { v = v }, function(s, i)\n"
	            "  local inner = t.loop(2, s.v, function(u) return u + 1 end)\n"
	            "  local n = inner * 2\n"
	            "  return { v = n }, { loss = n, deep = { inner } }\n"
	            "end)\n"
	            "return { v = s.v, loss = r.loss, deep = r.deep[1] }",
	            "const f32 rank 1: 0\n"
	            "const f32 rank 2: 0 0 0\n"
	            "const f32 rank 2: 0 0 0\n"
	            "copy = tensor.copy( 1 ) -> 2 @5:16\n"
	            "copy_4 = tensor.copy( 8 ) -> 9 @5:16\n"
	            "copy_5 = tensor.copy( 10 ) -> 11 @5:16\n"
	            "copy_1 = tensor.copy( 3 ) -> 4 loop 0 @6:19\n"
	            "affine = tensor.affine( 5 ) -> 6 mul=1.0 add=1.0 loop 1 @6:0\n"
	            "affine_3 = tensor.affine( 5 ) -> 7 mul=2.0 add=0.0 loop 0 @7:0\n"
	            "put = tensor.put( 12 5 13 ) -> 14 loop 0 @5:16\n"
	            "put_7 = tensor.put( 15 7 13 ) -> 16 loop 0 @5:16\n"
	            "loop 0: 3 turns in -1, steps 3 to 8, index 13: (2 3 7) (9 12 14) (11 15 16)\n"
	            "loop 1: 2 turns in 0, steps 4 to 5, index -1: (4 5 6)\n");
	/* what cannot be recorded is said, and building goes on */
	expect_body(
		"local s, r = t.loop(3, x, function(s, i) return -s, { a = s, b = 7 } end)\n"
		"return { s = s, a = r.a, b = r.b }",
		"p.lua:4:16 TD0107 the series \"a\" records values of shape [N T], whose size is "
		"not known yet\n"
		"p.lua:4:16 TD0107 the series \"b\" is a number, not a value\n"
		"copy = tensor.copy( 0 ) -> 1 @4:16\n"
		"affine = tensor.affine( 2 ) -> 3 mul=-1.0 add=0.0 loop 0 @4:0\n"
		"lost = tandem.lost( ) -> 4 loop 0 @4:16\n"
		"lost_3 = tandem.lost( ) -> 5 loop 0 @4:16\n"
		"loop 0: 3 turns in -1, steps 1 to 4, index -1: (1 2 3)\n");
}

static void reads_inputs(void **state)
{
	(void)state;
	expect_graph(
		"local t = require \"tandem\"\n"
		"return t.pipeline { params = { where = t.param.file { doc = \"none yet\" } },\n"
		"build = function(p)\n"
		"  local a = t.input { t.fetch { url = \"https://x.org/a.npy\", bytes = 12,\n"
		"    sha256 = \""
		"0123456789abcdef0123456789ABCDEF0123456789abcdef0123456789abcdef"
		"\" }, shape = \"N 2*N 3\" }\n"
		"  local b = t.input { t.file { path = \"/abs/b.csv\" }, shape = \"C 2\", dtype = "
		"\"f64\", columns = { \"x_m\", \"y_m\" } }\n"
		"  local c = t.input { \"sub/b.csv\", shape = \"\", dims = {} }\n"
		"  local d = t.input { p.where, shape = \"T\", dtype = \"u8\", rate = 2.5, name = "
		"\"labels\" }\n"
		"  local e = t.input { p.where, shape = \"N\" , dims = { N = { 4, 9 } } }\n"
		"  local f = t.input { t.synth.toy { n = 8, seed = 1 }, shape = \"N T\", unit = "
		"\"V\" }\n"
		"  return { a = a, b = b, c = c, d = d, e = e, f = f }\n"
		"end }\n",
		"graph p D0\n"
		"dim N 8:8 rate 0\n"
		"dim C 1:2147483647 rate 0\n"
		"dim T 3:3 rate 2.5\n"
		"input a =0 f32 [N 2*N 3] https://x.org/a.npy pin 01234567 bytes 12 @4:15\n"
		"input b =1 f64 [C 2] /abs/b.csv columns x_m,y_m literal @6:15\n"
		"input b_2 =2 f32 [] sub/b.csv literal @7:15\n"
		"input labels =3 u8 [T] - @8:15\n"
		"input where =4 f32 [N] - @9:15\n"
		"synth = toy.synth( ) -> 5 n=8 t=3 seed=1 @10:15\n"
		"output a = 0 @11:12\n"
		"output b = 1 @11:19\n"
		"output c = 2 @11:26\n"
		"output d = 3 @11:33\n"
		"output e = 4 @11:40\n"
		"output f = 5 @11:47\n"
		"param where file =  @2:42\n");
}

/* -- modules -------------------------------------------------------------- */

static void write_text(const char *folder, const char *name, const char *text)
{
	td_err e;
	char *path = td_path_join(folder, name);
	if (!td_file_write(path, text, strlen(text), &e))
		fail_msg("%s", e.text);
	free(path);
}

/* Builds folder/p.lua; the message of the error, or "". */
static void build_file(const char *folder, td_graph **g, td_err *e)
{
	char *path = td_path_join(folder, "p.lua");
	*e = (td_err){TD_OK, ""};
	*g = td_lua_build(&registry, path, NULL, 0, e);
	free(path);
}

static void requires_modules(void **state)
{
	(void)state;
	char top[] = "build/test_lua_XXXXXX", folder[128];
	td_graph *g;
	td_err e;
	td_str path = {0};
	assert_non_null(mkdtemp(top));
	td_clip(folder, sizeof folder, "%s/a_folder_with_a_name_that_is_too_long_for_Lua", top);
	td_str_addf(&path, "%s/sub", folder);
	assert_true(td_mkdirs(td_str_text(&path), &e));
	write_text(folder, "p.lua",
	           "#!/usr/bin/env tandem\nlocal t = require \"tandem\"\nlocal net = require "
	           "\"sub.net\"\n"
	           "assert(net == require \"sub.net\" and require \"tandem\" == t)\n"
	           "return t.pipeline { build = function()\n"
	           "  return { y = net.twice(t.input { \"x.npy\", shape = \"N\" }) }\nend }\n");
	write_text(folder, "sub/net.lua",
	           "local t = require \"tandem\"\nlocal net, core = {}, select(2, ...)\n"
	           "assert(core == nil and ... == \"sub.net\")\n"
	           "function net.twice(x) return t.tensor.copy { t.tensor.copy {\n x } } end\n"
	           "return net\n");
	build_file(folder, &g, &e);
	assert_string_equal(e.text, "");
	assert_int_equal(g->sources.n, 2);
	assert_true(td_ends(g->sources.items[1].name, "/sub/net.lua"));
	assert_string_equal(g->sources.items[1].sha.hex,
	                    td_sha256_text(g->sources.items[1].text).hex);
	assert_ptr_equal(g->steps.items[0].at.file, g->sources.items[1].name);
	assert_int_equal(g->steps.items[0].at.line, 4);
	assert_string_equal(g->name, "p");
	assert_true(td_ends(g->inputs.items[0].path, "/x.npy")); /* beside the pipeline */
	assert_true(td_starts(g->inputs.items[0].path, "build/"));
	assert_false(g->inputs.items[0].literal);
	td_graph_free(g);

	write_text(folder, "sub/net.lua", "return require \"sub.net\"\n");
	build_file(folder, &g, &e);
	assert_null(g);
	assert_true(
		td_ends(e.text, "/sub/net.lua:1: require \"sub.net\": the module requires itself"));
	write_text(folder, "sub/net.lua", "return }\n");
	build_file(folder, &g, &e);
	assert_true(td_ends(e.text, "/sub/net.lua:1: unexpected symbol near '}'"));
	write_text(folder, "sub/net.lua", "\x1bLua");
	build_file(folder, &g, &e);
	assert_non_null(strstr(e.text, "attempt to load a binary chunk"));
	write_text(folder, "p.lua", "require \"nope\"\n");
	build_file(folder, &g, &e);
	assert_non_null(strstr(e.text, "p.lua:1: cannot open"));
	write_text(folder, "p.lua",
	           "assert(require \"sub.net\" == true and require \"sub.net\" == true)\nlocal x = "
	           "y\n");
	write_text(folder, "sub/net.lua", "");
	build_file(folder, &g, &e); /* a name that Lua clips in its messages */
	assert_true(td_ends(e.text, "a_folder_with_a_name_that_is_too_long_for_Lua/p.lua:2: there "
	                            "is no variable \"y\""));
	assert_true(td_starts(e.text, "build/"));
	write_text(folder, "p.lua", "");
	build_file(folder, &g, &e);
	assert_non_null(strstr(e.text, "it returned a nil"));
	td_str_addf(&path, "/net.lua");
	unlink(td_str_text(&path));
	td_str_fini(&path);
	td_str_addf(&path, "rm -r %s", top);
	assert_int_equal(system(td_str_text(&path)), 0);
	td_str_fini(&path);
	assert_null(td_lua_build(&registry, "build/no/such.lua", NULL, 0, &e));
	assert_int_equal(e.code, TD_E_DATA);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(builds_a_pipeline), cmocka_unit_test(takes_inputs_and_options),
		cmocka_unit_test(has_operators),     cmocka_unit_test(makes_constants),
		cmocka_unit_test(tags_stages),       cmocka_unit_test(traces_loops),
		cmocka_unit_test(records_series),    cmocka_unit_test(closes_loops_that_fail),
		cmocka_unit_test(reads_inputs),      cmocka_unit_test(requires_modules),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
