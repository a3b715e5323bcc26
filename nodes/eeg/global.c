/* eeg.global: one peak-to-peak size for a whole recording, above which an epoch is bad.
 *
 *   x [E C T], ptp [E C] -> threshold [1], rank [1], size [E], loss [E]
 *   size_e = max_c ptp_ec
 *   loss(tau) = mean over folds of rms over channels and samples of
 *               (mean of the other folds' epochs with size <= tau - median of the fold)
 *
 * Candidates are the sizes, ascending in loss and in rank; infinite where a fold has nothing that small. */
#include "tandem.h"

#include "decisions.h"
#include "global.h"

#include <math.h>
#include <stdlib.h>

enum { THRESHOLD, RANK, SIZE, LOSS };
enum { ORDER, FOLD, PAIRS, N_PAIRS, MIDDLE, WORK, SQUARE, LINES };

typedef struct {
	int64_t cv;
} global_params;

static int64_t folds_of(const td_call *c)
{
	return ((const global_params *)c->params)->cv;
}

static double share_of(const td_call *c)
{
	return 1.0 / (double)((const global_params *)c->params)->cv;
}

/* -- ref --------------------------------------------------------------------- */

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static int64_t ref_first(const td_call *c, int64_t fold)
{
	int64_t epochs = c->in[0].dim[0], folds = folds_of(c), more = epochs % folds;
	return fold * (epochs / folds) + (fold < more ? fold : more);
}

/* Loss of a candidate at one fold; `median` of its epochs. */
static double ref_fold(const td_call *c, int64_t fold, double tau, const double *median,
                       double *mag)
{
	int64_t cells = c->in[0].dim[1] * c->in[0].dim[2], n = 0;
	const double *x = c->in[0].data, *size = c->out[SIZE].data;
	double squares = 0, mags = 0;
	for (int64_t i = 0; i < cells; i++) {
		double sum = 0, m = 0;
		n = 0;
		for (int64_t e = 0; e < c->in[0].dim[0]; e++) {
			bool own = e >= ref_first(c, fold) && e < ref_first(c, fold + 1);
			if (own || size[e] > tau)
				continue;
			n++;
			sum += x[e * cells + i];
			m += fabs(x[e * cells + i]);
		}
		if (n == 0)
			return (double)INFINITY;
		squares += (sum / (double)n - median[i]) * (sum / (double)n - median[i]);
		mags += (m / (double)n + fabs(median[i])) * (m / (double)n + fabs(median[i]));
	}
	*mag += sqrt(mags / (double)cells) * share_of(c);
	return sqrt(squares / (double)cells);
}

static void ref_median(const td_call *c, int64_t fold, double *work, double *median)
{
	int64_t cells = c->in[0].dim[1] * c->in[0].dim[2], first = ref_first(c, fold),
		n = ref_first(c, fold + 1) - first;
	for (int64_t i = 0; i < cells; i++) {
		for (int64_t e = 0; e < n; e++)
			work[e] = ((const double *)c->in[0].data)[(first + e) * cells + i];
		qsort(work, (size_t)n, sizeof *work, ascending);
		median[i] = (work[n / 2] + work[(n - 1) / 2]) / 2;
	}
}

static bool ref(const td_call *c, td_err *e)
{
	(void)e;
	int64_t epochs = c->in[0].dim[0], channels = c->in[0].dim[1];
	double *size = c->out[SIZE].data, *loss = c->out[LOSS].data,
	       *sorted = c->scratch[WORK].data, *work = sorted + epochs,
	       *median = c->scratch[MIDDLE].data;
	for (int64_t i = 0; i < epochs; i++) {
		size[i] = 0;
		for (int64_t k = 0; k < channels; k++)
			size[i] = fmax(size[i], ((const double *)c->in[1].data)[i * channels + k]);
		sorted[i] = size[i];
		loss[i] = 0;
		if (c->mag[LOSS])
			c->mag[LOSS][i] = 0;
	}
	qsort(sorted, (size_t)epochs, sizeof *sorted, ascending);
	for (int64_t f = 0; f < folds_of(c); f++) {
		ref_median(c, f, work, median);
		for (int64_t i = 0; i < epochs; i++) {
			double mag = 0;
			loss[i] += ref_fold(c, f, sorted[i], median, &mag) * share_of(c);
			if (c->mag[LOSS])
				c->mag[LOSS][i] += mag;
		}
	}
	int best = global_best(loss, (int)epochs);
	*(int64_t *)c->out[RANK].data = best;
	*(double *)c->out[THRESHOLD].data = sorted[best];
	return true;
}

