/* td_f64.h: double precision in words that devices without it understand too; C and OpenCL C.
 *
 * What a node computes in double it writes in these words, not with + and *: in C, and where a device has
 * doubles, they are the operators; elsewhere they are td_soft.h, and the bits are the same. Such a node
 * needs no device with doubles. Lint builds its kernels for both.
 *
 *   td_f64, td_v8d                 a number, 8 of them
 *   td_int_f64(i) td_long_f64(i)   an integer as a number, rounded to nearest
 *   td_wide_f64(x) td_narrow_f64(a)   from and to float
 *   td_trunc_f64(a)                to int, towards 0; |a| < 2^31
 *   td_bits_f64(u)                 a constant that no integers divide to, by its bits; TD_INF_F64, TD_NAN_F64,
 *                                  TD_HALF_F64
 *   td_add_f64 td_sub_f64 td_mul_f64 td_div_f64 (a, b)   td_fma_f64(a, b, c)
 *   td_neg_f64 td_abs_f64 td_sqrt_f64 (a)
 *   td_lt_f64 td_le_f64 td_eq_f64 (a, b)   false with a NaN
 *   td_vadd_f64 td_vsub_f64 td_vmul_f64 td_vfma_f64 td_vneg_f64 …   of 8, like td_vectors.h */
#ifndef TD_F64_H
#define TD_F64_H

#include "td_vectors.h"

#define TD_INF_F64 td_bits_f64(0x7ff0000000000000u)
#define TD_NAN_F64 td_bits_f64(0x7ff8000000000000u)
#define TD_HALF_F64 td_bits_f64(0x3fe0000000000000u)

#if defined __OPENCL_C_VERSION__ && !defined TD_FP64

#include "td_soft.h"

/* structs, so that no operator takes them by mistake */
typedef struct {
	ulong bits;
} td_f64;

typedef struct {
	ulong8 bits;
} td_v8d;

#define TD_F64(u) ((td_f64){u})
#define TD_V8D(u) ((td_v8d){u})

TD_VINLINE td_f64 td_bits_f64(ulong u)
{
	return TD_F64(u);
}

TD_VINLINE td_f64 td_int_f64(int i)
{
	return TD_F64(td_soft_from_int(i));
}

TD_VINLINE td_f64 td_long_f64(long i)
{
	return TD_F64(td_soft_from_int(i));
}

TD_VINLINE td_f64 td_wide_f64(float x)
{
	return TD_F64(td_soft_from_float(as_uint(x)));
}

TD_VINLINE float td_narrow_f64(td_f64 a)
{
	return as_float((uint)td_soft_to_float(a.bits));
}

TD_VINLINE int td_trunc_f64(td_f64 a)
{
	return td_soft_to_int(a.bits);
}

TD_VINLINE td_f64 td_add_f64(td_f64 a, td_f64 b)
{
	return TD_F64(td_soft_add(a.bits, b.bits));
}

TD_VINLINE td_f64 td_sub_f64(td_f64 a, td_f64 b)
{
	return TD_F64(td_soft_add(a.bits, td_soft_neg(b.bits)));
}

TD_VINLINE td_f64 td_mul_f64(td_f64 a, td_f64 b)
{
	return TD_F64(td_soft_mul(a.bits, b.bits));
}

TD_VINLINE td_f64 td_div_f64(td_f64 a, td_f64 b)
{
	return TD_F64(td_soft_div(a.bits, b.bits));
}

TD_VINLINE td_f64 td_fma_f64(td_f64 a, td_f64 b, td_f64 c)
{
	return TD_F64(td_soft_fma(a.bits, b.bits, c.bits));
}

TD_VINLINE td_f64 td_neg_f64(td_f64 a)
{
	return TD_F64(td_soft_neg(a.bits));
}

TD_VINLINE td_f64 td_abs_f64(td_f64 a)
{
	return TD_F64(td_soft_abs(a.bits));
}

TD_VINLINE td_f64 td_sqrt_f64(td_f64 a)
{
	return TD_F64(td_soft_sqrt(a.bits));
}

TD_VINLINE bool td_lt_f64(td_f64 a, td_f64 b)
{
	return td_soft_less(a.bits, b.bits) != 0;
}

