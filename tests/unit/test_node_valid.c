/* Unit tests of model/node_valid.c: every way to break a descriptor. */
#include "testing.h"

#include "model/registry.h"
#include "nodes.h"

#include <math.h>
#include <string.h>

static void refuse(const td_node *n, const char *want)
{
	assert_fails(td_node_valid(n, e), TD_E_USAGE, want);
}

static void test_nodes_are_sound(void **state)
{
	(void)state;
	assert_ok(td_node_valid(&test_add, e));
	assert_ok(td_node_valid(&test_draw, e));
	assert_ok(td_node_valid(&test_rich, e));
}

static void bad_heads(void **state)
{
	(void)state;
	static const char head[] =
		"a node needs a name \"family.node\", a doc, a version and outputs";
	static const char *const names[] = {
		NULL,   "",      "add",     "Test.add", "test.",
		".add", "a.b.c", "te st.a", "test.1",   "test.a_name_that_is_longer_than_allowed"};
	td_node n = test_add;
	n.abi = 99;
	refuse(&n, "a node has ABI 99, this program needs 1: build it again with this tandem.h");
	for (size_t i = 0; i < TD_COUNT(names); i++) {
		n = test_add;
		n.name = names[i];
		refuse(&n, head);
	}
	n = test_add;
	n.doc = NULL;
	refuse(&n, head);
	n = test_add;
	n.version = 0;
	refuse(&n, head);
	n = test_add;
	n.out = NULL;
	refuse(&n, head);
	n.out = (const td_port[]){{0}};
	refuse(&n, head);
	n = test_add;
	n.flags = 5;
	refuse(&n, "node test.add: its flags 0x5 are unknown");
	n.flags = TD_D1 | 1u << 20;
	refuse(&n, "node test.add: its flags 0x100001 are unknown");
}

static void refuse_impls(const td_impl *impls, const char *want)
{
	td_node n = test_add;
	n.impls = impls;
	refuse(&n, want);
}

static void bad_impls(void **state)
{
	(void)state;
	static const char first[] = "node test.add: the first impl must be \"ref\", on the host";
	refuse_impls(NULL, first);
	refuse_impls((const td_impl[]){{0}}, first);
	refuse_impls((const td_impl[]){{"native", TD_ON_HOST, test_run}, {0}}, first);
	refuse_impls((const td_impl[]){{"ref", TD_ON_OPENCL, test_run, "x.cl"}, {0}}, first);
	refuse_impls((const td_impl[]){{"ref", TD_ON_HOST, NULL}, {0}},
	             "node test.add: the impl \"ref\" has no run function");
	refuse_impls((const td_impl[]){{"ref", TD_ON_HOST, test_run},
	                               {"ref", TD_ON_HOST, test_run},
	                               {0}},
	             "node test.add: the impl \"ref\" needs a plain name of its own");
	refuse_impls(
		(const td_impl[]){{"ref", TD_ON_HOST, test_run}, {"My", TD_ON_HOST, test_run}, {0}},
		"node test.add: the impl \"My\" needs a plain name of its own");
	refuse_impls((const td_impl[]){{"ref", TD_ON_HOST, test_run},
	                               {"cl", TD_ON_OPENCL, test_run},
	                               {0}},
	             "node test.add: the impl \"cl\" has no kernel source");
	refuse_impls((const td_impl[]){{"ref", TD_ON_HOST, test_run},
	                               {"cl", TD_ON_OPENCL, test_run, "x.cl", .group = -1},
	                               {0}},
	             "node test.add: the impl \"cl\" has a negative group");
	refuse_impls((const td_impl[]){{"ref", TD_ON_HOST, test_run},
	                               {"cl", TD_ON_OPENCL, test_run, "x.cl", .local_bytes = "4*W"},
	                               {0}},
	             "node test.add: local_bytes of \"cl\": unknown dim \"W\" in \"4*W\"");
}

typedef struct {
	int64_t i;
	double r;
	int32_t c;
	bool b;
} one_each;

/* A node with one parameter. */
static void refuse_param(td_param p, const char *want)
{
	td_node n = test_add;
	n.params = (const td_param[]){p, {0}};
	n.params_size = sizeof(one_each);
	refuse(&n, want);
}

