/* tensor.keep, gather, scatter_add, iota: whole numbers that say which.
 *
 *   keep         mask [N] -> index [kept], kept [1]: where it is not 0, ascending
 *   gather       x [N ...], index [K] -> y [K ...]: rows of x
 *   scatter_add  x [K ...], index [K], like [N ...] -> y [N ...]: y[index[k]] += x[k] from 0, k ascending
 *   put          over [N ...], value [...], index [1] -> y [N ...]: row `index` becomes value, in place
 *   iota         -> y [n]: start, start + step, …
 *
 * A row that is not there counts in `outside`; gather gives zeros for it, scatter_add drops it.
 * put drops it, too. */
#include "tandem.h"

#include <string.h>

/* -- keep ------------------------------------------------------------------------- */

static bool keep_ref(const td_call *c, td_err *e)
{
	(void)e;
	int64_t kept = 0;
	for (int64_t i = 0; i < td_numel(&c->in[0]); i++)
		if (((const int64_t *)c->in[0].data)[i] != 0)
			((int64_t *)c->out[0].data)[kept++] = i;
	*(int64_t *)c->out[1].data = kept;
	return true;
}

static bool keep_native(const td_call *c, td_err *e)
{
	(void)e;
	int32_t kept = 0;
	for (int64_t i = 0; i < td_numel(&c->in[0]); i++)
		if (((const uint8_t *)c->in[0].data)[i] != 0)
			((int32_t *)c->out[0].data)[kept++] = (int32_t)i;
	*(int32_t *)c->out[1].data = kept;
	return true;
}

static bool keep_cl(const td_call *c, td_err *e)
{
	const td_arg args[] = {TD_T(&c->in[0]), TD_I(td_numel(&c->in[0])), TD_T(&c->out[0]),
	                       TD_T(&c->out[1])};
	return td_launch(c, "tensor_keep", (int64_t[3]){td_is_cpu(c) ? 1 : 256, 1, 1}, args,
	                 TD_COUNT(args), e);
}

/* -- gather ----------------------------------------------------------------------- */

static int64_t inner_of(const td_tensor *t)
{
	return td_span(t, 1, t->rank);
}

static bool gather_ref(const td_call *c, td_err *e)
{
	(void)e;
	const int64_t *index = c->in[1].data, n = c->in[0].dim[0], inner = inner_of(&c->in[0]);
	int64_t *y = c->out[0].data, outside = 0;
	for (int64_t k = 0; k < c->in[1].dim[0]; k++) {
		bool inside = index[k] >= 0 && index[k] < n;
		outside += !inside;
		for (int64_t i = 0; i < inner; i++) /* the bits of 0 are those of 0.0 */
			y[k * inner + i] =
				inside ? ((const int64_t *)c->in[0].data)[index[k] * inner + i] : 0;
	}
	*(int64_t *)c->out[1].data = outside;
	return true;
}

static void gather_rows(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	const int32_t *index = c->in[1].data;
	size_t row = (size_t)inner_of(&c->in[0]) * td_sizeof(c->in[0].dtype);
	for (int64_t k = lo; k < hi; k++) {
		char *y = (char *)c->out[0].data + (size_t)k * row;
		if (index[k] >= 0 && index[k] < c->in[0].dim[0])
			memcpy(y, (const char *)c->in[0].data + (size_t)index[k] * row, row);
		else
			memset(y, 0, row);
	}
}

static int32_t count_outside(const td_tensor *index, int64_t n)
{
	int32_t outside = 0;
	for (int64_t k = 0; k < index->dim[0]; k++) {
		int32_t i = ((const int32_t *)index->data)[k];
		outside += i < 0 || i >= n;
	}
	return outside;
}

static bool gather_native(const td_call *c, td_err *e)
{
	(void)e;
	td_parallel(c, c->in[1].dim[0], 1 + 16384 / (1 + inner_of(&c->in[0])), gather_rows, c);
	*(int32_t *)c->out[1].data = count_outside(&c->in[1], c->in[0].dim[0]);
	return true;
}

