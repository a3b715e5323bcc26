/* crossval.h: losses over the grid of shares (kappa) and numbers of repairs (rho), in C and in OpenCL C.
 *
 * Each epoch is added to the bucket of its fold and of the smallest kappa for which it is good; from one rho to
 * the next only what other repairs change is. Sums over kappa and over folds then give the mean of every
 * training set. */
#ifndef TD_NODES_EEG_CROSSVAL_H
#define TD_NODES_EEG_CROSSVAL_H

#include "median.h"
#include "repair.h"
#include "td_f64.h"

enum {
	CROSSVAL_CHUNK = REPAIR_CHUNK / 2, /* epochs at a time: two slots each */
	CROSSVAL_SPARE = 3                 /* planes behind the sums: totals of so many kappas */
};

typedef struct {
	repairs r;
	int epochs, folds, n_kappa, tiles;
	TD_GLOBAL int *bucket; /* [epochs]: fold * n_kappa + place of kappa, -1 never good */
	TD_GLOBAL int *order;  /* [n_kappa]: kappas ascending */
	TD_GLOBAL int *good;   /* [folds][n_kappa]: good epochs of a fold at the kappa of a place */
	TD_GLOBAL td_set
		*pairs; /* networks for small and for large folds, MEDIAN_PAIRS * most each */
	TD_GLOBAL int *n_pairs;   /* [2], then room for the rows of a fold */
	TD_GLOBAL td_f64 *middle; /* [tiles][folds][channels][EEG_TILE]: medians */
	TD_GLOBAL td_f64 *sum;    /* [tiles][folds][n_kappa][channels][EEG_TILE], then on GPUs
	                             [tiles][CROSSVAL_SPARE][channels][EEG_TILE] */
	TD_GLOBAL td_f64 *tile;   /* [tiles][2][channels][EEG_TILE] */
	TD_GLOBAL float *work;    /* [tiles][most][MEDIAN_COLUMNS] */
	TD_GLOBAL td_f64 *room; /* [tiles][9 n_kappa + EEG_TILE][folds]: for the errors of a tile */
	TD_GLOBAL td_f64 *error; /* [n_rho][tiles][n_kappa][folds] sums of squares */
} crossval;

/* The first folds have one epoch more. */
static inline int crossval_first(crossval m, int fold)
{
	return fold * (m.epochs / m.folds) + eeg_least(fold, m.epochs % m.folds);
}

/* The fold of an epoch. */
static inline int crossval_fold(crossval m, int e)
{
	int n = m.epochs / m.folds, more = m.epochs % m.folds, large = more * (n + 1);
	return e < large ? e / (n + 1) : more + (e - large) / n;
}

static inline int crossval_most(crossval m)
{
	return m.epochs / m.folds + 1;
}

static inline void crossval_networks(crossval m)
{
	for (int i = 0; i < 2; i++)
		m.n_pairs[i] = median_network(m.epochs / m.folds + i,
		                              m.pairs + (td_i64)i * MEDIAN_PAIRS * crossval_most(m),
		                              m.n_pairs + 2);
}

/* Is an epoch with so many bad channels good at kappa? */
static inline bool crossval_good(crossval m, int count, td_f64 kappa)
{
	return td_lt_f64(td_int_f64(count), td_mul_f64(kappa, td_int_f64(m.r.channels)));
}

/* Places of the kappas. */
static inline void crossval_order(crossval m, const TD_GLOBAL td_f64 *kappa)
{
	for (int i = 0; i < m.n_kappa; i++) {
		int at = i;
		for (; at > 0 && td_lt_f64(kappa[i], kappa[m.order[at - 1]]); at--)
			m.order[at] = m.order[at - 1];
		m.order[at] = i;
	}
}

/* Buckets of the epochs of a fold, how many of them are good. */
static inline void crossval_buckets(crossval m, const TD_GLOBAL td_f64 *kappa,
                                    const TD_GLOBAL int *count, int f)
{
	for (int i = 0; i < m.n_kappa; i++)
		m.good[f * m.n_kappa + i] = 0;
	for (int e = crossval_first(m, f); e < crossval_first(m, f + 1); e++) {
		int i = 0;
		while (i < m.n_kappa && !crossval_good(m, count[e], kappa[m.order[i]]))
			i++;
		m.bucket[e] = i < m.n_kappa ? f * m.n_kappa + i : -1;
		for (; i < m.n_kappa; i++)
			m.good[f * m.n_kappa + i]++;
	}
}

