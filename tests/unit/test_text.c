/* Unit tests of the text form of graphs, written and read: model/text_write.c, text_read.c,
 * text_input.c. What cannot be read is in test_text_errors.c. */
#include "graph_texts.h"
#include "testing.h"

#include "base/clock.h"
#include "base/rng.h"

#include <math.h>
#include <string.h>

/* Reading and writing gives the same text. */
static void stays(const char *text)
{
	td_graph *g = read_good(text);
	text_of_graph(g, text);
	td_graph_free(g);
}

static void becomes(const char *text, const char *want)
{
	td_graph *g = read_good(text);
	text_of_graph(g, want);
	td_graph_free(g);
	stays(want);
}

/* -- the canonical text --------------------------------------------------- */

static const char rich_text[] =
	"tandem graph 1\n"
	"name \"brain \\\"graph\\\" \\\\ \\x0a\"\n"
	"determinism D3\n"
	"dim N 1:2147483647\n"
	"dim T 94:94 rate=160.5\n"
	"%0 = input \"series\" f32 [N T] unit=\"uV\" range=-1:1 columns=\"x_m,y_m\" bytes=12 "
	"sha256=\"00ff\"\n"
	"%1 = input \"open\" f64 [N*N+1 ? 3] range=-inf:0.5\n"
	"%2 = input \"scalar\" u8 []\n"
	"%3 = const i32 [3] 1 -2 4\n"
	"%4 = const f32 [2 2] nan inf -inf -0\n"
	"%5 = const f64 [] 0.1\n"
	"%6 = const i64 [0]\n"
	"%7 %8 = test.rich@3(%0 -) k=3 eps=1e-12 scale=1.0 mode=\"plain\" causal=false as "
	"\"rich\"\n"
	"%9 %10 = test.rich@3(%0 %2) k=7 eps=0.5 scale=inf mode=\"true\" causal=true as \"deep\" "
	"stage \"an \\x01 stage\" impl \"cl\" native tol 4 \"it is half\"\n"
	"%11 = test.draw@1() seed=9007199254740992 n=16 as \"draw\"\n"
	"output \"first\" = %7\n"
	"output \"second\" = %10\n";

static void rich_round_trip(void **state)
{
	(void)state;
	stays(rich_text);
	td_graph *g = read_good(rich_text);
	assert_string_equal(g->name, "brain \"graph\" \\ \n");
	assert_int_equal(g->determinism, TD_D3);
	const td_input *in = &g->inputs.items[0];
	assert_string_equal(in->columns, "x_m,y_m");
	assert_string_equal(in->pin, "00ff");
	assert_int_equal(in->pin_bytes, 12);
	assert_int_equal(g->inputs.items[1].pin_bytes, -1);
	assert_int_equal(g->inputs.items[1].dim[1], TD_DIM_BAD);
	assert_true(td_feq_exact(td_dims_symbol(g->dims, 1)->rate, 160.5));
	const td_value *v = &g->values.items[in->value];
	assert_true(td_feq_exact(v->lo, -1) && td_feq_exact(v->unit.scale, 1e-6));
	assert_true(isnan(g->constants.items[1].items[0]));
	const td_step *s = &g->steps.items[1];
	const test_rich_params *p = s->params;
	assert_true(p->k == 7 && p->mode == 3 && p->causal && isinf(p->scale));
	assert_string_equal(s->name, "deep");
	assert_string_equal(g->stages.items[s->stage], "an \x01 stage");
	assert_string_equal(s->impl, "cl");
	assert_string_equal(s->tol_reason, "it is half");
	assert_true(s->native_allowed && td_feq_exact(s->tol_factor, 4));
	assert_string_equal(g->sources.items[0].name, "t.graph");
	assert_string_equal(g->sources.items[0].text, rich_text);
	td_graph_free(g);
}

static void origins(void **state)
{
	(void)state;
	td_graph *g = read_good(rich_text);
	assert_string_equal(g->inputs.items[0].at.file, "t.graph");
	assert_int_equal(g->inputs.items[0].at.line, 6);
	assert_int_equal(g->inputs.items[0].at.col, 1);
	assert_int_equal(g->steps.items[0].at.line, 13);
	assert_int_equal(g->steps.items[0].at.col, 9);
	assert_int_equal(g->outputs.items[1].at.line, 17);
	for (int i = 0; i < g->values.n; i++)
		assert_in_range(g->values.items[i].at.line, 6, 15);
	td_graph_free(g);
}

static const char loop_text[] = HEAD "%0 = input \"x\" f32 [4]\n"
				     "loop 10\n"
				     "%1 = index\n"
				     "%2 = carry %0 next %5\n"
				     "%3 = carry %2 next %4\n"
				     "%4 = test.add@1(%2 %3) as \"add\"\n"
				     "loop 3\n"
				     "%5 = carry %4 next %6\n"
				     "%6 = test.add@1(%5 %0) as \"add_1\"\n"
				     "end\n"
				     "loop 0\n"
				     "end\n"
				     "end\n"
				     "loop 2\n"
				     "loop 2\n"
				     "loop 2\n"
				     "end\n"
				     "end\n"
				     "%7 = test.add@1(%5 %2) as \"add_2\"\n"
				     "end\n"
				     "%8 = test.add@1(%2 %2) as \"add_3\"\n"
				     "loop 1\n"
				     "end\n"
				     "output \"w\" = %2\n";

