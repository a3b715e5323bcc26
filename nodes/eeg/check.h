/* check.h: what makes a recording unusable, in C and in OpenCL C. */
#ifndef TD_NODES_EEG_CHECK_H
#define TD_NODES_EEG_CHECK_H

#include "td_f64.h"

/* Places in `flaw`, each -1 when all is well. */
enum {
	CHECK_SAMPLE,   /* epoch * channels + channel with a sample that is not finite */
	CHECK_POSITION, /* channel with a coordinate that is not finite */
	CHECK_MIDDLE,   /* the first channel in the middle of the head, when there are two */
	CHECK_SECOND,   /* the second one */
	CHECK_FLAWS
};

static inline bool check_finite(td_f64 x)
{
	return td_lt_f64(td_abs_f64(x), TD_INF_F64);
}

/* |p_0| + |p_1| + |p_2| <= 0 */
static inline bool check_middle(const TD_GLOBAL td_f64 *p)
{
	td_f64 xy = td_add_f64(td_abs_f64(p[0]), td_abs_f64(p[1]));
	return td_le_f64(td_add_f64(xy, td_abs_f64(p[2])), td_int_f64(0));
}

/* The first of every `step` cells from `from` on with a sample that is not finite; -1: none. */
static inline int check_cells(const TD_GLOBAL td_f64 *ptp, int cells, int from, int step)
{
	for (int i = from; i < cells; i += step)
		if (!check_finite(ptp[i]))
			return i;
	return -1;
}

/* All of `flaw` but the cell. */
static inline void check_places(const TD_GLOBAL td_f64 *pos, int channels, TD_GLOBAL int *flaw)
{
	int middle = -1;
	flaw[CHECK_POSITION] = flaw[CHECK_MIDDLE] = flaw[CHECK_SECOND] = -1;
	for (int c = 0; c < channels; c++) {
		const TD_GLOBAL td_f64 *p = pos + 3 * c;
		td_f64 sum = td_add_f64(td_add_f64(p[0], p[1]), p[2]);
		if (flaw[CHECK_POSITION] < 0 && !check_finite(sum))
			flaw[CHECK_POSITION] = c;
		if (!check_middle(p))
			continue;
		if (middle >= 0 && flaw[CHECK_MIDDLE] < 0) {
			flaw[CHECK_MIDDLE] = middle;
			flaw[CHECK_SECOND] = c;
		}
		middle = c;
	}
}

#endif
