/* attention.attention: softmax(scale q k^T + bias) v, of any number of heads, in memory that grows with T.
 *
 *   q [B H S D], k [B H T D], v [B H T E] -> out [B H S E], lse [B H S]
 *   s_ij = scale sum_d q_id k_jd + bias_ij; out_i = sum_j e^(s_ij - lse_i) v_j, lse_i = log sum_j e^s_ij
 *
 * Masked keys have e^s = 0. A query that sees no key: out 0, lse -Inf. Order of sums: attention.h. */
#include "tandem.h"

#include "attention.h"
#include "call.h"

enum { OUT, LSE, TOP, SUM };

/* -- ref --------------------------------------------------------------------- */

/* The largest score of a query; of NaN no use is made, but it comes through the exponentials. */
static double ref_most(const td_call *c, int64_t head, int64_t i, int64_t t)
{
	double most = -HUGE_VAL, mag;
	for (int64_t j = 0; j < t; j++) {
		double s = attention_ref_score(c, head, i, j, &mag);
		most = s > most ? s : most;
	}
	return most;
}

/* A value and, where it is asked for, the sum of its |terms|. */
static void ref_set(const td_call *c, int port, int64_t at, double x, double mag)
{
	((double *)c->out[port].data)[at] = x;
	if (c->mag[port])
		c->mag[port][at] = mag;
}

/* out += p v, and its |terms|: a weight is off by (1 + a) u. */
static void ref_add(const td_call *c, int64_t first, double p, double off, const double *v,
                    int64_t n)
{
	for (int64_t e = 0; e < n; e++) {
		((double *)c->out[OUT].data)[first + e] += p * v[e];
		if (c->mag[OUT])
			c->mag[OUT][first + e] += p * off * fabs(v[e]);
	}
}

/* out is divided by l; what weights that are off move is v_j - out. */
static void ref_divide(const td_call *c, int64_t first, double l, double weight, int64_t n)
{
	double *out = (double *)c->out[OUT].data + first;
	for (int64_t e = 0; e < n; e++) {
		out[e] = l > 0 ? out[e] / l : l;
		if (c->mag[OUT])
			c->mag[OUT][first + e] =
				l > 0 ? (c->mag[OUT][first + e] + weight * fabs(out[e])) / l : 0;
	}
}

static void ref_row(const td_call *c, int64_t head, int64_t i)
{
	attention_sizes z = attention_sizes_of(c);
	double top = ref_most(c, head, i, z.t), most = isinf(top) && top < 0 ? 0 : top;
	double l = 0, weight = 0, a, largest = 0;
	int64_t row = head * z.s + i;
	for (int64_t e = 0; e < z.e; e++)
		ref_set(c, OUT, row * z.e + e, 0, 0);
	for (int64_t j = 0; j < z.t; j++) {
		double p = exp(attention_ref_score(c, head, i, j, &a) - most);
		if (p <= 0) /* not NaN */
			continue;
		l += p;
		weight += p * (1 + a);
		largest = a > largest ? a : largest;
		ref_add(c, row * z.e, p, 1 + a,
		        (const double *)c->in[ATTENTION_V].data + (head * z.t + j) * z.e, z.e);
	}
	ref_divide(c, row * z.e, l, weight, z.e);
	double lse = l > 0 ? most + log(l) : l - (double)INFINITY; /* NaN stays */
	ref_set(c, LSE, row, lse, l > 0 ? weight / l + fabs(most) + fabs(lse) : 0);
	ref_set(c, TOP, row, top * 1.4426950408889634, largest * 1.5);
	ref_set(c, SUM, row, l, weight + l * largest);
}

static bool ref(const td_call *c, td_err *e)
{
	if (!attention_small(c, e))
		return false;
	for (int64_t head = 0; head < attention_heads(c); head++)
		for (int64_t i = 0; i < c->in[ATTENTION_Q].dim[2]; i++)
			ref_row(c, head, i);
	return true;
}

/* -- native ------------------------------------------------------------------ */

static int64_t tiles_of(const td_call *c)
{
	return (c->in[ATTENTION_Q].dim[2] + ATTENTION_LANES - 1) / ATTENTION_LANES;
}

