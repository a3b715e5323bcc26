/* tensor.copy: 16 elements a work item, the rest one by one. */
#include "tandem.clh"

#define COPY(T, size)                                                                              \
	__kernel TD_WG(TD_LANES) void tensor_copy_##size(__global const T *restrict x,             \
	                                                 __global T *restrict y, long n)           \
	{                                                                                          \
		long i = (long)get_global_id(0) * 16;                                              \
		if (i + 16 <= n)                                                                   \
			vstore16(vload16(0, x + i), 0, y + i);                                     \
		else                                                                               \
			for (; i < n; i++)                                                         \
				y[i] = x[i];                                                       \
	}

COPY(uchar, 1)
COPY(uint, 4)
COPY(ulong, 8)
