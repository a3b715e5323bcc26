/* Unit tests of measure/stats.h, across runs: Student's t, signed ranks, pairs, stop rule.
 * Coverage by simulation is in test_stats_coverage.c. */
#include "measure/stats.h"
#include "near.h"

/* -- Student's t ---------------------------------------------------------- */

/* Reference values to 16 digits: incomplete beta function in 40-digit arithmetic. */
static void t_quantiles(void **state)
{
	(void)state;
	static const struct {
		double df, q[4];
	} table[] = {
		{1, {3.077683537175253, 12.7062047361747, 63.65674116287158, 636.6192487687196}},
		{2, {1.885618083164127, 4.302652729749464, 9.924843200918293, 31.59905457644362}},
		{3, {1.63774435369621, 3.18244630528371, 5.840909309733357, 12.92397863668748}},
		{4, {1.533206274058944, 2.776445105197794, 4.604094871349993, 8.610301581379275}},
		{5, {1.475884048824481, 2.570581835636316, 4.032142983555228, 6.86882662588111}},
		{7, {1.414923927650508, 2.364624251592785, 3.499483297350494, 5.407882520861725}},
		{9, {1.383028738396632, 2.262157162798206, 3.249835541592126, 4.780912585931139}},
		{10, {1.372183641110336, 2.228138851986275, 3.169272672616951, 4.586893858702636}},
		{15, {1.340605607850456, 2.131449545559776, 2.946712883475239, 4.072765195903792}},
		{19, {1.327728209026798, 2.09302405440831, 2.860934606464979, 3.883405852592083}},
		{29, {1.311433647301551, 2.045229642132704, 2.756385903670605, 3.659405019466333}},
		{30, {1.310415025391396, 2.042272456301238, 2.749995653567225, 3.645958635042022}},
		{59, {1.296065725122052, 2.000995378088268, 2.661758752162968, 3.463210304951942}},
		{60, {1.295821093515731, 2.000297822014261, 2.660283028855037, 3.460200469196356}},
		{100, {1.290074761346516, 1.983971518523552, 2.625890521438018, 3.39049131116423}},
		{120, {1.288646233656378, 1.979930405082441, 2.617421145106866, 3.3734537685625}},
		{1000,
	         {1.282398721460924, 1.962339080826408, 2.580754698065951, 3.300282648423913}},
	};
	static const double p[] = {0.9, 0.975, 0.995, 0.9995};
	for (size_t i = 0; i < TD_COUNT(table); i++)
		for (size_t k = 0; k < 4; k++) {
			double t = td_t_quantile(p[k], table[i].df);
			assert_near(t, table[i].q[k], 1e-11);
			assert_near(td_t_quantile(1 - p[k], table[i].df), -t, 1e-11);
			assert_near(td_t_tail(t, table[i].df), 1 - p[k], 1e-11);
		}
	assert_near(td_t_quantile(0.975, 12.5), 2.169185942712541, 1e-11);
	assert_near(td_t_quantile(0.975, 10000), 1.9602012398906263, 1e-11);
}

static void t_tails(void **state)
{
	(void)state;
	static const struct {
		double t, df, tail;
	} table[] = {
		{0, 5, 0.5},
		{0.5, 3, 0.3257239824240755},
		{1, 9, 0.17171819806895676},
		{2.5, 9, 0.01693091384149287},
		{10, 9, 1.7891187159623679e-6},
		{40, 9, 9.4914992246699132e-12},
		{100, 20, 8.8508661089625401e-29},
		{3.3, 1000, 0.00050049836250104497},
		{8, 1000, 1.7133307411957372e-15},
		{1e-8, 7, 0.49999999615008549},
		{1e6, 1, 3.1830988618368457e-7},
	};
	for (size_t i = 0; i < TD_COUNT(table); i++) {
		assert_near(td_t_tail(table[i].t, table[i].df), table[i].tail, 1e-11);
		assert_near(td_t_tail(-table[i].t, table[i].df), 1 - table[i].tail, 1e-11);
	}
	assert_same(td_t_tail(HUGE_VAL, 5), 0);
	assert_same(td_t_tail(-HUGE_VAL, 5), 1);
	assert_same(td_t_quantile(0.5, 5), 0);
	assert_same(td_t_quantile(1, 5), HUGE_VAL);
	assert_same(td_t_quantile(0, 5), -HUGE_VAL);
	assert_same(td_t_quantile(0.975, 0), HUGE_VAL);
	assert_same(td_t_quantile((double)NAN, 5), HUGE_VAL);
	assert_near(td_t_tail(-td_t_quantile(1e-30, 4), 4), 1e-30, 1e-11);
}

