/* Unit tests of model/graph.c: building, and the faults that building finds. */
#include "testing.h"

#include "model/graph.h"
#include "nodes.h"

#include <math.h>
#include <string.h>

typedef struct {
	td_registry registry;
	td_graph *g;
} fixture;

static int set_up(void **state)
{
	static fixture f;
	test_registry(&f.registry);
	f.g = td_graph_new(&f.registry, "pipe");
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	fixture *f = *state;
	td_graph_free(f->g);
	td_registry_fini(&f->registry);
	return 0;
}

static td_graph *graph_of(void **state)
{
	return ((fixture *)*state)->g;
}

static td_origin line(int n)
{
	return (td_origin){"p.lua", n, 0};
}

static int input(td_graph *g, const char *name)
{
	const td_input in = {.name = name, .pin_bytes = -1, .dtype = TD_F32, .at = line(1)};
	return td_graph_input(g, &in, &(td_unit){0}, 1, 0);
}

/* test.add of two values in line n */
static int add(td_graph *g, int a, int b, const char *name, int n)
{
	const td_binding in[] = {{NULL, a}, {NULL, b}};
	const td_step_options options = {.name = name};
	return td_graph_step(g, "test.add", in, 2, NULL, 0, &options, line(n));
}

/* The only fault, or the last one. */
static void fault_is(const td_graph *g, const char *rule, int at, const char *text, const char *fix)
{
	assert_true(g->faults.n > 0);
	const td_fault *f = &g->faults.items[g->faults.n - 1];
	assert_string_equal(f->text, text);
	assert_string_equal(f->rule, rule);
	assert_string_equal(f->fix ? f->fix : "(none)", fix ? fix : "(none)");
	assert_int_equal(f->at.line, at);
}

static void value_text_is(const td_graph *g, int value, const char *want)
{
	td_str s = {0};
	td_value_text(g, value, &s);
	assert_text(&s, want);
}

/* -- steps ---------------------------------------------------------------- */

static void building(void **state)
{
	td_graph *g = graph_of(state);
	int x = input(g, "series"), y = input(g, "weights");
	int s = add(g, x, y, NULL, 3), z = td_graph_out(g, s, NULL, line(3));
	int t = add(g, z, x, "again", 4);
	assert_int_equal(g->faults.n, 0);
	assert_int_equal(g->steps.n, 2);
	assert_int_equal(td_graph_out(g, s, "z", line(9)), z);
	assert_int_equal(g->steps.items[t].in[0], z);
	assert_int_equal(g->steps.items[t].in[1], x);
	assert_string_equal(g->steps.items[s].name, "add");
	assert_false(g->steps.items[s].named);
	assert_string_equal(g->steps.items[t].name, "again");
	assert_true(g->steps.items[t].named);
	const td_value *v = &g->values.items[z];
	assert_true(v->kind == TD_OUTPUT_OF && v->maker == s && v->port == 0 && v->loop == TD_NONE);
	assert_string_equal(v->port_name, "z");
	assert_true(v->shape.rank == TD_NONE && v->lo > v->hi);
	value_text_is(g, x, "series");
	value_text_is(g, z, "add");
	value_text_is(g, TD_NONE, "nothing");
}

static void strings_are_copied(void **state)
{
	td_graph *g = graph_of(state);
	char name[] = "series", path[] = "a.npy", pin[] = "00", step[] = "mine";
	const td_input in = {.name = name, .path = path, .pin = pin, .url = path, .columns = name};
	int x = td_graph_input(g, &in, &(td_unit){0}, 0, 5);
	int s = add(g, x, x, step, 2);
	memset(name, 'x', sizeof name - 1);
	memset(path, 'x', sizeof path - 1);
	memset(pin, 'x', sizeof pin - 1);
	memset(step, 'x', sizeof step - 1);
	assert_string_equal(g->inputs.items[0].name, "series");
	assert_string_equal(g->inputs.items[0].path, "a.npy");
	assert_string_equal(g->inputs.items[0].url, "a.npy");
	assert_string_equal(g->inputs.items[0].pin, "00");
	assert_string_equal(g->inputs.items[0].columns, "series");
	assert_string_equal(g->steps.items[s].name, "mine");
	assert_true(td_feq_exact(g->values.items[x].hi, 5));
}

