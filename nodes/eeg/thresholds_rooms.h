/* thresholds_rooms.h: where the work of each channel of a round lies in the scratch of eeg.thresholds, the
 * same in C and in OpenCL C. */
#ifndef TD_NODES_EEG_THRESHOLDS_ROOMS_H
#define TD_NODES_EEG_THRESHOLDS_ROOMS_H

#include "thresholds.h"

/* The buffers of the node. */
typedef struct {
	const TD_GLOBAL float *x;
	const TD_GLOBAL td_f64 *ptp, *weights;
	const TD_GLOBAL int *split;
	TD_GLOBAL td_f64 *size, *curve, *threshold;
	TD_GLOBAL int *rank;
	TD_GLOBAL td_f64 *predicted, *rows, *work, *error, *tile;
	TD_GLOBAL int *order, *train;
	const TD_GLOBAL td_set *pairs;
	int epochs, channels, samples, n_pairs;
	bool grid;
} rooms;

/* Epoch e, in room `room`: what the others predict of the channels `first` … of a round, and its sizes. */
static inline void rooms_epoch(rooms m, int room, int e, int first)
{
	int rows = eeg_least(SEARCH_ROUND, m.channels - first);
	td_i64 plane = (td_i64)m.epochs * m.samples;
	TD_GLOBAL td_f64 *out = m.predicted + (td_i64)e * m.samples;
	search_predict(m.x + (td_i64)e * m.channels * m.samples, m.channels, m.samples,
	               m.weights + (td_i64)first * m.channels, rows,
	               m.tile + (td_i64)room * (m.channels + SEARCH_ROUND) * EEG_TILE, out, plane);
	for (int r = 0; r < rows; r++) {
		TD_GLOBAL td_f64 *size = m.size + (td_i64)(first + r) * 2 * m.epochs;
		size[e] = m.ptp[(td_i64)e * m.channels + first + r];
		size[m.epochs + e] = eeg_ptp_f64(out + r * plane, m.samples);
	}
}

/* Every SEARCH_ROOMS-th epoch from `room` on. */
static inline void rooms_predict(rooms m, int room, int first)
{
	for (int e = room; e < m.epochs; e += SEARCH_ROOMS)
		rooms_epoch(m, room, e, first);
}

/* The threshold of channel first + r, in room r. */
static inline void rooms_search(rooms m, int r, int first)
{
	int c = first + r, n = 2 * m.epochs;
	search s;
	s.epochs = m.epochs;
	s.samples = m.samples;
	s.n_train = n - splits_n_test(n);
	s.n_pairs = m.n_pairs;
	s.x_step = (td_i64)m.channels * m.samples;
	s.x = m.x + (td_i64)c * m.samples;
	s.predicted = m.predicted + (td_i64)r * m.epochs * m.samples;
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
	m.rank[c] = search_run(s, m.grid);
	m.threshold[c] = s.size[s.order[m.rank[c]]];
}

#endif
