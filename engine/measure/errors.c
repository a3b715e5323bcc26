#include "errors.h"

#include "../model/dtype.h"
#include "../run/convert.h"
#include "agree.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Quantiles of many numbers in one pass and little memory: counts of an eighth of an octave each, so
 * that an answer is at most 2^(1/8) too large, never too small. */
enum { PARTS = 8, LOW = -12, OCTAVES = 48, BINS = PARTS * OCTAVES };
typedef struct {
	int64_t n, small, bin[BINS]; /* small: below 2^LOW, zeros included */
	double most;
} spread;

static void spread_add(spread *s, double x)
{
	s->n++;
	s->most = x > s->most ? x : s->most;
	double at = x > 0 ? ceil((log2(x) - LOW) * PARTS) : -1;
	if (at < 0)
		s->small++;
	else
		s->bin[at < BINS - 1 ? (int)at : BINS - 1]++;
}

static double spread_quantile(const spread *s, double q)
{
	int64_t seen = s->small;
	if (!s->n)
		return (double)NAN;
	if ((double)seen >= q * (double)s->n)
		return 0;
	for (int i = 0; i < BINS; i++) {
		seen += s->bin[i];
		if ((double)seen >= q * (double)s->n)
			return fmin(exp2((double)i / PARTS + LOW), s->most);
	}
	return s->most;
}

/* Is x, rounded to the dtype, a number too small for its normal range? */
static bool subnormal(double x, td_dtype d)
{
	double least = d == TD_F32 || d == TD_BF16 ? (double)FLT_MIN
	               : d == TD_F16               ? 0x1p-14
	                                           : DBL_MIN;
	return x < 0 || x > 0 ? fabs(x) < least : false;
}

static void count_class(td_errors *x, td_dtype d, double got, double ref)
{
	x->nan += isnan(got) != 0;
	x->inf += isinf(got) != 0;
	x->other_class += isnan(got) != isnan(ref) || (isinf(got) != 0) != (isinf(ref) != 0);
	if (isnan(got) || isnan(ref))
		return;
	bool other_sign = signbit(got) != signbit(ref), zero = got < 0 || got > 0 ? false : true;
	x->zero_sign += zero && other_sign && !(ref < 0 || ref > 0);
	x->sign += !zero && other_sign && (ref < 0 || ref > 0);
	x->flushed += zero && subnormal(ref, d);
}

/* rho = |I| / (u c): with c the sum of the terms' magnitudes, or the value itself. */
static double rho_of(double error, double u, double c)
{
	return error > 0 ? (c > 0 ? error / (u * c) : (double)INFINITY) : 0;
}

/* |E - (I + P)| of one element, in roundings of the three values; a number far above 1 says that the
 * three were not taken from the same elements. */
static double gap_of(double got, double isolated, double own)
{
	double i = got - isolated, p = isolated - own, e = got - own,
	       size = fabs(got) + fabs(isolated) + fabs(own);
	return isfinite(size) && size > 0 ? fabs(e - (i + p)) / (DBL_EPSILON * size) : 0;
}

td_errors td_errors_of(const td_tensor *got, const td_tensor *isolated, const double *mag,
                       const td_tensor *own)
{
	td_errors x = {
		.prop_max_abs = (double)NAN, .prop_norm_rel = (double)NAN, .gap = (double)NAN};
	const td_dtype_info *type = td_dtype_of(got->dtype);
	spread rho = {0};
	double dot = 0, got2 = 0, ref2 = 0, gap = 0;
	int64_t n = td_numel(got);
	for (int64_t i = 0; i < n; i++) {
		double a = td_element(got, i), r = td_element(isolated, i);
		if (type->is_float) {
			count_class(&x, got->dtype, a, r);
			double error = fabs(a - r);
			if (isfinite(error))
				spread_add(&rho, rho_of(error, type->unit_roundoff,
				                        mag ? mag[i] : fabs(r)));
		}
		if (isfinite(a) && isfinite(r)) {
			dot += a * r;
			got2 += a * a;
			ref2 += r * r;
		}
		if (own)
			gap = fmax(gap, gap_of(a, r, td_element(own, i)));
	}
	x.rho_50 = spread_quantile(&rho, 0.5);
	x.rho_99 = spread_quantile(&rho, 0.99);
	x.rho_999 = spread_quantile(&rho, 0.999);
	x.rho_max = rho.n ? rho.most : (double)NAN;
	x.cosine = got2 > 0 && ref2 > 0 ? 1 - dot / (sqrt(got2) * sqrt(ref2)) : (double)NAN;
	if (own) {
		td_difference(isolated, own, &x.prop_max_abs, &x.prop_norm_rel);
		x.gap = gap;
	}
	return x;
}

double td_amplification(double propagated_rel, const td_tensor *given, const td_tensor *own, int n)
{
	double most = 0;
	for (int i = 0; i < n; i++) {
		double unused, rel;
		if (given[i].rank < 0 || !td_dtype_of(given[i].dtype)->is_float ||
		    td_numel(&given[i]) != td_numel(&own[i]))
			continue;
		td_difference(&given[i], &own[i], &unused, &rel);
		most = fmax(most, rel);
	}
	return most > 0 && isfinite(most) ? propagated_rel / most : (double)NAN;
}
