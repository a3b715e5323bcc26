/* thresholds.h: the search for one channel's threshold, in C and in OpenCL C.
 *
 * Rows of a channel: its E epochs, then what the others predict of them. For each split the training rows
 * are added up in the order of their size; after each one the mean is held against the median of the test
 * rows. So all candidates together cost one pass over the rows. On GPUs more items make the same sums:
 * thresholds_gpu_cl.h. */
#ifndef TD_NODES_EEG_THRESHOLDS_H
#define TD_NODES_EEG_THRESHOLDS_H

#include "median.h"
#include "rows.h"
#include "splits.h"

enum {
	SEARCH_ROUND = 32, /* channels at a time */
	SEARCH_ROOMS = 32, /* for epochs being predicted */
	SEARCH_TILE = 64,  /* samples at a time: rows of a tile stay in the second cache */
	SEARCH_PARTS = SEARCH_TILE / 8,
	SEARCH_GRID = 40
};

/* One channel's data and room to work. */
typedef struct {
	int epochs, samples, n_train, n_pairs;
	td_i64 x_step;                     /* from an epoch to the next */
	const TD_GLOBAL float *x;          /* epochs of the channel */
	const TD_GLOBAL td_f64 *predicted; /* [tiles][epochs][SEARCH_TILE] */
	const TD_GLOBAL td_f64 *size;      /* [2 epochs] peak to peak of the rows */
	const TD_GLOBAL int *split;        /* [SPLITS][2 epochs] */
	const TD_GLOBAL td_set *pairs;     /* of the network for the test rows */
	TD_GLOBAL td_f64 *tile;            /* [2 epochs][SEARCH_TILE] */
	TD_GLOBAL td_f64 *work;            /* [test rows][MEDIAN_COLUMNS_F64] */
	TD_GLOBAL td_f64 *error;           /* [SPLITS][2 epochs][8] squares, by lane */
	TD_GLOBAL int *order, *spare;      /* [2 epochs] */
	TD_GLOBAL int *train;              /* [SPLITS][2 epochs] training rows by size */
	TD_GLOBAL td_f64 *curve;           /* [2 epochs] mean loss of each candidate */
} search;

/* Where the prediction of sample t of epoch e lies: a tile of all epochs is in one piece, as it is searched. */
static inline td_i64 search_at(int epochs, int e, int t)
{
	return ((td_i64)(t / SEARCH_TILE) * epochs + e) * SEARCH_TILE + t % SEARCH_TILE;
}

/* From the predictions of a channel to those of the next; one row more, so that rows of different channels seldom
 * share a cache set. */
static inline td_i64 search_plane(int epochs, int samples)
{
	td_i64 tiles = (samples + SEARCH_TILE - 1) / SEARCH_TILE;
	return (tiles * epochs + 1) * SEARCH_TILE;
}

/* -- order ------------------------------------------------------------------------------ */

/* Merges the runs order[lo … mid) and order[mid … hi) into spare. */
static inline void search_merge(search s, int lo, int mid, int hi)
{
	int a = lo, b = mid;
	for (int i = lo; i < hi; i++) {
		bool first =
			b >= hi || (a < mid && td_le_f64(s.size[s.order[a]], s.size[s.order[b]]));
		s.spare[i] = s.order[first ? a++ : b++];
	}
}

/* order = rows by size; equal ones in the order of rows. */
static inline void search_sort(search s)
{
	int n = 2 * s.epochs;
	for (int i = 0; i < n; i++)
		s.order[i] = i;
	for (int run = 1; run < n; run *= 2) {
		for (int lo = 0; lo < n; lo += 2 * run)
			search_merge(s, lo, eeg_least(lo + run, n), eeg_least(lo + 2 * run, n));
		for (int i = 0; i < n; i++)
			s.order[i] = s.spare[i];
	}
}

/* The training rows of each split, by size. */
static inline void search_train(search s)
{
	int n = 2 * s.epochs;
	for (int k = 0; k < SPLITS; k++) {
		int found = 0;
		for (int i = 0; i < n; i++)
			s.spare[s.split[k * n + i]] = i < s.n_train;
		for (int i = 0; i < n; i++)
			if (s.spare[s.order[i]])
				s.train[k * n + found++] = s.order[i];
	}
}

/* -- errors ------------------------------------------------------------------------------ */

