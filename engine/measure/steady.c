/* One run: how often to launch, which samples are errors, from where on it is steady. */
#include "stats.h"

#include <math.h>
#include <string.h>

enum { WINDOW = 10, LAST_START = 200, MIN_SAMPLES = 10, MAX_SAMPLES = 1000, MAX_BATCH = 1000000 };

/* x rounded up, within lo … hi; a rounding error above a whole number does not count. */
static size_t ceil_within(double x, size_t lo, size_t hi)
{
	double up = ceil(x * (1 - 1e-12));
	return up >= (double)hi ? hi : up > (double)lo ? (size_t)up : lo;
}

td_sampling td_sampling_for(double t_s, double tick_s)
{
	const double short_s = 20e-6, batch_s = 200e-6, run_s = 0.5, least_s = 1e-9;
	double ticks = 20 * tick_s > 0 ? 20 * tick_s : 0, t = t_s > 0 ? t_s : fmax(tick_s, least_s);
	size_t k =
		t < short_s || t < ticks ? ceil_within(fmax(batch_s, ticks) / t, 1, MAX_BATCH) : 1;
	return (td_sampling){k, ceil_within(run_s / ((double)k * t), MIN_SAMPLES, MAX_SAMPLES)};
}

td_sample_fault td_sample_check(int64_t start_ns, int64_t end_ns, int64_t wall_ns, int64_t tick_ns)
{
	if (start_ns > end_ns)
		return TD_SAMPLE_ORDER;
	if (start_ns == end_ns || wall_ns <= 0)
		return TD_SAMPLE_ZERO;
	/* unsigned: the difference fits there whatever the device wrote */
	uint64_t event = (uint64_t)end_ns - (uint64_t)start_ns;
	return event > (uint64_t)wall_ns + (uint64_t)tick_ns ? TD_SAMPLE_BEYOND : TD_SAMPLE_OK;
}

const char *td_sample_fault_text(td_sample_fault f)
{
	static const char *const text[] = {
		[TD_SAMPLE_OK] = "",
		[TD_SAMPLE_ZERO] = "took no time at all",
		[TD_SAMPLE_ORDER] = "event ends before it starts",
		[TD_SAMPLE_BEYOND] = "event took longer than the wall time",
	};
	return text[f];
}

/* -- steady state --------------------------------------------------------- */

static double median_of(const double *x, size_t n)
{
	double sorted[2 * WINDOW];
	memcpy(sorted, x, n * sizeof *x);
	td_sort(sorted, n);
	return td_quantile(sorted, n, 0.5);
}

static double mad_of(const double *x, double median)
{
	double distance[WINDOW];
	for (size_t i = 0; i < WINDOW; i++)
		distance[i] = fabs(x[i] - median);
	return median_of(distance, WINDOW);
}

static bool steady_at(const double *t)
{
	double m1 = median_of(t, WINDOW), m2 = median_of(t + WINDOW, WINDOW),
	       noise = 1.4826 * mad_of(t + WINDOW, m2) / sqrt(WINDOW);
	if (!(fabs(m1 - m2) <= fmax(0.005 * m2, noise)))
		return false;
	return 2 * WINDOW * fabs(td_theil_sen(t, (size_t)2 * WINDOW)) <
	       0.01 * median_of(t, (size_t)2 * WINDOW);
}

td_steady td_steady_of(const double *t, size_t n)
{
	size_t s = 0;
	for (; s <= LAST_START && s + (size_t)2 * WINDOW <= n; s++)
		if (steady_at(t + s))
			return (td_steady){TD_STEADY, s};
	return (td_steady){s > LAST_START ? TD_UNSTEADY : TD_STEADY_NOT_YET, n / 2};
}
