/* graph.corr_knn: the strongest correlations of each row, without the matrix of all of them.
 *
 *   z [N T] -> src, dst [edges], weight [edges], degree [N], edges
 *   the edges of graph.knn on graph.corr of z, bit for bit
 *
 * Memory besides z and the edges: z once more (packed), N lists, a tile a thread. */
#include "tandem.h"

#include "corr.h"
#include "knn_decide.h"

enum { SPLITS = 4, PACKED = KNN_OFFSET + 1, TILES };

/* -- ref --------------------------------------------------------------------- */

static double ref_weight(const td_call *c, int64_t i, int64_t j)
{
	double mag, r = knn_exact(c, i, j, &mag);
	return r > 1 ? 1 : r < -1 ? -1 : r;
}

static bool ref(const td_call *c, td_err *e)
{
	(void)e;
	knn_ref(c, c->in[0].dim[0], ref_weight);
	return true;
}

/* -- native ------------------------------------------------------------------ */

static void look(const td_call *c, graph_pair p, float *tile)
{
	int n = (int)c->in[0].dim[0];
	graph_tile_looks(tile, p, n, knn_k(c->params, n), c->scratch[KNN_WEIGHTS].data,
	                 c->scratch[KNN_IDS].data);
}

static bool native(const td_call *c, td_err *e)
{
	(void)e;
	knn_start(c);
	if (knn_k(c->params, c->in[0].dim[0]))
		corr_tiles(c, &c->scratch[PACKED], &c->scratch[TILES], knn_mask(c->params), look);
	knn_finish(c);
	return true;
}

/* -- cl ---------------------------------------------------------------------- */

static bool on_cpu(const td_call *c, td_err *e)
{
	int n = (int)c->in[0].dim[0], panels = corr_panels(n), blocks = graph_blocks(panels);
	if (!corr_cl_pack(c, &c->scratch[PACKED], e))
		return false;
	for (int round = 0; round < blocks; round++) {
		const td_arg args[] = {TD_T(&c->scratch[PACKED]),
		                       TD_T(&c->scratch[KNN_WEIGHTS]),
		                       TD_T(&c->scratch[KNN_IDS]),
		                       TD_I(n),
		                       TD_I(c->in[0].dim[1]),
		                       TD_I(knn_k(c->params, n)),
		                       TD_I(knn_mask(c->params)),
		                       TD_I(round),
		                       TD_I(blocks),
		                       TD_I(panels)};
		if (!td_launch(c, "graph_corr_knn_tiles",
		               (int64_t[3]){graph_pairs(round, blocks), 1, 1}, args, TD_COUNT(args),
		               e))
			return false;
	}
	return true;
}

static bool on_gpu(const td_call *c, td_err *e)
{
	int n = (int)c->in[0].dim[0], k = knn_k(c->params, n);
	const td_tensor *weights = &c->scratch[KNN_WEIGHTS], *ids = &c->scratch[KNN_IDS];
	const td_arg rows[] = {TD_T(&c->in[0]),
	                       TD_T(weights),
	                       TD_T(ids),
	                       TD_I(n),
	                       TD_I(c->in[0].dim[1]),
	                       TD_I(k),
	                       TD_I(knn_mask(c->params))};
	const td_arg merge[] = {TD_T(weights), TD_T(ids), TD_I(n), TD_I(k), TD_I(SPLITS)};
	return td_launch(c, "graph_corr_knn_rows",
	                 (int64_t[3]){((int64_t)n + 63) / 64 * 16, 16 * SPLITS, 1}, rows,
	                 TD_COUNT(rows), e) &&
	       td_launch(c, "graph_corr_knn_merge", (int64_t[3]){n, 1, 1}, merge, TD_COUNT(merge),
	                 e);
}

static bool cl(const td_call *c, td_err *e)
{
	int64_t n = c->in[0].dim[0];
	bool cpu = td_is_cpu(c);
	if (!knn_cl_start(c, cpu ? n : SPLITS * n, e))
		return false;
	if (knn_k(c->params, n) && !(cpu ? on_cpu(c, e) : on_gpu(c, e)))
		return false;
	return knn_cl_finish(c, e);
}

static td_cost cost(const td_call *c)
{
	double n = (double)c->in[0].dim[0], t = (double)c->in[0].dim[1];
	return (td_cost){.flops = n * (n - 1) * t, .bytes = td_bytes(&c->in[0])};
}

static const td_param params[] = {KNN_PARAMS};

TD_DEFINE_NODE(td_graph_corr_knn) = {
	.abi = TD_ABI,
	.version = 1,
	.name = "graph.corr_knn",
	.doc = "The k strongest correlations of each row, as edges: graph.knn of graph.corr, "
	       "bit for bit, without the N x N matrix in memory.",
	.in =
		(const td_port[]){
			{"z", TD_SET_F32, "N T", "1", "standardised rows", .lo = -1, .hi = 1},
			{0},
		},
	.out = (const td_port[]){KNN_OUT("1", TD_DECISION)},
	.scratch =
		(const td_port[]){
			KNN_SCRATCH("4*N"),
			{"packed", TD_SET_F32, CORR_PACKED, NULL, "z in panels"},
			{"tiles", TD_SET_F32, CORR_TILES, NULL, "a tile a thread, native"},
			{0},
		},
	.params = params,
	.params_size = sizeof(knn_params),
	.cost = cost,
	.decide = knn_decide,
	.flags = TD_D3,
	.impls =
		(const td_impl[]){
			{"ref", TD_ON_HOST, ref},
			{"native", TD_ON_HOST, native},
			{"cl", TD_ON_OPENCL, cl, "graph/corr_knn.cl"},
			{0},
		},
};
