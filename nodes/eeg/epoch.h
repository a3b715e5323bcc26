/* epoch.h: the arithmetic of eeg.epoch; C and OpenCL C at once. */
#ifndef TD_NODES_EEG_EPOCH_H
#define TD_NODES_EEG_EPOCH_H

/* in the order of the parameter's choices */
enum { EPOCH_NONE, EPOCH_WHOLE, EPOCH_BEFORE };

#if !defined __OPENCL_C_VERSION__ || \
	defined TD_FP64 /* devices without doubles see nothing of this */

/* Is this sample one of those whose mean is the baseline? */
static inline int epoch_in_baseline(int baseline, double time)
{
	return baseline == EPOCH_WHOLE || (baseline == EPOCH_BEFORE && time <= 0);
}

static inline double epoch_volts(int baseline, double x, double mean, double scale, double offset)
{
	return baseline == EPOCH_NONE ? x * scale + offset : (x - mean) * scale;
}

#endif

#endif
