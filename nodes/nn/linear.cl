/* nn.linear: the product, and then bias and activation over each block. */
#include "tandem.clh"

#include "linear.h"
#include "td_math.h"
#include "td_product.h"

/* 16 numbers of a row of c, `left` of them; GELU of z */
#define FINISH(T, V, GELU1, GELU)                                                                  \
	static inline T linear_one_##T(T z, __global const T *bias, int column, int act, int biased) \
	{                                                                                          \
		z += biased ? bias[column] : 0;                                                    \
		if (act == LINEAR_RELU)                                                            \
			return z < 0 ? 0 : z;                                                      \
		return act == LINEAR_GELU ? GELU1 : z;                                             \
	}                                                                                          \
	static inline void linear_block_##T(__global T *c, td_block p, __global const T *bias,     \
	                                    int column, int act, int biased)                       \
	{                                                                                          \
		for (int r = 0; r < p.m; r++, c += p.ldc) {                                        \
			int j = 0;                                                                 \
			for (; j + 16 <= p.n; j += 16) {                                           \
				V z = vload16(0, c + j);                                           \
				if (biased)                                                        \
					z += vload16(0, bias + column + j);                        \
				if (act == LINEAR_RELU)                                            \
					z = select(z, (V)(0), z < (V)(0));                         \
				if (act == LINEAR_GELU)                                            \
					z = GELU;                                                  \
				vstore16(z, 0, c + j);                                             \
			}                                                                          \
			for (; j < p.n; j++)                                                       \
				c[j] = linear_one_##T(c[j], bias, column + j, act, biased);        \
		}                                                                                  \
	}

FINISH(float, float16, 0.5f * z * td_erfc(z * -0.70710678f),
       (float16)(0.5f) * z * td_erfc_x16(z * (float16)(-0.70710678f)))

#define EXTRA , __global const T *restrict bias, int act, int biased

#define KERNEL nn_linear_float
#define SLICE_OF slice_float
#define T float
#define PANEL TD_PANEL
#define PRODUCT td_product
#define AFTER(c, p, column) linear_block_float(c, p, bias, column, act, biased)
#define SUM(x, column) linear_one_float(x, bias, column, act, biased)
#include "td_matmul_body.h"
#undef KERNEL
#undef SLICE_OF
#undef T
#undef PANEL
#undef PRODUCT
#undef AFTER
#undef SUM

#ifdef TD_FP64

static inline double16 linear_gelu_double(double16 z)
{
	double16 e;
	e.lo = td_erf_f64_x8(z.lo * 0.70710678118654752);
	e.hi = td_erf_f64_x8(z.hi * 0.70710678118654752);
	return (double16)(0.5) * z * ((double16)(1) + e);
}
FINISH(double, double16, 0.5 * z * (1 + td_erf_f64(z * 0.70710678118654752)), linear_gelu_double(z))

#define KERNEL nn_linear_double
#define SLICE_OF slice_double
#define T double
#define PANEL TD_PANEL_F64
#define PRODUCT td_product_f64
#define AFTER(c, p, column) linear_block_double(c, p, bias, column, act, biased)
#define SUM(x, column) linear_one_double(x, bias, column, act, biased)
#include "td_matmul_body.h"
#undef KERNEL
#undef SLICE_OF
#undef T
#undef PANEL
#undef PRODUCT
#undef AFTER
#undef SUM
#endif
