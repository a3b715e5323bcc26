/* Unit tests of measure/verdict.h: each branch of the verdict, Holm, geometric mean, fast_p. */
#include "measure/verdict.h"
#include "near.h"

/* A speed-up of n pairs with these intervals; the pairs range over both. */
static td_speedup speedup(double t_lo, double t_hi, double rank_lo, double rank_hi)
{
	double value = sqrt(t_lo * t_hi);
	return (td_speedup){.n = 10,
	                    .value = value,
	                    .t = {true, t_lo, t_hi, 0.95},
	                    .rank = {true, rank_lo, rank_hi, 0.951},
	                    .hodges_lehmann = value,
	                    .smallest = fmin(t_lo, rank_lo) * 0.9,
	                    .largest = fmax(t_hi, rank_hi) * 1.1,
	                    .mean = log(value),
	                    .sd = 0.01,
	                    .half_width = log(t_hi / t_lo) / 2};
}

static const td_conditions fine = {.margin = TD_MARGIN};

static void assert_judged(td_judgement j, td_verdict verdict, td_why why, int lean)
{
	if (j.verdict != verdict || j.why != why || j.lean != lean)
		fail_msg("%s (%s) lean %d is not %s (%s) lean %d", td_verdict_name(j.verdict),
		         td_why_text(j.why), j.lean, td_verdict_name(verdict), td_why_text(why),
		         lean);
}

static void by_intervals(void **state)
{
	(void)state;
	const double up = 1 + TD_MARGIN, down = 1 / up;
	const struct {
		double t[2], rank[2];
		td_verdict verdict;
		td_why why;
		int lean;
	} table[] = {
		{{1.2, 1.3}, {1.19, 1.31}, TD_FASTER, TD_WHY_DECIDED, 0},
		{{1.031, 1.3}, {1.031, 1.31}, TD_FASTER, TD_WHY_DECIDED, 0},
		{{0.7, 0.8}, {0.71, 0.82}, TD_SLOWER, TD_WHY_DECIDED, 0},
		{{0.9, 0.97}, {0.9, 0.97}, TD_SLOWER, TD_WHY_DECIDED, 0},
		{{0.99, 1.01}, {0.98, 1.02}, TD_SAME, TD_WHY_DECIDED, 0},
		{{down, up}, {down, up}, TD_SAME, TD_WHY_DECIDED, 0},
		{{1.01, 1.02}, {1.005, 1.02}, TD_SAME, TD_WHY_DECIDED, 1},
		{{0.98, 0.99}, {0.98, 0.99}, TD_SAME, TD_WHY_DECIDED, -1},
		{{1.01, 1.02}, {0.995, 1.02}, TD_SAME, TD_WHY_DECIDED, 0},
		{{1.01, 1.05}, {1.01, 1.05}, TD_UNDECIDED, TD_WHY_WIDE, 0},
		{{up, 1.05}, {1.04, 1.05}, TD_UNDECIDED, TD_WHY_WIDE, 0},
		{{0.95, 0.99}, {0.95, 0.99}, TD_UNDECIDED, TD_WHY_WIDE, 0},
		{{0.5, 2}, {0.5, 2}, TD_UNDECIDED, TD_WHY_WIDE, 0},
		{{0.5, 2}, {1.2, 1.3}, TD_UNDECIDED, TD_WHY_WIDE, 0},
		{{1.2, 1.3}, {1.02, 1.3}, TD_UNDECIDED, TD_WHY_RANKS, 0},
		{{0.7, 0.8}, {0.7, 1.2}, TD_UNDECIDED, TD_WHY_RANKS, 0},
		{{0.99, 1.01}, {0.96, 1.01}, TD_UNDECIDED, TD_WHY_RANKS, 0},
	};
	for (size_t i = 0; i < TD_COUNT(table); i++) {
		td_speedup s =
			speedup(table[i].t[0], table[i].t[1], table[i].rank[0], table[i].rank[1]);
		assert_judged(td_judge(&s, &fine), table[i].verdict, table[i].why, table[i].lean);
	}
}

static void margins(void **state)
{
	(void)state;
	td_speedup s = speedup(1.06, 1.08, 1.06, 1.08);
	assert_judged(td_judge(&s, &(td_conditions){.margin = 0}), TD_FASTER, TD_WHY_DECIDED, 0);
	assert_judged(td_judge(&s, &(td_conditions){.margin = 0.1}), TD_SAME, TD_WHY_DECIDED, 1);
	assert_judged(td_judge(&s, &(td_conditions){.margin = 0.07}), TD_UNDECIDED, TD_WHY_WIDE, 0);
	s = speedup(0.98, 0.99, 0.98, 0.99); /* below 0 counts as 0 */
	assert_judged(td_judge(&s, &(td_conditions){.margin = -9}), TD_SLOWER, TD_WHY_DECIDED, 0);
}

