/* crossval.h: losses over the grid of shares (kappa) and numbers of repairs (rho), in C and in OpenCL C.
 *
 * Each epoch is added, once a rho, to the bucket of its fold and of the smallest kappa for which it is good.
 * Sums over kappa and over folds then give the mean of every training set. */
#ifndef TD_NODES_EEG_CROSSVAL_H
#define TD_NODES_EEG_CROSSVAL_H

#include "median.h"
#include "repair.h"
#include "td_math.h"

#if !defined __OPENCL_C_VERSION__ || defined TD_FP64

typedef struct {
	repairs r;
	int epochs, folds, n_kappa, tiles;
	TD_GLOBAL int *bucket; /* [epochs]: fold * n_kappa + place of kappa, -1 never good */
	TD_GLOBAL int *order;  /* [n_kappa]: kappas ascending */
	TD_GLOBAL int *good;   /* [folds][n_kappa]: good epochs of a fold at the kappa of a place */
	TD_GLOBAL td_set
		*pairs; /* networks for small and for large folds, MEDIAN_PAIRS * most each */
	TD_GLOBAL int *n_pairs;   /* [2], then room for the rows of a fold */
	TD_GLOBAL double *middle; /* [tiles][folds][channels][EEG_TILE]: medians */
	TD_GLOBAL double *sum;    /* [tiles][folds][n_kappa][channels][EEG_TILE] */
	TD_GLOBAL double *tile;   /* [tiles][2][channels][EEG_TILE] */
	TD_GLOBAL float *work;    /* [tiles][most][MEDIAN_COLUMNS] */
	TD_GLOBAL double *error;  /* [n_rho][tiles][n_kappa][folds] sums of squares */
} crossval;

