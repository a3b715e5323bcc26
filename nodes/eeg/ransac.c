/* eeg.ransac: channels that are bad throughout a recording.
 *
 *   x [E C T], pos [C 3], subset [R S] -> corr [E C], below [C], bad [C]
 *   p_r = [G_BA 1] M^-1 x_A for the channels A of each subset, B all channels (spline.h)
 *   corr_ec = sum x p / (sqrt(sum x^2) sqrt(sum p^2)), p = median over r of p_r
 *   a channel is bad if corr < correlation in more than unbroken * E epochs */
#include "tandem.h"

#include "decisions.h"
#include "ransac.h"
#include "ransac_ref.h"

#include <math.h>

enum { X, POS, SUBSET };
enum { CORR, BELOW, BAD, FLAW };
enum { LIST, G, INVERSE, COLUMN, PIVOT, WEIGHTS, PAIRS, NEEDED, ROOM };

typedef struct {
	double correlation, unbroken;
} ransac_params;

static double least_of(const td_call *c)
{
	return ((const ransac_params *)c->params)->correlation;
}

/* The number of epochs that a channel may be unlike its prediction in. */
static double most_of(const td_call *c)
{
	return ((const ransac_params *)c->params)->unbroken * (double)c->in[X].dim[0];
}

/* -- ref --------------------------------------------------------------------- */

static ref_ransac ref_of(const td_call *c)
{
	int64_t channels = c->in[X].dim[1], subsets = c->in[SUBSET].dim[0],
		width = c->in[SUBSET].dim[1];
	double *weights = c->scratch[WEIGHTS].data;
	return (ref_ransac){.x = c->in[X].data,
	                    .g = c->scratch[G].data,
	                    .channels = channels,
	                    .samples = c->in[X].dim[2],
	                    .subsets = subsets,
	                    .width = width,
	                    .list = c->scratch[LIST].data,
	                    .weights = weights,
	                    .mag = weights + subsets * channels * width,
	                    .work = c->scratch[ROOM].data};
}

static void ref_decisions(const td_call *c)
{
	int64_t channels = c->in[X].dim[1], *below = c->out[BELOW].data;
	for (int64_t k = 0; k < channels; k++) {
		below[k] = 0;
		for (int64_t i = 0; i < c->in[X].dim[0]; i++)
			if (((const double *)c->out[CORR].data)[i * channels + k] < least_of(c))
				below[k]++;
		((int64_t *)c->out[BAD].data)[k] = (double)below[k] > most_of(c);
	}
}

/* Epochs have at least one subset to be predicted from, and the network has numbers of 16 bits. */
static bool fits(const td_call *c, td_err *e)
{
	int64_t subsets = c->in[SUBSET].dim[0];
	return (subsets > 0 && subsets <= MEDIAN_MOST) ||
	       td_fail(e, TD_E_DATA, "%lld subsets of channels; give 1 to %d", (long long)subsets,
	               MEDIAN_MOST);
}

static bool ref(const td_call *c, td_err *e)
{
	ref_ransac m = ref_of(c);
	double *g = c->scratch[G].data, *corr = c->out[CORR].data, mag;
	int64_t *flaw = c->out[FLAW].data;
	if (!fits(c, e))
		return false;
	for (int64_t i = 0; i < m.channels * m.channels; i++)
		g[i] = ref_g(spline_cosine((const double *)c->in[POS].data + 3 * (i / m.channels),
		                           (const double *)c->in[POS].data + 3 * (i % m.channels)));
	*flaw = -1;
	for (int64_t r = m.subsets - 1; r >= 0; r--) {
		if (!ref_list(&m, (const int64_t *)c->in[SUBSET].data + r * m.width,
		              m.list + r * (m.channels + 1)))
			*flaw = r;
		ref_subset(&m, r, c->scratch[INVERSE].data);
	}
	for (int64_t i = 0; i < td_numel(&c->out[CORR]); i++) {
		corr[i] = ref_corr(&m, m.x + i / m.channels * m.channels * m.samples,
		                   i % m.channels, &mag);
		if (c->mag[CORR])
			c->mag[CORR][i] = mag;
	}
	ref_decisions(c);
	return true;
}

/* -- native ------------------------------------------------------------------ */

typedef struct {
	const td_call *c;
	ransac m;
} job;

