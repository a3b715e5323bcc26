/* eeg.epoch: the baselines, an item an epoch and channel; then the samples, on a CPU as many an item as
 * an epoch has, on a GPU one. */
#include "tandem.clh"

#include "epoch.h"

__kernel TD_WG(TD_LANES) void eeg_epoch_means(__global const int *restrict x,
                                              __global const long *restrict start,
                                              __global const td_f64 *restrict time,
                                              __global td_f64 *restrict mean, int channels,
                                              long samples, int length, int baseline, int rows)
{
	int row = (int)get_global_id(0);
	if (row >= rows)
		return;
	long from = start[row / channels], sum = 0, n = 0;
	if (from >= 0 && from <= samples - length) {
		x += (row % channels) * samples + from;
		for (int t = 0; t < length; t++)
			if (epoch_in_baseline(baseline, time[t])) {
				sum += x[t];
				n++;
			}
	}
	mean[row] = n ? td_div_f64(td_long_f64(sum), td_long_f64(n)) : TD_NAN_F64;
}

#define EPOCH_CUT(name, T, ROUND, NOTHING)                                                         \
	__kernel TD_WG(TD_FAT) void name(                                                          \
		__global const int *restrict x, __global const long *restrict start,               \
		__global const td_f64 *restrict calibration, __global const td_f64 *restrict mean, \
		__global T *restrict y, int channels, long samples, int length, int baseline,      \
		int span, long n)                                                                  \
	{                                                                                          \
		long first = (long)get_global_id(0) * span;                                        \
		if (first >= n)                                                                    \
			return;                                                                    \
		int row = (int)(first / length), c = row % channels;                               \
		long from = start[row / channels];                                                 \
		td_f64 m = mean[row], scale = calibration[2 * c], offset = calibration[2 * c + 1]; \
		bool there = from >= 0 && from <= samples - length &&                              \
		             (baseline == EPOCH_NONE || td_eq_f64(m, m));                          \
		x += c * samples + (there ? from + first % length : 0);                            \
		for (int t = 0; t < span; t++)                                                     \
			y[first + t] = there ? ROUND(epoch_volts(baseline, td_int_f64(x[t]), m,    \
			                                         scale, offset))                   \
			                     : NOTHING;                                            \
	}
EPOCH_CUT(eeg_epoch_f32, float, td_narrow_f64, as_float(0x7fc00000u))
EPOCH_CUT(eeg_epoch_f64, td_f64, , TD_NAN_F64)