/* -- medians ------------------------------------------------------------------------------- */

/* Medians over a fold of one channel's samples t …, 0 behind the last one. */
static inline void crossval_median(crossval m, int fold, int c, int t, TD_GLOBAL float *work,
                                   TD_GLOBAL td_f64 *middle)
{
	int first = crossval_first(m, fold), n = crossval_first(m, fold + 1) - first;
	int left = eeg_least(EEG_TILE, m.r.samples - t), large = n > m.epochs / m.folds;
	for (int i = 0; i < n; i++) {
		const TD_GLOBAL float *x =
			m.r.x + ((td_i64)(first + i) * m.r.channels + c) * m.r.samples + t;
		TD_GLOBAL float *to = work + i * MEDIAN_COLUMNS;
		if (left == EEG_TILE) {
			td_vstore(td_vload(x), to);
			td_vstore(td_vload(x + 16), to + 16);
		} else {
			for (int k = 0; k < MEDIAN_COLUMNS; k++)
				to[k] = k < left ? x[k] : 0;
		}
	}
	median_sort(m.pairs + (td_i64)large * MEDIAN_PAIRS * crossval_most(m), m.n_pairs[large], n,
	            work);
	const TD_GLOBAL float *a = work + n / 2 * MEDIAN_COLUMNS,
			      *b = work + (n - 1) / 2 * MEDIAN_COLUMNS;
	for (int i = 0; i < EEG_TILE; i += 8) {
		td_v8d both = td_vadd_f64(td_vwiden(a + i), td_vwiden(b + i));
		td_vstore_f64(td_vmul_f64(both, td_vall_f64(TD_HALF_F64)), middle + i);
	}
}

static inline void crossval_medians(crossval m, int tile)
{
	int plane = m.r.channels * EEG_TILE;
	for (int f = 0; f < m.folds; f++)
		for (int c = 0; c < m.r.channels; c++)
			crossval_median(m, f, c, tile * EEG_TILE,
			                m.work + (td_i64)tile * crossval_most(m) * MEDIAN_COLUMNS,
			                m.middle + ((td_i64)tile * m.folds + f) * plane +
			                        c * EEG_TILE);
}

/* -- sums ---------------------------------------------------------------------------------- */

/* Prepares a slot of a chunk: the even ones for an epoch's labels now, l, the odd ones for those at the rho before
 * (NULL: none), but for nothing where the same channels are repaired. */
static inline void crossval_prepare(crossval m, int slot, const TD_GLOBAL label *l,
                                    const TD_GLOBAL label *before)
{
	bool same = before != 0;
	for (int c = 0; c < m.r.channels && same; c++)
		same = (l[c] == 2) == (before[c] == 2);
	repair_prepare(m.r, slot, same ? 0 : slot % 2 == 0 ? l : before);
}

/* Number of an epoch from e on whose bucket changes; `end` when there is none. */
static inline int crossval_next(crossval m, int e, int first, int end)
{
	while (e < end && (m.bucket[e] < 0 || m.r.bad[2 * (e - first) * (m.r.channels + 1)] < 0))
		e++;
	return e;
}

/* sum += `sign` times what repairing with a slot changes in a tile. */
static inline void crossval_change(crossval m, int slot, td_f64 sign, TD_GLOBAL td_f64 *tile,
                                   TD_GLOBAL td_f64 *sum)
{
	const TD_GLOBAL int *bad = m.r.bad + slot * (m.r.channels + 1);
	TD_GLOBAL td_f64 *made = tile + m.r.channels * EEG_TILE;
	eeg_predict(tile, m.r.channels, m.r.weights + (td_i64)slot * m.r.channels * m.r.channels,
	            bad[0], 0, 0, made, EEG_TILE);
	for (int b = 0; b < bad[0]; b++)
		for (int i = 0; i < EEG_TILE; i += 8) {
			td_v8d was = td_vload_f64(tile + bad[1 + b] * EEG_TILE + i);
			td_v8d d = td_vsub_f64(td_vload_f64(made + b * EEG_TILE + i), was);
			TD_GLOBAL td_f64 *to = sum + bad[1 + b] * EEG_TILE + i;
			td_vstore_f64(td_vfma_f64(td_vall_f64(sign), d, td_vload_f64(to)), to);
		}
}

