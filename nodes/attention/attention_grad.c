/* attention.attention_grad: gradients of attention.attention, in memory that grows with T.
 *
 *   q k v keys mask bias as there; out [B H S E], top, sum [B H S]: what it made; dout [B H S E], dlse [B H S]
 *   -> dq [B H S D], dk [B H T D], dv [B H T E], dbias [B H S T] with bias_too
 *
 * p_ij = 2^(s_ij log2(e) - top_i) / sum_i; ds_ij = p_ij (sum_e dout_ie v_je - delta_i), delta_i = sum_e dout_ie out_ie - dlse_i;
 * dv_j = sum_i p_ij dout_i, dk_j = scale sum_i ds_ij q_i, dq_i = scale sum_j ds_ij k_j. Scores are made again.
 * Dao, Fu, Ermon, Rudra, Ré 2022, "FlashAttention", appendix B. Order of sums: grad.h. */
#include "tandem.h"

#include "call.h"
#include "grad.h"

enum { OUT = ATTENTION_BIAS + 1, TOP, SUM, DOUT, DLSE };
enum { DQ, DK, DV, DBIAS };
enum { ROW, SCALED, WIDE }; /* scratch */

typedef struct {
	attention_params attention; /* first: what attention.attention has */
	bool bias_too;
} grad_params;

static bool bias_too(const td_call *c)
{
	return ((const grad_params *)c->params)->bias_too;
}

/* -- ref --------------------------------------------------------------------- */

/* delta of a query, and the sum of its |terms|. */
static double ref_delta(const td_call *c, int64_t row, int64_t n, double *mag)
{
	const double *dout = (const double *)c->in[DOUT].data + row * n;
	const double *out = (const double *)c->in[OUT].data + row * n, *dlse = c->in[DLSE].data;
	double sum = dlse ? -dlse[row] : 0;
	*mag = fabs(sum);
	for (int64_t e = 0; e < n; e++) {
		sum += dout[e] * out[e];
		*mag += fabs(dout[e] * out[e]);
	}
	return sum;
}

/* to += factor x, and its |terms|. */
static void ref_add(double *to, double *mag, double factor, double off, const double *x, int64_t n)
{
	for (int64_t d = 0; d < n; d++) {
		to[d] += factor * x[d];
		if (mag)
			mag[d] += off * fabs(x[d]);
	}
}

static double *at(double *x, int64_t i)
{
	return x ? x + i : NULL;
}

/* What query i and key j of a head add to the gradients. */
static void ref_pair(const td_call *c, int64_t head, int64_t i, int64_t j, double delta,
                     double delta_mag)
{
	attention_sizes z = attention_sizes_of(c);
	int64_t row = head * z.s + i, key = head * z.t + j;
	const double *q = (const double *)c->in[ATTENTION_Q].data + row * z.d;
	const double *k = (const double *)c->in[ATTENTION_K].data + key * z.d;
	const double *v = (const double *)c->in[ATTENTION_V].data + key * z.e;
	const double *dout = (const double *)c->in[DOUT].data + row * z.e;
	double top = ((const double *)c->in[TOP].data)[row],
	       sum = ((const double *)c->in[SUM].data)[row];
	double a, dp = 0, dp_mag = 0, scale = attention_scale(c);
	double s = attention_ref_score(c, head, i, j, &a);
	double p = isinf(s) && s < 0 ? 0 : exp2(s * 1.4426950408889634 - top) / sum;
	if (p <= 0) /* not NaN */
		return;
	for (int64_t e = 0; e < z.e; e++) {
		dp += dout[e] * v[e];
		dp_mag += fabs(dout[e] * v[e]);
	}
	/* p is off by (1 + a) u */
	double off = 1 + a, ds = p * (dp - delta);
	double ds_off = p * (off * fabs(dp - delta) + dp_mag + delta_mag);
	ref_add((double *)c->out[DV].data + key * z.e, at(c->mag[DV], key * z.e), p, p * off, dout,
	        z.e);
	ref_add((double *)c->out[DK].data + key * z.d, at(c->mag[DK], key * z.d), scale * ds,
	        fabs(scale) * ds_off, q, z.d);
	ref_add((double *)c->out[DQ].data + row * z.d, at(c->mag[DQ], row * z.d), scale * ds,
	        fabs(scale) * ds_off, k, z.d);
	if (bias_too(c))
		ref_add((double *)c->out[DBIAS].data + row * z.t + j,
		        at(c->mag[DBIAS], row * z.t + j), ds, ds_off, (const double[]){1}, 1);
}

static bool ref(const td_call *c, td_err *e)
{
	attention_sizes z = attention_sizes_of(c);
	if (!attention_small(c, e))
		return false;
	for (int o = DQ; o <= DBIAS; o++)
		for (int64_t n = 0; n < td_numel(&c->out[o]); n++) {
			((double *)c->out[o].data)[n] = 0;
			if (c->mag[o])
				c->mag[o][n] = 0;
		}
	for (int64_t row = 0; row < attention_heads(c) * z.s; row++) {
		double mag, delta = ref_delta(c, row, z.e, &mag);
		for (int64_t j = 0; j < z.t; j++)
			ref_pair(c, row / z.s, row % z.s, j, delta, mag);
	}
	return true;
}

