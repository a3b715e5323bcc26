/* walk.h: several tensors walked over in step, each with strides of its own: broadcasting, slices,
 * turned axes. Host only.
 *
 * Axes that all operands walk through alike are made one, so that most walks have one or two. */
#ifndef TD_NODES_TENSOR_WALK_H
#define TD_NODES_TENSOR_WALK_H

#include "tandem.h"

enum { WALK_OPERANDS = 4, WALK_OUTER = 3 };

/* Element step[k][i] of operand k belongs to a step along axis i; 0: the operand stays. */
typedef struct {
	int rank, n; /* n operands */
	int64_t dim[TD_MAX_RANK];
	int64_t step[WALK_OPERANDS][TD_MAX_RANK];
} tensor_walk;

/* Strides of a contiguous tensor. */
static inline void walk_strides(const td_tensor *t, int64_t step[TD_MAX_RANK])
{
	int64_t s = 1;
	for (int i = t->rank; i-- > 0; s *= t->dim[i])
		step[i] = s;
}

/* Can axis i go into axis i + 1? */
static inline bool walk_merges(const tensor_walk *w, int i)
{
	for (int k = 0; k < w->n; k++)
		if (w->step[k][i] != w->dim[i + 1] * w->step[k][i + 1])
			return false;
	return true;
}

static inline void walk_drop(tensor_walk *w, int axis)
{
	w->rank--;
	for (int i = axis; i < w->rank; i++) {
		w->dim[i] = w->dim[i + 1];
		for (int k = 0; k < w->n; k++)
			w->step[k][i] = w->step[k][i + 1];
	}
}

/* Takes out axes of extent 1 and merges; leaves at least one axis. */
static inline void walk_simplify(tensor_walk *w)
{
	for (int i = w->rank; i-- > 0;)
		if (w->dim[i] == 1)
			walk_drop(w, i);
	for (int i = w->rank - 1; i-- > 0;)
		if (walk_merges(w, i)) {
			w->dim[i + 1] *= w->dim[i];
			walk_drop(w, i);
		}
	if (w->rank)
		return;
	w->rank = 1;
	w->dim[0] = 1;
	for (int k = 0; k < w->n; k++)
		w->step[k][0] = 1;
}

/* The result, then its operands broadcast to it. */
static inline tensor_walk walk_broadcast(const td_tensor *out, const td_tensor *in, int n_in)
{
	tensor_walk w = {.rank = out->rank, .n = n_in + 1};
	for (int i = 0; i < out->rank; i++)
		w.dim[i] = out->dim[i];
	walk_strides(out, w.step[0]);
	for (int k = 0; k < n_in; k++) {
		int64_t step[TD_MAX_RANK];
		walk_strides(&in[k], step);
		for (int i = 0; i < in[k].rank; i++)
			w.step[k + 1][out->rank - in[k].rank + i] = in[k].dim[i] == 1 ? 0 : step[i];
	}
	walk_simplify(&w);
	return w;
}

/* Elements of the first n axes. */
static inline int64_t walk_count(const tensor_walk *w, int n)
{
	int64_t count = 1;
	for (int i = 0; i < n; i++)
		count *= w->dim[i];
	return count;
}

/* Where each operand stands at index `flat` of the first n axes. */
static inline void walk_at(const tensor_walk *w, int n, int64_t flat, int64_t at[WALK_OPERANDS])
{
	for (int k = 0; k < WALK_OPERANDS; k++)
		at[k] = 0;
	for (int i = n; i-- > 0; flat /= w->dim[i])
		for (int k = 0; k < w->n; k++)
			at[k] += flat % w->dim[i] * w->step[k][i];
}

/* -- for kernels ----------------------------------------------------------------
 * A kernel gets the innermost axis, up to three outer ones and where to begin; what is left of the axes
 * is walked on the host, a launch each. */

enum { WALK_ARGS = 1 + 2 * WALK_OUTER + WALK_OPERANDS * (2 + WALK_OUTER) };

