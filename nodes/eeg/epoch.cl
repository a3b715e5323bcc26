/* eeg.epoch: the baselines, an item an epoch and channel; then the samples, on a CPU as many an item as
 * an epoch has, on a GPU one. */
#include "tandem.clh"

#include "epoch.h"

#ifdef TD_FP64

__kernel TD_WG(TD_LANES) void eeg_epoch_means(__global const int *restrict x,
                                              __global const long *restrict start,
                                              __global const double *restrict time,
                                              __global double *restrict mean, int channels,
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
	mean[row] = n ? (double)sum / (double)n : as_double(0x7ff8000000000000ul);
}

#define EPOCH_CUT(T, NOTHING)                                                                      \
	__kernel TD_WG(TD_FAT) void eeg_epoch_##T(                                                 \
		__global const int *restrict x, __global const long *restrict start,               \
		__global const double *restrict calibration, __global const double *restrict mean, \
		__global T *restrict y, int channels, long samples, int length, int baseline,      \
		int span, long n)                                                                  \
	{                                                                                          \
		long first = (long)get_global_id(0) * span;                                        \
		if (first >= n)                                                                    \
			return;                                                                    \
		int row = (int)(first / length), c = row % channels;                               \
		long from = start[row / channels];                                                 \
		double m = mean[row], scale = calibration[2 * c], offset = calibration[2 * c + 1]; \
		bool there = from >= 0 && from <= samples - length &&                              \
		             (baseline == EPOCH_NONE || isequal(m, m));                            \
		x += c * samples + (there ? from + first % length : 0);                            \
		for (int t = 0; t < span; t++)                                                     \
			y[first + t] =                                                             \
				there ? (T)epoch_volts(baseline, (double)x[t], m, scale, offset)   \
				      : NOTHING;                                                   \
	}
EPOCH_CUT(float, as_float(0x7fc00000u))
EPOCH_CUT(double, as_double(0x7ff8000000000000ul))

#endif
