/* eeg.crossval: an item a tile of samples, but for what is small. */
#include "tandem.clh"

#include "crossval.h"

/* What all kernels begin with. */
#define CROSSVAL_SIZES int epochs, int channels, int samples, int folds, int n_kappa
#define CROSSVAL_FILL                                                                                       \
	crossval m;                                                                                \
	m.epochs = epochs;                                                                         \
	m.r.channels = channels;                                                                   \
	m.r.samples = samples;                                                                     \
	m.folds = folds;                                                                           \
	m.n_kappa = n_kappa;                                                                       \
	m.tiles = (samples + EEG_TILE - 1) / EEG_TILE;                                             \
	int item = (int)get_global_id(0)

__kernel TD_WG(1) void eeg_crossval_start(CROSSVAL_SIZES, __global const td_f64 *restrict kappa,
                                          __global const int *restrict count,
                                          __global int *restrict bucket, __global int *restrict order,
                                          __global int *restrict good, __global int *restrict pairs,
                                          __global int *restrict n_pairs)
{
	CROSSVAL_FILL;
	m.bucket = bucket;
	m.order = order;
	m.good = good;
	m.pairs = (__global uint *)pairs;
	m.n_pairs = n_pairs;
	if (item > 0)
		return;
	crossval_networks(m);
	crossval_buckets(m, kappa, count);
}

__kernel TD_WG(TD_FAT) void eeg_crossval_medians(CROSSVAL_SIZES, __global const float *restrict x,
                                                 __global int *restrict pairs,
                                                 __global int *restrict n_pairs,
                                                 __global float *restrict work,
                                                 __global td_f64 *restrict middle)
{
	CROSSVAL_FILL;
	m.r.x = x;
	m.pairs = (__global uint *)pairs;
	m.n_pairs = n_pairs;
	m.work = work;
	m.middle = middle;
	if (item < m.tiles)
		crossval_medians(m, item);
}

__kernel TD_WG(TD_FAT) void eeg_crossval_prepare(CROSSVAL_SIZES, __global const uchar *restrict labels,
                                                 __global const td_f64 *restrict inverse,
                                                 __global td_f64 *restrict weights,
                                                 __global int *restrict bad, int rho, int first,
                                                 int end)
{
	CROSSVAL_FILL;
	m.r.inverse = inverse;
	m.r.weights = weights;
	m.r.bad = bad;
	labels += ((long)rho * epochs + first + item) * channels;
	if (first + item < end)
		crossval_prepare(m, item, labels, rho ? labels - (long)epochs * channels : 0);
}

__kernel TD_WG(TD_FAT) void eeg_crossval_add(CROSSVAL_SIZES, __global const float *restrict x,
                                             __global td_f64 *restrict weights,
                                             __global int *restrict bad,
                                             __global int *restrict bucket,
                                             __global td_f64 *restrict sum,
                                             __global td_f64 *restrict tile, int rho, int first,
                                             int end)
{
	CROSSVAL_FILL;
	m.r.x = x;
	m.r.weights = weights;
	m.r.bad = bad;
	m.bucket = bucket;
	m.sum = sum;
	m.tile = tile;
	if (item < m.tiles)
		crossval_add(m, item, rho, first, end);
}

__kernel TD_WG(TD_FAT) void eeg_crossval_errors(CROSSVAL_SIZES, __global int *restrict order,
                                                __global int *restrict good,
                                                __global td_f64 *restrict middle,
                                                __global td_f64 *restrict sum,
                                                __global td_f64 *restrict room,
                                                __global td_f64 *restrict error, int rho)
{
	CROSSVAL_FILL;
	m.order = order;
	m.good = good;
	m.middle = middle;
	m.sum = sum;
	m.room = room;
	m.error = error;
	if (item < m.tiles)
		crossval_errors(m, item, rho);
}

__kernel TD_WG(TD_LANES) void eeg_crossval_losses(CROSSVAL_SIZES, __global const td_f64 *restrict kappa,
                                                  __global const int *restrict rho,
                                                  __global int *restrict order,
                                                  __global int *restrict good,
                                                  __global td_f64 *restrict error,
                                                  __global td_f64 *restrict loss, int n_rho)
{
	CROSSVAL_FILL;
	int fold = item % folds, r = item / folds % n_rho, i = item / folds / n_rho;
	m.order = order;
	m.good = good;
	m.error = error;
	if (i < n_kappa)
		loss[item] = crossval_loss(m, kappa, i, r, rho[r], fold);
}
