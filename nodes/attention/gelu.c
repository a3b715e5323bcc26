/* attention.gelu, gelu_grad: gelu in both forms, and its gradient as one step.
 *
 *   x [...] -> y [...]            erf: x (1 + erf(x / sqrt 2)) / 2
 *                                 tanh: x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2
 *   x [...], dy [...] -> dx [...] dy times the derivative at x
 *
 * Hendrycks and Gimpel 2016, "Gaussian error linear units". */
#include "tandem.h"

#include "gelu.h"

#include <math.h>

typedef struct {
	int32_t form;
} gelu_params;

static int form_of(const td_call *c)
{
	return ((const gelu_params *)c->params)->form;
}

/* -- ref --------------------------------------------------------------------- */

/* What x is multiplied by; *off: how many u of it an error of the argument costs. */
static double ref_share(double x, int form, double *off)
{
	double u = sqrt(2 / acos(-1)) * (x + 0.044715 * x * x * x);
	*off = form == GELU_ERF ? 1 : (1 + 2 * fabs(u)) / (1 + exp(-2 * u));
	return form == GELU_ERF ? erfc(-x / sqrt(2)) / 2 : 1 / (1 + exp(-2 * u));
}

static double ref_slope(double x, int form, double *off)
{
	double c = x < -40 ? -40 : x > 40 ? 40 : x, s = ref_share(c, form, off);
	double dense = form == GELU_ERF ? exp(-c * c / 2) / sqrt(2 * acos(-1))
	                                : s * (1 - s) * sqrt(8 / acos(-1)) * (1 + 0.134145 * c * c);
	*off = form == GELU_ERF
	               ? 2
	               : *off * (1 + fabs(c) * sqrt(8 / acos(-1)) * (1 + 0.134145 * c * c));
	return s + c * dense;
}

static void ref_set(const td_call *c, int64_t i, double y, double mag)
{
	((double *)c->out[0].data)[i] = y;
	if (c->mag[0])
		c->mag[0][i] = mag;
}

static bool gelu_ref(const td_call *c, td_err *e)
{
	(void)e;
	const double *x = c->in[0].data;
	for (int64_t i = 0; i < td_numel(&c->in[0]); i++) {
		double off, share = ref_share(x[i], form_of(c), &off);
		ref_set(c, i, x[i] * share, fabs(x[i]) * (off + 0x1p-126));
	}
	return true;
}

static bool gelu_grad_ref(const td_call *c, td_err *e)
{
	(void)e;
	const double *x = c->in[0].data, *dy = c->in[1].data;
	for (int64_t i = 0; i < td_numel(&c->in[0]); i++) {
		double off, slope = ref_slope(x[i], form_of(c), &off);
		ref_set(c, i, dy[i] * slope, fabs(dy[i]) * (off + 0x1p-110));
	}
	return true;
}

/* -- native ------------------------------------------------------------------ */

static void gelu_some(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	const float *x = c->in[0].data;
	float *restrict y = c->out[0].data;
	for (int64_t i = lo; i < hi && form_of(c) == GELU_ERF; i++)
		y[i] = gelu_of(x[i], GELU_ERF);
	for (int64_t i = lo; i < hi && form_of(c) == GELU_TANH; i++)
		y[i] = gelu_of(x[i], GELU_TANH);
}

static void gelu_grad_some(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	const float *x = c->in[0].data, *dy = c->in[1].data;
	float *restrict dx = c->out[0].data;
	for (int64_t i = lo; i < hi && form_of(c) == GELU_ERF; i++)
		dx[i] = dy[i] * gelu_slope(x[i], GELU_ERF);
	for (int64_t i = lo; i < hi && form_of(c) == GELU_TANH; i++)
		dx[i] = dy[i] * gelu_slope(x[i], GELU_TANH);
}

static bool gelu_native(const td_call *c, td_err *e)
{
	(void)e;
	td_parallel(c, td_numel(&c->in[0]), 4096, gelu_some, c);
	return true;
}

static bool gelu_grad_native(const td_call *c, td_err *e)
{
	(void)e;
	td_parallel(c, td_numel(&c->in[0]), 4096, gelu_grad_some, c);
	return true;
}

/* -- cl ---------------------------------------------------------------------- */

static bool gelu_cl(const td_call *c, td_err *e)
{
	int64_t n = td_numel(&c->in[0]);
	const td_arg args[] = {TD_T(&c->in[0]), TD_T(&c->out[0]), TD_L(n), TD_I(form_of(c))};
	return td_launch(c, "attention_gelu", (int64_t[3]){(n + 15) / 16, 1, 1}, args,
	                 TD_COUNT(args), e);
}

static bool gelu_grad_cl(const td_call *c, td_err *e)
{
	int64_t n = td_numel(&c->in[0]);
	const td_arg args[] = {TD_T(&c->in[0]), TD_T(&c->in[1]), TD_T(&c->out[0]), TD_L(n),
	                       TD_I(form_of(c))};
	return td_launch(c, "attention_gelu_grad", (int64_t[3]){(n + 15) / 16, 1, 1}, args,
	                 TD_COUNT(args), e);
}

static td_cost cost(const td_call *c)
{
	return (td_cost){.flops = 30 * td_elements(&c->in[0]), .bytes = 2 * td_bytes(&c->in[0])};
}

static td_cost cost_grad(const td_call *c)
{
	return (td_cost){.flops = 50 * td_elements(&c->in[0]), .bytes = 3 * td_bytes(&c->in[0])};
}

/* -- nodes ------------------------------------------------------------------- */

/* clang-format off */
static const char *const forms[] = {"erf", "tanh", NULL};
static const td_param params[] = {
	{"form", NULL, "the exact one, or that with tanh", TD_CHOICE, offsetof(gelu_params, form), 0, .choices = forms}, {0}};

#define IMPLS(op) \
	(const td_impl[]){{"ref", TD_ON_HOST, op##_ref}, {"native", TD_ON_HOST, op##_native}, \
	                  {"cl", TD_ON_OPENCL, op##_cl, "attention/gelu.cl"}, {0}}

TD_DEFINE_NODE(td_attention_gelu) = {
	.abi = TD_ABI, .version = 1, .name = "attention.gelu",
	.doc = "x times the share of the normal distribution below x, exact or by tanh.",
	.in = (const td_port[]){{"x", TD_SET_F32, "...", "1", "numbers"}, {0}},
	.out = (const td_port[]){{"y", TD_SET_F32, "...", "1", "the results", {TD_SUM, 0, "8"}}, {0}},
	.params = params, .params_size = sizeof(gelu_params), .cost = cost, .flags = TD_D3, .impls = IMPLS(gelu),
};

TD_DEFINE_NODE(td_attention_gelu_grad) = {
	.abi = TD_ABI, .version = 1, .name = "attention.gelu_grad",
	.doc = "Gradient of attention.gelu and of tensor.gelu.",
	.in = (const td_port[]){{"x", TD_SET_F32, "...", "1", "what gelu took"}, {"dy", TD_SET_F32, "...", NULL, "gradient of y"}, {0}},
	.out = (const td_port[]){{"dx", TD_SET_F32, "...", NULL, "gradient of x", {TD_SUM, 0, "8"}}, {0}},
	.params = params, .params_size = sizeof(gelu_params), .cost = cost_grad, .flags = TD_D3, .impls = IMPLS(gelu_grad),
};
/* clang-format on */
