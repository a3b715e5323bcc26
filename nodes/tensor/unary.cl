/* Functions of one tensor: 16 elements an item. The function is a number, as in binary.cl. */
#include "tandem.clh"

#include "td_math.h"
#include "unary.h"
#include "vectors_cl.h"

/* y = f(x); ALL is one number in all lanes, X(f) the vector form of td_f. */
#define UNARY(V, ALL, X, GELU)                                                                     \
	switch (op) {                                                                              \
	case TENSOR_ABS:                                                                           \
		return fabs(x);                                                                    \
	case TENSOR_NEG:                                                                           \
		return -x;                                                                         \
	case TENSOR_SIGN:                                                                          \
		return select(select(x, ALL(1), x > ALL(0)), ALL(-1), x < ALL(0));                 \
	case TENSOR_SQUARE:                                                                        \
		return x * x;                                                                      \
	case TENSOR_FLOOR:                                                                         \
		return floor(x);                                                                   \
	case TENSOR_ROUND:                                                                         \
		return rint(x);                                                                    \
	case TENSOR_RELU:                                                                          \
		return select(x, ALL(0), x < ALL(0));                                              \
	case TENSOR_AFFINE:                                                                        \
		return fma(x, ALL(p), ALL(q));                                                     \
	case TENSOR_CLAMP:                                                                         \
		return select(select(x, ALL(p), x < ALL(p)), ALL(q), x > ALL(q));                  \
	case TENSOR_HARD_SWISH: {                                                                  \
		V t = x + ALL(3);                                                                  \
		t = select(t, ALL(0), t < ALL(0));                                                 \
		return x * (select(t, ALL(6), t > ALL(6)) / ALL(6));                                \
	}                                                                                          \
	case TENSOR_RECIPROCAL:                                                                    \
		return ALL(1) / x;                                                                 \
	case TENSOR_SQRT:                                                                          \
		return X(sqrt)(x);                                                                 \
	case TENSOR_RSQRT:                                                                         \
		return X(rsqrt)(x);                                                                \
	case TENSOR_EXP:                                                                           \
		return X(exp)(x);                                                                  \
	case TENSOR_LOG:                                                                           \
		return X(log)(x);                                                                  \
	case TENSOR_TANH:                                                                          \
		return X(tanh)(x);                                                                 \
	case TENSOR_SIGMOID:                                                                       \
		return X(sigmoid)(x);                                                              \
	case TENSOR_SILU:                                                                          \
		return x * X(sigmoid)(x);                                                          \
	case TENSOR_SIN:                                                                           \
		return X(sin)(x);                                                                  \
	case TENSOR_COS:                                                                           \
		return X(cos)(x);                                                                  \
	case TENSOR_ERF:                                                                           \
		return X(erf)(x);                                                                  \
	default:                                                                                   \
		return GELU;                                                                       \
	}

#define F32(c) ((float16)(c))
#define X32(f) td_##f##_x16

static inline float16 unary_float(int op, float16 x, float p, float q)
{
	UNARY(float16, F32, X32, F32(0.5f) * x * td_erfc_x16(x * F32(-0.70710678f)))
}

__kernel TD_WG(TD_LANES) void tensor_unary_float(__global const float *restrict x,
                                                 __global float *restrict y, long n, int op, float p,
                                                 float q)
{
	long i = (long)get_global_id(0) * 16;
	if (i < n)
		store_float(unary_float(op, load_float(x + i, 1, n - i), p, q), y + i, n - i);
}

/* What a number is, as 0 or 1. */
#define IS(op, x) (op == TENSOR_IS_NAN ? isnan(x) : isfinite(x))

__kernel TD_WG(TD_LANES) void tensor_is_float(__global const float *restrict x,
                                              __global uchar *restrict y, long n, int op)
{
	long i = (long)get_global_id(0) * 16;
	if (i >= n)
		return;
	float16 v = load_float(x + i, 1, n - i);
	store_uchar(convert_uchar16(IS(op, v)) & (uchar16)(1), y + i, n - i);
}

#ifdef TD_FP64

#define F64(c) ((double8)(c))
#define X64(f) td_##f##_f64_x8

static inline double8 unary_double8(int op, double8 x, double p, double q)
{
	UNARY(double8, F64, X64, F64(0.5) * x * (F64(1) + td_erf_f64_x8(x * F64(0.70710678118654752))))
}

__kernel TD_WG(TD_LANES) void tensor_unary_double(__global const double *restrict x,
                                                  __global double *restrict y, long n, int op,
                                                  double p, double q)
{
	long i = (long)get_global_id(0) * 16;
	if (i >= n)
		return;
	double16 v = load_double(x + i, 1, n - i);
	store_double((double16)(unary_double8(op, v.lo, p, q), unary_double8(op, v.hi, p, q)), y + i,
	             n - i);
}

__kernel TD_WG(TD_LANES) void tensor_is_double(__global const double *restrict x,
                                               __global uchar *restrict y, long n, int op)
{
	long i = (long)get_global_id(0) * 16;
	if (i >= n)
		return;
	double16 v = load_double(x + i, 1, n - i);
	store_uchar(convert_uchar16(IS(op, v)) & (uchar16)(1), y + i, n - i);
}

#endif
