/* test_f64.cl: kernels of test_f64.c: every word of td_f64.h, of (x[i], y[i], y[i ^ 1]). */
#include "tandem.clh"

#include "td_f64.h"

#define EACH 4096 /* elements a work item */
#define WORDS 16  /* results an element */
#define VECTOR_WORDS 8

__kernel TD_WG(1) void words(__global const td_f64 *restrict x, __global const td_f64 *restrict y,
                             __global td_f64 *restrict z)
{
	size_t at = get_global_id(0) * EACH;
	for (size_t i = at; i < at + EACH; i++) {
		td_f64 a = x[i], b = y[i], c = y[i ^ 1];
		__global td_f64 *to = z + WORDS * i;
		__global const int *whole = (__global const int *)(x + i);
		__global const long *wide = (__global const long *)(x + i);
		to[0] = td_add_f64(a, b);
		to[1] = td_sub_f64(a, b);
		to[2] = td_mul_f64(a, b);
		to[3] = td_div_f64(a, b);
		to[4] = td_fma_f64(a, b, c);
		to[5] = td_sqrt_f64(a);
		to[6] = td_neg_f64(a);
		to[7] = td_abs_f64(a);
		to[8] = td_int_f64(td_lt_f64(a, b) + 2 * td_le_f64(a, b) + 4 * td_eq_f64(a, b));
		to[9] = td_int_f64(whole[0]);
		to[10] = td_long_f64(*wide);
		to[11] = td_wide_f64(as_float(whole[0]));
		to[12] = td_wide_f64(td_narrow_f64(a));
		to[13] = td_int_f64(td_trunc_f64(td_int_f64(whole[0])));
		to[14] = td_lt_f64(td_abs_f64(a), td_int_f64(2147483647))
		                 ? td_int_f64(td_trunc_f64(a))
		                 : td_int_f64(0);
		to[15] = td_lt_f64(a, TD_INF_F64) ? td_bits_f64(0x402921fb54442d18u) : TD_NAN_F64;
	}
}

__kernel TD_WG(1) void vector_words(__global const td_f64 *restrict x,
                                    __global const td_f64 *restrict y, __global td_f64 *restrict z)
{
	size_t at = get_global_id(0) * EACH;
	for (size_t i = at; i < at + EACH; i += 8) {
		td_v8d a = td_vload_f64(x + i), b = td_vload_f64(y + i), c = td_vall_f64(y[i]);
		__global td_f64 *to = z + VECTOR_WORDS * i;
		td_vstore_f64(td_vadd_f64(a, b), to);
		td_vstore_f64(td_vsub_f64(a, b), to + 8);
		td_vstore_f64(td_vmul_f64(a, b), to + 16);
		td_vstore_f64(td_vfma_f64(a, b, c), to + 24);
		td_vstore_f64(td_vneg_f64(a), to + 32);
		td_vstore_f64(td_vsmaller_f64(a, b), to + 40);
		td_vstore_f64(td_vlarger_f64(a, b), to + 48);
		td_vstore_f64(td_vwiden((__global const float *)(x + i)), to + 56);
	}
}
