/* eeg.ptp: an item a row. */
#include "tandem.clh"

#include "rows.h"

__kernel TD_WG(TD_FAT) void eeg_ptp_rows(__global const float *restrict x,
                                         __global td_f64 *restrict ptp, int n, int samples)
{
	int i = (int)get_global_id(0);
	if (i < n)
		ptp[i] = eeg_ptp(x + (long)i * samples, samples);
}
