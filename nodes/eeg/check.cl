/* eeg.check: one group for all cells; its first item has the channels. */
#include "tandem.clh"

#include "check.h"

#ifdef TD_CPU
#define CHECK_GROUP 1
#else
#define CHECK_GROUP 256
#endif

__kernel TD_WG(CHECK_GROUP) void eeg_check(__global const td_f64 *restrict ptp, int cells,
                                           __global const td_f64 *restrict pos, int channels,
                                           __global int *flaw)
{
	int item = (int)get_local_id(0), cell = check_cells(ptp, cells, item, CHECK_GROUP);
	if (item == 0) {
		check_places(pos, channels, flaw);
		flaw[CHECK_SAMPLE] = -1;
	}
	barrier(CLK_GLOBAL_MEM_FENCE);
	if (cell >= 0) /* as an unsigned number, -1 is the largest */
		atomic_min((__global uint *)flaw + CHECK_SAMPLE, (uint)cell);
}
