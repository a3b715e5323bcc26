/* eeg.ransac: lists of the subsets and what they predict with, a group each; then, on a CPU, items that take
 * pieces of epochs, on a GPU an item for every eighth sample of some channels of an epoch; then channels. */
#include "tandem.clh"

#include "ransac.h"

#ifdef TD_CPU
#define RANSAC_GROUP 1
#else
#define RANSAC_GROUP 256
#include "ransac_gpu_cl.h"
#endif

/* What all kernels begin with. */
#define RANSAC_SIZES                                                                               \
	int epochs, int channels, int samples, int subsets, int width, __global int *restrict list
#define RANSAC_FILL                                                                                \
	ransac m;                                                                                  \
	m.epochs = epochs;                                                                         \
	m.channels = channels;                                                                     \
	m.samples = samples;                                                                       \
	m.subsets = subsets;                                                                       \
	m.width = width;                                                                           \
	m.list = list

__kernel TD_WG(1) void eeg_ransac_no_flaw(__global int *restrict flaw)
{
	flaw[0] = -1;
}

/* flaw = the first subset that makes no sense; -1, none, is larger than all others. */
__kernel TD_WG(RANSAC_GROUP) void eeg_ransac_lists(RANSAC_SIZES, __global const int *restrict subset,
                                                   __global uint *restrict flaw)
{
	RANSAC_FILL;
	int r = (int)get_group_id(0);
	if (!ransac_list(m, r, subset))
		atomic_min(flaw, (uint)r);
}

__kernel TD_WG(TD_FAT) void eeg_ransac_rows(RANSAC_SIZES, __global const td_f64 *restrict pos,
                                            __global td_f64 *restrict g, int each)
{
	RANSAC_FILL;
	long first = (long)get_global_id(0) * each;
	int i = (int)(first / channels), from = (int)(first % channels);
	m.g = g;
	if (i < channels)
		ransac_row(m, pos, i, from, from + each);
}

__kernel TD_WG(RANSAC_GROUP) void
eeg_ransac_weights(RANSAC_SIZES, __global td_f64 *restrict g, __global td_f64 *restrict inverse,
                   __global td_f64 *restrict column, __global int *restrict pivot,
                   __global td_f64 *restrict weights)
{
	RANSAC_FILL;
	m.g = g;
	m.inverse = inverse;
	m.column = column;
	m.pivot = pivot;
	m.weights = weights;
#ifdef TD_CPU
	ransac_weights(m, (int)get_group_id(0)); /* whole groups: there are no more items */
#else
	ransac_columns(m, (int)get_group_id(0));
#endif
}

#ifdef TD_CPU
__kernel TD_WG(1) void eeg_ransac_network(__global int *restrict pairs, __global int *restrict needed,
                                          int subsets)
{
	needed[subsets] = median_network(subsets, (__global uint *)pairs, needed);
}

__kernel TD_WG(TD_FAT) void
eeg_ransac_rooms(RANSAC_SIZES, __global const float *restrict x, __global td_f64 *restrict weights,
                 __global const int *restrict pairs, __global const int *restrict needed,
                 __global td_f64 *restrict room, __global td_f64 *restrict corr)
{
	RANSAC_FILL;
	int item = (int)get_global_id(0);
	m.x = x;
	m.weights = weights;
	m.pairs = (const __global uint *)pairs;
	m.n_pairs = needed[subsets];
	m.room = room;
	m.corr = corr;
	if (item < RANSAC_ROOMS)
		ransac_room(m, item);
}
#else
__kernel TD_WG(TD_FAT) void
eeg_ransac_items(RANSAC_SIZES, __global const float *restrict x, __global td_f64 *restrict weights,
                 __global ulong *restrict room, long first, int items)
{
	RANSAC_FILL;
	int item = (int)get_global_id(0);
	m.x = x;
	m.weights = weights;
	if (item < items)
		ransac_own(m, room, first, item, items);
}

__kernel TD_WG(TD_FAT) void eeg_ransac_corr(RANSAC_SIZES, __global const td_f64 *restrict room,
                                            __global td_f64 *restrict corr, long first, int items)
{
	RANSAC_FILL;
	int i = (int)get_global_id(0);
	m.corr = corr;
	if (i < items / 8 * RANSAC_CHANNELS)
		ransac_from(m, room + (long)subsets * RANSAC_CHANNELS * items, first, i);
}
#endif

__kernel TD_WG(TD_FAT) void eeg_ransac_bad(__global const td_f64 *restrict corr,
                                           __global int *restrict below, __global uchar *restrict bad,
                                           int epochs, int channels, td_f64 least, td_f64 most)
{
	int c = (int)get_global_id(0);
	if (c >= channels)
		return;
	below[c] = ransac_below(corr, epochs, channels, c, least);
	bad[c] = td_lt_f64(most, td_int_f64(below[c]));
}
