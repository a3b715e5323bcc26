/* eeg.votes, eeg.choose, eeg.reject: from sizes and thresholds to labels.
 *
 * votes:   ptp [E C], threshold [C], rho [R] -> label [R E C], count [E]
 *          count_e = how many channels have ptp > threshold; then, for each rho in turn, the rho largest bad
 *          channels of each epoch are repaired (labels.h). Cumulative: from the labels of the rho before.
 * choose:  loss [K R F], consensus [K], rho [R] -> best [2], cell [2], lost
 *          the cell with the smallest mean over folds
 * reject:  ptp, threshold, best [2] -> label [E C], bad [E], kept [n_kept]
 *          labels for the best rho alone; an epoch is bad from count >= kappa C on */
#include "tandem.h"

#include "decisions.h"
#include "labels.h"

#include <math.h>

typedef struct {
	bool cumulative;
} votes_params;

enum { PTP, THRESHOLD, RHO, BEST = RHO }; /* inputs of votes and reject */
enum { LABEL, COUNT };                    /* outputs of votes */
enum { R_LABEL, R_BAD, R_KEPT, R_N_KEPT };
enum { LOSS, CONSENSUS, C_RHO }; /* inputs of choose */
enum { C_BEST, C_CELL, C_LOST };

/* -- ref --------------------------------------------------------------------- */

/* Repairs as labels.h says, from its own definition: a bad channel is repaired when fewer than rho bad
 * ones stand before it, those being larger, or as large with a higher number. */
static void ref_repair(const double *ptp, int64_t channels, int64_t rho, int64_t *l)
{
	int64_t sum = 0, before[2] = {0};
	for (int64_t c = 0; c < channels; c++)
		sum += l[c];
	for (int64_t c = 0; c < channels; c++) {
		if ((l[c] & 3) != 1)
			continue;
		before[0] = 0;
		for (int64_t k = 0; k < channels; k++)
			before[0] +=
				(l[k] & 3) == 1 && (k > c ? ptp[k] >= ptp[c] : ptp[k] > ptp[c]);
		if (sum <= rho || before[0] < rho)
			l[c] |= 4; /* marked: the others still count it as bad */
	}
	for (int64_t c = 0; c < channels; c++)
		l[c] = l[c] & 4 ? 2 : l[c];
}

static int64_t ref_vote(const double *ptp, const double *threshold, int64_t channels, int64_t *l)
{
	int64_t count = 0;
	for (int64_t c = 0; c < channels; c++)
		count += l[c] = ptp[c] > threshold[c];
	return count;
}

static bool votes_ref(const td_call *c, td_err *e)
{
	(void)e;
	int64_t epochs = c->in[PTP].dim[0], channels = c->in[PTP].dim[1], n = c->in[RHO].dim[0];
	bool cumulative = ((const votes_params *)c->params)->cumulative;
	for (int64_t i = 0; i < epochs; i++) {
		const double *ptp = (const double *)c->in[PTP].data + i * channels,
			     *threshold = c->in[THRESHOLD].data;
		((int64_t *)c->out[COUNT].data)[i] = 0;
		for (int64_t k = 0; k < channels; k++)
			((int64_t *)c->out[COUNT].data)[i] += ptp[k] > threshold[k];
		for (int64_t r = 0; r < n; r++) {
			int64_t *l = (int64_t *)c->out[LABEL].data + (r * epochs + i) * channels;
			ref_vote(ptp, threshold, channels, l);
			for (int64_t k = 0; k < channels && r && cumulative; k++)
				l[k] = l[k - epochs * channels];
			ref_repair(ptp, channels, ((const int64_t *)c->in[RHO].data)[r], l);
		}
	}
	return true;
}

/* A grid without cells has no best one. */
static bool has_cells(const td_call *c, td_err *e)
{
	return td_numel(&c->in[LOSS]) > 0 ||
	       td_fail(e, TD_E_DATA,
	               "the grid has no cell: give at least one share of bad channels and "
	               "one number of repairs");
}

static bool choose_ref(const td_call *c, td_err *e)
{
	if (!has_cells(c, e))
		return false;
	int64_t n_rho = c->in[LOSS].dim[1], folds = c->in[LOSS].dim[2];
	int64_t cell = labels_best(c->in[LOSS].data, (int)(c->in[LOSS].dim[0] * n_rho), (int)folds);
	double *best = c->out[C_BEST].data;
	int64_t *at = c->out[C_CELL].data;
	at[0] = cell / n_rho;
	at[1] = cell % n_rho;
	best[0] = ((const double *)c->in[CONSENSUS].data)[at[0]];
	best[1] = (double)((const int64_t *)c->in[C_RHO].data)[at[1]];
	*(int64_t *)c->out[C_LOST].data = !isfinite(
		labels_score((const double *)c->in[LOSS].data + cell * folds, (int)folds));
	return true;
}