/* -- intervals ------------------------------------------------------------ */

/* Critical values of W, two-sided 5 %, n = 6 … 60 (Mitic 1996, OEIS A226330): c is one more. */
static void rank_constants(void **state)
{
	(void)state;
	static const size_t critical[] = {
		0,   2,   3,   5,   8,   10,  13,  17,  21,  25,  29,  34,  40,  46,
		52,  58,  65,  73,  81,  89,  98,  107, 116, 126, 137, 147, 159, 170,
		182, 195, 208, 221, 235, 249, 264, 279, 294, 310, 327, 343, 361, 378,
		396, 415, 434, 453, 473, 494, 514, 536, 557, 579, 602, 625, 648,
	};
	double confidence;
	for (size_t n = 0; n < 6; n++) { /* 1 - 2 / 2^5 is 93.75 %: no 95 % interval */
		assert_int_equal(td_rank_constant(n, &confidence), 0);
		assert_same(confidence, 0);
	}
	for (size_t i = 0; i < TD_COUNT(critical); i++) {
		assert_int_equal(td_rank_constant(i + 6, &confidence), critical[i] + 1);
		assert_true(confidence >= 0.95 && confidence < 0.97);
	}
	assert_int_equal(td_rank_constant(6, &confidence), 1);
	assert_same(confidence, 1 - 2.0 / 64);
	assert_int_equal(td_rank_constant(10, &confidence), 9);
	assert_same(confidence, 1 - 50.0 / 1024); /* 95.1 % */
	/* the same from integers of 200 bits */
	assert_int_equal(td_rank_constant(200, NULL), 8445);
}

static void t_interval(void **state)
{
	(void)state;
	static const double d[] = {1, 2, 3, 4, 5}; /* mean 3, sd sqrt 2.5 */
	td_interval i = td_t_interval(d, 5);
	assert_true(i.exists);
	assert_near(i.hi - 3, 2.776445105197794 * sqrt(2.5) / sqrt(5), 1e-11);
	assert_near(3 - i.lo, i.hi - 3, 1e-14);
	assert_same(i.confidence, 0.95);
	static const double equal[] = {0.1, 0.1, 0.1};
	for (size_t n = 0; n <= 3; n++) {
		i = td_t_interval(equal, n);
		assert_false(i.exists);
		assert_true(isinf(i.lo) && i.lo < 0 && isinf(i.hi) && i.hi > 0);
		assert_same(i.confidence, 0);
	}
}