static bool clear_outside(const td_call *c, td_err *e)
{
	const td_arg args[] = {TD_T(&c->out[1])};
	return td_launch(c, "tensor_no_outside", (int64_t[3]){1, 1, 1}, args, 1, e);
}

static bool gather_cl(const td_call *c, td_err *e)
{
	int64_t k = c->in[1].dim[0], inner = inner_of(&c->in[0]);
	size_t size = td_sizeof(c->in[0].dtype);
	const char *kernel = size == 8   ? "tensor_gather_8"
	                     : size == 4 ? "tensor_gather_4"
	                     : size == 2 ? "tensor_gather_2"
	                                 : "tensor_gather_1";
	const td_arg args[] = {TD_T(&c->in[0]),  TD_T(&c->in[1]),       TD_T(&c->out[0]),
	                       TD_T(&c->out[1]), TD_L(c->in[0].dim[0]), TD_L(k),
	                       TD_L(inner)};
	return clear_outside(c, e) &&
	       td_launch(c, kernel, (int64_t[3]){k * (1 + (inner - 1) / 16), 1, 1}, args,
	                 TD_COUNT(args), e);
}

static bool gather_shape(const td_infer *s, td_err *e)
{
	if (s->in[0].rank < 1)
		return td_fail(e, TD_E_USAGE, "\"x\" has no rows: it is a single number");
	s->out[0].rank = s->in[0].rank;
	memcpy(s->out[0].dim, s->in[0].dim, sizeof s->in[0].dim);
	s->out[0].dim[0] = s->in[1].dim[0];
	s->out[1].rank = 1;
	s->out[1].dim[0] = td_dim_int(s->dims, 1);
	return true;
}

/* -- scatter_add -------------------------------------------------------------------- */

enum { LIKE = 2 };

static bool scatter_ref(const td_call *c, td_err *e)
{
	(void)e;
	const int64_t *index = c->in[1].data, n = c->out[0].dim[0], inner = inner_of(&c->out[0]);
	bool real = c->in[0].dtype == TD_F64;
	int64_t outside = 0;
	memset(c->out[0].data, 0, (size_t)td_numel(&c->out[0]) * 8);
	for (int64_t i = 0; c->mag[0] && i < td_numel(&c->out[0]); i++)
		c->mag[0][i] = 0;
	for (int64_t k = 0; k < c->in[1].dim[0]; k++) {
		bool inside = index[k] >= 0 && index[k] < n;
		outside += !inside;
		for (int64_t i = 0; i < inner && inside; i++) {
			int64_t to = index[k] * inner + i, from = k * inner + i;
			double x = real ? ((const double *)c->in[0].data)[from] : 0;
			if (real)
				((double *)c->out[0].data)[to] += x;
			else
				((int64_t *)c->out[0].data)[to] +=
					((const int64_t *)c->in[0].data)[from];
			if (c->mag[0])
				c->mag[0][to] += x < 0 ? -x : x;
		}
	}
	*(int64_t *)c->out[1].data = outside;
	return true;
}

/* Columns lo … hi of all rows: each thread adds where no other does. */
#define SCATTER(D, T, U)                                                                       \
	static void scatter_##D(const void *arg, int64_t lo, int64_t hi)                       \
	{                                                                                      \
		const td_call *c = arg;                                                        \
		const int32_t *index = c->in[1].data;                                          \
		const T *x = c->in[0].data;                                                    \
		T *y = c->out[0].data;                                                         \
		int64_t n = c->out[0].dim[0], inner = inner_of(&c->out[0]);                    \
		for (int64_t r = 0; r < n; r++)                                                \
			memset(y + r * inner + lo, 0, (size_t)(hi - lo) * sizeof *y);          \
		for (int64_t k = 0; k < c->in[1].dim[0]; k++)                                  \
			for (int64_t i = lo; i < hi && index[k] >= 0 && index[k] < n; i++)     \
				y[index[k] * inner + i] =                                      \
					(T)((U)y[index[k] * inner + i] + (U)x[k * inner + i]); \
	}
