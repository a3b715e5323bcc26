/* graph.adjacency: edges as a symmetric matrix of weights.
 *
 *   src, dst, weight [E], degree [N] -> A [N N]
 *   A_ij = A_ji = the largest weight above 0 of an edge i -> j or j -> i; 0 without any
 *
 * Edges to rows that are not there are passed over; a NaN stays. */
#include "tandem.h"

#include "td_vectors.h"

enum { SRC, DST, WEIGHT, DEGREE };

/* -- ref --------------------------------------------------------------------- */

static bool ref(const td_call *c, td_err *e)
{
	(void)e;
	const int64_t *src = c->in[SRC].data, *dst = c->in[DST].data;
	const double *w = c->in[WEIGHT].data;
	int64_t n = td_numel(&c->in[DEGREE]);
	double *a = c->out[0].data;
	memset(a, 0, (size_t)(n * n) * sizeof *a);
	for (int64_t k = 0; k < td_numel(&c->in[SRC]); k++) {
		if (src[k] < 0 || src[k] >= n || dst[k] < 0 || dst[k] >= n)
			continue;
		double *there = &a[src[k] * n + dst[k]];
		if (w[k] > *there || isnan(w[k]))
			*there = a[dst[k] * n + src[k]] = w[k];
	}
	return true;
}

/* -- native ------------------------------------------------------------------ */

/* Weights above 0 are ordered as their bits are, and NaN, made one, comes above all. */
static int32_t order(float w)
{
	return isnan(w) ? 0x7fc00000 : w > 0 ? td_vbits(w) : 0;
}

static void raise_to(int32_t *a, int32_t w)
{
	*a = *a > w ? *a : w;
}

static void rows(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	const int32_t *src = c->in[SRC].data, *dst = c->in[DST].data;
	const float *w = c->in[WEIGHT].data;
	int64_t n = td_numel(&c->in[DEGREE]);
	int32_t *a = c->out[0].data;
	memset(a + lo * n, 0, (size_t)((hi - lo) * n) * sizeof *a);
	for (int64_t k = 0; k < td_numel(&c->in[SRC]); k++) {
		if (src[k] < 0 || src[k] >= n || dst[k] < 0 || dst[k] >= n)
			continue;
		if (src[k] >= lo && src[k] < hi)
			raise_to(&a[src[k] * n + dst[k]], order(w[k]));
		if (dst[k] >= lo && dst[k] < hi)
			raise_to(&a[dst[k] * n + src[k]], order(w[k]));
	}
}

static bool native(const td_call *c, td_err *e)
{
	(void)e;
	td_parallel(c, td_numel(&c->in[DEGREE]), 64, rows, c);
	return true;
}

/* -- cl ---------------------------------------------------------------------- */

static bool cl(const td_call *c, td_err *e)
{
	int64_t n = td_numel(&c->in[DEGREE]), edges = td_numel(&c->in[SRC]);
	const td_arg clear[] = {TD_T(&c->out[0]), TD_L(n * n)};
	const td_arg raise[] = {TD_T(&c->in[SRC]), TD_T(&c->in[DST]), TD_T(&c->in[WEIGHT]),
	                        TD_I(edges),       TD_I(n),           TD_T(&c->out[0])};
	return td_launch(c, "graph_adjacency_clear", (int64_t[3]){(n * n + 15) / 16, 1, 1}, clear,
	                 TD_COUNT(clear), e) &&
	       td_launch(c, "graph_adjacency_raise", (int64_t[3]){edges, 1, 1}, raise,
	                 TD_COUNT(raise), e);
}

static td_cost cost(const td_call *c)
{
	return (td_cost){.bytes = td_bytes(&c->out[0]) + 3 * td_bytes(&c->in[SRC])};
}

TD_DEFINE_NODE(td_graph_adjacency) = {
	.abi = TD_ABI,
	.version = 1,
	.name = "graph.adjacency",
	.doc = "Edges as a symmetric matrix: A_ij = A_ji is the largest weight above 0 of an edge "
	       "between i and j, 0 without any.",
	.in =
		(const td_port[]){
			{"src", TD_SET_I32, "E", NULL, "source of each edge"},
			{"dst", TD_SET_I32, "E", NULL, "target of each edge"},
			{"weight", TD_SET_F32, "E", "?a", "its weight"},
			{"degree", TD_SET_I32, "N", NULL,
                         "of each row, from graph.knn: says how many rows there are"},
			{0},
		},
	.out = (const td_port[]){{"a", TD_SET_F32, "N N", "?a", "weights between rows", {TD_EXACT}},
                                 {0}},
	.cost = cost,
	.flags = TD_D3,
	.impls =
		(const td_impl[]){
			{"ref", TD_ON_HOST, ref},
			{"native", TD_ON_HOST, native},
			{"cl", TD_ON_OPENCL, cl, "graph/adjacency.cl"},
			{0},
		},
};
