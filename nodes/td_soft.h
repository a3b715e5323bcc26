/* td_soft.h: double arithmetic made of integers, for devices that have no double precision; C and OpenCL C.
 *
 * A double is its 64 bits, and every result has the bits that IEEE 754 asks for (to nearest, ties to even;
 * subnormals, infinities; NaN is the one NaN 0x7ff8000000000000, which a NaN operand becomes). So a device
 * without doubles, whatever it does with floats, returns the bits of one that has them: td_f64.h.
 *
 *   td_soft_add mul fma (a, b …)   neg abs (a)   less (a, b): -1 or 0   from_int (i) from_float (bits)
 *   …_x8                            the same of ulong8, in OpenCL C
 *   td_soft_div (a, b) sqrt (a) to_int (a): towards 0, |a| < 2^31   to_float (a): bits
 *
 * No branches but in the last row, so that lanes stay together. */
#ifndef TD_SOFT_H
#define TD_SOFT_H

#define TD_SOFT_JOIN_(a, b) a##b
#define TD_SOFT_JOIN(a, b) TD_SOFT_JOIN_(a, b)
#define KU(c) ((VU)(c))
#define KI(c) ((VI)(c))

#ifdef __OPENCL_C_VERSION__

#define TD_SOFT static inline

#define VU ulong
#define VI long
#define AS_U(i) ((ulong)(i))
#define AS_I(u) ((long)(u))
#define CLZ(u) clz(u)
#define SUFFIX
#include "td_soft_body.h"

#define VU ulong8
#define VI long8
#define AS_U(i) as_ulong8(i)
#define AS_I(u) as_long8(u)
#define CLZ(u) clz(u)
#define SUFFIX _x8
#include "td_soft_body.h"

typedef ulong td_soft;
typedef long td_soft_exponent;

#else

#include <stdint.h>

#define TD_SOFT static inline

TD_SOFT uint64_t td_soft_clz(uint64_t u)
{
	return u ? (uint64_t)__builtin_clzll(u) : 64;
}

#define VU uint64_t
#define VI int64_t
#define AS_U(i) ((uint64_t)(i))
#define AS_I(u) ((int64_t)(u))
#define CLZ(u) td_soft_clz(u)
#define SUFFIX
#include "td_soft_body.h"

typedef uint64_t td_soft;
typedef int64_t td_soft_exponent;

#endif

#undef KU
#undef KI

#define TD_SOFT_SIGN 0x8000000000000000u
#define TD_SOFT_INF 0x7ff0000000000000u
#define TD_SOFT_NAN 0x7ff8000000000000u

/* The quotient of two significands, bit by bit. */
TD_SOFT td_soft td_soft_div(td_soft a, td_soft b)
{
	td_soft p = a & ~TD_SOFT_SIGN, q = b & ~TD_SOFT_SIGN, sign = (a ^ b) & TD_SOFT_SIGN;
	if (p > TD_SOFT_INF || q > TD_SOFT_INF || (p == q && (p == 0 || p == TD_SOFT_INF)))
		return TD_SOFT_NAN;
	if (p == TD_SOFT_INF || q == 0)
		return sign | TD_SOFT_INF;
	if (q == TD_SOFT_INF || p == 0)
		return sign;
	td_soft_exponent ea, eb;
	td_soft rest = td_soft_take(p, &ea), by = td_soft_take(q, &eb), m = 0;
	ea -= rest < by;
	rest <<= rest < by;
	for (int i = 0; i < 63; i++) {
		td_soft bit = rest >= by;
		m = m << 1 | bit;
		rest = (rest - (bit ? by : 0)) << 1;
	}
	return td_soft_round(sign, ea - eb + 1023, m | (rest != 0));
}

/* 55 bits of the root of a significand, two bits of which are brought down for each; the rest are told by
 * whether something remains. */
TD_SOFT td_soft td_soft_sqrt(td_soft a)
{
	if (a == TD_SOFT_INF || (a & ~TD_SOFT_SIGN) == 0)
		return a;
	if (a > TD_SOFT_INF)
		return TD_SOFT_NAN;
	td_soft_exponent e;
	td_soft from = td_soft_take(a, &e), root = 0, rest = 0;
	from <<= e % 2 == 0;
	for (int i = 0; i < 55; i++) {
		rest = rest << 2 | from >> 62;
		from <<= 2;
		td_soft next = root << 2 | 1, bit = rest >= next;
		rest -= bit ? next : 0;
		root = root << 1 | bit;
	}
	return td_soft_round(0, (e + (e % 2 == 0 ? 1022 : 1023)) / 2, root << 8 | (rest != 0));
}

/* Towards 0; |a| < 2^31. */
TD_SOFT int td_soft_to_int(td_soft a)
{
	td_soft_exponent e;
	td_soft m = td_soft_take(a & ~TD_SOFT_SIGN, &e);
	int size = e < 1023 ? 0 : (int)(m >> (1085 - e));
	return a & TD_SOFT_SIGN ? -size : size;
}

/* The float nearest to a number, as bits. */
TD_SOFT td_soft td_soft_to_float(td_soft a)
{
	td_soft p = a & ~TD_SOFT_SIGN, sign = a >> 63 << 31;
	td_soft_exponent e;
	td_soft m = td_soft_take(p, &e);
	if (p > TD_SOFT_INF)
		return 0x7fc00000;
	e -= 896; /* of a float */
	m = td_soft_shift(m, e < 1 ? 1 - e : 0);
	td_soft f =
		((td_soft)(e < 1 ? 0 : e - 1) << 23) + ((m + 0x3fffffffff + (m >> 39 & 1)) >> 39);
	return sign | (e > 254 ? 0x7f800000 : f);
}

#endif