/* Samples t … of all rows; zeros behind the last sample. */
static inline void search_load(search s, int t)
{
	int n = eeg_least(SEARCH_TILE, s.samples - t), size = s.epochs * SEARCH_TILE;
	const TD_GLOBAL td_f64 *from = s.predicted + search_at(s.epochs, 0, t);
	for (int e = 0; e < s.epochs; e++)
		eeg_widen(s.x + e * s.x_step + t, n, SEARCH_TILE, s.tile + e * SEARCH_TILE);
	for (int i = 0; i < size; i += 8)
		td_vstore_f64(td_vload_f64(from + i), s.tile + size + i);
}

/* middle[0 … 15] = minus the medians of columns from `at` on over the test rows of a split. */
static inline void search_median(search s, const TD_GLOBAL int *test, int n_test, int at,
                                 TD_OWN td_v8d *middle)
{
	for (int i = 0; i < n_test; i++) {
		const TD_GLOBAL td_f64 *from = s.tile + (td_i64)test[i] * SEARCH_TILE + at;
		td_vstore_f64(td_vload_f64(from), s.work + i * MEDIAN_COLUMNS_F64);
		td_vstore_f64(td_vload_f64(from + 8), s.work + i * MEDIAN_COLUMNS_F64 + 8);
	}
	median_sort_f64(s.pairs, s.n_pairs, n_test, s.work);
	const TD_GLOBAL td_f64 *a = s.work + n_test / 2 * MEDIAN_COLUMNS_F64,
			       *b = s.work + (n_test - 1) / 2 * MEDIAN_COLUMNS_F64;
	td_v8d minus_half = td_vall_f64(td_neg_f64(TD_HALF_F64));
	for (int i = 0; i < 2; i++) {
		td_v8d twice = td_vadd_f64(td_vload_f64(a + 8 * i), td_vload_f64(b + 8 * i));
		middle[i] = td_vmul_f64(twice, minus_half);
	}
}

/* Adds to `error` the squares of a tile, after each training row of a split. */
static inline void search_walk(search s, const TD_GLOBAL int *train, const TD_OWN td_v8d *middle,
                               bool first, TD_GLOBAL td_f64 *error)
{
	td_v8d none = td_vall_f64(td_int_f64(0)), sum[SEARCH_PARTS], less[SEARCH_PARTS];
	TD_UNROLLED(8)
	for (int i = 0; i < SEARCH_PARTS; i++) {
		sum[i] = none;
		less[i] = middle[i];
	}
	for (int k = 0; k < s.n_train; k++) {
		const TD_GLOBAL td_f64 *row = s.tile + (td_i64)train[k] * SEARCH_TILE;
		td_v8d part = td_vall_f64(td_div_f64(td_int_f64(1), td_int_f64(k + 1)));
		td_v8d even = none, odd = none;
		TD_UNROLLED(4)
		for (int i = 0; i < SEARCH_PARTS; i += 2) {
			sum[i] = td_vadd_f64(sum[i], td_vload_f64(row + 8 * i));
			sum[i + 1] = td_vadd_f64(sum[i + 1], td_vload_f64(row + 8 * i + 8));
			td_v8d d = td_vfma_f64(sum[i], part, less[i]);
			td_v8d f = td_vfma_f64(sum[i + 1], part, less[i + 1]);
			even = td_vfma_f64(d, d, even);
			odd = td_vfma_f64(f, f, odd);
		}
		even = td_vadd_f64(even, odd);
		if (!first)
			even = td_vadd_f64(even, td_vload_f64(error + 8 * k));
		td_vstore_f64(even, error + 8 * k);
	}
}

static inline void search_tile(search s, int t)
{
	int n = 2 * s.epochs, left = s.samples - t;
	search_load(s, t);
	for (int k = 0; k < SPLITS; k++) {
		td_v8d middle[SEARCH_PARTS];
		for (int i = 0; i < SEARCH_PARTS; i++)
			middle[i] = td_vall_f64(td_int_f64(0));
		for (int i = 0; i < SEARCH_PARTS && 8 * i < left; i += 2)
			search_median(s, s.split + k * n + s.n_train, n - s.n_train, 8 * i,
			              middle + i);
		search_walk(s, s.train + k * n, middle, t == 0, s.error + (td_i64)k * n * 8);
	}
}

/* -- the curve -------------------------------------------------------------------------- */

static inline td_f64 search_rms(search s, const TD_GLOBAL td_f64 *q)
{
	return td_sqrt_f64(td_div_f64(eeg_fold(q), td_int_f64(s.samples)));
}

