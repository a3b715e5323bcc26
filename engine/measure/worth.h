/* worth.h: is it worth it: break-even calls and sizes, ceilings, where the time went. Layer 5.
 *
 * Pure functions. A is the baseline, B the candidate, as in stats.h. */
#ifndef TD_MEASURE_WORTH_H
#define TD_MEASURE_WORTH_H

#include "../tandem.h"

/* Where along an axis (calls, sizes) B takes less time than A. */
typedef enum {
	TD_WINS_NEVER,
	TD_WINS_ALWAYS,
	TD_WINS_FROM,  /* B loses first, then wins */
	TD_WINS_UNTIL, /* B wins first, then loses */
} td_wins;

/* -- calls: one-time costs ------------------------------------------------ */

/* N calls take once + N each. */
typedef struct {
	double once, each; /* build and allocation; one call. Seconds */
} td_price;
typedef struct {
	td_wins when;
	double calls; /* FROM: the first N at which B wins; UNTIL: the last one; else 0 */
} td_break_even;
/* Over N = 1, 2, …. Fails unless once >= 0, each > 0, both finite. */
TD_MUST_USE bool td_break_even_of(const td_price *a, const td_price *b, td_break_even *out,
                                  td_err *e);
/* S_e(N) = (once_A + N each_A) / (once_B + N each_B), for prices as above. */
double td_speedup_after(const td_price *a, const td_price *b, double calls);

/* -- sizes: a fit --------------------------------------------------------- */

/* T = a + b (n / hi)^c for sizes lo … hi, and for no others: a seconds whatever the size, and b more at
 * the largest (T = a + b' n^c with b' = b / hi^c). */
typedef struct {
	double a, b, c;
	double lo, hi;
	double residual; /* root mean square of (fit - T) / T */
} td_fit;
/* Least squares of the relative residuals with a, b >= 0: linear for each c of a grid 0.1 … 4.0, then
 * of a finer one with steps of 0.01. Fails for sizes or times that are not positive and finite, and for
 * fewer than 4 different sizes. Source: the regression form of StarPU's non-linear performance models. */
TD_MUST_USE bool td_fit_of(const double *size, const double *time, size_t count, td_fit *fit,
                           td_err *e);
/* The time at one size; fails outside lo … hi. */
TD_MUST_USE bool td_fit_at(const td_fit *fit, double size, double *time, td_err *e);

typedef struct {
	td_wins when;  /* within lo … hi only */
	double size;   /* n*: the first size with equal times; 0 when there is none */
	double lo, hi; /* the sizes measured for both, which is all that was looked at */
	int crossings; /* 2: the winner changes again behind n* */
} td_crossing;
/* Fails when the two were not measured over a common range. */
TD_MUST_USE bool td_crossing_of(const td_fit *a, const td_fit *b, td_crossing *out, td_err *e);

/* -- ceilings ------------------------------------------------------------- */

/* Of one device, measured by its personality probe; 0: unknown. */
typedef struct {
	double flops_per_s, bytes_per_s, launch_s;
} td_peaks;
typedef struct {
	bool known; /* false: a peak that is needed is unknown, or t_s is no time; the rest is 0 */
	bool suspect; /* t < 0.95 t_min: the byte model is wrong or the work was not done */
	double min_s; /* max(flops / peak, bytes / peak) + launch */
	double share; /* min_s / t: how near the ceiling, 1 = at it */
} td_ceiling;
/* Roofline bound. Source: Williams, Waterman, Patterson, "Roofline", CACM 52(4), 2009. */
td_ceiling td_ceiling_of(td_cost work, const td_peaks *peaks, double t_s);

/* -- where the time went -------------------------------------------------- */

typedef struct {
	double host_s, h2d_s, launch_s, kernel_s, d2h_s; /* measured parts */
	double wall_s;
} td_split;
/* The sixth part, idle = wall - the sum of the others, goes to *idle_s (negative when parts overlap).
 * False: |idle| > 2 % of the wall time, or a part that is negative or no number; the row is
 * "unaccounted". */
bool td_split_adds_up(const td_split *s, double *idle_s);

#endif