/* -- native ------------------------------------------------------------------ */

static global_search search_of(const td_call *c)
{
	int samples = (int)c->in[0].dim[2];
	return (global_search){
		.m = {.r = {.x = c->in[0].data,
	                    .channels = (int)c->in[0].dim[1],
	                    .samples = samples},
	              .epochs = (int)c->in[0].dim[0],
	              .folds = (int)folds_of(c),
	              .tiles = (samples + EEG_TILE - 1) / EEG_TILE,
	              .pairs = c->scratch[PAIRS].data,
	              .n_pairs = c->scratch[N_PAIRS].data,
	              .middle = c->scratch[MIDDLE].data,
	              .work = c->scratch[WORK].data},
		.size = c->out[SIZE].data,
		.order = c->scratch[ORDER].data,
		.fold = c->scratch[FOLD].data,
		.square = c->scratch[SQUARE].data,
		.lines = c->scratch[LINES].data,
	};
}

static void tiles(const void *arg, int64_t lo, int64_t hi)
{
	const global_search *g = arg;
	for (int64_t i = lo; i < hi; i++) {
		crossval_medians(g->m, (int)i);
		global_tile(*g, (int)i);
	}
}

static bool fits(const td_call *c, td_err *e)
{
	int64_t epochs = c->in[0].dim[0];
	return epochs >= folds_of(c) ||
	       td_fail(e, TD_E_DATA, "%lld epochs make no %lld folds; choose a smaller cv",
	               (long long)epochs, (long long)folds_of(c));
}

static bool native(const td_call *c, td_err *e)
{
	global_search g = search_of(c);
	double *loss = c->out[LOSS].data;
	if (!fits(c, e))
		return false;
	crossval_networks(g.m);
	for (int i = 0; i < g.m.epochs; i++)
		global_size(g, c->in[1].data, i);
	for (int i = 0; i < g.m.epochs; i++)
		global_place(g, i);
	td_parallel(c, g.m.tiles, 1, tiles, &g);
	for (int i = 0; i < g.m.epochs; i++)
		loss[i] = global_loss(g, i);
	int best = global_best(loss, g.m.epochs);
	*(int32_t *)c->out[RANK].data = best;
	*(double *)c->out[THRESHOLD].data = g.size[g.order[best]];
	return true;
}

/* -- cl ---------------------------------------------------------------------- */

/* What all kernels begin with. */
#define SIZES(c)                                                                      \
	TD_I((c)->in[0].dim[0]), TD_I((c)->in[0].dim[1]), TD_I((c)->in[0].dim[2]),    \
		TD_I(folds_of(c)), TD_T(&(c)->out[SIZE]), TD_T(&(c)->scratch[ORDER]), \
		TD_T(&(c)->scratch[FOLD])

static bool start_cl(const td_call *c, td_err *e)
{
	const int64_t items[3] = {c->in[0].dim[0], 1, 1};
	const td_arg size[] = {SIZES(c), TD_T(&c->in[1])}, place[] = {SIZES(c)};
	return td_launch(c, "eeg_global_sizes", items, size, TD_COUNT(size), e) &&
	       td_launch(c, "eeg_global_places", items, place, TD_COUNT(place), e);
}

/* The last four arguments are for CPUs, the last five not for medians. */
static bool tiles_cl(const td_call *c, int64_t count, td_err *e)
{
	const td_arg pairs = TD_T(&c->scratch[PAIRS]), n_pairs = TD_T(&c->scratch[N_PAIRS]);
	const td_arg network[] = {SIZES(c), pairs, n_pairs};
	const td_arg args[] = {
		SIZES(c), TD_T(&c->in[0]), TD_T(&c->scratch[MIDDLE]), TD_T(&c->scratch[SQUARE]),
		pairs,    n_pairs,         TD_T(&c->scratch[WORK]),   TD_T(&c->scratch[LINES])};
	size_t n = TD_COUNT(args);
	if (!td_is_cpu(c))
		return td_launch(c, "eeg_global_medians",
		                 (int64_t[3]){count * EEG_TILE, c->in[0].dim[1], folds_of(c)}, args,
		                 n - 5, e) &&
		       td_launch(c, "eeg_global_squares",
		                 (int64_t[3]){count * folds_of(c) * 256, 1, 1}, args, n - 4, e);
	return td_launch(c, "eeg_global_networks", (int64_t[3]){1, 1, 1}, network,
	                 TD_COUNT(network), e) &&
	       td_launch(c, "eeg_global_tiles", (int64_t[3]){count, 1, 1}, args, n, e);
}

