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

/* The angle of pair i of d numbers at place `at`, at base^(-2 i / d), in double; its sine and cosine are
 * rounded once. log_base: the logarithm of base. */
static inline float rotary_sincos(rotary_i64 at, rotary_i64 i, rotary_i64 d, double log_base,
                                  float *cosine)
{
	double c, turn = (double)at * td_exp_f64((double)(2 * i) / (double)d * -log_base);
	double s = td_sincos_f64(turn, &c);
	*cosine = (float)c;
	return (float)s;
}

/* Pair i of a row of places; where d is odd the last cosine has no room. */
static inline void rotary_place(ROTARY_GLOBAL float *y, rotary_i64 at, rotary_i64 i, rotary_i64 d,
                                double log_base)
{
	float cosine;
	y[2 * i] = rotary_sincos(at, i, d, log_base, &cosine);
	if (2 * i + 1 < d)
		y[2 * i + 1] = cosine;
}

/* Pair i of the rows of one place, `apart` numbers apart, turned by the angle of that place; back: by its
 * negative. A pair is two neighbours, or with `halves` numbers i and i + d / 2. */
typedef struct {
	rotary_i64 rows, apart, d;
	double log_base;
	int halves, back;
} rotary_pairs;

static inline void rotary_turn(const ROTARY_GLOBAL float *x, rotary_pairs p, rotary_i64 at,
                               rotary_i64 i, ROTARY_GLOBAL float *y)
{
	rotary_i64 first = p.halves ? i : 2 * i, second = p.halves ? i + p.d / 2 : 2 * i + 1;
	float cosine, sine = rotary_sincos(at, i, p.d, p.log_base, &cosine);
	sine = p.back ? -sine : sine;
	for (rotary_i64 r = 0; r < p.rows; r++) {
		float a = x[r * p.apart + first], b = x[r * p.apart + second];
		y[r * p.apart + first] = rotary_fma(a, cosine, -(b * sine));
		y[r * p.apart + second] = rotary_fma(b, cosine, a * sine);
	}
}

#endif
#endif
