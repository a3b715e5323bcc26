/* tensor.abs, neg, sqrt, exp …: functions of one tensor, element by element.
 *
 *   x [...] -> y [...]   y_i = f(x_i)
 *
 * Functions come from td_math.h, whose errors are in nodes/README.md. Functions with numbers:
 *   affine       x mul + add, rounded once; mul and add are rounded to the dtype first
 *   clamp        lo … hi; NaN stays
 *   gelu         x (1 + erf(x / sqrt 2)) / 2; f32 by erfc, which keeps small results exact
 *   hard_swish   x (min(max(x + 3, 0), 6) / 6) */
#include "tandem.h"

#include "td_math.h"
#include "unary.h"

#include <math.h>

typedef struct {
	double p, q; /* affine: mul, add; clamp: lo, hi */
} unary_params;

/* Nodes without parameters have no struct. */
static unary_params params_of(const td_call *c)
{
	return c->params ? *(const unary_params *)c->params : (unary_params){0};
}

/* -- ref --------------------------------------------------------------------- */

static double ref_math(int op, double x)
{
	switch (op) {
	case TENSOR_RECIPROCAL:
		return 1 / x;
	case TENSOR_SQRT:
		return sqrt(x);
	case TENSOR_RSQRT:
		return 1 / sqrt(x);
	case TENSOR_EXP:
		return exp(x);
	case TENSOR_LOG:
		return log(x);
	case TENSOR_TANH:
		return tanh(x);
	case TENSOR_SIGMOID:
		return 1 / (1 + exp(-x));
	case TENSOR_SILU:
		return x / (1 + exp(-x));
	case TENSOR_SIN:
		return sin(x);
	case TENSOR_COS:
		return cos(x);
	case TENSOR_ERF:
		return erf(x);
	case TENSOR_GELU:
	default:
		return x * erfc(-x / sqrt(2)) / 2;
	}
}

static double ref_of(int op, double x, unary_params k)
{
	switch (op) {
	case TENSOR_ABS:
		return fabs(x);
	case TENSOR_NEG:
		return -x;
	case TENSOR_SIGN:
		return x > 0 ? 1 : x < 0 ? -1 : x;
	case TENSOR_SQUARE:
		return x * x;
	case TENSOR_FLOOR:
		return floor(x);
	case TENSOR_ROUND:
		return rint(x);
	case TENSOR_RELU:
		return x < 0 ? 0 : x;
	case TENSOR_AFFINE:
		return x * k.p + k.q;
	case TENSOR_CLAMP:
		return x < k.p ? k.p : x > k.q ? k.q : x;
	case TENSOR_HARD_SWISH:
		return x * ((x + 3 < 0 ? 0 : x + 3 > 6 ? 6 : x + 3) / 6);
	default:
		return ref_math(op, x);
	}
}

/* Sum of |terms|, where a result is one: 1 for all others, which have no use for it. */
static double ref_mag(int op, double x, unary_params k)
{
	switch (op) {
	case TENSOR_AFFINE:
		return fabs(x * k.p) + fabs(k.q);
	case TENSOR_HARD_SWISH:
		return fabs(x) * (fabs(x) + 3) / 6;
	case TENSOR_SILU: /* a sigmoid below 2^-126 has few bits */
		return fabs(x) * (1 / (1 + exp(-x)) + 0x1p-126);
	case TENSOR_GELU:
		return fabs(x);
	default:
		return 1;
	}
}

static bool ref(const td_call *c, int op)
{
	const double *x = c->in[0].data;
	double *y = c->out[0].data;
	unary_params k = params_of(c);
	for (int64_t i = 0; i < td_numel(&c->in[0]); i++) {
		y[i] = ref_of(op, x[i], k);
		if (c->mag[0])
			c->mag[0][i] = ref_mag(op, x[i], k);
	}
	return true;
}

static bool ref_is(const td_call *c, int op)
{
	const double *x = c->in[0].data;
	for (int64_t i = 0; i < td_numel(&c->in[0]); i++)
		((int64_t *)c->out[0].data)[i] = op == TENSOR_IS_NAN ? isnan(x[i]) : isfinite(x[i]);
	return true;
}

/* -- native ------------------------------------------------------------------ */

