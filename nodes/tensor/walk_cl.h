/* walk_cl.h: walk.h in kernels: which elements are this item's. OpenCL only. */
#ifndef TD_NODES_TENSOR_WALK_CL_H
#define TD_NODES_TENSOR_WALK_CL_H

/* The arguments that walk_args appends, in its order. */
#define WALK_PARAMS long inner, long outer0, long outer1, long outer2
#define WALK_OPERAND(x) long x##_at, long x##_0, long x##_1, long x##_2, long x##_step

/* This item: how many of its `each` elements there are (0: none), the first along the innermost axis,
 * and its index along the others. */
typedef struct {
	long left, from, i0, i1, i2;
} walk_item;

static inline walk_item walk_here(long inner, long outer0, long outer1, long outer2, int each)
{
	long id = (long)get_global_id(0), chunks = (inner + each - 1) / each;
	long row = chunks == 1 ? id : id / chunks;
	bool flat = outer0 == 1 && outer1 == 1;
	walk_item w;
	w.from = (id - row * chunks) * each;
	w.i2 = flat ? row : row % outer2;
	w.i1 = flat ? 0 : row / outer2 % outer1;
	w.i0 = flat ? 0 : row / outer2 / outer1;
	w.left = w.i0 < outer0 && w.i2 < outer2 ? min(inner - w.from, (long)each) : 0;
	return w;
}

#define WALK_HERE(each) walk_here(inner, outer0, outer1, outer2, each)
/* Where operand x stands. */
#define WALK_AT(w, x) (x##_at + w.i0 * x##_0 + w.i1 * x##_1 + w.i2 * x##_2 + w.from * x##_step)

#endif
