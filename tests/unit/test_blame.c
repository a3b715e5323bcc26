/* Shares of the outputs' error: measure/blame.c. */
#include "graph_texts.h"

#include "measure/compare_inner.h"
#include "near.h"

typedef struct {
	td_rec_blame items[8];
	int n;
} blames;

static bool take(void *ctx, const td_record *r, td_err *e)
{
	blames *b = ctx;
	(void)e;
	assert_int_equal(r->kind, TD_REC_BLAME);
	assert_true(b->n < 8);
	b->items[b->n++] = r->as.blame;
	return true;
}

/* a goes to b and c, b to c; both b and c are outputs. */
static void test_weights(void **state)
{
	(void)state;
	td_graph *g = read_good(HEAD "%0 = input \"x\" f32 [4]\n"
	                             "%1 = test.add(%0 %0) as \"a\"\n"
	                             "%2 = test.add(%1 %1) as \"b\"\n"
	                             "%3 = test.add(%1 %2) as \"c\"\n"
	                             "output \"y\" = %3\noutput \"z\" = %2\n");
	double isolated[] = {1e-7, 2e-7, (double)NAN}, amplified[] = {(double)NAN, 10, 3};
	static lane l;
	l = (lane){.isolated = isolated, .amplified = amplified};
	td_compare_options o = {.first_run = 5};
	static blames b;
	b.n = 0;
	comparison c = {.g = g, .o = &o, .lanes = &l, .n = 1, .sink = {&b, take}};
	td_err e;
	assert_true(td_compare_blame(&c, 0, &e));
	/* c: 1; b: 1 as an output and 3 through c; a: 4 * 10 through b, once, and 3 through c. c is not
	 * known and has no row. */
	assert_int_equal(b.n, 2);
	assert_int_equal(b.items[0].run, 5);
	assert_near(b.items[0].weight, 43, 1e-12);
	assert_near(b.items[1].weight, 4, 1e-12);
	assert_near(b.items[0].share, 43e-7 / 51e-7, 1e-12);
	assert_near(b.items[1].share, 8e-7 / 51e-7, 1e-12);
	td_graph_free(g);
}

/* What a carry becomes counts as the carry does; nothing wrong anywhere makes no shares. */
static void test_loops(void **state)
{
	(void)state;
	td_graph *g = read_good(HEAD "%0 = input \"x\" f32 [4]\n"
	                             "%1 = test.add(%0 %0) as \"before\"\n"
	                             "loop 3\n"
	                             "%2 = carry %1 next %3\n"
	                             "%3 = test.add(%2 %0) as \"turn\"\n"
	                             "end\n"
	                             "output \"y\" = %2\n");
	double isolated[] = {0, 0}, amplified[] = {2, 2};
	static lane l;
	l = (lane){.isolated = isolated, .amplified = amplified};
	td_compare_options o = {.first_run = 0};
	static blames b;
	b.n = 0;
	comparison c = {.g = g, .o = &o, .lanes = &l, .n = 1, .sink = {&b, take}};
	td_err e;
	assert_true(td_compare_blame(&c, 0, &e));
	assert_int_equal(b.n, 2);
	assert_true(b.items[0].weight >= 1 && b.items[1].weight >= 1);
	assert_near(b.items[0].share, 0, 0);
	assert_near(b.items[1].share, 0, 0);
	td_graph_free(g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_weights),
	                                   cmocka_unit_test(test_loops)};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