/* The first folds have one epoch more. */
static inline int crossval_first(crossval m, int fold)
{
	return fold * (m.epochs / m.folds) + eeg_least(fold, m.epochs % m.folds);
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

/* Places of the kappas, buckets of the epochs, good epochs of each fold. */
static inline void crossval_buckets(crossval m, const TD_GLOBAL double *kappa,
                                    const TD_GLOBAL int *count)
{
	for (int i = 0; i < m.n_kappa; i++) {
		int at = i;
		for (; at > 0 && kappa[m.order[at - 1]] > kappa[i]; at--)
			m.order[at] = m.order[at - 1];
		m.order[at] = i;
	}
	for (int f = 0; f < m.folds; f++) {
		for (int i = 0; i < m.n_kappa; i++)
			m.good[f * m.n_kappa + i] = 0;
		for (int e = crossval_first(m, f); e < crossval_first(m, f + 1); e++) {
			int i = 0;
			while (i < m.n_kappa && !(count[e] < kappa[m.order[i]] * m.r.channels))
				i++;
			m.bucket[e] = i < m.n_kappa ? f * m.n_kappa + i : -1;
			for (; i < m.n_kappa; i++)
				m.good[f * m.n_kappa + i]++;
		}
	}
}

/* -- medians ------------------------------------------------------------------------------- */

/* Medians over a fold of one channel's samples t …, 0 behind the last one. */
static inline void crossval_median(crossval m, int fold, int c, int t, TD_GLOBAL float *work,
                                   TD_GLOBAL double *middle)
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
	median_sort(m.pairs + (td_i64)large * MEDIAN_PAIRS * crossval_most(m), m.n_pairs[large],
	            work);
	const TD_GLOBAL float *a = work + n / 2 * MEDIAN_COLUMNS,
			      *b = work + (n - 1) / 2 * MEDIAN_COLUMNS;
	for (int i = 0; i < EEG_TILE; i += 8)
		td_vstore_f64((td_vwiden(a + i) + td_vwiden(b + i)) * td_vall_f64(0.5), middle + i);
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

/* Adds a tile of the epochs first … end, which are prepared, to their buckets. */
static inline void crossval_add(crossval m, int tile, int first, int end)
{
	td_i64 plane = (td_i64)m.r.channels * EEG_TILE, buckets = (td_i64)m.folds * m.n_kappa;
	TD_GLOBAL double *sum = m.sum + tile * buckets * plane;
	if (first == 0)
		for (td_i64 i = 0; i < buckets * plane; i += 8)
			td_vstore_f64(td_vall_f64(0), sum + i);
	for (int e = first; e < end; e++)
		if (m.bucket[e] >= 0)
			repair_add(m.r, e, e + 1 < end ? e + 1 : e, e - first, tile * EEG_TILE,
			           m.tile + 2 * tile * plane, sum + m.bucket[e] * plane);
}

/* to += from, n numbers (a multiple of 8). */
static inline void crossval_plus(TD_GLOBAL double *to, const TD_GLOBAL double *from, td_i64 n)
{
	for (td_i64 i = 0; i < n; i += 8)
		td_vstore_f64(td_vload_f64(to + i) + td_vload_f64(from + i), to + i);
}

/* Sum of ((total - own) / n - middle)^2. */
static inline double crossval_squares(const TD_GLOBAL double *total, const TD_GLOBAL double *own,
                                      double n, const TD_GLOBAL double *middle, td_i64 count)
{
	double q[8];
	td_v8d even = td_vall_f64(0), odd = even, part = td_vall_f64(1 / n);
	for (td_i64 i = 0; i < count; i += 16) {
		td_v8d a = td_vload_f64(total + i) - td_vload_f64(own + i);
		td_v8d b = td_vload_f64(total + i + 8) - td_vload_f64(own + i + 8);
		a = td_vfma_f64(a, part, -td_vload_f64(middle + i));
		b = td_vfma_f64(b, part, -td_vload_f64(middle + i + 8));
		even = td_vfma_f64(a, a, even);
		odd = td_vfma_f64(b, b, odd);
	}
	td_vstore_f64(even + odd, q);
	return ((q[0] + q[4]) + (q[2] + q[6])) + ((q[1] + q[5]) + (q[3] + q[7]));
}

/* Epochs that the training set of a fold has at the kappa of a place. */
static inline int crossval_count(crossval m, int fold, int place)
{
	int n = 0;
	for (int f = 0; f < m.folds; f++)
		n += f == fold ? 0 : m.good[f * m.n_kappa + place];
	return n;
}

/* The squared errors of a tile, from the buckets, for one rho. */
static inline void crossval_errors(crossval m, int tile, int rho)
{
	td_i64 plane = (td_i64)m.r.channels * EEG_TILE;
	TD_GLOBAL double *sum = m.sum + (td_i64)tile * m.folds * m.n_kappa * plane;
	TD_GLOBAL double *total = m.tile + 2 * tile * plane;
	TD_GLOBAL double *error = m.error + ((td_i64)rho * m.tiles + tile) * m.n_kappa * m.folds;
	for (int i = 0; i < m.n_kappa; i++) {
		for (td_i64 k = 0; k < plane; k += 8)
			td_vstore_f64(td_vall_f64(0), total + k);
		for (int f = 0; f < m.folds; f++) {
			TD_GLOBAL double *own = sum + ((td_i64)f * m.n_kappa + i) * plane;
			if (i)
				crossval_plus(own, own - plane, plane);
			crossval_plus(total, own, plane);
		}
		for (int f = 0; f < m.folds; f++)
			error[m.order[i] * m.folds + f] = crossval_squares(
				total, sum + ((td_i64)f * m.n_kappa + i) * plane,
				crossval_count(m, f, i),
				m.middle + ((td_i64)tile * m.folds + f) * plane, plane);
	}
}

/* The loss of one cell of the grid and fold; infinite where kappa leaves no room for rho repairs, or no
 * epoch to train on. */
static inline double crossval_loss(crossval m, const TD_GLOBAL double *kappa, int i, int rho_index,
                                   int rho, int fold)
{
	int place = 0;
	double sum = 0;
	while (m.order[place] != i)
		place++;
	if (kappa[i] * m.r.channels <= rho || crossval_count(m, fold, place) == 0)
		return (double)INFINITY;
	for (int t = 0; t < m.tiles; t++)
		sum += m.error[(((td_i64)rho_index * m.tiles + t) * m.n_kappa + i) * m.folds +
		               fold];
	return td_sqrt_f64(sum / ((double)m.r.channels * m.r.samples));
}

#endif
#endif
