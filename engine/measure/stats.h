/* stats.h: what times say: samples of a run, runs of a pair, pairs of a session. Layer 5.
 *
 * Pure functions: no clock, no device, no file. A sample is a timed batch of launches, a run one
 * process, a pair a run of A beside a run of B. Inside a run the median counts, across runs the mean
 * of the log ratios of pairs; the unit of statistics is the run, never the sample
 * (docs/measuring.md). Times may have any unit unless the name says one. What verdicts follow is in
 * verdict.h. */
#ifndef TD_MEASURE_STATS_H
#define TD_MEASURE_STATS_H

#include "../tandem.h"

/* -- numbers -------------------------------------------------------------- */

/* Sorts upwards; no NaN among them. */
void td_sort(double *x, size_t n);
/* Quantile p in [0, 1] of n > 0 sorted numbers: with h = (n-1) p, linear between x[floor h] and the
 * next one. Source: Hyndman and Fan, "Sample quantiles in statistical packages", The American
 * Statistician 50(4), 1996, definition 7. */
double td_quantile(const double *sorted, size_t n, double p);

/* Order statistics of the samples of a run; quantiles as above. */
typedef struct {
	size_t n;
	double min, q1, median, q3, p95, max;
	double mad; /* median of |x - median|, not scaled */
} td_stats;
/* Fails for no samples and for a sample that is not finite. */
TD_MUST_USE bool td_stats_of(const double *x, size_t n, td_stats *s, td_err *e);

/* Marks samples with a modified z = 0.6745 |x - median| / MAD > 10 and returns how many. When the MAD
 * is 0 (more than half of the samples are equal), z = |x - median| / (1.253314 mean|x - median|); when
 * all are equal, none is marked. Marked samples stay in every statistic; more than 5 % deserve a
 * warning. Source: Iglewicz and Hoaglin, "How to detect and handle outliers", ASQC 1993; the fallback
 * is theirs too. `s` are the statistics of x. */
size_t td_mark_outliers(const double *x, size_t n, const td_stats *s, bool *mark);

/* Slope per index: the median of (y[j] - y[i]) / (j - i) over all i < j; 0 for n < 2. Takes n² time
 * and memory. Source: Sen, "Estimates of the regression coefficient based on Kendall's tau", JASA 63,
 * 1968. */
double td_theil_sen(const double *y, size_t n);

/* P(T > t) of Student's t with df > 0 degrees of freedom, 0.5 I_x(df/2, 1/2) with
 * x = df / (df + t²); relative accuracy 1e-11 for df up to 10 000. Source: DLMF 8.17.22, the continued
 * fraction of the incomplete beta function. */
double td_t_tail(double t, double df);
/* The t with P(T <= t) = p, to 1e-11 of its size; infinite for p outside (0, 1) and for df not
 * positive. Newton's method on td_t_tail, from 0: the tail is convex there, so each step stays below
 * the answer. */
double td_t_quantile(double p, double df);

/* -- samples of a run ----------------------------------------------------- */

/* How often to launch: `k` launches make one sample, `n` samples make the run. */
typedef struct {
	size_t k, n;
} td_sampling;
/* For a launch of t_s seconds and a clock that ticks every tick_s. A launch below 20 us or 20 ticks is
 * batched: k = ceil(max(200 us, 20 ticks) / t), at most 1e6. n = ceil(0.5 s / (k t)) within 10 … 1000.
 * A t_s that is not positive counts as one tick. */
td_sampling td_sampling_for(double t_s, double tick_s);

/* Why a sample is an error, not only slow. It stays stored with its reason. (A CL error and an output
 * that was not written are known to the caller only.) */
typedef enum {
	TD_SAMPLE_OK,
	TD_SAMPLE_ZERO,   /* event or wall time is 0 */
	TD_SAMPLE_ORDER,  /* the event ends before it starts */
	TD_SAMPLE_BEYOND, /* the event took longer than the wall time and one tick */
} td_sample_fault;
td_sample_fault td_sample_check(int64_t start_ns, int64_t end_ns, int64_t wall_ns, int64_t tick_ns);
/* What to store and print: "event ends before it starts"; "" for TD_SAMPLE_OK. */
const char *td_sample_fault_text(td_sample_fault f);

typedef enum {
	TD_STEADY_NOT_YET, /* more samples may settle it */
	TD_STEADY,
	TD_UNSTEADY, /* 220 samples and no steady point */
} td_steadiness;
typedef struct {
	td_steadiness is;
	size_t first; /* first sample to use; n / 2 unless steady: the last half */
} td_steady;
/* The smallest s <= 200 such that for W1 = t[s, s+10) and W2 = t[s+10, s+20)
 *   |median W1 - median W2| <= max(0.5 % median W2, 1.4826 MAD(W2) / sqrt 10), and
 *   20 |Theil-Sen slope of both| < 1 % of their median.
 * Fewer than 20 samples are never steady. The rule sees 20 samples at a time: a series that rests so
 * long and moves on later is steady to it, the calibration kernel has to tell. */
