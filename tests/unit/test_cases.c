/* Test cases of nodes: what a .lua file beside a node says, and what it is told when it is wrong. */
#include "lua_testing.h"

#include "../../lua/bind_cases.h"
#include "base/rng.h"

#include <math.h>

static td_registry registry;

static int set_up(void **state)
{
	(void)state;
	toy_registry(&registry, true);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	td_registry_fini(&registry);
	return 0;
}

static bool read_cases(const char *node, const char *text, td_cases *out, td_err *e)
{
	const td_embedded file = {"nodes/toy/toy.lua", text, strlen(text)};
	*out = (td_cases){0};
	return td_cases_read(&registry, td_registry_find(&registry, node), &file, out, e);
}

static void load(const char *node, const char *text, td_cases *out)
{
	td_err e = {TD_OK, ""};
	if (!read_cases(node, text, out, &e))
		fail_msg("%s", e.text);
}

static void expect_error(const char *text, const char *want)
{
	td_err e = {TD_OK, ""};
	td_cases cases;
	if (read_cases("toy.blur", text, &cases, &e))
		fail_msg("this should not load: %s", text);
	assert_string_equal(e.text, want);
	assert_int_equal(e.code, TD_E_USAGE);
	assert_null(cases.items);
	assert_null(cases.arena.top);
}

static void add_tensor(td_str *out, const char *name, const td_tensor *t)
{
	if (t->rank < 0)
		return;
	td_str_addf(out, " %s=%s[", name, td_dtype_name(t->dtype));
	for (int i = 0; i < t->rank; i++)
		td_str_addf(out, "%s%lld", i ? " " : "", (long long)t->dim[i]);
	td_str_add(out, "]");
	for (int64_t i = 0; i < td_numel(t); i++) {
		double x = t->dtype == TD_F32   ? (double)((const float *)t->data)[i]
		           : t->dtype == TD_F64 ? ((const double *)t->data)[i]
		           : t->dtype == TD_I32 ? ((const int32_t *)t->data)[i]
		           : t->dtype == TD_U8  ? ((const uint8_t *)t->data)[i]
		                                : (double)((const int64_t *)t->data)[i];
		td_str_addf(out, " %.9g", x);
	}
}

/* One line a case. */
static void add_cases(td_str *out, const td_cases *cases)
{
	for (int i = 0; i < cases->n; i++) {
		const td_case *c = &cases->items[i];
		td_str_addf(out, "%s (%s:%d)", c->name, c->at.file, c->at.line);
		for (int k = 0; k < td_ports_count(c->node->in); k++)
			add_tensor(out, c->node->in[k].name, &c->in[k]);
		for (const td_param *p = c->node->params; p && p->name; p++) {
			td_str_addf(out, " %s=", p->name);
			td_param_text(p, c->params, out);
		}
		for (int k = 0; k < td_ports_count(c->node->out); k++)
			add_tensor(out, c->node->out[k].name, &c->expect[k]);
		td_str_add(out, "\n");
	}
}

static void expect_cases(const char *node, const char *text, const char *want)
{
	td_cases cases;
	td_str out = {0};
	load(node, text, &cases);
	add_cases(&out, &cases);
	assert_string_equal(td_str_text(&out), want);
	td_str_fini(&out);
	td_arena_fini(&cases.arena);
}

/* The file of the template node. */
static void loads_the_copy_node(void **state)
{
	(void)state;
	td_cases cases = {0};
	td_err e = {TD_OK, ""};
	if (!td_cases_load(&registry, td_registry_find(&registry, "tensor.copy"), &cases, &e))
		fail_msg("%s", e.text);
	assert_in_range(cases.n, 5, 100);
	const td_case *c = &cases.items[0];
	assert_string_equal(c->name, "by hand");
	assert_string_equal(c->at.file, "nodes/tensor/copy.lua");
	assert_in_range(c->at.line, 2, 20);
	assert_int_equal(c->in[0].dtype, TD_F32);
	assert_int_equal(c->in[0].rank, 2);
	assert_true(td_feq_exact((double)((const float *)c->in[0].data)[1], -2.5));
	assert_true(isnan(((const float *)c->in[0].data)[2]));
	assert_int_equal(c->expect[0].dtype, TD_F64);
	assert_true(isinf(((const double *)c->expect[0].data)[3]));
	td_arena_fini(&cases.arena);
}

