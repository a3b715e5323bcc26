/* attention.positions, rotary: an item a pair. */
#include "tandem.clh"

#include "rotary.h"

#ifdef TD_FP64
__kernel TD_WG(TD_LANES) void attention_positions(__global float *restrict y, long first, long d,
                                                  double log_base)
{
	const long i = (long)get_global_id(0), t = (long)get_global_id(1);
	if (2 * i < d)
		rotary_place(y + t * d, first + t, i, d, log_base);
}
#endif

__kernel TD_WG(TD_LANES) void attention_rotary(__global const float *restrict x,
                                               __global const float *restrict places,
                                               __global float *restrict y, long t, long d, int halves, int back)
{
	const long i = (long)get_global_id(0), row = (long)get_global_id(1);
	if (i < d / 2)
		rotary_turn(x + row * d, places + row % t * d, i, d, halves, back, y + row * d);
}