TD_VINLINE bool td_eq_f64(td_f64 a, td_f64 b)
{
	return td_soft_key(a.bits) == td_soft_key(b.bits) && td_soft_abs(a.bits) <= TD_SOFT_INF;
}

TD_VINLINE bool td_le_f64(td_f64 a, td_f64 b)
{
	return td_lt_f64(a, b) || td_eq_f64(a, b);
}

#define td_vload_f64(p) TD_V8D(vload8(0, &(p)->bits))
#define td_vstore_f64(v, p) vstore8((v).bits, 0, &(p)->bits)
#define td_vwiden(p) TD_V8D(td_soft_from_float_x8(convert_ulong8(as_uint8(vload8(0, p)))))

TD_VINLINE td_v8d td_vall_f64(td_f64 x)
{
	return TD_V8D((ulong8)(x.bits));
}

TD_VINLINE td_v8d td_vadd_f64(td_v8d a, td_v8d b)
{
	return TD_V8D(td_soft_add_x8(a.bits, b.bits));
}

TD_VINLINE td_v8d td_vsub_f64(td_v8d a, td_v8d b)
{
	return TD_V8D(td_soft_add_x8(a.bits, td_soft_neg_x8(b.bits)));
}

TD_VINLINE td_v8d td_vmul_f64(td_v8d a, td_v8d b)
{
	return TD_V8D(td_soft_mul_x8(a.bits, b.bits));
}

TD_VINLINE td_v8d td_vneg_f64(td_v8d a)
{
	return TD_V8D(td_soft_neg_x8(a.bits));
}

TD_VINLINE td_v8d td_vfma_f64(td_v8d a, td_v8d b, td_v8d c)
{
	return TD_V8D(td_soft_fma_x8(a.bits, b.bits, c.bits));
}

TD_VINLINE td_v8d td_vsmaller_f64(td_v8d a, td_v8d b)
{
	return TD_V8D(td_soft_less_x8(a.bits, b.bits) ? a.bits : b.bits);
}

TD_VINLINE td_v8d td_vlarger_f64(td_v8d a, td_v8d b)
{
	return TD_V8D(td_soft_less_x8(a.bits, b.bits) ? b.bits : a.bits);
}

#undef TD_F64

#else

#include "td_math.h"

typedef double td_f64;

TD_VINLINE double td_bits_f64(td_u64 u)
{
#ifdef __OPENCL_C_VERSION__
	return as_double(u);
#else
	double x;
	memcpy(&x, &u, sizeof x);
	return x;
#endif
}

TD_VINLINE double td_int_f64(int i)
{
	return (double)i;
}

TD_VINLINE double td_long_f64(td_i64 i)
{
	return (double)i;
}

TD_VINLINE double td_wide_f64(float x)
{
	return (double)x;
}

TD_VINLINE float td_narrow_f64(double a)
{
	return (float)a;
}

TD_VINLINE int td_trunc_f64(double a)
{
	return (int)a;
}

TD_VINLINE double td_add_f64(double a, double b)
{
	return a + b;
}

TD_VINLINE double td_sub_f64(double a, double b)
{
	return a - b;
}

TD_VINLINE double td_mul_f64(double a, double b)
{
	return a * b;
}

TD_VINLINE double td_div_f64(double a, double b)
{
	return a / b;
}

TD_VINLINE double td_fma_f64(double a, double b, double c)
{
	return fma(a, b, c);
}

TD_VINLINE double td_neg_f64(double a)
{
	return -a;
}

TD_VINLINE double td_abs_f64(double a)
{
	return fabs(a);
}

TD_VINLINE bool td_lt_f64(double a, double b)
{
	return a < b;
}

TD_VINLINE bool td_le_f64(double a, double b)
{
	return a <= b;
}

TD_VINLINE bool td_eq_f64(double a, double b)
{
	return a <= b && b <= a; /* == of doubles is warned of */
}

TD_VINLINE td_v8d td_vadd_f64(td_v8d a, td_v8d b)
{
	return a + b;
}

TD_VINLINE td_v8d td_vsub_f64(td_v8d a, td_v8d b)
{
	return a - b;
}

TD_VINLINE td_v8d td_vmul_f64(td_v8d a, td_v8d b)
{
	return a * b;
}

TD_VINLINE td_v8d td_vneg_f64(td_v8d a)
{
	return -a;
}

#endif
#endif
