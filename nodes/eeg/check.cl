/* eeg.check: one item: there is one number a channel and epoch. */
#include "tandem.clh"

#include "check.h"

__kernel TD_WG(1) void eeg_check(__global const td_f64 *restrict ptp, int cells,
                                 __global const td_f64 *restrict pos, int channels,
                                 __global int *restrict flaw)
{
	check_flaws(ptp, cells, pos, channels, flaw);
}
