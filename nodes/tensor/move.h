/* move.h: elements brought to other places, unchanged: boxes of one tensor laid into another. Host only. */
#ifndef TD_NODES_TENSOR_MOVE_H
#define TD_NODES_TENSOR_MOVE_H

#include "walk.h"

#include <string.h>

/* y[to + …] = x[from + …], for all elements of a box; operand 0 of the walk is y, operand 1 is x. */
typedef struct {
	const td_tensor *y, *x;
	int64_t to, from;
	tensor_walk w;
} tensor_box;

/* A box of the dims given, in steps of its own through x and y. */
static inline tensor_box box_of(const td_tensor *y, const td_tensor *x, int rank,
                                const int64_t *dim)
{
	tensor_box b = {.y = y, .x = x, .w = {.rank = rank, .n = 2}};
	for (int i = 0; i < rank; i++)
		b.w.dim[i] = dim[i];
	return b;
}

/* "-1" is the last axis of `rank`; false: there is none like it. */
static inline bool axis_of(int64_t given, int rank, int *axis)
{
	*axis = (int)(given < 0 ? given + rank : given);
	return given >= -rank && given < rank;
}

static inline bool no_axis(int64_t given, int rank, td_err *e)
{
	return td_fail(e, TD_E_USAGE, "there is no axis %lld: the input has %d ax%s",
	               (long long)given, rank, rank == 1 ? "is" : "es");
}

#define MOVE_ONE(T)                     \
	for (int64_t i = 0; i < n; i++) \
		((T *)y)[i * s] = ((const T *)x)[i * t];

static inline void move_row(void *y, const void *x, size_t size, int64_t n, int64_t s, int64_t t)
{
	if (s == 1 && t == 1) {
		memcpy(y, x, (size_t)n * size);
	} else if (size == 8) {
		MOVE_ONE(uint64_t)
	} else if (size == 4) {
		MOVE_ONE(uint32_t)
	} else if (size == 2) {
		MOVE_ONE(uint16_t)
	} else {
		MOVE_ONE(uint8_t)
	}
}
#undef MOVE_ONE

/* Rows of the innermost axis from lo to hi. */
static inline void box_rows(const void *arg, int64_t lo, int64_t hi)
{
	const tensor_box *b = arg;
	size_t size = td_sizeof(b->x->dtype);
	int last = b->w.rank - 1;
	for (int64_t i = lo; i < hi; i++) {
		int64_t at[WALK_OPERANDS];
		walk_at(&b->w, last, i, at);
		move_row((char *)b->y->data + (size_t)(b->to + at[0]) * size,
		         (const char *)b->x->data + (size_t)(b->from + at[1]) * size, size,
		         b->w.dim[last], b->w.step[0][last], b->w.step[1][last]);
	}
}

static inline void box_native(const td_call *c, tensor_box b)
{
	walk_simplify(&b.w);
	int64_t inner = b.w.dim[b.w.rank - 1];
	if (walk_count(&b.w, b.w.rank))
		td_parallel(c, walk_count(&b.w, b.w.rank - 1), 1 + 32768 / inner, box_rows, &b);
}

/* The axis whose neighbours are neighbours in x, where it is not the innermost one: then squares of
 * 16 by 16 are turned; else -1. */
static inline int box_turns(const tensor_box *b)
{
	int last = b->w.rank - 1;
	for (int i = 0; i < last; i++)
		if (b->w.step[1][i] == 1 && b->w.step[1][last] != 1 && b->w.dim[i] >= 16 &&
		    b->w.dim[last] >= 16)
			return i;
	return -1;
}

/* The axis before the last one becomes `axis`. */
static inline void box_bring(tensor_box *b, int axis)
{
	int to = b->w.rank - 2;
	int64_t dim = b->w.dim[axis];
	b->w.dim[axis] = b->w.dim[to];
	b->w.dim[to] = dim;
	for (int k = 0; k < 2; k++) {
		int64_t step = b->w.step[k][axis];
		b->w.step[k][axis] = b->w.step[k][to];
		b->w.step[k][to] = step;
	}
}

static inline const char *box_kernel(size_t size, bool turn)
{
	static const char *const kernels[2][4] = {
		{"tensor_move_1", "tensor_move_2", "tensor_move_4", "tensor_move_8"},
		{"tensor_turn_1", "tensor_turn_2", "tensor_turn_4", "tensor_turn_8"}};
	return kernels[turn][size == 8 ? 3 : size == 4 ? 2 : size == 2 ? 1 : 0];
}

/* The kernel that fills n elements of a size with the same bits. */
static inline const char *box_fill_kernel(size_t size)
{
	static const char *const kernels[] = {"tensor_fill_1", "tensor_fill_2", "tensor_fill_4",
	                                      "tensor_fill_8"};
	return kernels[size == 8 ? 3 : size == 4 ? 2 : size == 2 ? 1 : 0];
}

static inline bool box_cl(const td_call *c, tensor_box b, td_err *e)
{
	walk_simplify(&b.w);
	int axis = box_turns(&b), last = b.w.rank - 1;
	const td_arg own[] = {TD_T(b.x), TD_T(b.y), TD_L(b.to), TD_L(b.from)};
	if (axis < 0)
		return walk_launch(c, &b.w, box_kernel(td_sizeof(b.x->dtype), false), 16, own,
		                   TD_COUNT(own), e);
	box_bring(&b, axis);
	/* walked by squares: 16 rows of x are one step */
	tensor_walk w = b.w;
	w.dim[last - 1] = (w.dim[last - 1] + 15) / 16;
	w.step[0][last - 1] *= 16;
	w.step[1][last - 1] *= 16;
	const td_arg turn[] = {own[0],
	                       own[1],
	                       own[2],
	                       own[3],
	                       TD_L(b.w.dim[last - 1]),
	                       TD_L(b.w.step[0][last - 1])};
	return walk_launch(c, &w, box_kernel(td_sizeof(b.x->dtype), true), 16, turn, TD_COUNT(turn),
	                   e);
}

#endif