static void step_names(void **state)
{
	td_graph *g = graph_of(state);
	int x = input(g, "x");
	add(g, x, x, NULL, 1);
	add(g, x, x, NULL, 2);
	add(g, x, x, "add_3", 3);
	add(g, x, x, NULL, 4); /* its own name would be add_3 */
	assert_string_equal(g->steps.items[1].name, "add_1");
	assert_string_equal(g->steps.items[3].name, "add_3_1");
	assert_int_equal(g->faults.n, 0);
	add(g, x, x, "add_1", 5);
	fault_is(g, "TD0105", 5, "two steps are named \"add_1\"; the other is at p.lua:2",
	         "give each step its own name");
	assert_string_equal(g->steps.items[4].name, "add_4");
	for (int i = 0; i < 5000; i++) /* names of many steps stay cheap */
		add(g, x, x, NULL, 6);
	for (int i = 0; i < g->steps.n; i++)
		assert_int_equal(td_intern_find_text(&g->step_names, g->steps.items[i].name), i);
}

static void input_bindings(void **state)
{
	td_graph *g = graph_of(state);
	int x = input(g, "x"), m = input(g, "m");
	const td_step_options none = {0};
	const td_binding named[] = {{"mask", m}, {"x", x}}, wrong[] = {{"max", m}},
			 twice[] = {{NULL, x}, {"x", m}},
			 three[] = {{NULL, x}, {NULL, m}, {NULL, x}};
	int s = td_graph_step(g, "test.rich", named, 2, NULL, 0, &none, line(1));
	assert_true(g->steps.items[s].in[0] == x && g->steps.items[s].in[1] == m);
	assert_int_equal(g->faults.n, 0);
	s = td_graph_step(g, "test.rich", wrong, 1, NULL, 0, &none, line(2));
	fault_is(g, "TD0104", 2, "test.rich has no input \"max\"", "did you mean mask?");
	assert_true(g->steps.items[s].in[0] == TD_NONE && g->steps.items[s].in[1] == TD_NONE);
	td_graph_step(g, "test.rich", twice, 2, NULL, 0, &none, line(3));
	fault_is(g, "TD0107", 3, "the input \"x\" of test.rich is given twice", "give it once");
	td_graph_step(g, "test.rich", three, 3, NULL, 0, &none, line(4));
	fault_is(g, "TD0104", 4, "test.rich takes 2 inputs, here is a number 3", NULL);
	assert_int_equal(g->faults.n, 3);
}

static void unknown_node(void **state)
{
	td_graph *g = graph_of(state);
	int x = input(g, "x");
	const td_binding in[] = {{NULL, x}};
	const td_step_options none = {0};
	int s = td_graph_step(g, "test.ad", in, 1, NULL, 0, &none, line(2));
	fault_is(g, "TD0104", 2, "there is no node \"test.ad\"", "did you mean test.add?");
	assert_null(g->steps.items[s].node);
	assert_true(g->steps.items[s].n_in == 1 && g->steps.items[s].in[0] == x);
	int a = td_graph_out(g, s, "a", line(3)), b = td_graph_out(g, s, "b", line(3));
	assert_true(a != b && td_graph_out(g, s, "a", line(4)) == a);
	value_text_is(g, b, "ad.b");
	assert_int_equal(g->faults.n, 1); /* the node is at fault, not its outputs */
	td_graph_step(g, "quite.unlike", in, 1, NULL, 0, &none, line(5));
	fault_is(g, "TD0104", 5, "there is no node \"quite.unlike\"", "`tandem nodes` lists them");
}

static void unknown_output(void **state)
{
	td_graph *g = graph_of(state);
	int s = add(g, input(g, "x"), TD_NONE, NULL, 1);
	int v = td_graph_out(g, s, "zz", line(4));
	fault_is(g, "TD0104", 4, "test.add has no output \"zz\"", "did you mean z?");
	assert_true(g->values.items[v].port == TD_NONE && g->values.items[v].shape.rank == TD_NONE);
	value_text_is(g, v, "add");
}

/* -- parameters and options ----------------------------------------------- */

static int rich(td_graph *g, const td_setting *set, int n, const td_step_options *o)
{
	return td_graph_step(g, "test.rich", NULL, 0, set, n, o ? o : &(td_step_options){0},
	                     line(7));
}

static td_setting integer(const char *name, int64_t i)
{
	return (td_setting){name, {.kind = TD_LIT_INT, .as.i = i}};
}