static void no_intervals(void **state)
{
	(void)state;
	double a[10], b[10];
	for (size_t i = 0; i < 10; i++) {
		a[i] = 3;
		b[i] = 1;
	}
	td_speedup s;
	assert_ok(td_speedup_of(a, b, 10, &s, e));
	assert_judged(td_judge(&s, &fine), TD_UNDECIDED, TD_WHY_NO_SPREAD, 0);
	a[0] = 3.1;
	assert_ok(td_speedup_of(a, b, 10, &s, e));
	assert_judged(td_judge(&s, &fine), TD_FASTER, TD_WHY_DECIDED, 0);
	assert_ok(td_speedup_of(a, b, 6, &s, e));
	assert_judged(td_judge(&s, &fine), TD_FASTER, TD_WHY_DECIDED, 0);
	assert_ok(td_speedup_of(a, b, 5, &s, e));
	assert_judged(td_judge(&s, &fine), TD_UNDECIDED, TD_WHY_FEW_PAIRS, 0);
	assert_ok(td_speedup_of(a, b, 1, &s, e));
	assert_judged(td_judge(&s, &fine), TD_UNDECIDED, TD_WHY_FEW_PAIRS, 0);
}

static void biased(void **state)
{
	(void)state;
	td_speedup s = speedup(1.2, 1.3, 1.2, 1.3), same = speedup(0.99, 1.01, 0.99, 1.01);
	td_conditions c = {.margin = TD_MARGIN, .biased = true, .unsteady = true, .corrected = &s};
	assert_judged(td_judge(&s, &c), TD_UNDECIDED, TD_WHY_BIASED, 0);
	assert_judged(td_judge(&same, &c), TD_UNDECIDED, TD_WHY_BIASED, 0);
	assert_true(td_control_ok(&same));
	assert_false(td_control_ok(&s));
	td_speedup slow = speedup(0.98, 0.999, 0.98, 1.01);
	assert_false(td_control_ok(&slow));
	same.t.exists = false; /* no interval proves nothing */
	assert_false(td_control_ok(&same));
}

static void unsteady(void **state)
{
	(void)state;
	td_conditions c = {.margin = TD_MARGIN, .unsteady = true};
	td_speedup s = speedup(1.2, 1.3, 1.2, 1.3);
	s.smallest = 1.1; /* all pairs agree */
	assert_judged(td_judge(&s, &c), TD_FASTER, TD_WHY_DECIDED, 0);
	s.smallest = 0.99;
	assert_judged(td_judge(&s, &c), TD_UNDECIDED, TD_WHY_UNSTEADY, 0);
	s = speedup(0.7, 0.8, 0.7, 0.8);
	s.largest = 0.9;
	assert_judged(td_judge(&s, &c), TD_SLOWER, TD_WHY_DECIDED, 0);
	s.largest = 1;
	assert_judged(td_judge(&s, &c), TD_UNDECIDED, TD_WHY_UNSTEADY, 0);
	s.rank.exists = false; /* the want of pairs comes first */
	assert_judged(td_judge(&s, &c), TD_UNDECIDED, TD_WHY_FEW_PAIRS, 0);
}

static void clock_witness(void **state)
{
	(void)state;
	td_speedup s = speedup(1.2, 1.3, 1.2, 1.3), corrected = speedup(1.1, 1.2, 1.1, 1.2);
	td_conditions c = {.margin = TD_MARGIN, .corrected = &corrected};
	assert_judged(td_judge(&s, &c), TD_FASTER, TD_WHY_DECIDED, 0);
	corrected = speedup(1.02, 1.2, 1.1, 1.2);
	assert_judged(td_judge(&s, &c), TD_UNDECIDED, TD_WHY_CLOCK, 0);
	corrected = speedup(0.7, 0.8, 0.7, 0.8);
	assert_judged(td_judge(&s, &c), TD_UNDECIDED, TD_WHY_CLOCK, 0);
	s = speedup(0.9, 1.2, 0.9, 1.2); /* undecided already: that reason stays */
	assert_judged(td_judge(&s, &c), TD_UNDECIDED, TD_WHY_WIDE, 0);
}

static void words(void **state)
{
	(void)state;
	static const char *const verdict[] = {"UNDECIDED", "FASTER", "SLOWER", "SAME"};
	for (size_t i = 0; i < TD_COUNT(verdict); i++)
		assert_string_equal(td_verdict_name((td_verdict)i), verdict[i]);
	static const char *const why[] = {
		"",
		"biased session: a control (A/A or B/B) does not contain 1",
		"fewer than 6 pairs: no exact 95 % interval exists",
		"all pairs are equal: the clock is too coarse",
		"a run never became steady, and the pairs differ in sign",
		"the interval reaches across a limit: more pairs are needed",
		"the t interval and the signed-rank interval disagree",
		"corrected for the clock, the verdict differs",
		"not significant among the rows of this report (Holm)",
	};
	for (size_t i = 0; i < TD_COUNT(why); i++)
		assert_string_equal(td_why_text((td_why)i), why[i]);
}

/* -- many rows ------------------------------------------------------------ */

