/* Order statistics, outliers, Theil-Sen, Student's t. */
#include "stats.h"

#include "../base/arena.h"
#include "../base/str.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* -- order statistics ----------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

void td_sort(double *x, size_t n)
{
	if (n > 1)
		qsort(x, n, sizeof *x, compare);
}

double td_quantile(const double *sorted, size_t n, double p)
{
	double h = (double)(n - 1) * p, whole = floor(h);
	size_t i = (size_t)whole;
	return i + 1 < n ? sorted[i] + (h - whole) * (sorted[i + 1] - sorted[i]) : sorted[n - 1];
}

bool td_stats_of(const double *x, size_t n, td_stats *s, td_err *e)
{
	if (!n)
		return td_fail(e, TD_E_DATA, "a run without samples: take at least one");
	for (size_t i = 0; i < n; i++)
		if (!isfinite(x[i]))
			return td_fail(e, TD_E_DATA,
			               "sample %zu of %zu is %s: a time must be finite", i + 1, n,
			               td_number_text(x[i]).text);
	double *sorted = td_alloc(td_size_mul(n, sizeof *sorted));
	memcpy(sorted, x, n * sizeof *sorted);
	td_sort(sorted, n);
	*s = (td_stats){.n = n,
	                .min = sorted[0],
	                .q1 = td_quantile(sorted, n, 0.25),
	                .median = td_quantile(sorted, n, 0.5),
	                .q3 = td_quantile(sorted, n, 0.75),
	                .p95 = td_quantile(sorted, n, 0.95),
	                .max = sorted[n - 1]};
	for (size_t i = 0; i < n; i++)
		sorted[i] = fabs(sorted[i] - s->median);
	td_sort(sorted, n);
	s->mad = td_quantile(sorted, n, 0.5);
	free(sorted);
	return true;
}

/* What |x - median| is divided by to make a modified z; 0 when all samples are equal. */
static double z_scale(const double *x, size_t n, const td_stats *s)
{
	if (s->mad > 0)
		return s->mad / 0.6745;
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += fabs(x[i] - s->median);
	return 1.253314 * sum / (double)n;
}

size_t td_mark_outliers(const double *x, size_t n, const td_stats *s, bool *mark)
{
	double scale = n ? z_scale(x, n, s) : 0;
	size_t marked = 0;
	for (size_t i = 0; i < n; i++) {
		mark[i] = fabs(x[i] - s->median) > 10 * scale;
		marked += mark[i];
	}
	return marked;
}

double td_theil_sen(const double *y, size_t n)
{
	if (n < 2)
		return 0;
	size_t n_slopes = td_size_mul(n, n - 1) / 2, k = 0;
	double *slope = td_alloc(td_size_mul(n_slopes, sizeof *slope));
	for (size_t i = 0; i < n; i++)
		for (size_t j = i + 1; j < n; j++)
			slope[k++] = (y[j] - y[i]) / (double)(j - i);
	td_sort(slope, n_slopes);
	double median = td_quantile(slope, n_slopes, 0.5);
	free(slope);
	return median;
}

/* -- Student's t ---------------------------------------------------------- */

static double ln_gamma(double x)
{
	int sign; /* lgamma would write a global */
	return lgamma_r(x, &sign);
}

/* 1 / (1 + d1 / (1 + d2 / (1 + …))) of DLMF 8.17.22, by the modified Lentz method. For
 * x < (a+1) / (a+b+2) it needs about sqrt(max(a, b)) steps. */
static double beta_fraction(double a, double b, double x)
{
	double value = 1, c = 1, d = 0, change = 0;
	for (int k = 1; k < 10000 && fabs(change - 1) > 0x1p-51; k++) {
		int m = k / 2; /* d(2m) and d(2m+1) */
		double top = k % 2 ? -(a + m) * (a + b + m) : m * (b - m);
		double term = top * x / ((a + k - 1) * (a + k));
		d = 1 / (1 + term * d);
		c = 1 + term / c;
		change = c * d;
		value *= change;
	}
	return 1 / value;
}

/* I_x(a, b) with y = 1 - x given, so that neither end loses digits. */
static double beta_share(double a, double b, double x, double y)
{
	double front = exp(ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * log(x) + b * log(y));
	if (x * (a + b + 2) < a + 1)
		return front * beta_fraction(a, b, x) / a;
	return 1 - front * beta_fraction(b, a, y) / b;
}

double td_t_tail(double t, double df)
{
	double square = t * t, sum = df + square, tail = 0;
	if (sum < HUGE_VAL)
		tail = 0.5 * beta_share(df / 2, 0.5, df / sum, square / sum);
	return t < 0 ? 1 - tail : tail;
}

static double t_density(double t, double df)
{
	double ln =
		ln_gamma((df + 1) / 2) - ln_gamma(df / 2) - 0.5 * log(df * 3.14159265358979323846);
	return exp(ln - (df + 1) / 2 * log1p(t * t / df));
}

double td_t_quantile(double p, double df)
{
	bool valid = p > 0 && p < 1 && df > 0;
	if (!valid)
		return p < 0.5 ? -HUGE_VAL : HUGE_VAL;
	double tail = p < 0.5 ? p : 1 - p, t = 0, step;
	do {
		step = (td_t_tail(t, df) - tail) / t_density(t, df);
		t += step;
	} while (step > 1e-15 * t);
	return p < 0.5 ? -t : t;
}
