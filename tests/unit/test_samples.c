/* Unit tests of measure/stats.h, inside one run: order statistics, outliers, sampling, steady state. */
#include "base/rng.h"
#include "measure/stats.h"
#include "near.h"

/* -- order statistics ----------------------------------------------------- */

static void quantiles(void **state)
{
	(void)state;
	double x[] = {7, 1, 10, 4, 2, 9, 3, 8, 5, 6};
	td_stats s;
	assert_ok(td_stats_of(x, TD_COUNT(x), &s, e));
	assert_int_equal(s.n, 10);
	assert_same(s.min, 1);
	assert_same(s.q1, 3.25);
	assert_same(s.median, 5.5);
	assert_same(s.q3, 7.75);
	assert_near(s.p95, 9.55, 1e-15);
	assert_same(s.max, 10);
	assert_same(s.mad, 2.5);
	assert_same(x[0], 7); /* the samples stay as they are */
	assert_ok(td_stats_of(x, 1, &s, e));
	assert_same(s.q1, 7);
	assert_same(s.p95, 7);
	assert_same(s.mad, 0);
	td_sort(x, TD_COUNT(x));
	assert_same(td_quantile(x, 10, 0), 1);
	assert_same(td_quantile(x, 10, 1), 10);
}

static void bad_samples(void **state)
{
	(void)state;
	static const double x[] = {1, 2, (double)NAN, HUGE_VAL};
	td_stats s;
	assert_fails(td_stats_of(x, 0, &s, e), TD_E_DATA,
	             "a run without samples: take at least one");
	assert_fails(td_stats_of(x, 3, &s, e), TD_E_DATA,
	             "sample 3 of 3 is nan: a time must be finite");
	assert_fails(td_stats_of(x + 3, 1, &s, e), TD_E_DATA,
	             "sample 1 of 1 is inf: a time must be finite");
}

static size_t marks(const double *x, size_t n, bool *mark)
{
	td_stats s;
	assert_ok(td_stats_of(x, n, &s, e));
	return td_mark_outliers(x, n, &s, mark);
}

static void outliers(void **state)
{
	(void)state;
	bool mark[101];
	/* median 3, MAD 1: z = 0.6745 |x - 3| > 10 from 17.826 on */
	static const double below[] = {1, 2, 3, 4, 17.82}, above[] = {1, 2, 3, 4, 17.83};
	assert_int_equal(marks(below, 5, mark), 0);
	assert_int_equal(marks(above, 5, mark), 1);
	assert_true(mark[4] && !mark[0]);
	/* MAD 0: one in 101 is far out, one in three is not */
	double x[101];
	for (size_t i = 0; i < 101; i++)
		x[i] = 5;
	assert_int_equal(marks(x, 101, mark), 0);
	x[50] = 6;
	assert_int_equal(marks(x, 101, mark), 1);
	assert_true(mark[50]);
	for (size_t i = 0; i < 101; i += 3)
		x[i] = 6;
	assert_int_equal(marks(x, 101, mark), 0);
	td_stats none = {0};
	assert_int_equal(td_mark_outliers(x, 0, &none, mark), 0);
}

static void theil_sen(void **state)
{
	(void)state;
	double y[20];
	for (size_t i = 0; i < 20; i++)
		y[i] = 3 - 0.25 * (double)i;
	assert_near(td_theil_sen(y, 20), -0.25, 1e-15);
	y[3] = 1000; /* robust: spikes do not turn the line */
	y[11] = -1000;
	assert_near(td_theil_sen(y, 20), -0.25, 1e-12);
	static const double by_hand[] = {1, 2, 4}; /* slopes 1, 1.5, 2 */
	assert_same(td_theil_sen(by_hand, 3), 1.5);
	assert_same(td_theil_sen(y, 1), 0);
	assert_same(td_theil_sen(y, 0), 0);
}

/* -- samples of a run ----------------------------------------------------- */

