/* eeg.ptp: on CPUs an item a row, on GPUs a group. */
#include "tandem.clh"

#include "rows.h"

#ifdef TD_CPU

__kernel TD_WG(1) void eeg_ptp_rows(__global const float *restrict x, __global td_f64 *restrict ptp,
                                    int n, int samples)
{
	int i = (int)get_global_id(0);
	if (i < n)
		ptp[i] = eeg_ptp(x + (long)i * samples, samples);
}

#else

#include "ptp_cl.h"

/* A NaN makes the smallest sample -Inf; no finite samples are infinitely far apart. */
__kernel TD_WG(PTP_GROUP) void eeg_ptp_rows(__global const float *restrict x,
                                            __global td_f64 *restrict ptp, int n, int samples)
{
	__local td_f64 low[PTP_GROUP], high[PTP_GROUP];
	int i = (int)get_group_id(0), mine = (int)get_local_id(0);
	float lo = INFINITY, hi = -INFINITY;
	x += (long)i * samples;
	for (int t = mine; t < samples; t += PTP_GROUP) {
		float v = x[t];
		lo = v < lo ? v : lo;
		hi = v > hi ? v : hi;
		lo = isnan(v) ? -INFINITY : lo;
	}
	td_f64 far = ptp_group(td_wide_f64(lo), td_wide_f64(hi), low, high);
	if (mine == 0 && i < n)
		ptp[i] = samples == 0                 ? td_int_f64(0)
		         : td_lt_f64(far, TD_INF_F64) ? far
		                                      : TD_NAN_F64;
}

#endif