SCATTER(f32, float, float)
SCATTER(f64, double, double)
SCATTER(i32, int32_t, uint32_t)
SCATTER(i64, int64_t, uint64_t)

static bool scatter_native(const td_call *c, td_err *e)
{
	(void)e;
	static void (*const work[])(const void *, int64_t, int64_t) = {[TD_F32] = scatter_f32,
	                                                               [TD_F64] = scatter_f64,
	                                                               [TD_I32] = scatter_i32,
	                                                               [TD_I64] = scatter_i64};
	td_parallel(c, inner_of(&c->out[0]), 64, work[c->in[0].dtype], c);
	*(int32_t *)c->out[1].data = count_outside(&c->in[1], c->out[0].dim[0]);
	return true;
}

static bool scatter_cl(const td_call *c, td_err *e)
{
	static const char *const kernels[] = {[TD_F32] = "tensor_scatter_add_float",
	                                      [TD_F64] = "tensor_scatter_add_double",
	                                      [TD_I32] = "tensor_scatter_add_int",
	                                      [TD_I64] = "tensor_scatter_add_long"};
	int64_t inner = inner_of(&c->out[0]), each = td_is_cpu(c) ? 64 : 1;
	const td_arg args[] = {
		TD_T(&c->in[0]),        TD_T(&c->in[1]),       TD_T(&c->out[0]), TD_T(&c->out[1]),
		TD_L(c->out[0].dim[0]), TD_L(c->in[1].dim[0]), TD_L(inner),      TD_L(each)};
	return clear_outside(c, e) &&
	       td_launch(c, kernels[c->in[0].dtype], (int64_t[3]){1 + (inner - 1) / each, 1, 1},
	                 args, TD_COUNT(args), e);
}

static bool scatter_shape(const td_infer *s, td_err *e)
{
	const td_shape *x = &s->in[0], *like = &s->in[LIKE];
	if (x->rank < 1 || like->rank != x->rank)
		return td_fail(e, TD_E_USAGE,
		               "\"x\" has %d axes, \"like\" has %d; both need the same, 1 at least",
		               x->rank, like->rank);
	if (x->dim[0] != s->in[1].dim[0])
		return td_fail(e, TD_E_USAGE,
		               "\"x\" is not known to have as many rows as \"index\" has elements");
	for (int i = 1; i < x->rank; i++)
		if (x->dim[i] != like->dim[i])
			return td_fail(e, TD_E_USAGE,
			               "axis %d of \"x\" and of \"like\" are not known to be equal",
			               i);
	s->out[0].rank = like->rank;
	memcpy(s->out[0].dim, like->dim, sizeof like->dim);
	s->out[1].rank = 1;
	s->out[1].dim[0] = td_dim_int(s->dims, 1);
	return true;
}

/* -- put ------------------------------------------------------------------------------ */

/* y lies in the buffer of `over` already: only the row is written. */
static bool put_native(const td_call *c, td_err *e)
{
	(void)e;
	int64_t row = *(const int64_t *)c->in[2].data;
	size_t bytes = (size_t)td_numel(&c->in[1]) * td_sizeof(c->in[1].dtype);
	if (row >= 0 && row < c->out[0].dim[0])
		memcpy((char *)c->out[0].data + (size_t)row * bytes, c->in[1].data, bytes);
	return true;
}

static bool put_cl(const td_call *c, td_err *e)
{
	int64_t inner = td_numel(&c->in[1]);
	size_t size = td_sizeof(c->in[1].dtype);
	const td_arg args[] = {TD_T(&c->in[1]), TD_T(&c->in[2]), TD_T(&c->out[0]),
	                       TD_L(c->out[0].dim[0]), TD_L(inner)};
	return td_launch(c,
	                 size == 8   ? "tensor_put_8"
	                 : size == 4 ? "tensor_put_4"
	                 : size == 2 ? "tensor_put_2"
	                             : "tensor_put_1",
	                 (int64_t[3]){(inner + 15) / 16, 1, 1}, args, TD_COUNT(args), e);
}

