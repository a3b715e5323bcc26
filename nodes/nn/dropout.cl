/* nn.dropout: 16 elements an item. */
#include "tandem.clh"

#include "td_random.h"

#define DROPOUT(T)                                                                                 \
	__kernel TD_WG(TD_LANES) void nn_dropout_##T(                                              \
		__global const T *restrict x, __global const long *restrict step,                  \
		__global T *restrict y, long n, int stepped, ulong seed, ulong stream, float p,    \
		T scale)                                                                           \
	{                                                                                          \
		long i = (long)get_global_id(0) * 16;                                              \
		if (i >= n)                                                                        \
			return;                                                                    \
		if (stepped)                                                                       \
			stream |= (ulong)step[0] & 0xffffffffu;                                    \
		float u[16];                                                                       \
		vstore16(td_uniform_x16(seed, stream, (ulong)i), 0, u);                            \
		for (int k = 0; k < min(16, (int)(n - i)); k++)                                    \
			y[i + k] = u[k] >= p ? x[i + k] * scale : 0;                               \
	}

DROPOUT(float)
#ifdef TD_FP64
DROPOUT(double)
#endif
