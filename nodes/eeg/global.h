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

/* -- on GPUs: a group a fold and tile -------------------------------------------------------- */

enum {
	GLOBAL_CHANNELS = 8, /* at a time: an item a sample of each */
	GLOBAL_STEPS = 4,    /* training epochs between barriers */
	GLOBAL_GROUP = GLOBAL_CHANNELS * EEG_TILE
};

/* Moves i on to the next training epoch of a fold and behind it; returns it, or -1 where there is none. */
static inline int global_next(global_search g, int fold, TD_OWN int *i)
{
	while (*i < g.m.epochs && g.fold[g.order[*i]] == fold)
		(*i)++;
	return *i < g.m.epochs ? g.order[(*i)++] : -1;
}

/* One sample of one channel, `at` of those of the tile: how far the mean is from the median after each of the next
 * training epochs, the first of them number k. */
static inline void global_steps(global_search g, int fold, const TD_GLOBAL float *x, td_f64 median,
                                int k, TD_OWN int *i, TD_OWN td_f64 *sum, __local td_f64 *far)
{
	td_i64 epoch = (td_i64)g.m.r.channels * g.m.r.samples;
	float v[GLOBAL_STEPS]; /* loads first: they do not wait for sums */
	TD_UNROLLED(4)
	for (int s = 0; s < GLOBAL_STEPS; s++) {
		int e = global_next(g, fold, i);
		v[s] = x && e >= 0 ? x[e * epoch] : 0;
	}
	TD_UNROLLED(4)
	for (int s = 0; s < GLOBAL_STEPS; s++) {
		td_f64 part = td_div_f64(td_int_f64(1), td_int_f64(k + s + 1));
		*sum = td_add_f64(*sum, td_wide_f64(v[s]));
		far[s * GLOBAL_GROUP] = td_fma_f64(*sum, part, td_neg_f64(median));
	}
}

/* Squares of `rows` channels in one lane, after those of the channels before. */
static inline td_f64 global_add(td_f64 sum, const __local td_f64 *square, int rows)
{
	for (int c = 0; c < rows; c++)
		sum = td_add_f64(square[c * 8], sum);
	return sum;
}

/* `rows` channels from c on: what global_tile does, for one fold. */
static inline void global_rows(global_search g, td_i64 at, int c, int rows, __local td_f64 *far,
                               __local td_f64 *lanes)
{
	int id = (int)get_local_id(0), sample = id % EEG_TILE, row = id / EEG_TILE, i = 0;
	int fold = (int)(at % g.m.folds), t = (int)(at / g.m.folds) * EEG_TILE + sample;
	int n = g.m.epochs - (crossval_first(g.m, fold + 1) - crossval_first(g.m, fold));
	bool in = row < rows && t < g.m.r.samples;
	const TD_GLOBAL float *x = in ? g.m.r.x + (td_i64)(c + row) * g.m.r.samples + t : 0;
	TD_GLOBAL td_f64 *square = g.square + at * g.m.epochs * 8;
	td_f64 none = td_int_f64(0), sum = none, median = none;
	if (in)
		median = g.m.middle[(at * g.m.r.channels + c + row) * EEG_TILE + sample];
	for (int k = 0; k < n; k += GLOBAL_STEPS) {
		td_f64 q = none;
		global_steps(g, fold, x, median, k, &i, &sum, far + id);
		barrier(CLK_LOCAL_MEM_FENCE);
		for (int v = 0; v < 4; v++) {
			td_f64 d = far[id / 8 * EEG_TILE + id % 8 + 8 * v];
			q = td_fma_f64(d, d, q);
		}
		lanes[id] = q; /* [GLOBAL_STEPS][GLOBAL_CHANNELS][8] */
		barrier(CLK_LOCAL_MEM_FENCE);
		if (id < 8 * GLOBAL_STEPS && k + id / 8 < n) {
			TD_GLOBAL td_f64 *to = square + 8 * k + id;
			*to = global_add(c ? *to : none,
			                 lanes + id / 8 * GLOBAL_CHANNELS * 8 + id % 8, rows);
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
