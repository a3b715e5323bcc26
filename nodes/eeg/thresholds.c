/* eeg.thresholds: the peak-to-peak size above which a channel is bad, by cross-validation.
 *
 *   x [E C T], ptp [E C], alone [C C], rows [10 2E] -> threshold [C], rank [C], curve [C 2E], size [C 2E]
 *
 * Rows of channel c: its epochs d_0 … d_E-1, then what the others predict of them, d_E … d_2E-1. For
 * threshold tau and split s, with m_s the median of the test rows,
 *   L_s(tau) = rms_t(mean of the training rows with ptp <= tau - m_s),   L = mean over the 10 splits;
 * where no training row is that small, the smallest ones are taken. Candidates are the sizes of the rows,
 * ascending; the threshold is the one with the smallest L.
 *
 * Predictions are made for 32 channels at a time: there is never a second copy of the data. */
#include "tandem.h"

#include "decisions.h"
#include "thresholds_rooms.h"

#include <math.h>
#include <stdlib.h>

enum { X, PTP, ALONE, ROWS };                                               /* inputs */
enum { THRESHOLD, RANK, CURVE, SIZE };                                      /* outputs */
enum { PREDICTED, TILE, LINES, WORK, ERRORS, ORDER, TRAIN, PAIRS, NEEDED }; /* scratch */

static const char *const methods[] = {"exhaustive", "grid41", NULL};

typedef struct {
	int32_t method;
} thresholds_params;

static bool is_grid(const td_call *c)
{
	return ((const thresholds_params *)c->params)->method == 1;
}

/* -- ref --------------------------------------------------------------------- */

/* One channel: its rows, and the magnitudes that their rounding errors come from. */
typedef struct {
	const td_call *c;
	int channel, epochs, n, n_train, samples;
	double *row, *mag;  /* [n][samples] */
	const double *size; /* [n] */
} ref_channel;

static void ref_rows(const ref_channel *r)
{
	int64_t channels = r->c->in[X].dim[1];
	const double *x = r->c->in[X].data,
		     *w = (const double *)r->c->in[ALONE].data + r->channel * channels;
	for (int64_t i = 0; i < (int64_t)r->epochs * r->samples; i++) {
		int64_t e = i / r->samples, t = i % r->samples,
			other = i + (int64_t)r->epochs * r->samples;
		const double *at = x + e * channels * r->samples + t;
		r->row[i] = at[r->channel * r->samples];
		r->mag[i] = fabs(r->row[i]);
		r->row[other] = r->mag[other] = 0;
		for (int64_t j = 0; j < channels; j++) {
			r->row[other] += w[j] * at[j * r->samples];
			r->mag[other] += fabs(w[j] * at[j * r->samples]);
		}
	}
}

