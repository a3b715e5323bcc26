/* graph.corr: correlations of all pairs of rows.
 *
 *   z [N T], centred rows of norm 1 or rows of zeros -> r [N N]
 *   r_ij = clip(sum_t z_it z_jt, -1, 1), one chain of fma in ascending t; r_ii = 1
 *
 * A row of zeros gives zeros, on the diagonal too. r is symmetric, bit for bit. */
#include "tandem.h"

#include "corr.h"

/* -- ref --------------------------------------------------------------------- */

static void ref_element(const td_call *c, int64_t i, int64_t j)
{
	int64_t n = c->in[0].dim[0], t = c->in[0].dim[1];
	const double *z = c->in[0].data;
	double r = 0, mag = 0;
	for (int64_t s = 0; s < t; s++) {
		r += z[i * t + s] * z[j * t + s];
		mag += fabs(z[i * t + s] * z[j * t + s]);
	}
	((double *)c->out[0].data)[i * n + j] = i == j && r > 0 ? 1 : r > 1 ? 1 : r < -1 ? -1 : r;
	if (c->mag && c->mag[0])
		c->mag[0][i * n + j] = mag;
}

static bool ref(const td_call *c, td_err *e)
{
	(void)e;
	for (int64_t i = 0; i < c->in[0].dim[0]; i++)
		for (int64_t j = 0; j < c->in[0].dim[0]; j++)
			ref_element(c, i, j);
	return true;
}

/* -- native ------------------------------------------------------------------ */

static void store_tile(const td_call *c, graph_pair p, float *tile)
{
	graph_tile_stores(tile, p, (int)c->in[0].dim[0], c->out[0].data);
}

static bool native(const td_call *c, td_err *e)
{
	(void)e;
	corr_tiles(c, &c->scratch[0], &c->scratch[1], -1, store_tile);
	return true;
}

/* -- cl ---------------------------------------------------------------------- */

static bool cl(const td_call *c, td_err *e)
{
	int n = (int)c->in[0].dim[0], t = (int)c->in[0].dim[1];
	if (td_is_cpu(c)) {
		int panels = corr_panels(n), blocks = graph_blocks(panels);
		const td_arg args[] = {TD_T(&c->scratch[0]), TD_T(&c->out[0]), TD_I(n), TD_I(t),
		                       TD_I(blocks),         TD_I(panels)};
		return corr_cl_pack(c, &c->scratch[0], e) &&
		       td_launch(c, "graph_corr_tiles", (int64_t[3]){blocks / 2 + 1, blocks, 1},
		                 args, TD_COUNT(args), e);
	}
	const td_arg args[] = {TD_T(&c->in[0]), TD_T(&c->out[0]), TD_I(n), TD_I(t)};
	int64_t side = (n + 63) / 64 * 16;
	return td_launch(c, "graph_corr_square", (int64_t[3]){side, side, 1}, args, TD_COUNT(args),
	                 e);
}

static td_cost cost(const td_call *c)
{
	double n = (double)c->in[0].dim[0], t = (double)c->in[0].dim[1];
	return (td_cost){.flops = n * (n + 1) * t,
	                 .bytes = td_bytes(&c->in[0]) + td_bytes(&c->out[0])};
}

TD_DEFINE_NODE(td_graph_corr) = {
	.abi = TD_ABI,
	.version = 1,
	.name = "graph.corr",
	.doc = "Correlations of all pairs of rows: r = z z^T, clipped to [-1, 1], 1 on the "
	       "diagonal; rows of zeros give zeros.",
	.in =
		(const td_port[]){
			{"z", TD_SET_F32, "N T", "1", "standardised rows", .lo = -1, .hi = 1},
			{0},
		},
	.out =
		(const td_port[]){
			{"r",
                         TD_SET_F32,
                         "N N",
                         "1",
                         "correlations",
                         {TD_SUM, 1, "T"},
                         .lo = -1,
                         .hi = 1},
			{0},
		},
	.scratch =
		(const td_port[]){
			{"packed", TD_SET_F32, CORR_PACKED, NULL, "z in panels"},
			{"tiles", TD_SET_F32, CORR_TILES, NULL, "a tile a thread, native"},
			{0},
		},
	.cost = cost,
	.flags = TD_D3,
	.impls =
		(const td_impl[]){
			{"ref", TD_ON_HOST, ref},
			{"native", TD_ON_HOST, native},
			{"cl", TD_ON_OPENCL, cl, "graph/corr.cl"},
			{0},
		},
};