/* Adds a tile of the epochs first … end, which are prepared, to their buckets: all of it for the first rho,
 * afterwards what has changed. */
static inline void crossval_add(crossval m, int tile_at, int rho, int first, int end)
{
	td_i64 plane = (td_i64)m.r.channels * EEG_TILE, buckets = (td_i64)m.folds * m.n_kappa;
	TD_GLOBAL td_f64 *sum = m.sum + tile_at * buckets * plane,
			 *tile = m.tile + 2 * tile_at * plane;
	int t = tile_at * EEG_TILE, next = 0;
	for (td_i64 i = 0; i < buckets * plane && rho + first == 0; i += 8)
		td_vstore_f64(td_vall_f64(td_int_f64(0)), sum + i);
	for (int e = crossval_next(m, first, first, end); e < end; e = next) {
		TD_GLOBAL td_f64 *to = sum + m.bucket[e] * plane;
		int slot = 2 * (e - first), ahead = 0;
		next = crossval_next(m, e + 1, first, end);
		ahead = next < end ? next : e;
		if (rho == 0) {
			repair_add(m.r, e, ahead, slot, t, tile, to);
			continue;
		}
		eeg_tile_load(m.r.x + e * (td_i64)m.r.channels * m.r.samples, m.r.channels,
		              m.r.samples, t, tile);
		eeg_tile_ahead(m.r.x + ahead * (td_i64)m.r.channels * m.r.samples + t, m.r.channels,
		               m.r.samples);
		crossval_change(m, slot + 1, td_int_f64(-1), tile, to);
		crossval_change(m, slot, td_int_f64(1), tile, to);
	}
}

/* -- errors -------------------------------------------------------------------------------- */

/* Epochs that the training set of a fold has at the kappa of a place. */
static inline int crossval_count(crossval m, int fold, int place)
{
	int n = 0;
	for (int f = 0; f < m.folds; f++)
		n += f == fold ? 0 : m.good[f * m.n_kappa + place];
	return n;
}

/* Adds one channel's squares to `square` [n_kappa][folds][8]. sum, middle: of the channel in the first bucket
 * and fold; `part`: one over how many epochs there are; `below` [folds][EEG_TILE]: sums over kappas. */
static inline void crossval_channel(crossval m, const TD_GLOBAL td_f64 *sum,
                                    const TD_GLOBAL td_f64 *middle, const TD_GLOBAL td_f64 *part,
                                    TD_GLOBAL td_f64 *below, TD_GLOBAL td_f64 *square)
{
	td_i64 plane = (td_i64)m.r.channels * EEG_TILE;
	td_v8d zero = td_vall_f64(td_int_f64(0));
	for (int i = 0; i < m.folds * EEG_TILE; i += 8)
		td_vstore_f64(zero, below + i);
	for (int i = 0; i < m.n_kappa; i++) {
		const TD_GLOBAL td_f64 *bucket = sum + i * plane;
		td_v8d total[4] = {zero, zero, zero, zero};
		for (int f = 0; f < m.folds; f++)
			for (int k = 0; k < 4; k++) {
				TD_GLOBAL td_f64 *own = below + f * EEG_TILE + 8 * k;
				td_v8d more = td_vload_f64(bucket + f * m.n_kappa * plane + 8 * k);
				td_v8d x = td_vadd_f64(td_vload_f64(own), more);
				td_vstore_f64(x, own);
				total[k] = td_vadd_f64(total[k], x);
			}
		for (int f = 0; f < m.folds; f++) {
			TD_GLOBAL td_f64 *to = square + (i * m.folds + f) * 8;
			td_v8d q = td_vload_f64(to), p = td_vall_f64(part[i * m.folds + f]);
			for (int k = 0; k < 4; k++) {
				td_v8d own = td_vload_f64(below + f * EEG_TILE + 8 * k);
				td_v8d median = td_vload_f64(middle + f * plane + 8 * k);
				td_v8d d = td_vfma_f64(td_vsub_f64(total[k], own), p,
				                       td_vneg_f64(median));
				q = td_vfma_f64(d, d, q);
			}
			td_vstore_f64(q, to);
		}
	}
}

