/* matmul.h: what the impls of tensor.matmul share: sizes and strides from a call. Host only. */
#ifndef TD_NODES_TENSOR_MATMUL_H
#define TD_NODES_TENSOR_MATMUL_H

#include "tandem.h"

#include "td_blocks.h"

typedef struct {
	bool ta, tb;
} matmul_params;

static inline td_sizes matmul_sizes_of(const td_call *c)
{
	const matmul_params *p = c->params;
	const td_tensor *a = &c->in[0], *b = &c->in[1];
	int64_t rows = a->dim[a->rank - 2], columns = a->dim[a->rank - 1];
	td_sizes s = {
		.batch = td_span(&c->out[0], 0, -2),
		.m = p->ta ? columns : rows,
		.k = p->ta ? rows : columns,
		.n = c->out[0].dim[c->out[0].rank - 1],
		.a_batch = td_span(a, 0, -2) > 1 ? rows * columns : 0,
		.a_row = p->ta ? 1 : columns,
		.a_col = p->ta ? columns : 1,
		.b_batch = td_span(b, 0, -2) > 1 ? b->dim[b->rank - 2] * b->dim[b->rank - 1] : 0,
		.b_row = p->tb ? 1 : b->dim[b->rank - 1],
		.b_col = p->tb ? b->dim[b->rank - 1] : 1,
	};
	if (!s.b_batch && s.a_batch &&
	    !p->ta) { /* one b for all: rows of all batches are rows of one */
		s.m *= s.batch;
		s.batch = 1;
	}
	return s;
}

/* Library impls (matmul_clblast.c, matmul_openblas.c). */
bool tensor_matmul_clblast(const td_call *c, td_err *e);
bool tensor_matmul_openblas(const td_call *c, td_err *e);

#endif
