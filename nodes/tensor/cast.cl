/* tensor.cast and tensor.convert: 16 elements an item. */
#include "tandem.clh"

#include "td_half.h"
#include "vectors_cl.h"

#define CAST(FROM, TO, EXPR)                                                                       \
	__kernel TD_WG(TD_LANES) void tensor_cast_##FROM##_##TO(__global const FROM *restrict in,  \
	                                                        __global TO *restrict y, long n)   \
	{                                                                                          \
		long i = (long)get_global_id(0) * 16;                                              \
		if (i >= n)                                                                        \
			return;                                                                    \
		FROM##16 x = load_##FROM(in + i, 1, n - i);                                        \
		store_##TO(EXPR, y + i, n - i);                                                    \
	}

/* To whole numbers: towards zero, saturated; NaN becomes 0. */
CAST(float, float, x)
CAST(float, int, convert_int16_sat(select(x, (float16)(0), isnan(x))))
CAST(float, long, convert_long16_sat(select(x, (float16)(0), isnan(x))))
CAST(float, uchar, convert_uchar16_sat(select(x, (float16)(0), isnan(x))))
CAST(int, float, convert_float16_rte(x))
CAST(int, int, x)
CAST(int, long, convert_long16(x))
CAST(int, uchar, convert_uchar16_sat(x))
CAST(long, float, convert_float16_rte(x))
CAST(long, int, convert_int16_sat(x))
CAST(long, long, x)
CAST(long, uchar, convert_uchar16_sat(x))
CAST(uchar, float, convert_float16(x))
CAST(uchar, int, convert_int16(x))
CAST(uchar, long, convert_long16(x))
CAST(uchar, uchar, x)

/* 16-bit floats are bits here. */
#define HALVES(name, FROM, TO, EXPR)                                                               \
	__kernel TD_WG(TD_LANES) void tensor_cast_##name(__global const FROM *restrict in,         \
	                                                 __global TO *restrict y, long n)          \
	{                                                                                          \
		long i = (long)get_global_id(0) * 16, end = min(i + 16, n);                        \
		for (; i < end; i++) {                                                             \
			FROM x = in[i];                                                            \
			y[i] = EXPR;                                                               \
		}                                                                                  \
	}

HALVES(float_half, float, ushort, td_to_f16(x))
HALVES(float_bfloat, float, ushort, td_to_bf16(x))
HALVES(half_float, ushort, float, td_of_f16(x))
HALVES(half_half, ushort, ushort, x)
HALVES(half_bfloat, ushort, ushort, td_to_bf16(td_of_f16(x)))
HALVES(bfloat_float, ushort, float, td_of_bf16(x))
HALVES(bfloat_half, ushort, ushort, td_to_f16(td_of_bf16(x)))
HALVES(bfloat_bfloat, ushort, ushort, x)

#define CONVERT(T)                                                                                 \
	__kernel TD_WG(TD_LANES) void tensor_convert_##T(__global const T *restrict x,             \
	                                                 __global T *restrict y, long n, T factor, \
	                                                 T divisor)                                \
	{                                                                                          \
		long i = (long)get_global_id(0) * 16;                                              \
		if (i < n)                                                                         \
			store_##T(load_##T(x + i, 1, n - i) * factor / divisor, y + i, n - i);     \
	}
CONVERT(float)

#ifdef TD_FP64
CAST(float, double, convert_double16(x))
CAST(int, double, convert_double16(x))
CAST(long, double, convert_double16_rte(x))
CAST(uchar, double, convert_double16(x))
CAST(double, float, convert_float16_rte(x))
CAST(double, double, x)
CAST(double, int, convert_int16_sat(select(x, (double16)(0), isnan(x))))
CAST(double, long, convert_long16_sat(select(x, (double16)(0), isnan(x))))
CAST(double, uchar, convert_uchar16_sat(select(x, (double16)(0), isnan(x))))
CONVERT(double)
HALVES(double_half, double, ushort, td_to_f16(td_odd(x)))
HALVES(double_bfloat, double, ushort, td_to_bf16(td_odd(x)))
HALVES(half_double, ushort, double, (double)td_of_f16(x))
HALVES(bfloat_double, ushort, double, (double)td_of_bf16(x))
#endif