/* -- native ------------------------------------------------------------------ */

static void rows(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	const attention_sizes z = attention_sizes_of(c);
	const float *q = c->in[ATTENTION_Q].data, *out = c->in[OUT].data, *dout = c->in[DOUT].data;
	const float *top = c->in[TOP].data, *sum = c->in[SUM].data, *dlse = c->in[DLSE].data;
	for (int64_t i = lo; i < hi; i++)
		attention_row(z.d, z.e, z.c, q + i * z.d, out + i * z.e, dout + i * z.e, top[i],
		              sum[i], dlse ? dlse[i] : 0, (float *)c->scratch[ROW].data + 3 * i,
		              (float *)c->scratch[SCALED].data + i * z.d,
		              (float *)c->scratch[WIDE].data + attention_wide_row(z.s, z.d, i));
}

static attention_back back_of(const td_call *c)
{
	return (attention_back){c->scratch[SCALED].data, c->in[DOUT].data,
	                        c->scratch[ROW].data,    c->scratch[WIDE].data,
	                        c->out[DQ].data,         c->out[DK].data,
	                        c->out[DV].data,         bias_too(c) ? c->out[DBIAS].data : NULL};
}

/* Heads that are many are shared out whole: five products, and dq gathered on the way. Few are not: keys, then
 * queries are, and scores made twice. */
static bool many_heads(const td_call *c)
{
	return attention_heads(c) >= 8;
}

static int64_t tiles_of(int64_t n)
{
	return (n + ATTENTION_LANES - 1) / ATTENTION_LANES;
}

/* a room, 260 KiB, lies on the stack */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wframe-larger-than="
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wstack-usage="
#endif

/* Tiles lo … hi of keys, of all heads. */
static void keys(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	const attention_sizes z = attention_sizes_of(c);
	const bool queries = many_heads(c);
	attention_back_room room;
	for (int64_t i = lo; i < hi; i++) {
		int64_t head = i / tiles_of(z.t), first = i % tiles_of(z.t) * ATTENTION_LANES;
		attention_keys_back(attention_head_of(c, &z, head), z,
		                    attention_back_at(back_of(c), z, head), (int)first, queries,
		                    &room);
	}
}

static void heads(const void *arg, int64_t lo, int64_t hi)
{
	int64_t tiles = tiles_of(((const td_call *)arg)->in[ATTENTION_V].dim[2]);
	keys(arg, lo * tiles, hi * tiles);
}

static void queries(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	const attention_sizes z = attention_sizes_of(c);
	attention_back_room room;
	for (int64_t i = lo; i < hi; i++) {
		int64_t head = i / tiles_of(z.s);
		attention_rows_back(attention_head_of(c, &z, head), z,
		                    attention_back_at(back_of(c), z, head),
		                    attention_first(z, (int)(i % tiles_of(z.s))), &room);
	}
}

#pragma GCC diagnostic pop

static void finish(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	const attention_sizes z = attention_sizes_of(c);
	for (int64_t i = lo; i < hi; i++)
		attention_row_back(z.d, z.scale,
		                   (const float *)c->scratch[WIDE].data +
		                           attention_wide_row(z.s, z.d, i),
		                   (float *)c->out[DQ].data + i * z.d);
}

static bool native(const td_call *c, td_err *e)
{
	int64_t n = attention_heads(c), s = c->in[ATTENTION_Q].dim[2],
		t = c->in[ATTENTION_V].dim[2];
	if (!attention_small(c, e))
		return false;
	td_parallel(c, n * s, 64, rows, c);
	if (many_heads(c)) {
		td_parallel(c, n, 1, heads, c);
		td_parallel(c, n * s, 64, finish, c);
	} else {
		td_parallel(c, n * tiles_of(t), 1, keys, c);
		td_parallel(c, n * tiles_of(s), 1, queries, c);
	}
	return true;
}

/* -- cl ---------------------------------------------------------------------- */

static bool cl_rows(const td_call *c, td_err *e)
{
	attention_sizes z = attention_sizes_of(c);
	const td_arg args[] = {TD_T(&c->in[ATTENTION_Q]),
	                       TD_T(&c->in[OUT]),
	                       TD_T(&c->in[TOP]),
	                       TD_T(&c->in[SUM]),
	                       TD_T(&c->in[DOUT]),
	                       TD_T(&c->in[DLSE]),
	                       TD_T(&c->scratch[ROW]),
	                       TD_T(&c->scratch[SCALED]),
	                       TD_T(&c->scratch[WIDE]),
	                       TD_I(z.s),
	                       TD_I(z.d),
	                       TD_I(z.e),
	                       TD_F(z.c)};
	return td_launch(c, "attention_grad_rows", (int64_t[3]){z.s, attention_heads(c), 1}, args,
	                 TD_COUNT(args), e);
}

