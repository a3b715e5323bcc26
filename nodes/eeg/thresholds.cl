/* eeg.thresholds: for a round of channels, items predict epochs, then an item a channel searches; on GPUs
 * thresholds_gpu_cl.h. */
#include "tandem.clh"

#include "thresholds_rooms.h"

/* What all kernels are given. */
#define ROOMS_ARGS                                                                                \
	__global const float *restrict x, __global const td_f64 *restrict ptp,                    \
		__global const td_f64 *restrict weights, __global const int *restrict split_rows, \
		__global td_f64 *restrict threshold, __global int *restrict rank,                 \
		__global td_f64 *restrict curve, __global td_f64 *restrict size,                  \
		__global td_f64 *restrict predicted, __global td_f64 *restrict tile,              \
		__global td_f64 *restrict rows, __global td_f64 *restrict work,                   \
		__global td_f64 *restrict error_room, __global int *restrict order,               \
		__global int *restrict train_room, __global uint *restrict pairs,                 \
		__global int *restrict needed, int epochs, int channels, int samples, int grid,   \
		int first
#define ROOMS_FILL                                                                                \
	rooms m = {x,         ptp,    weights,  split_rows, threshold,  rank,  curve,      size,  \
	           predicted, tile,   rows,     work,       error_room, order, train_room, pairs, \
	           needed,    epochs, channels, samples,    grid != 0,  first}

#ifdef TD_CPU

__kernel TD_WG(1) void eeg_thresholds_start(ROOMS_ARGS)
{
	ROOMS_FILL;
	rooms_network(m);
}

__kernel TD_WG(1) void eeg_thresholds_predict(ROOMS_ARGS)
{
	ROOMS_FILL;
	rooms_predict(m, (int)get_global_id(0));
}

__kernel TD_WG(1) void eeg_thresholds_search(ROOMS_ARGS)
{
	ROOMS_FILL;
	rooms_search(m, (int)get_global_id(0));
}

#else
#include "thresholds_gpu_cl.h"
#endif
