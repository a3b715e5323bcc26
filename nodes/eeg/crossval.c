/* eeg.crossval: how well each share of bad channels (kappa) and number of repaired ones (rho) does.
 *
 *   x [E C T], label [R E C], count [E], inverse [C+1 C+1], consensus [K], rho [R] -> loss [K R cv]
 *
 * Epochs are cut into cv folds of neighbours. Y is x with the channels repaired that label says for rho. For
 * fold f, m_f the median over its epochs of x, mu the mean over the epochs outside of it with
 * count < kappa C of Y:
 *   loss = rms over channels and samples of (mu - m_f)
 * infinite if kappa C <= rho, or if no epoch is left. */
#include "tandem.h"

#include "crossval.h"
#include "repair_ref.h"

#include <math.h>
#include <stdlib.h>

enum { X, LABEL, VOTES, INVERSE, CONSENSUS, RHO }; /* inputs */
enum { WEIGHTS, BAD, BUCKET, ORDER, GOOD, PAIRS, N_PAIRS, MIDDLE, SUM, TILE, WORK, ROOM, ERRORS };

typedef struct {
	int64_t cv;
} crossval_params;

/* -- ref --------------------------------------------------------------------- */

typedef struct {
	const td_call *c;
	int64_t epochs, channels, samples, folds, n_kappa, size; /* size: of an epoch */
	double *sum, *mag, *middle;
	int64_t *train; /* [n_kappa][folds]: epochs in the sums */
} oracle;

