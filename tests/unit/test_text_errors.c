/* Unit tests of model/text_read.c, text_input.c and scan.c: wrong texts. Structural mistakes become
 * faults, what cannot be read is an error; every message is here. */
#include "graph_texts.h"
#include "testing.h"

/* -- faults --------------------------------------------------------------- */

/* The text reads, with this one fault. */
static void fault(const char *text, const char *rule, int at, const char *want)
{
	td_graph *g = read_text(text);
	if (g->faults.n != 1)
		fail_msg("%d faults in %s", g->faults.n, text);
	assert_string_equal(g->faults.items[0].text, want);
	assert_string_equal(g->faults.items[0].rule, rule);
	assert_int_equal(g->faults.items[0].at.line, at);
	td_str s = {0};
	td_graph_text(g, &s); /* what is wrong can still be written */
	td_str_fini(&s);
	td_graph_free(g);
}

#define TWO "%0 = input \"x\" f32 [4]\n%1 = test.add@1(%0 %0) as \"add\"\n"

static void faults(void **state)
{
	(void)state;
	fault(HEAD TWO "%1 = test.add@1(%0 %0) as \"more\"\n", "TD0103", 6,
	      "the value %1 has two writers; the first is at t.graph:5");
	fault(HEAD "%7 %7 = test.rich(-)\n", "TD0103", 4,
	      "the value %7 has two writers; the first is at t.graph:4");
	fault(HEAD TWO "%2 = test.add@1(%0 %9)\n", "TD0102", 6, "the value %9 is defined nowhere");
	fault(HEAD TWO "output \"o\" = %nine\n", "TD0102", 6, "the value %nine is defined nowhere");
	fault(HEAD TWO "loop 2\n%2 = carry %9 next %0\nend\n", "TD0102", 7,
	      "the value %9 is defined nowhere");
	fault(HEAD TWO "loop 2\n%2 = carry %0 next %9\nend\n", "TD0102", 7,
	      "the value %9 is defined nowhere");
	fault(HEAD TWO "%2 = test.ad@1(%0 %0)\n", "TD0104", 6, "there is no node \"test.ad\"");
	fault(HEAD TWO "%2 = test.add@2(%0 %0)\n", "TD0104", 6,
	      "test.add is version 1 here, the text has version 2");
	fault(HEAD TWO "%2 %3 = test.add@1(%0 %0)\n", "TD0104", 6,
	      "test.add has 1 outputs, here are 2");
	fault(HEAD TWO "%2 = test.add@1(%0 %0 %0)\n", "TD0104", 6,
	      "test.add takes 2 inputs, here is a number 3");
	fault(HEAD TWO "%2 = test.add@1(%0 %0) kk=3\n", "TD0104", 6,
	      "test.add has no parameter \"kk\"");
	fault(HEAD TWO "%2 = test.add@1(%0 %0) tol=3\n", "TD0104", 6,
	      "test.add has no parameter \"tol\""); /* a parameter may have an option's name */
	fault(HEAD TWO "%2 %3 = test.rich@3(%0 -) k=x\n", "TD0107", 6,
	      "test.rich: k takes an integer");
	fault(HEAD TWO "%2 = test.draw@1()\n", "TD0602", 6,
	      "test.draw needs the parameter \"seed\"");
	fault(HEAD TWO "%2 = test.add@1(%0 %0) as \"add\"\n", "TD0105", 6,
	      "two steps are named \"add\"; the other is at t.graph:5");
	fault(HEAD "dim N 1:2\ndim N 1:3\n", "TD0105", 5, "two dims are named \"N\"");
	fault(HEAD TWO "output \"o\" = %0\noutput \"o\" = %1\n", "TD0103", 7,
	      "the output \"o\" is written twice; first at t.graph:6");
	fault(HEAD "loop -1\nend\n", "TD0107", 4, "a loop of -1 turns");
}

static void undefined_values_leave_no_holes(void **state)
{
	(void)state;
	td_graph *g = read_text(HEAD "output \"a\" = %1\n"
	                             "loop 1\n"
	                             "%0 = carry %1 next -\n"
	                             "end\n"
	                             "output \"b\" = %0\n");
	assert_int_equal(g->outputs.n, 1);
	assert_string_equal(g->outputs.items[0].name, "b");
	assert_int_equal(g->values.items[g->loops.items[0].items[0].init].kind, TD_CONST);
	assert_int_equal(g->loops.items[0].items[0].next, TD_NONE);
	assert_int_equal(g->faults.n, 2);
	td_graph_free(g);
}

