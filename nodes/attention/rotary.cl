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

__kernel TD_WG(TD_LANES) void attention_rotary(__global const float *restrict x, __global float *restrict y,
                                               long first, long rows, long apart, long d, double log_base,
                                               int halves, int back)
{
	const long i = (long)get_global_id(0), t = (long)get_global_id(1);
	rotary_pairs p;
	p.rows = rows;
	p.apart = apart;
	p.d = d;
	p.log_base = log_base;
	p.halves = halves;
	p.back = back;
	if (i < d / 2)
		rotary_turn(x + t * d, p, first + t, i, y + t * d);
}
#endif