td_steady td_steady_of(const double *t, size_t n);

/* -- pairs ---------------------------------------------------------------- */

enum { TD_MAX_PAIRS = 1000 };

/* An interval that does not exist is (-inf, inf), or (0, inf) for a speed-up, with confidence 0:
 * nothing here is ever NaN. */
typedef struct {
	bool exists;
	double lo, hi;
	double confidence; /* reached: 0.95, or a little more for ranks */
} td_interval;

/* mean ± t(0.975, n-1) sd / sqrt n. It does not exist for n < 2, nor when all d are equal: then the
 * clock is too coarse to show the spread, which is not the same as none. */
td_interval td_t_interval(const double *d, size_t n);
/* Of the n (n+1) / 2 Walsh averages (d_i + d_j) / 2, i <= j, from the c-th smallest to the c-th
 * largest, c = td_rank_constant(n). Assumes symmetry, not normality. It does not exist for n < 6.
 * `centre` (may be NULL): their median, the Hodges-Lehmann estimate; 0 for n = 0.
 * Source: Hollander, Wolfe, Chicken, "Nonparametric statistical methods", 3rd ed., 3.2-3.3. */
td_interval td_rank_interval(const double *d, size_t n, double *centre);
/* The largest c with P(W <= c-1) <= 0.025 for the signed-rank statistic W of n pairs, from its exact
 * distribution; 0 when there is none (n < 6). `confidence` (may be NULL): 1 - 2 P(W <= c-1), or 0.
 * Takes n³ time. n <= TD_MAX_PAIRS. */
size_t td_rank_constant(size_t n, double *confidence);

/* How much faster B is than A. All but `mean`, `sd` and `half_width` are speed-ups, above 1 when B is
 * faster. */
typedef struct {
	size_t n;                 /* pairs */
	double value;             /* S = exp(mean d), d = ln(a / b) */
	td_interval t, rank;      /* 95 % intervals of S */
	double hodges_lehmann;    /* exp of the median Walsh average */
	double smallest, largest; /* of single pairs */
	double mean, sd;          /* of d; sd is 0 for one pair */
	double half_width;        /* of the t interval of ln S; infinite when there is none */
} td_speedup;
/* From the medians a[i] and b[i] of the two runs of pair i. Fails for no pairs, more than TD_MAX_PAIRS,
 * and times that are not positive and finite. */
TD_MUST_USE bool td_speedup_of(const double *a, const double *b, size_t n, td_speedup *s,
                               td_err *e);

/* Does A go first in this pair (0, 1, …)? Blocks of two pairs are AB BA or BA AB, by a coin that
 * depends on the seed and the block only. So linear drift cancels within each block. */
bool td_a_first(uint64_t seed, size_t pair);

/* -- when to stop --------------------------------------------------------- */

typedef struct {
	double half_width; /* of the 95 % interval of ln S: narrow enough */
	size_t first;      /* pairs before the first look */
	size_t step;       /* pairs between looks */
	size_t max_pairs;
	double budget_s; /* 0: none */
} td_stop_rule;
/* 10 pairs, then 2 more until ± 1 %, at most 60. Simulated coverage 0.935 … 0.960 in spite of the
 * repeated looks (tests/unit/test_stats_coverage.c). */
#define TD_STOP_DEFAULT \
	((td_stop_rule){.half_width = 0.00995033085316808, .first = 10, .step = 2, .max_pairs = 60})

typedef enum { TD_GO_ON, TD_STOP_PRECISE, TD_STOP_MAX_PAIRS, TD_STOP_BUDGET } td_stop;
/* After n pairs, with td_speedup.half_width and the seconds spent. */
td_stop td_should_stop(const td_stop_rule *rule, size_t n, double half_width, double spent_s);
/* "interval narrow enough", "most pairs", "budget spent", "goes on". */
const char *td_stop_text(td_stop s);

/* Pairs for a 95 % interval of ± half_width on the log scale: ceil((1.96 sd / half_width)² + 2).
 * Infinite when half_width is not positive. */
double td_pairs_needed(double sd, double half_width);
/* Pairs to see a speed-up of 1 + delta with a power of 80 %: ceil((2.8 sd / ln(1 + delta))²), 2.8 = the
 * normal quantiles of 0.975 and 0.8 together. Infinite when delta is not positive. */
double td_pairs_for_power(double sd, double delta);

#endif
