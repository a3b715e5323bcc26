/* td_math.h: exp, log, sin … as the same bits in C and in OpenCL C.
 *
 * Every function is a fixed sequence of + - * /, sqrt, fma, comparisons and integer operations, so a
 * device that rounds those correctly returns the bits of the host. NaN is always the one NaN
 * 0x7fc00000 (0x7ff8000000000000). All of them are right for every argument: formulas, errors and
 * how they were measured are in nodes/README.md.
 *
 *            C and OpenCL C    OpenCL C only
 *   float    td_exp(x)         td_exp_x16(x)      float16
 *   double   td_exp_f64(x)     td_exp_f64_x8(x)   double8; both with TD_FP64
 *
 *   both types   exp expm1 log log1p tanh sigmoid erf sin cos sinpi cospi sqrt rsqrt (x);
 *                sincos sincospi (x, &cosine), which return the sine
 *   float        exp2 log2 erfc (x); pow (x, y); exp2_low (x), for softmax: 2^x for x <= 127, 0 for x <= -126.5
 *
 * There are no branches: gcc and clang vectorise a plain loop over a call with
 * -O3 -fno-math-errno -fno-trapping-math. Without fma in hardware fma() is a correct, slow call. */
#ifndef TD_MATH_H
#define TD_MATH_H

/* What the bodies are written in. VF, VI, VU: a number, and integers of its width; K, KU: their
 * constants; BITS, FROM_BITS: the representation of a number; SIGNED, UNSIGNED: the same bits as the
 * other integer; TO_INT, TO_REAL: conversion of values; MASK: all ones where a condition holds; ANY:
 * does it hold in any lane (C says yes: a loop that is to be vectorised cannot skip). LANES, SUFFIX,
 * MASK, ANY and TURN_BITS are the parameters of a body, which undefines them at its end. */
#define TD_JOIN_(a, b) a##b
#define TD_JOIN(a, b) TD_JOIN_(a, b)
#define TD_INLINE static inline __attribute__((always_inline))
#define FN(name) TD_JOIN(td_##name, SUFFIX)
#define K(c) ((VF)(c))
#define KU(c) ((VU)(c))
#define LARGER(a, b) ((a) < (b) ? (b) : (a))

#ifdef __OPENCL_C_VERSION__
#pragma OPENCL FP_CONTRACT OFF
#define TD_TABLE static __constant ulong
#else

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#if defined __FAST_MATH__ || (FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 16)
#error "td_math.h needs exact float and double arithmetic: no -ffast-math, no x87"
#endif
#define TD_TABLE static const uint64_t
#endif

/* Bits of 1 / (2 pi) after 22 zeros, for the reduction of large doubles. */
TD_TABLE td_m_turn_bits[19] = {
	0x000000a2f9836e4eu, 0x441529fc2757d1f5u, 0x34ddc0db6295993cu, 0x439041fe5163abdeu,
	0xbbc561b7246e3a42u, 0x4dd2e006492eea09u, 0xd1921cfe1deb1cb1u, 0x29a73ee88235f52eu,
	0xbb4484e99c7026b4u, 0x5f7e413991d63983u, 0x5339f49c845f8bbdu, 0xf9283b1ff897ffdeu,
	0x05980fef2f118b5au, 0x0a6d1f6d367ecf27u, 0xcb09b74f463f669eu, 0x5fea2d7527bac7ebu,
	0xe5f17b3d0739f78au, 0x5292ea6bfb5fb11fu, 0x8d5d0856033046fcu,
};

#undef TD_TABLE

#ifdef __OPENCL_C_VERSION__

#define FMA fma
#define SQRT sqrt
#define ABS fabs

/* any() is taken apart into scalars by PoCL */
TD_INLINE int td_m_any_x16(int16 c)
{
	int8 c8 = c.lo | c.hi;
	int4 c4 = c8.lo | c8.hi;
	int2 c2 = c4.lo | c4.hi;
	return c2.x | c2.y;
}

#define VF TD_JOIN(float, LANES)
#define VI TD_JOIN(int, LANES)
#define VU TD_JOIN(uint, LANES)
#define BITS(x) TD_JOIN(as_uint, LANES)(x)
#define FROM_BITS(u) TD_JOIN(as_float, LANES)(u)
#define SIGNED(u) TD_JOIN(as_int, LANES)(u)
#define UNSIGNED(i) TD_JOIN(as_uint, LANES)(i)
#define TO_INT(x) TD_JOIN(convert_int, LANES)(x)
#define TO_REAL(i) TD_JOIN(convert_float, LANES)(i)

