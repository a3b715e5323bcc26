/* tensor.where, tensor.fill: 16 elements an item; bits only, a kernel for each element size. */
#include "tandem.clh"

#include "vectors_cl.h"
#include "walk_cl.h"

#define WHERE(T)                                                                                   \
	__kernel TD_WG(TD_LANES) void tensor_where_##T(                                            \
		__global const uchar *restrict c, __global const T *restrict a,                    \
		__global const T *restrict b, __global T *restrict y, WALK_PARAMS, WALK_OPERAND(y), \
		WALK_OPERAND(c), WALK_OPERAND(a), WALK_OPERAND(b))                                 \
	{                                                                                          \
		walk_item w = WALK_HERE(16);                                                       \
		if (w.left <= 0)                                                                   \
			return;                                                                    \
		c += WALK_AT(w, c);                                                                \
		a += WALK_AT(w, a);                                                                \
		b += WALK_AT(w, b);                                                                \
		y += WALK_AT(w, y);                                                                \
		for (long i = 0; i < w.left; i++)                                                  \
			y[i] = c[i * c_step] != 0 ? a[i * a_step] : b[i * b_step];                 \
	}
WHERE(uchar)
WHERE(uint)
WHERE(ulong)

__kernel TD_WG(TD_LANES) void tensor_full_float(__global float *restrict y, long n, float value)
{
	long i = (long)get_global_id(0) * 16;
	if (i < n)
		store_float((float16)(value), y + i, n - i);
}

#ifdef TD_FP64
__kernel TD_WG(TD_LANES) void tensor_full_double(__global double *restrict y, long n, double value)
{
	long i = (long)get_global_id(0) * 16;
	if (i < n)
		store_double((double16)(value), y + i, n - i);
}
#endif