static void has_none_without_a_file(void **state)
{
	(void)state;
	td_cases cases = {0};
	td_err e = {TD_OK, ""};
	assert_true(td_cases_load(&registry, td_registry_find(&registry, "toy.blur"), &cases, &e));
	assert_int_equal(cases.n, 0);
	expect_cases("toy.blur", "return { [\"toy.synth\"] = { cases = { { \"x\" } } } }", "");
	expect_cases("toy.blur", "return { [\"toy.blur\"] = { grad = function() end } }", "");
}

static void reads_inputs_params_and_answers(void **state)
{
	(void)state;
	expect_cases("toy.blur",
	             "local c = ...\n"
	             "return { [\"toy.blur\"] = { cases = {\n"
	             "  { \"by position\", inputs = { c.values { { 1, 2 }, { 3, 0.1 } }, "
	             "c.values({ 0, 1 }, { dtype = \"u8\" }) },\n"
	             "    expect = { y = c.values { { 0.1, 7 } }, rest = c.values({ { 5 } }, { "
	             "dtype = \"i32\" }) } },\n"
	             "  { name = \"by name\", inputs = { x = c.full { 1, 2, value = 3, dtype = "
	             "\"f64\" }, weight = c.values(2) },\n"
	             "    params = { k = 5, sigma = 2, mode = \"gauss\", causal = true } },\n"
	             "} } }\n",
	             "by position (nodes/toy/toy.lua:3) x=f32[2 2] 1 2 3 0.100000001 mask=u8[2] 0 "
	             "1 k=3 sigma=1.5 "
	             "mode=box causal=false y=f64[1 2] 0.1 7 rest=f64[1 1] 5\n"
	             "by name (nodes/toy/toy.lua:5) x=f64[1 2] 3 3 weight=f32[] 2 k=5 sigma=2.0 "
	             "mode=gauss "
	             "causal=true\n");
}

static void sweeps(void **state)
{
	(void)state;
	expect_cases(
		"toy.blur",
		"local c = ...\n"
		"return { [\"toy.blur\"] = { cases = {\n"
		"  { \"sizes\", each = { n = { 1, 2 }, t = { \"f32\", \"f64\" } },\n"
		"    inputs = function(d) return { c.full { d.n, 0, value = 0, dtype = d.t } } "
		"end,\n"
		"    params = function(d) return { k = d.n * 2 + 1 } end,\n"
		"    expect = function(d) return { y = c.full { d.n, 1, value = 0.5 } } end },\n"
		"} } }\n",
		"sizes n=1 t=f32 (nodes/toy/toy.lua:3) x=f32[1 0] k=3 sigma=1.5 mode=box "
		"causal=false "
		"y=f64[1 1] 0.5\n"
		"sizes n=1 t=f64 (nodes/toy/toy.lua:3) x=f64[1 0] k=3 sigma=1.5 mode=box "
		"causal=false "
		"y=f64[1 1] 0.5\n"
		"sizes n=2 t=f32 (nodes/toy/toy.lua:3) x=f32[2 0] k=5 sigma=1.5 mode=box "
		"causal=false "
		"y=f64[2 1] 0.5 0.5\n"
		"sizes n=2 t=f64 (nodes/toy/toy.lua:3) x=f64[2 0] k=5 sigma=1.5 mode=box "
		"causal=false "
		"y=f64[2 1] 0.5 0.5\n");
}

/* The numbers are those of base/rng.h. */
static void draws_numbers(void **state)
{
	(void)state;
	td_cases cases;
	load("toy.blur",
	     "local c = ...\n"
	     "return { [\"toy.blur\"] = { cases = {\n"
	     "  { \"n\", inputs = { c.normal { 2, 3, seed = 5, mean = 10, sd = 2, dtype = \"f64\" "
	     "} } },\n"
	     "  { \"u\", inputs = { c.uniform { 4, 1, lo = -1, hi = 3, seed = 6, dtype = \"f64\" } "
	     "} },\n"
	     "  { \"i\", inputs = { c.full { 1, 1, value = 0 }, c.ints { 50, lo = 2, hi = 4, seed "
	     "= 7, dtype = \"u8\" } } },\n"
	     "  { \"default\", inputs = { c.normal { 3, 3 } } },\n"
	     "} } }\n",
	     &cases);
	assert_int_equal(cases.n, 4);
	td_rng r = td_rng_make(5, 0);
	for (int i = 0; i < 6; i++)
		assert_true(td_feq_exact(((const double *)cases.items[0].in[0].data)[i],
		                         10 + 2 * td_rng_normal(&r)));
	r = td_rng_make(6, 0);
	for (int i = 0; i < 4; i++)
		assert_true(td_feq_exact(((const double *)cases.items[1].in[0].data)[i],
		                         -1 + 4 * td_rng_unit(&r)));
	bool seen[5] = {false};
	const uint8_t *ints = cases.items[2].in[1].data;
	for (int i = 0; i < 50; i++) {
		assert_in_range(ints[i], 2, 4);
		seen[ints[i]] = true;
	}
	assert_true(seen[2] && seen[3] && seen[4]);
	td_arena_fini(&cases.arena);
}