static void params(void **state)
{
	td_graph *g = graph_of(state);
	const td_setting good[] = {integer("k", 9), integer("scale", 4)};
	int s = rich(g, good, 2, NULL);
	const test_rich_params *p = g->steps.items[s].params;
	assert_true(p->k == 9 && td_feq_exact(p->scale, 4) && td_feq_exact(p->eps, 1e-12));
	assert_int_equal(g->faults.n, 0);
	const td_setting unknown = integer("kk", 1), port = integer("maks", 1),
			 far = integer("nothing", 1), range = integer("k", 0),
			 order = integer("scale", 0), twice[] = {integer("k", 2), integer("k", 3)};
	rich(g, &unknown, 1, NULL);
	fault_is(g, "TD0104", 7, "test.rich has no parameter \"kk\"", "did you mean k?");
	rich(g, &port, 1, NULL);
	fault_is(g, "TD0104", 7, "test.rich has no parameter \"maks\"", "did you mean mask?");
	rich(g, &far, 1, NULL);
	fault_is(g, "TD0104", 7, "test.rich has no parameter \"nothing\"",
	         "`tandem nodes test.rich` lists them");
	rich(g, &range, 1, NULL);
	fault_is(g, "TD0107", 7, "test.rich: k = 0 is out of range: 1 … 1000", "how many");
	rich(g, &order, 1, NULL);
	fault_is(g, "TD0107", 7, "test.rich: eps must not be above scale", NULL);
	rich(g, twice, 2, NULL);
	fault_is(g, "TD0107", 7, "the parameter \"k\" of test.rich is given twice", "give it once");
	assert_int_equal(g->faults.n, 6);
}

static void required_params(void **state)
{
	td_graph *g = graph_of(state);
	const td_step_options none = {0};
	const td_setting seed = integer("seed", 0);
	td_graph_step(g, "test.draw", NULL, 0, &seed, 1, &none, line(2));
	assert_int_equal(g->faults.n, 0);
	td_graph_step(g, "test.draw", NULL, 0, NULL, 0, &none, line(3));
	fault_is(g, "TD0602", 3, "test.draw needs the parameter \"seed\"", "which numbers");
}

static void options(void **state)
{
	td_graph *g = graph_of(state);
	int s = rich(g, NULL, 0,
	             &(td_step_options){.impl = "cl",
	                                .tol_factor = 4,
	                                .tol_reason = "half precision",
	                                .native_allowed = true});
	assert_string_equal(g->steps.items[s].impl, "cl");
	assert_string_equal(g->steps.items[s].tol_reason, "half precision");
	assert_true(td_feq_exact(g->steps.items[s].tol_factor, 4));
	assert_true(g->steps.items[s].native_allowed);
	s = rich(g, NULL, 0, NULL);
	assert_true(td_feq_exact(g->steps.items[s].tol_factor, 1));
	assert_int_equal(g->faults.n, 0);
	rich(g, NULL, 0, &(td_step_options){.impl = "cuda"});
	fault_is(g, "TD0104", 7, "test.rich has no impl \"cuda\"",
	         "`tandem nodes test.rich` lists them");
	rich(g, NULL, 0, &(td_step_options){.tol_factor = 2});
	fault_is(g, "TD0703", 7, "the limit of this step is widened without a reason",
	         "write tol = { factor = …, reason = \"why\" }");
	rich(g, NULL, 0, &(td_step_options){.tol_factor = 0.5, .tol_reason = "r"});
	fault_is(g, "TD0703", 7,
	         "the limit of a step can be widened by a factor of 1 … 1e9, not 0.5", NULL);
	rich(g, NULL, 0, &(td_step_options){.tol_factor = (double)NAN, .tol_reason = "r"});
	fault_is(g, "TD0703", 7,
	         "the limit of a step can be widened by a factor of 1 … 1e9, not nan", NULL);
}

/* -- the rest ------------------------------------------------------------- */

static void outputs_and_stages(void **state)
{
	td_graph *g = graph_of(state);
	int x = input(g, "x");
	td_graph_output(g, "edge_src", x, line(5));
	td_graph_output(g, "loss", x, line(6));
	assert_int_equal(g->faults.n, 0);
	td_graph_output(g, "edge_src", x, line(8));
	fault_is(g, "TD0103", 8, "the output \"edge_src\" is written twice; first at p.lua:5",
	         "give each output its own name");
	assert_int_equal(g->outputs.n, 2);
	td_graph_output(g, "a/b", x, line(9));
	fault_is(g, "TD0105", 9, "the output name \"a/b\" cannot be a file name",
	         "use letters, digits, _ and dots between words, at most 63");
	assert_int_equal(td_graph_stage(g, "encoder"), 0);
	assert_int_equal(td_graph_stage(g, "decoder"), 1);
	assert_int_equal(td_graph_stage(g, "encoder"), 0);
	assert_string_equal(g->stages.items[1], "decoder");
}

