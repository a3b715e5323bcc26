/* ransac.h: what a few random channels predict of all, again and again; in C and in OpenCL C.
 *
 * Each subset of channels predicts all channels by splines of its own (spline.h); what is held against a
 * channel is the median over the subsets. Predictions exist for RANSAC_ROWS channels and a tile of samples
 * at a time. On a GPU, ransac_gpu_cl.h makes them. */
#ifndef TD_NODES_EEG_RANSAC_H
#define TD_NODES_EEG_RANSAC_H

#include "median.h"
#include "rows.h"
#include "spline.h"

enum {
	RANSAC_ROWS = 16,                 /* channels at a time */
	RANSAC_CHANNELS = 4,              /* of an item of a GPU */
	RANSAC_ROOMS = 128,               /* for pieces of work, each some channels of an epoch */
	RANSAC_SUMS = RANSAC_ROWS * 3 * 8 /* of a room */
};

typedef struct {
	const TD_GLOBAL float *x;
	TD_GLOBAL int *list;       /* [subsets][channels + 1]: how many, then which, ascending */
	TD_GLOBAL td_f64 *g;       /* [channels][channels] */
	TD_GLOBAL td_f64 *inverse; /* [subsets][(width + 1)^2] */
	TD_GLOBAL td_f64 *column;  /* [subsets][width + 1] */
	TD_GLOBAL int *pivot;      /* [subsets][width + 1] */
	TD_GLOBAL td_f64 *weights; /* [subsets][channels * width]: a row a channel, as long as the
				      list; on a GPU a row a channel of the list */
	TD_GLOBAL td_f64 *room;    /* [RANSAC_ROOMS][…] */
	TD_GLOBAL td_f64 *corr;    /* [epochs][channels] */
	const TD_GLOBAL td_set *pairs;
	int epochs, channels, samples, subsets, width, n_pairs;
} ransac;

/* -- what predicts ---------------------------------------------------------------------- */

/* The channels of subset r, ascending. False, in the first item of its group, if there are none, one stands
 * twice, or one is not there. */
static inline bool ransac_list(ransac m, int r, const TD_GLOBAL int *subset)
{
	TD_GLOBAL int *list = m.list + (td_i64)r * (m.channels + 1);
	int given = 0, n = 0;
	subset += (td_i64)r * m.width;
	for (int c = SPLINE_ITEM; c < m.channels; c += SPLINE_ITEMS)
		list[1 + c] = 0;
	SPLINE_TOGETHER;
	for (int k = SPLINE_ITEM; k < m.width; k += SPLINE_ITEMS)
		if (subset[k] >= 0 && subset[k] < m.channels)
			list[1 + subset[k]] = 1;
	SPLINE_TOGETHER;
	if (SPLINE_ITEM > 0)
		return true;
	for (int k = 0; k < m.width; k++)
		given += subset[k] != -1;
	/* n <= c: flags are read before they are written over */
	for (int c = 0; c < m.channels; c++)
		if (list[1 + c] != 0)
			list[++n] = c;
	list[0] = n;
	return n > 0 && n == given;
}

/* Columns from `from` on of row i of G. */
static inline void ransac_row(ransac m, const TD_GLOBAL td_f64 *pos, int i, int from, int end)
{
	for (int j = from; j < end; j++)
		m.g[(td_i64)i * m.channels + j] = spline_g(spline_cosine(pos + 3 * i, pos + 3 * j));
}

/* M of the channels of a list, to be inverted. */
static inline void ransac_matrix(ransac m, const TD_GLOBAL int *list, TD_GLOBAL td_f64 *to)
{
	int n = list[0];
	td_f64 zero = td_int_f64(0), smooth = td_div_f64(td_int_f64(1), td_int_f64(100000));
	for (int i = SPLINE_ITEM; i <= n; i += SPLINE_ITEMS)
		for (int j = 0; j <= n; j++) {
			TD_GLOBAL td_f64 *at = to + i * (n + 1) + j;
			if (i == n || j == n) {
				*at = td_int_f64(i != j);
				continue;
			}
			td_f64 g = m.g[(td_i64)list[1 + i] * m.channels + list[1 + j]];
			*at = td_add_f64(g, i == j ? smooth : zero);
		}
}

