/* td_product_stored.h: blocks of a matrix product of f16 or bf16 matrices, the same in C and in OpenCL C on CPUs.
 *
 * The sums are the floats of td_product.h, chain for chain: each span of a and of b is widened on its way into a
 * packed one. They stay floats until the block is finished, so a block has rows for which there is room. */
#ifndef TD_PRODUCT_STORED_H
#define TD_PRODUCT_STORED_H

#include "td_stored.h"

enum {
	TD_STORED_ROWS = 128
}; /* rows of a block at most: its sums, 24 KiB, stay in the second cache */

/* The n columns of b that a block takes, at x, and `count` values of k; rows of `to` are `wide` apart. */
TD_VINLINE void td_stored_columns(td_stored x, int kind, td_block p, int count, float *to, int wide)
{
	for (int v = 0; v < wide; v += 16) {
		if (p.b_col != 1) {
			td_stored_turned(x, v * p.b_col, p.b_col, p.n - v, count, kind, to + v,
			                 wide);
			continue;
		}
		for (int k = 0; k < count; k++)
			td_vstore(td_stored_load(x, k * p.b_row + v, p.n - v, kind),
			          to + k * wide + v);
	}
}

/* A strip of rows of a, at x; rows of `to` are TD_SPAN apart. */
TD_VINLINE void td_stored_rows(td_stored x, int kind, td_block p, int rows, int count, float *to)
{
	for (int r = 0; r < rows; r++) {
		if (p.a_col == 1)
			td_stored_widen(x, r * p.a_row, count, kind, to + r * TD_SPAN);
		for (int k = 0; p.a_col != 1 && k < count; k++)
			to[r * TD_SPAN + k] = td_stored_get(x, r * p.a_row + k * p.a_col, kind);
	}
}

#ifndef __OPENCL_C_VERSION__
/* packed spans, 28 KiB, lie on the stack */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wframe-larger-than="
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wstack-usage="
#endif
static
	__attribute__((noinline, unused))
#else
static inline
#endif
	/* sum [p.m][TD_PANEL] = a b; p.m is at most TD_STORED_ROWS. */
	void
	td_product_stored(td_stored a, td_stored b, int kind, float *sum, td_block p)
{
	float left[TD_STRIP * TD_SPAN], right[TD_SPAN * TD_PANEL];
	const int wide = (p.n + 15) / 16 * 16;
	for (int from = 0; from < p.k || from == 0; from += TD_SPAN) {
		const int n = p.k - from < TD_SPAN ? p.k - from : TD_SPAN;
		td_stored_columns(td_stored_at(b, from * p.b_row, kind), kind, p, n, right, wide);
		for (int i = 0; i < p.m; i += TD_STRIP) {
			const int rows = p.m - i < TD_STRIP ? p.m - i : TD_STRIP;
			td_i64 at[TD_STRIP];
			TD_UNROLLED(8)
			for (int r = 0; r < TD_STRIP;
			     r++) /* rows that are not there repeat the last */
				at[r] = (r < rows ? r : rows - 1) * TD_SPAN;
			td_stored_rows(td_stored_at(a, i * p.a_row + from * p.a_col, kind), kind, p,
			               rows, n, left);
			td_strip_room_(left, at, 1, right, wide, n, from == 0, sum + i * TD_PANEL,
			               TD_PANEL, p.n);
		}
	}
}
#ifndef __OPENCL_C_VERSION__
#pragma GCC diagnostic pop
#endif

/* A finished block, rounded into c, whose rows are p.ldc apart. */
TD_VINLINE void td_stored_block(const float *sum, TD_GLOBAL void *c, int kind, td_block p)
{
	for (int r = 0; r < p.m; r++)
		for (int j = 0; j < p.n; j += 16)
			td_stored_store(td_vload(sum + r * TD_PANEL + j), c, r * p.ldc + j, p.n - j,
			                kind);
}

#endif