static int64_t first_of(const oracle *o, int64_t fold)
{
	int64_t more = o->epochs % o->folds;
	return fold * (o->epochs / o->folds) + (fold < more ? fold : more);
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static void ref_medians(const oracle *o, double *work)
{
	const double *x = o->c->in[X].data;
	for (int64_t f = 0; f < o->folds; f++)
		for (int64_t i = 0; i < o->size; i++) {
			int64_t first = first_of(o, f), n = first_of(o, f + 1) - first;
			for (int64_t e = 0; e < n; e++)
				work[e] = x[(first + e) * o->size + i];
			qsort(work, (size_t)n, sizeof *work, ascending);
			o->middle[f * o->size + i] = (work[n / 2] + work[(n - 1) / 2]) / 2;
		}
}

/* Adds one repaired epoch to every training set that it belongs to. Others add it once and change it, twice
 * rounded, at each further rho: so much may rounding do. */
static void ref_add(const oracle *o, int64_t e, int64_t rho, const ref_epoch *r)
{
	const double *kappa = o->c->in[CONSENSUS].data;
	double count = (double)((const int64_t *)o->c->in[VOTES].data)[e];
	for (int64_t i = 0; i < o->size; i++)
		o->mag[i] += r->mag[i] * (double)(1 + 2 * rho);
	for (int64_t i = 0; i < o->n_kappa * o->folds; i++) {
		int64_t f = i % o->folds;
		bool own = e >= first_of(o, f) && e < first_of(o, f + 1);
		if (own || !(count < kappa[i / o->folds] * (double)o->channels))
			continue;
		o->train[i]++;
		for (int64_t k = 0; k < o->size; k++)
			o->sum[i * o->size + k] += r->y[k];
	}
}

static void ref_losses(const oracle *o, int64_t rho)
{
	const double *kappa = o->c->in[CONSENSUS].data;
	int64_t n_rho = o->c->in[RHO].dim[0], most = ((const int64_t *)o->c->in[RHO].data)[rho];
	for (int64_t i = 0; i < o->n_kappa * o->folds; i++) {
		int64_t f = i % o->folds, at = (i / o->folds * n_rho + rho) * o->folds + f;
		double squares = 0, mags = 0, n = (double)o->train[i];
		for (int64_t k = 0; k < o->size; k++) {
			double m = o->middle[f * o->size + k], d = o->sum[i * o->size + k] / n - m;
			squares += d * d;
			mags += (2 * o->mag[k] / n + fabs(m)) * (2 * o->mag[k] / n + fabs(m));
		}
		bool none = o->train[i] == 0 ||
		            kappa[i / o->folds] * (double)o->channels <= (double)most;
		((double *)o->c->out[0].data)[at] =
			none ? (double)INFINITY : sqrt(squares / (double)o->size);
		if (o->c->mag[0])
			o->c->mag[0][at] = none ? 0 : sqrt(mags / (double)o->size);
	}
}

static bool ref(const td_call *c, td_err *e)
{
	(void)e;
	oracle o = {.c = c,
	            .epochs = c->in[X].dim[0],
	            .channels = c->in[X].dim[1],
	            .samples = c->in[X].dim[2],
	            .folds = ((const crossval_params *)c->params)->cv,
	            .n_kappa = c->in[CONSENSUS].dim[0],
	            .sum = c->scratch[SUM].data,
	            .middle = c->scratch[MIDDLE].data,
	            .train = c->scratch[GOOD].data};
	o.size = o.channels * o.samples;
	double *y = o.sum + o.n_kappa * o.folds * o.size;
	o.mag = y + 2 * o.size;
	ref_medians(&o, c->scratch[WORK].data);
	for (int64_t rho = 0; rho < c->in[RHO].dim[0]; rho++) {
		memset(o.sum, 0, (size_t)(o.n_kappa * o.folds * o.size) * sizeof *o.sum);
		memset(o.mag, 0, (size_t)o.size * sizeof *o.mag);
		memset(o.train, 0, (size_t)(o.n_kappa * o.folds) * sizeof *o.train);
		for (int64_t i = 0; i < o.epochs; i++) {
			ref_epoch r = {
				.x = (const double *)c->in[X].data + i * o.size,
				.inverse = c->in[INVERSE].data,
				.label = (const int64_t *)c->in[LABEL].data +
			                 (rho * o.epochs + i) * o.channels,
				.channels = o.channels,
				.samples = o.samples,
				.work = c->scratch[WEIGHTS].data,
				.y = y,
				.mag = y + o.size,
			};
			ref_repair_epoch(&r, c->scratch[BAD].data);
			ref_add(&o, i, rho, &r);
		}
		ref_losses(&o, rho);
	}
	return true;
}

/* -- native ------------------------------------------------------------------ */

static crossval crossval_of(const td_call *c)
{
	int samples = (int)c->in[X].dim[2];
	return (crossval){
		.r = {.x = c->in[X].data,
	              .inverse = c->in[INVERSE].data,
	              .weights = c->scratch[WEIGHTS].data,
	              .bad = c->scratch[BAD].data,
	              .channels = (int)c->in[X].dim[1],
	              .samples = samples},
		.epochs = (int)c->in[X].dim[0],
		.folds = (int)((const crossval_params *)c->params)->cv,
		.n_kappa = (int)c->in[CONSENSUS].dim[0],
		.tiles = (samples + EEG_TILE - 1) / EEG_TILE,
		.bucket = c->scratch[BUCKET].data,
		.order = c->scratch[ORDER].data,
		.good = c->scratch[GOOD].data,
		.pairs = c->scratch[PAIRS].data,
		.n_pairs = c->scratch[N_PAIRS].data,
		.middle = c->scratch[MIDDLE].data,
		.sum = c->scratch[SUM].data,
		.tile = c->scratch[TILE].data,
		.work = c->scratch[WORK].data,
		.room = c->scratch[ROOM].data,
		.error = c->scratch[ERRORS].data,
	};
}

typedef struct {
	crossval m;
	const label *labels; /* of rho */
	int rho, first, end; /* epochs of a chunk */
} job;

static void medians(const void *arg, int64_t lo, int64_t hi)
{
	for (int64_t i = lo; i < hi; i++)
		crossval_medians(((const job *)arg)->m, (int)i);
}

static void prepare(const void *arg, int64_t lo, int64_t hi)
{
	const job *j = arg;
	int64_t channels = j->m.r.channels;
	for (int64_t i = lo; i < hi; i++) {
		const label *l = j->labels + (j->first + i / 2) * channels;
		crossval_prepare(j->m, (int)i, l, j->rho ? l - j->m.epochs * channels : NULL);
	}
}

static void add(const void *arg, int64_t lo, int64_t hi)
{
	const job *j = arg;
	for (int64_t i = lo; i < hi; i++)
		crossval_add(j->m, (int)i, j->rho, j->first, j->end);
}

static void errors(const void *arg, int64_t lo, int64_t hi)
{
	const job *j = arg;
	for (int64_t i = lo; i < hi; i++)
		crossval_errors(j->m, (int)i, j->rho);
}

/* Everything for one rho: its epochs in chunks, then the errors. */
static void native_rho(const td_call *c, job *j)
{
	j->labels =
		(const label *)c->in[LABEL].data + (int64_t)j->rho * j->m.epochs * j->m.r.channels;
	for (j->first = 0; j->first < j->m.epochs; j->first = j->end) {
		j->end = eeg_least(j->first + CROSSVAL_CHUNK, j->m.epochs);
		td_parallel(c, 2 * (int64_t)(j->end - j->first), 1, prepare, j);
		td_parallel(c, j->m.tiles, 1, add, j);
	}
	td_parallel(c, j->m.tiles, 1, errors, j);
}

static void native_losses(const td_call *c, crossval m)
{
	int n_rho = (int)c->in[RHO].dim[0];
	for (int i = 0; i < m.n_kappa; i++)
		for (int r = 0; r < n_rho; r++)
			for (int f = 0; f < m.folds; f++)
				((double *)c->out[0].data)[(i * n_rho + r) * m.folds + f] =
					crossval_loss(m, c->in[CONSENSUS].data, i, r,
				                      ((const int32_t *)c->in[RHO].data)[r], f);
}

/* Folds must be within what networks can sort, and none of them empty. */
static bool fits(const td_call *c, td_err *e)
{
	int64_t epochs = c->in[X].dim[0], folds = ((const crossval_params *)c->params)->cv;
	if (epochs < folds)
		return td_fail(e, TD_E_DATA, "%lld epochs make no %lld folds; choose a smaller cv",
		               (long long)epochs, (long long)folds);
	return epochs / folds < MEDIAN_MOST ||
	       td_fail(e, TD_E_DATA, "%lld epochs a fold; there can be %d: choose a larger cv",
	               (long long)(epochs / folds), MEDIAN_MOST);
}

static bool native(const td_call *c, td_err *e)
{
	job j = {.m = crossval_of(c)};
	if (!fits(c, e))
		return false;
	crossval_networks(j.m);
	crossval_order(j.m, c->in[CONSENSUS].data);
	for (int f = 0; f < j.m.folds; f++)
		crossval_buckets(j.m, c->in[CONSENSUS].data, c->in[VOTES].data, f);
	td_parallel(c, j.m.tiles, 1, medians, &j);
	for (; j.rho < c->in[RHO].dim[0]; j.rho++)
		native_rho(c, &j);
	native_losses(c, j.m);
	return true;
}

/* -- cl ---------------------------------------------------------------------- */

/* What all kernels begin with: the sizes. */
#define SIZES(c)                                                                   \
	TD_I((c)->in[X].dim[0]), TD_I((c)->in[X].dim[1]), TD_I((c)->in[X].dim[2]), \
		TD_I(((const crossval_params *)(c)->params)->cv), TD_I((c)->in[CONSENSUS].dim[0])

static int64_t tiles_of(const td_call *c)
{
	return (c->in[X].dim[2] + EEG_TILE - 1) / EEG_TILE;
}

static bool start_cl(const td_call *c, td_err *e)
{
	const td_arg order[] = {SIZES(c), TD_T(&c->in[CONSENSUS]), TD_T(&c->scratch[ORDER])};
	const td_arg bucket[] = {SIZES(c),
	                         TD_T(&c->in[CONSENSUS]),
	                         TD_T(&c->in[VOTES]),
	                         TD_T(&c->scratch[BUCKET]),
	                         TD_T(&c->scratch[ORDER]),
	                         TD_T(&c->scratch[GOOD])};
	int64_t folds = ((const crossval_params *)c->params)->cv;
	return td_launch(c, "eeg_crossval_order", (int64_t[3]){1, 1, 1}, order, TD_COUNT(order),
	                 e) &&
	       td_launch(c, "eeg_crossval_buckets", (int64_t[3]){folds, 1, 1}, bucket,
	                 TD_COUNT(bucket), e);
}

/* The last three arguments are for CPUs. */
static bool medians_cl(const td_call *c, td_err *e)
{
	const td_arg pairs = TD_T(&c->scratch[PAIRS]), n_pairs = TD_T(&c->scratch[N_PAIRS]);
	const td_arg network[] = {SIZES(c), pairs, n_pairs};
	const td_arg args[] = {SIZES(c), TD_T(&c->in[X]), TD_T(&c->scratch[MIDDLE]),
	                       pairs,    n_pairs,         TD_T(&c->scratch[WORK])};
	int64_t folds = ((const crossval_params *)c->params)->cv;
	if (!td_is_cpu(c))
		return td_launch(c, "eeg_crossval_medians",
		                 (int64_t[3]){tiles_of(c) * EEG_TILE, c->in[X].dim[1], folds}, args,
		                 TD_COUNT(args) - 3, e);
	return td_launch(c, "eeg_crossval_networks", (int64_t[3]){1, 1, 1}, network,
	                 TD_COUNT(network), e) &&
	       td_launch(c, "eeg_crossval_medians", (int64_t[3]){tiles_of(c), 1, 1}, args,
	                 TD_COUNT(args), e);
}

static bool prepare_cl(const td_call *c, int64_t rho, int64_t first, int64_t end, td_err *e)
{
	const td_arg args[] = {SIZES(c),
	                       TD_T(&c->in[LABEL]),
	                       TD_T(&c->in[INVERSE]),
	                       TD_T(&c->scratch[WEIGHTS]),
	                       TD_T(&c->scratch[BAD]),
	                       TD_I(rho),
	                       TD_I(first)};
	int64_t items = 2 * (end - first) * (td_is_cpu(c) ? 1 : 256);
	return td_launch(c, "eeg_crossval_prepare", (int64_t[3]){items, 1, 1}, args, TD_COUNT(args),
	                 e);
}

/* The last argument is for CPUs. */
static bool add_cl(const td_call *c, int64_t rho, int64_t first, int64_t end, td_err *e)
{
	const td_arg args[] = {SIZES(c),
	                       TD_T(&c->in[X]),
	                       TD_T(&c->scratch[WEIGHTS]),
	                       TD_T(&c->scratch[BAD]),
	                       TD_T(&c->scratch[BUCKET]),
	                       TD_T(&c->scratch[SUM]),
	                       TD_I(rho),
	                       TD_I(first),
	                       TD_I(end),
	                       TD_T(&c->scratch[TILE])};
	crossval m = crossval_of(c);
	bool cpu = td_is_cpu(c);
	int64_t folds = crossval_fold(m, (int)end - 1) - crossval_fold(m, (int)first) + 1;
	const int64_t items[3] = {tiles_of(c) * (cpu ? 1 : EEG_TILE), cpu ? 1 : m.r.channels,
	                          cpu ? 1 : folds * m.n_kappa};
	return td_launch(c, "eeg_crossval_add", items, args, TD_COUNT(args) - !cpu, e);
}

/* On a GPU, totals are made for a few kappas from place `first` on, then their errors. */
static bool errors_cl(const td_call *c, int64_t rho, int64_t first, td_err *e)
{
	int64_t left = c->in[CONSENSUS].dim[0] - first, folds = c->out[0].dim[2];
	int64_t some = left < CROSSVAL_SPARE ? left : CROSSVAL_SPARE;
	const td_arg total[] = {SIZES(c), TD_T(&c->scratch[SUM]), TD_I(first)};
	const td_arg args[] = {SIZES(c),
	                       TD_T(&c->scratch[ORDER]),
	                       TD_T(&c->scratch[GOOD]),
	                       TD_T(&c->scratch[MIDDLE]),
	                       TD_T(&c->scratch[SUM]),
	                       TD_T(&c->scratch[ROOM]),
	                       TD_T(&c->scratch[ERRORS]),
	                       TD_I(rho),
	                       TD_I(first),
	                       TD_I(some)};
	if (td_is_cpu(c))
		return td_launch(c, "eeg_crossval_errors", (int64_t[3]){tiles_of(c), 1, 1}, args,
		                 TD_COUNT(args) - 2, e);
	return td_launch(c, "eeg_crossval_totals",
	                 (int64_t[3]){tiles_of(c) * EEG_TILE, c->in[X].dim[1], some}, total,
	                 TD_COUNT(total), e) &&
	       td_launch(c, "eeg_crossval_errors",
	                 (int64_t[3]){tiles_of(c) * some * folds * 8, 1, 1}, args, TD_COUNT(args),
	                 e);
}

static bool rho_cl(const td_call *c, int64_t rho, td_err *e)
{
	int64_t epochs = c->in[X].dim[0], n_kappa = c->in[CONSENSUS].dim[0];
	for (int64_t first = 0; first < epochs; first += CROSSVAL_CHUNK) {
		int64_t end = first + CROSSVAL_CHUNK < epochs ? first + CROSSVAL_CHUNK : epochs;
		if (!prepare_cl(c, rho, first, end, e) || !add_cl(c, rho, first, end, e))
			return false;
	}
	for (int64_t i = 0; i < n_kappa; i += td_is_cpu(c) ? n_kappa : CROSSVAL_SPARE)
		if (!errors_cl(c, rho, i, e))
			return false;
	return true;
}

static bool cl(const td_call *c, td_err *e)
{
	int64_t n_rho = c->in[RHO].dim[0];
	const td_arg args[] = {SIZES(c),
	                       TD_T(&c->in[CONSENSUS]),
	                       TD_T(&c->in[RHO]),
	                       TD_T(&c->scratch[ORDER]),
	                       TD_T(&c->scratch[GOOD]),
	                       TD_T(&c->scratch[ERRORS]),
	                       TD_T(&c->out[0]),
	                       TD_I(n_rho)};
	if (!fits(c, e) || !start_cl(c, e) || !medians_cl(c, e))
		return false;
	for (int64_t rho = 0; rho < n_rho; rho++)
		if (!rho_cl(c, rho, e))
			return false;
	return td_launch(c, "eeg_crossval_losses", (int64_t[3]){td_numel(&c->out[0]), 1, 1}, args,
	                 TD_COUNT(args), e);
}

static td_cost cost(const td_call *c)
{
	double x = td_elements(&c->in[X]), n_rho = (double)c->in[RHO].dim[0];
	return (td_cost){.flops = x * n_rho * (double)c->in[X].dim[1] * 0.1,
	                 .bytes = td_bytes(&c->in[X]) * (1 + n_rho)};
}

/* clang-format off */
TD_DEFINE_NODE(td_eeg_crossval) = {
	.abi = TD_ABI,
	.version = 1,
	.name = "eeg.crossval",
	.doc = "How well each share of bad channels and each number of repaired ones does, by cross-validation.",
	.in = (const td_port[]){
		{"x", TD_SET_F32, "E C T", "V", "epochs x channels x samples"},
		{"label", TD_SET_U8, "R E C", NULL, "from eeg.votes"},
		{"count", TD_SET_I32, "E", NULL, "from eeg.votes: bad channels of each epoch"},
		{"inverse", TD_SET_F64, "C+1 C+1", "1", "from eeg.spline"},
		{"consensus", TD_SET_F64, "K", "1", "shares of bad channels from which on an epoch is bad", .lo = 0, .hi = 1},
		{"rho", TD_SET_I32, "R", NULL, "numbers of channels to repair, as eeg.votes had them"}, {0}},
	.out = (const td_port[]){{"loss", TD_SET_F64, "K R cv", "V", "of each share, number and fold", {TD_SUM, 0, "E+C*T"}}, {0}},
	.scratch = (const td_port[]){
		{"weights", TD_SET_F64, "64*C C", NULL, "what predicts the bad channels of an epoch"},
		{"bad", TD_SET_I32, "64 C+1", NULL, "bad channels of an epoch"},
		{"bucket", TD_SET_I32, "E", NULL, "of each epoch"},
		{"order", TD_SET_I32, "K", NULL, "shares ascending"},
		{"good", TD_SET_I32, "cv K", NULL, "good epochs of a fold"},
		{"pairs", TD_SET_I32, "2*64*(E/cv+1)", NULL, "comparators of the medians"},
		{"n_pairs", TD_SET_I32, "2+E/cv+1", NULL, "how many comparators"},
		{"middle", TD_SET_F64, "cv C ((T+31)/32)*32", NULL, "medians of the folds"},
		{"sum", TD_SET_F64, "cv*K+3 C ((T+31)/32)*32", NULL, "sums of the buckets, totals"},
		{"tile", TD_SET_F64, "(T+31)/32 2*C*32", NULL, "samples of an epoch, repaired"},
		{"work", TD_SET_F32, "(T+31)/32+1 (E/cv+1)*32", NULL, "samples of a fold"},
		{"room", TD_SET_F64, "(T+31)/32 (9*K+32)*cv", NULL, "for the errors of a tile"},
		{"errors", TD_SET_F64, "R (T+31)/32*K*cv", NULL, "squared errors of a tile"}, {0}},
	.params = (const td_param[]){
		{"cv", NULL, "folds", TD_INT, offsetof(crossval_params, cv), 10, 2, 1 << 16}, {0}},
	.params_size = sizeof(crossval_params),
	.cost = cost,
	.flags = TD_D3,
	.impls = (const td_impl[]){
		{"ref", TD_ON_HOST, ref},
		{"native", TD_ON_HOST, native},
		{"cl", TD_ON_OPENCL, cl, "eeg/crossval.cl", .group = 256}, {0}},
};
/* clang-format on */
_Static_assert(CROSSVAL_SPARE == 3, "the shape of `sum` says 3");
_Static_assert(REPAIR_CHUNK == 64, "the shapes of `weights` and `bad` say 64");