static void bad_params(void **state)
{
	(void)state;
	static const char *const no_words[] = {NULL}, *const words[] = {"a", "b", NULL};
	const td_param i = {"k", NULL, "doc", TD_INT, offsetof(one_each, i), 1, 1, 9};
	const td_param c = {"how",           NULL, "doc", TD_CHOICE, offsetof(one_each, c), 0,
	                    .choices = words};
	td_param p = i;
	p.name = "K";
	refuse_param(p, "node test.add: the parameter \"K\" needs a plain name and a doc");
	p = i;
	p.doc = NULL;
	refuse_param(p, "node test.add: the parameter \"k\" needs a plain name and a doc");
	p = i;
	p.name = "x"; /* the name of an input */
	refuse_param(p, "node test.add: the parameter \"x\" needs a name of its own");
	p = i;
	p.offset = sizeof(one_each) - 4;
	refuse_param(p, "node test.add: the parameter \"k\" does not lie in the params struct");
	p.offset = 4;
	refuse_param(p, "node test.add: the parameter \"k\" does not lie in the params struct");
	p.offset = SIZE_MAX;
	refuse_param(p, "node test.add: the parameter \"k\" does not lie in the params struct");
	p = i;
	p.min = 10;
	refuse_param(p, "node test.add: the parameter \"k\" has an empty range");
	p.min = (double)NAN;
	refuse_param(p, "node test.add: the parameter \"k\" has an empty range");
	p = i;
	p.def = 10;
	refuse_param(p, "node test.add: the default of the parameter \"k\" is none of its values");
	p.def = 1.5;
	refuse_param(p, "node test.add: the default of the parameter \"k\" is none of its values");
	p = i;
	p.unit = "volt";
	refuse_param(p,
	             "node test.add: the parameter \"k\": \"volt\" is no unit I know at \"volt\"; "
	             "write V, uV, Hz, m/s^2, dB, prob, 1 …");
	p = i;
	p.type = (td_ptype)9;
	refuse_param(p, "node test.add: the parameter \"k\" has no type");
	p = c;
	p.choices = NULL;
	refuse_param(p, "node test.add: the parameter \"how\" has no choices");
	p.choices = no_words;
	refuse_param(p, "node test.add: the parameter \"how\" has no choices");
	p = c;
	p.def = 2;
	refuse_param(p,
	             "node test.add: the default of the parameter \"how\" is none of its values");
	p = (td_param){"b", NULL, "doc", TD_FLAG, offsetof(one_each, b), 2};
	refuse_param(p, "node test.add: the default of the parameter \"b\" is none of its values");
	p = c;
	p.name = "dtype";
	refuse_param(p, "node test.add: the parameter \"dtype\" has the word \"a\"");
	p = i;
	p.name = "dtype";
	refuse_param(p, "node test.add: the parameter \"dtype\" must be a choice");
}

static void bad_param_tables(void **state)
{
	(void)state;
	td_node n = test_add;
	static td_param many[66];
	static char name[66][8];
	for (int i = 0; i < 65; i++) {
		td_clip(name[i], sizeof name[i], "p%d", i);
		many[i] = (td_param){name[i], NULL, "doc", TD_INT, 0, 0, 0, 9};
	}
	n.params = many;
	n.params_size = sizeof(one_each);
	refuse(&n, "node test.add: more than 64 parameters");
	many[64] = (td_param){0};
	assert_ok(td_node_valid(&n, e));
	many[63].name = "p7";
	refuse(&n, "node test.add: the parameter \"p7\" needs a name of its own");
	many[0] = (td_param){0};
	n.params_size = 513;
	refuse(&n, "node test.add: the params struct is over 512 bytes");
	n = test_add;
	n.flags |= TD_RANDOM;
	refuse(&n, "node test.add: a random node needs an integer parameter \"seed\"");
}

static void refuse_input(td_port p, const char *want)
{
	td_node n = test_add;
	n.in = (const td_port[]){p, test_add.in[0], {0}};
	refuse(&n, want);
}

static void refuse_output(td_port p, const char *want)
{
	td_node n = test_rich;
	n.out = (const td_port[]){p, {0}};
	refuse(&n, want);
}

