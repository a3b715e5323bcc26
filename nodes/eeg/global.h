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

/* Size and fold of an epoch. */
static inline void global_size(global_search g, const TD_GLOBAL td_f64 *ptp, int e)
{
	const TD_GLOBAL td_f64 *own = ptp + (td_i64)e * g.m.r.channels;
	td_f64 size = own[0];
	for (int c = 1; c < g.m.r.channels; c++)
		size = eeg_larger(own[c], size);
	g.size[e] = size;
	g.fold[e] = crossval_fold(g.m, e);
}

/* What an epoch is put in order by: NaN comes last, so that every epoch has a place. */
static inline td_f64 global_key(global_search g, int e)
{
	return td_eq_f64(g.size[e], g.size[e]) ? g.size[e] : TD_INF_F64;
}

/* Puts an epoch in its place by size, equal ones by number. */
static inline void global_place(global_search g, int e)
{
	td_f64 own = global_key(g, e);
	int at = 0;
	for (int i = 0; i < g.m.epochs; i++) {
		td_f64 other = global_key(g, i);
		at += td_lt_f64(other, own) || (i < e && !td_lt_f64(own, other));
	}
	g.order[at] = e;
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

#ifdef TD_GPU

/* What global_tile does to one lane of one fold. */
static inline void global_lane(global_search g, int tile, int fold, int lane)
{
	int channels = g.m.r.channels, samples = g.m.r.samples, t = tile * EEG_TILE + lane;
	td_i64 at = (td_i64)tile * g.m.folds + fold, epoch = (td_i64)channels * samples;
	td_f64 none = td_int_f64(0), one = td_int_f64(1);
	for (int c = 0; c < channels; c++) {
		const TD_GLOBAL float *x = g.m.r.x + (td_i64)c * samples + t;
		const TD_GLOBAL td_f64 *middle = g.m.middle + (at * channels + c) * EEG_TILE + lane;
		TD_GLOBAL td_f64 *square = g.square + at * g.m.epochs * 8 + lane;
		td_f64 sum[4] = {none, none, none, none}, q;
		for (int i = 0, k = 0; i < g.m.epochs; i++) {
			int e = g.order[i];
			if (g.fold[e] == fold)
				continue;
			td_f64 part = td_div_f64(one, td_int_f64(++k));
			q = none;
			TD_UNROLLED(4)
			for (int v = 0; v < 4; v++) {
				bool in = t + 8 * v < samples;
				sum[v] = td_add_f64(sum[v],
				                    in ? td_wide_f64(x[e * epoch + 8 * v]) : none);
				td_f64 d = td_fma_f64(sum[v], part, td_neg_f64(middle[8 * v]));
				q = td_fma_f64(d, d, q);
			}
			*square = c ? td_add_f64(q, *square) : q;
			square += 8;
		}
	}
}

#endif

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