static job job_of(const td_call *c)
{
	return (job){.c = c,
	             .m = {.x = c->in[X].data,
	                   .list = c->scratch[LIST].data,
	                   .g = c->scratch[G].data,
	                   .inverse = c->scratch[INVERSE].data,
	                   .column = c->scratch[COLUMN].data,
	                   .pivot = c->scratch[PIVOT].data,
	                   .weights = c->scratch[WEIGHTS].data,
	                   .room = c->scratch[ROOM].data,
	                   .corr = c->out[CORR].data,
	                   .pairs = c->scratch[PAIRS].data,
	                   .epochs = (int)c->in[X].dim[0],
	                   .channels = (int)c->in[X].dim[1],
	                   .samples = (int)c->in[X].dim[2],
	                   .subsets = (int)c->in[SUBSET].dim[0],
	                   .width = (int)c->in[SUBSET].dim[1]}};
}

static void rows(const void *arg, int64_t lo, int64_t hi)
{
	const job *j = arg;
	for (int64_t i = lo; i < hi; i++)
		ransac_row(j->m, j->c->in[POS].data, (int)i, 0, j->m.channels);
}

static void subsets(const void *arg, int64_t lo, int64_t hi)
{
	const job *j = arg;
	for (int64_t r = lo; r < hi; r++)
		ransac_weights(j->m, (int)r);
}

static void pieces(const void *arg, int64_t lo, int64_t hi)
{
	const job *j = arg;
	for (int64_t room = lo; room < hi; room++)
		ransac_room(j->m, (int)room);
}

static bool native(const td_call *c, td_err *e)
{
	job j = job_of(c);
	if (!fits(c, e))
		return false;
	*(int32_t *)c->out[FLAW].data = -1;
	for (int r = j.m.subsets - 1; r >= 0; r--)
		if (!ransac_list(j.m, r, c->in[SUBSET].data))
			*(int32_t *)c->out[FLAW].data = r;
	j.m.n_pairs = median_network(j.m.subsets, c->scratch[PAIRS].data, c->scratch[NEEDED].data);
	td_parallel(c, j.m.channels, 4, rows, &j);
	td_parallel(c, j.m.subsets, 1, subsets, &j);
	td_parallel(c, RANSAC_ROOMS, 1, pieces, &j);
	for (int k = 0; k < j.m.channels; k++) {
		int below = ransac_below(j.m.corr, j.m.epochs, j.m.channels, k, least_of(c));
		((int32_t *)c->out[BELOW].data)[k] = below;
		((uint8_t *)c->out[BAD].data)[k] = below > most_of(c);
	}
	return true;
}

/* -- cl ---------------------------------------------------------------------- */

/* What all kernels but the last begin with. */
#define SIZES(c)                                                                   \
	TD_I((c)->in[X].dim[0]), TD_I((c)->in[X].dim[1]), TD_I((c)->in[X].dim[2]), \
		TD_I((c)->in[SUBSET].dim[0]), TD_I((c)->in[SUBSET].dim[1]),        \
		TD_T(&(c)->scratch[LIST])

static bool cl_lists(const td_call *c, td_err *e)
{
	int64_t group = td_is_cpu(c) ? 1 : 256;
	const td_arg flaw[] = {TD_T(&c->out[FLAW])};
	const td_arg lists[] = {SIZES(c), TD_T(&c->in[SUBSET]), TD_T(&c->out[FLAW])};
	return td_launch(c, "eeg_ransac_no_flaw", (int64_t[3]){1, 1, 1}, flaw, TD_COUNT(flaw), e) &&
	       td_launch(c, "eeg_ransac_lists", (int64_t[3]){c->in[SUBSET].dim[0] * group, 1, 1},
	                 lists, TD_COUNT(lists), e);
}

static bool cl_weights(const td_call *c, td_err *e)
{
	int64_t group = td_is_cpu(c) ? 1 : 256, channels = c->in[X].dim[1],
		each = td_is_cpu(c) ? channels : 1;
	const td_arg g[] = {SIZES(c), TD_T(&c->in[POS]), TD_T(&c->scratch[G]), TD_I(each)};
	const td_arg weights[] = {SIZES(c),
	                          TD_T(&c->scratch[G]),
	                          TD_T(&c->scratch[INVERSE]),
	                          TD_T(&c->scratch[COLUMN]),
	                          TD_T(&c->scratch[PIVOT]),
	                          TD_T(&c->scratch[WEIGHTS])};
	return td_launch(c, "eeg_ransac_rows",
	                 (int64_t[3]){each ? channels * channels / each : 0, 1, 1}, g, TD_COUNT(g),
	                 e) &&
	       td_launch(c, "eeg_ransac_weights", (int64_t[3]){c->in[SUBSET].dim[0] * group, 1, 1},
	                 weights, TD_COUNT(weights), e);
}

