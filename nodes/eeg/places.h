/* places.h: where channels are, [3] from the middle of the head; in C and in OpenCL C. */
#ifndef TD_NODES_EEG_PLACES_H
#define TD_NODES_EEG_PLACES_H

#include "td_f64.h"

/* a_0 b_0 + a_1 b_1 + a_2 b_2 */
static inline td_f64 places_dot(const TD_GLOBAL td_f64 *a, const TD_GLOBAL td_f64 *b)
{
	td_f64 xy = td_add_f64(td_mul_f64(a[0], b[0]), td_mul_f64(a[1], b[1]));
	return td_add_f64(xy, td_mul_f64(a[2], b[2]));
}

/* How far from the middle; 1 in the middle. */
static inline td_f64 places_length(const TD_GLOBAL td_f64 *p)
{
	td_f64 n = td_sqrt_f64(places_dot(p, p));
	return td_lt_f64(td_int_f64(0), n) ? n : td_int_f64(1);
}

#endif
