/* Unit tests of measure/worth.h: break-even calls and sizes, ceilings, the split of time. */
#include "base/rng.h"
#include "measure/worth.h"
#include "near.h"

/* -- calls ---------------------------------------------------------------- */

static void break_even(void **state)
{
	(void)state;
	static const struct {
		td_price a, b;
		td_wins when;
		double calls;
	} table[] = {
		{{0, 2}, {10, 1}, TD_WINS_FROM, 11}, /* equal after 10 */
		{{0, 2}, {9.5, 1}, TD_WINS_FROM, 10},
		{{5, 2}, {10, 1}, TD_WINS_FROM, 6},
		{{0, 2}, {1, 1}, TD_WINS_FROM, 2}, /* equal after 1 */
		{{0, 2}, {0.5, 1}, TD_WINS_ALWAYS, 0},
		{{5, 2}, {1, 1}, TD_WINS_ALWAYS, 0},
		{{5, 1}, {1, 1}, TD_WINS_ALWAYS, 0},
		{{1, 1}, {1, 1}, TD_WINS_NEVER, 0},
		{{1, 1}, {5, 1}, TD_WINS_NEVER, 0},
		{{1, 1}, {5, 2}, TD_WINS_NEVER, 0},
		{{10, 1}, {0, 2}, TD_WINS_UNTIL, 9}, /* equal after 10 */
		{{10.5, 1}, {0, 2}, TD_WINS_UNTIL, 10},
		{{1, 1}, {0, 2}, TD_WINS_NEVER, 0}, /* equal after 1 */
		{{1.5, 1}, {0, 2}, TD_WINS_UNTIL, 1},
		{{0, 1e-6}, {0.13, 0.5e-6}, TD_WINS_FROM, 260001},
	};
	for (size_t i = 0; i < TD_COUNT(table); i++) {
		td_break_even be;
		const td_price *a = &table[i].a, *b = &table[i].b;
		assert_ok(td_break_even_of(a, b, &be, e));
		if (be.when != table[i].when || !td_feq_exact(be.calls, table[i].calls))
			fail_msg("row %zu: %d at %g", i, (int)be.when, be.calls);
		double n = be.calls;
		if (be.when == TD_WINS_FROM)
			assert_true(td_speedup_after(a, b, n) > 1 &&
			            td_speedup_after(a, b, n - 1) <= 1 + 1e-12);
		if (be.when == TD_WINS_UNTIL)
			assert_true(td_speedup_after(a, b, n) > 1 &&
			            td_speedup_after(a, b, n + 1) <= 1 + 1e-12);
	}
	assert_same(td_speedup_after(&table[0].a, &table[0].b, 90), 1.8);
}

static void bad_prices(void **state)
{
	(void)state;
	static const td_price good = {1, 1}, free = {0, 0}, paid = {-1, 1}, never = {1, HUGE_VAL},
			      odd = {(double)NAN, 1};
	td_break_even be;
#define WHY "the first must not be negative, the second must be positive, both finite"
	assert_fails(td_break_even_of(&free, &good, &be, e), TD_E_DATA,
	             "A costs 0 s once and 0 s a call: " WHY);
	assert_fails(td_break_even_of(&good, &paid, &be, e), TD_E_DATA,
	             "B costs -1 s once and 1 s a call: " WHY);
	assert_fails(td_break_even_of(&good, &never, &be, e), TD_E_DATA,
	             "B costs 1 s once and inf s a call: " WHY);
	assert_fails(td_break_even_of(&odd, &good, &be, e), TD_E_DATA,
	             "A costs nan s once and 1 s a call: " WHY);
#undef WHY
}

/* -- sizes ---------------------------------------------------------------- */

enum { N = 8 };
static const double sizes[N] = {64, 128, 256, 512, 1024, 2048, 4096, 8192};

/* Times a + b n^c with relative noise. */
static td_fit fitted(double a, double b, double c, double noise)
{
	double time[N];
	td_rng r = td_rng_make(1, 0);
	for (size_t i = 0; i < N; i++)
		time[i] = (a + b * pow(sizes[i], c)) * exp(noise * td_rng_normal(&r));
	td_fit f;
	assert_ok(td_fit_of(sizes, time, N, &f, e));
	return f;
}