/* M^-1 of subset r. */
static inline const TD_GLOBAL td_f64 *ransac_inverse(ransac m, int r)
{
	const TD_GLOBAL int *list = m.list + (td_i64)r * (m.channels + 1);
	TD_GLOBAL td_f64 *p = m.inverse + (td_i64)r * (m.width + 1) * (m.width + 1);
	ransac_matrix(m, list, p);
	SPLINE_TOGETHER;
	spline_invert(p, list[0] + 1, m.column + (td_i64)r * (m.width + 1),
	              m.pivot + (td_i64)r * (m.width + 1));
	SPLINE_TOGETHER;
	return p;
}

/* The weights of subset r: [G_B. 1] M^-1 without its last column, B being all channels. */
static inline void ransac_weights(ransac m, int r)
{
	const TD_GLOBAL int *list = m.list + (td_i64)r * (m.channels + 1);
	const TD_GLOBAL td_f64 *p = ransac_inverse(m, r);
	int n = list[0];
	for (int c = 0; c < m.channels; c++) {
		TD_GLOBAL td_f64 *w = m.weights + (td_i64)r * m.channels * m.width + c * n;
		for (int j = 0; j < n; j++)
			w[j] = p[n * (n + 1) + j];
		for (int k = 0; k < n; k++) {
			td_f64 g = m.g[(td_i64)c * m.channels + list[1 + k]];
			for (int j = 0; j < n; j++)
				w[j] = td_fma_f64(g, p[k * (n + 1) + j], w[j]);
		}
	}
}

/* -- predictions ------------------------------------------------------------------------- */

/* made [subsets][RANSAC_ROWS][EEG_TILE] = predictions of `rows` channels from `first` on, for a tile;
 * `picked` is room for the rows of a subset. */
static inline void ransac_predict(ransac m, const TD_GLOBAL td_f64 *tile, int first, int rows,
                                  TD_GLOBAL td_f64 *picked, TD_GLOBAL td_f64 *made)
{
	for (int r = 0; r < m.subsets; r++) {
		const TD_GLOBAL int *list = m.list + (td_i64)r * (m.channels + 1);
		int n = list[0];
		for (int j = 0; j < n; j++)
			for (int i = 0; i < EEG_TILE; i += 8)
				td_vstore_f64(td_vload_f64(tile + list[1 + j] * EEG_TILE + i),
				              picked + j * EEG_TILE + i);
		eeg_predict(picked, n, m.weights + (td_i64)r * m.channels * m.width + first * n,
		            rows, 0, 0, made + r * RANSAC_ROWS * EEG_TILE, EEG_TILE);
	}
}

/* Adds 16 samples of one channel to its sums [3][8] of x p, x x and p p; p: the median of what the subsets
 * made, which lies RANSAC_ROWS * EEG_TILE apart. */
static inline void ransac_add(ransac m, const TD_GLOBAL td_f64 *x, const TD_GLOBAL td_f64 *made,
                              TD_GLOBAL td_f64 *work, TD_GLOBAL td_f64 *sum)
{
	for (int r = 0; r < m.subsets; r++)
		for (int i = 0; i < 2; i++)
			td_vstore_f64(td_vload_f64(made + r * RANSAC_ROWS * EEG_TILE + 8 * i),
			              work + r * MEDIAN_COLUMNS_F64 + 8 * i);
	median_sort_f64(m.pairs, m.n_pairs, m.subsets, work);
	const TD_GLOBAL td_f64 *a = work + m.subsets / 2 * MEDIAN_COLUMNS_F64,
			       *b = work + (m.subsets - 1) / 2 * MEDIAN_COLUMNS_F64;
	for (int i = 0; i < 2; i++) {
		td_v8d v = td_vload_f64(x + 8 * i);
		td_v8d both = td_vadd_f64(td_vload_f64(a + 8 * i), td_vload_f64(b + 8 * i));
		td_v8d p = td_vmul_f64(both, td_vall_f64(TD_HALF_F64));
		td_vstore_f64(td_vfma_f64(v, p, td_vload_f64(sum)), sum);
		td_vstore_f64(td_vfma_f64(v, v, td_vload_f64(sum + 8)), sum + 8);
		td_vstore_f64(td_vfma_f64(p, p, td_vload_f64(sum + 16)), sum + 16);
	}
}

