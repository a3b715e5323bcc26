/* tensor.matmul: c = a b, for one matrix or many.
 *
 *   a [... M K], b [... K N] -> c [... M N]     a [... K M] with ta, b [... N K] with tb
 *
 * c_ij = sum_k a_ik b_kj as one chain of fma in ascending k (td_product.h). Leading axes of a and b are the
 * same, or one of the two has none and is used for all. */
#include "tandem.h"

#include "matmul.h"

#include <math.h>

/* -- ref --------------------------------------------------------------------- */

static bool ref(const td_call *c, td_err *e)
{
	(void)e;
	td_sizes s = matmul_sizes_of(c);
	for (int64_t i = 0; i < s.batch * s.m * s.n; i++) {
		int64_t batch = i / (s.m * s.n), row = i / s.n % s.m, column = i % s.n;
		const double *a = (const double *)c->in[0].data + batch * s.a_batch + row * s.a_row;
		const double *b =
			(const double *)c->in[1].data + batch * s.b_batch + column * s.b_col;
		double sum = 0, mag = 0;
		for (int64_t k = 0; k < s.k; k++) {
			sum += a[k * s.a_col] * b[k * s.b_row];
			mag += fabs(a[k * s.a_col] * b[k * s.b_row]);
		}
		((double *)c->out[0].data)[i] = sum;
		if (c->mag[0])
			c->mag[0][i] = mag;
	}
	return true;
}

/* -- native and cl ------------------------------------------------------------ */

static bool native(const td_call *c, td_err *e)
{
	(void)e;
	td_blocks j = td_blocks_of(matmul_sizes_of(c), &c->in[0], &c->in[1], &c->out[0]);
	td_blocks_run(c, &j);
	return true;
}

static bool cl(const td_call *c, td_err *e)
{
	td_blocks j = td_blocks_of(matmul_sizes_of(c), &c->in[0], &c->in[1], &c->out[0]);
	return td_blocks_launch(c, &j, "tensor_matmul", NULL, 0, e);
}

static td_cost cost(const td_call *c)
{
	td_sizes s = matmul_sizes_of(c);
	return (td_cost){.flops = 2 * (double)s.batch * (double)s.m * (double)s.n * (double)s.k,
	                 .bytes = td_bytes(&c->in[0]) + td_bytes(&c->in[1]) + td_bytes(&c->out[0])};
}

/* -- the node -------------------------------------------------------------------- */

/* Leading axes: those of the input that has some; where both have, the same. */
static bool lead_of(const td_infer *s, td_err *e)
{
	const td_shape *a = &s->in[0], *b = &s->in[1], *longer = a->rank >= b->rank ? a : b;
	if (a->rank < 2 || b->rank < 2)
		return td_fail(e, TD_E_USAGE,
		               "a product needs matrices: \"a\" has %d axes, \"b\" has %d", a->rank,
		               b->rank);
	if (a->rank > 2 && b->rank > 2 && a->rank != b->rank)
		return td_fail(e, TD_E_USAGE, "\"a\" has %d leading axes, \"b\" has %d",
		               a->rank - 2, b->rank - 2);
	s->out[0].rank = longer->rank;
	for (int i = 0; i < longer->rank - 2; i++) {
		if (a->rank == b->rank && a->dim[i] != b->dim[i])
			return td_fail(e, TD_E_USAGE,
			               "axis %d of \"a\" and of \"b\" are not known to be equal",
			               i);
		s->out[0].dim[i] = longer->dim[i];
	}
	return true;
}

static bool shape(const td_infer *s, td_err *e)
{
	const matmul_params *p = s->params;
	const td_shape *a = &s->in[0], *b = &s->in[1];
	td_shape *c = &s->out[0];
	if (!lead_of(s, e))
		return false;
	td_dim inner = a->dim[a->rank - (p->ta ? 2 : 1)];
	if (inner != b->dim[b->rank - (p->tb ? 1 : 2)])
		return td_fail(e, TD_E_USAGE,
		               "the %s of \"a\" and the %s of \"b\" are not known to be equal",
		               p->ta ? "rows" : "columns", p->tb ? "columns" : "rows");
	c->dim[c->rank - 2] = a->dim[a->rank - (p->ta ? 1 : 2)];
	c->dim[c->rank - 1] = b->dim[b->rank - (p->tb ? 2 : 1)];
	return true;
}

/* clang-format off */
TD_DEFINE_NODE(td_tensor_matmul) = {
	.abi = TD_ABI,
	.version = 1,
	.name = "tensor.matmul",
	.doc = "The product of matrices, c = a b. Leading axes are the same, or one of the two has none and is used "
	       "for all. f16 and bf16 are storage: sums are of floats.",
	.in = (const td_port[]){{"a", TD_SET_FLOAT | TD_SET_HALF, "... P Q", "?a", "[... M K]; [... K M] with ta", .flags = TD_FREE},
	                        {"b", TD_SET_FLOAT | TD_SET_HALF, "... R S", "?b", "[... K N]; [... N K] with tb", .flags = TD_FREE}, {0}},
	.out = (const td_port[]){{"c", TD_SET_FLOAT | TD_SET_HALF, "...", "?a*?b", "[... M N]", {TD_SUM, 0, "Q+ta*(P-Q)"}}, {0}},
	.params = (const td_param[]){
		{"ta", NULL, "a is given transposed", TD_FLAG, offsetof(matmul_params, ta), 0},
		{"tb", NULL, "b is given transposed", TD_FLAG, offsetof(matmul_params, tb), 0}, {0}},
	.params_size = sizeof(matmul_params),
	.shape = shape,
	.cost = cost,
	.flags = TD_D3,
	.impls = (const td_impl[]){
		{"ref", TD_ON_HOST, ref},
		{"native", TD_ON_HOST, native},
		{"cl", TD_ON_OPENCL, cl, "tensor/matmul.cl", .needs_wide = TD_NEEDS_F64, .local_bytes = "16640", .group = 256},
		{"clblast", TD_ON_OPENCL, tensor_matmul_clblast, .needs = TD_NEEDS_LIBRARY, .needs_wide = TD_NEEDS_F64, .dtypes = TD_SET_FLOAT},
#ifdef TD_HAVE_OPENBLAS
		{"openblas", TD_ON_HOST, tensor_matmul_openblas, .needs = TD_NEEDS_LIBRARY, .dtypes = TD_SET_FLOAT},
#endif
		{0}},
};
/* clang-format on */
