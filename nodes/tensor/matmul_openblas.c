/* tensor.matmul by OpenBLAS: judged by tolerance, never chosen by itself. It brings its own threads. */
#include "matmul.h"

#include <cblas.h>
#include <string.h>

bool tensor_matmul_openblas(const td_call *c, td_err *e)
{
	(void)e;
	const matmul_params *p = c->params;
	td_sizes s = matmul_sizes_of(c);
	const blasint m = (blasint)s.m, n = (blasint)s.n, k = (blasint)s.k,
		      lda = (blasint)(p->ta ? s.a_col : s.a_row),
		      ldb = (blasint)(p->tb ? s.b_col : s.b_row);
	const CBLAS_TRANSPOSE ta = p->ta ? CblasTrans : CblasNoTrans,
			      tb = p->tb ? CblasTrans : CblasNoTrans;
	if (td_numel(&c->out[0]) == 0)
		return true;
	if (k == 0) {
		memset(c->out[0].data, 0,
		       (size_t)td_numel(&c->out[0]) * td_sizeof(c->out[0].dtype));
		return true;
	}
	for (int64_t i = 0; i < s.batch; i++)
		if (c->out[0].dtype == TD_F32)
			cblas_sgemm(CblasRowMajor, ta, tb, m, n, k, 1,
			            (const float *)c->in[0].data + i * s.a_batch, lda,
			            (const float *)c->in[1].data + i * s.b_batch, ldb, 0,
			            (float *)c->out[0].data + i * s.m * s.n, n);
		else
			cblas_dgemm(CblasRowMajor, ta, tb, m, n, k, 1,
			            (const double *)c->in[0].data + i * s.a_batch, lda,
			            (const double *)c->in[1].data + i * s.b_batch, ldb, 0,
			            (double *)c->out[0].data + i * s.m * s.n, n);
	return true;
}