/* c.map sees what an input holds; c.with leaves the tensor it is given alone. */
static void changes_copies(void **state)
{
	(void)state;
	expect_cases("toy.blur",
	             "local c = ...\n"
	             "local x = c.values { { 1, 0.1 } }\n"
	             "local y = c.with(x, { [2] = c.nan })\n"
	             "local z = c.map(x, function(v, i) return v == 1 and -c.inf or v + i end)\n"
	             "local k = c.map(c.values({ 1, 2 }, { dtype = \"i64\" }), function(v) return "
	             "v * (1 << 53) + 1 end)\n"
	             "assert(not pcall(c.map, c.values({ 1 }, { dtype = \"i32\" }), function() "
	             "return 0.5 end))\n"
	             "return { [\"toy.blur\"] = { cases = { { \"a\", inputs = { x, weight = y }, "
	             "expect = { y = z, rest = x } } } } }\n",
	             "a (nodes/toy/toy.lua:7) x=f32[1 2] 1 0.100000001 weight=f32[1 2] 1 nan k=3 "
	             "sigma=1.5 mode=box "
	             "causal=false y=f64[1 2] -inf 2.1 rest=f64[1 2] 1 0.1\n");
}

static const td_node count = {
	.abi = TD_ABI,
	.version = 1,
	.name = "toy.count",
	.doc = "Counts.",
	.out = (const td_port[]){{"n", TD_SET_I32, "1", NULL, "how many", {TD_EXACT}}, {0}},
	.impls = TOY_IMPLS,
};

/* Outputs of integers are expected as i64. */
static void expects_integers(void **state)
{
	(void)state;
	static const char text[] = "local c = ...\nreturn { [\"toy.count\"] = { cases = {\n"
				   "  { \"one\", expect = { c.values { 3 } } } } } }";
	static const char half[] = "local c = ...\nreturn { [\"toy.count\"] = { cases = {\n"
				   "  { \"one\", expect = { c.values { 0.5 } } } } } }";
	const td_embedded good = {"nodes/toy/count.lua", text, strlen(text)};
	const td_embedded bad = {"nodes/toy/count.lua", half, strlen(half)};
	td_cases cases = {0};
	td_err e = {TD_OK, ""};
	assert_true(td_cases_read(&registry, &count, &good, &cases, &e));
	assert_int_equal(cases.items[0].expect[0].dtype, TD_I64);
	assert_int_equal(*(const int64_t *)cases.items[0].expect[0].data, 3);
	td_arena_fini(&cases.arena);
	cases = (td_cases){0};
	assert_false(td_cases_read(&registry, &count, &bad, &cases, &e));
	assert_string_equal(e.text,
	                    "nodes/toy/count.lua:3: 0.5 is expected of an output of integers");
}

/* A case with these fields is told this; it stands in line 2. */
static void expect_case_error(const char *fields, const char *want)
{
	td_str text = {0}, message = {0};
	td_str_addf(&text,
	            "local c = ... return { [\"toy.blur\"] = { cases = {\n{ \"a\", %s } } } }",
	            fields);
	td_str_addf(&message, "nodes/toy/toy.lua:%s", want);
	expect_error(td_str_text(&text), td_str_text(&message));
	td_str_fini(&text);
	td_str_fini(&message);
}

