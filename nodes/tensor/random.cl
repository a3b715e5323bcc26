/* tensor.uniform, normal, randint: 16 numbers an item. */
#include "tandem.clh"

#include "td_random.h"
#include "vectors_cl.h"

__kernel TD_WG(TD_LANES) void tensor_uniform(__global float *restrict y, long n, ulong seed, ulong stream,
                                             float lo, float width)
{
	long i = (long)get_global_id(0) * 16;
	if (i < n)
		store_float(fma(td_uniform_x16(seed, stream, (ulong)i), (float16)(width), (float16)(lo)), y + i,
		            n - i);
}

__kernel TD_WG(TD_LANES) void tensor_normal(__global float *restrict y, long n, ulong seed, ulong stream,
                                            float mean, float sd)
{
	long i = (long)get_global_id(0) * 16;
	if (i < n)
		store_float(fma(td_normal_x16(seed, stream, (ulong)i), (float16)(sd), (float16)(mean)), y + i,
		            n - i);
}

__kernel TD_WG(TD_LANES) void tensor_randint(__global int *restrict y, long n, ulong seed, ulong stream,
                                             int lo, int count)
{
	long i = (long)get_global_id(0) * 16, end = min(i + 16, n);
	for (; i < end; i++)
		y[i] = lo + (int)td_below(seed, stream, (ulong)i, (uint)count);
}