static void ref_sizes(const ref_channel *r, double *size)
{
	for (int64_t i = 0; i < r->n; i++) {
		double lo = r->row[i * r->samples], hi = lo;
		for (int64_t t = 0; t < r->samples; t++) {
			lo = fmin(lo, r->row[i * r->samples + t]);
			hi = fmax(hi, r->row[i * r->samples + t]);
		}
		size[i] = hi - lo;
	}
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

/* Medians of the test rows, by sample; `work` is room for the rows. */
static void ref_median(const ref_channel *r, const int64_t *test, double *work, double *median)
{
	int n_test = r->n - r->n_train;
	for (int t = 0; t < r->samples; t++) {
		for (int i = 0; i < n_test; i++)
			work[i] = r->row[test[i] * r->samples + t];
		qsort(work, (size_t)n_test, sizeof *work, ascending);
		median[t] = (work[n_test / 2] + work[(n_test - 1) / 2]) / 2;
	}
}

/* Is a training row kept at this candidate? */
static bool ref_kept(const ref_channel *r, const int64_t *train, int i, double tau)
{
	double least = (double)INFINITY;
	for (int k = 0; k < r->n_train; k++)
		least = fmin(least, r->size[train[k]]);
	return r->size[train[i]] <= fmax(tau, least);
}

/* L_s of one candidate; `loss` and `mag` gain a tenth of it. */
static void ref_loss(const ref_channel *r, const int64_t *train, const double *median, double tau,
                     bool *kept, double *loss, double *mag)
{
	double squares = 0, mags = 0;
	int n = 0;
	for (int i = 0; i < r->n_train; i++)
		n += kept[i] = ref_kept(r, train, i, tau);
	for (int t = 0; t < r->samples; t++) {
		double sum = 0, m = 0;
		for (int i = 0; i < r->n_train; i++)
			if (kept[i]) {
				sum += r->row[train[i] * r->samples + t];
				m += r->mag[train[i] * r->samples + t];
			}
		squares += (sum / n - median[t]) * (sum / n - median[t]);
		mags += (m / n + fabs(median[t])) * (m / n + fabs(median[t]));
	}
	*loss += sqrt(squares / r->samples) / SPLITS;
	if (mag)
		*mag += sqrt(mags / r->samples) / SPLITS;
}

static int ref_best(const double *curve, int n, bool grid)
{
	int best = 0;
	for (int i = 0; i < n; i++) {
		bool candidate = !grid || i == n - 1;
		for (int64_t k = 0; k < SEARCH_GRID && !candidate; k++)
			candidate = k * n / SEARCH_GRID == i;
		if (candidate && curve[i] < curve[best] * (1 - 1e-12))
			best = i;
	}
	return best;
}

static void ref_search(const td_call *c, ref_channel *r)
{
	const int64_t *rows = c->in[ROWS].data;
	double *curve = (double *)c->out[CURVE].data + (int64_t)r->channel * r->n;
	double *mag = c->mag[CURVE] ? c->mag[CURVE] + (int64_t)r->channel * r->n : NULL;
	double *sorted = c->scratch[WORK].data, *work = sorted + r->n,
	       *median = c->scratch[LINES].data;
	bool *kept = c->scratch[TRAIN].data;
	for (int i = 0; i < r->n; i++) {
		sorted[i] = r->size[i];
		curve[i] = 0;
		if (mag)
			mag[i] = 0;
	}
	qsort(sorted, (size_t)r->n, sizeof *sorted, ascending);
	for (int s = 0; s < SPLITS; s++) {
		ref_median(r, rows + s * r->n + r->n_train, work, median);
		for (int i = 0; i < r->n; i++)
			ref_loss(r, rows + s * r->n, median, sorted[i], kept, &curve[i],
			         mag ? &mag[i] : NULL);
	}
	int best = ref_best(curve, r->n, is_grid(c));
	((int64_t *)c->out[RANK].data)[r->channel] = best;
	((double *)c->out[THRESHOLD].data)[r->channel] = sorted[best];
}

static bool ref(const td_call *c, td_err *e)
{
	(void)e;
	int epochs = (int)c->in[X].dim[0], n = 2 * epochs, samples = (int)c->in[X].dim[2];
	for (int i = 0; i < c->in[X].dim[1]; i++) {
		ref_channel r = {c, i, epochs, n, n - splits_n_test(n), samples, NULL, NULL, NULL};
		double *size = (double *)c->out[SIZE].data + (int64_t)i * n;
		r.row = c->scratch[PREDICTED].data;
		r.mag = r.row + (int64_t)n * samples;
		r.size = size;
		ref_rows(&r);
		ref_sizes(&r, size);
		for (int k = 0; c->mag[SIZE] && k < n; k++) {
			c->mag[SIZE][(int64_t)i * n + k] = 0;
			for (int t = 0; t < samples; t++)
				c->mag[SIZE][(int64_t)i * n + k] =
					fmax(c->mag[SIZE][(int64_t)i * n + k],
				             2 * r.mag[(int64_t)k * samples + t]);
		}
		ref_search(c, &r);
	}
	return true;
}

/* -- native ------------------------------------------------------------------ */

static rooms rooms_of(const td_call *c)
{
	return (rooms){
		.x = c->in[X].data,
		.ptp = c->in[PTP].data,
		.weights = c->in[ALONE].data,
		.split = c->in[ROWS].data,
		.size = c->out[SIZE].data,
		.curve = c->out[CURVE].data,
		.threshold = c->out[THRESHOLD].data,
		.rank = c->out[RANK].data,
		.predicted = c->scratch[PREDICTED].data,
		.tile = c->scratch[TILE].data,
		.rows = c->scratch[LINES].data,
		.work = c->scratch[WORK].data,
		.error = c->scratch[ERRORS].data,
		.order = c->scratch[ORDER].data,
		.train = c->scratch[TRAIN].data,
		.pairs = c->scratch[PAIRS].data,
		.needed = c->scratch[NEEDED].data,
		.epochs = (int)c->in[X].dim[0],
		.channels = (int)c->in[X].dim[1],
		.samples = (int)c->in[X].dim[2],
		.grid = is_grid(c),
	};
}

static void predict(const void *arg, int64_t lo, int64_t hi)
{
	for (int64_t room = lo; room < hi; room++)
		rooms_predict(*(const rooms *)arg, (int)room);
}

static void look(const void *arg, int64_t lo, int64_t hi)
{
	for (int64_t r = lo; r < hi; r++)
		rooms_search(*(const rooms *)arg, (int)r);
}

/* The network has numbers of 16 bits. */
static bool fits(const td_call *c, td_err *e)
{
	int64_t epochs = c->in[X].dim[0];
	return epochs <= MEDIAN_MOST ||
	       td_fail(e, TD_E_DATA, "%lld epochs; at most %d can be searched for thresholds",
	               (long long)epochs, MEDIAN_MOST);
}

static bool native(const td_call *c, td_err *e)
{
	rooms m = rooms_of(c);
	if (!fits(c, e))
		return false;
	rooms_network(m);
	for (; m.first < m.channels && m.epochs; m.first += SEARCH_ROUND) {
		td_parallel(c, SEARCH_ROOMS, 1, predict, &m);
		td_parallel(c, eeg_least(SEARCH_ROUND, m.channels - m.first), 1, look, &m);
	}
	return true;
}

/* -- cl ---------------------------------------------------------------------- */

/* A kernel and its items; no name: no more kernels. */
typedef struct {
	const char *kernel;
	int64_t items[3];
} step;

static bool cl_steps(const td_call *c, const step *s, int64_t first, td_err *e)
{
	bool grid = is_grid(c);
	const td_arg args[] = {TD_T(&c->in[X]),
	                       TD_T(&c->in[PTP]),
	                       TD_T(&c->in[ALONE]),
	                       TD_T(&c->in[ROWS]),
	                       TD_T(&c->out[THRESHOLD]),
	                       TD_T(&c->out[RANK]),
	                       TD_T(&c->out[CURVE]),
	                       TD_T(&c->out[SIZE]),
	                       TD_T(&c->scratch[PREDICTED]),
	                       TD_T(&c->scratch[TILE]),
	                       TD_T(&c->scratch[LINES]),
	                       TD_T(&c->scratch[WORK]),
	                       TD_T(&c->scratch[ERRORS]),
	                       TD_T(&c->scratch[ORDER]),
	                       TD_T(&c->scratch[TRAIN]),
	                       TD_T(&c->scratch[PAIRS]),
	                       TD_T(&c->scratch[NEEDED]),
	                       TD_I(c->in[X].dim[0]),
	                       TD_I(c->in[X].dim[1]),
	                       TD_I(c->in[X].dim[2]),
	                       TD_I(grid),
	                       TD_I(first)};
	for (; s->kernel; s++)
		if (!td_launch(c, s->kernel, s->items, args, TD_COUNT(args), e))
			return false;
	return true;
}

static bool cl_round(const td_call *c, int64_t round, int64_t first, td_err *e)
{
	int64_t epochs = c->in[X].dim[0], samples = c->in[X].dim[2], n = 2 * epochs;
	const step cpu[] = {{"eeg_thresholds_predict", {SEARCH_ROOMS, 1, 1}},
	                    {"eeg_thresholds_search", {round, 1, 1}},
	                    {0}};
	const step gpu[] = {{"eeg_thresholds_predict",
	                     {samples, (round + PREDICT_ROWS - 1) / PREDICT_ROWS, epochs}},
	                    {"eeg_thresholds_sizes", {round * epochs * 64, 1, 1}},
	                    {"eeg_thresholds_order", {n, round, 1}},
	                    {"eeg_thresholds_train", {n, SPLITS, round}},
	                    {"eeg_thresholds_medians", {samples, SPLITS, round}},
	                    {"eeg_thresholds_walk", {round * SPLITS * WALK_GROUP, 1, 1}},
	                    {"eeg_thresholds_curve", {n, round, 1}},
	                    {"eeg_thresholds_best", {round, 1, 1}},
	                    {0}};
	return cl_steps(c, td_is_cpu(c) ? cpu : gpu, first, e);
}

static bool cl(const td_call *c, td_err *e)
{
	int64_t epochs = c->in[X].dim[0], channels = c->in[X].dim[1];
	const step cpu[] = {{"eeg_thresholds_start", {1, 1, 1}}, {0}};
	const step gpu[] = {{"eeg_thresholds_start", {2 * epochs, SPLITS, 1}}, {0}};
	if (!fits(c, e) || !cl_steps(c, td_is_cpu(c) ? cpu : gpu, 0, e))
		return false;
	for (int64_t first = 0; first < channels && epochs; first += SEARCH_ROUND) {
		int64_t left = channels - first;
		if (!cl_round(c, left < SEARCH_ROUND ? left : SEARCH_ROUND, first, e))
			return false;
	}
	return true;
}

static td_cost cost(const td_call *c)
{
	double e = (double)c->in[X].dim[0], n = (double)c->in[X].dim[1],
	       t = (double)c->in[X].dim[2];
	return (td_cost){.flops = 2 * e * n * n * t +
	                          SPLITS * 1.6 * e * n * t * (4 + 0.5 * log2(1 + e)),
	                 .bytes = td_bytes(&c->in[X])};
}

/* -- decisions ------------------------------------------------------------------ */

/* A rank may differ only where the losses are the same but for rounding. */
static bool decide(const td_call *ref, const td_call *got, td_decisions *d, td_err *e)
{
	(void)e;
	int64_t channels = td_numel(&ref->out[RANK]), n = ref->out[CURVE].dim[1];
	d->port = RANK;
	for (int64_t c = 0; c < channels; c++) {
		const double *curve = (const double *)ref->out[CURVE].data + c * n;
		int64_t want = decision_at(&ref->out[RANK], c),
			have = decision_at(&got->out[RANK], c);
		double tau = ((const double *)ref->out[THRESHOLD].data)[c],
		       mine = ((const double *)got->out[THRESHOLD].data)[c],
		       margin = curve[want] * 1e-9;
		bool risk = false, fits = have >= 0 && have < n;
		for (int64_t i = 0; i < n && !is_grid(ref); i++)
			risk |= i != want && curve[i] > curve[want] &&
			        curve[i] - curve[want] <= margin;
		bool same = fits && have == want && fabs(mine - tau) <= 1e-9 * tau;
		bool near = fits && have != want && curve[have] - curve[want] <= margin;
		decision_note(d, c, !same, risk, !same && !near);
	}
	return true;
}

/* -- the node -------------------------------------------------------------------- */

/* clang-format off */
TD_DEFINE_NODE(td_eeg_thresholds) = {
	.abi = TD_ABI,
	.version = 1,
	.name = "eeg.thresholds",
	.doc = "The peak-to-peak size above which each channel is bad, by cross-validation over all candidates.",
	.in = (const td_port[]){
		{"x", TD_SET_F32, "E C T", "V", "epochs x channels x samples"},
		{"ptp", TD_SET_F64, "E C", "V", "from eeg.ptp"},
		{"alone", TD_SET_F64, "C C", "1", "from eeg.spline: predicts each channel from all others"},
		{"rows", TD_SET_I32, "10 2*E", NULL, "from eeg.splits"}, {0}},
	.out = (const td_port[]){
		{"threshold", TD_SET_F64, "C", "V", "peak to peak above which a channel is bad", {TD_DECISION}},
		{"rank", TD_SET_I32, "C", NULL, "of the threshold among the channel's candidates", {TD_DECISION}},
		{"curve", TD_SET_F64, "C 2*E", "V", "loss of each candidate, the smallest candidate first", {TD_SUM, 0, "C+2*E+T"}},
		{"size", TD_SET_F64, "C 2*E", "V", "peak to peak of the rows: epochs, then predictions", {TD_SUM, 0, "C"}}, {0}},
	.scratch = (const td_port[]){
		{"predicted", TD_SET_F64, "32 ((T+63)/64*E+1)*64", NULL, "predictions of the channels of a round"},
		{"tile", TD_SET_F64, "32 C*32", NULL, "samples of an epoch"},
		{"lines", TD_SET_F64, "max(32*2*E,5*T) 64", NULL, "samples of the rows of a channel; on GPUs, medians"},
		{"work", TD_SET_F64, "32*E+4 16", NULL, "samples of test rows"},
		{"errors", TD_SET_F64, "32*10*2*E 8", NULL, "squared errors after each training row"},
		{"order", TD_SET_I32, "32*4*E", NULL, "rows by size"},
		{"train", TD_SET_I32, "32*10*2*E", NULL, "training rows by size"},
		{"pairs", TD_SET_I32, "64*E", NULL, "comparators of the median; on GPUs, which rows are for training"},
		{"needed", TD_SET_I32, "E+1", NULL, "what the median depends on; then how many comparators"}, {0}},
	.params = (const td_param[]){
		{"method", NULL, "which candidates: all, or 41 of them", TD_CHOICE, offsetof(thresholds_params, method), 0,
		 .choices = methods}, {0}},
	.params_size = sizeof(thresholds_params),
	.cost = cost,
	.decide = decide,
	.flags = TD_D3,
	.impls = (const td_impl[]){
		{"ref", TD_ON_HOST, ref},
		{"native", TD_ON_HOST, native},
		{"cl", TD_ON_OPENCL, cl, "eeg/thresholds.cl", .local_bytes = "16512", .group = 128}, {0}},
};
/* clang-format on */
_Static_assert(SEARCH_ROUND == 32 && SEARCH_ROOMS == 32 && SEARCH_TILE == 64 && SPLITS == 10 &&
                       MEDIAN_COLUMNS_F64 == 16 && MEDIAN_PAIRS == 64 && EEG_TILE == 32,
               "the shapes of the scratch say so");
