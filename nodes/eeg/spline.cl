/* eeg.spline: rows of the matrix, its inverse by one group, the weights of single channels. */
#include "tandem.clh"

#include "spline.h"

#ifdef TD_CPU
#define SPLINE_GROUP 1
#else
#define SPLINE_GROUP 256
#endif

__kernel TD_WG(TD_FAT) void eeg_spline_rows(__global const td_f64 *restrict pos,
                                            __global td_f64 *restrict m, int channels)
{
	int i = (int)get_global_id(0);
	if (i <= channels)
		spline_row(pos, channels, i, m + (long)i * (channels + 1));
}

__kernel TD_WG(SPLINE_GROUP) void eeg_spline_invert(__global td_f64 *restrict m, int channels,
                                                    __global td_f64 *restrict column,
                                                    __global int *restrict pivot)
{
	spline_invert(m, channels + 1, column, pivot);
}

__kernel TD_WG(TD_FAT) void eeg_spline_alone(__global const td_f64 *restrict inverse, int channels,
                                             __global td_f64 *restrict alone)
{
	int c = (int)get_global_id(0);
	if (c < channels)
		spline_alone(inverse, channels, c, alone + (long)c * channels);
}
