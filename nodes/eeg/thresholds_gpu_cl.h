/* thresholds_gpu_cl.h: the kernels of eeg.thresholds for GPUs; OpenCL C only.
 *
 * Many thin items instead of an item a channel; neighbours have neighbouring samples or candidates. Each sum
 * is the one of thresholds.h: a chain of fma over channels, 8 lanes of squares with one chain for the even
 * and one for the odd parts of a tile, tiles and splits in ascending order. `pairs`, which holds no network
 * here, says which rows are for training: [SPLITS][2 epochs]; `rows` holds minus the medians of the test
 * rows: [SEARCH_ROUND][SPLITS][samples]. */
#ifndef TD_NODES_EEG_THRESHOLDS_GPU_CL_H
#define TD_NODES_EEG_THRESHOLDS_GPU_CL_H

#include "ptp_cl.h"
#include "thresholds_rooms.h"

/* An item a split and place: the rows for training. */
__kernel TD_WG(TD_LANES) void eeg_thresholds_start(ROOMS_ARGS)
{
	ROOMS_FILL;
	int i = (int)get_global_id(0), n = 2 * epochs, at = (int)get_global_id(1) * n;
	if (i < n)
		pairs[at + m.split[at + i]] = i < n - splits_n_test(n);
}

/* An item a sample, some channels and an epoch. Channels that are not there repeat the last. */
__kernel TD_WG(TD_LANES) void eeg_thresholds_predict(ROOMS_ARGS)
{
	ROOMS_FILL;
	int t = (int)get_global_id(0), r = (int)get_global_id(1) * PREDICT_ROWS,
	    e = (int)get_global_id(2), last = eeg_least(SEARCH_ROUND, channels - first) - 1;
	const __global float *at = m.x + (td_i64)e * channels * samples + t;
	const __global td_f64 *w[PREDICT_ROWS];
	td_f64 sum[PREDICT_ROWS];
	if (t >= samples)
		return;
	TD_UNROLLED(8)
	for (int i = 0; i < PREDICT_ROWS; i++) {
		w[i] = m.weights + (td_i64)(first + eeg_least(r + i, last)) * channels;
		sum[i] = td_int_f64(0);
	}
	for (int j = 0; j < channels; j++) {
		td_f64 v = td_wide_f64(at[(td_i64)j * samples]);
		TD_UNROLLED(8)
		for (int i = 0; i < PREDICT_ROWS; i++)
			sum[i] = td_fma_f64(w[i][j], v, sum[i]);
	}
	TD_UNROLLED(8)
	for (int i = 0; i < PREDICT_ROWS; i++)
		if (r + i <= last)
			m.predicted[(r + i) * search_plane(epochs, samples) +
			            search_at(epochs, e, t)] = sum[i];
}

/* A group a channel and epoch: the sizes of both rows. */
__kernel TD_WG(PTP_GROUP) void eeg_thresholds_sizes(ROOMS_ARGS)
{
	ROOMS_FILL;
	__local td_f64 low[PTP_GROUP], high[PTP_GROUP];
	int mine = (int)get_local_id(0), r = (int)get_group_id(0) / epochs,
	    e = (int)get_group_id(0) % epochs, c = first + r;
	const __global td_f64 *from = m.predicted + r * search_plane(epochs, samples);
	td_f64 lo = TD_INF_F64, hi = td_neg_f64(lo);
	for (int t = mine; t < samples; t += PTP_GROUP) {
		td_f64 v = from[search_at(epochs, e, t)];
		lo = eeg_smaller(v, lo);
		hi = eeg_larger(v, hi);
	}
	td_f64 far = ptp_group(lo, hi, low, high);
	if (mine == 0) {
		m.size[(td_i64)c * 2 * epochs + e] = m.ptp[(td_i64)e * channels + c];
		m.size[(td_i64)c * 2 * epochs + epochs + e] = far;
	}
}

/* The key of a size; that of -0 is +0's. */
static inline td_u64 gpu_size_key(td_f64 size)
{
	td_u64 key = median_key_f64(size);
	return key + (key == 0x7fffffffffffffffu);
}

