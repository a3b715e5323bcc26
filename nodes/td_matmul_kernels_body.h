/* td_matmul_kernels_body.h: the kernels of a node that is a matrix product and what follows it, for float, double,
 * half and bfloat. OpenCL only. No guard on purpose: once a node, behind these macros, which it undefines:
 *
 * KERNEL(type): the kernel's name; EXTRA(S): its further parameters, with a comma in front, or nothing, S being
 * the number as it is stored; AFTER(T, c, p, column): what a CPU does to a finished block of c; AFTER_STORED(sum,
 * p, column, kind): the same while it is floats [p.m][TD_PANEL] still; ONE(T, x, column): what a GPU makes of a
 * sum x, with GET(pointer, i) for numbers that are stored. */
#include "td_product_stored.h"

/* -- float and double -------------------------------------------------------------- */

#define GET(x, i) (x)[i]
#define SET(x, i, value) (x)[i] = value

#define NAME KERNEL(float)
#define SLICE_OF KERNEL(slice_float)
#define T float
#define S float
#define PANEL TD_PANEL
#define SUM(x, column) ONE(float, x, column)
#define BLOCK(a, b, c, p, column)           \
	do {                                \
		td_product(a, b, c, p);     \
		AFTER(float, c, p, column); \
	} while (0)
#include "td_matmul_body.h"
#undef NAME
#undef SLICE_OF
#undef T
#undef S
#undef PANEL
#undef SUM
#undef BLOCK

#ifdef TD_FP64
#define NAME KERNEL(double)
#define SLICE_OF KERNEL(slice_double)
#define T double
#define S double
#define PANEL TD_PANEL_F64
#define SUM(x, column) ONE(double, x, column)
#define BLOCK(a, b, c, p, column)            \
	do {                                 \
		td_product_f64(a, b, c, p);  \
		AFTER(double, c, p, column); \
	} while (0)
#include "td_matmul_body.h"
#undef NAME
#undef SLICE_OF
#undef T
#undef S
#undef PANEL
#undef SUM
#undef BLOCK
#endif

#undef GET
#undef SET

/* -- half and bfloat: stored so, worked on as float ------------------------------------ */

#define T float
#define S ushort
#define PANEL TD_PANEL
#define GET(x, i) td_stored_get(x, i, KIND)
#define SET(x, i, value) td_stored_set(x, i, KIND, value)
#define SUM(x, column) ONE(float, x, column)
#define BLOCK(a, b, c, p, column)                       \
	do {                                            \
		float made[TD_STORED_ROWS * TD_PANEL];  \
		td_product_stored(a, b, KIND, made, p); \
		AFTER_STORED(made, p, column, KIND);    \
		td_stored_block(made, c, KIND, p);      \
	} while (0)

#define NAME KERNEL(half)
#define SLICE_OF KERNEL(slice_half)
#define KIND TD_STORED_F16
#include "td_matmul_body.h"
#undef NAME
#undef SLICE_OF
#undef KIND

#define NAME KERNEL(bfloat)
#define SLICE_OF KERNEL(slice_bfloat)
#define KIND TD_STORED_BF16
#include "td_matmul_body.h"
#undef NAME
#undef SLICE_OF
#undef KIND

#undef T
#undef S
#undef PANEL
#undef GET
#undef SET
#undef SUM
#undef BLOCK

#undef KERNEL
#undef EXTRA
#undef AFTER
#undef AFTER_STORED
#undef ONE
