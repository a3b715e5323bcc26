/* probe.cl: kernels of personality.c: what a device's arithmetic does, and how fast it can be. */
#include "tandem.clh"
#include "td_math.h"

/* One element an item, and no loop around the functions: a compiler that turns loops into vectors would
 * take seconds for them. */

/* z = op(x, y, w); numbers of ops as in personality.c */
#define ARITHMETIC(name, real)                                                                     \
	__kernel TD_WG(1) void name(__global const real *x, __global const real *y,                \
	                            __global const real *w, __global real *z, int op)              \
	{                                                                                          \
		size_t i = get_global_id(0);                                                       \
		z[i] = op == 0   ? x[i] * y[i] + w[i]                                              \
		       : op == 1 ? fma(x[i], y[i], w[i])                                           \
		       : op == 2 ? x[i] / y[i]                                                     \
		       : op == 3 ? sqrt(x[i])                                                      \
		                 : x[i] * y[i];                                                    \
	}

ARITHMETIC(td_probe_f32, float)

#define MATH(number, function)                                                                     \
	if (which == number)                                                                       \
		z[i] = function(x[i]);

__kernel TD_WG(1) void td_probe_math_f32(__global const float *x, __global float *z, int which)
{
	size_t i = get_global_id(0);
	MATH(0, td_exp)
	MATH(1, td_exp2)
	MATH(2, td_expm1)
	MATH(3, td_log)
	MATH(4, td_log2)
	MATH(5, td_log1p)
	MATH(6, td_tanh)
	MATH(7, td_sigmoid)
	MATH(8, td_erf)
	MATH(9, td_erfc)
	MATH(10, td_sin)
	MATH(11, td_cos)
	MATH(12, td_sinpi)
	MATH(13, td_cospi)
	MATH(14, td_sqrt)
	MATH(15, td_rsqrt)
}

#ifdef TD_FP64
ARITHMETIC(td_probe_f64, double)

__kernel TD_WG(1) void td_probe_math_f64(__global const double *x, __global double *z, int which)
{
	size_t i = get_global_id(0);
	MATH(0, td_exp_f64)
	MATH(1, td_log_f64)
	MATH(2, td_tanh_f64)
	MATH(3, td_sin_f64)
	MATH(4, td_rsqrt_f64)
}
#endif

#ifdef cl_khr_int64_base_atomics
#pragma OPENCL EXTENSION cl_khr_int64_base_atomics : enable
__kernel TD_WG(TD_LANES) void td_probe_atomics(volatile __global long *sum)
{
	atom_add(sum, (long)get_global_id(0) + ((long)1 << 40));
}
#endif

__kernel TD_WG(1) void td_probe_nothing(__global float *z)
{
	z[0] = 1.0f;
}

/* Eight independent chains of fma, 16 wide: 256 operations a turn. They converge to 2. */
__kernel TD_WG(TD_FAT) void td_probe_flops(__global float *z, int turns, float from)
{
	float16 a = from, b = from + 1, c = from + 2, d = from + 3, e = from + 4, f = from + 5,
		g = from + 6, h = from + 7;
	const float16 half_ = 0.5f, one = 1.0f;
	for (int i = 0; i < turns; i++) {
		a = fma(a, half_, one);
		b = fma(b, half_, one);
		c = fma(c, half_, one);
		d = fma(d, half_, one);
		e = fma(e, half_, one);
		f = fma(f, half_, one);
		g = fma(g, half_, one);
		h = fma(h, half_, one);
	}
	float16 s = ((a + b) + (c + d)) + ((e + f) + (g + h));
	float8 s8 = s.lo + s.hi;
	float4 s4 = s8.lo + s8.hi;
	z[get_global_id(0)] = (s4.x + s4.y) + (s4.z + s4.w);
}

/* Reads, or reads and writes, n vectors again and again. An item of a CPU has a stretch of its own, items
 * of a GPU go side by side. */
#ifdef TD_CPU
#define FROM (get_global_id(0) * (n / get_global_size(0)))
#define UNTIL (FROM + n / get_global_size(0))
#define STEP 1
#else
#define FROM get_global_id(0)
#define UNTIL n
#define STEP get_global_size(0)
#endif

__kernel TD_WG(TD_FAT) void td_probe_read(__global const float16 *x, __global float *z, long n_, int passes)
{
	size_t n = (size_t)n_;
	float16 a = 0, b = 0, c = 0, d = 0;
	for (int p = 0; p < passes; p++)
		for (size_t i = FROM; i + 3 * STEP < UNTIL; i += 4 * STEP) {
			a += x[i];
			b += x[i + STEP];
			c += x[i + 2 * STEP];
			d += x[i + 3 * STEP];
		}
	float16 s = (a + b) + (c + d);
	float8 s8 = s.lo + s.hi;
	float4 s4 = s8.lo + s8.hi;
	z[get_global_id(0)] = (s4.x + s4.y) + (s4.z + s4.w);
}

/* From the first n vectors to the next n. */
__kernel TD_WG(TD_FAT) void td_probe_copy(__global float16 *x, long n_)
{
	size_t n = (size_t)n_;
	for (size_t i = FROM; i < UNTIL; i += STEP)
		x[n + i] = x[i];
}
