/* knn_decide.h: are the edges of graph.corr_knn those that the oracle would choose?
 *
 * A weight of the device may be off by margin(i, j) = u min(T, 8 + 2 sqrt T) sum_t |z_it z_jt|, the
 * limit of a sum of T terms (docs/measuring.md). Decisions nearer to each other than their margins may
 * fall either way: which of two columns comes first, which of them is the k-th, whether an edge
 * reaches the threshold. Anything else is wrong. */
#ifndef TD_NODES_GRAPH_KNN_DECIDE_H
#define TD_NODES_GRAPH_KNN_DECIDE_H

#include "knn.h"

/* The correlation of rows i and j of the oracle's z, unclipped, and the sum of |terms|. */
static inline double knn_exact(const td_call *c, int64_t i, int64_t j, double *mag)
{
	int64_t t = c->in[0].dim[1];
	const double *a = (const double *)c->in[0].data + i * t,
		     *b = (const double *)c->in[0].data + j * t;
	double r = 0;
	*mag = 0;
	for (int64_t s = 0; s < t; s++) {
		r += a[s] * b[s];
		*mag += fabs(a[s] * b[s]);
	}
	return r;
}

/* An exact weight, and how far off a float may be. */
typedef struct {
	double w, margin;
} knn_weight;

static inline knn_weight knn_weigh(const td_call *ref, int64_t i, int64_t j)
{
	const knn_params *p = ref->params;
	double t = (double)ref->in[0].dim[1], depth = 8 + 2 * sqrt(t), mag;
	double r = knn_exact(ref, i, j, &mag);
	r = p->absolute ? fabs(r) : r;
	return (knn_weight){r > 1 ? 1 : r, 0x1p-24 * ((t < depth ? t : depth) * mag + r)};
}

/* Elements of ports of any width: the oracle's are wide. */
static inline double knn_real(const td_tensor *t, int64_t i)
{
	return t->dtype == TD_F32 ? (double)((const float *)t->data)[i]
	                          : ((const double *)t->data)[i];
}

static inline int64_t knn_integer(const td_tensor *t, int64_t i)
{
	return t->dtype == TD_I32 ? ((const int32_t *)t->data)[i] : ((const int64_t *)t->data)[i];
}

/* The edges of one row: the oracle's and the device's, by their position in the ports. */
typedef struct {
	const td_call *ref, *got;
	td_decisions *d;
	int64_t row, ref_at, ref_n, got_at, got_n;
	double least, least_margin; /* the weakest edge of the device, exactly */
} knn_judge;

static inline void knn_wrong(const knn_judge *x, int port, int64_t at)
{
	if (x->d->wrong++ == 0) {
		x->d->port = port;
		x->d->worst = at;
	}
}

static inline int64_t knn_dst(const td_call *c, int64_t at)
{
	return knn_integer(&c->out[KNN_DST], at);
}

static inline bool knn_among(const td_call *c, int64_t at, int64_t n, int64_t dst)
{
	for (int64_t i = at; i < at + n; i++)
		if (knn_dst(c, i) == dst)
			return true;
	return false;
}

/* One edge of the device for itself: is there such a neighbour, is its weight right, does it belong
 * behind the one before? */
static inline void knn_judge_edge(knn_judge *x, int64_t at)
{
	const knn_params *p = x->ref->params;
	const td_tensor *weight = &x->got->out[KNN_WEIGHT];
	int64_t dst = knn_dst(x->got, at);
	double w = knn_real(weight, at);
	if (dst < 0 || dst >= x->ref->in[0].dim[0] || dst == x->row) {
		knn_wrong(x, KNN_DST, at);
		return;
	}
	knn_weight exact = knn_weigh(x->ref, x->row, dst);
	if (!(fabs(w - exact.w) <= exact.margin) || !(w > 0 && w >= p->threshold))
		knn_wrong(x, KNN_WEIGHT, at);
	double before = at > x->got_at ? knn_real(weight, at - 1) : (double)INFINITY;
	bool tie = !(before > w) && !(before < w);
	if (before < w || (tie && knn_dst(x->got, at - 1) >= dst))
		knn_wrong(x, KNN_DST, at);
	if (exact.w < x->least) {
		x->least = exact.w;
		x->least_margin = exact.margin;
	}
}

