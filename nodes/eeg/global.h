/* global.h: one threshold for a whole recording, in C and in OpenCL C: the sums over epochs by size of
 * thresholds.h, with folds instead of splits and all channels together. */
#ifndef TD_NODES_EEG_GLOBAL_H
#define TD_NODES_EEG_GLOBAL_H

#include "crossval.h"

#if !defined __OPENCL_C_VERSION__ || defined TD_FP64

typedef struct {
	crossval m;               /* folds and their medians */
	TD_GLOBAL double *size;   /* [epochs]: the largest channel */
	TD_GLOBAL int *order;     /* [epochs]: by size */
	TD_GLOBAL int *fold;      /* [epochs] */
	TD_GLOBAL double *square; /* [tiles][folds][epochs][8], by lane */
	TD_GLOBAL double *lines;  /* [tiles][epochs][EEG_TILE] */
} global_search;

/* Sizes, their order (equal ones by number), folds. */
static inline void global_start(global_search g, const TD_GLOBAL double *ptp)
{
	int channels = g.m.r.channels;
	for (int e = 0; e < g.m.epochs; e++) {
		int at = e;
		g.size[e] = ptp[(td_i64)e * channels];
		for (int c = 1; c < channels; c++)
			g.size[e] = g.size[e] < ptp[(td_i64)e * channels + c]
			                    ? ptp[(td_i64)e * channels + c]
			                    : g.size[e];
		for (; at > 0 && g.size[g.order[at - 1]] > g.size[e]; at--)
			g.order[at] = g.order[at - 1];
		g.order[at] = e;
	}
	for (int f = 0; f < g.m.folds; f++)
		for (int e = crossval_first(g.m, f); e < crossval_first(g.m, f + 1); e++)
			g.fold[e] = f;
}

/* Adds the squares of one channel's tile for one fold, after each training epoch. */
static inline void global_walk(global_search g, int fold, const TD_GLOBAL double *line,
                               const TD_GLOBAL double *middle, bool first, TD_GLOBAL double *square)
{
	td_v8d sum[4] = {td_vall_f64(0), td_vall_f64(0), td_vall_f64(0), td_vall_f64(0)};
	int k = 0;
	for (int i = 0; i < g.m.epochs; i++) {
		int e = g.order[i];
		if (g.fold[e] == fold)
			continue;
		td_v8d part = td_vall_f64(1.0 / (k + 1)), q = td_vall_f64(0);
		TD_UNROLLED(4)
		for (int v = 0; v < 4; v++) {
			sum[v] += td_vload_f64(line + e * EEG_TILE + 8 * v);
			td_v8d d = td_vfma_f64(sum[v], part, -td_vload_f64(middle + 8 * v));
			q = td_vfma_f64(d, d, q);
		}
		td_vstore_f64(first ? q : q + td_vload_f64(square + 8 * k), square + 8 * k);
		k++;
	}
}

static inline void global_tile(global_search g, int tile)
{
	int channels = g.m.r.channels, t = tile * EEG_TILE;
	int left = eeg_least(EEG_TILE, g.m.r.samples - t);
	TD_GLOBAL double *line = g.lines + (td_i64)tile * g.m.epochs * EEG_TILE;
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
static inline double global_loss(global_search g, int i)
{
	double loss = 0;
	for (int f = 0; f < g.m.folds; f++) {
		double sum = 0;
		int n = 0;
		for (int e = 0; e < g.m.epochs; e++)
			n += g.fold[e] != f && g.size[e] <= g.size[g.order[i]];
		if (n == 0)
			return (double)INFINITY;
		for (int t = 0; t < g.m.tiles; t++)
			sum += eeg_fold(g.square +
			                (((td_i64)t * g.m.folds + f) * g.m.epochs + n - 1) * 8);
		loss += td_sqrt_f64(sum / ((double)g.m.r.channels * g.m.r.samples));
	}
	return loss / g.m.folds;
}

/* The rank of the best candidate: a later one must be better by more than rounding. */
static inline int global_best(const TD_GLOBAL double *loss, int n)
{
	int best = 0;
	for (int i = 1; i < n; i++)
		if (loss[i] < loss[best] * (1 - 1e-12))
			best = i;
	return best;
}

#endif
#endif
