/* tensor.uniform, normal, randint: random numbers that depend on seed, stream and place only.
 *
 *   -> y [rows columns]
 *
 *   uniform  lo + (hi - lo) u, u = td_uniform(seed, stream, i), rounded once
 *   normal   mean + sd z, z = td_normal(seed, stream, i), rounded once
 *   randint  lo … hi, both included: lo + td_below(seed, stream, i, hi - lo + 1)
 * i counts the elements from 0. Two uses of one seed take two streams. nodes/README.md has the source. */
#include "tandem.h"

#include "td_random.h"

#include <math.h>

typedef struct {
	int64_t rows, columns, seed, stream;
	double a, b;    /* uniform: lo, hi; normal: mean, sd */
	int64_t lo, hi; /* randint */
} random_params;

typedef void work(const void *arg, int64_t lo, int64_t hi);

/* The two floats that kernel and native use: offset and scale. */
static void line_of(const random_params *p, bool normal, float *offset, float *scale)
{
	*offset = (float)p->a;
	*scale = (float)(normal ? p->b : p->b - p->a);
}

/* -- ref: the same random number, in double from there on ----------------------------- */

static bool ref_real(const td_call *c, bool normal)
{
	const random_params *p = c->params;
	uint64_t seed = (uint64_t)p->seed, stream = (uint64_t)p->stream;
	for (int64_t i = 0; i < td_numel(&c->out[0]); i++) {
		double x = normal ? (double)td_normal(seed, stream, (uint64_t)i)
		                  : (double)td_uniform(seed, stream, (uint64_t)i);
		double scale = normal ? p->b : p->b - p->a;
		((double *)c->out[0].data)[i] = p->a + scale * x;
		if (c->mag[0])
			c->mag[0][i] = fabs(p->a) + fabs(scale * x);
	}
	return true;
}

static bool randint_ref(const td_call *c, td_err *e)
{
	(void)e;
	const random_params *p = c->params;
	for (int64_t i = 0; i < td_numel(&c->out[0]); i++)
		((int64_t *)c->out[0].data)[i] =
			p->lo + td_below((uint64_t)p->seed, (uint64_t)p->stream, (uint64_t)i,
		                         (uint32_t)(p->hi - p->lo + 1));
	return true;
}

static bool uniform_ref(const td_call *c, td_err *e)
{
	(void)e;
	return ref_real(c, false);
}

static bool normal_ref(const td_call *c, td_err *e)
{
	(void)e;
	return ref_real(c, true);
}

/* -- native ---------------------------------------------------------------------------- */

static void uniform_work(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	const random_params *p = c->params;
	float offset, scale, *y = c->out[0].data;
	line_of(p, false, &offset, &scale);
	for (int64_t i = lo; i < hi; i++)
		y[i] = fmaf(td_uniform((uint64_t)p->seed, (uint64_t)p->stream, (uint64_t)i), scale,
		            offset);
}

static void normal_work(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	const random_params *p = c->params;
	float offset, scale, *y = c->out[0].data;
	line_of(p, true, &offset, &scale);
	for (int64_t i = lo; i < hi; i++)
		y[i] = fmaf(td_normal((uint64_t)p->seed, (uint64_t)p->stream, (uint64_t)i), scale,
		            offset);
}

static void randint_work(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	const random_params *p = c->params;
	for (int64_t i = lo; i < hi; i++)
		((int32_t *)c->out[0].data)[i] =
			(int32_t)(p->lo + td_below((uint64_t)p->seed, (uint64_t)p->stream,
		                                   (uint64_t)i, (uint32_t)(p->hi - p->lo + 1)));
}

static bool native(const td_call *c, work *w)
{
	td_parallel(c, td_numel(&c->out[0]), 2048, w, c);
	return true;
}

/* -- cl -------------------------------------------------------------------------------- */

static bool launch(const td_call *c, const char *kernel, td_arg first, td_arg second, td_err *e)
{
	const random_params *p = c->params;
	int64_t n = td_numel(&c->out[0]);
	const td_arg args[] = {TD_T(&c->out[0]), TD_L(n), TD_L(p->seed),
	                       TD_L(p->stream),  first,   second};
	return td_launch(c, kernel, (int64_t[3]){(n + 15) / 16, 1, 1}, args, TD_COUNT(args), e);
}

static bool real_cl(const td_call *c, bool normal, td_err *e)
{
	float offset, scale;
	line_of(c->params, normal, &offset, &scale);
	return launch(c, normal ? "tensor_normal" : "tensor_uniform", TD_F(offset), TD_F(scale), e);
}

