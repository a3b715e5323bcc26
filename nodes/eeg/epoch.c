/* eeg.epoch: cuts a recording into epochs, in volts.
 *
 *   x [C S], calibration [C 2] = (scale, offset), start [E], time [T] -> y [E C T]
 *   baseline none:   y_ect = x_c,(start_e + t) scale_c + offset_c
 *   epoch, before:   y_ect = (x_c,(start_e + t) - m_ec) scale_c
 *
 * m is the mean over the epoch, or over its samples at times up to 0: an exact sum of whole numbers,
 * divided once. All of it is double; y is rounded once. */
#include "tandem.h"

#include "epoch.h"

#include <math.h>

enum { X, CALIBRATION, START, TIME };

typedef struct {
	int32_t baseline, dtype;
} epoch_params;

static const char *const baselines[] = {"none", "epoch", "before", NULL};
static const char *const dtypes[] = {"f32", "f64", NULL}; /* in the order of td_dtype */

/* clang-format off */
static const td_param params[] = {
	{"baseline", NULL, "what is subtracted from each epoch and channel: nothing, its mean, or its mean at times up to 0",
	 TD_CHOICE, offsetof(epoch_params, baseline), TD_REQUIRED, 0, 0, baselines},
	{"dtype", NULL, "of the result", TD_CHOICE, offsetof(epoch_params, dtype), 0, 0, 0, dtypes},
	{0},
};
/* clang-format on */

static int baseline_of(const td_call *c)
{
	return ((const epoch_params *)c->params)->baseline;
}

/* Lies an epoch that starts here in the recording? */
static bool inside(const td_call *c, int64_t start)
{
	int64_t samples = c->in[X].dim[1], length = c->in[TIME].dim[0];
	return start >= 0 && length <= samples && start <= samples - length;
}

/* -- ref and native: one row, of type T from numbers of type N ---------------- */

#define ROW(name, N, S, T)                                                                      \
	static void name(const td_call *c, int64_t e, int64_t channel)                          \
	{                                                                                       \
		const double *k = (const double *)c->in[CALIBRATION].data + 2 * channel;        \
		const double *time = c->in[TIME].data;                                          \
		int64_t start = ((const S *)c->in[START].data)[e], n = 0, sum = 0;              \
		int64_t length = c->in[TIME].dim[0];                                            \
		T *y = (T *)c->out[0].data + (e * c->in[X].dim[0] + channel) * length;          \
		bool there = inside(c, start);                                                  \
		const N *x = (const N *)c->in[X].data + channel * c->in[X].dim[1] +             \
		             (there ? start : 0);                                               \
		int baseline = baseline_of(c);                                                  \
		for (int64_t t = 0; there && t < length; t++)                                   \
			if (epoch_in_baseline(baseline, time[t])) {                             \
				sum += x[t];                                                    \
				n++;                                                            \
			}                                                                       \
		double mean = n ? (double)sum / (double)n : 0;                                  \
		there = there && (n || baseline == EPOCH_NONE);                                 \
		for (int64_t t = 0; t < length; t++)                                            \
			y[t] = there ? (T)epoch_volts(baseline, (double)x[t], mean, k[0], k[1]) \
			             : (T)NAN;                                                  \
	}

ROW(ref_row, int64_t, int64_t, double)
ROW(row_f32, int32_t, int64_t, float)
ROW(row_f64, int32_t, int64_t, double)

static bool ref(const td_call *c, td_err *e)
{
	(void)e;
	for (int64_t i = 0; i < c->out[0].dim[0]; i++)
		for (int64_t k = 0; k < c->out[0].dim[1]; k++)
			ref_row(c, i, k);
	return true;
}

static void rows(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	int64_t channels = c->out[0].dim[1];
	for (int64_t i = lo; i < hi; i++)
		if (c->out[0].dtype == TD_F32)
			row_f32(c, i / channels, i % channels);
		else
			row_f64(c, i / channels, i % channels);
}

static bool native(const td_call *c, td_err *e)
{
	(void)e;
	td_parallel(c, td_span(&c->out[0], 0, 2), 8, rows, c);
	return true;
}

/* -- cl ------------------------------------------------------------------------ */

static bool cl(const td_call *c, td_err *e)
{
	int64_t rows_n = td_span(&c->out[0], 0, 2), length = c->in[TIME].dim[0];
	int64_t span = td_is_cpu(c) ? length : 1, /* samples of an item; below: items of an epoch */
		items = td_is_cpu(c) ? length > 0 : (length + 63) / 64 * 64;
	const td_arg x = TD_T(&c->in[X]), start = TD_T(&c->in[START]), time = TD_T(&c->in[TIME]),
		     mean = TD_T(&c->scratch[0]), channels = TD_I(c->in[X].dim[0]),
		     samples = TD_L(c->in[X].dim[1]), n = TD_I(length),
		     baseline = TD_I(baseline_of(c));
	const td_arg means[] = {x, start, time, mean, channels, samples, n, baseline, TD_I(rows_n)};
	const td_arg cut[] = {x,
	                      start,
	                      TD_T(&c->in[CALIBRATION]),
	                      mean,
	                      TD_T(&c->out[0]),
	                      channels,
	                      samples,
	                      n,
	                      baseline,
	                      TD_I(span)};
	return td_launch(c, "eeg_epoch_means", (int64_t[3]){rows_n * (td_is_cpu(c) ? 1 : 64), 1, 1},
	                 means, TD_COUNT(means), e) &&
	       td_launch(c, c->out[0].dtype == TD_F32 ? "eeg_epoch_f32" : "eeg_epoch_f64",
	                 (int64_t[3]){c->out[0].dim[0] * items, c->out[0].dim[1], 1}, cut,
	                 TD_COUNT(cut), e);
}

static td_cost cost(const td_call *c)
{
	double n = td_elements(&c->out[0]);
	return (td_cost){.flops = 3 * n, .bytes = 8 * n + td_bytes(&c->out[0])};
}

/* clang-format off */
TD_DEFINE_NODE(td_eeg_epoch) = {
	.abi = TD_ABI,
	.version = 1,
	.name = "eeg.epoch",
	.doc = "Cuts a recording into epochs, in volts. An epoch that does not lie in the recording, or has no sample to take "
	       "its baseline from, is NaN.",
	.in = (const td_port[]){
		{"x", TD_SET_I32, "C S", NULL, "numbers as the recording has them"},
		{"calibration", TD_SET_F64, "C 2", "V", "volts of a step, and of 0"},
		{"start", TD_SET_I64, "E", NULL, "first sample of each epoch"},
		{"time", TD_SET_F64, "T", "s", "time of each sample of an epoch"}, {0}},
	.out = (const td_port[]){{"y", TD_SET_FLOAT, "E C T", "V", "epochs x channels x samples", {TD_EXACT}}, {0}},
	.scratch = (const td_port[]){{"mean", TD_SET_F64, "E C", NULL, "baselines"}, {0}},
	.params = params,
	.params_size = sizeof(epoch_params),
	.cost = cost,
	.flags = TD_D3,
	.impls = (const td_impl[]){
		{"ref", TD_ON_HOST, ref},
		{"native", TD_ON_HOST, native},
		{"cl", TD_ON_OPENCL, cl, "eeg/epoch.cl"}, {0}},
};
/* clang-format on */