/* An edge of the oracle that the device has not: something else took its place, or the threshold. */
static inline void knn_judge_missing(const knn_judge *x, int64_t dst)
{
	const knn_params *p = x->ref->params;
	knn_weight exact = knn_weigh(x->ref, x->row, dst);
	bool full = x->got_n >= knn_k(p, x->ref->in[0].dim[0]);
	if (full ? exact.w - exact.margin > x->least + x->least_margin
	         : exact.w - exact.margin >= p->threshold && exact.w > exact.margin)
		knn_wrong(x, KNN_DST, x->got_at);
}

/* The largest weight of the row that the oracle did not choose. */
static inline knn_weight knn_next_best(const knn_judge *x)
{
	knn_weight best = {-1, 0};
	for (int64_t j = 0; j < x->ref->in[0].dim[0]; j++) {
		knn_weight w = knn_weigh(x->ref, x->row, j);
		if (j != x->row && w.w > best.w && !knn_among(x->ref, x->ref_at, x->ref_n, j))
			best = w;
	}
	return best;
}

/* Counts the oracle's edges whose place is not safe: next to the one behind them, or the threshold. */
static inline void knn_count_at_risk(const knn_judge *x)
{
	const knn_params *p = x->ref->params;
	bool full = x->ref_n == knn_k(p, x->ref->in[0].dim[0]);
	for (int64_t i = x->ref_at; i < x->ref_at + x->ref_n; i++) {
		knn_weight w = knn_weigh(x->ref, x->row, knn_dst(x->ref, i)), next = {-1, 0};
		if (i + 1 < x->ref_at + x->ref_n)
			next = knn_weigh(x->ref, x->row, knn_dst(x->ref, i + 1));
		else if (full)
			next = knn_next_best(x);
		x->d->at_risk +=
			w.w - next.w <= w.margin + next.margin || w.w - p->threshold <= w.margin;
	}
}

static inline void knn_judge_row(knn_judge *x)
{
	int64_t n = x->ref_n > x->got_n ? x->ref_n : x->got_n;
	x->least = (double)INFINITY;
	x->d->n += n;
	for (int64_t i = 0; i < x->got_n; i++)
		knn_judge_edge(x, x->got_at + i);
	for (int64_t i = 0; i < x->ref_n; i++) {
		int64_t dst = knn_dst(x->ref, x->ref_at + i);
		if (!knn_among(x->got, x->got_at, x->got_n, dst))
			knn_judge_missing(x, dst);
	}
	for (int64_t i = 0; i < n; i++) {
		bool same = i < x->ref_n && i < x->got_n &&
		            knn_dst(x->ref, x->ref_at + i) == knn_dst(x->got, x->got_at + i);
		if (!same && x->d->flips++ == 0 && x->d->wrong == 0) {
			x->d->port = KNN_DST;
			x->d->worst = x->got_at + i;
		}
	}
	knn_count_at_risk(x);
}

/* Edges of `row` from `at` on. */
static inline int64_t knn_row_length(const td_call *c, int64_t edges, int64_t at, int64_t row)
{
	int64_t n = 0;
	while (at + n < edges && knn_integer(&c->out[KNN_SRC], at + n) == row)
		n++;
	return n;
}

static inline bool knn_decide(const td_call *ref, const td_call *got, td_decisions *d, td_err *e)
{
	(void)e;
	knn_judge x = {.ref = ref, .got = got, .d = d};
	int64_t n = ref->in[0].dim[0];
	int64_t ref_edges = knn_integer(&ref->out[KNN_EDGES], 0);
	int64_t got_edges = knn_integer(&got->out[KNN_EDGES], 0);
	*d = (td_decisions){.worst = -1};
	if (got_edges < 0 || got_edges > td_numel(&got->out[KNN_SRC]))
		got_edges = 0;
	for (x.row = 0; x.row < n; x.row++) {
		x.ref_n = knn_row_length(ref, ref_edges, x.ref_at, x.row);
		x.got_n = knn_row_length(got, got_edges, x.got_at, x.row);
		knn_judge_row(&x);
		if (knn_integer(&got->out[KNN_DEGREE], x.row) != x.got_n)
			knn_wrong(&x, KNN_DEGREE, x.row);
		x.ref_at += x.ref_n;
		x.got_at += x.got_n;
	}
	if (x.got_at != knn_integer(&got->out[KNN_EDGES], 0))
		knn_wrong(&x, KNN_EDGES, 0);
	return true;
}

#endif
