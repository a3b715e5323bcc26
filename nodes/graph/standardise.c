/* graph.standardise: rows made comparable: z z^T is their correlation.
 *
 *   x [N T] -> z [N T], state [N]
 *   m = mean of the row, s = 1 / sqrt(sum_t (x_t - m)^2), z_t = (x_t - m) s
 *
 * All of it in double, sums in the canonical order of td_reduce.h; z is rounded once. State: 0 fine;
 * 1 bad, some sample is NaN or infinite; 2 constant, all samples are equal (or there are none). A row
 * that is not fine gets zeros. */
#include "tandem.h"

#include "../td_reduce.h"
#include "states.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* -- ref --------------------------------------------------------------------- */

static int64_t ref_state(const double *x, int64_t t)
{
	bool constant = true;
	for (int64_t s = 0; s < t; s++) {
		if (!isfinite(x[s]))
			return GRAPH_BAD;
		constant = constant && !(x[s] > x[0]) && !(x[s] < x[0]);
	}
	return constant ? GRAPH_CONSTANT : GRAPH_FINE;
}

/* `mag` is z and what the rounding of double can change: x - m is off by the last bits of both. */
static void ref_row(const double *x, int64_t t, bool fine, double *z, double *mag)
{
	double sum = 0, squares = 0;
	for (int64_t s = 0; s < t; s++)
		sum += x[s];
	for (int64_t s = 0; s < t; s++)
		squares += (x[s] - sum / (double)t) * (x[s] - sum / (double)t);
	for (int64_t s = 0; s < t; s++) {
		z[s] = fine ? (x[s] - sum / (double)t) / sqrt(squares) : 0;
		if (mag)
			mag[s] = fine ? fabs(z[s]) + 0x1p-20 *
			                                     (fabs(x[s]) + fabs(sum / (double)t)) /
			                                     sqrt(squares)
			              : 0;
	}
}

static bool ref(const td_call *c, td_err *e)
{
	(void)e;
	int64_t n = c->in[0].dim[0], t = c->in[0].dim[1];
	for (int64_t i = 0; i < n; i++) {
		const double *x = (const double *)c->in[0].data + i * t;
		int64_t state = ref_state(x, t);
		((int64_t *)c->out[1].data)[i] = state;
		ref_row(x, t, state == GRAPH_FINE, (double *)c->out[0].data + i * t,
		        c->mag && c->mag[0] ? c->mag[0] + i * t : NULL);
	}
	return true;
}

/* -- native ------------------------------------------------------------------ */

/* One sample's part in the state of its row: 1 when it is bad, 2 when it differs from the first. */
static int32_t sample_state(float x, float first)
{
	return (!(fabsf(x) <= FLT_MAX) ? 1 : 0) | (x > first ? 2 : 0) | (x < first ? 2 : 0);
}

/* The state of a row, and the sum of its samples. */
static int32_t row_state(const float *x, int64_t t, double *sum)
{
	double lane[16] = {0};
	int32_t seen[16] = {0}, all = 0;
	int64_t s = 0;
	for (; s + 16 <= t; s += 16)
		for (int l = 0; l < 16; l++) {
			lane[l] += (double)x[s + l];
			seen[l] |= sample_state(x[s + l], x[0]);
		}
	for (int l = 0; s + l < t; l++) {
		lane[l] += (double)x[s + l];
		seen[l] |= sample_state(x[s + l], x[0]);
	}
	for (int l = 0; l < 16; l++)
		all |= seen[l];
	*sum = td_fold_sum_f64(lane);
	return all & 1 ? GRAPH_BAD : all ? GRAPH_FINE : GRAPH_CONSTANT;
}

static double row_squares(const float *x, int64_t t, double mean)
{
	double lane[16] = {0};
	int64_t s = 0;
	for (; s + 16 <= t; s += 16)
		for (int l = 0; l < 16; l++) {
			double d = (double)x[s + l] - mean;
			lane[l] = fma(d, d, lane[l]);
		}
	for (int l = 0; s + l < t; l++) {
		double d = (double)x[s + l] - mean;
		lane[l] = fma(d, d, lane[l]);
	}
	return td_fold_sum_f64(lane);
}

static void row(const float *x, int64_t t, float *z, int32_t *state)
{
	double sum;
	*state = row_state(x, t, &sum);
	if (*state != GRAPH_FINE) {
		memset(z, 0, (size_t)t * sizeof *z);
		return;
	}
	double mean = sum / (double)t, scale = 1 / sqrt(row_squares(x, t, mean));
	for (int64_t s = 0; s < t; s++)
		z[s] = (float)(((double)x[s] - mean) * scale);
}

static void rows(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	int64_t t = c->in[0].dim[1];
	for (int64_t i = lo; i < hi; i++)
		row((const float *)c->in[0].data + i * t, t, (float *)c->out[0].data + i * t,
		    (int32_t *)c->out[1].data + i);
}

static bool native(const td_call *c, td_err *e)
{
	(void)e;
	td_parallel(c, c->in[0].dim[0], 8, rows, c);
	return true;
}

/* -- cl ---------------------------------------------------------------------- */

static bool cl(const td_call *c, td_err *e)
{
	int64_t n = c->in[0].dim[0], t = c->in[0].dim[1];
	const td_arg args[] = {TD_T(&c->in[0]), TD_T(&c->out[0]), TD_T(&c->out[1]), TD_I(n),
	                       TD_I(t)};
	return td_launch(c, "graph_standardise", (int64_t[3]){td_is_cpu(c) ? n : 16 * n, 1, 1},
	                 args, TD_COUNT(args), e);
}

static td_cost cost(const td_call *c)
{
	return (td_cost){.flops = 6 * td_elements(&c->in[0]), .bytes = 2 * td_bytes(&c->in[0])};
}

TD_DEFINE_NODE(td_graph_standardise) = {
	.abi = TD_ABI,
	.version = 1,
	.name = "graph.standardise",
	.doc = "Centres each row and divides it by its norm, so that z z^T is the correlation of "
	       "rows. Rows that cannot be (NaN, Inf, all samples equal) get zeros and are named "
	       "by `state`.",
	.in = (const td_port[]){{"x", TD_SET_F32, "N T", "?a", "series, a row each"}, {0}},
	.out =
		(const td_port[]){
			{"z",
                         TD_SET_F32,
                         "N T",
                         "1",
                         "centred rows of norm 1",
                         {TD_SUM, 1, "1"},
                         .lo = -1,
                         .hi = 1},
			{"state",
                         TD_SET_I32,
                         "N",
                         NULL,
                         "of each row: 0 fine, 1 bad, 2 constant",
                         {TD_EXACT},
                         .lo = 0,
                         .hi = 2},
			{0},
		},
	.cost = cost,
	.flags = TD_D3,
	.impls =
		(const td_impl[]){
			{"ref", TD_ON_HOST, ref},
			{"native", TD_ON_HOST, native},
			{"cl", TD_ON_OPENCL, cl, "graph/standardise.cl", .needs = TD_NEEDS_F64},
			{0},
		},
};
