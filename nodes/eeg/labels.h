/* labels.h: which channels of an epoch are bad, and which of those are repaired; in C and in OpenCL C.
 *
 * A label is 0 good, 1 bad and left alone, 2 bad and repaired. */
#ifndef TD_NODES_EEG_LABELS_H
#define TD_NODES_EEG_LABELS_H

#include "rows.h"

#ifdef __OPENCL_C_VERSION__
typedef uchar label;
#else
typedef uint8_t label;
#endif

static inline bool labels_larger(const TD_GLOBAL td_f64 *ptp, const TD_GLOBAL td_f64 *threshold,
                                 int c)
{
	return td_lt_f64(threshold[c], ptp[c]);
}

/* Votes of one epoch: how many channels are larger than their thresholds. */
static inline int labels_count(const TD_GLOBAL td_f64 *ptp, const TD_GLOBAL td_f64 *threshold,
                               int channels)
{
	int count = 0;
	for (int c = 0; c < channels; c++)
		count += labels_larger(ptp, threshold, c);
	return count;
}

/* How many bad channels are repaired before channel c: the larger ones, and of equals those behind it. */
static inline int labels_before(const TD_GLOBAL td_f64 *ptp, const TD_GLOBAL td_f64 *threshold,
                                int channels, int c)
{
	int before = 0;
	for (int k = 0; k < channels; k++)
		if (labels_larger(ptp, threshold, k))
			before += k > c ? td_le_f64(ptp[c], ptp[k]) : td_lt_f64(ptp[c], ptp[k]);
	return before;
}

/* How many of `count` bad channels are repaired, after `done` of them were: rho more, or all of them if their
 * labels, repaired ones counting 2, sum up to no more than rho. */
static inline int labels_repaired(int count, int done, int rho)
{
	if (count + done <= rho)
		return count;
	return eeg_least(count, done + (rho > 0 ? rho : 0));
}

/* The labels of channel c of an epoch with `count` bad ones, for each of n values of rho; layers lie `step`
 * apart. */
static inline void labels_steps(const TD_GLOBAL td_f64 *ptp, const TD_GLOBAL td_f64 *threshold,
                                int channels, int c, int count, const TD_GLOBAL int *rho, int n,
                                int cumulative, TD_GLOBAL label *l, td_i64 step)
{
	bool bad = labels_larger(ptp, threshold, c);
	int before = bad ? labels_before(ptp, threshold, channels, c) : 0, done = 0;
	for (int r = 0; r < n; r++) {
		done = labels_repaired(count, cumulative ? done : 0, rho[r]);
		l[r * step] = (label)(bad ? 1 + (before < done) : 0);
	}
}

/* -- the choice ---------------------------------------------------------------------------- */

/* Mean loss over folds of one cell of the grid. */
static inline td_f64 labels_score(const TD_GLOBAL td_f64 *loss, int folds)
{
	td_f64 sum = td_int_f64(0);
	for (int f = 0; f < folds; f++)
		sum = td_add_f64(sum, loss[f]);
	return td_div_f64(sum, td_int_f64(folds));
}

/* The cell (number kappa * n_rho + rho) with the smallest score: a later one must be better by more than
 * rounding. */
static inline int labels_best(const TD_GLOBAL td_f64 *loss, int cells, int folds)
{
	int best = 0;
	for (int i = 1; i < cells; i++)
		if (eeg_better(labels_score(loss + (td_i64)i * folds, folds),
		               labels_score(loss + (td_i64)best * folds, folds)))
			best = i;
	return best;
}

static inline void labels_choice(const TD_GLOBAL td_f64 *loss, int n_kappa, int n_rho, int folds,
                                 const TD_GLOBAL td_f64 *consensus, const TD_GLOBAL int *rho,
                                 TD_GLOBAL td_f64 *best, TD_GLOBAL int *cell, TD_GLOBAL int *lost)
{
	int at = labels_best(loss, n_kappa * n_rho, folds);
	cell[0] = at / n_rho;
	cell[1] = at % n_rho;
	best[0] = consensus[cell[0]];
	best[1] = td_int_f64(rho[cell[1]]);
	lost[0] = !td_lt_f64(labels_score(loss + (td_i64)at * folds, folds), TD_INF_F64);
}

/* -- the end ------------------------------------------------------------------------------- */

/* The final label of channel c of an epoch with `count` bad ones; rho: how many to repair. */
static inline label labels_final(const TD_GLOBAL td_f64 *ptp, const TD_GLOBAL td_f64 *threshold,
                                 int channels, int c, int count, int rho)
{
	if (!labels_larger(ptp, threshold, c))
		return 0;
	return (label)(1 + (labels_before(ptp, threshold, channels, c) <
	                    labels_repaired(count, 0, rho)));
}

/* Is an epoch with `count` bad channels bad? */
static inline label labels_bad(int count, td_f64 share, int channels)
{
	return td_le_f64(td_mul_f64(share, td_int_f64(channels)), td_int_f64(count));
}

/* The epochs that are not bad; returns how many. */
static inline int labels_kept(const TD_GLOBAL label *bad, int epochs, TD_GLOBAL int *kept)
{
	int n = 0;
	for (int e = 0; e < epochs; e++)
		if (!bad[e])
			kept[n++] = e;
	return n;
}

#endif