/* An item a row and channel: its place is the number of rows before it. Keys, since with them there is one
 * row for each place even if a size is NaN. */
__kernel TD_WG(TD_LANES) void eeg_thresholds_order(ROOMS_ARGS)
{
	ROOMS_FILL;
	int i = (int)get_global_id(0), n = 2 * epochs, place = 0;
	search s = rooms_channel(m, (int)get_global_id(1));
	if (i >= n)
		return;
	td_u64 key = gpu_size_key(s.size[i]);
	for (int j = 0; j < n; j++) {
		td_u64 other = gpu_size_key(s.size[j]);
		place += other < key || (other == key && j < i);
	}
	s.order[place] = i;
}

/* An item a place in the order, split and channel: training rows, by size. */
__kernel TD_WG(TD_LANES) void eeg_thresholds_train(ROOMS_ARGS)
{
	ROOMS_FILL;
	int i = (int)get_global_id(0), split = (int)get_global_id(1), n = 2 * epochs, place = 0;
	search s = rooms_channel(m, (int)get_global_id(2));
	const __global td_set *member = pairs + split * n;
	if (i >= n || !member[s.order[i]])
		return;
	for (int j = 0; j < i; j++)
		place += (int)member[s.order[j]];
	s.train[split * n + place] = s.order[i];
}

static inline __global td_f64 *gpu_middle(rooms m, int r, int split)
{
	return m.rows + ((td_i64)r * SPLITS + split) * m.samples;
}

/* An item a sample, split and channel: minus the median of the test rows. Which zero it is makes no
 * difference: it is taken from a sum and what is left is squared. */
__kernel TD_WG(TD_LANES) void eeg_thresholds_medians(ROOMS_ARGS)
{
	ROOMS_FILL;
	int t = (int)get_global_id(0), split = (int)get_global_id(1), r = (int)get_global_id(2);
	search s = rooms_channel(m, r);
	int n = 2 * epochs, n_test = n - s.n_train;
	const __global int *test = s.split + split * n + s.n_train;
	median_pick p = median_start(n_test);
	if (t >= samples)
		return;
	do
		for (int i = 0; i < n_test; i++) {
			int row = test[i];
			td_f64 v = row < epochs ? td_wide_f64(s.x[row * s.x_step + t])
			                        : s.predicted[search_at(epochs, row - epochs, t)];
			median_see(&p, median_key_f64(v));
		}
	while (median_next(&p));
	td_f64 twice = td_add_f64(median_value_f64(p.lo), median_value_f64(p.hi));
	gpu_middle(m, r, split)[t] = td_mul_f64(twice, td_neg_f64(TD_HALF_F64));
}

/* One lane of a tile on its way through the training rows. */
typedef struct {
	int t; /* its first sample */
	td_f64 sum[SEARCH_PARTS], less[SEARCH_PARTS];
} walk;

/* Its squares after one more row; nothing comes of samples that are not there. */
static inline td_f64 walk_on(TD_OWN walk *w, search s, int row, td_f64 part)
{
	td_f64 q[2] = {td_int_f64(0), td_int_f64(0)}, v[SEARCH_PARTS];
	const __global float *x = s.x + row * s.x_step;
	const __global td_f64 *predicted = s.predicted + search_at(s.epochs, row - s.epochs, w->t);
	TD_UNROLLED(8)
	for (int i = 0; i < SEARCH_PARTS; i++) {
		int t = w->t + 8 * i;
		v[i] = t >= s.samples   ? td_int_f64(0)
		       : row < s.epochs ? td_wide_f64(x[t])
		                        : predicted[8 * i];
	}
	TD_UNROLLED(8)
	for (int i = 0; i < SEARCH_PARTS; i++) {
		w->sum[i] = td_add_f64(w->sum[i], v[i]);
		td_f64 d = td_fma_f64(w->sum[i], part, w->less[i]);
		q[i % 2] = td_fma_f64(d, d, q[i % 2]);
	}
	return td_add_f64(q[0], q[1]);
}