/* p = 0.05 exactly where the t interval touches the margin. */
static void p_values(void **state)
{
	(void)state;
	static const double b[] = {1, 1, 1, 1, 1, 1, 1, 1};
	double a[8];
	td_speedup s;
	for (size_t i = 0; i < 8; i++)
		a[i] = 1.1 + 0.01 * (double)i;
	assert_ok(td_speedup_of(a, b, 8, &s, e));
	assert_near(td_p_beyond(&s, s.t.lo - 1), 0.05, 1e-9);
	assert_true(td_p_beyond(&s, 0) < 1e-5);
	assert_same(td_p_beyond(&s, s.value), 1);
	assert_same(td_p_beyond(&s, s.value - 1), 1);
	td_speedup slower;
	assert_ok(td_speedup_of(b, a, 8, &slower, e));
	assert_near(td_p_beyond(&slower, 0.03), td_p_beyond(&s, 0.03), 1e-9);
	assert_near(td_p_beyond(&slower, 1 / slower.t.hi - 1), 0.05, 1e-9);
	s.t.exists = false;
	assert_same(td_p_beyond(&s, 0.03), 1);
}

static void holm(void **state)
{
	(void)state;
	/* by hand: 4 x 0.005, 3 x 0.01, 2 x 0.03, and 0.04 which may not fall below 0.06 */
	static const double p[] = {0.01, 0.04, 0.03, 0.005}, want[] = {0.03, 0.06, 0.06, 0.02};
	double adjusted[4];
	td_holm(p, 4, adjusted);
	for (size_t i = 0; i < 4; i++)
		assert_near(adjusted[i], want[i], 1e-15);
	static const double large[] = {0.6, (double)NAN, 0.01};
	td_holm(large, 3, adjusted);
	assert_same(adjusted[0], 1);
	assert_same(adjusted[1], 1);
	assert_near(adjusted[2], 0.03, 1e-15);
	td_holm(p, 1, adjusted);
	assert_same(adjusted[0], 0.01);
	td_holm(p, 0, adjusted);
}

static void rows(void **state)
{
	(void)state;
	static const double p[] = {0.01, 0.04, 0.03, 0.005, 0.9};
	/* adjusted: 0.04, 0.09, 0.09, 0.025, 0.9 */
	td_judgement j[] = {{TD_FASTER, TD_WHY_DECIDED, 0},
	                    {TD_SLOWER, TD_WHY_DECIDED, 0},
	                    {TD_FASTER, TD_WHY_DECIDED, 0},
	                    {TD_SLOWER, TD_WHY_DECIDED, 0},
	                    {TD_SAME, TD_WHY_DECIDED, 1}};
	td_judge_rows(j, p, 5);
	assert_judged(j[0], TD_FASTER, TD_WHY_DECIDED, 0);
	assert_judged(j[1], TD_UNDECIDED, TD_WHY_MANY_ROWS, 0);
	assert_judged(j[2], TD_UNDECIDED, TD_WHY_MANY_ROWS, 0);
	assert_judged(j[3], TD_SLOWER, TD_WHY_DECIDED, 0);
	assert_judged(j[4], TD_SAME, TD_WHY_DECIDED, 1);
	td_judgement wide = {TD_UNDECIDED, TD_WHY_WIDE, 0};
	td_judge_rows(&wide, p + 4, 1);
	assert_judged(wide, TD_UNDECIDED, TD_WHY_WIDE, 0);
	td_judge_rows(j, p, 0);
}

static void overall(void **state)
{
	(void)state;
	static const double s[] = {2, 0.5, 40, 1}, bad[] = {1, 0}, nan[] = {(double)NAN};
	static const double inf[] = {HUGE_VAL};
	td_overall o;
	assert_ok(td_overall_of(s, 4, &o, e));
	assert_near(o.geomean, pow(40, 0.25), 1e-14);
	assert_same(o.worst, 0.5);
	assert_int_equal(o.worst_row, 1);
	assert_fails(td_overall_of(s, 0, &o, e), TD_E_DATA, "no speed-ups to average");
	assert_fails(td_overall_of(bad, 2, &o, e), TD_E_DATA,
	             "speed-up 2 of 2 is 0: it must be positive and finite");
	assert_fails(td_overall_of(nan, 1, &o, e), TD_E_DATA,
	             "speed-up 1 of 1 is nan: it must be positive and finite");
	assert_fails(td_overall_of(inf, 1, &o, e), TD_E_DATA,
	             "speed-up 1 of 1 is inf: it must be positive and finite");
}

static void fast_p(void **state)
{
	(void)state;
	static const double s[] = {2, 0.5, 40, 1};
	static const bool correct[] = {true, true, false, true};
	assert_same(td_fast_p(s, correct, 4, 0), 0.75);
	assert_same(td_fast_p(s, correct, 4, 1), 0.5);
	assert_same(td_fast_p(s, correct, 4, 2), 0.25);
	assert_same(td_fast_p(s, correct, 4, 2.01), 0);
	assert_same(td_fast_p(s, correct, 0, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_intervals), cmocka_unit_test(margins),
		cmocka_unit_test(no_intervals), cmocka_unit_test(biased),
		cmocka_unit_test(unsteady),     cmocka_unit_test(clock_witness),
		cmocka_unit_test(words),        cmocka_unit_test(p_values),
		cmocka_unit_test(holm),         cmocka_unit_test(rows),
		cmocka_unit_test(overall),      cmocka_unit_test(fast_p),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
