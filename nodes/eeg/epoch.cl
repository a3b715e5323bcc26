/* eeg.epoch: the baselines, an item an epoch and channel, on a GPU a group; then the samples, on a CPU as many
 * an item as an epoch has, on a GPU one. */
#include "tandem.clh"

#include "epoch.h"

#ifdef TD_CPU
#define EPOCH_GROUP TD_LANES
#define EPOCH_STEP 1
#else
#define EPOCH_GROUP 64
#define EPOCH_STEP 64
#endif

__kernel TD_WG(EPOCH_GROUP) void eeg_epoch_means(__global const int *restrict x,
                                                 __global const long *restrict start,
                                                 __global const td_f64 *restrict time,
                                                 __global td_f64 *restrict mean, int channels,
                                                 long samples, int length, int baseline, int rows)
{
	int row = (int)(get_global_id(0) / EPOCH_STEP), item = (int)(get_global_id(0) % EPOCH_STEP);
	if (row >= rows) /* on a GPU: there is none */
		return;
	long from = start[row / channels], sum = 0, n = 0;
	if (from >= 0 && from <= samples - length) {
		x += (row % channels) * samples + from;
		for (int t = item; t < length; t += EPOCH_STEP)
			if (epoch_in_baseline(baseline, time[t])) {
				sum += x[t];
				n++;
			}
	}
#ifndef TD_CPU
	__local long sums[EPOCH_GROUP], counts[EPOCH_GROUP]; /* whole numbers: any order will do */
	sums[item] = sum;
	counts[item] = n;
	for (int far = EPOCH_GROUP / 2; far > 0; far /= 2) {
		barrier(CLK_LOCAL_MEM_FENCE);
		if (item < far) {
			sums[item] += sums[item + far];
			counts[item] += counts[item + far];
		}
	}
	if (item > 0)
		return;
	sum = sums[0];
	n = counts[0];
#endif
	mean[row] = n ? td_div_f64(td_long_f64(sum), td_long_f64(n)) : TD_NAN_F64;
}

#define EPOCH_CUT(name, T, ROUND, NOTHING)                                                         \
	__kernel TD_WG(TD_FAT) void name(                                                          \
		__global const int *restrict x, __global const long *restrict start,               \
		__global const td_f64 *restrict calibration, __global const td_f64 *restrict mean, \
		__global T *restrict y, int channels, long samples, int length, int baseline,      \
		int span)                                                                          \
	{                                                                                          \
		int group = (int)get_group_id(0), groups = (length - 1) / (TD_FAT * span) + 1;     \
		int e = group / groups, c = (int)get_global_id(1), row = e * channels + c;         \
		int first = (group % groups * TD_FAT + (int)get_local_id(0)) * span;               \
		if (first >= length)                                                               \
			return;                                                                    \
		long from = start[e];                                                              \
		td_f64 m = mean[row], scale = calibration[2 * c], offset = calibration[2 * c + 1]; \
		bool there = from >= 0 && from <= samples - length &&                              \
		             (baseline == EPOCH_NONE || td_eq_f64(m, m));                          \
		x += c * samples + (there ? from + first : 0);                                     \
		y += (long)row * length + first;                                                   \
		for (int t = 0; t < span; t++)                                                     \
			y[t] = there ? ROUND(epoch_volts(baseline, td_int_f64(x[t]), m,            \
			                                         scale, offset))                   \
			                     : NOTHING;                                            \
	}
EPOCH_CUT(eeg_epoch_f32, float, td_narrow_f64, as_float(0x7fc00000u))
EPOCH_CUT(eeg_epoch_f64, td_f64, , TD_NAN_F64)