static bool put_shape(const td_infer *s, td_err *e)
{
	const td_shape *over = &s->in[0], *value = &s->in[1];
	if (over->rank != value->rank + 1)
		return td_fail(e, TD_E_USAGE,
		               "\"over\" needs one axis more than \"value\", it has %d and %d",
		               over->rank, value->rank);
	for (int i = 0; i < value->rank; i++)
		if (over->dim[i + 1] != value->dim[i])
			return td_fail(
				e, TD_E_USAGE,
				"axis %d of \"value\" is not known to be that of a row of \"over\"",
				i);
	s->out[0].rank = over->rank;
	memcpy(s->out[0].dim, over->dim, sizeof over->dim);
	return true;
}

static td_cost put_cost(const td_call *c)
{
	return (td_cost){.bytes = 2 * td_bytes(&c->in[1])};
}

/* -- iota ----------------------------------------------------------------------------- */

static const char *const iota_dtypes[] = {"i32", "i64", NULL};

typedef struct {
	int64_t n, start, step;
	int32_t dtype;
} iota_params;

static bool iota_ref(const td_call *c, td_err *e)
{
	(void)e;
	const iota_params *p = c->params;
	for (int64_t i = 0; i < p->n; i++)
		((int64_t *)c->out[0].data)[i] = p->start + i * p->step;
	return true;
}

static bool iota_native(const td_call *c, td_err *e)
{
	const iota_params *p = c->params;
	if (c->out[0].dtype == TD_I64)
		return iota_ref(c, e);
	for (int64_t i = 0; i < p->n; i++)
		((int32_t *)c->out[0].data)[i] = (int32_t)(p->start + i * p->step);
	return true;
}

static bool iota_cl(const td_call *c, td_err *e)
{
	const iota_params *p = c->params;
	const td_arg args[] = {TD_T(&c->out[0]), TD_L(p->n), TD_L(p->start), TD_L(p->step)};
	return td_launch(c, c->out[0].dtype == TD_I64 ? "tensor_iota_long" : "tensor_iota_int",
	                 (int64_t[3]){(p->n + 15) / 16, 1, 1}, args, TD_COUNT(args), e);
}

static bool iota_valid(const void *params, td_err *e)
{
	const iota_params *p = params;
	int64_t last = p->start + (p->n - 1) * p->step;
	return p->dtype || (last <= INT32_MAX && last >= INT32_MIN) ||
	       td_fail(e, TD_E_USAGE, "the last number, %lld, is no i32", (long long)last);
}

static td_cost cost(const td_call *c)
{
	return (td_cost){.bytes = 2 * td_bytes(&c->out[0])};
}

/* -- nodes ------------------------------------------------------------------------------- */

