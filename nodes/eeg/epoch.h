/* epoch.h: the arithmetic of eeg.epoch; C and OpenCL C at once. */
#ifndef TD_NODES_EEG_EPOCH_H
#define TD_NODES_EEG_EPOCH_H

#include "td_f64.h"

/* in the order of the parameter's choices */
enum { EPOCH_NONE, EPOCH_WHOLE, EPOCH_BEFORE };

/* Is this sample one of those whose mean is the baseline? */
static inline int epoch_in_baseline(int baseline, td_f64 time)
{
	return baseline == EPOCH_WHOLE ||
	       (baseline == EPOCH_BEFORE && td_le_f64(time, td_int_f64(0)));
}

/* x scale + offset, or (x - mean) scale */
static inline td_f64 epoch_volts(int baseline, td_f64 x, td_f64 mean, td_f64 scale, td_f64 offset)
{
	return baseline == EPOCH_NONE ? td_add_f64(td_mul_f64(x, scale), offset)
	                              : td_mul_f64(td_sub_f64(x, mean), scale);
}

#endif