static inline walk walk_start(const __global td_f64 *middle, int samples, int t)
{
	walk w;
	w.t = t;
	TD_UNROLLED(8)
	for (int i = 0; i < SEARCH_PARTS; i++) {
		w.sum[i] = td_int_f64(0);
		w.less[i] = t + 8 * i < samples ? middle[t + 8 * i] : td_int_f64(0);
	}
	return w;
}

/* Adds a lane's squares in `tiles` tiles to `error`. */
static inline void walk_add(const __local td_f64 *square, int tiles, bool first,
                            __global td_f64 *error)
{
	td_f64 sum = first ? td_int_f64(0) : *error;
	for (int i = 0; i < tiles; i++)
		sum = td_add_f64(square[8 * i], sum);
	*error = sum;
}

/* A group a split and channel: it walks through some tiles at once and adds them up in their order. */
__kernel TD_WG(WALK_GROUP) void eeg_thresholds_walk(ROOMS_ARGS)
{
	ROOMS_FILL;
	__local td_f64 part[WALK_STEPS], square[WALK_STEPS][WALK_GROUP];
	int r = (int)get_group_id(0) / SPLITS, split = (int)get_group_id(0) % SPLITS,
	    mine = (int)get_local_id(0), lane = mine % 8, n = 2 * epochs;
	search s = rooms_channel(m, r);
	const __global int *train = s.train + split * n;
	__global td_f64 *error = s.error + (td_i64)split * n * 8 + lane;
	for (int from = 0; from < samples; from += WALK_TILES * SEARCH_TILE) {
		walk w = walk_start(gpu_middle(m, r, split), samples,
		                    from + mine / 8 * SEARCH_TILE + lane);
		int tiles = eeg_least(WALK_TILES, (samples - from + SEARCH_TILE - 1) / SEARCH_TILE);
		for (int at = 0; at < s.n_train; at += WALK_STEPS) {
			int steps = eeg_least(WALK_STEPS, s.n_train - at), k = mine / 8;
			if (mine < steps)
				part[mine] = td_div_f64(td_int_f64(1), td_int_f64(at + mine + 1));
			barrier(CLK_LOCAL_MEM_FENCE);
			for (int i = 0; i < steps && mine / 8 < tiles; i++)
				square[i][mine] = walk_on(&w, s, train[at + i], part[i]);
			barrier(CLK_LOCAL_MEM_FENCE);
			if (k < steps)
				walk_add(square[k] + lane, tiles, from == 0, error + 8 * (at + k));
		}
	}
}

/* How many training rows of a split a candidate of this size keeps. */
static inline int gpu_kept(search s, int split, td_f64 size)
{
	const __global int *train = s.train + split * 2 * s.epochs;
	int k = 0, end = s.n_train;
	while (k < end) {
		int middle = (k + end) / 2;
		bool keeps = search_keeps(s, train, middle, size);
		k = keeps ? middle + 1 : k;
		end = keeps ? end : middle;
	}
	return k;
}

/* An item a candidate and channel: its mean loss. */
__kernel TD_WG(TD_LANES) void eeg_thresholds_curve(ROOMS_ARGS)
{
	ROOMS_FILL;
	int i = (int)get_global_id(0);
	search s = rooms_channel(m, (int)get_global_id(1));
	if (i >= 2 * epochs)
		return;
	td_f64 sum = td_int_f64(0), size_of = s.size[s.order[i]];
	for (int k = 0; k < SPLITS; k++)
		sum = td_add_f64(sum, search_loss(s, k, gpu_kept(s, k, size_of)));
	s.curve[i] = td_div_f64(sum, td_int_f64(SPLITS));
}

/* An item a channel: its threshold. */
__kernel TD_WG(TD_LANES) void eeg_thresholds_best(ROOMS_ARGS)
{
	ROOMS_FILL;
	int r = (int)get_global_id(0);
	if (r < SEARCH_ROUND && first + r < channels)
		rooms_choose(m, r);
}

#endif