/* The squared errors of a tile, from the buckets, for one rho. */
static inline void crossval_errors(crossval m, int tile, int rho)
{
	td_i64 plane = (td_i64)m.r.channels * EEG_TILE;
	int cells = m.n_kappa * m.folds;
	TD_GLOBAL td_f64 *square = m.room + (td_i64)tile * (9 * cells + m.folds * EEG_TILE);
	TD_GLOBAL td_f64 *part = square + 8 * cells, *below = part + cells;
	for (int i = 0; i < 8 * cells; i++)
		square[i] = td_int_f64(0);
	for (int i = 0; i < cells; i++)
		part[i] = td_div_f64(td_int_f64(1),
		                     td_int_f64(crossval_count(m, i % m.folds, i / m.folds)));
	for (int c = 0; c < m.r.channels; c++)
		crossval_channel(m, m.sum + (td_i64)tile * cells * plane + c * EEG_TILE,
		                 m.middle + (td_i64)tile * m.folds * plane + c * EEG_TILE, part,
		                 below, square);
	for (int i = 0; i < cells; i++)
		m.error[((td_i64)rho * m.tiles + tile) * cells + m.order[i / m.folds] * m.folds +
		        i % m.folds] = eeg_fold(square + 8 * i);
}

/* Root mean square over channels and samples, of the sum of squares. */
static inline td_f64 crossval_rms(crossval m, td_f64 sum)
{
	td_f64 n = td_mul_f64(td_int_f64(m.r.channels), td_int_f64(m.r.samples));
	return td_sqrt_f64(td_div_f64(sum, n));
}

/* The loss of one cell of the grid and fold; infinite where kappa leaves no room for rho repairs, or no
 * epoch to train on. */
static inline td_f64 crossval_loss(crossval m, const TD_GLOBAL td_f64 *kappa, int i, int rho_index,
                                   int rho, int fold)
{
	int place = 0;
	td_f64 sum = td_int_f64(0), room = td_mul_f64(kappa[i], td_int_f64(m.r.channels));
	while (m.order[place] != i)
		place++;
	if (td_le_f64(room, td_int_f64(rho)) || crossval_count(m, fold, place) == 0)
		return TD_INF_F64;
	for (int t = 0; t < m.tiles; t++) {
		td_i64 cell = ((td_i64)rho_index * m.tiles + t) * m.n_kappa + i;
		sum = td_add_f64(sum, m.error[cell * m.folds + fold]);
	}
	return crossval_rms(m, sum);
}

#ifdef TD_GPU

/* -- on GPUs: items that make one sample, or one lane of squares -------------------------------- */

/* Median over a fold. Which one of -0 and +0 it is built from, no square depends on. */
static inline td_f64 crossval_median_sample(crossval m, int fold, int c, int t)
{
	int first = crossval_first(m, fold), n = crossval_first(m, fold + 1) - first;
	td_i64 epoch = (td_i64)m.r.channels * m.r.samples;
	const TD_GLOBAL float *x = m.r.x + first * epoch + (td_i64)c * m.r.samples + t;
	median_pick p = median_start(n);
	do {
		for (int i = 0; i < n; i++)
			median_see(&p, median_key(x[i * epoch]));
	} while (median_next(&p));
	td_f64 a = td_wide_f64(median_value(p.hi)), b = td_wide_f64(median_value(p.lo));
	return td_mul_f64(td_add_f64(a, b), TD_HALF_F64);
}

/* Stores it; 0 behind the last sample. */
static inline void crossval_median_item(crossval m, int t, int c, int fold)
{
	int tile = t / EEG_TILE;
	td_i64 row = ((td_i64)tile * m.folds + fold) * m.r.channels + c;
	if (tile < m.tiles)
		m.middle[row * EEG_TILE + t % EEG_TILE] =
			t < m.r.samples ? crossval_median_sample(m, fold, c, t) : td_int_f64(0);
}

