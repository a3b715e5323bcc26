/* eeg.repair, eeg.average: the epochs that are kept, with their bad channels repaired; and their mean.
 *
 *   x [E C T], label [E C], inverse [C+1 C+1], kept [N]
 *   repair:  -> y [N C T], rms [N C]   bad channels from the others: y_B = R x_A (spline.h)
 *   average: -> mean [C T], its first extent n_channels: C, or 0 when no epoch is kept
 *
 * The average needs no repaired copy of the data. */
#include "tandem.h"

#include "repair.h"
#include "repair_ref.h"

enum { X, LABEL, INVERSE, KEPT };      /* inputs */
enum { Y, RMS, MEAN = Y, N_CHANNELS }; /* outputs */
enum { WEIGHTS, BAD, TILE, SUM };      /* scratch */

/* -- ref --------------------------------------------------------------------- */

/* Epoch number i of those that are kept. */
static void ref_kept_epoch(const td_call *c, int64_t i, double *y, double *mag)
{
	int64_t channels = c->in[X].dim[1], samples = c->in[X].dim[2],
		e = ((const int64_t *)c->in[KEPT].data)[i];
	ref_epoch r = {
		.x = (const double *)c->in[X].data + e * channels * samples,
		.inverse = c->in[INVERSE].data,
		.label = (const int64_t *)c->in[LABEL].data + e * channels,
		.channels = channels,
		.samples = samples,
		.work = c->scratch[WEIGHTS].data,
		.y = y,
		.mag = mag,
	};
	ref_repair_epoch(&r, c->scratch[BAD].data);
}

static bool repair_ref(const td_call *c, td_err *e)
{
	(void)e;
	int64_t size = c->in[X].dim[1] * c->in[X].dim[2], samples = c->in[X].dim[2];
	double *mag = c->scratch[SUM].data;
	for (int64_t i = 0; i < c->in[KEPT].dim[0]; i++) {
		double *y = (double *)c->out[Y].data + i * size;
		ref_kept_epoch(c, i, y, mag);
		for (int64_t k = 0; k < size && c->mag[Y]; k++)
			c->mag[Y][i * size + k] = mag[k];
		for (int64_t k = 0; k < c->in[X].dim[1]; k++) {
			double squares = 0, mags = 0;
			for (int64_t t = k * samples; t < (k + 1) * samples; t++) {
				squares += y[t] * y[t];
				mags += mag[t] * mag[t];
			}
			((double *)c->out[RMS].data)[i * c->in[X].dim[1] + k] =
				sqrt(squares / (double)samples);
			if (c->mag[RMS])
				c->mag[RMS][i * c->in[X].dim[1] + k] = sqrt(mags / (double)samples);
		}
	}
	return true;
}

static bool average_ref(const td_call *c, td_err *e)
{
	(void)e;
	int64_t size = c->in[X].dim[1] * c->in[X].dim[2], n = c->in[KEPT].dim[0];
	double *mean = c->out[MEAN].data, *y = c->scratch[SUM].data, *mag = y + size;
	for (int64_t k = 0; k < size; k++) {
		mean[k] = 0;
		if (c->mag[MEAN])
			c->mag[MEAN][k] = 0;
	}
	for (int64_t i = 0; i < n; i++) {
		ref_kept_epoch(c, i, y, mag);
		for (int64_t k = 0; k < size; k++) {
			mean[k] += y[k] / (double)n;
			if (c->mag[MEAN])
				c->mag[MEAN][k] += mag[k] / (double)n;
		}
	}
	*(int64_t *)c->out[N_CHANNELS].data = n ? c->in[X].dim[1] : 0;
	return true;
}

/* -- native ------------------------------------------------------------------ */

typedef struct {
	const td_call *c;
	repairs m;
	int first, n; /* of the kept epochs, in this chunk */
	bool last;
} job;

static job job_of(const td_call *c)
{
	return (job){.c = c,
	             .m = {.x = c->in[X].data,
	                   .inverse = c->in[INVERSE].data,
	                   .weights = c->scratch[WEIGHTS].data,
	                   .bad = c->scratch[BAD].data,
	                   .channels = (int)c->in[X].dim[1],
	                   .samples = (int)c->in[X].dim[2]}};
}

static const int32_t *kept_of(const job *j)
{
	return (const int32_t *)j->c->in[KEPT].data + j->first;
}

static void prepare(const void *arg, int64_t lo, int64_t hi)
{
	const job *j = arg;
	for (int64_t i = lo; i < hi; i++)
		repair_prepare(j->m, (int)i,
		               (const label *)j->c->in[LABEL].data +
		                       (int64_t)kept_of(j)[i] * j->m.channels);
}