static void loops(void **state)
{
	(void)state;
	stays(loop_text);
	td_graph *g = read_good(loop_text);
	static const int parent[] = {TD_NONE, 0, 0, TD_NONE, 3, 4, TD_NONE};
	assert_int_equal(g->loops.n, TD_COUNT(parent));
	for (int i = 0; i < g->loops.n; i++)
		assert_int_equal(g->loops.items[i].parent, parent[i]);
	static const int loop[] = {0, 1, 3, TD_NONE};
	for (int i = 0; i < g->steps.n; i++)
		assert_int_equal(g->steps.items[i].loop, loop[i]);
	const td_loop *l = &g->loops.items[0];
	assert_true(l->first == 0 && l->last == 2 && l->trips == 10 && l->n == 2);
	assert_int_equal(l->items[0].init, g->inputs.items[0].value);
	assert_int_equal(l->items[1].next, g->steps.items[0].out[0]);
	assert_int_equal(l->items[0].next, g->loops.items[1].items[0].value);
	td_graph_free(g);
}

static void hand_written(void **state)
{
	(void)state;
	becomes("tandem graph 1\r\n"
	        "# a comment\n"
	        "\n"
	        "  output\t\"o\" = %sum\r\n"
	        "%sum=test.add( %x %x )\n"
	        "%d = test.draw() seed = 3\n"
	        "%hi %lo = test.rich(%x) mode=plain stage \"s\" k=2\n"
	        "%x = input \"x\" f32 [ 2 ]\n"
	        "name \"t\"",
	        HEAD "%0 = input \"x\" f32 [2]\n"
	             "%1 = test.add@1(%0 %0) as \"add\"\n"
	             "%2 = test.draw@1() seed=3 n=16 as \"draw\"\n"
	             "%3 %4 = test.rich@3(%0 -) k=2 eps=1e-12 scale=1.0 mode=\"plain\" "
	             "causal=false as \"rich\" stage \"s\"\n"
	             "output \"o\" = %1\n");
}

static void cycles_can_be_written(void **state)
{
	(void)state;
	stays(HEAD "%0 = test.add@1(%1 %1) as \"a\"\n"
	           "%1 = test.add@1(%0 %0) as \"b\"\n"
	           "output \"o\" = %1\n");
}

/* -- equal graphs --------------------------------------------------------- */

static td_origin line(int n)
{
	return (td_origin){"p.lua", n, 0};
}

/* The same graph, its parts made in one order or another, at other lines, with other paths. */
static td_graph *build(bool other)
{
	td_graph *g = td_graph_new(&registry, "t");
	int n = td_dims_declare(g->dims, "N", 1, 5);
	td_dim dim = td_dim_of(g->dims, n);
	td_input in = {.name = "x",
	               .path = other ? "/tmp/x.npy" : "x.npy",
	               .url = other ? "https://example.org/x" : NULL,
	               .pin_bytes = -1,
	               .rank = 1,
	               .dim = {dim},
	               .literal = other,
	               .at = line(other ? 7 : 3)};
	const double one[] = {1};
	const td_constant c = {.dtype = TD_F32, .rank = 1, .dim = {1}, .items = one, .n = 1};
	const td_step_options none = {0}, named = {.name = "add"};
	const td_setting k = {"k", {.kind = TD_LIT_INT, .as.i = 3}};
	if (other)
		td_graph_stage(g, "unused");
	int x = td_graph_input(g, &in, &(td_unit){0}, 1, 0);
	int early = other ? td_graph_const(g, &c, line(4)) : TD_NONE;
	const td_binding rich_in[] = {{other ? "x" : NULL, x}};
	int s = td_graph_step(g, "test.rich", rich_in, 1, &k, other, &none, line(5));
	if (other) /* a late dim, as check makes it */
		td_dims_late(g->dims, "kept@rich", dim);
	int one_value = other ? early : td_graph_const(g, &c, line(4));
	const td_binding add_in[] = {{NULL, td_graph_out(g, s, "lo", line(5))}, {NULL, one_value}};
	int t = td_graph_step(g, "test.add", add_in, 2, NULL, 0, other ? &named : &none, line(6));
	td_graph_output(g, "o", td_graph_out(g, t, NULL, line(6)), line(6));
	assert_int_equal(g->faults.n, 0);
	return g;
}