static bool cl_rooms(const td_call *c, td_err *e)
{
	const td_arg pairs = TD_T(&c->scratch[PAIRS]), needed = TD_T(&c->scratch[NEEDED]);
	const td_arg network[] = {pairs, needed, TD_I(c->in[SUBSET].dim[0])};
	const td_arg room[] = {SIZES(c), TD_T(&c->in[X]),         TD_T(&c->scratch[WEIGHTS]), pairs,
	                       needed,   TD_T(&c->scratch[ROOM]), TD_T(&c->out[CORR])};
	return td_launch(c, "eeg_ransac_network", (int64_t[3]){1, 1, 1}, network, TD_COUNT(network),
	                 e) &&
	       td_launch(c, "eeg_ransac_rooms", (int64_t[3]){RANSAC_ROOMS, 1, 1}, room,
	                 TD_COUNT(room), e);
}

/* On a GPU: as many items at a time as the room holds predictions and sums of, each time about the same. */
static bool cl_items(const td_call *c, td_err *e)
{
	int64_t blocks = (c->in[X].dim[1] + RANSAC_CHANNELS - 1) / RANSAC_CHANNELS;
	int64_t eights = c->in[X].dim[0] * blocks, /* of items */
		fit = td_numel(&c->scratch[ROOM]) /
	              ((c->in[SUBSET].dim[0] + 3) * RANSAC_CHANNELS * 8),
		rounds = (eights + fit - 1) / fit;
	for (int64_t k = 0; k < rounds; k++) {
		int64_t from = eights * k / rounds, n = eights * (k + 1) / rounds - from;
		const td_arg first = TD_L(8 * from), items = TD_I(8 * n);
		const td_arg sums[] = {SIZES(c),
		                       TD_T(&c->in[X]),
		                       TD_T(&c->scratch[WEIGHTS]),
		                       TD_T(&c->scratch[ROOM]),
		                       first,
		                       items};
		const td_arg corr[] = {SIZES(c), TD_T(&c->scratch[ROOM]), TD_T(&c->out[CORR]),
		                       first, items};
		if (!td_launch(c, "eeg_ransac_items", (int64_t[3]){8 * n, 1, 1}, sums,
		               TD_COUNT(sums), e) ||
		    !td_launch(c, "eeg_ransac_corr", (int64_t[3]){n * RANSAC_CHANNELS, 1, 1}, corr,
		               TD_COUNT(corr), e))
			return false;
	}
	return true;
}

static bool cl(const td_call *c, td_err *e)
{
	const td_arg bad[] = {TD_T(&c->out[CORR]),   TD_T(&c->out[BELOW]),  TD_T(&c->out[BAD]),
	                      TD_I(c->in[X].dim[0]), TD_I(c->in[X].dim[1]), TD_D(least_of(c)),
	                      TD_D(most_of(c))};
	return fits(c, e) && cl_lists(c, e) && cl_weights(c, e) &&
	       (td_is_cpu(c) ? cl_rooms(c, e) : cl_items(c, e)) &&
	       td_launch(c, "eeg_ransac_bad", (int64_t[3]){c->in[X].dim[1], 1, 1}, bad,
	                 TD_COUNT(bad), e);
}

/* A subset is taken to be a quarter of the channels. */
static td_cost cost(const td_call *c)
{
	double subset = (double)c->in[SUBSET].dim[0], least = (double)c->in[X].dim[1] / 4;
	return (td_cost){.flops = td_elements(&c->in[X]) * subset * (2 * least + log2(1 + subset)),
	                 .bytes = td_bytes(&c->in[X])};
}

/* -- what was found ---------------------------------------------------------------- */

static bool accept(const td_call *c, td_err *e)
{
	long long flaw = decision_at(&c->out[FLAW], 0);
	return flaw < 0 ||
	       td_fail(e, TD_E_DATA,
	               "subset %lld (counted from 0) names no channel, a channel twice, or one "
	               "that is not there; it takes different ones of 0 … %lld, then -1",
	               flaw, (long long)c->in[X].dim[1] - 1);
}

