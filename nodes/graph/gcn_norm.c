/* graph.gcn_norm: the propagation matrix of a graph convolution.
 *
 *   A [N N] -> Ahat [N N]
 *   d_i = 1 + sum_j A_ij, s_i = 1 / sqrt(d_i) (0 where d_i <= 0), Ahat_ij = (s_i s_j) (A + I)_ij
 *
 * Kipf and Welling 2017, "Semi-supervised classification with graph convolutional networks", eq. 2.
 * Row sums in the canonical order of td_reduce.h. */
#include "tandem.h"

#include "../td_reduce.h"

#include <math.h>

/* -- ref --------------------------------------------------------------------- */

static double ref_scale(const double *a, int64_t n)
{
	double d = 1;
	for (int64_t j = 0; j < n; j++)
		d += a[j];
	return d <= 0 ? 0 : 1 / sqrt(d);
}

static bool ref(const td_call *c, td_err *e)
{
	(void)e;
	int64_t n = c->in[0].dim[0];
	const double *a = c->in[0].data;
	double *out = c->out[0].data, *s = c->scratch[0].data;
	for (int64_t i = 0; i < n; i++)
		s[i] = ref_scale(a + i * n, n);
	for (int64_t i = 0; i < n; i++)
		for (int64_t j = 0; j < n; j++) {
			int64_t at = i * n + j;
			out[at] = s[i] * s[j] * (a[at] + (i == j));
			if (c->mag && c->mag[0])
				c->mag[0][at] = fabs(out[at]);
		}
	return true;
}

/* -- native ------------------------------------------------------------------ */

static void scales(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	int64_t n = c->in[0].dim[0];
	for (int64_t i = lo; i < hi; i++) {
		float d = td_sum((const float *)c->in[0].data + i * n, n) + 1;
		((float *)c->scratch[0].data)[i] = d <= 0 ? 0 : 1 / sqrtf(d);
	}
}

static void rows(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	int64_t n = c->in[0].dim[0];
	const float *a = c->in[0].data, *s = c->scratch[0].data;
	float *out = c->out[0].data;
	for (int64_t i = lo; i < hi; i++) {
		for (int64_t j = 0; j < n; j++)
			out[i * n + j] = s[i] * s[j] * a[i * n + j];
		out[i * n + i] = s[i] * s[i] * (a[i * n + i] + 1);
	}
}

static bool native(const td_call *c, td_err *e)
{
	(void)e;
	td_parallel(c, c->in[0].dim[0], 16, scales, c);
	td_parallel(c, c->in[0].dim[0], 16, rows, c);
	return true;
}

/* -- cl ---------------------------------------------------------------------- */

static bool cl(const td_call *c, td_err *e)
{
	int64_t n = c->in[0].dim[0];
	const td_arg sum[] = {TD_T(&c->in[0]), TD_I(n), TD_T(&c->scratch[0])};
	const td_arg all[] = {TD_T(&c->in[0]), TD_T(&c->scratch[0]), TD_I(n), TD_T(&c->out[0])};
	return td_launch(c, "graph_gcn_scales", (int64_t[3]){td_is_cpu(c) ? n : 16 * n, 1, 1}, sum,
	                 TD_COUNT(sum), e) &&
	       td_launch(c, "graph_gcn_norm", (int64_t[3]){td_is_cpu(c) ? (n + 15) / 16 : n, n, 1},
	                 all, TD_COUNT(all), e);
}

static td_cost cost(const td_call *c)
{
	return (td_cost){.flops = 3 * td_elements(&c->in[0]), .bytes = 3 * td_bytes(&c->in[0])};
}

TD_DEFINE_NODE(td_graph_gcn_norm) = {
	.abi = TD_ABI,
	.version = 1,
	.name = "graph.gcn_norm",
	.doc = "The propagation matrix of a graph convolution, D^-1/2 (A + I) D^-1/2, where D has "
	       "the row sums of A + I.",
	.in = (const td_port[]){{"a", TD_SET_F32, "N N", NULL,
                                 "weights between nodes, none below 0", .lo = 0, .hi = 0x1p127},
                                {0}},
	.out =
		(const td_port[]){
			{"ahat", TD_SET_F32, "N N", NULL, "the same, normalised", {TD_SUM, 4, "N"}},
			{0}},
	.scratch = (const td_port[]){{"scale", TD_SET_F32, "N", NULL, "1 / sqrt of each row's sum"},
                                     {0}},
	.cost = cost,
	.flags = TD_D3,
	.impls =
		(const td_impl[]){
			{"ref", TD_ON_HOST, ref},
			{"native", TD_ON_HOST, native},
			{"cl", TD_ON_OPENCL, cl, "graph/gcn_norm.cl"},
			{0},
		},
};
