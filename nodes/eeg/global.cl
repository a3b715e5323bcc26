/* eeg.global: an item an epoch; on CPUs one a tile of samples, on GPUs one a sample of a fold, then a group a fold of a
 * tile; one a candidate. */
#include "tandem.clh"

#include "global.h"

/* What all kernels begin with. */
#define GLOBAL_SIZES                                                                                      \
	int epochs, int channels, int samples, int folds, __global td_f64 *restrict size,          \
		__global int *restrict order, __global int *restrict fold
#define GLOBAL_FILL                                                                                       \
	global_search g;                                                                           \
	g.m.epochs = epochs;                                                                       \
	g.m.r.channels = channels;                                                                 \
	g.m.r.samples = samples;                                                                   \
	g.m.folds = folds;                                                                         \
	g.m.tiles = (samples + EEG_TILE - 1) / EEG_TILE;                                           \
	g.size = size;                                                                             \
	g.order = order;                                                                           \
	g.fold = fold;                                                                             \
	int item = (int)get_global_id(0)

__kernel TD_WG(TD_FAT) void eeg_global_sizes(GLOBAL_SIZES, __global const td_f64 *restrict ptp)
{
	GLOBAL_FILL;
	if (item < epochs)
		global_size(g, ptp, item);
}

__kernel TD_WG(TD_FAT) void eeg_global_places(GLOBAL_SIZES)
{
	GLOBAL_FILL;
	if (item < epochs)
		global_place(g, item);
}

#ifdef TD_CPU

__kernel TD_WG(1) void eeg_global_networks(GLOBAL_SIZES, __global int *restrict pairs,
                                           __global int *restrict n_pairs)
{
	GLOBAL_FILL;
	g.m.pairs = (__global uint *)pairs;
	g.m.n_pairs = n_pairs;
	if (item == 0)
		crossval_networks(g.m);
}

__kernel TD_WG(TD_FAT) void eeg_global_tiles(GLOBAL_SIZES, __global const float *restrict x,
                                             __global td_f64 *restrict middle,
                                             __global td_f64 *restrict square,
                                             __global int *restrict pairs,
                                             __global int *restrict n_pairs,
                                             __global float *restrict work,
                                             __global td_f64 *restrict lines)
{
	GLOBAL_FILL;
	g.m.r.x = x;
	g.m.pairs = (__global uint *)pairs;
	g.m.n_pairs = n_pairs;
	g.m.middle = middle;
	g.m.work = work;
	g.square = square;
	g.lines = lines;
	if (item >= g.m.tiles)
		return;
	crossval_medians(g.m, item);
	global_tile(g, item);
}

#else

/* An item a sample, also those behind the last one, of a channel of a fold. */
__kernel TD_WG(TD_LANES) void eeg_global_medians(GLOBAL_SIZES, __global const float *restrict x,
                                                 __global td_f64 *restrict middle)
{
	GLOBAL_FILL;
	g.m.r.x = x;
	g.m.middle = middle;
	crossval_median_item(g.m, item, (int)get_global_id(1), (int)get_global_id(2));
}

/* A group a fold of a tile. */
__kernel TD_WG(GLOBAL_GROUP) void eeg_global_squares(GLOBAL_SIZES, __global const float *restrict x,
                                                     __global td_f64 *restrict middle,
                                                     __global td_f64 *restrict square)
{
	__local td_f64 far[GLOBAL_STEPS * GLOBAL_GROUP], lanes[GLOBAL_GROUP];
	GLOBAL_FILL;
	g.m.r.x = x;
	g.m.middle = middle;
	g.square = square;
	for (int c = 0; c < channels; c += GLOBAL_CHANNELS)
		global_rows(g, item / GLOBAL_GROUP, c, eeg_least(GLOBAL_CHANNELS, channels - c),
		            far, lanes);
}

#endif

__kernel TD_WG(TD_FAT) void eeg_global_losses(GLOBAL_SIZES, __global td_f64 *restrict square,
                                              __global td_f64 *restrict loss)
{
	GLOBAL_FILL;
	g.square = square;
	if (item < epochs)
		loss[item] = global_loss(g, item);
}

__kernel TD_WG(1) void eeg_global_best(GLOBAL_SIZES, __global td_f64 *restrict loss,
                                       __global int *restrict rank,
                                       __global td_f64 *restrict threshold)
{
	GLOBAL_FILL;
	if (item > 0)
		return;
	rank[0] = global_best(loss, epochs);
	threshold[0] = size[order[rank[0]]];
}