/* Arguments as walk.clh names them: inner, chunks, the three outer dims, then for each operand where it
 * begins and its four steps. Returns how many. */
static inline size_t walk_args(const tensor_walk *w, int64_t first, td_arg *args)
{
	int left = w->rank - 1 > WALK_OUTER ? w->rank - 1 - WALK_OUTER : 0;
	int64_t at[WALK_OPERANDS];
	size_t n = 0;
	walk_at(w, left, first, at);
	args[n++] = TD_L(w->dim[w->rank - 1]);
	for (int i = 0; i < WALK_OUTER; i++) {
		int axis = w->rank - 1 - WALK_OUTER + i;
		args[n++] = TD_L(axis < 0 ? 1 : w->dim[axis]);
	}
	for (int k = 0; k < w->n; k++) {
		args[n++] = TD_L(at[k]);
		for (int i = 0; i <= WALK_OUTER; i++) {
			int axis = w->rank - 1 - WALK_OUTER + i;
			args[n++] = TD_L(axis < 0 ? 0 : w->step[k][axis]);
		}
	}
	return n;
}

/* Launches `kernel` with the tensors and numbers given, and the walk's arguments behind them; `each`
 * elements of the innermost axis are one work item's. */
static inline bool walk_launch(const td_call *c, const tensor_walk *w, const char *kernel,
                               int64_t each, const td_arg *own, size_t n_own, td_err *e)
{
	int left = w->rank - 1 > WALK_OUTER ? w->rank - 1 - WALK_OUTER : 0;
	int64_t launches = walk_count(w, left), all = walk_count(w, w->rank);
	if (all == 0)
		return true;
	int64_t inner = w->dim[w->rank - 1];
	int64_t items = all / launches / inner * ((inner + each - 1) / each);
	for (int64_t i = 0; i < launches; i++) {
		td_arg args[WALK_ARGS + 8];
		size_t n = 0;
		for (; n < n_own; n++)
			args[n] = own[n];
		n += walk_args(w, i, args + n);
		if (!td_launch(c, kernel, (int64_t[3]){items, 1, 1}, args, n, e))
			return false;
	}
	return true;
}

/* -- for native -------------------------------------------------------------------
 * Pieces of the innermost axis, shared out among the threads. */

enum { WALK_PIECE = 4096 };

typedef struct {
	const td_call *c;
	const tensor_walk *w;
	/* n elements, the operands standing at at[] */
	void (*piece)(const td_call *c, const tensor_walk *w, const int64_t at[WALK_OPERANDS],
	              int64_t n);
} walk_job;

static inline void walk_pieces(const void *arg, int64_t lo, int64_t hi)
{
	const walk_job *j = arg;
	const tensor_walk *w = j->w;
	int64_t inner = w->dim[w->rank - 1], pieces = (inner + WALK_PIECE - 1) / WALK_PIECE;
	for (int64_t i = lo; i < hi; i++) {
		int64_t at[WALK_OPERANDS], from = i % pieces * WALK_PIECE;
		walk_at(w, w->rank - 1, i / pieces, at);
		for (int k = 0; k < w->n; k++)
			at[k] += from * w->step[k][w->rank - 1];
		j->piece(j->c, w, at, inner - from < WALK_PIECE ? inner - from : WALK_PIECE);
	}
}

static inline void walk_native(const td_call *c, const tensor_walk *w,
                               void (*piece)(const td_call *c, const tensor_walk *w,
                                             const int64_t at[WALK_OPERANDS], int64_t n))
{
	walk_job j = {c, w, piece};
	int64_t inner = w->dim[w->rank - 1];
	if (walk_count(w, w->rank) == 0)
		return;
	int64_t pieces = (inner + WALK_PIECE - 1) / WALK_PIECE;
	int64_t grain = inner < WALK_PIECE ? 4 * WALK_PIECE / inner : 4;
	td_parallel(c, walk_count(w, w->rank - 1) * pieces, grain, walk_pieces, &j);
}

#endif
