/* vectors_cl.h: 16 elements at a time, also where fewer are left or they are not neighbours. OpenCL only. */
#ifndef TD_NODES_TENSOR_VECTORS_CL_H
#define TD_NODES_TENSOR_VECTORS_CL_H

/* load: elements p[0], p[step] …, `left` of them (the rest repeats the first); store: neighbours. */
#define VECTORS(T)                                                              \
	static inline T##16 load_##T(__global const T *p, long step, long left) \
	{                                                                       \
		if (step == 0)                                                  \
			return (T##16)(p[0]);                                   \
		if (step == 1 && left >= 16)                                    \
			return vload16(0, p);                                   \
		T some[16];                                                     \
		for (int i = 0; i < 16; i++)                                    \
			some[i] = p[i < left ? i * step : 0];                   \
		return vload16(0, some);                                        \
	}                                                                       \
	static inline void store_##T(T##16 v, __global T *p, long left)         \
	{                                                                       \
		if (left >= 16) {                                               \
			vstore16(v, 0, p);                                      \
			return;                                                 \
		}                                                               \
		T some[16];                                                     \
		vstore16(v, 0, some);                                           \
		for (int i = 0; i < left; i++)                                  \
			p[i] = some[i];                                         \
	}

VECTORS(float)
VECTORS(int)
VECTORS(long)
VECTORS(uchar)
#ifdef TD_FP64
VECTORS(double)
#endif

#undef VECTORS

#endif
