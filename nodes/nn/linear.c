/* nn.linear: y = act(x w^T + bias), the layer of a network.
 *
 *   x [... K], w [N K], bias [N] -> y [... N]
 *
 * A sum is one chain of fma over k in ascending order (td_product.h), then bias is added, then act is
 * applied, while the block is near. The bits are those of tensor.matmul, add, and relu or gelu. f16 and bf16
 * are widened on the way in and y is rounded once: the bits are those of casts around the whole. */
#include "tandem.h"

#include "linear.h"
#include "td_blocks.h"
#include "td_math.h"

#include <math.h>

typedef struct {
	int32_t act;
} linear_params;

static int act_of(const td_call *c)
{
	return ((const linear_params *)c->params)->act;
}

static bool has_bias(const td_call *c)
{
	return c->in[2].data || c->in[2].mem;
}

static td_sizes sizes_of(const td_call *c)
{
	const td_tensor *x = &c->in[0], *w = &c->in[1];
	int64_t k = w->dim[1];
	return (td_sizes){.batch = 1,
	                  .m = td_span(x, 0, -1),
	                  .n = w->dim[0],
	                  .k = k,
	                  .a_row = k,
	                  .a_col = 1,
	                  .b_row = 1,
	                  .b_col = k};
}

/* -- ref ------------------------------------------------------------------------- */

static double act_ref(int act, double z)
{
	if (act == LINEAR_RELU)
		return z < 0 ? 0 : z;
	return act == LINEAR_GELU ? z * erfc(-z / sqrt(2)) / 2 : z;
}

static bool ref(const td_call *c, td_err *e)
{
	(void)e;
	td_sizes s = sizes_of(c);
	const double *x = c->in[0].data, *w = c->in[1].data, *bias = c->in[2].data;
	for (int64_t i = 0; i < s.m * s.n; i++) {
		int64_t row = i / s.n, column = i % s.n;
		double z = bias ? bias[column] : 0, mag = fabs(z);
		for (int64_t k = 0; k < s.k; k++) {
			z += x[row * s.k + k] * w[column * s.k + k];
			mag += fabs(x[row * s.k + k] * w[column * s.k + k]);
		}
		((double *)c->out[0].data)[i] = act_ref(act_of(c), z);
		if (c->mag[0]) /* gelu is at most 1.13 times as steep, and has a product of its own */
			c->mag[0][i] = act_of(c) == LINEAR_GELU ? 2 * mag : mag;
	}
	return true;
}

/* -- native ------------------------------------------------------------------------ */

/* bias and act over a block; bias: the block's own, or NULL */
#define FINISH(name, T, GELU)                                                 \
	static void name(T *c, td_block p, const T *bias, int act)            \
	{                                                                     \
		for (int r = 0; r < p.m; r++, c += p.ldc) {                   \
			for (int j = 0; bias && j < p.n; j++)                 \
				c[j] += bias[j];                              \
			for (int j = 0; act == LINEAR_RELU && j < p.n; j++)   \
				c[j] = c[j] < 0 ? 0 : c[j];                   \
			for (int j = 0; act == LINEAR_GELU && j < p.n; j++) { \
				T z = c[j];                                   \
				c[j] = GELU;                                  \
			}                                                     \
		}                                                             \
	}
FINISH(finish_f32, float, 0.5f * z * td_erfc(z * -0.70710678f))
FINISH(finish_f64, double, 0.5 * z * (1 + td_erf_f64(z * 0.70710678118654752)))

static void finish(const void *arg, void *c, td_block p, int64_t column)
{
	const td_call *call = arg;
	const void *bias = call->in[2].data;
	int kind = td_stored_kind(call->out[0].dtype);
	float wide[TD_PANEL] = {0};
	if (call->out[0].dtype == TD_F64) {
		finish_f64(c, p, bias ? (const double *)bias + column : NULL, act_of(call));
		return;
	}
	if (bias)
		td_stored_widen(bias, column, p.n, kind, wide);
	finish_f32(c, p, bias ? wide : NULL, act_of(call));
}

static bool native(const td_call *c, td_err *e)
{
	(void)e;
	td_blocks j = td_blocks_of(sizes_of(c), &c->in[0], &c->in[1], &c->out[0]);
	j.finish = has_bias(c) || act_of(c) ? finish : NULL;
	j.arg = c;
	td_blocks_run(c, &j);
	return true;
}

/* -- cl ------------------------------------------------------------------------------ */

static bool cl(const td_call *c, td_err *e)
{
	td_blocks j = td_blocks_of(sizes_of(c), &c->in[0], &c->in[1], &c->out[0]);
	const td_arg more[] = {TD_T(&c->in[2]), TD_I(act_of(c)), TD_I(has_bias(c) ? 1 : 0)};
	return td_blocks_launch(c, &j, "nn_linear", more, TD_COUNT(more), e);
}

static td_cost cost(const td_call *c)
{
	td_sizes s = sizes_of(c);
	double each = act_of(c) == LINEAR_GELU ? 20 : 1;
	return (td_cost){.flops = (2 * (double)s.k + each) * (double)s.m * (double)s.n,
	                 .bytes = td_bytes(&c->in[0]) + td_bytes(&c->in[1]) + td_bytes(&c->out[0])};
}

/* -- the node ------------------------------------------------------------------------- */

static const char *const acts[] = {"none", "relu", "gelu", NULL};

/* clang-format off */
TD_DEFINE_NODE(td_nn_linear) = {
	.abi = TD_ABI,
	.version = 1,
	.name = "nn.linear",
	.doc = "A linear layer, y = act(x w^T + bias), with the weights as torch keeps them. f16 and bf16 are storage: "
	       "sums are of floats.",
	.in = (const td_port[]){{"x", TD_SET_FLOAT | TD_SET_HALF, "... K", "?a", "rows"},
	                        {"w", TD_SET_FLOAT | TD_SET_HALF, "N K", "?b", "weights"},
	                        {"bias", TD_SET_FLOAT | TD_SET_HALF, "N", "?a*?b", "added to each row", .flags = TD_OPTIONAL}, {0}},
	.out = (const td_port[]){{"y", TD_SET_FLOAT | TD_SET_HALF, "... N", "?a*?b", "rows", {TD_SUM, 0, "K+5"}}, {0}},
	.params = (const td_param[]){
		{"act", NULL, "what is applied to the sums: nothing, max(z, 0), or z (1 + erf(z / sqrt 2)) / 2", TD_CHOICE,
		 offsetof(linear_params, act), LINEAR_NONE, .choices = acts}, {0}},
	.params_size = sizeof(linear_params),
	.cost = cost,
	.flags = TD_D3,
	.impls = (const td_impl[]){
		{"ref", TD_ON_HOST, ref},
		{"native", TD_ON_HOST, native},
		{"cl", TD_ON_OPENCL, cl, "nn/linear.cl", .needs_wide = TD_NEEDS_F64, .local_bytes = "16640", .group = 256},
		{0}},
};
/* clang-format on */