static bool reject_ref(const td_call *c, td_err *e)
{
	(void)e;
	int64_t epochs = c->in[PTP].dim[0], channels = c->in[PTP].dim[1], n = 0;
	const double *best = c->in[BEST].data;
	for (int64_t i = 0; i < epochs; i++) {
		const double *ptp = (const double *)c->in[PTP].data + i * channels;
		int64_t *l = (int64_t *)c->out[R_LABEL].data + i * channels;
		int64_t count = ref_vote(ptp, c->in[THRESHOLD].data, channels, l);
		bool bad = (double)count >= best[0] * (double)channels;
		ref_repair(ptp, channels, (int64_t)best[1], l);
		((int64_t *)c->out[R_BAD].data)[i] = bad;
		if (!bad)
			((int64_t *)c->out[R_KEPT].data)[n++] = i;
	}
	*(int64_t *)c->out[R_N_KEPT].data = n;
	return true;
}

/* -- native ------------------------------------------------------------------ */

static void votes_epochs(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	int64_t epochs = c->in[PTP].dim[0], channels = c->in[PTP].dim[1];
	bool cumulative = ((const votes_params *)c->params)->cumulative;
	for (int64_t i = lo; i < hi; i++) {
		const double *ptp = (const double *)c->in[PTP].data + i * channels,
			     *threshold = c->in[THRESHOLD].data;
		int count = labels_count(ptp, threshold, (int)channels);
		((int32_t *)c->out[COUNT].data)[i] = count;
		for (int k = 0; k < channels; k++)
			labels_steps(ptp, threshold, (int)channels, k, count, c->in[RHO].data,
			             (int)c->in[RHO].dim[0], cumulative,
			             (label *)c->out[LABEL].data + i * channels + k,
			             epochs * channels);
	}
}

static bool votes_native(const td_call *c, td_err *e)
{
	(void)e;
	td_parallel(c, c->in[PTP].dim[0], 16, votes_epochs, c);
	return true;
}

static bool choose_native(const td_call *c, td_err *e)
{
	if (!has_cells(c, e))
		return false;
	int n_rho = (int)c->in[LOSS].dim[1], folds = (int)c->in[LOSS].dim[2];
	labels_choice(c->in[LOSS].data, (int)c->in[LOSS].dim[0], n_rho, folds,
	              c->in[CONSENSUS].data, c->in[C_RHO].data, c->out[C_BEST].data,
	              c->out[C_CELL].data, c->out[C_LOST].data);
	return true;
}

static void reject_epochs(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	int channels = (int)c->in[PTP].dim[1];
	const double *threshold = c->in[THRESHOLD].data, *best = c->in[BEST].data;
	for (int64_t i = lo; i < hi; i++) {
		const double *ptp = (const double *)c->in[PTP].data + i * channels;
		int count = labels_count(ptp, threshold, channels);
		for (int k = 0; k < channels; k++)
			((label *)c->out[R_LABEL].data)[i * channels + k] = labels_final(
				ptp, threshold, channels, k, count, td_trunc_f64(best[1]));
		((label *)c->out[R_BAD].data)[i] = labels_bad(count, best[0], channels);
	}
}

static bool reject_native(const td_call *c, td_err *e)
{
	(void)e;
	td_parallel(c, c->in[PTP].dim[0], 16, reject_epochs, c);
	*(int32_t *)c->out[R_N_KEPT].data =
		labels_kept(c->out[R_BAD].data, (int)c->in[PTP].dim[0], c->out[R_KEPT].data);
	return true;
}

/* -- cl ---------------------------------------------------------------------- */

/* How many items share the channels of an epoch. */
static int64_t pieces_of(const td_call *c)
{
	int64_t channels = c->in[PTP].dim[1];
	return td_is_cpu(c) || channels == 0 ? 1 : channels;
}

static bool votes_cl(const td_call *c, td_err *e)
{
	int64_t items = c->in[PTP].dim[0] * pieces_of(c);
	bool cumulative = ((const votes_params *)c->params)->cumulative;
	const td_arg args[] = {TD_T(&c->in[PTP]),       TD_T(&c->in[THRESHOLD]),
	                       TD_T(&c->in[RHO]),       TD_T(&c->out[LABEL]),
	                       TD_T(&c->out[COUNT]),    TD_I(c->in[PTP].dim[0]),
	                       TD_I(c->in[PTP].dim[1]), TD_I(c->in[RHO].dim[0]),
	                       TD_I(cumulative),        TD_I(pieces_of(c))};
	return td_launch(c, "eeg_votes", (int64_t[3]){items, 1, 1}, args, TD_COUNT(args), e);
}

