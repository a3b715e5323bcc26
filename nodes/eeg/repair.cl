/* eeg.repair, eeg.average: an item an epoch, or a tile of samples of all of them. */
#include "tandem.clh"

#include "repair.h"

__kernel TD_WG(TD_FAT) void eeg_repair_prepare(__global const uchar *restrict labels,
                                               __global const td_f64 *restrict inverse,
                                               __global td_f64 *restrict weights,
                                               __global int *restrict bad,
                                               __global const int *restrict kept, int first,
                                               int channels, int n)
{
	int slot = (int)get_global_id(0);
	repairs m;
	m.inverse = inverse;
	m.weights = weights;
	m.bad = bad;
	m.channels = channels;
	if (slot < n)
		repair_prepare(m, slot, labels + (long)kept[first + slot] * channels);
}

/* What both kernels begin with. */
#define REPAIR_ARGS                                                                                    \
	__global const float *restrict x, __global td_f64 *restrict weights,                       \
		__global int *restrict bad, __global const int *restrict kept,                     \
		__global td_f64 *restrict tile, int channels, int samples
#define REPAIR_FILL                                                                                       \
	repairs m;                                                                                 \
	m.x = x;                                                                                   \
	m.weights = weights;                                                                       \
	m.bad = bad;                                                                               \
	m.channels = channels;                                                                     \
	m.samples = samples;                                                                       \
	int item = (int)get_global_id(0);                                                          \
	long plane = (long)channels * EEG_TILE

__kernel TD_WG(TD_FAT) void eeg_repair(REPAIR_ARGS, __global td_f64 *restrict y,
                                       __global td_f64 *restrict rms, int first, int n)
{
	REPAIR_FILL;
	long at = first + item;
	if (item < n)
		repair_epoch(m, kept[at], item, tile + 2 * item * plane,
		             y + at * channels * samples, rms + at * channels);
}

__kernel TD_WG(TD_FAT) void eeg_average(REPAIR_ARGS, __global td_f64 *restrict sum,
                                        __global td_f64 *restrict mean, int first, int n,
                                        int count)
{
	REPAIR_FILL;
	if (item * EEG_TILE < samples)
		repair_mean(m, kept + first, first, n, item, count, tile + 2 * item * plane,
		            sum + item * plane, mean);
}

__kernel TD_WG(1) void eeg_average_end(__global int *restrict n_channels, int n)
{
	n_channels[0] = n;
}
