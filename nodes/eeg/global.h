/* global.h: one threshold for a whole recording, in C and in OpenCL C: the sums over epochs by size of
 * thresholds.h, with folds instead of splits and all channels together. */
#ifndef TD_NODES_EEG_GLOBAL_H
#define TD_NODES_EEG_GLOBAL_H

#include "crossval.h"

typedef struct {
	crossval m;               /* folds and their medians */
	TD_GLOBAL td_f64 *size;   /* [epochs]: the largest channel */
	TD_GLOBAL int *order;     /* [epochs]: by size */
	TD_GLOBAL int *fold;      /* [epochs] */
	TD_GLOBAL td_f64 *square; /* [tiles][folds][epochs][8], by lane */
	TD_GLOBAL td_f64 *lines;  /* [tiles][epochs][EEG_TILE] */
} global_search;

/* Sizes, their order (equal ones by number), folds. */
static inline void global_start(global_search g, const TD_GLOBAL td_f64 *ptp)
{
	int channels = g.m.r.channels;
	for (int e = 0; e < g.m.epochs; e++) {
		int at = e;
		g.size[e] = ptp[(td_i64)e * channels];
		for (int c = 1; c < channels; c++)
			g.size[e] = eeg_larger(ptp[(td_i64)e * channels + c], g.size[e]);
		for (; at > 0 && td_lt_f64(g.size[e], g.size[g.order[at - 1]]); at--)
			g.order[at] = g.order[at - 1];
		g.order[at] = e;
	}
	for (int f = 0; f < g.m.folds; f++)
		for (int e = crossval_first(g.m, f); e < crossval_first(g.m, f + 1); e++)
			g.fold[e] = f;
}

/* Adds the squares of one channel's tile for one fold, after each training epoch. */
static inline void global_walk(global_search g, int fold, const TD_GLOBAL td_f64 *line,
                               const TD_GLOBAL td_f64 *middle, bool first, TD_GLOBAL td_f64 *square)
{
	td_v8d zero = td_vall_f64(td_int_f64(0)), sum[4] = {zero, zero, zero, zero};
	int k = 0;
	for (int i = 0; i < g.m.epochs; i++) {
		int e = g.order[i];
		if (g.fold[e] == fold)
			continue;
		td_v8d part = td_vall_f64(td_div_f64(td_int_f64(1), td_int_f64(k + 1))), q = zero;
		TD_UNROLLED(4)
		for (int v = 0; v < 4; v++) {
			td_v8d x = td_vload_f64(line + e * EEG_TILE + 8 * v);
			td_v8d median = td_vload_f64(middle + 8 * v);
			sum[v] = td_vadd_f64(sum[v], x);
			td_v8d d = td_vfma_f64(sum[v], part, td_vneg_f64(median));
			q = td_vfma_f64(d, d, q);
		}
		if (!first)
			q = td_vadd_f64(q, td_vload_f64(square + 8 * k));
		td_vstore_f64(q, square + 8 * k);
		k++;
	}
}

static inline void global_tile(global_search g, int tile)
{
	int channels = g.m.r.channels, t = tile * EEG_TILE;
	int left = eeg_least(EEG_TILE, g.m.r.samples - t);
	TD_GLOBAL td_f64 *line = g.lines + (td_i64)tile * g.m.epochs * EEG_TILE;
	for (int c = 0; c < channels; c++) {
		for (int e = 0; e < g.m.epochs; e++)
			eeg_widen(g.m.r.x + ((td_i64)e * channels + c) * g.m.r.samples + t, left,
			          EEG_TILE, line + e * EEG_TILE);
		for (int f = 0; f < g.m.folds; f++) {
			td_i64 at = (td_i64)tile * g.m.folds + f;
			global_walk(g, f, line, g.m.middle + (at * channels + c) * EEG_TILE, c == 0,
			            g.square + at * g.m.epochs * 8);
		}
	}
}

/* The loss of the candidate of rank i: infinite when a fold has no epoch that small to train on. */
static inline td_f64 global_loss(global_search g, int i)
{
	td_f64 loss = td_int_f64(0);
	for (int f = 0; f < g.m.folds; f++) {
		td_f64 sum = td_int_f64(0);
		int n = 0;
		for (int e = 0; e < g.m.epochs; e++)
			n += g.fold[e] != f && td_le_f64(g.size[e], g.size[g.order[i]]);
		if (n == 0)
			return TD_INF_F64;
		for (int t = 0; t < g.m.tiles; t++) {
			td_i64 at = (((td_i64)t * g.m.folds + f) * g.m.epochs + n - 1) * 8;
			sum = td_add_f64(sum, eeg_fold(g.square + at));
		}
		loss = td_add_f64(loss, crossval_rms(g.m, sum));
	}
	return td_div_f64(loss, td_int_f64(g.m.folds));
}

/* The rank of the best candidate: a later one must be better by more than rounding. */
static inline int global_best(const TD_GLOBAL td_f64 *loss, int n)
{
	int best = 0;
	for (int i = 1; i < n; i++)
		if (eeg_better(loss[i], loss[best]))
			best = i;
	return best;
}

#endif