static bool choose_cl(const td_call *c, td_err *e)
{
	const td_arg args[] = {
		TD_T(&c->in[LOSS]),       TD_T(&c->in[CONSENSUS]),  TD_T(&c->in[C_RHO]),
		TD_T(&c->out[C_BEST]),    TD_T(&c->out[C_CELL]),    TD_T(&c->out[C_LOST]),
		TD_I(c->in[LOSS].dim[0]), TD_I(c->in[LOSS].dim[1]), TD_I(c->in[LOSS].dim[2])};
	return has_cells(c, e) &&
	       td_launch(c, "eeg_choose", (int64_t[3]){1, 1, 1}, args, TD_COUNT(args), e);
}

static bool reject_cl(const td_call *c, td_err *e)
{
	int64_t epochs = c->in[PTP].dim[0], items = epochs * pieces_of(c);
	const td_arg args[] = {TD_T(&c->in[PTP]),       TD_T(&c->in[THRESHOLD]), TD_T(&c->in[BEST]),
	                       TD_T(&c->out[R_LABEL]),  TD_T(&c->out[R_BAD]),    TD_I(epochs),
	                       TD_I(c->in[PTP].dim[1]), TD_I(pieces_of(c))};
	const td_arg kept[] = {TD_T(&c->out[R_BAD]), TD_I(epochs), TD_T(&c->out[R_KEPT]),
	                       TD_T(&c->out[R_N_KEPT])};
	return td_launch(c, "eeg_reject", (int64_t[3]){items, 1, 1}, args, TD_COUNT(args), e) &&
	       td_launch(c, "eeg_reject_kept", (int64_t[3]){1, 1, 1}, kept, TD_COUNT(kept), e);
}

static td_cost cost(const td_call *c)
{
	return (td_cost){.flops = 4 * td_elements(&c->out[0]),
	                 .bytes = td_bytes(&c->in[0]) + td_bytes(&c->out[0])};
}

/* -- warnings ------------------------------------------------------------------- */

static bool choose_accept(const td_call *c, td_err *e)
{
	if (decision_at(&c->out[C_LOST], 0))
		td_fail(e, TD_E_DATA,
		        "no share of bad channels and number of repairs leaves epochs to learn "
		        "from in every fold: the first ones are taken");
	return true;
}

static bool reject_accept(const td_call *c, td_err *e)
{
	if (c->in[PTP].dim[0] && decision_at(&c->out[R_N_KEPT], 0) == 0)
		td_fail(e, TD_E_DATA, "all %lld epochs are rejected: there is no average",
		        (long long)c->in[PTP].dim[0]);
	return true;
}

/* -- decisions ------------------------------------------------------------------ */

/* Is a cell nearer to its threshold than rounding of a prediction may move it, yet not at it? */
static bool near_threshold(const td_call *ref, int64_t cell)
{
	int64_t channels = ref->in[PTP].dim[1];
	double ptp = ((const double *)ref->in[PTP].data)[cell],
	       tau = ((const double *)ref->in[THRESHOLD].data)[cell % channels],
	       gap = fabs(ptp - tau);
	return gap > 0 && gap <= 1e-9 * tau;
}

/* Labels follow exactly from sizes and thresholds: one that differs is wrong. */
static void decide_labels(const td_call *ref, const td_call *got, int layers, td_decisions *d)
{
	int64_t cells = td_numel(&ref->in[PTP]);
	d->port = LABEL;
	for (int64_t i = 0; i < layers * cells; i++) {
		bool differs = decision_at(&ref->out[LABEL], i) != decision_at(&got->out[LABEL], i);
		decision_note(d, i, differs, near_threshold(ref, i % cells), differs);
	}
}

static bool votes_decide(const td_call *ref, const td_call *got, td_decisions *d, td_err *e)
{
	(void)e;
	decide_labels(ref, got, (int)ref->in[RHO].dim[0], d);
	return true;
}

static bool reject_decide(const td_call *ref, const td_call *got, td_decisions *d, td_err *e)
{
	(void)e;
	decide_labels(ref, got, 1, d);
	return true;
}

