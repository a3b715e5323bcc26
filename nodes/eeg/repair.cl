/* eeg.repair, eeg.average: a group an epoch prepares. Then, on CPUs, an item an epoch or a tile of samples of all
 * of them; on GPUs, an item a sample. */
#include "tandem.clh"

#include "repair.h"

__kernel TD_WG(REPAIR_GROUP) void eeg_repair_prepare(__global const uchar *restrict labels,
                                                     __global const td_f64 *restrict inverse,
                                                     __global td_f64 *restrict weights,
                                                     __global int *restrict bad,
                                                     __global const int *restrict kept, int first,
                                                     int channels)
{
	int slot = (int)get_group_id(0); /* whole groups: there are no more items */
	repairs m;
	m.inverse = inverse;
	m.weights = weights;
	m.bad = bad;
	m.channels = channels;
	repair_prepare(m, slot, labels + (long)kept[first + slot] * channels);
}

/* What the kernels below begin with. */
#define REPAIR_ARGS                                                                                    \
	__global const float *restrict x, __global td_f64 *restrict weights,                       \
		__global int *restrict bad, __global const int *restrict kept, int channels,       \
		int samples, int first, int n
#define REPAIR_FILL                                                                                       \
	repairs m;                                                                                 \
	m.x = x;                                                                                   \
	m.weights = weights;                                                                       \
	m.bad = bad;                                                                               \
	m.channels = channels;                                                                     \
	m.samples = samples;                                                                       \
	int item = (int)get_global_id(0)

#ifdef TD_CPU

__kernel TD_WG(TD_FAT) void eeg_repair(REPAIR_ARGS, __global td_f64 *restrict y,
                                       __global td_f64 *restrict rms,
                                       __global td_f64 *restrict tile)
{
	REPAIR_FILL;
	long at = first + item, plane = (long)channels * EEG_TILE;
	if (item < n)
		repair_epoch(m, kept[at], item, tile + 2 * item * plane,
		             y + at * channels * samples, rms + at * channels);
}

__kernel TD_WG(TD_FAT) void eeg_average(REPAIR_ARGS, int count, __global td_f64 *restrict sum,
                                        __global td_f64 *restrict mean,
                                        __global td_f64 *restrict tile)
{
	REPAIR_FILL;
	long plane = (long)channels * EEG_TILE;
	if (item * EEG_TILE < samples)
		repair_mean(m, kept + first, first, n, item, count, tile + 2 * item * plane,
		            sum + item * plane, mean);
}

#else

/* An item a sample of a channel of an epoch. */
__kernel TD_WG(TD_LANES) void eeg_repair(REPAIR_ARGS, __global td_f64 *restrict y)
{
	REPAIR_FILL;
	int c = (int)get_global_id(1), slot = (int)get_global_id(2);
	long at = first + slot;
	if (item < samples && slot < n)
		y[(at * channels + c) * samples + item] =
			repair_sample(m, kept[at], slot, c, item);
}

/* An item a lane of the squares of a channel of an epoch; `lanes` has room for all of them. */
__kernel TD_WG(64) void eeg_repair_rms(__global td_f64 *restrict y, __global td_f64 *restrict lanes,
                                       __global td_f64 *restrict rms, int channels, int samples,
                                       int first, int n)
{
	int item = (int)get_global_id(0), row = item / 8;
	long at = (long)first * channels + row;
	bool some = row < n * channels;
	td_f64 sum = td_int_f64(0);
	for (int t = item % 8; some && t < samples; t += 8) {
		td_f64 v = y[at * samples + t];
		sum = td_fma_f64(v, v, sum);
	}
	if (some)
		lanes[item] = sum;
	barrier(CLK_GLOBAL_MEM_FENCE);
	if (some && item % 8 == 0)
		rms[at] = repair_root(lanes + item, samples);
}

/* An item a sample of a channel: adds n epochs, and makes the mean of all, `count`, with the last of them. */
__kernel TD_WG(TD_LANES) void eeg_average(REPAIR_ARGS, int count, __global td_f64 *restrict sum,
                                          __global td_f64 *restrict mean)
{
	REPAIR_FILL;
	int c = (int)get_global_id(1);
	long at = (long)c * samples + item;
	if (item >= samples)
		return;
	td_f64 s = first ? sum[at] : td_int_f64(0);
	for (int i = 0; i < n; i++)
		s = td_add_f64(s, repair_sample(m, kept[first + i], i, c, item));
	if (count)
		mean[at] = td_div_f64(s, td_int_f64(count));
	else
		sum[at] = s;
}

#endif

__kernel TD_WG(1) void eeg_average_end(__global int *restrict n_channels, int n)
{
	n_channels[0] = n;
}
