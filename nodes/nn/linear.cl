/* nn.linear: the product, and then bias and activation over each block. */
#include "tandem.clh"

#include "linear.h"
#include "td_math.h"
#include "td_product_stored.h"

/* A sum with its bias, activated; one number and 16. GELU of z */
#define ACTIVATE(T, V, GELU1, GELU)                                                            \
	static inline T linear_act_##T(T z, int act)                                           \
	{                                                                                      \
		if (act == LINEAR_RELU)                                                        \
			return z < 0 ? 0 : z;                                                  \
		return act == LINEAR_GELU ? GELU1 : z;                                         \
	}                                                                                      \
	static inline V linear_act_##V(V z, int act)                                           \
	{                                                                                      \
		if (act == LINEAR_RELU)                                                        \
			z = select(z, (V)(0), z < (V)(0));                                     \
		if (act == LINEAR_GELU)                                                        \
			z = GELU;                                                              \
		return z;                                                                      \
	}                                                                                      \
	static inline void linear_block_##T(__global T *c, td_block p, __global const T *bias, \
	                                    int column, int act, int biased)                   \
	{                                                                                      \
		for (int r = 0; r < p.m; r++, c += p.ldc) {                                    \
			int j = 0;                                                             \
			for (; j + 16 <= p.n; j += 16) {                                       \
				V z = vload16(0, c + j);                                       \
				if (biased)                                                    \
					z += vload16(0, bias + column + j);                    \
				vstore16(linear_act_##V(z, act), 0, c + j);                    \
			}                                                                      \
			for (; j < p.n; j++)                                                   \
				c[j] = linear_act_##T(                                         \
					biased ? c[j] + bias[column + j] : c[j], act);         \
		}                                                                              \
	}

ACTIVATE(float, float16, 0.5f * z * td_erfc(z * -0.70710678f),
         (float16)(0.5f) * z * td_erfc_x16(z * (float16)(-0.70710678f)))

#ifdef TD_FP64
static inline double16 linear_gelu_double(double16 z)
{
	double16 e;
	e.lo = td_erf_f64_x8(z.lo * 0.70710678118654752);
	e.hi = td_erf_f64_x8(z.hi * 0.70710678118654752);
	return (double16)(0.5) * z * ((double16)(1) + e);
}
ACTIVATE(double, double16, 0.5 * z * (1 + td_erf_f64(z * 0.70710678118654752)), linear_gelu_double(z))
#endif

/* A block of floats whose bias is stored as f16 or bf16. */
static inline void linear_block_stored(float *c, td_block p, __global const ushort *bias, int column,
                                       int kind, int act, int biased)
{
	for (int j = 0; j < p.n; j += 16) {
		float16 add = biased ? td_stored_load(bias, column + j, p.n - j, kind) : (float16)(0);
		for (int r = 0; r < p.m; r++) {
			float16 z = td_vload(c + r * TD_PANEL + j);
			td_vstore(linear_act_float16(biased ? z + add : z, act), c + r * TD_PANEL + j);
		}
	}
}

#undef ACTIVATE

#define KERNEL(type) nn_linear_##type
#define EXTRA(S) , __global const S *restrict bias, int act, int biased
#define AFTER(T, c, p, column) linear_block_##T(c, p, bias, column, act, biased)
#define AFTER_STORED(sum, p, column, kind) linear_block_stored(sum, p, bias, column, kind, act, biased)
#define ONE(T, x, column) linear_act_##T(biased ? (x) + GET(bias, column) : (x), act)
#include "td_matmul_kernels_body.h"