/* Is any cell's score within rounding of the best one's, but not the same? */
static bool choose_decide(const td_call *ref, const td_call *got, td_decisions *d, td_err *e)
{
	(void)e;
	const double *loss = ref->in[LOSS].data;
	int64_t n_rho = ref->in[LOSS].dim[1], folds = ref->in[LOSS].dim[2],
		want = decision_at(&ref->out[C_CELL], 0) * n_rho +
	               decision_at(&ref->out[C_CELL], 1),
		have = decision_at(&got->out[C_CELL], 0) * n_rho +
	               decision_at(&got->out[C_CELL], 1);
	double best = labels_score(loss + want * folds, (int)folds);
	bool risk = false;
	for (int64_t i = 0; i < ref->in[LOSS].dim[0] * n_rho; i++) {
		double gap = labels_score(loss + i * folds, (int)folds) - best;
		risk |= gap > 1e-12 * best && gap <= 1e-9 * best;
	}
	d->port = C_CELL;
	decision_note(d, 0, want != have, risk, want != have);
	return true;
}

/* -- the nodes ------------------------------------------------------------------- */

/* clang-format off */
#define IMPLS(name) (const td_impl[]){ \
	{"ref", TD_ON_HOST, name##_ref}, {"native", TD_ON_HOST, name##_native}, \
	{"cl", TD_ON_OPENCL, name##_cl, "eeg/labels.cl"}, {0}}
#define SIZES \
	{"ptp", TD_SET_F64, "E C", "V", "from eeg.ptp"}, \
	{"threshold", TD_SET_F64, "C", "V", "from eeg.thresholds"}

TD_DEFINE_NODE(td_eeg_votes) = {
	.abi = TD_ABI,
	.version = 1,
	.name = "eeg.votes",
	.doc = "Which channels of each epoch are bad, and which of them are repaired for each number of channels to "
	       "repair: 0 good, 1 bad, 2 repaired.",
	.in = (const td_port[]){SIZES, {"rho", TD_SET_I32, "R", NULL, "how many channels to repair, in this order"}, {0}},
	.out = (const td_port[]){
		{"label", TD_SET_U8, "R E C", NULL, "0 good, 1 bad, 2 repaired", {TD_DECISION}},
		{"count", TD_SET_I32, "E", NULL, "how many channels are bad", {TD_EXACT}}, {0}},
	.params = (const td_param[]){
		{"cumulative", NULL, "each step from the labels of the one before, else from the votes", TD_FLAG,
		 offsetof(votes_params, cumulative), 1}, {0}},
	.params_size = sizeof(votes_params),
	.cost = cost,
	.decide = votes_decide,
	.flags = TD_D3,
	.impls = IMPLS(votes),
};

TD_DEFINE_NODE(td_eeg_choose) = {
	.abi = TD_ABI,
	.version = 1,
	.name = "eeg.choose",
	.doc = "The share of bad channels and the number of repaired ones with the smallest mean loss.",
	.in = (const td_port[]){
		{"loss", TD_SET_F64, "K R F", "V", "from eeg.crossval"},
		{"consensus", TD_SET_F64, "K", "1", "shares of bad channels"},
		{"rho", TD_SET_I32, "R", NULL, "numbers of channels to repair"}, {0}},
	.out = (const td_port[]){
		{"best", TD_SET_F64, "2", NULL, "share and number", {TD_DECISION}},
		{"cell", TD_SET_I32, "2", NULL, "which of each", {TD_DECISION}},
		{"lost", TD_SET_I32, "1", NULL, "1: no cell of the grid has a finite loss; the first one is taken", {TD_EXACT}, TD_READ}, {0}},
	.cost = cost,
	.accept = choose_accept,
	.decide = choose_decide,
	.flags = TD_D3,
	.impls = IMPLS(choose),
};

TD_DEFINE_NODE(td_eeg_reject) = {
	.abi = TD_ABI,
	.version = 1,
	.name = "eeg.reject",
	.doc = "The labels of all channels and epochs, bad epochs, and the epochs that are kept.",
	.in = (const td_port[]){SIZES, {"best", TD_SET_F64, "2", NULL, "from eeg.choose"}, {0}},
	.out = (const td_port[]){
		{"label", TD_SET_U8, "E C", NULL, "0 good, 1 bad, 2 repaired", {TD_DECISION}},
		{"bad", TD_SET_U8, "E", NULL, "1: the epoch is bad", {TD_EXACT}},
		{"kept", TD_SET_I32, "n_kept<=E", NULL, "numbers of the good epochs, ascending", {TD_EXACT}},
		{"n_kept", TD_SET_I32, "1", NULL, "how many", {TD_EXACT}, TD_READ}, {0}},
	.cost = cost,
	.accept = reject_accept,
	.decide = reject_decide,
	.flags = TD_D3,
	.impls = IMPLS(reject),
};
/* clang-format on */