static void unknown_nodes_have_outputs(void **state)
{
	(void)state;
	td_graph *g = read_text(HEAD "%0 %1 = no.such@4(-) k=3 as \"s\"\n"
	                             "%2 = test.add(%0 %1)\n");
	assert_int_equal(g->faults.n, 1);
	text_of_graph(g, HEAD "%0 %1 = no.such(-) as \"s\"\n"
	                      "%2 = test.add@1(%0 %1) as \"add\"\n");
	td_graph_free(g);
}

/* -- errors --------------------------------------------------------------- */

static void error(const char *text, const char *want)
{
	td_err e = {TD_OK, ""};
	assert_null(td_graph_read(&registry, "t.graph", text, strlen(text), &e));
	assert_string_equal(e.text, want);
	assert_int_equal(e.code, TD_E_USAGE);
}

static void bad_heads(void **state)
{
	(void)state;
	static const char no_graph[] =
		"this is no graph: the first line of one is \"tandem graph 1\"";
	td_str s = {0};
	td_str_addf(&s, "t.graph:0:1: %s", no_graph);
	error("", s.data);
	td_str_fini(&s);
	td_str_addf(&s, "t.graph:1:1: %s", no_graph);
	error("\n", s.data);
	error("return {}\n", s.data);
	error("tandem plan 1\n", s.data);
	td_str_fini(&s);
	error("tandem graph 2\n",
	      "t.graph:1:15: the graph has the format 2, this program reads format 1");
	error("tandem graph one\n", "t.graph:1:14: an integer is expected, not \"one\"");
	error("tandem graph 1 1\n", "t.graph:1:16: the line should end here");
	td_err e;
	assert_null(td_graph_read(&registry, "t", "tandem graph 1\0", 15, &e));
	assert_string_equal(e.text, "t: this is no graph: it is no text");
}

/* Line 4 of a text, and what is said of it. */
static void line_error(const char *text, const char *want)
{
	td_str s = {0}, message = {0};
	td_str_addf(&s, "%s%s\n", HEAD, text);
	td_str_addf(&message, "t.graph:4:%s", want);
	error(s.data, message.data);
	td_str_fini(&s);
	td_str_fini(&message);
}

static void bad_lines(void **state)
{
	(void)state;
	static const char *const table[][2] = {
		{"nonsense", "1: no line begins like this"},
		{"=", "1: no line begins like this"},
		{"name t", "6: a string in quotes is expected"},
		{"name \"t", "8: '\"' is expected"},
		{"name \"\\n\"",
	         "7: a string knows \\\", \\\\ and \\x01 to \\xff after a backslash"},
		{"name \"\\x00\"",
	         "7: a string knows \\\", \\\\ and \\x01 to \\xff after a backslash"},
		{"name \"t\" 2", "10: the line should end here"},
		{"determinism 3", "13: a determinism level is expected: D0 to D3"},
		{"determinism D4", "13: a determinism level is expected: D0 to D3"},
		{"dim 3 1:2", "7: \"3\" cannot be the name of a dim"},
		{"dim N 1", "8: ':' is expected"},
		{"dim N 1:x", "9: an integer is expected, not \"x\""},
		{"dim N 2:1", "10: the dim N has the range 2:1; it must lie in 0:2147483647"},
		{"dim N -1:1", "11: the dim N has the range -1:1; it must lie in 0:2147483647"},
		{"dim N 1:2147483648",
	         "19: the dim N has the range 1:2147483648; it must lie in 0:2147483647"},
		{"dim N 1:2 hz=3", "11: only rate=… can follow the range of a dim"},
		{"dim N 1:2 rate=0", "17: a rate is above 0 and finite"},
		{"dim N 1:2 rate=fast", "16: a number is expected, not \"fast\""},
		{"output \"o\" %1", "12: '=' is expected"},
		{"output \"o\" = 1", "14: a value like %3 is expected"},
		{"loop ten", "6: an integer is expected, not \"ten\""},
		{"loop 3", "7: the loop of line 4 has no end"},
		{"end", "4: no loop is open that could end"},
		{"%1 = index", "6: \"index\" belongs into a loop"},
		{"%1 = carry %1 next %2", "6: \"carry\" belongs into a loop"},
		{"%1 =", "5: the name of a node is expected"},
		{"% = input", "3: a value like %3 is expected"},
		{"%1 test.add()", "4: a value like %3 is expected"},
		{"%1 %2 = const i32 [] 1", "23: one value is made here, not 2"},
		{"= const i32 [] 1", "1: no line begins like this"},
	};
	for (size_t i = 0; i < TD_COUNT(table); i++)
		line_error(table[i][0], table[i][1]);
	error(HEAD "loop 1\n%1 = carry - next -\nend\n",
	      "t.graph:5:12: a value like %3 is expected");
	error(HEAD "loop 1\n%1 = carry %2 then %3\nend\n",
	      "t.graph:5:15: a carry has \"next\" and a value");
}