static void sampling(void **state)
{
	(void)state;
	static const struct {
		double t, tick;
		size_t k, n;
	} table[] = {
		{2, 1e-9, 1, 10},                  /* slow: the least */
		{0.05, 1e-9, 1, 10},               /* 0.5 s exactly */
		{0.03, 1e-9, 1, 17},               /* ceil(16.7) */
		{1e-3, 1e-9, 1, 500},              /* 0.5 s */
		{100e-6, 1e-9, 1, 1000},           /* the most */
		{20e-6, 1e-9, 1, 1000},            /* just long enough */
		{19e-6, 1e-9, 11, 1000},           /* ceil(10.5) */
		{1e-6, 1e-9, 200, 1000},           /* 200 us */
		{15e-6, 1e-6, 14, 1000},           /* ceil(13.3) */
		{25e-6, 2e-6, 8, 1000},            /* fewer than 20 ticks: the 200 us are enough */
		{0.01, 1e-3, 2, 25},               /* … and here 20 ticks count */
		{0, 1e-6, 200, 1000},              /* below the clock: taken as a tick */
		{0, 0, 200000, 1000},              /* … or as 1 ns */
		{-1, 0, 200000, 1000},             /* no time at all */
		{1e-15, 0, 1000000, 1000},         /* the largest batch */
		{HUGE_VAL, 1e-9, 1, 10},           /* whatever it is, once is enough */
		{(double)NAN, 1e-9, 200000, 1000}, /* not measured: 1 tick */
	};
	for (size_t i = 0; i < TD_COUNT(table); i++) {
		td_sampling s = td_sampling_for(table[i].t, table[i].tick);
		if (s.k != table[i].k || s.n != table[i].n)
			fail_msg("t %g tick %g: k %zu n %zu", table[i].t, table[i].tick, s.k, s.n);
	}
}

static void sample_faults(void **state)
{
	(void)state;
	static const struct {
		int64_t start, end, wall, tick;
		td_sample_fault fault;
		const char *text;
	} table[] = {
		{100, 200, 150, 1, TD_SAMPLE_OK, ""},
		{100, 200, 99, 1, TD_SAMPLE_OK, ""},
		{100, 200, 98, 1, TD_SAMPLE_BEYOND, "event took longer than the wall time"},
		{200, 100, 500, 1, TD_SAMPLE_ORDER, "event ends before it starts"},
		{100, 100, 500, 1, TD_SAMPLE_ZERO, "took no time at all"},
		{100, 200, 0, 1, TD_SAMPLE_ZERO, "took no time at all"},
		{INT64_MIN, INT64_MAX, 5, 1, TD_SAMPLE_BEYOND,
	         "event took longer than the wall time"},
	};
	for (size_t i = 0; i < TD_COUNT(table); i++) {
		td_sample_fault f =
			td_sample_check(table[i].start, table[i].end, table[i].wall, table[i].tick);
		assert_int_equal(f, table[i].fault);
		assert_string_equal(td_sample_fault_text(f), table[i].text);
	}
}

/* n samples 1 + trend(i), with normal noise. */
static void series(double *t, size_t n, double noise, double (*trend)(size_t), uint64_t seed)
{
	td_rng r = td_rng_make(seed, 0);
	for (size_t i = 0; i < n; i++)
		t[i] = 1 + trend(i) + noise * td_rng_normal(&r);
}

static double flat(size_t i)
{
	(void)i;
	return 0;
}

static double decaying(size_t i)
{
	return 5 * exp(-(double)i / 8);
}

static double drifting(size_t i)
{
	return 0.002 * (double)i; /* 4 % in 20 samples */
}

static double two_levels(size_t i)
{
	return i < 15 ? 0.5 : 0;
}

static double stairs(size_t i)
{
	return 0.05 * floor((double)i / 10);
}

/* Rests for 30 samples, then on. */
static double landing(size_t i)
{
	return i < 30 ? 0.5 : 0;
}

