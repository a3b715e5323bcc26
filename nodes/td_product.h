/* td_product.h: blocks of a matrix product, the same in C and in OpenCL C on CPUs.
 *
 * c_ij = sum_k a_ik b_kj is one chain of fma over k in ascending order from +0, whatever the block: its
 * bits depend on the numbers only. A block is made in strips of 8 rows by 3 vectors, 24 sums that stay in
 * registers over TD_SPAN values of k; between spans they wait in memory. Where columns of b are not
 * neighbours, or lie far apart, a span of b is packed first.
 *
 *   td_product(a, b, c, left)       td_product_f64 for double
 *     c [m][n] = a [m][k] b [k][n] for n <= TD_PANEL (_F64), rows of c `ldc` apart
 *   a(i, k) = a[i a_row + k a_col], b(k, j) = b[k b_row + j b_col]; one of b_row and b_col is 1 */
#ifndef TD_PRODUCT_H
#define TD_PRODUCT_H

#include "td_vectors.h"

enum {
	TD_STRIP = 8,      /* rows */
	TD_PANEL = 48,     /* columns of floats: three vectors */
	TD_PANEL_F64 = 24, /* … of doubles */
	TD_SPAN = 128,     /* values of k: a packed span of b stays in the first cache */
	TD_NEAR = 2048     /* rows of b nearer than this many bytes are not packed */
};

typedef struct {
	int m, n, k;
	td_i64 a_row, a_col, b_row, b_col, ldc;
} td_block;

#ifdef __OPENCL_C_VERSION__
#define PRODUCT static inline
#else
/* a packed span of b, 24 KiB, lies on the stack */
#define PRODUCT static __attribute__((noinline, unused))
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wframe-larger-than="
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wstack-usage="
#endif
#endif

#define T float
#define V td_v16
#define W 16
#define FN(name) td_##name
#define VFN(name) td_v##name
#define ZIP(half) td_zip_##half
#include "td_product_body.h"
#undef T
#undef V
#undef W
#undef FN
#undef VFN
#undef ZIP

#if !defined __OPENCL_C_VERSION__ || defined TD_FP64
#define T double
#define V td_v8d
#define W 8
#define FN(name) td_##name##_f64
#define VFN(name) td_v##name##_f64
#define ZIP(half) td_zip_##half##_f64
#include "td_product_body.h"
#undef T
#undef V
#undef W
#undef FN
#undef VFN
#undef ZIP
#endif

#undef PRODUCT
#ifndef __OPENCL_C_VERSION__
#pragma GCC diagnostic pop
#endif

#endif