static void epochs(const void *arg, int64_t lo, int64_t hi)
{
	const job *j = arg;
	int64_t channels = j->m.channels, size = channels * j->m.samples;
	for (int64_t i = lo; i < hi; i++)
		repair_epoch(j->m, kept_of(j)[i], (int)i,
		             (double *)j->c->scratch[TILE].data + i * 2 * channels * EEG_TILE,
		             (double *)j->c->out[Y].data + (j->first + i) * size,
		             (double *)j->c->out[RMS].data + (j->first + i) * channels);
}

static void tiles(const void *arg, int64_t lo, int64_t hi)
{
	const job *j = arg;
	int64_t plane = (int64_t)j->m.channels * EEG_TILE;
	for (int64_t i = lo; i < hi; i++)
		repair_mean(j->m, kept_of(j), j->first, j->n, (int)i,
		            j->last ? (int)j->c->in[KEPT].dim[0] : 0,
		            (double *)j->c->scratch[TILE].data + i * 2 * plane,
		            (double *)j->c->scratch[SUM].data + i * plane, j->c->out[MEAN].data);
}

/* Kept epochs in chunks: prepared, then made by `body` over `items` (0: the epochs). */
static void native_chunks(const td_call *c, void (*body)(const void *, int64_t, int64_t),
                          int64_t items)
{
	job j = job_of(c);
	int kept = (int)c->in[KEPT].dim[0];
	for (; j.first < kept; j.first += REPAIR_CHUNK) {
		j.n = eeg_least(REPAIR_CHUNK, kept - j.first);
		j.last = j.first + j.n == kept;
		td_parallel(c, j.n, 1, prepare, &j);
		td_parallel(c, items ? items : j.n, 1, body, &j);
	}
}

static bool repair_native(const td_call *c, td_err *e)
{
	(void)e;
	native_chunks(c, epochs, 0);
	return true;
}

static bool average_native(const td_call *c, td_err *e)
{
	(void)e;
	native_chunks(c, tiles, (c->in[X].dim[2] + EEG_TILE - 1) / EEG_TILE);
	*(int32_t *)c->out[N_CHANNELS].data = c->in[KEPT].dim[0] ? (int32_t)c->in[X].dim[1] : 0;
	return true;
}

/* -- cl ---------------------------------------------------------------------- */

static bool prepare_cl(const td_call *c, int64_t first, int64_t n, td_err *e)
{
	int64_t items = td_is_cpu(c) ? n : n * 256;
	const td_arg args[] = {TD_T(&c->in[LABEL]),        TD_T(&c->in[INVERSE]),
	                       TD_T(&c->scratch[WEIGHTS]), TD_T(&c->scratch[BAD]),
	                       TD_T(&c->in[KEPT]),         TD_I(first),
	                       TD_I(c->in[X].dim[1])};
	return td_launch(c, "eeg_repair_prepare", (int64_t[3]){items, 1, 1}, args, TD_COUNT(args),
	                 e);
}

static int64_t chunk_of(const td_call *c, int64_t first)
{
	int64_t left = c->in[KEPT].dim[0] - first;
	return left < REPAIR_CHUNK ? left : REPAIR_CHUNK;
}

/* What the kernels of both begin with. */
#define REPAIRS(c, first, n)                                                            \
	TD_T(&(c)->in[X]), TD_T(&(c)->scratch[WEIGHTS]), TD_T(&(c)->scratch[BAD]),      \
		TD_T(&(c)->in[KEPT]), TD_I((c)->in[X].dim[1]), TD_I((c)->in[X].dim[2]), \
		TD_I(first), TD_I(n)

/* On a GPU, root mean squares follow; the last two arguments are for CPUs. */
static bool repair_chunk_cl(const td_call *c, int64_t first, int64_t n, td_err *e)
{
	int64_t channels = c->in[X].dim[1], samples = c->in[X].dim[2];
	const td_arg args[] = {REPAIRS(c, first, n), TD_T(&c->out[Y]), TD_T(&c->out[RMS]),
	                       TD_T(&c->scratch[TILE])};
	const td_arg rms[] = {TD_T(&c->out[Y]), TD_T(&c->scratch[TILE]), TD_T(&c->out[RMS]),
	                      TD_I(channels),   TD_I(samples),           TD_I(first),
	                      TD_I(n)};
	if (td_is_cpu(c))
		return td_launch(c, "eeg_repair", (int64_t[3]){n, 1, 1}, args, TD_COUNT(args), e);
	return td_launch(c, "eeg_repair", (int64_t[3]){samples, channels, n}, args,
	                 TD_COUNT(args) - 2, e) &&
	       td_launch(c, "eeg_repair_rms", (int64_t[3]){n * channels * 8, 1, 1}, rms,
	                 TD_COUNT(rms), e);
}

