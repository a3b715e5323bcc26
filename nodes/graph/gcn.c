/* graph.gcn: one graph convolution.
 *
 *   ahat [N N], h [... N F], w [F G], b [G] -> y [... N G]
 *   y = ahat (h w) + b: p_jg = sum_f h_jf w_fg, then sum_j ahat_ij p_jg + b_g
 *
 * Each sum is one chain of fma in ascending order. Kipf and Welling 2017, "Semi-supervised
 * classification with graph convolutional networks", eq. 2, without the activation. */
#include "tandem.h"

#include "gcn.h"

enum { AHAT, H, W, B };

static graph_gcn_sizes sizes_of(const td_call *c)
{
	return (graph_gcn_sizes){.batches = (int)td_span(&c->in[H], 0, -2),
	                         .n = (int)c->in[AHAT].dim[0],
	                         .f = (int)c->in[W].dim[0],
	                         .g = (int)c->in[W].dim[1]};
}

/* Of 16 columns, all batches side by side. */
static int64_t panels_of(const td_call *c)
{
	graph_gcn_sizes s = sizes_of(c);
	return ((int64_t)s.batches * s.g + 15) / 16;
}

/* -- ref --------------------------------------------------------------------- */

/* sum_f h_f w_f of one element, and of the absolute values behind all of them. */
static void ref_first(const td_call *c, int64_t at)
{
	graph_gcn_sizes s = sizes_of(c);
	const double *h = (const double *)c->in[H].data + at / s.g * s.f;
	const double *w = (const double *)c->in[W].data + at % s.g;
	double sum = 0, mag = 0, *p = c->scratch[0].data;
	for (int64_t k = 0; k < s.f; k++) {
		sum += h[k] * w[k * s.g];
		mag += fabs(h[k] * w[k * s.g]);
	}
	p[at] = sum;
	p[at + td_numel(&c->out[0])] = mag;
}

static void ref_second(const td_call *c, int64_t at)
{
	graph_gcn_sizes s = sizes_of(c);
	int64_t g = at % s.g, i = at / s.g % s.n, batch = at / s.g / s.n;
	const double *ahat = (const double *)c->in[AHAT].data + i * s.n, *b = c->in[B].data;
	const double *p = (const double *)c->scratch[0].data + batch * s.n * s.g + g;
	double sum = 0, mag = 0;
	for (int64_t j = 0; j < s.n; j++) {
		sum += ahat[j] * p[j * s.g];
		mag += fabs(ahat[j]) * p[j * s.g + td_numel(&c->out[0])];
	}
	((double *)c->out[0].data)[at] = sum + b[g];
	if (c->mag && c->mag[0])
		c->mag[0][at] = mag + fabs(b[g]);
}

static bool ref(const td_call *c, td_err *e)
{
	(void)e;
	for (int64_t at = 0; at < td_numel(&c->out[0]); at++)
		ref_first(c, at);
	for (int64_t at = 0; at < td_numel(&c->out[0]); at++)
		ref_second(c, at);
	return true;
}

/* -- native ------------------------------------------------------------------ */

/* Items: 8 rows of a panel, panel after panel. */
static int64_t items_of_panel(const td_call *c)
{
	return (c->in[AHAT].dim[0] + GCN_ROWS - 1) / GCN_ROWS;
}

static void first(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	int64_t n = items_of_panel(c);
	for (int64_t i = lo; i < hi; i++)
		graph_gcn_panel_first(c->in[H].data, c->in[W].data, c->scratch[0].data, sizes_of(c),
		                      (int)(i / n), (int)(i % n) * GCN_ROWS);
}

static void second(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	int64_t n = items_of_panel(c);
	for (int64_t i = lo; i < hi; i++)
		graph_gcn_panel_second(c->in[AHAT].data, c->scratch[0].data, c->in[B].data,
		                       c->out[0].data, sizes_of(c), (int)(i / n),
		                       (int)(i % n) * GCN_ROWS);
}

static bool native(const td_call *c, td_err *e)
{
	(void)e;
	if (td_numel(&c->out[0]) == 0)
		return true;
	td_parallel(c, panels_of(c) * items_of_panel(c), 4, first, c);
	td_parallel(c, panels_of(c) * items_of_panel(c), 4, second, c);
	return true;
}

/* -- cl ---------------------------------------------------------------------- */

static bool cl(const td_call *c, td_err *e)
{
	graph_gcn_sizes s = sizes_of(c);
	if (td_numel(&c->out[0]) == 0)
		return true;
	const td_arg sizes[] = {TD_I(s.batches), TD_I(s.n), TD_I(s.f), TD_I(s.g)};
	const td_arg one[] = {TD_T(&c->in[H]), TD_T(&c->in[W]), TD_T(&c->scratch[0]),
	                      sizes[0],        sizes[1],        sizes[2],
	                      sizes[3]};
	const td_arg two[] = {TD_T(&c->in[AHAT]), TD_T(&c->scratch[0]),
	                      TD_T(&c->in[B]),    TD_T(&c->out[0]),
	                      sizes[0],           sizes[1],
	                      sizes[2],           sizes[3]};
	bool cpu = td_is_cpu(c);
	const int64_t items[3] = {panels_of(c) * (cpu ? 1 : 16), cpu ? items_of_panel(c) : s.n, 1};
	return td_launch(c, "graph_gcn_first", items, one, TD_COUNT(one), e) &&
	       td_launch(c, "graph_gcn_second", items, two, TD_COUNT(two), e);
}

static td_cost cost(const td_call *c)
{
	double n = (double)c->in[AHAT].dim[0], f = (double)c->in[W].dim[0];
	return (td_cost){.flops = 2 * (n + f) * td_elements(&c->out[0]),
	                 .bytes = td_bytes(&c->in[AHAT]) + td_bytes(&c->in[H]) +
	                          td_bytes(&c->out[0])};
}

TD_DEFINE_NODE(td_graph_gcn) = {
	.abi = TD_ABI,
	.version = 1,
	.name = "graph.gcn",
	.doc = "One graph convolution without activation: y = ahat (h w) + b.",
	.in =
		(const td_port[]){
			{"ahat", TD_SET_F32, "N N", NULL,
                         "propagation matrix, from graph.gcn_norm"},
			{"h", TD_SET_F32, "... N F", NULL, "features of the nodes"},
			{"w", TD_SET_F32, "F G", NULL, "weights"},
			{"b", TD_SET_F32, "G", NULL, "bias"},
			{0},
		},
	.out =
		(const td_port[]){
			{"y", TD_SET_F32, "... N G", NULL, "new features", {TD_SUM, 1, "N+F+1"}},
			{0}},
	.scratch = (const td_port[]){{"p", TD_SET_F32, "... N 2*G+16", NULL,
                                      "h w, in panels of 16 columns"},
                                     {0}},
	.cost = cost,
	.flags = TD_D3,
	.impls =
		(const td_impl[]){
			{"ref", TD_ON_HOST, ref},
			{"native", TD_ON_HOST, native},
			{"cl", TD_ON_OPENCL, cl, "graph/gcn.cl"},
			{0},
		},
};