/* Is training row k kept by a candidate of this size? So are the smallest ones by all. */
static inline bool search_keeps(search s, const TD_GLOBAL int *train, int k, td_f64 size)
{
	return td_le_f64(s.size[train[k]], size) || td_le_f64(s.size[train[k]], s.size[train[0]]);
}

/* The loss of a candidate that keeps the k smallest training rows of a split. */
static inline td_f64 search_loss(search s, int split, int k)
{
	td_i64 row = (td_i64)split * 2 * s.epochs + (k > 1 ? k - 1 : 0);
	return search_rms(s, s.error + row * 8);
}

/* Adds a split's loss to each candidate. */
static inline void search_add(search s, int split)
{
	int n = 2 * s.epochs, k = 0;
	const TD_GLOBAL int *train = s.train + split * n;
	for (int i = 0; i < n; i++) {
		td_f64 size = s.size[s.order[i]], sum = split ? s.curve[i] : td_int_f64(0);
		while (k < s.n_train && search_keeps(s, train, k, size))
			k++;
		s.curve[i] = td_add_f64(sum, search_loss(s, split, k));
	}
}

/* The best candidate of the curve: a later one must be better by more than rounding. */
static inline int search_best(search s, bool grid)
{
	int n = 2 * s.epochs, best = 0;
	for (int i = 0; i <= (grid ? SEARCH_GRID : n - 1); i++) {
		int rank = !grid              ? i
		           : i == SEARCH_GRID ? n - 1
		                              : (int)((td_i64)i * n / SEARCH_GRID);
		if (eeg_better(s.curve[rank], s.curve[best]))
			best = rank;
	}
	return best;
}

/* Fills the curve. */
static inline void search_run(search s)
{
	search_sort(s);
	search_train(s);
	for (int t = 0; t < s.samples; t += SEARCH_TILE)
		search_tile(s, t);
	for (int k = 0; k < SPLITS; k++)
		search_add(s, k);
	for (int i = 0; i < 2 * s.epochs; i++)
		s.curve[i] = td_div_f64(s.curve[i], td_int_f64(SPLITS));
}

/* -- predictions ------------------------------------------------------------------------- */

/* Predictions of an epoch x [channels][samples] from `rows` rows of weights, `plane` apart, zeros behind the last
 * sample; `predicted` is the first sample of the first, `tile` room for channels of EEG_TILE. */
static inline void search_predict(const TD_GLOBAL float *x, int channels, int epochs, int samples,
                                  const TD_GLOBAL td_f64 *weights, int rows, TD_GLOBAL td_f64 *tile,
                                  TD_GLOBAL td_f64 *predicted, td_i64 plane)
{
	int t = 0;
	for (; t < samples; t += EEG_TILE) {
		int ahead_step = t + 2 * EEG_TILE <= samples ? samples : 0;
		eeg_tile_load(x, channels, samples, t, tile);
		eeg_predict(tile, channels, weights, rows, x + t + EEG_TILE, ahead_step,
		            predicted + search_at(epochs, 0, t), plane);
	}
	for (; t % SEARCH_TILE; t += 8)
		for (int r = 0; r < rows; r++)
			td_vstore_f64(td_vall_f64(td_int_f64(0)),
			              predicted + r * plane + search_at(epochs, 0, t));
}

/* Peak to peak of the predictions of an epoch; `predicted` is the first. They are finite. */
static inline td_f64 search_size(const TD_GLOBAL td_f64 *predicted, int epochs, int samples)
{
	td_v8d l = td_vall_f64(predicted[0]), h = l;
	td_f64 lo = predicted[0], hi = lo, l8[8], h8[8];
	int t = 0;
	for (; t + 8 <= samples; t += 8) {
		td_v8d v = td_vload_f64(predicted + search_at(epochs, 0, t));
		l = td_vsmaller_f64(l, v);
		h = td_vlarger_f64(h, v);
	}
	td_vstore_f64(l, l8);
	td_vstore_f64(h, h8);
	for (int i = 0; i < 8; i++) {
		lo = eeg_smaller(l8[i], lo);
		hi = eeg_larger(h8[i], hi);
	}
	for (; t < samples; t++) {
		td_f64 v = predicted[search_at(epochs, 0, t)];
		lo = eeg_smaller(v, lo);
		hi = eeg_larger(v, hi);
	}
	return td_add_f64(td_sub_f64(hi, lo), td_int_f64(0));
}

#endif
