/* knn.h: what graph.knn and graph.corr_knn share on the host: parameters, the oracle's lists, edges
 * out of lists. */
#ifndef TD_NODES_GRAPH_KNN_H
#define TD_NODES_GRAPH_KNN_H

#include "tandem.h"

#include "best.h"

#include <float.h>

/* -- params ------------------------------------------------------------------ */

typedef struct {
	int64_t k;
	double threshold;
	bool absolute;
} knn_params;

/* clang-format off */
#define KNN_PARAMS \
	{"k", NULL, "neighbours of each row, at most", TD_INT, offsetof(knn_params, k), 16, 1, 65536}, \
	{"threshold", NULL, "least weight of an edge", TD_REAL, offsetof(knn_params, threshold), 0, 0, 1e30}, \
	{"absolute", NULL, "weigh by the absolute value; if not, negative weights make no edge", TD_FLAG, \
	 offsetof(knn_params, absolute), 1, 0, 1}, \
	{0}

#define KNN_OUT(unit, kind) \
	{"src", TD_SET_I32, "edges<=N*k", NULL, "source of each edge, ascending", {kind}}, \
	{"dst", TD_SET_I32, "edges<=N*k", NULL, "target of each edge", {kind}}, \
	{"weight", TD_SET_F32, "edges<=N*k", unit, "its weight, descending within a source", {kind}}, \
	{"degree", TD_SET_I32, "N", NULL, "edges that leave each row", {kind}}, \
	{"edges", TD_SET_I32, "1", NULL, "how many edges there are", {kind}}, \
	{0}

/* `lists`: how many there are */
#define KNN_SCRATCH(lists) \
	{"weights", TD_SET_F32, "(" lists ")*((k+15)/16*16+16)", NULL, "lists of the best: weights"}, \
	{"ids", TD_SET_I32, "(" lists ")*((k+15)/16*16+16)", NULL, "… and columns"}, \
	{"offset", TD_SET_I32, "N+1", NULL, "first edge of each row"}
/* clang-format on */

/* The output ports of both nodes. */
enum { KNN_SRC, KNN_DST, KNN_WEIGHT, KNN_DEGREE, KNN_EDGES };
/* Their first scratch ports. */
enum { KNN_WEIGHTS, KNN_IDS, KNN_OFFSET };

/* Neighbours that a row can have. */
static inline int knn_k(const knn_params *p, int64_t n)
{
	return n < 2 ? 0 : (int)(p->k < n - 1 ? p->k : n - 1);
}

/* The largest float that makes no edge: w > floor if and only if w >= threshold and w > 0. */
static inline float knn_floor(const knn_params *p)
{
	float t = (float)p->threshold;
	if (t <= 0)
		return 0;
	return (double)t < p->threshold ? t : td_vfloat(td_vbits(t) - 1);
}

/* What is left of a weight's bits. */
static inline int32_t knn_mask(const knn_params *p)
{
	return p->absolute ? INT32_MAX : -1;
}

/* -- ref --------------------------------------------------------------------- */

/* A candidate for the list w[0 … n), id[0 … n) of one row, best first; returns the new length. */
static inline int64_t knn_ref_offer(double *w, int64_t *id, int64_t n, int64_t k, double cand,
                                    int64_t cand_id)
{
	int64_t at = n;
	while (at > 0 && cand > w[at - 1]) /* ids come in ascending order: a tie stays behind */
		at--;
	if (at == k)
		return n;
	n += n < k;
	for (int64_t i = n - 1; i > at; i--) {
		w[i] = w[i - 1];
		id[i] = id[i - 1];
	}
	w[at] = cand;
	id[at] = cand_id;
	return n;
}

/* Edges of all rows; weight(arg, i, j) says what an edge would weigh. */
static inline void knn_ref(const td_call *c, int64_t n,
                           double (*weight)(const td_call *c, int64_t i, int64_t j))
{
	const knn_params *p = c->params;
	int64_t *src = c->out[KNN_SRC].data, *dst = c->out[KNN_DST].data, edges = 0;
	double *w = c->out[KNN_WEIGHT].data;
	for (int64_t i = 0; i < n; i++) {
		int64_t found = 0;
		for (int64_t j = 0; j < n; j++) {
			double cand = i == j ? 0 : weight(c, i, j);
			cand = p->absolute ? fabs(cand) : cand;
			if (cand > 0 && cand >= p->threshold)
				found = knn_ref_offer(w + edges, dst + edges, found, p->k, cand, j);
		}
		for (int64_t e = 0; e < found; e++)
			src[edges + e] = i;
		((int64_t *)c->out[KNN_DEGREE].data)[i] = found;
		edges += found;
	}
	((int64_t *)c->out[KNN_EDGES].data)[0] = edges;
}