#define IMPL(op, call)                                       \
	static bool op##_native(const td_call *c, td_err *e) \
	{                                                    \
		(void)e;                                     \
		return native(c, op##_work);                 \
	}                                                    \
	static bool op##_cl(const td_call *c, td_err *e)     \
	{                                                    \
		return call;                                 \
	}
IMPL(uniform, real_cl(c, false, e))
IMPL(normal, real_cl(c, true, e))
IMPL(randint, launch(c, "tensor_randint", TD_I(((const random_params *)c->params)->lo),
                     TD_I(((const random_params *)c->params)->hi -
                          ((const random_params *)c->params)->lo + 1),
                     e))

static td_cost cost(const td_call *c)
{
	return (td_cost){.flops = 20 * td_elements(&c->out[0]), .bytes = td_bytes(&c->out[0])};
}

/* -- nodes ------------------------------------------------------------------------------- */

static bool uniform_valid(const void *params, td_err *e)
{
	const random_params *p = params;
	float offset, scale;
	line_of(p, false, &offset, &scale);
	if (!(p->a <= p->b))
		return td_fail(e, TD_E_USAGE, "lo = %g is larger than hi = %g", p->a, p->b);
	return (isfinite(offset) && isfinite(scale)) ||
	       td_fail(e, TD_E_USAGE, "lo = %g to hi = %g is too wide for floats", p->a, p->b);
}

static bool normal_valid(const void *params, td_err *e)
{
	const random_params *p = params;
	return (isfinite((float)p->a) && isfinite((float)p->b)) ||
	       td_fail(e, TD_E_USAGE, "mean = %g or sd = %g is too large for floats", p->a, p->b);
}

static bool randint_valid(const void *params, td_err *e)
{
	const random_params *p = params;
	return p->lo <= p->hi || td_fail(e, TD_E_USAGE, "lo = %lld is larger than hi = %lld",
	                                 (long long)p->lo, (long long)p->hi);
}

/* clang-format off */
#define REAL(name, field, doc, def, lo) {name, NULL, doc, TD_REAL, offsetof(random_params, field), def, lo, HUGE_VAL}
#define INT(name, field, doc, def, lo, hi) {name, NULL, doc, TD_INT, offsetof(random_params, field), def, lo, hi}
#define COMMON                                                                            \
	INT("rows", rows, "rows of the result", 1, 0, 1 << 30),                           \
	INT("columns", columns, "columns of the result", TD_REQUIRED, 0, 1 << 30),        \
	INT("seed", seed, "same seed, same numbers", TD_REQUIRED, 0, 0x1p53),             \
	INT("stream", stream, "another stream, other numbers", 0, 0, 0x1p53), {0}

#define NODE(op, types, kind, terms, y_lo, y_hi, table, valid, text)                      \
	TD_DEFINE_NODE(td_tensor_##op) = {                                                \
		.abi = TD_ABI, .version = 1, .name = "tensor." #op, .doc = text,          \
		.out = (const td_port[]){{"y", types, "rows columns", NULL, "random numbers", {kind, 0, terms}, .lo = y_lo, .hi = y_hi}, {0}}, \
		.params = table, .params_size = sizeof(random_params), .validate = valid, .cost = cost, \
		.flags = TD_D3 | TD_RANDOM,                                               \
		.impls = (const td_impl[]){{"ref", TD_ON_HOST, op##_ref}, {"native", TD_ON_HOST, op##_native}, \
		                           {"cl", TD_ON_OPENCL, op##_cl, "tensor/random.cl"}, {0}}, \
	};

static const td_param uniform_params[] = {REAL("lo", a, "least number", 0, -HUGE_VAL), REAL("hi", b, "numbers are below this", 1, -HUGE_VAL), COMMON};
static const td_param normal_params[] = {REAL("mean", a, "mean", 0, -HUGE_VAL), REAL("sd", b, "standard deviation", 1, 0), COMMON};
static const td_param randint_params[] = {INT("lo", lo, "least number", 0, -(1 << 30), 1 << 30), INT("hi", hi, "largest number", TD_REQUIRED, -(1 << 30), 1 << 30), COMMON};

NODE(uniform, TD_SET_F32, TD_SUM, "3", 0, 0, uniform_params, uniform_valid, "Numbers spread evenly from lo to hi.")
NODE(normal, TD_SET_F32, TD_SUM, "3", 0, 0, normal_params, normal_valid, "Normally distributed numbers.")
NODE(randint, TD_SET_I32, TD_EXACT, NULL, 0, 0, randint_params, randint_valid, "Whole numbers from lo to hi, both included, each equally likely.")
/* clang-format on */
