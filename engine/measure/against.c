#include "against.h"

#include "stats.h"

#include <math.h>
#include <stdbool.h>

typedef struct {
	double mean, variance; /* of the mean */
	double n;
	bool known;
} side;

/* Mean log time and its variance; with `corrected`, times in units of the calibration. */
static side side_of(const td_past_run *r, size_t n, bool corrected)
{
	side s = {.n = (double)n, .known = n >= 3};
	double sum = 0, squares = 0;
	for (size_t i = 0; i < n; i++) {
		s.known &= r[i].ns > 0 && (!corrected || r[i].calibrated_ns > 0);
		sum += s.known ? log(corrected ? r[i].ns / r[i].calibrated_ns : r[i].ns) : 0;
	}
	s.mean = n ? sum / s.n : 0;
	for (size_t i = 0; i < n && s.known; i++) {
		double d = log(corrected ? r[i].ns / r[i].calibrated_ns : r[i].ns) - s.mean;
		squares += d * d;
	}
	s.variance = s.known ? squares / (s.n - 1) / s.n : 0;
	return s;
}

/* Half-width of the 95 % interval, degrees of freedom after Welch and Satterthwaite. */
static double half_of(const side *a, const side *b)
{
	double v = a->variance + b->variance;
	if (!(v > 0))
		return 0;
	double df =
		v * v /
		(a->variance * a->variance / (a->n - 1) + b->variance * b->variance / (b->n - 1));
	return td_t_quantile(0.975, df) * sqrt(v);
}

static td_change change_of(double low, double high, double margin)
{
	return low > 1 + margin                                ? TD_IMPROVED
	       : high < 1 / (1 + margin)                       ? TD_REGRESSED
	       : low >= 1 / (1 + margin) && high <= 1 + margin ? TD_UNCHANGED
	                                                       : TD_NOT_TOLD;
}

td_against td_against_of(const td_past_run *before, size_t n_before, const td_past_run *now,
                         size_t n_now, double margin)
{
	const double nan = (double)NAN;
	td_against x = {nan, nan, nan, nan, TD_NOT_TOLD, "fewer than three runs on a side"};
	side a = side_of(before, n_before, false), b = side_of(now, n_now, false);
	if (!a.known || !b.known)
		return x;
	double half = half_of(&a, &b), d = a.mean - b.mean;
	x.ratio = exp(d);
	x.low = exp(d - half);
	x.high = exp(d + half);
	x.change = change_of(x.low, x.high, margin);
	x.why = x.change == TD_NOT_TOLD ? "the interval is too wide" : "";
	a = side_of(before, n_before, true);
	b = side_of(now, n_now, true);
	if (!a.known || !b.known)
		return x;
	half = half_of(&a, &b);
	d = a.mean - b.mean;
	x.corrected = exp(d);
	if (x.change != TD_NOT_TOLD &&
	    change_of(exp(d - half), exp(d + half), margin) != x.change) {
		x.change = TD_NOT_TOLD;
		x.why = "times corrected for the clock say otherwise";
	}
	return x;
}

const char *td_change_name(td_change c)
{
	static const char *const names[] = {[TD_NOT_TOLD] = "UNDECIDED",
	                                    [TD_IMPROVED] = "IMPROVED",
	                                    [TD_UNCHANGED] = "SAME",
	                                    [TD_REGRESSED] = "REGRESSED"};
	return names[c];
}
