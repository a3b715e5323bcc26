/* Do the 95 % intervals of measure/stats.h hold what they say? Simulated measurements with a known
 * truth, seeded; the tables of docs/measuring.md come from here. */
#include "base/rng.h"
#include "measure/verdict.h"
#include "near.h"

enum { PAIRS = 10, RUNS = 2 * PAIRS, SAMPLES = 60, REPEATS = 2000 };

/* Three standard errors of a share that should be p. */
static double tolerance(double p, int n)
{
	return 3 * sqrt(p * (1 - p) / n);
}

/* -- how to measure: pairs, blocks, or one process ------------------------ */

typedef struct {
	const char *name;
	double run_sd;  /* each process has an offset of its own */
	double ar;      /* serial correlation of the noise inside a run */
	double drift;   /* over the whole session */
	double most[3]; /* coverage is at most this: one process, blocks, pairs */
} world;

static const world worlds[] = {
	{"independent noise", 0, 0, 0, {0.97, 0.97, 0.965}},
	{"run effect 2 %, AR(0.7)", 0.02, 0.7, 0, {0.3, 0.97, 0.965}},
	{"the same and 5 % drift", 0.02, 0.7, 0.05, {0.3, 0.6, 0.965}},
	{"run 2 %, AR(0.9), 10 % drift", 0.02, 0.9, 0.1, {0.3, 0.1, 0.965}},
};

/* What is left of a run when the device's speed and the drift are taken out. */
typedef struct {
	double log_median;
	double se; /* of it, as if samples were independent: 1.2533 sigma / sqrt n, sigma from the MAD */
} run;

static run simulate(const world *w, td_rng *r)
{
	double t[SAMPLES], fresh = sqrt(1 - w->ar * w->ar), noise = td_rng_normal(r);
	double offset = w->run_sd > 0 ? w->run_sd * td_rng_normal(r) : 0;
	td_stats s;
	for (size_t i = 0; i < SAMPLES; i++) {
		t[i] = exp(offset + 0.02 * noise);
		if (td_rng_unit(r) < 0.02)
			t[i] *= 1 + 0.5 * td_rng_unit(r); /* a spike */
		noise = w->ar * noise + fresh * td_rng_normal(r);
	}
	assert_ok(td_stats_of(t, SAMPLES, &s, e));
	return (run){log(s.median), 1.2533 * 1.4826 * s.mad / s.median / sqrt(SAMPLES)};
}

static const double truth = 1.25; /* B is faster than A by this */

static bool holds(double centre, double half)
{
	return fabs(centre - log(truth)) <= half;
}

static double drift_at(const world *w, size_t place)
{
	return w->drift * (double)place / (RUNS - 1);
}

/* One run of each, intervals from their samples. */
static bool one_process(const run *r)
{
	double centre = log(truth) + r[0].log_median - r[1].log_median;
	return holds(centre, 1.96 * hypot(r[0].se, r[1].se));
}

static void moments(const double *x, double *mean, double *variance)
{
	double sum = 0, squares = 0;
	for (size_t i = 0; i < PAIRS; i++)
		sum += x[i];
	*mean = sum / PAIRS;
	for (size_t i = 0; i < PAIRS; i++)
		squares += (x[i] - *mean) * (x[i] - *mean);
	*variance = squares / (PAIRS - 1) / PAIRS; /* of the mean */
}

/* All runs of A, then all of B, Welch's t interval. */
static bool in_blocks(const world *w, const run *r)
{
	double a[PAIRS], b[PAIRS], mean_a, mean_b, var_a, var_b;
	for (size_t i = 0; i < PAIRS; i++) {
		a[i] = log(truth) + r[i].log_median + drift_at(w, i);
		b[i] = r[PAIRS + i].log_median + drift_at(w, PAIRS + i);
	}
	moments(a, &mean_a, &var_a);
	moments(b, &mean_b, &var_b);
	double var = var_a + var_b, df = var * var * (PAIRS - 1) / (var_a * var_a + var_b * var_b);
	return holds(mean_a - mean_b, td_t_quantile(0.975, df) * sqrt(var));
}

/* ABBA pairs: what tandem does. */
static td_speedup in_pairs(const world *w, const run *r, uint64_t seed)
{
	double a[PAIRS], b[PAIRS];
	for (size_t p = 0; p < PAIRS; p++) {
		size_t first = 2 * p, second = first + 1;
		bool a_first = td_a_first(seed, p);
		size_t at_a = a_first ? first : second, at_b = a_first ? second : first;
		a[p] = truth * exp(r[at_a].log_median + drift_at(w, at_a));
		b[p] = exp(r[at_b].log_median + drift_at(w, at_b));
	}
	td_speedup s;
	assert_ok(td_speedup_of(a, b, PAIRS, &s, e));
	return s;
}

static bool contains(const td_interval *i)
{
	return i->lo <= truth && truth <= i->hi;
}