static bool repair_cl(const td_call *c, td_err *e)
{
	for (int64_t first = 0; first < c->in[KEPT].dim[0]; first += REPAIR_CHUNK) {
		int64_t n = chunk_of(c, first);
		if (!prepare_cl(c, first, n, e) || !repair_chunk_cl(c, first, n, e))
			return false;
	}
	return true;
}

static bool average_cl(const td_call *c, td_err *e)
{
	int64_t kept = c->in[KEPT].dim[0], channels = c->in[X].dim[1], samples = c->in[X].dim[2];
	const td_arg end[] = {TD_T(&c->out[N_CHANNELS]), TD_I(kept ? channels : 0)};
	bool cpu = td_is_cpu(c);
	const int64_t items[3] = {cpu ? (samples + EEG_TILE - 1) / EEG_TILE : samples,
	                          cpu ? 1 : channels, 1};
	for (int64_t first = 0; first < kept; first += REPAIR_CHUNK) {
		int64_t n = chunk_of(c, first);
		const td_arg args[] = {REPAIRS(c, first, n), TD_I(first + n == kept ? kept : 0),
		                       TD_T(&c->scratch[SUM]), TD_T(&c->out[MEAN]),
		                       TD_T(&c->scratch[TILE])}; /* the last one is for CPUs */
		if (!prepare_cl(c, first, n, e) ||
		    !td_launch(c, "eeg_average", items, args, TD_COUNT(args) - !cpu, e))
			return false;
	}
	return td_launch(c, "eeg_average_end", (int64_t[3]){1, 1, 1}, end, TD_COUNT(end), e);
}

static td_cost cost(const td_call *c)
{
	double share = td_elements(&c->in[KEPT]) / (double)(c->in[X].dim[0] ? c->in[X].dim[0] : 1);
	return (td_cost){.flops = share * td_elements(&c->in[X]) * (double)c->in[X].dim[1] * 0.1,
	                 .bytes = share * td_bytes(&c->in[X]) + td_bytes(&c->out[0])};
}

/* clang-format off */
#define IMPLS(name) (const td_impl[]){ \
	{"ref", TD_ON_HOST, name##_ref}, {"native", TD_ON_HOST, name##_native}, \
	{"cl", TD_ON_OPENCL, name##_cl, "eeg/repair.cl", .group = 256}, {0}}
#define INPUTS (const td_port[]){ \
	{"x", TD_SET_F32, "E C T", "V", "epochs x channels x samples"}, \
	{"label", TD_SET_U8, "E C", NULL, "from eeg.reject: 2 where a channel is repaired"}, \
	{"inverse", TD_SET_F64, "C+1 C+1", "1", "from eeg.spline"}, \
	{"kept", TD_SET_I32, "N", NULL, "from eeg.reject: the epochs to take"}, {0}}
#define PREPARED \
	{"weights", TD_SET_F64, "64*C C", NULL, "what predicts the bad channels of an epoch"}, \
	{"bad", TD_SET_I32, "64 C+1", NULL, "bad channels of an epoch"}

TD_DEFINE_NODE(td_eeg_repair) = {
	.abi = TD_ABI,
	.version = 1,
	.name = "eeg.repair",
	.doc = "The epochs that are kept, bad channels repaired from the others.",
	.in = INPUTS,
	.out = (const td_port[]){
		{"y", TD_SET_F64, "N C T", "V", "repaired epochs", {TD_SUM, 0, "C"}},
		{"rms", TD_SET_F64, "N C", "V", "root mean square of each channel and epoch", {TD_SUM, 0, "C+T"}}, {0}},
	.scratch = (const td_port[]){
		PREPARED,
		{"tile", TD_SET_F64, "64 2*C*32", NULL, "samples of an epoch, or squares"},
		{"sum", TD_SET_F64, "C T", NULL, "ref: magnitudes"}, {0}},
	.cost = cost,
	.flags = TD_D3,
	.impls = IMPLS(repair),
};

TD_DEFINE_NODE(td_eeg_average) = {
	.abi = TD_ABI,
	.version = 1,
	.name = "eeg.average",
	.doc = "The mean of the epochs that are kept, bad channels repaired from the others; nothing when none is.",
	.in = INPUTS,
	.out = (const td_port[]){
		{"mean", TD_SET_F64, "n_channels<=C T", "V", "mean over the kept epochs", {TD_SUM, 0, "E+C"}},
		{"n_channels", TD_SET_I32, "1", NULL, "C, or 0 when all epochs are bad", {TD_EXACT}}, {0}},
	.scratch = (const td_port[]){
		PREPARED,
		{"tile", TD_SET_F64, "(T+31)/32 2*C*32", NULL, "samples of an epoch"},
		{"sum", TD_SET_F64, "2*C ((T+31)/32)*32", NULL, "sums of tiles"}, {0}},
	.cost = cost,
	.flags = TD_D3,
	.impls = IMPLS(average),
};
/* clang-format on */