static void constants(void **state)
{
	td_graph *g = graph_of(state);
	double items[] = {1, 2, 3};
	const td_constant c = {.dtype = TD_I32, .rank = 1, .dim = {3}, .items = items, .n = 3};
	int v = td_graph_const(g, &c, line(1));
	items[0] = 9;
	assert_true(td_feq_exact(g->constants.items[0].items[0], 1));
	assert_int_equal(g->values.items[v].kind, TD_CONST);
	value_text_is(g, v, "constant 0");
}

static void loops(void **state)
{
	td_graph *g = graph_of(state);
	int x = input(g, "x");
	int outer = td_graph_loop(g, 10, line(2)), w = td_graph_carry(g, outer, x, line(2));
	int i = td_graph_index(g, outer);
	assert_int_equal(td_graph_index(g, outer), i);
	int inner = td_graph_loop(g, 3, line(3)), v = td_graph_carry(g, inner, w, line(3));
	int late_input = input(g, "y"); /* inputs and constants are there before everything */
	int s = add(g, v, x, NULL, 4), z = td_graph_out(g, s, NULL, line(4));
	td_graph_next(g, inner, 0, z);
	td_graph_loop_end(g);
	td_graph_next(g, outer, 0, v);
	td_graph_loop_end(g);
	int after = add(g, w, x, NULL, 6);
	assert_int_equal(g->faults.n, 0);
	assert_int_equal(g->values.items[w].loop, TD_NONE);
	assert_int_equal(g->values.items[i].loop, outer);
	assert_int_equal(g->values.items[v].loop, outer);
	assert_int_equal(g->values.items[z].loop, inner);
	assert_int_equal(g->values.items[late_input].loop, TD_NONE);
	assert_true(g->steps.items[s].loop == inner && g->steps.items[after].loop == TD_NONE);
	const td_loop *l = &g->loops.items[outer];
	assert_true(l->trips == 10 && l->first == 0 && l->last == 1 && l->parent == TD_NONE);
	assert_true(l->n == 1 && l->items[0].init == x && l->items[0].value == w &&
	            l->items[0].next == v);
	assert_int_equal(g->loops.items[inner].parent, outer);
	assert_int_equal(g->open_loop, TD_NONE);
	assert_true(td_loop_within(g, inner, outer) && td_loop_within(g, inner, TD_NONE));
	assert_false(td_loop_within(g, outer, inner));
	value_text_is(g, w, "carry 1 of loop 1");
	value_text_is(g, i, "loop index");
	td_graph_loop(g, -1, line(9));
	fault_is(g, "TD0107", 9, "a loop of -1 turns", NULL);
}

static void records(void **state)
{
	td_graph *g = graph_of(state);
	char name[] = "k", text[] = "return 1\n";
	const td_pipeline_param p = {.name = name, .type = "int", .value = "3", .doc = NULL};
	td_graph_param(g, &p);
	td_graph_source(g, name, text, 6);
	name[0] = text[0] = 'x';
	assert_string_equal(g->params.items[0].name, "k");
	assert_null(g->params.items[0].doc);
	assert_string_equal(g->sources.items[0].name, "k");
	assert_string_equal(g->sources.items[0].text, "return");
	assert_string_equal(g->sources.items[0].sha.hex, td_sha256_text("return").hex);
	assert_string_equal(g->name, "pipe");
	td_graph_free(NULL);
}

#define WITH_GRAPH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_GRAPH(building),     WITH_GRAPH(strings_are_copied),
		WITH_GRAPH(step_names),   WITH_GRAPH(input_bindings),
		WITH_GRAPH(unknown_node), WITH_GRAPH(unknown_output),
		WITH_GRAPH(params),       WITH_GRAPH(required_params),
		WITH_GRAPH(options),      WITH_GRAPH(outputs_and_stages),
		WITH_GRAPH(constants),    WITH_GRAPH(loops),
		WITH_GRAPH(records),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
