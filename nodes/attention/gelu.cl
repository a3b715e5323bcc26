/* attention.gelu, gelu_grad: 16 elements an item. */
#include "tandem.clh"

#include "gelu.h"
#include "td_vectors.h"

__kernel TD_WG(TD_LANES) void attention_gelu(__global const float *restrict x, __global float *restrict y,
                                             long n, int form)
{
	const long i = (long)get_global_id(0) * 16;
	if (i < n)
		td_vstore_part(gelu_of(td_vload_part(x + i, n - i, 0), form), y + i, n - i);
}

__kernel TD_WG(TD_LANES) void attention_gelu_grad(__global const float *restrict x,
                                                  __global const float *restrict dy,
                                                  __global float *restrict dx, long n, int form)
{
	const long i = (long)get_global_id(0) * 16;
	if (i < n)
		td_vstore_part(td_vload_part(dy + i, n - i, 0) * gelu_slope(td_vload_part(x + i, n - i, 0), form),
		               dx + i, n - i);
}
