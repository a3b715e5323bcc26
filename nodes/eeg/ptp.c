/* eeg.ptp: peak to peak, the size of each channel's signal in each epoch.
 *
 *   x [E C T] -> ptp [E C]   ptp_ec = max_t x_ect - min_t x_ect, one double subtraction
 *
 * Both extremes are exact, so the bits are the same everywhere: thresholds are values of ptp, and a
 * comparison with them is knife-edge. A NaN stands where a sample is no finite number. */
#include "tandem.h"

#include "rows.h"

#include <math.h>

/* -- ref --------------------------------------------------------------------- */

static bool ref(const td_call *c, td_err *e)
{
	(void)e;
	int64_t samples = c->in[0].dim[2];
	double *ptp = c->out[0].data;
	for (int64_t i = 0; i < td_numel(&c->out[0]); i++) {
		const double *x = (const double *)c->in[0].data + i * samples;
		double lo = samples ? x[0] : 0, hi = lo;
		bool finite = true;
		for (int64_t t = 0; t < samples; t++) {
			lo = x[t] < lo ? x[t] : lo;
			hi = x[t] > hi ? x[t] : hi;
			finite = finite && isfinite(x[t]);
		}
		ptp[i] = finite ? hi - lo : (double)NAN;
	}
	return true;
}

/* -- native ------------------------------------------------------------------ */

static void rows(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	int64_t samples = c->in[0].dim[2];
	for (int64_t i = lo; i < hi; i++)
		((double *)c->out[0].data)[i] =
			eeg_ptp((const float *)c->in[0].data + i * samples, (int)samples);
}

static bool native(const td_call *c, td_err *e)
{
	(void)e;
	td_parallel(c, td_numel(&c->out[0]), 8, rows, c);
	return true;
}

/* -- cl ---------------------------------------------------------------------- */

static bool cl(const td_call *c, td_err *e)
{
	int64_t n = td_numel(&c->out[0]);
	int64_t items = td_is_cpu(c) ? n : 64 * n; /* a group each */
	const td_arg args[] = {TD_T(&c->in[0]), TD_T(&c->out[0]), TD_I(n), TD_I(c->in[0].dim[2])};
	return td_launch(c, "eeg_ptp_rows", (int64_t[3]){items, 1, 1}, args, TD_COUNT(args), e);
}

static td_cost cost(const td_call *c)
{
	return (td_cost){.flops = 2 * td_elements(&c->in[0]), .bytes = td_bytes(&c->in[0])};
}

/* clang-format off */
TD_DEFINE_NODE(td_eeg_ptp) = {
	.abi = TD_ABI,
	.version = 1,
	.name = "eeg.ptp",
	.doc = "Peak to peak of each channel in each epoch, max - min, in double.",
	.in = (const td_port[]){{"x", TD_SET_F32, "E C T", "V", "epochs x channels x samples"}, {0}},
	.out = (const td_port[]){{"ptp", TD_SET_F64, "E C", "V", "peak to peak; NaN where a sample is not finite", {TD_EXACT}}, {0}},
	.cost = cost,
	.flags = TD_D3,
	.impls = (const td_impl[]){
		{"ref", TD_ON_HOST, ref},
		{"native", TD_ON_HOST, native},
		{"cl", TD_ON_OPENCL, cl, "eeg/ptp.cl"}, {0}},
};
/* clang-format on */