/* -- native ------------------------------------------------------------------ */

static inline void knn_start_rows(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	const knn_params *p = c->params;
	int k = knn_k(p, td_numel(&c->out[KNN_DEGREE]));
	float *w = c->scratch[KNN_WEIGHTS].data, floor = knn_floor(p);
	int32_t *id = c->scratch[KNN_IDS].data;
	for (int64_t i = lo * graph_stride(k); i < hi * graph_stride(k); i++) {
		w[i] = i % graph_stride(k) == 15 ? INFINITY : floor;
		id[i] = -1;
	}
}

static inline void knn_start(const td_call *c)
{
	td_parallel(c, td_numel(&c->out[KNN_DEGREE]), 1024, knn_start_rows, c);
}

static inline void knn_emit_rows(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	int k = knn_k(c->params, td_numel(&c->out[KNN_DEGREE]));
	const float *w = c->scratch[KNN_WEIGHTS].data;
	const int32_t *id = c->scratch[KNN_IDS].data, *offset = c->scratch[KNN_OFFSET].data;
	int32_t *src = c->out[KNN_SRC].data, *dst = c->out[KNN_DST].data;
	float *weight = c->out[KNN_WEIGHT].data;
	for (int64_t i = lo; i < hi; i++) {
		int64_t list = i * graph_stride(k) + 16, at = offset[i];
		for (; at < offset[i + 1]; at++, list++) {
			src[at] = (int32_t)i;
			dst[at] = id[list];
			weight[at] = w[list];
		}
	}
}

/* Edges out of the lists. */
static inline void knn_finish(const td_call *c)
{
	int64_t n = td_numel(&c->out[KNN_DEGREE]);
	int k = knn_k(c->params, n);
	const int32_t *id = c->scratch[KNN_IDS].data;
	int32_t *offset = c->scratch[KNN_OFFSET].data, *degree = c->out[KNN_DEGREE].data, edges = 0;
	for (int64_t i = 0; i < n; i++) {
		const int32_t *list = id + i * graph_stride(k) + 16;
		int found = 0;
		while (found < k && list[found] >= 0)
			found++;
		offset[i] = edges;
		degree[i] = found;
		edges += found;
	}
	offset[n] = edges;
	((int32_t *)c->out[KNN_EDGES].data)[0] = edges;
	td_parallel(c, n, 1024, knn_emit_rows, c);
}

/* -- cl ---------------------------------------------------------------------- */

/* `lists`: a multiple of the number of rows. */
static inline bool knn_cl_start(const td_call *c, int64_t lists, td_err *e)
{
	int k = knn_k(c->params, td_numel(&c->out[KNN_DEGREE]));
	const td_arg args[] = {TD_T(&c->scratch[KNN_WEIGHTS]), TD_T(&c->scratch[KNN_IDS]),
	                       TD_I(lists), TD_I(k), TD_F(knn_floor(c->params))};
	return td_launch(c, "graph_knn_start", (int64_t[3]){lists, 1, 1}, args, TD_COUNT(args), e);
}

static inline bool knn_cl_finish(const td_call *c, td_err *e)
{
	int64_t n = td_numel(&c->out[KNN_DEGREE]);
	int k = knn_k(c->params, n);
	const td_tensor *weights = &c->scratch[KNN_WEIGHTS], *ids = &c->scratch[KNN_IDS],
			*offset = &c->scratch[KNN_OFFSET], *degree = &c->out[KNN_DEGREE];
	const td_arg count[] = {TD_T(ids), TD_T(degree), TD_I(n), TD_I(k)};
	const td_arg sum[] = {TD_T(degree), TD_I(n), TD_T(offset), TD_T(&c->out[KNN_EDGES])};
	const td_arg emit[] = {TD_T(weights),
	                       TD_T(ids),
	                       TD_T(offset),
	                       TD_T(&c->out[KNN_SRC]),
	                       TD_T(&c->out[KNN_DST]),
	                       TD_T(&c->out[KNN_WEIGHT]),
	                       TD_I(n),
	                       TD_I(k)};
	const int64_t rows[3] = {n, 1, 1}, once[3] = {1, 1, 1};
	return td_launch(c, "graph_knn_degree", rows, count, TD_COUNT(count), e) &&
	       td_launch(c, "graph_offsets", once, sum, TD_COUNT(sum), e) &&
	       td_launch(c, "graph_knn_emit", rows, emit, TD_COUNT(emit), e);
}

#endif
