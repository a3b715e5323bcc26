/* thresholds_rooms.h: where the work of each channel of a round lies in the scratch of eeg.thresholds, the
 * same in C and in OpenCL C. */
#ifndef TD_NODES_EEG_THRESHOLDS_ROOMS_H
#define TD_NODES_EEG_THRESHOLDS_ROOMS_H

#include "thresholds.h"

/* Of the form for GPUs. */
enum {
	PREDICT_ROWS = 8, /* channels that an item predicts */
	WALK_TILES = 16,  /* of a group: an item is a lane of a tile */
	WALK_GROUP = WALK_TILES * 8,
	WALK_STEPS = WALK_GROUP / 8 /* training rows, after which the tiles are added up */
};

/* What the node is given: its ports in their order, and sizes. */
typedef struct {
	const TD_GLOBAL float *x;
	const TD_GLOBAL td_f64 *ptp, *weights;
	const TD_GLOBAL int *split;
	TD_GLOBAL td_f64 *threshold;
	TD_GLOBAL int *rank;
	TD_GLOBAL td_f64 *curve, *size;
	TD_GLOBAL td_f64 *predicted, *tile, *rows, *work, *error;
	TD_GLOBAL int *order, *train;
	TD_GLOBAL td_set *pairs;
	TD_GLOBAL int *needed; /* behind it how many pairs there are */
	int epochs, channels, samples;
	bool grid;
	int first; /* channel of the round */
} rooms;

#ifdef __OPENCL_C_VERSION__
/* The same as arguments of kernels. */
#define ROOMS_ARGS                                                                                \
	__global const float *restrict x, __global const td_f64 *restrict ptp,                    \
		__global const td_f64 *restrict weights, __global const int *restrict split_rows, \
		__global td_f64 *restrict threshold, __global int *restrict rank,                 \
		__global td_f64 *restrict curve, __global td_f64 *restrict size,                  \
		__global td_f64 *restrict predicted, __global td_f64 *restrict tile,              \
		__global td_f64 *restrict rows, __global td_f64 *restrict work,                   \
		__global td_f64 *restrict error_room, __global int *restrict order,               \
		__global int *restrict train_room, __global uint *restrict pairs,                 \
		__global int *restrict needed, int epochs, int channels, int samples, int grid,   \
		int first
#define ROOMS_FILL                                                                                \
	rooms m = {x,         ptp,    weights,  split_rows, threshold,  rank,  curve,      size,  \
	           predicted, tile,   rows,     work,       error_room, order, train_room, pairs, \
	           needed,    epochs, channels, samples,    grid != 0,  first}
#endif

static inline void rooms_network(rooms m)
{
	m.needed[m.epochs] = median_network(splits_n_test(2 * m.epochs), m.pairs, m.needed);
}

/* Epoch e, in room `room`: what the others predict of the channels of a round, and its sizes. */
static inline void rooms_epoch(rooms m, int room, int e)
{
	int rows = eeg_least(SEARCH_ROUND, m.channels - m.first);
	td_i64 plane = search_plane(m.epochs, m.samples);
	TD_GLOBAL td_f64 *out = m.predicted + search_at(m.epochs, e, 0);
	search_predict(m.x + (td_i64)e * m.channels * m.samples, m.channels, m.epochs, m.samples,
	               m.weights + (td_i64)m.first * m.channels, rows,
	               m.tile + (td_i64)room * m.channels * EEG_TILE, out, plane);
	for (int r = 0; r < rows; r++) {
		TD_GLOBAL td_f64 *size = m.size + (td_i64)(m.first + r) * 2 * m.epochs;
		size[e] = m.ptp[(td_i64)e * m.channels + m.first + r];
		size[m.epochs + e] = search_size(out + r * plane, m.epochs, m.samples);
	}
}

/* Every SEARCH_ROOMS-th epoch from `room` on. */
static inline void rooms_predict(rooms m, int room)
{
	for (int e = room; e < m.epochs; e += SEARCH_ROOMS)
		rooms_epoch(m, room, e);
}

/* The channel in room r. */
static inline search rooms_channel(rooms m, int r)
{
	int c = m.first + r, n = 2 * m.epochs;
	search s;
	s.epochs = m.epochs;
	s.samples = m.samples;
	s.n_train = n - splits_n_test(n);
	s.n_pairs = m.needed[m.epochs];
	s.x_step = (td_i64)m.channels * m.samples;
	s.x = m.x + (td_i64)c * m.samples;
	s.predicted = m.predicted + r * search_plane(m.epochs, m.samples);
	s.size = m.size + (td_i64)c * n;
	s.split = m.split;
	s.pairs = m.pairs;
	s.tile = m.rows + (td_i64)r * n * SEARCH_TILE;
	s.work = m.work + (td_i64)r * m.epochs * MEDIAN_COLUMNS_F64;
	s.error = m.error + (td_i64)r * SPLITS * n * 8;
	s.order = m.order + (td_i64)r * 2 * n;
	s.spare = s.order + n;
	s.train = m.train + (td_i64)r * SPLITS * n;
	s.curve = m.curve + (td_i64)c * n;
	return s;
}

/* Its threshold, once there is a curve. */
static inline void rooms_choose(rooms m, int r)
{
	search s = rooms_channel(m, r);
	int best = search_best(s, m.grid);
	m.rank[m.first + r] = best;
	m.threshold[m.first + r] = s.size[s.order[best]];
}

static inline void rooms_search(rooms m, int r)
{
	search_run(rooms_channel(m, r));
	rooms_choose(m, r);
}

#endif
