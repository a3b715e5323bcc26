/* graph.knn: the strongest neighbours of each row of a matrix of weights.
 *
 *   w [N N] -> src, dst [edges], weight [edges], degree [N], edges
 *   row i: the k columns j != i with the largest weight |w_ij| (absolute) or w_ij, ties to the lower j;
 *   an edge if and only if weight >= threshold and weight > 0. NaN makes no edge.
 *
 * Edges are sorted by source, then weight descending, then target. */
#include "tandem.h"

#include "knn.h"

/* -- ref --------------------------------------------------------------------- */

static double ref_weight(const td_call *c, int64_t i, int64_t j)
{
	return ((const double *)c->in[0].data)[i * c->in[0].dim[1] + j];
}

static bool ref(const td_call *c, td_err *e)
{
	(void)e;
	knn_ref(c, c->in[0].dim[0], ref_weight);
	return true;
}

/* -- native ------------------------------------------------------------------ */

static void rows(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	int n = (int)c->in[0].dim[0], k = knn_k(c->params, n);
	const float *w = c->in[0].data;
	float *weights = c->scratch[KNN_WEIGHTS].data;
	int32_t *ids = c->scratch[KNN_IDS].data;
	for (int64_t i = lo; i < hi; i++) {
		int64_t list = i * graph_stride(k) + 16;
		graph_row_reads(w + i * n, n, (int)i, knn_mask(c->params), k, weights + list,
		                ids + list);
	}
}

static bool native(const td_call *c, td_err *e)
{
	(void)e;
	int64_t n = c->in[0].dim[0];
	knn_start(c);
	if (knn_k(c->params, n))
		td_parallel(c, n, 16, rows, c);
	knn_finish(c);
	return true;
}

/* -- cl ---------------------------------------------------------------------- */

static bool cl(const td_call *c, td_err *e)
{
	int64_t n = c->in[0].dim[0];
	int k = knn_k(c->params, n);
	const td_arg args[] = {TD_T(&c->in[0]),
	                       TD_T(&c->scratch[KNN_WEIGHTS]),
	                       TD_T(&c->scratch[KNN_IDS]),
	                       TD_I(n),
	                       TD_I(k),
	                       TD_I(knn_mask(c->params))};
	int64_t items = k == 0 ? 0 : td_is_cpu(c) ? n : n * 256;
	return knn_cl_start(c, n, e) &&
	       td_launch(c, "graph_knn_rows", (int64_t[3]){items, 1, 1}, args, TD_COUNT(args), e) &&
	       knn_cl_finish(c, e);
}

static td_cost cost(const td_call *c)
{
	return (td_cost){.flops = td_elements(&c->in[0]), .bytes = td_bytes(&c->in[0])};
}

static const td_param params[] = {KNN_PARAMS};

TD_DEFINE_NODE(td_graph_knn) = {
	.abi = TD_ABI,
	.version = 1,
	.name = "graph.knn",
	.doc = "The k strongest neighbours of each row of a matrix of weights, as edges. A row "
	       "is no neighbour of itself; ties go to the lower index; an edge weighs at least "
	       "the threshold, and more than 0.",
	.in =
		(const td_port[]){
			{"w", TD_SET_F32, "N N", "?a", "weights, row to column"},
			{0},
		},
	.out = (const td_port[]){KNN_OUT("?a", TD_EXACT)},
	.scratch = (const td_port[]){KNN_SCRATCH("N"), {0}},
	.params = params,
	.params_size = sizeof(knn_params),
	.cost = cost,
	.flags = TD_D3,
	.impls =
		(const td_impl[]){
			{"ref", TD_ON_HOST, ref},
			{"native", TD_ON_HOST, native},
			{"cl", TD_ON_OPENCL, cl, "graph/knn.cl"},
			{0},
		},
};
