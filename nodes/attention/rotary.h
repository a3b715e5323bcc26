/* rotary.h: places as sines and cosines, and pairs turned by them, for C and OpenCL C. */
#ifndef TD_NODES_ATTENTION_ROTARY_H
#define TD_NODES_ATTENTION_ROTARY_H

#include "td_math.h"

#ifdef __OPENCL_C_VERSION__
#define ROTARY_GLOBAL __global
#define rotary_fma fma
typedef long rotary_i64;
#else
#define ROTARY_GLOBAL
#define rotary_fma fmaf
typedef int64_t rotary_i64;
#endif

#if !defined __OPENCL_C_VERSION__ || defined TD_FP64
/* Pair i of d numbers at place `at`: sin and cos of at base^(-2 i / d), in double, rounded once; log_base: the
 * logarithm of base. The cosine is left out where d is odd and there is no room. */
static inline void rotary_place(ROTARY_GLOBAL float *y, rotary_i64 at, rotary_i64 i, rotary_i64 d, double log_base)
{
	double cosine, turn = (double)at * td_exp_f64((double)(2 * i) / (double)d * -log_base);
	y[2 * i] = (float)td_sincos_f64(turn, &cosine);
	if (2 * i + 1 < d)
		y[2 * i + 1] = (float)cosine;
}
#endif

/* Pair i of a row of d numbers, turned by the angle that `table` holds; back: by its negative. A pair is two
 * neighbours, or with `halves` numbers i and i + d / 2. */
static inline void rotary_turn(const ROTARY_GLOBAL float *x, const ROTARY_GLOBAL float *table, rotary_i64 i,
                               rotary_i64 d, int halves, int back, ROTARY_GLOBAL float *y)
{
	rotary_i64 first = halves ? i : 2 * i, second = halves ? i + d / 2 : 2 * i + 1;
	float sine = back ? -table[2 * i] : table[2 * i], cosine = table[2 * i + 1];
	float a = x[first], b = x[second];
	y[first] = rotary_fma(a, cosine, -(b * sine));
	y[second] = rotary_fma(b, cosine, a * sine);
}

#endif