static bool cl(const td_call *c, td_err *e)
{
	const td_arg loss[] = {SIZES(c), TD_T(&c->scratch[SQUARE]), TD_T(&c->out[LOSS])};
	const td_arg best[] = {SIZES(c), TD_T(&c->out[LOSS]), TD_T(&c->out[RANK]),
	                       TD_T(&c->out[THRESHOLD])};
	return fits(c, e) && start_cl(c, e) &&
	       tiles_cl(c, (c->in[0].dim[2] + EEG_TILE - 1) / EEG_TILE, e) &&
	       td_launch(c, "eeg_global_losses", (int64_t[3]){c->in[0].dim[0], 1, 1}, loss,
	                 TD_COUNT(loss), e) &&
	       td_launch(c, "eeg_global_best", (int64_t[3]){1, 1, 1}, best, TD_COUNT(best), e);
}

static td_cost cost(const td_call *c)
{
	return (td_cost){.flops = 5 * td_elements(&c->in[0]) / share_of(c),
	                 .bytes = 2 * td_bytes(&c->in[0])};
}

/* -- decisions ------------------------------------------------------------------ */

/* A rank may differ only where the losses are the same but for rounding. */
static bool decide(const td_call *ref, const td_call *got, td_decisions *d, td_err *e)
{
	(void)e;
	const double *loss = ref->out[LOSS].data;
	int64_t want = decision_at(&ref->out[RANK], 0), have = decision_at(&got->out[RANK], 0),
		n = td_numel(&ref->out[LOSS]);
	double margin = loss[want] * 1e-9;
	bool risk = false, near = have >= 0 && have < n && loss[have] - loss[want] <= margin;
	for (int64_t i = 0; i < n; i++)
		risk |= loss[i] > loss[want] && loss[i] - loss[want] <= margin;
	d->port = RANK;
	decision_note(d, 0, want != have, risk, want != have && !near);
	return true;
}

/* clang-format off */
TD_DEFINE_NODE(td_eeg_global) = {
	.abi = TD_ABI,
	.version = 1,
	.name = "eeg.global",
	.doc = "One peak-to-peak size for a whole recording above which an epoch is bad, by cross-validation.",
	.in = (const td_port[]){
		{"x", TD_SET_F32, "E C T", "V", "epochs x channels x samples"},
		{"ptp", TD_SET_F64, "E C", "V", "from eeg.ptp"}, {0}},
	.out = (const td_port[]){
		{"threshold", TD_SET_F64, "1", "V", "size above which an epoch is bad", {TD_DECISION}},
		{"rank", TD_SET_I32, "1", NULL, "of the threshold among the sizes", {TD_DECISION}},
		{"size", TD_SET_F64, "E", "V", "of each epoch: its largest channel", {TD_EXACT}},
		{"loss", TD_SET_F64, "E", "V", "of each candidate, the smallest candidate first", {TD_SUM, 0, "E+C*T"}}, {0}},
	.scratch = (const td_port[]){
		{"order", TD_SET_I32, "E", NULL, "epochs by size"},
		{"fold", TD_SET_I32, "E", NULL, "of each epoch"},
		{"pairs", TD_SET_I32, "2*64*(E/cv+1)", NULL, "comparators of the medians"},
		{"n_pairs", TD_SET_I32, "2+E/cv+1", NULL, "how many comparators"},
		{"middle", TD_SET_F64, "cv C ((T+31)/32)*32", NULL, "medians of the folds"},
		{"work", TD_SET_F32, "(T+31)/32+2 (E/cv+1)*32+2*E", NULL, "samples of a fold"},
		{"square", TD_SET_F64, "(T+31)/32 cv*E*8", NULL, "squared errors of a tile"},
		{"lines", TD_SET_F64, "(T+31)/32 E*32", NULL, "samples of a channel"}, {0}},
	.params = (const td_param[]){
		{"cv", NULL, "folds", TD_INT, offsetof(global_params, cv), 5, 2, 1 << 16}, {0}},
	.params_size = sizeof(global_params),
	.cost = cost,
	.decide = decide,
	.flags = TD_D3,
	.impls = (const td_impl[]){
		{"ref", TD_ON_HOST, ref},
		{"native", TD_ON_HOST, native},
		{"cl", TD_ON_OPENCL, cl, "eeg/global.cl", .local_bytes = "10240", .group = 256}, {0}},
};
/* clang-format on */