static void bad_values(void **state)
{
	(void)state;
	static const char *const table[][2] = {
		{"%0 = input x f32 []", "12: a string in quotes is expected"},
		{"%0 = input \"x\" float []",
	         "16: a dtype is expected: f32, f64, i32, i64, u8, f16 or bf16"},
		{"%0 = input \"x\" f32 3", "20: '[' is expected"},
		{"%0 = input \"x\" f32 [N]", "21: unknown dim \"N\" in \"N\""},
		{"%0 = input \"x\" f32 [1 2+]",
	         "23: the dim ends too early at column 3 of the dim \"2+\""},
		{"%0 = input \"x\" f32 [1",
	         "22: the dim ends too early at column 1 of the dim \"\""},
		{"%0 = input \"x\" f32 [1 1 1 1 1 1 1 1 1]", "38: a tensor has at most 8 dims"},
		{"%0 = input \"x\" f32 [] volt", "27: key=value is expected"},
		{"%0 = input \"x\" f32 [] path=\"x\"", "23: an input has no \"path\""},
		{"%0 = input \"x\" f32 [] unit=\"volt\"",
	         "34: \"volt\" is no unit I know at \"volt\"; write V, uV, Hz, m/s^2, dB, prob, 1 "
	         "…"},
		{"%0 = input \"x\" f32 [] range=2:1", "32: the range is empty"},
		{"%0 = input \"x\" f32 [] range=nan:1", "34: the range is empty"},
		{"%0 = input \"x\" f32 [] bytes=-1", "31: a size is not negative"},
		{"%0 = const f32 [-1]", "17: the size of the constant is out of range"},
		{"%0 = const f32 [99999999999 99999999999]",
	         "29: the size of the constant is out of range"},
		{"%0 = const f32 [1 1 1 1 1 1 1 1 1]", "33: a tensor has at most 8 dims"},
		{"%0 = const f32 [2] 1", "21: the shape holds 2 numbers, here are 1"},
		{"%0 = const f32 [] 1 2", "22: the shape holds 1 numbers, here are 2"},
		{"%0 = const f32 [] x", "19: a number is expected, not \"x\""},
		{"%0 = const i32 [] 1.5", "19: 1.5 is no i32"},
		{"%0 = const u8 [] 256", "18: 256 is no u8"},
		{"%0 = const i64 [] nan", "19: nan is no i64"},
		{"%0 = test.add", "14: '(' is expected"},
		{"%0 = test.add@x()", "15: an integer is expected, not \"x\""},
		{"%0 = test.add(%0, %0)", "17: a value like %3 is expected"},
		{"%0 = test.add(%0", "17: a value like %3 is expected"},
		{"%0 = test.add() k", "18: '=' is expected after \"k\""},
		{"%0 = test.add() =3", "17: name=value is expected"},
		{"%0 = test.add() as add", "20: a string in quotes is expected"},
		{"%0 = test.add() tol x", "21: a number is expected, not \"x\""},
		{"%0 = test.add() k=\"x", "21: '\"' is expected"},
		{"%a %b %c %d %e %f %g %h %i %j %k %l %m %n %o %p %q = test.add()",
	         "49: a step has at most 16 outputs"},
	};
	for (size_t i = 0; i < TD_COUNT(table); i++)
		line_error(table[i][0], table[i][1]);
}

static void limits(void **state)
{
	(void)state;
	td_str s = {0};
	chain(&s, 100001);
	td_graph *g = read_text(s.data);
	assert_int_equal(g->steps.n, 100000);
	assert_int_equal(g->faults.n, 1);
	assert_string_equal(g->faults.items[0].text,
	                    "the graph has more than 100000 steps; the rest is not read");
	assert_string_equal(g->faults.items[0].rule, "TD0108");
	td_graph_free(g);
	td_str_fini(&s);
	td_str_add(&s, HEAD "%0 = input \"x\" f32 [4]\n%1 = test.add(");
	for (int i = 0; i < 1000001; i++)
		td_str_add(&s, " -");
	td_str_add(&s, ")\n");
	fault(s.data, "TD0108", 5, "the graph has more than 1000000 edges; the rest is not read");
	td_str_fini(&s);
	td_str_add(&s, HEAD);
	for (int i = 0; i < 65; i++)
		td_str_add(&s, "loop 1\n");
	fault(s.data, "TD0108", 68,
	      "the graph has more than 64 loops inside each other; the rest is "
	      "not read");
	td_str_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(faults),
		cmocka_unit_test(undefined_values_leave_no_holes),
		cmocka_unit_test(unknown_nodes_have_outputs),
		cmocka_unit_test(bad_heads),
		cmocka_unit_test(bad_lines),
		cmocka_unit_test(bad_values),
		cmocka_unit_test(limits),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
