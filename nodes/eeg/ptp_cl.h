/* ptp_cl.h: largest less smallest of a row, by a group of a GPU; OpenCL C only. */
#ifndef TD_NODES_EEG_PTP_CL_H
#define TD_NODES_EEG_PTP_CL_H

#include "rows.h"

enum { PTP_GROUP = 64 };

/* In the first item: the largest `hi` of all items less the smallest `lo`. */
static inline td_f64 ptp_group(td_f64 lo, td_f64 hi, __local td_f64 *low, __local td_f64 *high)
{
	int mine = (int)get_local_id(0);
	low[mine] = lo;
	high[mine] = hi;
	for (int upper = PTP_GROUP / 2; upper > 0; upper /= 2) {
		barrier(CLK_LOCAL_MEM_FENCE);
		if (mine < upper) {
			low[mine] = eeg_smaller(low[mine + upper], low[mine]);
			high[mine] = eeg_larger(high[mine + upper], high[mine]);
		}
	}
	return td_add_f64(td_sub_f64(high[mine], low[mine]), td_int_f64(0));
}

#endif