static void equal_graphs(void **state)
{
	(void)state;
	td_graph *a = build(false), *b = build(true);
	td_str text = {0};
	td_graph_text(b, &text);
	text_of_graph(a, text.data);
	assert_string_equal(td_graph_sha256(a).hex, td_graph_sha256(b).hex);
	assert_string_equal(td_graph_sha256(a).hex, td_sha256_text(text.data).hex);
	assert_text(&text, HEAD "dim N 1:5\n"
	                        "%0 = input \"x\" f32 [N]\n"
	                        "%1 = const f32 [1] 1\n"
	                        "%2 %3 = test.rich@3(%0 -) k=3 eps=1e-12 scale=1.0 mode=\"plain\" "
	                        "causal=false as \"rich\"\n"
	                        "%4 = test.add@1(%3 %1) as \"add\"\n"
	                        "output \"o\" = %4\n");
	td_graph_free(a);
	td_graph_free(b);
}

/* Whatever matters changes the text. */
static void other_graphs(void **state)
{
	(void)state;
	static const char *const changes[][2] = {
		{"brain", "Brain"},
		{"D3", "D2"},
		{"T 94:94", "T 93:94"},
		{"160.5", "160"},
		{"uV", "mV"},
		{"-1:1", "-1:2"},
		{"y_m", "z_m"},
		{"bytes=12", "bytes=13"},
		{"00ff", "00fe"},
		{"f64 [N*N+1", "f32 [N*N+1"},
		{"N*N+1", "N*N+2"},
		{"1 -2 4", "1 -2 5"},
		{"0.1", "0.2"},
		{"-inf -0", "-inf 0"},
		{"k=7", "k=8"},
		{"eps=0.5", "eps=0.25"},
		{"\"true\"", "\"inf\""},
		{"causal=true", "causal=false"},
		{"an \\x01", "an \\x02"},
		{" impl \"cl\"", ""},
		{" native", ""},
		{"tol 4", "tol 5"},
		{"is half", "is whole"},
		{"(%0 %2)", "(%0 -)"},
		{"seed=9", "seed=8"},
		{"\"second\"", "\"third\""},
		{"= %10\n", "= %9\n"},
		{"\"deep\"", "\"flat\""},
		{"scalar", "vector"},
	};
	td_graph *g = read_good(rich_text);
	td_sha256 sha = td_graph_sha256(g);
	for (size_t i = 0; i < TD_COUNT(changes); i++) {
		td_str s = {0};
		const char *at = strstr(rich_text, changes[i][0]);
		assert_non_null(at);
		td_str_add_n(&s, rich_text, (size_t)(at - rich_text));
		td_str_addf(&s, "%s%s", changes[i][1], at + strlen(changes[i][0]));
		td_graph *other = read_good(s.data);
		if (td_same(td_graph_sha256(other).hex, sha.hex))
			fail_msg("%s and %s hash alike", changes[i][0], changes[i][1]);
		td_graph_free(other);
		td_str_fini(&s);
	}
	td_graph_free(g);
}

/* -- time ----------------------------------------------------------------- */

static double seconds_to_read(int steps)
{
	td_str s = {0}, back = {0};
	chain(&s, steps);
	int64_t begin = td_now_ns();
	td_graph *g = read_good(s.data);
	td_graph_text(g, &back);
	int64_t end = td_now_ns();
	td_graph_free(g);
	assert_int_equal(back.n, s.n);
	assert_text(&back, s.data);
	td_str_fini(&s);
	return (double)(end - begin) / 1e9;
}

static void linear_time(void **state)
{
	(void)state;
	seconds_to_read(1000);
	double few = seconds_to_read(5000), many = seconds_to_read(50000);
	for (int i = 0; i < 4 && many >= 40 * few;
	     i++) /* somebody else may have used the machine */
		many = seconds_to_read(50000);
	print_message("5000 steps %.0f us, 50000 steps %.0f us\n", few * 1e6, many * 1e6);
	assert_true(many < 40 * few); /* a quadratic reader would take 100 times as long */
}

static void long_lines(void **state)
{
	(void)state;
	td_str s = {0};
	td_rng r = td_rng_make(1, 0);
	td_str_add(&s, HEAD "%0 = const f64 [100000]");
	for (int i = 0; i < 100000; i++)
		td_str_addf(&s, " %s", td_number_text(td_rng_normal(&r)).text);
	td_str_add(&s, "\n%1 = test.add@1(%0 %0) as \"");
	for (int i = 0; i < 100000; i++)
		td_str_add(&s, "\\\\");
	td_str_add(&s, "\"\n");
	stays(s.data);
	td_str_fini(&s);
	td_str_add(&s, HEAD "%0 = test.add(- -)");
	for (int i = 0; i < 100000; i++) /* many strings in one line take no quadratic memory */
		td_str_add(&s, " as \"a\"");
	td_str_add(&s, "\n");
	td_graph_free(read_good(s.data));
	td_str_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rich_round_trip),
		cmocka_unit_test(origins),
		cmocka_unit_test(loops),
		cmocka_unit_test(hand_written),
		cmocka_unit_test(cycles_can_be_written),
		cmocka_unit_test(equal_graphs),
		cmocka_unit_test(other_graphs),
		cmocka_unit_test(linear_time),
		cmocka_unit_test(long_lines),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
