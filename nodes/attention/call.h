/* call.h: what attention.attention and attention.attention_grad share on the host: ports, parameters, sizes
 * and heads of a call. Host only. */
#ifndef TD_NODES_ATTENTION_CALL_H
#define TD_NODES_ATTENTION_CALL_H

#include "tandem.h"

#include "attention.h"
#include "td_stored_kind.h"

#include <math.h>

typedef struct {
	double scale;
	bool causal;
} attention_params;

/* The first inputs of both nodes. */
enum { ATTENTION_Q, ATTENTION_K, ATTENTION_V, ATTENTION_KEYS, ATTENTION_MASK, ATTENTION_BIAS };

/* clang-format off */
#define ATTENTION_IN(dtypes) \
	{"q", dtypes, "B H S D", NULL, "queries"}, \
	{"k", dtypes, "B H T D", NULL, "keys"}, \
	{"v", dtypes, "B H T E", NULL, "values"}, \
	{"keys", TD_SET_U8, "B T", NULL, "0: nobody sees this key", .flags = TD_OPTIONAL}, \
	{"mask", TD_SET_U8, "1|B 1|H 1|S 1|T", NULL, "0: this query does not see this key", .flags = TD_OPTIONAL}, \
	{"bias", TD_SET_F32, "1|B 1|H 1|S 1|T", NULL, "added to the scores; -Inf masks", .flags = TD_OPTIONAL}

#define ATTENTION_PARAMS \
	{"scale", NULL, "what scores are multiplied by; 0: 1 / sqrt(D)", TD_REAL, offsetof(attention_params, scale), 0, -1e6, 1e6}, \
	{"causal", NULL, "query i sees key j only where j <= i + T - S", TD_FLAG, offsetof(attention_params, causal), 0}, {0}
/* clang-format on */

static inline double attention_scale(const td_call *c)
{
	double scale = ((const attention_params *)c->params)->scale;
	double d = (double)c->in[ATTENTION_Q].dim[3];
	return fabs(scale) > 0 ? scale : d > 0 ? 1 / sqrt(d) : 1;
}

/* 0 along axes of extent 1, whose one element is for all. */
static inline attention_steps attention_steps_of(const td_tensor *t)
{
	int64_t step[4] = {0}, s = 1;
	for (int i = 4; i-- > 0 && t->rank == 4; s *= t->dim[i])
		step[i] = t->dim[i] > 1 ? s : 0;
	return (attention_steps){step[0], step[1], step[2], step[3]};
}

static inline attention_sizes attention_sizes_of(const td_call *c)
{
	const td_tensor *q = &c->in[ATTENTION_Q], *v = &c->in[ATTENTION_V];
	return (attention_sizes){
		.heads = (int)q->dim[1],
		.s = (int)q->dim[2],
		.t = (int)v->dim[2],
		.d = (int)q->dim[3],
		.e = (int)v->dim[3],
		.causal = ((const attention_params *)c->params)->causal,
		.scale = (float)attention_scale(c),
		.c = (float)(attention_scale(c) * 1.4426950408889634),
		.mask = attention_steps_of(&c->in[ATTENTION_MASK]),
		.bias = attention_steps_of(&c->in[ATTENTION_BIAS]),
	};
}

/* All heads of all batches. */
static inline int64_t attention_heads(const td_call *c)
{
	return td_span(&c->in[ATTENTION_Q], 0, 2);
}

static inline attention_head attention_head_of(const td_call *c, const attention_sizes *z,
                                               int64_t head)
{
	return attention_head_at(
		(attention_head){c->in[ATTENTION_Q].data, c->in[ATTENTION_K].data,
	                         c->in[ATTENTION_V].data, c->in[ATTENTION_BIAS].data,
	                         c->in[ATTENTION_KEYS].data, c->in[ATTENTION_MASK].data,
	                         td_stored_kind(c->in[ATTENTION_Q].dtype)},
		*z, head);
}

/* Arguments of a kernel as ATTENTION_PARAMS_CL names them: the inputs, then the sizes. Returns how many. */
enum { ATTENTION_ARGS = 22 };

static inline size_t attention_args(const td_call *c, td_arg args[ATTENTION_ARGS])
{
	attention_sizes z = attention_sizes_of(c);
	size_t n = 0;
	for (int i = ATTENTION_Q; i <= ATTENTION_BIAS; i++)
		args[n++] = TD_T(&c->in[i]);
	const int sizes[] = {z.heads, z.s, z.t, z.d, z.e, z.causal};
	for (size_t i = 0; i < TD_COUNT(sizes); i++)
		args[n++] = TD_I(sizes[i]);
	args[n++] = TD_F(z.scale);
	args[n++] = TD_F(z.c);
	const td_i64 steps[] = {z.mask.b, z.mask.h, z.mask.i, z.mask.j,
	                        z.bias.b, z.bias.h, z.bias.i, z.bias.j};
	for (size_t i = 0; i < TD_COUNT(steps); i++)
		args[n++] = TD_L(steps[i]);
	return n;
}

/* Heads have at most 256 numbers. */
static inline bool attention_small(const td_call *c, td_err *e)
{
	static const char *const what[] = {"q and k", "v"};
	for (int i = 0; i < 2; i++) {
		int64_t d = c->in[i ? ATTENTION_V : ATTENTION_Q].dim[3];
		if (d > ATTENTION_MOST)
			return td_fail(e, TD_E_USAGE,
			               "heads of %s have %lld numbers, at most %d are possible: "
			               "use more and smaller heads",
			               what[i], (long long)d, ATTENTION_MOST);
	}
	return true;
}

/* Pairs of a query and a key it may see. */
static inline double attention_pairs(const td_call *c)
{
	double s = (double)c->in[ATTENTION_Q].dim[2], t = (double)c->in[ATTENTION_V].dim[2],
	       seen = s * t;
	int64_t heads = attention_heads(c);
	if (((const attention_params *)c->params)->causal)
		seen = s <= t ? s * (t - s) + s * (s + 1) / 2 : t * (t + 1) / 2;
	return seen * (double)heads;
}

/* -- for ref ----------------------------------------------------------------- */

/* Score of query i and key j of a head, and the sum of its |terms|; -Inf: not seen. */
static inline double attention_ref_score(const td_call *c, int64_t head, int64_t i, int64_t j,
                                         double *mag)
{
	attention_sizes z = attention_sizes_of(c);
	int64_t batch = head / z.heads, h = head % z.heads;
	const double *q = (const double *)c->in[ATTENTION_Q].data + (head * z.s + i) * z.d;
	const double *k = (const double *)c->in[ATTENTION_K].data + (head * z.t + j) * z.d;
	const int64_t *keys = c->in[ATTENTION_KEYS].data, *mask = c->in[ATTENTION_MASK].data;
	const double *bias = c->in[ATTENTION_BIAS].data;
	double sum = 0;
	*mag = 0;
	if ((keys && !keys[batch * z.t + j]) || (z.causal && j > i + z.t - z.s) ||
	    (mask && !mask[batch * z.mask.b + h * z.mask.h + i * z.mask.i + j * z.mask.j]))
		return -HUGE_VAL;
	for (int64_t d = 0; d < z.d; d++) {
		sum += q[d] * k[d];
		*mag += fabs(q[d] * k[d]);
	}
	double b = bias ? bias[batch * z.bias.b + h * z.bias.h + i * z.bias.i + j * z.bias.j] : 0;
	*mag = *mag * fabs(attention_scale(c)) + (isinf(b) ? 0 : fabs(b));
	return isinf(b) && b < 0 ? b : sum * attention_scale(c) + b;
}

#endif