static void bad_ports(void **state)
{
	(void)state;
	const td_port in = {"a", TD_SET_F32, "N", NULL, "doc"};
	td_port p = in;
	p.name = "A";
	refuse_input(p, "node test.add: input \"A\": it needs a plain name of its own");
	p.name = "x";
	refuse_input(p, "node test.add: input \"x\": it needs a plain name of its own");
	p = in;
	p.dtypes = 0;
	refuse_input(p, "node test.add: input \"a\": it needs dtypes, a shape and a doc");
	p.dtypes = 1u << TD_N_DTYPES;
	refuse_input(p, "node test.add: input \"a\": it needs dtypes, a shape and a doc");
	p = in;
	p.shape = NULL;
	refuse_input(p, "node test.add: input \"a\": it needs dtypes, a shape and a doc");
	p = in;
	p.doc = NULL;
	refuse_input(p, "node test.add: input \"a\": it needs dtypes, a shape and a doc");
	p = in;
	p.lo = 1;
	refuse_input(p, "node test.add: input \"a\": its range is empty");
	p.lo = p.hi = (double)NAN; /* only an output can keep a range */
	refuse_input(p, "node test.add: input \"a\": its range is empty");
	p = in;
	p.over = "x";
	refuse_input(p, "node test.add: input \"a\": it is written over \"x\", which is no input");
	p = in;
	p.dtypes = TD_SET_I32 | TD_SET_I64;
	refuse_input(p, "node test.add: its inputs have no dtype in common");
	td_node n = test_add;
	td_port many[18] = {{0}};
	char name[18][8];
	for (int i = 0; i < 17; i++) {
		td_clip(name[i], sizeof name[i], "p%d", i);
		many[i] = in;
		many[i].name = name[i];
	}
	n.in = many;
	refuse(&n, "node test.add: more than 16 ports");
}

static void bad_outputs(void **state)
{
	(void)state;
	const td_port out = {"a", TD_SET_FLOAT, "N", NULL, "doc", {TD_ULP, 1}};
	td_port p = out;
	p.tol = (td_tol){.ulp = 0};
	refuse_output(p, "node test.rich: output \"a\": the output does not say how close it comes "
	                 "to ref (tol)");
	p.tol.kind = TD_DECISION;
	refuse_output(p, "node test.rich: output \"a\": the output is a decision, but the node has "
	                 "no `decide`");
	p.tol.kind = TD_SUM;
	p.tol.length = "N*Q";
	refuse_output(p, "node test.rich: output \"a\": unknown dim \"Q\" in \"N*Q\"");
	p = out;
	p.tol.ulp = 0;
	refuse_output(p, "node test.rich: output \"a\": the output allows 0 ulp");
	p.tol.ulp = HUGE_VAL;
	refuse_output(p, "node test.rich: output \"a\": the output allows inf ulp");
	p = out;
	p.over = "y";
	refuse_output(p,
	              "node test.rich: output \"a\": it is written over \"y\", which is no input");
	td_node n = test_draw;
	p = out;
	p.shape = "n";
	n.out = (const td_port[]){p, {0}};
	refuse(&n, "node test.draw: nothing fixes the dtype of its outputs: no input, no parameter "
	           "\"dtype\"");
}

/* "..." of its own needs "..." and, when nobody unifies it, a shape function. */
static void bad_leads(void **state)
{
	(void)state;
	td_port p = {"x", TD_SET_FLOAT, "N", NULL, "doc", .flags = TD_BROADCAST};
	refuse_input(p, "node test.add: input \"x\": only the \"...\" of an input can be "
	                "TD_BROADCAST or TD_FREE");
	p.flags = TD_FREE;
	p.shape = "... N";
	refuse_input(p, "node test.add: input \"x\": TD_FREE needs a shape function");
	p.flags = TD_READ;
	refuse_input(p, "node test.add: input \"x\": TD_READ is for outputs of a node with `accept`");
}

