/* test_math.cl: kernels of test_math.c. All take (x, y, z): inputs or NULL, and the output. */
#include "tandem.clh"
#include "td_math.h"

#define EACH 4096 /* elements a work item */

/* scalar_f and vector_f: z = f(x) */
#define UNARY(name, f, x16, real, real16, vload, vstore, lanes)                                    \
	__kernel TD_WG(1) void scalar_##name(__global const real *restrict x,                      \
	                                     __global const real *restrict y,                      \
	                                     __global real *restrict z)                            \
	{                                                                                          \
		(void)y;                                                                           \
		size_t at = get_global_id(0) * EACH;                                               \
		for (size_t i = at; i < at + EACH; i++)                                            \
			z[i] = f(x[i]);                                                            \
	}                                                                                          \
	__kernel TD_WG(1) void vector_##name(__global const real *restrict x,                      \
	                                     __global const real *restrict y,                      \
	                                     __global real *restrict z)                            \
	{                                                                                          \
		(void)y;                                                                           \
		size_t at = get_global_id(0) * EACH;                                               \
		for (size_t i = at; i < at + EACH; i += lanes)                                     \
			vstore(x16(vload(0, x + i)), 0, z + i);                                    \
	}
#define F32(f) UNARY(f##_f32, td_##f, td_##f##_x16, float, float16, vload16, vstore16, 16)

F32(exp)
F32(exp2)
F32(expm1)
F32(log)
F32(log2)
F32(log1p)
F32(tanh)
F32(sigmoid)
F32(erf)
F32(erfc)
F32(sin)
F32(cos)
F32(sinpi)
F32(cospi)
F32(sqrt)
F32(rsqrt)

__kernel TD_WG(1) void scalar_pow(__global const float *restrict x, __global const float *restrict y,
                                  __global float *restrict z)
{
	size_t at = get_global_id(0) * EACH;
	for (size_t i = at; i < at + EACH; i++)
		z[i] = td_pow(x[i], y[i]);
}

__kernel TD_WG(1) void vector_pow(__global const float *restrict x, __global const float *restrict y,
                                  __global float *restrict z)
{
	size_t at = get_global_id(0) * EACH;
	for (size_t i = at; i < at + EACH; i += 16)
		vstore16(td_pow_x16(vload16(0, x + i), vload16(0, y + i)), 0, z + i);
}

#ifdef TD_FP64
#define F64(f) UNARY(f##_f64, td_##f##_f64, td_##f##_f64_x8, double, double8, vload8, vstore8, 8)
F64(exp)
F64(expm1)
F64(log)
F64(log1p)
F64(tanh)
F64(sigmoid)
F64(erf)
F64(sin)
F64(cos)
F64(sinpi)
F64(cospi)
F64(sqrt)
F64(rsqrt)
#endif
