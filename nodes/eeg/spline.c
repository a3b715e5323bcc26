/* eeg.spline: what each channel should see, from what the others do, by spherical splines.
 *
 *   pos [C 3] -> inverse [C+1 C+1], alone [C C]
 *   inverse = [G + 1e-5 I, 1; 1', 0]^-1, G_ij = g(cos of the angle between channels i and j)
 *   alone_cj = -inverse_cj / inverse_cc, alone_cc = 0
 *
 * `alone` predicts each channel from all others; any set of bad channels follows from `inverse`
 * (spline.h), so one inverse serves the whole recording. */
#include "tandem.h"

#include "spline.h"
#include "spline_ref.h"

#include <math.h>

enum { INVERSE, ALONE };        /* outputs */
enum { COLUMN, PIVOT, MATRIX }; /* scratch */

/* -- ref --------------------------------------------------------------------- */

/* What rounding of M does to its inverse, to first order: |P| |M| |P|. */
static void ref_magnitudes(const td_call *c, const double *pos, int n)
{
	const double *p = c->out[INVERSE].data;
	double *mag = c->mag[INVERSE], *half = c->scratch[MATRIX].data;
	for (int i = 0; i < n; i++)
		for (int j = 0; j < n; j++) {
			half[i * n + j] = 0;
			for (int k = 0; k < n; k++)
				half[i * n + j] +=
					fabs(p[i * n + k]) * fabs(ref_element(pos, n - 1, k, j));
		}
	for (int i = 0; i < n; i++)
		for (int j = 0; j < n; j++) {
			mag[i * n + j] = 0;
			for (int k = 0; k < n; k++)
				mag[i * n + j] += half[i * n + k] * fabs(p[k * n + j]);
		}
	for (int i = 0; i < n - 1; i++)
		for (int j = 0; j < n - 1; j++)
			c->mag[ALONE][i * (n - 1) + j] =
				(mag[i * n + j] +
			         fabs(p[i * n + j] / p[i * n + i]) * mag[i * n + i]) /
				fabs(p[i * n + i]);
}

static bool ref(const td_call *c, td_err *e)
{
	(void)e;
	const double *pos = c->in[0].data;
	int channels = (int)c->in[0].dim[0], n = channels + 1;
	double *m = c->scratch[MATRIX].data;
	for (int i = 0; i < n * n; i++)
		m[i] = ref_element(pos, channels, i / n, i % n);
	ref_inverse(m, c->out[INVERSE].data, n);
	for (int i = 0; i < channels; i++)
		spline_alone(c->out[INVERSE].data, channels, i,
		             (double *)c->out[ALONE].data + (int64_t)i * channels);
	if (c->mag[INVERSE])
		ref_magnitudes(c, pos, n);
	return true;
}

/* -- native ------------------------------------------------------------------ */

static void rows(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	int channels = (int)c->in[0].dim[0];
	for (int64_t i = lo; i < hi; i++)
		spline_row(c->in[0].data, channels, (int)i,
		           (double *)c->out[INVERSE].data + i * (channels + 1));
}

static bool native(const td_call *c, td_err *e)
{
	(void)e;
	int channels = (int)c->in[0].dim[0];
	td_parallel(c, channels + 1, 4, rows, c);
	spline_invert(c->out[INVERSE].data, channels + 1, c->scratch[COLUMN].data,
	              c->scratch[PIVOT].data);
	for (int i = 0; i < channels; i++)
		spline_alone(c->out[INVERSE].data, channels, i,
		             (double *)c->out[ALONE].data + (int64_t)i * channels);
	return true;
}

/* -- cl ---------------------------------------------------------------------- */

static bool cl(const td_call *c, td_err *e)
{
	int64_t channels = c->in[0].dim[0];
	const td_arg n = TD_I(channels), inverse = TD_T(&c->out[INVERSE]);
	const td_arg row[] = {TD_T(&c->in[0]), inverse, n};
	const td_arg invert[] = {inverse, n, TD_T(&c->scratch[COLUMN]), TD_T(&c->scratch[PIVOT])};
	const td_arg alone[] = {inverse, n, TD_T(&c->out[ALONE])};
	return td_launch(c, "eeg_spline_rows", (int64_t[3]){channels + 1, 1, 1}, row, TD_COUNT(row),
	                 e) &&
	       td_launch(c, "eeg_spline_invert", (int64_t[3]){1, 1, 1}, invert, TD_COUNT(invert),
	                 e) &&
	       td_launch(c, "eeg_spline_alone", (int64_t[3]){channels, 1, 1}, alone,
	                 TD_COUNT(alone), e);
}

static td_cost cost(const td_call *c)
{
	double n = (double)c->in[0].dim[0] + 1;
	return (td_cost){.flops = 2 * n * n * n + 200 * n * n, .bytes = 16 * n * n};
}

/* clang-format off */
TD_DEFINE_NODE(td_eeg_spline) = {
	.abi = TD_ABI,
	.version = 1,
	.name = "eeg.spline",
	.doc = "What predicts channels from others by spherical splines: the inverse for any set of bad channels, "
	       "and the weights that predict each channel from all others.",
	.in = (const td_port[]){{"pos", TD_SET_F64, "C 3", "m", "where the channels are, from the middle of the head"}, {0}},
	.out = (const td_port[]){
		{"inverse", TD_SET_F64, "C+1 C+1", "1", "of [G + 1e-5 I, 1; 1', 0]", {TD_SUM, 0, "C+50"}},
		{"alone", TD_SET_F64, "C C", "1", "row c: predicts channel c from all others", {TD_SUM, 0, "C+50"}}, {0}},
	.scratch = (const td_port[]){
		{"column", TD_SET_F64, "C+1", NULL, "a column"},
		{"pivot", TD_SET_I32, "C+1", NULL, "rows exchanged"},
		{"matrix", TD_SET_F64, "C+1 C+1", NULL, "ref: M"}, {0}},
	.cost = cost,
	.flags = TD_D3,
	.impls = (const td_impl[]){
		{"ref", TD_ON_HOST, ref},
		{"native", TD_ON_HOST, native},
		{"cl", TD_ON_OPENCL, cl, "eeg/spline.cl", .group = 256}, {0}},
};
/* clang-format on */
