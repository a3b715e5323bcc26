/* eeg.ptp: an item a row. */
#include "tandem.clh"

#include "rows.h"

#ifdef TD_FP64
__kernel TD_WG(TD_FAT) void eeg_ptp_rows(__global const float *restrict x,
                                         __global double *restrict ptp, int n, int samples)
{
	int i = (int)get_global_id(0);
	if (i < n)
		ptp[i] = eeg_ptp(x + (long)i * samples, samples);
}
#endif
