/* test_reduce.cl: kernels of test_reduce.c. All take (x, y, z): inputs or NULL, and the output. */
#include "tandem.clh"
#include "td_random.h"

#define EACH 4096 /* elements a work item */

/* Work item k: the four reductions of test_math.c's length k. */
#define REDUCE(name, real, S)                                                                      \
	__kernel TD_WG(1) void name(__global const real *x, __global const real *y,                \
	                            __global real *z)                                              \
	{                                                                                          \
		long k = (long)get_global_id(0), n = k <= 70 ? k : 997 * (k - 70);                 \
		z[4 * k] = td_sum##S(x + k, n);                                                    \
		z[4 * k + 1] = td_dot##S(x + k, y, n);                                             \
		z[4 * k + 2] = td_max##S(x + k, n);                                                \
		z[4 * k + 3] = td_min##S(x + k, n);                                                \
	}
REDUCE(reduce, float, )

/* Rows of 1000, 16 work items each, four rows a group: sum, largest, smallest. */
#define GROUP_REDUCE(name, real, S)                                                                \
	__kernel TD_WG(64) void name(__global const real *x, __global const real *y,               \
	                             __global real *z)                                             \
	{                                                                                          \
		__local real lanes[64];                                                            \
		(void)y;                                                                           \
		size_t row = get_global_id(0) / 16, lane = get_global_id(0) % 16;                  \
		real sum = 0, high = -(real)INFINITY, low = (real)INFINITY;                        \
		for (size_t i = lane; i < 1000; i += 16) {                                         \
			real v = x[1000 * row + i];                                                \
			sum += v;                                                                  \
			high = TD_LARGER(high, v);                                                 \
			low = TD_SMALLER(low, v);                                                  \
		}                                                                                  \
		sum = td_group_sum##S(sum, lanes);                                                 \
		high = td_group_max##S(high, lanes);                                               \
		low = td_group_min##S(low, lanes);                                                 \
		if (lane == 0) {                                                                   \
			z[3 * row] = sum;                                                          \
			z[3 * row + 1] = high;                                                     \
			z[3 * row + 2] = low;                                                      \
		}                                                                                  \
	}
GROUP_REDUCE(group_reduce, float, )

#define SEED 0x0123456789abcdefUL
#define STREAM 0xfedcba9876543210UL
#define FIRST 0x3ffffffe0UL /* block numbers pass 2^32 */

__kernel TD_WG(1) void scalar_random(__global const float *x, __global const float *y,
                                     __global float *z)
{
	(void)x;
	(void)y;
	for (ulong i = 0; i < EACH; i++) {
		z[i] = td_uniform(SEED, STREAM, FIRST + i);
		z[EACH + i] = td_normal(SEED, STREAM, FIRST + i);
		z[2 * EACH + i] = as_float(td_below(SEED, STREAM, FIRST + i, 1000000007u));
	}
}

__kernel TD_WG(1) void vector_random(__global const float *x, __global const float *y,
                                     __global float *z)
{
	(void)x;
	(void)y;
	for (ulong i = 0; i < EACH; i += 16) {
		vstore16(td_uniform_x16(SEED, STREAM, FIRST + i), 0, z + i);
		vstore16(td_normal_x16(SEED, STREAM, FIRST + i), 0, z + EACH + i);
	}
}

#ifdef TD_FP64
REDUCE(reduce_f64, double, _f64)
GROUP_REDUCE(group_reduce_f64, double, _f64)

__kernel TD_WG(1) void random_f64(__global const double *x, __global const double *y,
                                  __global double *z)
{
	(void)x;
	(void)y;
	for (ulong i = 0; i < EACH; i++) {
		z[i] = td_uniform_f64(SEED, STREAM, FIRST + i);
		z[EACH + i] = td_normal_f64(SEED, STREAM, FIRST + i);
	}
}
#endif
