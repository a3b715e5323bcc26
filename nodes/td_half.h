/* td_half.h: 16-bit floats as storage, the same bits in C and OpenCL C, by integer operations.
 *
 *   td_to_f16(x), td_to_bf16(x)       the nearest, of two the even one; NaN is 0x7e00, 0x7fc0
 *   td_of_f16(h), td_of_bf16(h)       exact; NaN is 0x7fc00000
 *   td_odd(x)                         a double as the float that keeps its further rounding right: what is not
 *                                     exact gets an odd last bit (OpenCL: with TD_FP64)
 * Boldo and Melquiond, "Emulation of a FMA and correctly rounded sums", IEEE TC 2008: rounding to odd first,
 * to a format with two more bits at least, does not change the result of rounding. */
#ifndef TD_HALF_H
#define TD_HALF_H

#include "td_vectors.h"

#ifdef __OPENCL_C_VERSION__
#define HALF_INLINE static inline
typedef ushort td_h16;
typedef uint td_h32;
#else
#define HALF_INLINE static inline
typedef uint16_t td_h16;
typedef uint32_t td_h32;
#endif

HALF_INLINE td_h16 td_to_f16(float x)
{
	td_h32 bits = (td_h32)td_vbits(x), sign = (bits >> 16) & 0x8000u, a = bits & 0x7fffffffu;
	if (a > 0x7f800000u)
		return (td_h16)0x7e00;
	if (a >= 0x477ff000u) /* 65520 and more */
		return (td_h16)(sign | 0x7c00u);
	if (a < 0x38800000u) /* below 2^-14: 0.5 has its last bit at 2^-24 */
		return (td_h16)(sign | ((td_h32)td_vbits(td_vfloat((int)a) + 0.5f) - 0x3f000000u));
	a += 0xfffu + ((a >> 13) & 1u);
	return (td_h16)(sign | ((a - 0x38000000u) >> 13));
}

HALF_INLINE td_h16 td_to_bf16(float x)
{
	td_h32 bits = (td_h32)td_vbits(x);
	if ((bits & 0x7fffffffu) > 0x7f800000u)
		return (td_h16)0x7fc0;
	return (td_h16)((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

HALF_INLINE float td_of_f16(td_h16 h)
{
	td_h32 sign = ((td_h32)h & 0x8000u) << 16, a = (td_h32)h & 0x7fffu;
	if (a > 0x7c00u)
		return td_vfloat(0x7fc00000);
	if (a == 0x7c00u)
		return td_vfloat((int)(sign | 0x7f800000u));
	if (a < 0x400u) { /* a 2^-24, with its sign */
		float f = (float)a * 0x1p-24f;
		return td_vfloat((int)(sign | (td_h32)td_vbits(f)));
	}
	return td_vfloat((int)(sign | ((a << 13) + 0x38000000u)));
}

HALF_INLINE float td_of_bf16(td_h16 h)
{
	return ((td_h32)h & 0x7fffu) > 0x7f80u ? td_vfloat(0x7fc00000)
	                                       : td_vfloat((int)((td_h32)h << 16));
}

#if !defined __OPENCL_C_VERSION__ || defined TD_FP64
HALF_INLINE float td_odd(double x)
{
	float f = (float)x;
	double back = (double)f;
	int bits = td_vbits(f);
	if (!(back < x || back > x)) /* exact, or NaN */
		return f;
	if ((back < 0 ? -back : back) > (x < 0 ? -x : x))
		bits -= 1; /* towards zero */
	return td_vfloat(bits | 1);
}
#endif

#undef HALF_INLINE

#endif