/* clang-format off */
#define IMPLS(op) \
	(const td_impl[]){{"ref", TD_ON_HOST, op##_ref}, {"native", TD_ON_HOST, op##_native}, \
	                  {"cl", TD_ON_OPENCL, op##_cl, "tensor/index.cl", .needs_wide = TD_NEEDS_F64}, {0}}
#define OUTSIDE {"outside", TD_SET_I32, "1", NULL, "how many rows were not there", {TD_EXACT}}

enum { NUMBERS = TD_SET_FLOAT | TD_SET_I32 | TD_SET_I64 };

TD_DEFINE_NODE(td_tensor_keep) = {
	.abi = TD_ABI, .version = 1, .name = "tensor.keep",
	.doc = "Where a mask is not 0, ascending: for tensor.gather.",
	.in = (const td_port[]){{"mask", TD_SET_U8, "N", NULL, "0: leave out"}, {0}},
	.out = (const td_port[]){{"index", TD_SET_I32, "kept<=N", NULL, "places", {TD_EXACT}},
	                         {"kept", TD_SET_I32, "1", NULL, "how many", {TD_EXACT}}, {0}},
	.cost = cost, .flags = TD_D3, .impls = IMPLS(keep),
};

TD_DEFINE_NODE(td_tensor_gather) = {
	.abi = TD_ABI, .version = 1, .name = "tensor.gather",
	.doc = "Rows of x in the order of `index`. A row that is not there is zeros, and counts in `outside`.",
	.in = (const td_port[]){{"x", TD_SET_ANY, "...", "?a", "rows along the first axis", .flags = TD_FREE},
	                        {"index", TD_SET_I32, "K", NULL, "which rows, from 0"}, {0}},
	.out = (const td_port[]){{"y", TD_SET_ANY, "...", "?a", "the rows", {TD_EXACT}, .lo = __builtin_nan(""), .hi = __builtin_nan("")},
	                         OUTSIDE, {0}},
	.shape = gather_shape, .cost = cost, .flags = TD_D3, .impls = IMPLS(gather),
};

TD_DEFINE_NODE(td_tensor_scatter_add) = {
	.abi = TD_ABI, .version = 1, .name = "tensor.scatter_add",
	.doc = "Rows of x added up in the rows that `index` names, one after the other. A row that is not there is "
	       "dropped, and counts in `outside`.",
	.in = (const td_port[]){{"x", NUMBERS, "...", "?a", "rows along the first axis", .flags = TD_FREE},
	                        {"index", TD_SET_I32, "K", NULL, "where each goes, from 0"},
	                        {"like", NUMBERS, "...", NULL, "only its shape counts: that of the result", .flags = TD_FREE}, {0}},
	.out = (const td_port[]){{"y", NUMBERS, "...", "?a", "the sums", {TD_SUM, 0, "K"}}, OUTSIDE, {0}},
	.shape = scatter_shape, .cost = cost, .flags = TD_D3, .impls = IMPLS(scatter),
};

TD_DEFINE_NODE(td_tensor_put) = {
	.abi = TD_ABI, .version = 1, .name = "tensor.put",
	.doc = "One row of `over` becomes `value`, in place: how t.loop records a series. A row that is not there is dropped.",
	.in = (const td_port[]){{"over", TD_SET_ANY, "...", "?a", "rows along the first axis", .flags = TD_FREE},
	                        {"value", TD_SET_ANY, "...", "?a", "the new row", .flags = TD_FREE},
	                        {"index", TD_SET_I64, "1", NULL, "which row, from 0"}, {0}},
	.out = (const td_port[]){{"y", TD_SET_ANY, "...", "?a", "the rows", {TD_EXACT}, .over = "over"}, {0}},
	.shape = put_shape, .cost = put_cost, .flags = TD_D3,
	.impls = (const td_impl[]){{"ref", TD_ON_HOST, put_native}, {"native", TD_ON_HOST, put_native},
	                           {"cl", TD_ON_OPENCL, put_cl, "tensor/index.cl"}, {0}},
};

TD_DEFINE_NODE(td_tensor_iota) = {
	.abi = TD_ABI, .version = 1, .name = "tensor.iota",
	.doc = "start, start + step, start + 2 step, …",
	.out = (const td_port[]){{"y", TD_SET_I32 | TD_SET_I64, "n", NULL, "the numbers", {TD_EXACT}}, {0}},
	.params = (const td_param[]){
		{"n", NULL, "how many", TD_INT, offsetof(iota_params, n), TD_REQUIRED, 1, 1 << 30},
		{"start", NULL, "the first", TD_INT, offsetof(iota_params, start), 0, -(1 << 30), 1 << 30},
		{"step", NULL, "from one to the next", TD_INT, offsetof(iota_params, step), 1, -(1 << 30), 1 << 30},
		{"dtype", NULL, "of the result", TD_CHOICE, offsetof(iota_params, dtype), 0, 0, 0, iota_dtypes}, {0}},
	.params_size = sizeof(iota_params), .validate = iota_valid, .cost = cost, .flags = TD_D3, .impls = IMPLS(iota),
};
/* clang-format on */