static void coverage(const world *w, uint64_t stream)
{
	td_rng rng = td_rng_make(20, stream);
	int one = 0, blocks = 0, pairs = 0, ranks = 0, wrong = 0;
	double half = 0;
	for (int k = 0; k < REPEATS; k++) {
		run r[RUNS];
		for (size_t i = 0; i < RUNS; i++)
			r[i] = simulate(w, &rng);
		td_speedup s = in_pairs(w, r, (uint64_t)k);
		td_judgement j = td_judge(&s, &(td_conditions){.margin = TD_MARGIN});
		one += one_process(r);
		blocks += in_blocks(w, r);
		pairs += contains(&s.t);
		ranks += contains(&s.rank);
		wrong += j.verdict == TD_SLOWER || j.verdict == TD_SAME;
		half += s.half_width;
	}
	const double share[] = {(double)one / REPEATS, (double)blocks / REPEATS,
	                        (double)pairs / REPEATS, (double)ranks / REPEATS};
	print_message("%-30s one process %.3f, blocks %.3f, pairs: t %.3f, ranks %.3f, "
	              "half width %.2f %%\n",
	              w->name, share[0], share[1], share[2], share[3], 100 * half / REPEATS);
	assert_true(share[2] >= 0.935 && share[3] >= 0.935 && share[3] <= 0.97);
	for (size_t i = 0; i < TD_COUNT(w->most); i++) {
		assert_true(share[i] <= w->most[i]);
		if (w->most[i] > 0.95) /* where it should hold, it does */
			assert_true(share[i] >= 0.95 - tolerance(0.95, REPEATS));
	}
	assert_int_equal(wrong, 0);
}

static void pairs_keep_their_promise(void **state)
{
	(void)state;
	for (size_t i = 0; i < TD_COUNT(worlds); i++)
		coverage(&worlds[i], i);
}

/* -- the stop rule -------------------------------------------------------- */

enum { SESSIONS = 8000 };

typedef struct {
	int covered, faster;
	double pairs;
} tally;

/* One A/A session with pairs of this spread. */
static void session(double sd, td_rng *r, tally *t)
{
	const td_stop_rule rule = TD_STOP_DEFAULT;
	double d[60];
	td_interval i;
	size_t n = 0;
	do {
		do
			d[n++] = sd * td_rng_normal(r);
		while (n < rule.first || (n - rule.first) % rule.step);
		i = td_t_interval(d, n);
	} while (td_should_stop(&rule, n, (i.hi - i.lo) / 2, 0) == TD_GO_ON);
	t->covered += i.lo <= 0 && i.hi >= 0;
	t->faster += i.lo > 0;
	t->pairs += (double)n;
}

/* The repeated looks cost little: the nominal 95 % and 2.5 % stay near. */
static void stopping_is_safe(void **state)
{
	(void)state;
	static const struct {
		double sd, fewest, most;
	} table[] = {{0.005, 10, 10.01}, {0.01, 10, 10.4}, {0.02, 17, 19}, {0.04, 56, 58}};
	for (size_t i = 0; i < TD_COUNT(table); i++) {
		td_rng rng = td_rng_make(21, i);
		tally t = {0};
		for (int k = 0; k < SESSIONS; k++)
			session(table[i].sd, &rng, &t);
		double covered = (double)t.covered / SESSIONS, faster = (double)t.faster / SESSIONS,
		       pairs = t.pairs / SESSIONS;
		print_message("A/A, sd %.1f %%: covers %.3f, false FASTER %.4f, %.1f pairs\n",
		              100 * table[i].sd, covered, faster, pairs);
		assert_true(covered >= 0.93 && covered <= 0.96 + tolerance(0.96, SESSIONS));
		assert_true(faster <= 0.035);
		assert_true(pairs >= table[i].fewest && pairs <= table[i].most);
	}
}

/* With the margin, an A/A comparison is never called FASTER: what people see. */
static void same_is_same(void **state)
{
	(void)state;
	td_rng rng = td_rng_make(22, 0);
	int same = 0, other = 0;
	for (int k = 0; k < 1000; k++) {
		double a[PAIRS], b[PAIRS];
		for (size_t p = 0; p < PAIRS; p++) {
			a[p] = exp(0.01 * td_rng_normal(&rng));
			b[p] = exp(0.01 * td_rng_normal(&rng));
		}
		td_speedup s;
		assert_ok(td_speedup_of(a, b, PAIRS, &s, e));
		td_judgement j = td_judge(&s, &(td_conditions){.margin = TD_MARGIN});
		same += j.verdict == TD_SAME;
		other += j.verdict == TD_FASTER || j.verdict == TD_SLOWER;
	}
	assert_int_equal(other, 0);
	assert_true(same > 980);
}

/* Under the null the p of many rows is uniform, and Holm keeps the family's error at 5 %. */
static void families(void **state)
{
	(void)state;
	enum { ROWS = 20, FAMILIES = 1000 };
	td_rng rng = td_rng_make(23, 0);
	int plain = 0, corrected = 0;
	for (int k = 0; k < FAMILIES; k++) {
		double p[ROWS], adjusted[ROWS], least = 1, least_adjusted = 1;
		for (size_t i = 0; i < ROWS; i++) {
			double a[6], b[6] = {1, 1, 1, 1, 1, 1};
			td_speedup s;
			for (size_t j = 0; j < 6; j++)
				a[j] = exp(0.01 * td_rng_normal(&rng));
			assert_ok(td_speedup_of(a, b, 6, &s, e));
			p[i] = td_p_beyond(&s, 0);
		}
		td_holm(p, ROWS, adjusted);
		for (size_t i = 0; i < ROWS; i++) {
			least = fmin(least, p[i]);
			least_adjusted = fmin(least_adjusted, adjusted[i]);
		}
		plain += least <= 0.05;
		corrected += least_adjusted <= 0.05;
	}
	double p = 1 - pow(0.95, ROWS); /* 0.64: some row is "significant" in most reports */
	assert_true(fabs((double)plain / FAMILIES - p) <= tolerance(p, FAMILIES));
	assert_true((double)corrected / FAMILIES <= 0.05 + tolerance(0.05, FAMILIES));
	assert_true(corrected > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs_keep_their_promise),
		cmocka_unit_test(stopping_is_safe),
		cmocka_unit_test(same_is_same),
		cmocka_unit_test(families),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