static void bad_shapes(void **state)
{
	(void)state;
	const td_port out = {"a", TD_SET_FLOAT, "N", NULL, "doc", {TD_EXACT}};
	static const char *const table[][2] = {
		{"Q", "node test.rich: output \"a\": unknown dim \"Q\" in \"Q\""},
		{"N+",
	         "node test.rich: output \"a\": the dim ends too early at column 3 of the dim "
	         "\"N+\""},
		{"N/0",
	         "node test.rich: output \"a\": the dim \"N/0\" is too large, too complex or "
	         "divides by zero"},
		{"N ...",
	         "node test.rich: output \"a\": a dim is expected at column 1 of the dim \"...\""},
		{"1 1 1 1 1 1 1 1 1",
	         "node test.rich: output \"a\": the shape \"1 1 1 1 1 1 1 1 1\" has "
	         "more than 8 dims"},
		{"kept<=N",
	         "node test.rich: output \"a\": the late dim \"kept\" needs an output port of "
	         "that name, i32 or i64, shape \"1\""},
	};
	for (size_t i = 0; i < TD_COUNT(table); i++) {
		td_port p = out;
		p.shape = table[i][0];
		refuse_output(p, table[i][1]);
	}
	td_node n = test_rich;
	n.in = (const td_port[]){{"x", TD_SET_FLOAT, "N kept<=N", "V", "doc"}, {0}};
	refuse(&n, "node test.rich: input \"x\": only an output can have the late dim \"kept\"");
	n.in = (const td_port[]){
		{"x", TD_SET_FLOAT, "a_dim_with_a_very_long_name_over_31", "V", "doc"}, {0}};
	refuse(&n, "node test.rich: input \"x\": too many or too long dim names");
}

static void late_shapes(void **state)
{
	(void)state;
	td_node n = test_rich;
	n.out = (const td_port[]){{"kept", TD_SET_I32, "1", NULL, "how many", {TD_EXACT}},
	                          {"a", TD_SET_FLOAT, "kept<=N T", "V", "rows", {TD_EXACT}},
	                          {"b", TD_SET_F32, "kept", "V", "more", {TD_EXACT}},
	                          {0}};
	assert_ok(td_node_valid(&n, e));
}

/* Parameters that must be given have no value yet when shapes are read. */
static void required_params_in_shapes(void **state)
{
	(void)state;
	td_node n = test_draw;
	n.params = (const td_param[]){
		{"seed", NULL, "doc", TD_INT, offsetof(test_draw_params, seed), TD_REQUIRED, 0, 9},
		{"n", NULL, "doc", TD_INT, offsetof(test_draw_params, n), TD_REQUIRED, 0, 9},
		{0}};
	n.out = (const td_port[]){{"x", TD_SET_F32, "100/n", NULL, "doc", {TD_EXACT}}, {0}};
	assert_ok(td_node_valid(&n, e));
}

static void bad_units(void **state)
{
	(void)state;
	static const char *const words[] = {"V", "fathom", NULL};
	const td_port in = {"a", TD_SET_F32, "N", NULL, "doc"};
	td_port p = in;
	p.unit = "volt";
	refuse_input(p,
	             "node test.add: input \"a\": \"volt\" is no unit I know at \"volt\"; write V, "
	             "uV, Hz, m/s^2, dB, prob, 1 …");
	p.unit = "?b^2";
	refuse_input(p, "node test.add: input \"a\": no input binds the unit variable \"?b\"");
	p.unit = "=to";
	refuse_input(
		p, "node test.add: input \"a\": the unit \"=to\" needs a choice parameter of that "
		   "name");
	td_node n = test_add;
	n.out = (const td_port[]){{"z", TD_SET_FLOAT, "...", "?a*?c", "sum", {TD_EXACT}}, {0}};
	refuse(&n, "node test.add: output \"z\": no input binds the unit variable \"?c\"");
	n.out = (const td_port[]){{"z", TD_SET_FLOAT, "...", "=to", "sum", {TD_EXACT}}, {0}};
	n.params = (const td_param[]){
		{"to", NULL, "doc", TD_CHOICE, offsetof(one_each, c), 0, .choices = words}, {0}};
	n.params_size = sizeof(one_each);
	refuse(&n,
	       "node test.add: output \"z\": \"fathom\" is no unit I know at \"fathom\"; write V, "
	       "uV, Hz, m/s^2, dB, prob, 1 …");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nodes_are_sound),
		cmocka_unit_test(bad_heads),
		cmocka_unit_test(bad_impls),
		cmocka_unit_test(bad_params),
		cmocka_unit_test(bad_param_tables),
		cmocka_unit_test(bad_ports),
		cmocka_unit_test(bad_outputs),
		cmocka_unit_test(bad_leads),
		cmocka_unit_test(bad_shapes),
		cmocka_unit_test(late_shapes),
		cmocka_unit_test(required_params_in_shapes),
		cmocka_unit_test(bad_units),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