static void fits(void **state)
{
	(void)state;
	static const struct {
		double a, b, c;
	} table[] = {{1e-5, 2e-9, 1}, {0, 1e-12, 3}, {1e-4, 3e-10, 2.37}, {1e-3, 1e-4, 0.5}};
	for (size_t i = 0; i < TD_COUNT(table); i++) {
		td_fit f = fitted(table[i].a, table[i].b, table[i].c, 0);
		assert_near(f.c, table[i].c, 1e-12);
		assert_true(fabs(f.a - table[i].a) < 1e-9 * table[i].a + 1e-15);
		assert_near(f.b, table[i].b * pow(8192, table[i].c), 1e-9);
		assert_true(f.residual < 1e-9);
		assert_true(td_feq_exact(f.lo, 64) && td_feq_exact(f.hi, 8192));
		double t;
		assert_ok(td_fit_at(&f, 1000, &t, e));
		assert_near(t, table[i].a + table[i].b * pow(1000, table[i].c), 1e-9);
	}
	td_fit f = fitted(1e-5, 2e-9, 1.5, 0.02);
	assert_true(fabs(f.c - 1.5) < 0.05 && f.residual > 0.002 && f.residual < 0.04);
	f = fitted(1e-3, 0, 1, 0); /* constant: nothing grows */
	assert_near(f.a, 1e-3, 1e-9);
	assert_true(f.b < 1e-12);
	/* a falling time is none of these: the mean is the best with b >= 0 */
	static const double falling[N] = {8, 7, 6, 5, 4, 3, 2, 1};
	assert_ok(td_fit_of(sizes, falling, N, &f, e));
	assert_same(f.b, 0);
	assert_true(f.a > 1 && f.a < 8 && f.residual > 0.2);
	/* time that starts below nothing: a >= 0 holds */
	double below[N];
	for (size_t i = 0; i < N; i++)
		below[i] = sizes[i] - 60;
	assert_ok(td_fit_of(sizes, below, N, &f, e));
	assert_true(f.a >= 0 && f.b > 0 && isfinite(f.residual));
	/* sizes too close to tell a from b */
	static const double close[] = {1e12, 1e12 + 1, 1e12 + 2, 1e12 + 3}, t[] = {2, 2, 2, 2};
	assert_ok(td_fit_of(close, t, 4, &f, e));
	assert_near(f.a + f.b, 2, 1e-9);
}

static void bad_fits(void **state)
{
	(void)state;
	static const double size[] = {1, 2, 4, 2}, time[] = {1, 2, 3, 2}, zero[] = {1, 0, 3, 2};
	static const double negative[] = {-1, 2, 4, 8};
	td_fit f;
	assert_fails(td_fit_of(size, time, 4, &f, e), TD_E_DATA,
	             "3 different sizes: a + b n^c has three unknowns, measure at least 4");
	assert_fails(td_fit_of(size, time, 0, &f, e), TD_E_DATA,
	             "0 different sizes: a + b n^c has three unknowns, measure at least 4");
	assert_fails(td_fit_of(size, zero, 4, &f, e), TD_E_DATA,
	             "size 2 took 0: sizes and times must be positive and finite");
	assert_fails(td_fit_of(negative, time, 4, &f, e), TD_E_DATA,
	             "size -1 took 1: sizes and times must be positive and finite");
}

static void no_extrapolation(void **state)
{
	(void)state;
	td_fit f = fitted(1e-5, 2e-9, 1, 0);
	double t;
	assert_ok(td_fit_at(&f, 64, &t, e));
	assert_ok(td_fit_at(&f, 8192, &t, e));
	assert_fails(td_fit_at(&f, 8193, &t, e), TD_E_DATA,
	             "size 8193 lies outside the sizes measured, 64 to 8192: measure it, a fit "
	             "says nothing there");
	assert_fails(td_fit_at(&f, 63, &t, e), TD_E_DATA,
	             "size 63 lies outside the sizes measured, 64 to 8192: measure it, a fit "
	             "says nothing there");
	assert_fails(td_fit_at(&f, (double)NAN, &t, e), TD_E_DATA,
	             "size nan lies outside the sizes measured, 64 to 8192: measure it, a fit "
	             "says nothing there");
}

