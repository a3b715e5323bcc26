/* Unit tests of measure/against.h. */
#include "measure/against.h"
#include "near.h"

enum { N = 10 };

/* `ns` times a factor near 1 that repeats; a clock that is `clock` times slower slows all. */
static void make(td_past_run *r, double ns, double noise, double clock)
{
	for (int i = 0; i < N; i++) {
		double wobble = 1 + noise * (i % 5 - 2);
		r[i] = (td_past_run){ns * wobble * clock, 2e6 * clock};
	}
}

/* Welch, The generalization of Student's problem: by hand for logs 0, 1, 2 beside 3, 5, 7, 9. */
static void interval(void **state)
{
	(void)state;
	td_past_run a[3], b[4];
	for (int i = 0; i < 3; i++)
		a[i] = (td_past_run){exp(i), 0};
	for (int i = 0; i < 4; i++)
		b[i] = (td_past_run){exp(3 + 2 * i), 0};
	td_against x = td_against_of(a, 3, b, 4, 0.03);
	/* variances of the means 1/3 and 5/3, df = 4 / (1/18 + 25/27) */
	assert_near(log(x.ratio), -5, 1e-12);
	assert_near(log(x.high) - log(x.ratio), 2.7764451 * sqrt(2), 0.02);
	assert_true(isnan(x.corrected));
	assert_int_equal(x.change, TD_REGRESSED);
}

static void verdicts(void **state)
{
	(void)state;
	td_past_run a[N], b[N];
	make(a, 1e6, 0.002, 1);
	make(b, 1e6, 0.002, 1);
	assert_int_equal(td_against_of(a, N, b, N, 0.03).change, TD_UNCHANGED);
	make(b, 1.1e6, 0.002, 1);
	assert_int_equal(td_against_of(a, N, b, N, 0.03).change, TD_REGRESSED);
	assert_int_equal(td_against_of(b, N, a, N, 0.03).change, TD_IMPROVED);
	make(b, 1e6, 0.1, 1);
	assert_int_equal(td_against_of(a, N, b, N, 0.03).change, TD_NOT_TOLD);
	assert_int_equal(td_against_of(a, 2, b, N, 0.03).change, TD_NOT_TOLD);
}

/* Slower by 10 % because the clock is: no regression of the program. */
static void slower_clock(void **state)
{
	(void)state;
	td_past_run a[N], b[N];
	make(a, 1e6, 0.002, 1);
	make(b, 1e6, 0.002, 1.1);
	td_against x = td_against_of(a, N, b, N, 0.03);
	assert_int_equal(x.change, TD_NOT_TOLD);
	assert_string_equal(x.why, "times corrected for the clock say otherwise");
	assert_near(x.ratio, 1 / 1.1, 1e-9);
	assert_near(x.corrected, 1, 1e-9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(interval), cmocka_unit_test(verdicts),
	                                   cmocka_unit_test(slower_clock)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