/* a room, 120 KiB, lies on the stack */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wframe-larger-than="
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wstack-usage="
#endif

static void tiles(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	const attention_sizes z = attention_sizes_of(c);
	const attention_results all = {c->out[OUT].data, 0, c->out[LSE].data, c->out[TOP].data,
	                               c->out[SUM].data};
	attention_room room;
	for (int64_t i = lo; i < hi; i++) {
		int64_t head = i / tiles_of(c);
		attention_rows(attention_head_of(c, &z, head), z,
		               attention_first(z, (int)(i % tiles_of(c))),
		               attention_results_at(all, z, head), &room);
	}
}

#pragma GCC diagnostic pop

static bool native(const td_call *c, td_err *e)
{
	if (!attention_small(c, e))
		return false;
	td_parallel(c, attention_heads(c) * tiles_of(c), 1, tiles, c);
	return true;
}

/* -- cl ---------------------------------------------------------------------- */

static bool cl(const td_call *c, td_err *e)
{
	td_arg args[ATTENTION_ARGS + 4];
	if (!attention_small(c, e))
		return false;
	size_t n = attention_args(c, args);
	for (int i = OUT; i <= SUM; i++)
		args[n++] = TD_T(&c->out[i]);
	int64_t heads = attention_heads(c);
	const int64_t cpu[3] = {tiles_of(c), heads, 1};
	const int64_t gpu[3] = {(c->in[ATTENTION_Q].dim[2] + 63) / 64 * 16, 16, heads};
	static const char *const kernels[] = {"attention_forward_float", "attention_forward_half",
	                                      "attention_forward_bfloat"};
	return td_launch(c, kernels[td_stored_kind(c->in[ATTENTION_Q].dtype)],
	                 td_is_cpu(c) ? cpu : gpu, args, n, e);
}

static td_cost cost(const td_call *c)
{
	double numbers = (double)(c->in[ATTENTION_Q].dim[3] + c->in[ATTENTION_V].dim[3]);
	return (td_cost){.flops = 2 * attention_pairs(c) * numbers,
	                 .bytes = td_bytes(&c->in[ATTENTION_Q]) + td_bytes(&c->in[ATTENTION_K]) +
	                          td_bytes(&c->in[ATTENTION_V]) + td_bytes(&c->out[OUT])};
}

/* clang-format off */
TD_DEFINE_NODE(td_attention_attention) = {
	.abi = TD_ABI,
	.version = 1,
	.name = "attention.attention",
	.doc = "softmax(scale q k^T + bias) v, fused: memory grows with T, not with its square. lse is the logarithm of "
	       "the sum of exponentials. A query that sees no key gets 0 and -Inf. f16 and bf16 are storage: sums "
	       "are of floats, and so are biases.",
	.in = (const td_port[]){ATTENTION_IN(TD_SET_F32 | TD_SET_HALF), {0}},
	.out = (const td_port[]){{"out", TD_SET_F32 | TD_SET_HALF, "B H S E", NULL, "mean of v by the weights", {TD_SUM, 1, "T+D+8"}},
	                         {"lse", TD_SET_F32, "B H S", NULL, "log-sum-exp of the scores", {TD_SUM, 2, "T+D+8"}},
	                         {"top", TD_SET_F32, "B H S", NULL, "the largest score, times log2(e)", {TD_SUM, 2, "D+8"}},
	                         {"sum", TD_SET_F32, "B H S", NULL, "of e^(score - largest); with top more exact than lse", {TD_SUM, 2, "T+D+8"}}, {0}},
	.params = (const td_param[]){ATTENTION_PARAMS},
	.params_size = sizeof(attention_params),
	.cost = cost,
	.flags = TD_D3,
	.impls = (const td_impl[]){
		{"ref", TD_ON_HOST, ref},
		{"native", TD_ON_HOST, native},
		{"cl", TD_ON_OPENCL, cl, "attention/attention.cl", .local_bytes = "26112", .group = 256},
		{0}},
};
/* clang-format on */