static void crossings(void **state)
{
	(void)state;
	/* A = 1e-8 n, B = 1e-5 + 1e-9 n: equal at n = 1e-5 / 9e-9 = 1111.1 */
	td_fit a = fitted(0, 1e-8, 1, 0), b = fitted(1e-5, 1e-9, 1, 0);
	td_crossing x;
	assert_ok(td_crossing_of(&a, &b, &x, e));
	assert_int_equal(x.when, TD_WINS_FROM);
	assert_near(x.size, 1e-5 / 9e-9, 1e-6);
	assert_int_equal(x.crossings, 1);
	assert_same(x.lo, 64);
	assert_same(x.hi, 8192);
	assert_ok(td_crossing_of(&b, &a, &x, e));
	assert_int_equal(x.when, TD_WINS_UNTIL);
	assert_near(x.size, 1e-5 / 9e-9, 1e-6);
	/* the same below the crossing only: no answer is made up */
	td_fit small = a;
	small.hi = 1000;
	small.b = a.b * 1000 / 8192;
	assert_ok(td_crossing_of(&small, &b, &x, e));
	assert_int_equal(x.when, TD_WINS_NEVER);
	assert_true(td_feq_exact(x.size, 0) && td_feq_exact(x.hi, 1000) && x.crossings == 0);
	assert_ok(td_crossing_of(&b, &small, &x, e));
	assert_int_equal(x.when, TD_WINS_ALWAYS);
	assert_ok(td_crossing_of(&a, &a, &x, e)); /* equal is not faster */
	assert_int_equal(x.when, TD_WINS_NEVER);
	/* B = 1e-5 + 1e-12 n²: wins from 1127 up to 8873 only, which a wider range shows */
	td_fit square = {.a = 1e-5, .b = 1e-12 * 2e4 * 2e4, .c = 2, .lo = 64, .hi = 2e4};
	td_fit line = {.a = 0, .b = 1e-8 * 2e4, .c = 1, .lo = 64, .hi = 2e4};
	assert_ok(td_crossing_of(&line, &square, &x, e));
	assert_int_equal(x.when, TD_WINS_FROM);
	assert_int_equal(x.crossings, 2);
	assert_near(x.size, 5000 - sqrt(1.5e7), 1e-6);
	a.lo = 9000;
	a.hi = 10000;
	assert_fails(
		td_crossing_of(&a, &b, &x, e), TD_E_DATA,
		"A was measured for sizes 9000 to 10000, B for 64 to 8192: measure both over a "
		"common range");
}

/* -- ceilings and the split ----------------------------------------------- */

static void ceilings(void **state)
{
	(void)state;
	static const td_peaks peaks = {1e12, 1e11, 1e-5}, no_flops = {0, 1e11, 0},
			      odd = {1e12, 1e11, (double)NAN};
	static const struct {
		td_cost work;
		double t, least;
		bool suspect;
	} table[] = {
		{{1e9, 1e6}, 2e-3, 1e-3 + 1e-5, false}, /* bound by flops */
		{{1e9, 1e9}, 2e-2, 1e-2 + 1e-5, false}, /* bound by bytes */
		{{0, 0}, 1e-5, 1e-5, false},            /* nothing but the launch */
		{{1e9, 1e6}, 0.951 * 1.01e-3, 1.01e-3, false},
		{{1e9, 1e6}, 0.949 * 1.01e-3, 1.01e-3, true},
	};
	for (size_t i = 0; i < TD_COUNT(table); i++) {
		td_ceiling c = td_ceiling_of(table[i].work, &peaks, table[i].t);
		assert_true(c.known && c.suspect == table[i].suspect);
		assert_near(c.min_s, table[i].least, 1e-14);
		assert_near(c.share, table[i].least / table[i].t, 1e-14);
	}
	assert_true(td_ceiling_of((td_cost){0, 1e9}, &no_flops, 1).known); /* copies need none */
	assert_false(td_ceiling_of((td_cost){1, 1e9}, &no_flops, 1).known);
	assert_false(td_ceiling_of((td_cost){1, 1}, &odd, 1).known);
	assert_false(td_ceiling_of((td_cost){1, 1}, &peaks, 0).known);
	td_ceiling c = td_ceiling_of((td_cost){1, 1}, &peaks, (double)NAN);
	assert_true(!c.known && !c.suspect && td_feq_exact(c.share, 0));
}

static void split(void **state)
{
	(void)state;
	const double nan = (double)NAN;
	const struct {
		td_split s;
		double idle;
		bool ok;
	} table[] = {
		{{1, 2, 3, 4, 5, 15}, 0, true},        {{1, 2, 3, 4, 5, 15.25}, 0.25, true},
		{{1, 2, 3, 4, 5, 16}, 1, false},       {{1, 2, 3, 4, 5, 14.75}, -0.25, true},
		{{1, 2, 3, 4, 5, 14}, -1, false},      {{0, 0, 0, 0, 0, 0}, 0, true},
		{{1, 2, 3, 4, -5, 5}, 0, false},       {{0, 0, 0, 0, 0, -1}, -1, false},
		{{1, 2, 3, 4, 0, 10.25}, 0.25, false}, {{1, 2, 3, 4, 0, 10.125}, 0.125, true},
	};
	double idle;
	for (size_t i = 0; i < TD_COUNT(table); i++) {
		assert_int_equal(td_split_adds_up(&table[i].s, &idle), table[i].ok);
		assert_same(idle, table[i].idle);
	}
	assert_false(td_split_adds_up(&(td_split){1, 2, nan, 4, 5, 15}, &idle));
	assert_false(td_split_adds_up(&(td_split){1, 2, 3, 4, 5, nan}, &idle));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(break_even),
		cmocka_unit_test(bad_prices),
		cmocka_unit_test(fits),
		cmocka_unit_test(bad_fits),
		cmocka_unit_test(no_extrapolation),
		cmocka_unit_test(crossings),
		cmocka_unit_test(ceilings),
		cmocka_unit_test(split),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