#define LANES
#define SUFFIX
#define MASK(condition) (0u - (uint)(condition))
#define ANY(condition) (condition)
#include "td_math_f32_body.h"

#define LANES 16
#define SUFFIX _x16
#define MASK(condition) as_uint16(condition)
#define ANY(condition) td_m_any_x16(condition)
#include "td_math_f32_body.h"

#undef VF
#undef VI
#undef VU
#undef BITS
#undef FROM_BITS
#undef SIGNED
#undef UNSIGNED
#undef TO_INT
#undef TO_REAL

#ifdef TD_FP64

TD_INLINE int td_m_any_x8(long8 c)
{
	long4 c4 = c.lo | c.hi;
	long2 c2 = c4.lo | c4.hi;
	return (c2.x | c2.y) != 0;
}

TD_INLINE ulong8 td_m_turn_bits_x8(ulong8 i)
{
	return (ulong8)(td_m_turn_bits[i.s0], td_m_turn_bits[i.s1], td_m_turn_bits[i.s2],
	                td_m_turn_bits[i.s3], td_m_turn_bits[i.s4], td_m_turn_bits[i.s5],
	                td_m_turn_bits[i.s6], td_m_turn_bits[i.s7]);
}

#define VF TD_JOIN(double, LANES)
#define VI TD_JOIN(long, LANES)
#define VU TD_JOIN(ulong, LANES)
#define BITS(x) TD_JOIN(as_ulong, LANES)(x)
#define FROM_BITS(u) TD_JOIN(as_double, LANES)(u)
#define SIGNED(u) TD_JOIN(as_long, LANES)(u)
#define UNSIGNED(i) TD_JOIN(as_ulong, LANES)(i)
#define TO_INT(x) TD_JOIN(convert_long, LANES)(x)
#define TO_REAL(i) TD_JOIN(convert_double, LANES)(i)

#define LANES
#define SUFFIX _f64
#define MASK(condition) (0u - (ulong)(condition))
#define ANY(condition) ((condition) != 0)
#define TURN_BITS(i) td_m_turn_bits[i]
#include "td_math_f64_body.h"

#define LANES 8
#define SUFFIX _f64_x8
#define MASK(condition) as_ulong8(condition)
#define ANY(condition) td_m_any_x8(condition)
#define TURN_BITS(i) td_m_turn_bits_x8(i)
#include "td_math_f64_body.h"

#undef VF
#undef VI
#undef VU
#undef BITS
#undef FROM_BITS
#endif

#else

TD_INLINE uint32_t td_m_bits(float x)
{
	uint32_t u;
	memcpy(&u, &x, sizeof u);
	return u;
}

TD_INLINE float td_m_from_bits(uint32_t u)
{
	float x;
	memcpy(&x, &u, sizeof x);
	return x;
}

TD_INLINE uint64_t td_m_bits_f64(double x)
{
	uint64_t u;
	memcpy(&u, &x, sizeof u);
	return u;
}

TD_INLINE double td_m_from_bits_f64(uint64_t u)
{
	double x;
	memcpy(&x, &u, sizeof x);
	return x;
}

#define SIGNED(u) ((VI)(u))
#define UNSIGNED(i) ((VU)(i))
#define TO_INT(x) ((VI)(x))
#define TO_REAL(i) ((VF)(i))

#define VF float
#define VI int32_t
#define VU uint32_t
#define BITS(x) td_m_bits(x)
#define FROM_BITS(u) td_m_from_bits(u)
#define FMA fmaf
#define SQRT sqrtf
#define ABS fabsf
#define SUFFIX
#define MASK(condition) (0u - (VU)(condition))
#define ANY(condition) 1
#include "td_math_f32_body.h"

#undef VF
#undef VI
#undef VU
#undef BITS
#undef FROM_BITS
#undef FMA
#undef SQRT
#undef ABS
#define VF double
#define VI int64_t
#define VU uint64_t
#define BITS(x) td_m_bits_f64(x)
#define FROM_BITS(u) td_m_from_bits_f64(u)
#define FMA fma
#define SQRT sqrt
#define ABS fabs
#define SUFFIX _f64
#define MASK(condition) (0u - (VU)(condition))
#define ANY(condition) 1
#define TURN_BITS(i) td_m_turn_bits[i]
#include "td_math_f64_body.h"

#undef VF
#undef VI
#undef VU
#undef BITS
#undef FROM_BITS

#endif

#undef SIGNED
#undef UNSIGNED
#undef TO_INT
#undef TO_REAL
#undef FMA
#undef SQRT
#undef ABS
#undef FN
#undef K
#undef KU
#undef LARGER
#endif