static void complains(void **state)
{
	(void)state;
	expect_error("return 3", "nodes/toy/toy.lua:1: a file of cases returns a table, node name "
	                         "-> { cases = { … } }");
	expect_error("return }", "nodes/toy/toy.lua:1: unexpected symbol near '}'");
	expect_error("local c = ...\nc.full { 1 << 40, value = 0 }",
	             "nodes/toy/toy.lua:2: the script needs over 512.0 MiB of memory");
	expect_error("local c = ...\nc.full { -1, value = 0 }",
	             "nodes/toy/toy.lua:2: a tensor with -1 as a dim");
	expect_error("return { [\"toy.blur\"] = { cases = { { inputs = {} } } } }",
	             "nodes/toy/toy.lua:1: a case of toy.blur has no name");
	expect_case_error("input = {}", "2: the case \"a\" has a field \"input\"; there are name, "
	                                "inputs, params, each, expect");
	expect_case_error("inputs = {}", "2: the case \"a\" of toy.blur: no input x");
	expect_case_error("inputs = 7", "2: the case \"a\" of toy.blur: inputs must be a table");
	expect_case_error("inputs = { c.full { 1, 1, value = 1 } }, params = 7",
	                  "2: the case \"a\" of toy.blur: params must be a table");
	expect_case_error("inputs = { c.full { 1, [3] = 1, value = 1 } }",
	                  "2: dims are at most 8 integers");
	expect_case_error("inputs = { 7 }", "2: the case \"a\" of toy.blur: no tensor for x");
	expect_case_error("inputs = { [4] = 7 }",
	                  "2: the case \"a\" of toy.blur: there are fewer ports");
	expect_case_error("inputs = { z = 7 }",
	                  "2: the case \"a\" of toy.blur: there is no port z");
	expect_case_error("inputs = { c.full { 1, 1, value = 1 } }, params = { q = 1 }",
	                  "2: the case \"a\" of toy.blur: there is no parameter q");
	expect_case_error("inputs = { c.full { 1, 1, value = 1 } }, params = { k = 100 }",
	                  "2: the case \"a\" of toy.blur: k = 100 is out of range: 1 … 99");
	expect_case_error("inputs = { c.full { 1, 1, value = 1 } }, params = { k = {} }",
	                  "2: the case \"a\" of toy.blur: no value for k");
	expect_case_error(
		"inputs = { c.full { 1, 1, value = 1 } }, params = { k = 2, causal = true }",
		"2: the case \"a\" of toy.blur: a causal blur needs an odd k");
	expect_case_error("inputs = { c.full { 1, valu = 1 } }",
	                  "2: there is no option \"valu\" here: value, dtype");
	expect_case_error("inputs = { c.full { 1, value = 1, dtype = \"f31\" } }",
	                  "2: there is no dtype \"f31\"");
	expect_case_error("inputs = { c.values { { 1, 2 }, { 3 } } }",
	                  "2: the rows of a tensor have one length");
	expect_case_error("inputs = { c.values { { 1, 2 }, 3 } }",
	                  "2: the rows of a tensor have one length");
	expect_case_error("inputs = { c.values { 1, \"x\" } }",
	                  "2: a tensor is made of numbers, not of a string");
	expect_case_error("inputs = { c.values({ 0.5 }, { dtype = \"i32\" }) }",
	                  "2: i32 holds no 0.5");
	expect_case_error("inputs = { c.ints { 1, lo = 3, hi = 2 } }",
	                  "2: c.ints needs lo <= hi, less than 2^32 apart");
	expect_case_error("inputs = { c.with(c.full { 2, value = 1 }, { [3] = 1 }) }",
	                  "2: c.with: the tensor has elements 1 … 2");
	expect_case_error("inputs = { c.values({ { 300 } }, { dtype = \"u8\" }) }",
	                  "2: u8 holds no 300");
}

static void needs_what_is_required(void **state)
{
	(void)state;
	td_err e = {TD_OK, ""};
	td_cases cases;
	assert_false(read_cases(
		"toy.synth", "return { [\"toy.synth\"] = { cases = { { \"a\" } } } }", &cases, &e));
	assert_string_equal(e.text,
	                    "nodes/toy/toy.lua:1: the case \"a\" of toy.synth: no parameter seed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loads_the_copy_node),
		cmocka_unit_test(has_none_without_a_file),
		cmocka_unit_test(reads_inputs_params_and_answers),
		cmocka_unit_test(sweeps),
		cmocka_unit_test(draws_numbers),
		cmocka_unit_test(changes_copies),
		cmocka_unit_test(expects_integers),
		cmocka_unit_test(complains),
		cmocka_unit_test(needs_what_is_required),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
