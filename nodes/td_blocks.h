/* td_blocks.h: a matrix product cut into blocks, on the threads of the host. Host only.
 *
 * A node that makes one fills td_sizes and calls td_blocks_run; `finish` may work on each block of c
 * while it is near. The kernels cut it alike (td_matmul_body.h), by td_blocks_of. */
#ifndef TD_BLOCKS_H
#define TD_BLOCKS_H

#include "tandem.h"

#include "td_product_stored.h"
#include "td_stored_kind.h"

#include <stdio.h>

/* c [batch][m][n] = a b; strides in elements; a batch stride of 0: the same matrix for all. */
typedef struct {
	int64_t batch, m, n, k;
	int64_t a_batch, a_row, a_col, b_batch, b_row, b_col;
} td_sizes;

typedef struct {
	td_sizes s;
	const td_tensor *a, *b, *c;
	int64_t rows, row_blocks, panels; /* rows of a block, how many blocks, panels of columns */
	/* may be NULL: the block at c begins at that column and is p.m by p.n, rows p.ldc apart; where c
	 * holds f16 or bf16, the block is of floats still */
	void (*finish)(const void *arg, void *c, td_block p, int64_t column);
	const void *arg;
} td_blocks;

static inline int64_t td_blocks_panel(td_dtype d)
{
	return d == TD_F64 ? TD_PANEL_F64 : TD_PANEL;
}

/* Rows of a block: at most 1024, and few enough that there are blocks for several cores. */
static inline td_blocks td_blocks_of(td_sizes s, const td_tensor *a, const td_tensor *b,
                                     const td_tensor *c)
{
	int64_t width = td_blocks_panel(c->dtype);
	td_blocks j = {.s = s, .a = a, .b = b, .c = c, .panels = (s.n + width - 1) / width};
	int64_t rows = td_stored_kind(c->dtype) ? TD_STORED_ROWS : 1024;
	while (rows > 32 && s.batch * j.panels * ((s.m + rows - 1) / rows) < 16)
		rows /= 2;
	j.rows = (rows + TD_STRIP - 1) / TD_STRIP * TD_STRIP;
	j.row_blocks = (s.m + j.rows - 1) / j.rows;
	return j;
}

/* a block's sums, 24 KiB, lie on the stack */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wframe-larger-than="
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wstack-usage="
#endif

/* One block of f16 or bf16: a and b where it begins. */
static __attribute__((noinline, unused)) void td_blocks_stored(const td_blocks *j, const void *a,
                                                               const void *b, void *c, td_block p,
                                                               int64_t column)
{
	float sum[TD_STORED_ROWS * TD_PANEL];
	int kind = td_stored_kind(j->c->dtype);
	td_block made = p;
	made.ldc = TD_PANEL;
	td_product_stored(a, b, kind, sum, p);
	if (j->finish)
		j->finish(j->arg, sum, made, column);
	td_stored_block(sum, c, kind, p);
}

#pragma GCC diagnostic pop

static inline void td_blocks_one(const td_blocks *j, const void *a, const void *b, void *c,
                                 td_block p, int64_t column)
{
	if (td_stored_kind(j->c->dtype)) {
		td_blocks_stored(j, a, b, c, p, column);
		return;
	}
	if (j->c->dtype == TD_F32)
		td_product(a, b, c, p);
	else
		td_product_f64(a, b, c, p);
	if (j->finish)
		j->finish(j->arg, c, p, column);
}

/* Blocks lo … hi: columns of a batch first, so that a's rows are used again soon. */
static inline void td_blocks_some(const void *arg, int64_t lo, int64_t hi)
{
	const td_blocks *j = arg;
	const td_sizes *s = &j->s;
	int64_t width = td_blocks_panel(j->c->dtype), size = (int64_t)td_sizeof(j->c->dtype);
	for (int64_t i = lo; i < hi; i++) {
		int64_t column = i % j->panels * width,
			row = i / j->panels % j->row_blocks * j->rows,
			batch = i / j->panels / j->row_blocks;
		td_block p = {.m = (int)(s->m - row < j->rows ? s->m - row : j->rows),
		              .n = (int)(s->n - column < width ? s->n - column : width),
		              .k = (int)s->k,
		              .a_row = s->a_row,
		              .a_col = s->a_col,
		              .b_row = s->b_row,
		              .b_col = s->b_col,
		              .ldc = s->n};
		int64_t a = batch * s->a_batch + row * s->a_row,
			b = batch * s->b_batch + column * s->b_col,
			c = (batch * s->m + row) * s->n + column;
		td_blocks_one(j, (const char *)j->a->data + a * size,
		              (const char *)j->b->data + b * size, (char *)j->c->data + c * size, p,
		              column);
	}
}

static inline void td_blocks_run(const td_call *call, const td_blocks *j)
{
	if (td_numel(j->c))
		td_parallel(call, j->panels * j->row_blocks * j->s.batch, 1, td_blocks_some, j);
}

/* Launches the kernel `name`_float, _double, _half or _bfloat (td_matmul_kernels_body.h) on all blocks; `more`: its
 * arguments behind the product's. */
TD_MUST_USE static inline bool td_blocks_launch(const td_call *call, const td_blocks *j,
                                                const char *name, const td_arg *more, size_t n_more,
                                                td_err *e)
{
	char kernel[48];
	td_dtype d = j->c->dtype;
	snprintf(kernel, sizeof kernel, "%s_%s", name,
	         d == TD_F32   ? "float"
	         : d == TD_F64 ? "double"
	         : d == TD_F16 ? "half"
	                       : "bfloat");
	const td_sizes *s = &j->s;
	td_arg args[24] = {TD_T(j->a),     TD_T(j->b),     TD_T(j->c),       TD_I(j->rows),
	                   TD_I(s->m),     TD_I(s->n),     TD_I(s->k),       TD_L(s->a_batch),
	                   TD_L(s->a_row), TD_L(s->a_col), TD_L(s->b_batch), TD_L(s->b_row),
	                   TD_L(s->b_col)};
	for (size_t i = 0; i < n_more && 13 + i < TD_COUNT(args); i++)
		args[13 + i] = more[i];
	const int64_t cpu[3] = {j->panels, j->row_blocks, s->batch};
	const int64_t gpu[3] = {(s->n + 63) / 64 * 16, (s->m + 63) / 64 * 16, s->batch};
	return td_launch(call, kernel, td_is_cpu(call) ? cpu : gpu, args, 13 + n_more, e);
}

#endif
