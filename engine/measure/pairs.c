/* Pairs: two intervals of the speed-up, the order of runs, when to stop. */
#include "stats.h"

#include "../base/arena.h"
#include "../base/rng.h"
#include "../base/str.h"

#include <math.h>
#include <stdlib.h>

static const double tail_95 = 0.025;

static td_interval no_interval(void)
{
	return (td_interval){.lo = -HUGE_VAL, .hi = HUGE_VAL};
}

static double mean_of(const double *d, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += d[i];
	return sum / (double)n;
}

static bool all_equal(const double *d, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if (!td_feq_exact(d[i], d[0]))
			return false;
	return true;
}

/* Exactly 0 when all d are equal, where rounding of the mean would leave a little. */
static double sd_of(const double *d, size_t n, double mean)
{
	double sum = 0;
	if (n < 2 || all_equal(d, n))
		return 0;
	for (size_t i = 0; i < n; i++)
		sum += (d[i] - mean) * (d[i] - mean);
	return sqrt(sum / (double)(n - 1));
}

td_interval td_t_interval(const double *d, size_t n)
{
	if (n < 2)
		return no_interval();
	double mean = mean_of(d, n), sd = sd_of(d, n, mean);
	if (!(sd > 0))
		return no_interval();
	double half = td_t_quantile(1 - tail_95, (double)(n - 1)) * sd / sqrt((double)n);
	return (td_interval){true, mean - half, mean + half, 1 - 2 * tail_95};
}

/* -- signed ranks --------------------------------------------------------- */

/* p[w] = P(W = w) for w <= top: W is the sum of those of 1 … n whose fair coin shows heads. Each rank
 * k turns p[w] into (p[w] + p[w-k]) / 2: exact in double up to n = 53. */
static void signed_rank_law(double *p, size_t top, size_t n)
{
	p[0] = 1;
	for (size_t w = 1; w <= top; w++)
		p[w] = 0;
	for (size_t k = 1; k <= n; k++)
		for (size_t w = top + 1; w-- > 0;)
			p[w] = (p[w] + (w >= k ? p[w - k] : 0)) / 2;
}

size_t td_rank_constant(size_t n, double *confidence)
{
	size_t top = n * (n + 1) / 4, c = 0; /* the law is symmetric: half of it will do */
	double *p = td_alloc(td_size_mul(top + 1, sizeof *p)), below = 0;
	signed_rank_law(p, top, n);
	while (c <= top && below + p[c] <= tail_95)
		below += p[c++];
	if (confidence)
		*confidence = c ? 1 - 2 * below : 0;
	free(p);
	return c;
}

static double *walsh_averages(const double *d, size_t n, size_t *count)
{
	*count = td_size_mul(n, n + 1) / 2;
	double *w = td_alloc(td_size_mul(*count, sizeof *w));
	size_t k = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t j = i; j < n; j++)
			w[k++] = (d[i] + d[j]) / 2;
	td_sort(w, *count);
	return w;
}

td_interval td_rank_interval(const double *d, size_t n, double *centre)
{
	td_interval interval = no_interval();
	double confidence;
	size_t count, c = td_rank_constant(n, &confidence);
	double *w = walsh_averages(d, n, &count);
	if (c)
		interval = (td_interval){true, w[c - 1], w[count - c], confidence};
	if (centre)
		*centre = count ? td_quantile(w, count, 0.5) : 0;
	free(w);
	return interval;
}

/* -- speed-up ------------------------------------------------------------- */

static bool check_time(double t, char run, size_t pair, size_t n, td_err *e)
{
	if (t > 0 && t < HUGE_VAL)
		return true;
	return td_fail(e, TD_E_DATA,
	               "pair %zu of %zu: run %c took %s: a time must be positive and finite",
	               pair + 1, n, run, td_number_text(t).text);
}

static td_interval exp_of(td_interval i)
{
	return (td_interval){i.exists, exp(i.lo), exp(i.hi), i.confidence};
}

/* The statistics of d[0 … n), n > 0. */
static td_speedup speedup_of(const double *d, size_t n)
{
	td_interval t = td_t_interval(d, n);
	double centre, lo = d[0], hi = d[0];
	td_interval rank = td_rank_interval(d, n, &centre);
	for (size_t i = 1; i < n; i++) {
		lo = fmin(lo, d[i]);
		hi = fmax(hi, d[i]);
	}
	double mean = mean_of(d, n);
	return (td_speedup){.n = n,
	                    .value = exp(mean),
	                    .t = exp_of(t),
	                    .rank = exp_of(rank),
	                    .hodges_lehmann = exp(centre),
	                    .smallest = exp(lo),
	                    .largest = exp(hi),
	                    .mean = mean,
	                    .sd = sd_of(d, n, mean),
	                    .half_width = (t.hi - t.lo) / 2};
}

bool td_speedup_of(const double *a, const double *b, size_t n, td_speedup *s, td_err *e)
{
	if (n < 1 || n > TD_MAX_PAIRS)
		return td_fail(e, TD_E_USAGE, "%zu pairs: a speed-up is made from 1 to %d", n,
		               TD_MAX_PAIRS);
	double *d = td_alloc(n * sizeof *d);
	bool ok = true;
	for (size_t i = 0; i < n && ok; i++) {
		ok = check_time(a[i], 'A', i, n, e) && check_time(b[i], 'B', i, n, e);
		d[i] = ok ? log(a[i]) - log(b[i]) : 0;
	}
	if (ok)
		*s = speedup_of(d, n);
	free(d);
	return ok;
}

/* -- the protocol --------------------------------------------------------- */

bool td_a_first(uint64_t seed, size_t pair)
{
	const uint64_t stream = 0x41424241; /* "ABBA" */
	bool heads = td_philox_at(seed, stream, pair / 2).word[0] & 1;
	return heads == (pair % 2 == 0);
}

static bool is_look(const td_stop_rule *rule, size_t n)
{
	return n >= rule->max_pairs ||
	       (n >= rule->first && (rule->step < 2 || (n - rule->first) % rule->step == 0));
}

td_stop td_should_stop(const td_stop_rule *rule, size_t n, double half_width, double spent_s)
{
	if (is_look(rule, n) && half_width <= rule->half_width)
		return TD_STOP_PRECISE;
	if (n >= rule->max_pairs)
		return TD_STOP_MAX_PAIRS;
	return rule->budget_s > 0 && spent_s >= rule->budget_s ? TD_STOP_BUDGET : TD_GO_ON;
}

const char *td_stop_text(td_stop s)
{
	static const char *const text[] = {
		[TD_GO_ON] = "goes on",
		[TD_STOP_PRECISE] = "interval narrow enough",
		[TD_STOP_MAX_PAIRS] = "most pairs",
		[TD_STOP_BUDGET] = "budget spent",
	};
	return text[s];
}

double td_pairs_needed(double sd, double half_width)
{
	double ratio = half_width > 0 ? 1.96 * sd / half_width : HUGE_VAL;
	return ceil(ratio * ratio + 2);
}

double td_pairs_for_power(double sd, double delta)
{
	double ratio = delta > 0 ? 2.8 * sd / log1p(delta) : HUGE_VAL;
	return ceil(ratio * ratio);
}