/* Of the sums of a channel; NaN where the channel or its prediction is flat. */
static inline td_f64 ransac_corr(const TD_GLOBAL td_f64 *sum)
{
	td_f64 x = td_sqrt_f64(eeg_fold(sum + 8)), p = td_sqrt_f64(eeg_fold(sum + 16));
	td_f64 norms = td_mul_f64(x, p);
	bool flat = !td_lt_f64(td_int_f64(0), norms);
	return flat ? TD_NAN_F64 : td_div_f64(eeg_fold(sum), norms);
}

static inline int ransac_blocks(int channels)
{
	return (channels + RANSAC_ROWS - 1) / RANSAC_ROWS;
}

/* One piece of work: RANSAC_ROWS channels of an epoch. */
static inline void ransac_piece(ransac m, TD_GLOBAL td_f64 *tile, int e, int first)
{
	int rows = eeg_least(RANSAC_ROWS, m.channels - first);
	const TD_GLOBAL float *x = m.x + (td_i64)e * m.channels * m.samples;
	TD_GLOBAL td_f64 *picked = tile + m.channels * EEG_TILE,
			 *made = picked + m.width * EEG_TILE,
			 *work = made + m.subsets * RANSAC_ROWS * EEG_TILE,
			 *sum = work + m.subsets * MEDIAN_COLUMNS_F64;
	for (int i = 0; i < RANSAC_SUMS; i++)
		sum[i] = td_int_f64(0);
	for (int t = 0; t < m.samples; t += EEG_TILE) {
		eeg_tile_load(x, m.channels, m.samples, t, tile);
		if (t + 2 * EEG_TILE <= m.samples)
			eeg_tile_ahead(x + t + EEG_TILE, m.channels, m.samples);
		ransac_predict(m, tile, first, rows, picked, made);
		for (int c = 0; c < rows; c++)
			for (int i = 0; i < EEG_TILE && t + i < m.samples; i += MEDIAN_COLUMNS_F64)
				ransac_add(m, tile + (first + c) * EEG_TILE + i,
				           made + c * EEG_TILE + i, work, sum + c * 24);
	}
	for (int c = 0; c < rows; c++)
		m.corr[(td_i64)e * m.channels + first + c] = ransac_corr(sum + c * 24);
}

/* Every RANSAC_ROOMS-th piece from `room` on. */
static inline void ransac_room(ransac m, int room)
{
	int blocks = ransac_blocks(m.channels);
	TD_GLOBAL td_f64 *own =
		m.room + (td_i64)room * ((m.channels + m.width) * EEG_TILE +
	                                 m.subsets * (RANSAC_ROWS * EEG_TILE + MEDIAN_COLUMNS_F64) +
	                                 RANSAC_SUMS);
	for (int i = room; i < m.epochs * blocks; i += RANSAC_ROOMS)
		ransac_piece(m, own, i / blocks, i % blocks * RANSAC_ROWS);
}

/* -- decisions --------------------------------------------------------------------------- */

/* In how many epochs is a channel less like its prediction than `least`? Flat ones are not. */
static inline int ransac_below(const TD_GLOBAL td_f64 *corr, int epochs, int channels, int c,
                               td_f64 least)
{
	int n = 0;
	for (int e = 0; e < epochs; e++)
		n += td_lt_f64(corr[(td_i64)e * channels + c], least);
	return n;
}

#endif
