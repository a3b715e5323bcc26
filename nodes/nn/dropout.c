/* nn.dropout: elements left out by chance, the others made larger by as much.
 *
 *   x [...], step [1] -> y [...]      y_i = x_i / (1 - p) where td_uniform(seed, stream 2^32 + step, i) >= p, else 0
 *
 * A mask is a function of (seed, stream, step, i): nothing is stored, the gradient draws it again, and each
 * device draws the same one. `step` counts the steps of training; each dropout of a network takes its own
 * `stream`. */
#include "tandem.h"

#include "td_random.h"

#include <math.h>

typedef struct {
	double p;
	int64_t seed, stream;
} dropout_params;

/* What kernel and native need; `step` is still to be added to the stream. */
typedef struct {
	uint64_t seed, stream;
	float p;
	double scale;
} dropout_key;

static dropout_key key_of(const td_call *c)
{
	const dropout_params *p = c->params;
	return (dropout_key){.seed = (uint64_t)p->seed,
	                     .stream = (uint64_t)p->stream << 32,
	                     .p = (float)p->p,
	                     .scale = p->p < 1 ? 1 / (1 - p->p) : 0};
}

static uint64_t step_of(const td_call *c)
{
	return c->in[1].data ? (uint64_t) * (const int64_t *)c->in[1].data & 0xffffffffu : 0;
}

static bool ref(const td_call *c, td_err *e)
{
	(void)e;
	dropout_key k = key_of(c);
	const double *x = c->in[0].data;
	for (int64_t i = 0; i < td_numel(&c->in[0]); i++) {
		bool keep = td_uniform(k.seed, k.stream | step_of(c), (uint64_t)i) >= k.p;
		((double *)c->out[0].data)[i] = keep ? x[i] * k.scale : 0;
	}
	return true;
}

#define SOME(name, T)                                                               \
	static void name(const void *arg, int64_t lo, int64_t hi)                   \
	{                                                                           \
		const td_call *c = arg;                                             \
		const dropout_key k = key_of(c);                                    \
		const uint64_t stream = k.stream | step_of(c);                      \
		const T *x = c->in[0].data, scale = (T)k.scale;                     \
		for (int64_t i = lo; i < hi; i++) {                                 \
			bool keep = td_uniform(k.seed, stream, (uint64_t)i) >= k.p; \
			((T *)c->out[0].data)[i] = keep ? x[i] * scale : 0;         \
		}                                                                   \
	}
SOME(some_f32, float)
SOME(some_f64, double)

static bool native(const td_call *c, td_err *e)
{
	(void)e;
	td_parallel(c, td_numel(&c->in[0]), 2048, c->in[0].dtype == TD_F32 ? some_f32 : some_f64,
	            c);
	return true;
}

static bool cl(const td_call *c, td_err *e)
{
	dropout_key k = key_of(c);
	int64_t n = td_numel(&c->in[0]);
	bool single = c->in[0].dtype == TD_F32;
	const td_arg args[] = {TD_T(&c->in[0]),
	                       TD_T(&c->in[1]),
	                       TD_T(&c->out[0]),
	                       TD_L(n),
	                       TD_I(c->in[1].mem != NULL),
	                       TD_L((int64_t)k.seed),
	                       TD_L((int64_t)k.stream),
	                       TD_F(k.p),
	                       single ? TD_F(k.scale) : TD_D(k.scale)};
	return td_launch(c, single ? "nn_dropout_float" : "nn_dropout_double",
	                 (int64_t[3]){(n + 15) / 16, 1, 1}, args, TD_COUNT(args), e);
}

static td_cost cost(const td_call *c)
{
	return (td_cost){.flops = 20 * td_elements(&c->in[0]),
	                 .bytes = td_bytes(&c->in[0]) + td_bytes(&c->out[0])};
}

/* clang-format off */
TD_DEFINE_NODE(td_nn_dropout) = {
	.abi = TD_ABI,
	.version = 1,
	.name = "nn.dropout",
	.doc = "Elements left out by chance, with probability p; the others are divided by 1 - p.",
	.in = (const td_port[]){{"x", TD_SET_FLOAT, "...", "?a", "numbers"},
	                        {"step", TD_SET_I64, "1", NULL, "step of training: another step, another choice", .flags = TD_OPTIONAL}, {0}},
	.out = (const td_port[]){{"y", TD_SET_FLOAT, "...", "?a", "the numbers that are left", {TD_ULP, 2}}, {0}},
	.params = (const td_param[]){
		{"p", NULL, "probability to be left out", TD_REAL, offsetof(dropout_params, p), 0.1, 0, 1},
		{"seed", NULL, "same seed, same choice", TD_INT, offsetof(dropout_params, seed), TD_REQUIRED, 0, 0x1p53},
		{"stream", NULL, "which dropout of the network", TD_INT, offsetof(dropout_params, stream), 0, 0, 2147483647}, {0}},
	.params_size = sizeof(dropout_params),
	.cost = cost,
	.flags = TD_D3 | TD_RANDOM,
	.impls = (const td_impl[]){
		{"ref", TD_ON_HOST, ref},
		{"native", TD_ON_HOST, native},
		{"cl", TD_ON_OPENCL, cl, "nn/dropout.cl", .needs_wide = TD_NEEDS_F64},
		{0}},
};
/* clang-format on */