static bool cl_finish(const td_call *c, td_err *e)
{
	attention_sizes z = attention_sizes_of(c);
	const td_arg args[] = {TD_T(&c->scratch[WIDE]), TD_T(&c->out[DQ]), TD_I(z.s), TD_I(z.d),
	                       TD_F(z.scale)};
	return td_launch(c, "attention_grad_finish", (int64_t[3]){z.s, attention_heads(c), 1}, args,
	                 TD_COUNT(args), e);
}

static bool cl(const td_call *c, td_err *e)
{
	td_arg args[ATTENTION_ARGS + 9];
	int64_t n = attention_heads(c), s = c->in[ATTENTION_Q].dim[2],
		t = c->in[ATTENTION_V].dim[2];
	if (!attention_small(c, e))
		return false;
	size_t n_args = attention_args(c, args);
	const td_arg more[] = {
		TD_T(&c->in[DOUT]),      TD_T(&c->scratch[ROW]), TD_T(&c->scratch[SCALED]),
		TD_T(&c->scratch[WIDE]), TD_T(&c->out[DQ]),      TD_T(&c->out[DK]),
		TD_T(&c->out[DV]),       TD_T(&c->out[DBIAS]),   TD_I(bias_too(c) ? 1 : 0)};
	for (size_t i = 0; i < TD_COUNT(more); i++)
		args[n_args++] = more[i];
	bool cpu = td_is_cpu(c);
	const int64_t key_items[3] = {cpu ? tiles_of(t) : t, n, 1},
		      row_items[3] = {cpu ? tiles_of(s) : s, n, 1};
	if (!cl_rows(c, e))
		return false;
	if (cpu && many_heads(c))
		return td_launch(c, "attention_grad_heads", (int64_t[3]){n, 1, 1}, args, n_args,
		                 e) &&
		       cl_finish(c, e);
	return td_launch(c, "attention_grad_keys", key_items, args, n_args, e) &&
	       td_launch(c, "attention_grad_queries", row_items, args, n_args, e);
}

static td_cost cost(const td_call *c)
{
	double d = (double)c->in[ATTENTION_Q].dim[3], v = (double)c->in[ATTENTION_V].dim[3];
	return (td_cost){.flops = 2 * attention_pairs(c) * (3 * d + 2 * v),
	                 .bytes = 2 *
	                          (td_bytes(&c->in[ATTENTION_Q]) + td_bytes(&c->in[ATTENTION_K]) +
	                           td_bytes(&c->in[ATTENTION_V]) + td_bytes(&c->in[OUT]))};
}

/* clang-format off */
TD_DEFINE_NODE(td_attention_attention_grad) = {
	.abi = TD_ABI,
	.version = 1,
	.name = "attention.attention_grad",
	.doc = "Gradients of attention.attention, from what it made: weights are made again, so memory grows "
	       "with T, not with its square. Queries that see no key have and give none.",
	.in = (const td_port[]){
		ATTENTION_IN(TD_SET_F32),
		{"out", TD_SET_F32, "B H S E", NULL, "what attention.attention made"},
		{"top", TD_SET_F32, "B H S", NULL, "and its largest scores"},
		{"sum", TD_SET_F32, "B H S", NULL, "and sums"},
		{"dout", TD_SET_F32, "B H S E", NULL, "gradient of out"},
		{"dlse", TD_SET_F32, "B H S", NULL, "gradient of lse; 0 when absent", .flags = TD_OPTIONAL}, {0}},
	.out = (const td_port[]){
		{"dq", TD_SET_F32, "B H S D", NULL, "gradient of q", {TD_SUM, 1, "T+D+E+8"}},
		{"dk", TD_SET_F32, "B H T D", NULL, "gradient of k", {TD_SUM, 1, "S+D+E+8"}},
		{"dv", TD_SET_F32, "B H T E", NULL, "gradient of v", {TD_SUM, 1, "S+D+8"}},
		{"dbias", TD_SET_F32, "B H S*bias_too T", NULL, "gradient of the scores, which is that of a bias", {TD_SUM, 1, "D+E+8"}}, {0}},
	.scratch = (const td_port[]){
		{"row", TD_SET_F32, "B H S 3", NULL, "top, 1 / sum, delta"},
		{"scaled", TD_SET_F32, "B H S D", NULL, "q times scale log2(e)"},
		{"wide", TD_SET_F32, "B H S+8 (D+15)/16*16", NULL, "dq on its way, in whole vectors"}, {0}},
	.params = (const td_param[]){
		{"bias_too", NULL, "make dbias, which is as large as the square of T", TD_FLAG, offsetof(grad_params, bias_too), 0},
		ATTENTION_PARAMS},
	.params_size = sizeof(grad_params),
	.cost = cost,
	.flags = TD_D3,
	.impls = (const td_impl[]){
		{"ref", TD_ON_HOST, ref},
		{"native", TD_ON_HOST, native},
		{"cl", TD_ON_OPENCL, cl, "attention/attention_grad.cl"},
		{0}},
};
/* clang-format on */
