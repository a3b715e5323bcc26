/* eeg.thresholds: for a round of channels, items predict epochs, then an item a channel searches. */
#include "tandem.clh"

#include "thresholds_rooms.h"

__kernel TD_WG(1) void eeg_thresholds_network(__global int *restrict pairs,
                                              __global int *restrict needed, int epochs)
{
	needed[epochs] = median_network(splits_n_test(2 * epochs), (__global uint *)pairs, needed);
}

__kernel TD_WG(TD_FAT) void eeg_thresholds_predict(__global const float *restrict x,
                                                   __global const td_f64 *restrict ptp,
                                                   __global const td_f64 *restrict weights,
                                                   __global td_f64 *restrict size,
                                                   __global td_f64 *restrict predicted,
                                                   __global td_f64 *restrict tile, int epochs,
                                                   int channels, int samples, int first)
{
	int room = (int)get_global_id(0);
	rooms m;
	m.x = x;
	m.ptp = ptp;
	m.weights = weights;
	m.size = size;
	m.predicted = predicted;
	m.tile = tile;
	m.epochs = epochs;
	m.channels = channels;
	m.samples = samples;
	if (room < SEARCH_ROOMS)
		rooms_predict(m, room, first);
}

__kernel TD_WG(TD_FAT) void eeg_thresholds_search(
	__global const float *restrict x, __global const int *restrict split,
	__global td_f64 *restrict size, __global td_f64 *restrict curve,
	__global td_f64 *restrict threshold, __global int *restrict rank,
	__global td_f64 *restrict predicted, __global td_f64 *restrict rows,
	__global td_f64 *restrict work, __global td_f64 *restrict error,
	__global int *restrict order, __global int *restrict train,
	__global const int *restrict pairs, __global const int *restrict needed, int epochs,
	int channels, int samples, int first, int grid)
{
	int r = (int)get_global_id(0);
	rooms m;
	m.x = x;
	m.split = split;
	m.size = size;
	m.curve = curve;
	m.threshold = threshold;
	m.rank = rank;
	m.predicted = predicted;
	m.rows = rows;
	m.work = work;
	m.error = error;
	m.order = order;
	m.train = train;
	m.pairs = (const __global uint *)pairs;
	m.n_pairs = needed[epochs];
	m.epochs = epochs;
	m.channels = channels;
	m.samples = samples;
	m.grid = grid != 0;
	if (r < SEARCH_ROUND && first + r < channels)
		rooms_search(m, r, first);
}
