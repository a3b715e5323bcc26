/* check.h: what makes a recording unusable, in C and in OpenCL C. */
#ifndef TD_NODES_EEG_CHECK_H
#define TD_NODES_EEG_CHECK_H

#include "td_vectors.h"

#if !defined __OPENCL_C_VERSION__ || defined TD_FP64

/* Places in `flaw`, each -1 when all is well. */
enum {
	CHECK_SAMPLE,   /* epoch * channels + channel with a sample that is not finite */
	CHECK_POSITION, /* channel with a coordinate that is not finite */
	CHECK_MIDDLE,   /* the first channel in the middle of the head, when there are two */
	CHECK_SECOND,   /* the second one */
	CHECK_FLAWS
};

static inline bool check_finite(double x)
{
	return fabs(x) < (double)INFINITY;
}

static inline void check_flaws(const TD_GLOBAL double *ptp, int cells, const TD_GLOBAL double *pos,
                               int channels, TD_GLOBAL int *flaw)
{
	int middle = -1;
	for (int i = 0; i < CHECK_FLAWS; i++)
		flaw[i] = -1;
	for (int i = 0; i < cells && flaw[CHECK_SAMPLE] < 0; i++)
		if (!check_finite(ptp[i]))
			flaw[CHECK_SAMPLE] = i;
	for (int c = 0; c < channels; c++) {
		const TD_GLOBAL double *p = pos + 3 * c;
		if (flaw[CHECK_POSITION] < 0 && !check_finite((p[0] + p[1]) + p[2]))
			flaw[CHECK_POSITION] = c;
		if (!(fabs(p[0]) + fabs(p[1]) + fabs(p[2]) <= 0))
			continue;
		if (middle >= 0 && flaw[CHECK_MIDDLE] < 0) {
			flaw[CHECK_MIDDLE] = middle;
			flaw[CHECK_SECOND] = c;
		}
		middle = c;
	}
}

#endif
#endif