/* What `sign` times repairing with a slot changes is added to the sum of a sample. */
static inline td_f64 crossval_changed(crossval m, int e, int slot, td_f64 sign, int c, int t,
                                      td_f64 sum)
{
	const TD_GLOBAL float *x = m.r.x + (td_i64)e * m.r.channels * m.r.samples + t;
	int b = repair_find(m.r.bad + slot * (m.r.channels + 1), c);
	if (b < 0)
		return sum;
	td_f64 was = td_wide_f64(x[(td_i64)c * m.r.samples]);
	return td_fma_f64(sign, td_sub_f64(repair_predict(m.r, slot, b, x), was), sum);
}

/* Adds a sample of the epochs first … end to the sum of one bucket: what crossval_add does. */
static inline td_f64 crossval_add_sample(crossval m, int bucket, int rho, int first, int end, int c,
                                         int t, td_f64 sum)
{
	for (int e = first; e < end; e++) {
		int slot = 2 * (e - first);
		if (m.bucket[e] != bucket || m.r.bad[slot * (m.r.channels + 1)] < 0)
			continue;
		if (rho == 0) {
			sum = td_add_f64(sum, repair_sample(m.r, e, slot, c, t));
			continue;
		}
		sum = crossval_changed(m, e, slot + 1, td_int_f64(-1), c, t, sum);
		sum = crossval_changed(m, e, slot, td_int_f64(1), c, t, sum);
	}
	return sum;
}

/* The sum of a fold over the kappas up to a place; `sum` of its first bucket. */
static inline td_f64 crossval_below(crossval m, const TD_GLOBAL td_f64 *sum, int place)
{
	td_i64 plane = (td_i64)m.r.channels * EEG_TILE;
	td_f64 below = td_int_f64(0);
	for (int i = 0; i <= place; i++)
		below = td_add_f64(below, sum[i * plane]);
	return below;
}

/* Where the total of all folds is kept, for kappa number `spare` of those that are looked at. */
static inline TD_GLOBAL td_f64 *crossval_spare(crossval m, int tile, int spare)
{
	td_i64 plane = (td_i64)m.r.channels * EEG_TILE, cells = (td_i64)m.folds * m.n_kappa;
	return m.sum + (m.tiles * cells + (td_i64)tile * CROSSVAL_SPARE + spare) * plane;
}

/* The total of one sample `at` of a tile; the kappas from place `first` on are looked at. */
static inline void crossval_total(crossval m, int tile, int first, int spare, int at)
{
	td_i64 plane = (td_i64)m.r.channels * EEG_TILE, fold = m.n_kappa * plane;
	const TD_GLOBAL td_f64 *sum = m.sum + tile * (m.folds * fold) + at;
	td_f64 total = td_int_f64(0);
	for (int f = 0; f < m.folds; f++)
		total = td_add_f64(total, crossval_below(m, sum + f * fold, first + spare));
	crossval_spare(m, tile, spare)[at] = total;
}

/* A lane of the squares of a tile, fold and kappa. */
static inline td_f64 crossval_lane(crossval m, int tile, int first, int spare, int fold, int lane)
{
	td_i64 plane = (td_i64)m.r.channels * EEG_TILE, folds = (td_i64)tile * m.folds + fold;
	const TD_GLOBAL td_f64 *total = crossval_spare(m, tile, spare);
	const TD_GLOBAL td_f64 *sum = m.sum + folds * m.n_kappa * plane;
	const TD_GLOBAL td_f64 *middle = m.middle + folds * plane;
	td_f64 n = td_int_f64(crossval_count(m, fold, first + spare));
	td_f64 part = td_div_f64(td_int_f64(1), n), square = td_int_f64(0);
	for (int at = lane; at < m.r.channels * EEG_TILE; at += 8) {
		td_f64 own = crossval_below(m, sum + at, first + spare);
		td_f64 d = td_fma_f64(td_sub_f64(total[at], own), part, td_neg_f64(middle[at]));
		square = td_fma_f64(d, d, square);
	}
	return square;
}

#endif
#endif