#define LOOP(name, T, R, EXPR)                                                \
	static void name(const void *arg, int64_t lo, int64_t hi)             \
	{                                                                     \
		const td_call *c = arg;                                       \
		const unary_params k = params_of(c);                          \
		const T *restrict in = c->in[0].data, p = (T)k.p, q = (T)k.q; \
		R *restrict y = c->out[0].data;                               \
		(void)p;                                                      \
		(void)q;                                                      \
		for (int64_t i = lo; i < hi; i++) {                           \
			const T x = in[i];                                    \
			y[i] = (R)(EXPR);                                     \
		}                                                             \
	}

#define CLAMPED(x, p, q) ((x) < (p) ? (p) : (x) > (q) ? (q) : (x))

/* S: suffix of td_math.h, F: of C's functions. */
#define LOOPS(T, D, S, F)                                         \
	LOOP(abs_##D, T, T, fabs##F(x))                           \
	LOOP(neg_##D, T, T, -x)                                   \
	LOOP(sign_##D, T, T, x > 0 ? 1 : x < 0 ? -1 : x)          \
	LOOP(square_##D, T, T, x *x)                              \
	LOOP(floor_##D, T, T, floor##F(x))                        \
	LOOP(round_##D, T, T, rint##F(x))                         \
	LOOP(relu_##D, T, T, x < 0 ? 0 : x)                       \
	LOOP(affine_##D, T, T, fma##F(x, p, q))                   \
	LOOP(clamp_##D, T, T, CLAMPED(x, p, q))                   \
	LOOP(hard_swish_##D, T, T, x *(CLAMPED(x + 3, 0, 6) / 6)) \
	LOOP(reciprocal_##D, T, T, 1 / x)                         \
	LOOP(sqrt_##D, T, T, td_sqrt##S(x))                       \
	LOOP(rsqrt_##D, T, T, td_rsqrt##S(x))                     \
	LOOP(exp_##D, T, T, td_exp##S(x))                         \
	LOOP(log_##D, T, T, td_log##S(x))                         \
	LOOP(tanh_##D, T, T, td_tanh##S(x))                       \
	LOOP(sigmoid_##D, T, T, td_sigmoid##S(x))                 \
	LOOP(silu_##D, T, T, x *td_sigmoid##S(x))                 \
	LOOP(sin_##D, T, T, td_sin##S(x))                         \
	LOOP(cos_##D, T, T, td_cos##S(x))                         \
	LOOP(erf_##D, T, T, td_erf##S(x))                         \
	LOOP(is_finite_##D, T, uint8_t, isfinite(x))              \
	LOOP(is_nan_##D, T, uint8_t, isnan(x))

LOOPS(float, f32, , f)
LOOPS(double, f64, _f64, )
LOOP(gelu_f32, float, float, 0.5f * x * td_erfc(x * -0.70710678f))
LOOP(gelu_f64, double, double, 0.5 * x * (1 + td_erf_f64(x * 0.70710678118654752)))

static bool native(const td_call *c, void (*f32)(const void *, int64_t, int64_t),
                   void (*f64)(const void *, int64_t, int64_t))
{
	td_parallel(c, td_numel(&c->in[0]), 8192, c->in[0].dtype == TD_F32 ? f32 : f64, c);
	return true;
}

/* -- cl ---------------------------------------------------------------------- */

static bool cl(const td_call *c, int op, td_err *e)
{
	int64_t n = td_numel(&c->in[0]);
	bool single = c->in[0].dtype == TD_F32;
	unary_params k = params_of(c);
	const td_arg args[] = {TD_T(&c->in[0]),
	                       TD_T(&c->out[0]),
	                       TD_L(n),
	                       TD_I(op),
	                       single ? TD_F(k.p) : TD_D(k.p),
	                       single ? TD_F(k.q) : TD_D(k.q)};
	return td_launch(c, single ? "tensor_unary_float" : "tensor_unary_double",
	                 (int64_t[3]){(n + 15) / 16, 1, 1}, args, TD_COUNT(args), e);
}

static bool cl_is(const td_call *c, int op, td_err *e)
{
	int64_t n = td_numel(&c->in[0]);
	const td_arg args[] = {TD_T(&c->in[0]), TD_T(&c->out[0]), TD_L(n), TD_I(op)};
	return td_launch(c, c->in[0].dtype == TD_F32 ? "tensor_is_float" : "tensor_is_double",
	                 (int64_t[3]){(n + 15) / 16, 1, 1}, args, TD_COUNT(args), e);
}

static td_cost cost(const td_call *c)
{
	return (td_cost){.flops = td_elements(&c->in[0]),
	                 .bytes = td_bytes(&c->in[0]) + td_bytes(&c->out[0])};
}

/* Functions of td_math.h: about 20 operations. */
static td_cost cost_math(const td_call *c)
{
	td_cost k = cost(c);
	k.flops *= 20;
	return k;
}

/* -- nodes -------------------------------------------------------------------- */

static bool clamp_valid(const void *params, td_err *e)
{
	const unary_params *k = params;
	return k->p <= k->q || td_fail(e, TD_E_USAGE, "lo = %g is larger than hi = %g", k->p, k->q);
}

/* clang-format off */
static const td_param affine_params[] = {
	{"mul", NULL, "factor", TD_REAL, offsetof(unary_params, p), 1, -HUGE_VAL, HUGE_VAL},
	{"add", NULL, "added behind it", TD_REAL, offsetof(unary_params, q), 0, -HUGE_VAL, HUGE_VAL},
	{0},
};
static const td_param clamp_params[] = {
	{"lo", NULL, "least result", TD_REAL, offsetof(unary_params, p), -HUGE_VAL, -HUGE_VAL, HUGE_VAL},
	{"hi", NULL, "largest result", TD_REAL, offsetof(unary_params, q), HUGE_VAL, -HUGE_VAL, HUGE_VAL},
	{0},
};
/* clang-format on */

#define IMPLS(op, OP, ref, cl)                                                                \
	static bool op##_ref(const td_call *c, td_err *e)                                     \
	{                                                                                     \
		(void)e;                                                                      \
		return ref(c, OP);                                                            \
	}                                                                                     \
	static bool op##_native(const td_call *c, td_err *e)                                  \
	{                                                                                     \
		(void)e;                                                                      \
		return native(c, op##_f32, op##_f64);                                         \
	}                                                                                     \
	static bool op##_cl(const td_call *c, td_err *e)                                      \
	{                                                                                     \
		return cl(c, OP, e);                                                          \
	}                                                                                     \
	static const td_impl op##_impls[] = {                                                 \
		{"ref", TD_ON_HOST, op##_ref},                                                \
		{"native", TD_ON_HOST, op##_native},                                          \
		{"cl", TD_ON_OPENCL, op##_cl, "tensor/unary.cl", .needs_wide = TD_NEEDS_F64}, \
		{0},                                                                          \
	};

/* A row: units of x and y; closeness, its ulps and terms; range of x and y (0, 0: none). */
#define NODE(op, unit_x, out_dtypes, unit_y, kind, ulp, terms, x_lo, x_hi, y_lo, y_hi, cost_of,   \
             ...)                                                                                 \
	TD_DEFINE_NODE(td_tensor_##op) = {                                                        \
		.abi = TD_ABI,                                                                    \
		.version = 1,                                                                     \
		.name = "tensor." #op,                                                            \
		.in = (const td_port[]){{"x", TD_SET_FLOAT, "...", unit_x, "numbers", .lo = x_lo, \
	                                 .hi = x_hi},                                             \
	                                {0}},                                                     \
		.out = (const td_port[]){{"y",                                                    \
	                                  out_dtypes,                                             \
	                                  "...",                                                  \
	                                  unit_y,                                                 \
	                                  "the results",                                          \
	                                  {kind, ulp, terms},                                     \
	                                  .lo = y_lo,                                             \
	                                  .hi = y_hi},                                            \
	                                 {0}},                                                    \
		.cost = cost_of,                                                                  \
		.flags = TD_D3,                                                                   \
		.impls = op##_impls,                                                              \
		__VA_ARGS__};

#define FUNCTION(op, OP, unit_x, unit_y, kind, ulp, terms, x_lo, x_hi, y_lo, y_hi, cost_of, ...)  \
	IMPLS(op, OP, ref, cl)                                                                    \
	NODE(op, unit_x, TD_SET_FLOAT, unit_y, kind, ulp, terms, x_lo, x_hi, y_lo, y_hi, cost_of, \
	     __VA_ARGS__)
#define QUESTION(op, OP, text)       \
	IMPLS(op, OP, ref_is, cl_is) \
	NODE(op, "?a", TD_SET_U8, NULL, TD_EXACT, 0, NULL, 0, 0, 0, 1, cost, .doc = text)

#define INF HUGE_VAL
#define TINY 0x1p-1074 /* the least number above 0 */

/* clang-format off */
FUNCTION(abs, TENSOR_ABS, "?a", "?a", TD_EXACT, 0, NULL, 0, 0, 0, INF, cost, .doc = "|x|.")
FUNCTION(neg, TENSOR_NEG, "?a", "?a", TD_EXACT, 0, NULL, 0, 0, 0, 0, cost, .doc = "-x.")
FUNCTION(sign, TENSOR_SIGN, "?a", NULL, TD_EXACT, 0, NULL, 0, 0, -1, 1, cost, .doc = "1 above 0, -1 below, else x itself: 0, -0 or NaN.")
FUNCTION(square, TENSOR_SQUARE, "?a", "?a^2", TD_EXACT, 0, NULL, 0, 0, 0, INF, cost, .doc = "x^2.")
FUNCTION(floor, TENSOR_FLOOR, "?a", "?a", TD_EXACT, 0, NULL, 0, 0, 0, 0, cost, .doc = "The largest whole number that is no larger.")
FUNCTION(round, TENSOR_ROUND, "?a", "?a", TD_EXACT, 0, NULL, 0, 0, 0, 0, cost, .doc = "The nearest whole number, of two the even one.")
FUNCTION(relu, TENSOR_RELU, "?a", "?a", TD_EXACT, 0, NULL, 0, 0, 0, INF, cost, .doc = "x, but 0 where x < 0; NaN stays.")
FUNCTION(affine, TENSOR_AFFINE, "?a", "?a", TD_SUM, 0, "2", 0, 0, 0, 0, cost, .doc = "x mul + add, rounded once; mul and add are rounded to the dtype of x first.",
         .params = affine_params, .params_size = sizeof(unary_params))
FUNCTION(clamp, TENSOR_CLAMP, "?a", "?a", TD_EXACT, 0, NULL, 0, 0, 0, 0, cost, .doc = "x, but no less than lo and no more than hi; NaN stays.",
         .params = clamp_params, .params_size = sizeof(unary_params), .validate = clamp_valid)
FUNCTION(hard_swish, TENSOR_HARD_SWISH, "1", "1", TD_SUM, 0, "4", 0, 0, 0, 0, cost, .doc = "x min(max(x + 3, 0), 6) / 6.")
FUNCTION(reciprocal, TENSOR_RECIPROCAL, "?a", "1/?a", TD_ULP, 2.5, NULL, 0, 0, 0, 0, cost, .doc = "1 / x.")
FUNCTION(sqrt, TENSOR_SQRT, "?a", "?a^0.5", TD_ULP, 3, NULL, 0, INF, 0, INF, cost, .doc = "The square root; NaN below 0.")
FUNCTION(rsqrt, TENSOR_RSQRT, "?a", "?a^-0.5", TD_ULP, 4, NULL, 0, INF, 0, 0, cost, .doc = "1 / sqrt(x); Inf at 0, NaN below.")
FUNCTION(exp, TENSOR_EXP, "1", "1", TD_ULP, 2, NULL, 0, 0, 0, INF, cost_math, .doc = "e to the power of x.")
FUNCTION(log, TENSOR_LOG, "1", "1", TD_ULP, 2, NULL, TINY, INF, 0, 0, cost_math, .doc = "The natural logarithm; -Inf at 0, NaN below.")
FUNCTION(tanh, TENSOR_TANH, "1", "1", TD_ULP, 2, NULL, 0, 0, -1, 1, cost_math, .doc = "The hyperbolic tangent.")
FUNCTION(sigmoid, TENSOR_SIGMOID, "1", "1", TD_ULP, 2, NULL, 0, 0, 0, 1, cost_math, .doc = "1 / (1 + e^-x).")
FUNCTION(silu, TENSOR_SILU, "1", "1", TD_SUM, 0, "4", 0, 0, 0, 0, cost_math, .doc = "x / (1 + e^-x).")
FUNCTION(sin, TENSOR_SIN, "1", "1", TD_ULP, 2, NULL, 0, 0, -1, 1, cost_math, .doc = "The sine of x radians.")
FUNCTION(cos, TENSOR_COS, "1", "1", TD_ULP, 2, NULL, 0, 0, -1, 1, cost_math, .doc = "The cosine of x radians.")
FUNCTION(erf, TENSOR_ERF, "1", "1", TD_ULP, 2, NULL, 0, 0, -1, 1, cost_math, .doc = "The error function.")
FUNCTION(gelu, TENSOR_GELU, "1", "1", TD_SUM, 0, "4", 0, 0, 0, 0, cost_math, .doc = "x (1 + erf(x / sqrt 2)) / 2.")
QUESTION(is_finite, TENSOR_IS_FINITE, "1 where x is a finite number, else 0.")
QUESTION(is_nan, TENSOR_IS_NAN, "1 where x is NaN, else 0.")
/* clang-format on */
