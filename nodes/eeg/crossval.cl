/* eeg.crossval: a group an epoch prepares. For the rest, but for what is small, an item a tile of samples on CPUs,
 * an item a sample or a lane of squares on GPUs. */
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

__kernel TD_WG(1) void eeg_crossval_order(CROSSVAL_SIZES, __global const td_f64 *restrict kappa,
                                          __global int *restrict order)
{
	CROSSVAL_FILL;
	m.order = order;
	if (item == 0)
		crossval_order(m, kappa);
}

__kernel TD_WG(TD_FAT) void eeg_crossval_buckets(CROSSVAL_SIZES,
                                                 __global const td_f64 *restrict kappa,
                                                 __global const int *restrict count,
                                                 __global int *restrict bucket,
                                                 __global int *restrict order,
                                                 __global int *restrict good)
{
	CROSSVAL_FILL;
	m.bucket = bucket;
	m.order = order;
	m.good = good;
	if (item < folds)
		crossval_buckets(m, kappa, count, item);
}

__kernel TD_WG(REPAIR_GROUP) void
eeg_crossval_prepare(CROSSVAL_SIZES, __global const uchar *restrict labels,
                     __global const td_f64 *restrict inverse, __global td_f64 *restrict weights,
                     __global int *restrict bad, int rho, int first)
{
	CROSSVAL_FILL;
	item = (int)get_group_id(0); /* whole groups: there are no more items */
	m.r.inverse = inverse;
	m.r.weights = weights;
	m.r.bad = bad;
	labels += ((long)rho * epochs + first + item / 2) * channels;
	crossval_prepare(m, item, labels, rho ? labels - (long)epochs * channels : 0);
}

#ifdef TD_CPU

__kernel TD_WG(1) void eeg_crossval_networks(CROSSVAL_SIZES, __global int *restrict pairs,
                                             __global int *restrict n_pairs)
{
	CROSSVAL_FILL;
	m.pairs = (__global uint *)pairs;
	m.n_pairs = n_pairs;
	if (item == 0)
		crossval_networks(m);
}

__kernel TD_WG(TD_FAT) void eeg_crossval_medians(CROSSVAL_SIZES, __global const float *restrict x,
                                                 __global td_f64 *restrict middle,
                                                 __global int *restrict pairs,
                                                 __global int *restrict n_pairs,
                                                 __global float *restrict work)
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

__kernel TD_WG(TD_FAT) void eeg_crossval_add(CROSSVAL_SIZES, __global const float *restrict x,
                                             __global td_f64 *restrict weights,
                                             __global int *restrict bad,
                                             __global int *restrict bucket,
                                             __global td_f64 *restrict sum, int rho, int first,
                                             int end, __global td_f64 *restrict tile)
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

#else

/* An item a sample, also those behind the last one, of a channel of a fold. */
__kernel TD_WG(TD_LANES) void eeg_crossval_medians(CROSSVAL_SIZES, __global const float *restrict x,
                                                   __global td_f64 *restrict middle)
{
	CROSSVAL_FILL;
	m.r.x = x;
	m.middle = middle;
	crossval_median_item(m, item, (int)get_global_id(1), (int)get_global_id(2));
}

/* An item a sample of a channel of a bucket, in the folds that have epochs in this chunk. A sum begins with the
 * first epoch of its fold. */
__kernel TD_WG(TD_LANES) void eeg_crossval_add(CROSSVAL_SIZES, __global const float *restrict x,
                                               __global td_f64 *restrict weights,
                                               __global int *restrict bad,
                                               __global int *restrict bucket,
                                               __global td_f64 *restrict sum, int rho, int first,
                                               int end)
{
	CROSSVAL_FILL;
	int c = (int)get_global_id(1), tile = item / EEG_TILE;
	int fold = crossval_fold(m, first) + (int)get_global_id(2) / n_kappa;
	int own = fold * n_kappa + (int)get_global_id(2) % n_kappa;
	long plane = (long)channels * EEG_TILE, at = c * EEG_TILE + item % EEG_TILE;
	m.r.x = x;
	m.r.weights = weights;
	m.r.bad = bad;
	m.bucket = bucket;
	if (tile >= m.tiles)
		return;
	sum += ((long)tile * folds * n_kappa + own) * plane + at;
	td_f64 s = rho == 0 && crossval_first(m, fold) >= first ? td_int_f64(0) : *sum;
	*sum = item < samples ? crossval_add_sample(m, own, rho, first, end, c, item, s) : s;
}

/* An item a sample of a channel and kappa, CROSSVAL_SPARE of them at most. */
__kernel TD_WG(TD_LANES) void eeg_crossval_totals(CROSSVAL_SIZES, __global td_f64 *restrict sum,
                                                  int first)
{
	CROSSVAL_FILL;
	int at = (int)get_global_id(1) * EEG_TILE + item % EEG_TILE, tile = item / EEG_TILE;
	m.sum = sum;
	if (tile < m.tiles)
		crossval_total(m, tile, first, (int)get_global_id(2), at);
}

/* An item a lane of a fold of one of `some` kappas and a tile. */
__kernel TD_WG(64) void eeg_crossval_errors(CROSSVAL_SIZES, __global int *restrict order,
                                            __global int *restrict good,
                                            __global td_f64 *restrict middle,
                                            __global td_f64 *restrict sum,
                                            __global td_f64 *restrict room,
                                            __global td_f64 *restrict error, int rho, int first,
                                            int some)
{
	CROSSVAL_FILL;
	int lane = item % 8, cell = item / 8;
	int fold = cell % folds, spare = cell / folds % some, tile = cell / folds / some;
	m.good = good;
	m.middle = middle;
	m.sum = sum;
	if (tile < m.tiles)
		room[item] = crossval_lane(m, tile, first, spare, fold, lane);
	barrier(CLK_GLOBAL_MEM_FENCE);
	if (tile < m.tiles && lane == 0)
		error[(((long)rho * m.tiles + tile) * n_kappa + order[first + spare]) * folds + fold] =
			eeg_fold(room + item);
}

#endif

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