static void rank_interval(void **state)
{
	(void)state;
	/* by hand: the Walsh averages of 6 values, from the smallest to the largest of them */
	static const double six[] = {3, 1, 2, 10, 4, 5};
	double centre;
	td_interval i = td_rank_interval(six, 6, &centre);
	assert_true(i.exists);
	assert_same(i.lo, 1);
	assert_same(i.hi, 10);
	assert_same(centre, 3.5); /* the 11th of 21 */
	/* ten values 0 … 9: the 9th smallest of 0 .5 1 1 1.5 1.5 2 2 2 … is 2 */
	static const double ten[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
	i = td_rank_interval(ten, 10, &centre);
	assert_same(i.lo, 2);
	assert_same(i.hi, 7);
	assert_same(centre, 4.5);
	i = td_rank_interval(six, 5, &centre);
	assert_false(i.exists);
	assert_true(isinf(i.lo) && isinf(i.hi));
	assert_same(centre, 3);
	assert_false(td_rank_interval(six, 0, &centre).exists);
	assert_same(centre, 0);
}

/* -- pairs ---------------------------------------------------------------- */

static void speedups(void **state)
{
	(void)state;
	static const double a[] = {2, 8, 4, 4, 2, 8}, b[] = {1, 2, 2, 1, 1, 2};
	td_speedup s; /* ratios 2 4 2 4 2 4 */
	assert_ok(td_speedup_of(a, b, 6, &s, e));
	assert_near(s.value, sqrt(8), 1e-15);
	assert_near(s.mean, 1.5 * log(2), 1e-15);
	assert_near(s.sd, log(2) / 2 * sqrt(6.0 / 5), 1e-14);
	assert_near(s.smallest, 2, 1e-15);
	assert_near(s.largest, 4, 1e-15);
	assert_near(s.hodges_lehmann, sqrt(8), 1e-15);
	assert_near(s.half_width, 2.570581835636316 * s.sd / sqrt(6), 1e-11);
	assert_near(s.t.lo, s.value * exp(-s.half_width), 1e-14);
	assert_near(s.t.hi, s.value * exp(s.half_width), 1e-14);
	assert_near(s.rank.lo, 2, 1e-15);
	assert_near(s.rank.hi, 4, 1e-15);
	assert_true(s.t.exists && s.rank.exists);

	static const double three[] = {2, 1, 4}, ones[] = {1, 1, 1};
	td_speedup order;
	assert_ok(td_speedup_of(three, ones, 3, &order, e));
	assert_same(order.smallest, 1);
	assert_near(order.largest, 4, 1e-15);

	td_speedup swapped; /* B over A is the inverse */
	assert_ok(td_speedup_of(b, a, 6, &swapped, e));
	assert_near(swapped.t.lo, 1 / s.t.hi, 1e-14);
	assert_near(swapped.rank.hi, 1 / s.rank.lo, 1e-14);
}

static void few_pairs(void **state)
{
	(void)state;
	static const double a[] = {2, 8, 4, 4}, b[] = {1, 2, 2, 1};
	td_speedup s;
	assert_ok(td_speedup_of(a, b, 1, &s, e));
	assert_near(s.value, 2, 1e-15);
	assert_same(s.sd, 0);
	assert_true(!s.t.exists && !s.rank.exists && isinf(s.half_width));
	assert_true(td_feq_exact(s.t.lo, 0) && isinf(s.t.hi));
	assert_ok(td_speedup_of(a, b, 4, &s, e));
	assert_true(s.t.exists && !s.rank.exists);
	double equal[8] = {0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3}, one[8];
	for (size_t i = 0; i < 8; i++)
		one[i] = 0.1;
	assert_ok(td_speedup_of(equal, one, 8, &s, e));
	assert_near(s.value, 3, 1e-15);
	assert_same(s.sd, 0);
	assert_true(!s.t.exists && s.rank.exists && isinf(s.half_width));
}

static void bad_times(void **state)
{
	(void)state;
	static const double a[] = {2, 0, 4, HUGE_VAL}, b[] = {1, 2, -3, 1}, c[] = {1, (double)NAN};
	td_speedup s;
	assert_fails(td_speedup_of(a, b, 0, &s, e), TD_E_USAGE,
	             "0 pairs: a speed-up is made from 1 to 1000");
	assert_fails(td_speedup_of(a, b, 1001, &s, e), TD_E_USAGE,
	             "1001 pairs: a speed-up is made from 1 to 1000");
	assert_fails(td_speedup_of(a, b, 2, &s, e), TD_E_DATA,
	             "pair 2 of 2: run A took 0: a time must be positive and finite");
	assert_fails(td_speedup_of(a + 2, b + 2, 2, &s, e), TD_E_DATA,
	             "pair 1 of 2: run B took -3: a time must be positive and finite");
	assert_fails(td_speedup_of(a + 3, b + 3, 1, &s, e), TD_E_DATA,
	             "pair 1 of 1: run A took inf: a time must be positive and finite");
	assert_fails(td_speedup_of(b, c, 2, &s, e), TD_E_DATA,
	             "pair 2 of 2: run B took nan: a time must be positive and finite");
}

static void abba(void **state)
{
	(void)state;
	enum { BLOCKS = 10000 };
	int a_first = 0, same_as_before = 0, other_seed = 0;
	for (size_t block = 0; block < BLOCKS; block++) {
		bool first = td_a_first(7, 2 * block);
		assert_true(first != td_a_first(7, 2 * block + 1)); /* AB BA or BA AB */
		assert_true(first == td_a_first(7, 2 * block));
		a_first += first;
		same_as_before += block && first == td_a_first(7, 2 * block - 2);
		other_seed += first == td_a_first(8, 2 * block);
	}
	/* fair within 4 standard deviations of 50 */
	assert_in_range(a_first, BLOCKS / 2 - 200, BLOCKS / 2 + 200);
	assert_in_range(same_as_before, BLOCKS / 2 - 200, BLOCKS / 2 + 200);
	assert_in_range(other_seed, BLOCKS / 2 - 200, BLOCKS / 2 + 200);
}

/* -- stopping ------------------------------------------------------------- */

static void stop_rule(void **state)
{
	(void)state;
	static const struct {
		size_t n;
		double half, spent;
		td_stop stop;
	} table[] = {
		{9, 0.001, 1, TD_GO_ON},                                     /* too early to look */
		{10, 0.0099, 1, TD_STOP_PRECISE},                            /* ln 1.01 = 0.00995 */
		{10, 0.00996, 1, TD_GO_ON},        {11, 0.001, 1, TD_GO_ON}, /* no look */
		{12, 0.001, 1, TD_STOP_PRECISE},   {58, 0.02, 1, TD_GO_ON},
		{60, 0.02, 1, TD_STOP_MAX_PAIRS},  {60, 0.001, 1, TD_STOP_PRECISE},
		{61, 0.001, 1, TD_STOP_PRECISE},   {3, 0.02, 100, TD_STOP_BUDGET},
		{12, 0.001, 100, TD_STOP_PRECISE}, {10, HUGE_VAL, 1, TD_GO_ON},
	};
	td_stop_rule rule = TD_STOP_DEFAULT;
	assert_near(rule.half_width, log(1.01), 1e-14);
	assert_int_equal(td_should_stop(&rule, 10, 1, 1e9), TD_GO_ON); /* no budget */
	rule.budget_s = 100;
	for (size_t i = 0; i < TD_COUNT(table); i++)
		assert_int_equal(td_should_stop(&rule, table[i].n, table[i].half, table[i].spent),
		                 table[i].stop);
	rule = (td_stop_rule){.half_width = 0.01, .first = 20, .step = 0, .max_pairs = 8};
	assert_int_equal(td_should_stop(&rule, 7, 0.001, 0), TD_GO_ON);
	assert_int_equal(td_should_stop(&rule, 8, 0.001, 0), TD_STOP_PRECISE);
	assert_int_equal(td_should_stop(&rule, 8, 0.1, 0), TD_STOP_MAX_PAIRS);
	rule.max_pairs = 30;
	assert_int_equal(td_should_stop(&rule, 21, 0.001, 0), TD_STOP_PRECISE);
	assert_string_equal(td_stop_text(TD_GO_ON), "goes on");
	assert_string_equal(td_stop_text(TD_STOP_PRECISE), "interval narrow enough");
	assert_string_equal(td_stop_text(TD_STOP_MAX_PAIRS), "most pairs");
	assert_string_equal(td_stop_text(TD_STOP_BUDGET), "budget spent");
}

static void pairs_needed(void **state)
{
	(void)state;
	assert_same(td_pairs_needed(0.01, 0.01), 6);
	assert_same(td_pairs_needed(0.02, 0.01), 18);
	assert_same(td_pairs_needed(0.04, 0.01), 64);
	assert_same(td_pairs_needed(0, 0.01), 2);
	assert_true(isinf(td_pairs_needed(0.01, 0)) && isinf(td_pairs_needed(0.01, -1)));
	/* (2.8 * 0.02 / ln 1.01)² = 31.67 */
	assert_same(td_pairs_for_power(0.02, 0.01), 32);
	assert_same(td_pairs_for_power(1, 0.5), 48); /* ln 1.5, not 0.5 */
	assert_same(td_pairs_for_power(0, 0.01), 0);
	assert_true(isinf(td_pairs_for_power(0.01, 0)) && isinf(td_pairs_for_power(0.01, -0.5)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(t_quantiles),    cmocka_unit_test(t_tails),
		cmocka_unit_test(rank_constants), cmocka_unit_test(t_interval),
		cmocka_unit_test(rank_interval),  cmocka_unit_test(speedups),
		cmocka_unit_test(few_pairs),      cmocka_unit_test(bad_times),
		cmocka_unit_test(abba),           cmocka_unit_test(stop_rule),
		cmocka_unit_test(pairs_needed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