static void steady_flat(void **state)
{
	(void)state;
	double t[300];
	series(t, 300, 0, flat, 1);
	td_steady s = td_steady_of(t, 300);
	assert_int_equal(s.is, TD_STEADY);
	assert_int_equal(s.first, 0);
	assert_int_equal(td_steady_of(t, 20).is, TD_STEADY);
	s = td_steady_of(t, 19);
	assert_int_equal(s.is, TD_STEADY_NOT_YET);
	assert_int_equal(s.first, 9);
	assert_int_equal(td_steady_of(t, 0).is, TD_STEADY_NOT_YET);
	series(t, 300, 0.003, flat, 2);
	assert_int_equal(td_steady_of(t, 300).is, TD_STEADY);
	assert_in_range(td_steady_of(t, 300).first, 0, 10);
	/* noise of 5 % hides what is below it: found, if later */
	series(t, 300, 0.05, flat, 3);
	assert_int_equal(td_steady_of(t, 300).is, TD_STEADY);
}

static void steady_late(void **state)
{
	(void)state;
	double t[300];
	series(t, 300, 0, decaying, 3);
	td_steady s = td_steady_of(t, 300);
	assert_int_equal(s.is, TD_STEADY);
	assert_in_range(s.first, 40, 60);
	assert_true(decaying(s.first) < 0.02 && decaying(s.first - 10) > 0.02);
	series(t, 300, 0.003, decaying, 3);
	assert_in_range(td_steady_of(t, 300).first, 35, 70);
	/* 15 slow samples: the median of [s, s+10) is a fast one from s = 10 on */
	series(t, 300, 0.001, two_levels, 6);
	s = td_steady_of(t, 300);
	assert_int_equal(s.is, TD_STEADY);
	assert_in_range(s.first, 10, 16);
	/* what rests for 20 samples is steady: a later change is for the clock witness to see */
	series(t, 300, 0.001, landing, 7);
	assert_in_range(td_steady_of(t, 300).first, 0, 10);
}

/* Each of the two conditions alone, on 20 samples. */
static void steady_rule(void **state)
{
	(void)state;
	double t[20];
	for (size_t i = 0; i < 20; i++)
		t[i] = i % 2 ? 1.05 : 0.95;
	assert_int_equal(td_steady_of(t, 20).is, TD_STEADY);
	/* medians 1 and 0.985, MAD of the second 0.035: apart by less than 0.0164 */
	t[15] = 1.02;
	assert_int_equal(td_steady_of(t, 20).is, TD_STEADY);
	/* 0.98, 0.03, 0.0141 */
	t[15] = 1.01;
	assert_int_equal(td_steady_of(t, 20).is, TD_STEADY_NOT_YET);
	/* 2 % in 20 samples, up or down, below the noise of the medians */
	for (int sign = -1; sign <= 1; sign += 2) {
		for (size_t i = 0; i < 20; i++)
			t[i] = 1 + (i % 2 ? 0.05 : -0.05) + sign * 0.001 * (double)i;
		assert_int_equal(td_steady_of(t, 20).is, TD_STEADY_NOT_YET);
	}
}

static void steady_never(void **state)
{
	(void)state;
	double t[300];
	series(t, 300, 0.001, drifting, 4);
	assert_int_equal(td_steady_of(t, 219).is, TD_STEADY_NOT_YET);
	td_steady s = td_steady_of(t, 220);
	assert_int_equal(s.is, TD_UNSTEADY);
	assert_int_equal(s.first, 110);
	for (size_t i = 0; i < 150; i++) { /* getting faster is as unsteady */
		double swap = t[i];
		t[i] = t[299 - i];
		t[299 - i] = swap;
	}
	assert_int_equal(td_steady_of(t, 300).is, TD_UNSTEADY);
	for (size_t i = 230; i < 300; i++) /* rest after sample 220 comes too late */
		t[i] = 1;
	assert_int_equal(td_steady_of(t, 300).is, TD_UNSTEADY);
	series(t, 300, 0, stairs, 5);
	s = td_steady_of(t, 300);
	assert_int_equal(s.is, TD_UNSTEADY);
	assert_int_equal(s.first, 150);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quantiles),   cmocka_unit_test(bad_samples),
		cmocka_unit_test(outliers),    cmocka_unit_test(theil_sen),
		cmocka_unit_test(sampling),    cmocka_unit_test(sample_faults),
		cmocka_unit_test(steady_flat), cmocka_unit_test(steady_late),
		cmocka_unit_test(steady_rule), cmocka_unit_test(steady_never),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