/* A count may differ by the epochs whose correlation is within rounding of the limit. */
static bool decide(const td_call *ref, const td_call *got, td_decisions *d, td_err *e)
{
	(void)e;
	int64_t epochs = ref->in[X].dim[0], channels = ref->in[X].dim[1];
	d->port = BELOW;
	for (int64_t c = 0; c < channels; c++) {
		int64_t want = decision_at(&ref->out[BELOW], c),
			have = decision_at(&got->out[BELOW], c), close = 0;
		for (int64_t i = 0; i < epochs; i++)
			close += fabs(((const double *)ref->out[CORR].data)[i * channels + c] -
			              least_of(ref)) <= 1e-9;
		bool follows = decision_at(&got->out[BAD], c) == ((double)have > most_of(ref));
		decision_note(d, c, want != have, close > 0,
		              want > have + close || have > want + close || !follows);
	}
	return true;
}

/* clang-format off */
TD_DEFINE_NODE(td_eeg_ransac) = {
	.abi = TD_ABI,
	.version = 1,
	.name = "eeg.ransac",
	.doc = "Channels that are bad throughout a recording: in too many epochs they are unlike what random subsets of "
	       "the channels predict of them.",
	.in = (const td_port[]){
		{"x", TD_SET_F32, "E C T", "V", "epochs x channels x samples"},
		{"pos", TD_SET_F64, "C 3", "m", "where the channels are, from the middle of the head"},
		{"subset", TD_SET_I32, "R S", NULL, "from eeg.subsets: channels, -1 behind the last"}, {0}},
	.out = (const td_port[]){
		{"corr", TD_SET_F64, "E C", "1", "correlation of each channel with its prediction, NaN where one is flat", {TD_SUM, 0, "C+T+50"}},
		{"below", TD_SET_I32, "C", NULL, "in how many epochs that is below `correlation`", {TD_DECISION}},
		{"bad", TD_SET_U8, "C", NULL, "1: in more than a share `unbroken` of them", {TD_DECISION}},
		{"flaw", TD_SET_I32, "1", NULL, "-1, or a subset that makes no sense", {TD_EXACT}, TD_READ}, {0}},
	.scratch = (const td_port[]){
		{"list", TD_SET_I32, "R C+1", NULL, "channels of each subset"},
		{"g", TD_SET_F64, "C C", NULL, "g of all pairs of channels"},
		{"inverse", TD_SET_F64, "R+5 (S+1)*(S+1)", NULL, "of the matrices of the subsets"},
		{"column", TD_SET_F64, "R S+1", NULL, "a column of each"},
		{"pivot", TD_SET_I32, "R S+1", NULL, "rows exchanged"},
		{"weights", TD_SET_F64, "2*R C*S", NULL, "what predicts all channels from a subset; ref: and its magnitudes"},
		{"pairs", TD_SET_I32, "64*R", NULL, "comparators of the median"},
		{"needed", TD_SET_I32, "R+1", NULL, "what the median depends on; then how many comparators"},
		{"room", TD_SET_F64, "128 (C+S)*32+R*528+384", NULL, "samples and predictions of an epoch"}, {0}},
	.params = (const td_param[]){
		{"correlation", NULL, "with its prediction, below which a channel is bad in an epoch", TD_REAL, offsetof(ransac_params, correlation), 0.75, -1, 1},
		{"unbroken", NULL, "share of epochs that a channel may be bad in", TD_REAL, offsetof(ransac_params, unbroken), 0.4, 0, 1}, {0}},
	.params_size = sizeof(ransac_params),
	.accept = accept,
	.cost = cost,
	.decide = decide,
	.flags = TD_D3,
	.impls = (const td_impl[]){
		{"ref", TD_ON_HOST, ref},
		{"native", TD_ON_HOST, native},
		{"cl", TD_ON_OPENCL, cl, "eeg/ransac.cl", .group = 256}, {0}},
};
/* clang-format on */
_Static_assert(RANSAC_ROWS == 16 && RANSAC_ROOMS == 128 && EEG_TILE == 32 && RANSAC_SUMS == 384 &&
                       MEDIAN_COLUMNS_F64 == 16 && MEDIAN_PAIRS == 64,
               "the shapes of the scratch say so");
