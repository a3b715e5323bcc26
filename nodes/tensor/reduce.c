/* tensor.sum, mean, max, min, argmax, argmin, count, some, all: one axis made one number.
 *
 *   x [A n B] -> y [A B], or [A 1 B] with keep
 *
 * Sums go in the 16 lanes of td_reduce.h along the axis, wherever it stands; those of whole numbers wrap
 * around. max, min: NaN where there is one; of equal ones argmax and argmin take the first, and the
 * first NaN before all. Of nothing: sum 0, mean NaN, max -Inf, min Inf (of whole numbers 0),
 * argmax and argmin -1, count 0, some 0, all 1. */
#include "tandem.h"

#include "move.h"
#include "td_reduce.h"

#include <math.h>

typedef struct {
	int64_t axis;
	bool keep;
} reduce_params;

/* x as [outer, n, inner]. */
typedef struct {
	int64_t outer, n, inner;
} view;

static view view_of(const td_call *c)
{
	const td_tensor *x = &c->in[0];
	int axis;
	(void)axis_of(((const reduce_params *)c->params)->axis, x->rank,
	              &axis); /* checked by shape() */
	return (view){td_span(x, 0, axis), x->dim[axis], td_span(x, axis + 1, x->rank)};
}

/* Calls one() for each result: its number, the first of its elements, how many, how far apart. */
static bool ref_each(const td_call *c, void (*one)(const td_call *c, int64_t i, int64_t first,
                                                   int64_t n, int64_t step))
{
	view v = view_of(c);
	for (int64_t i = 0; i < v.outer * v.inner; i++)
		one(c, i, i / v.inner * v.n * v.inner + i % v.inner, v.n, v.inner);
	return true;
}

typedef void columns(const td_call *c, view v, int64_t lo, int64_t hi);
typedef struct {
	const td_call *c;
	view v;
	columns *work;
} job;

static void run_job(const void *arg, int64_t lo, int64_t hi)
{
	const job *j = arg;
	j->work(j->c, j->v, lo, hi);
}

/* Results lo … hi of each thread. */
static bool on_threads(const td_call *c, columns *work)
{
	job j = {c, view_of(c), work};
	td_parallel(c, j.v.outer * j.v.inner, j.v.n < 8192 ? 8192 / (j.v.n + 1) + 1 : 1, run_job,
	            &j);
	return true;
}

/* Launches a kernel whose arguments are x, y, outer, n, inner and one more; each: columns of an item. */
static bool launch(const td_call *c, const char *kernel, int64_t each, const td_arg *last,
                   int n_last, td_err *e)
{
	view v = view_of(c);
	td_arg args[8] = {TD_T(&c->in[0]), TD_T(&c->out[0]), TD_L(v.outer), TD_L(v.n),
	                  TD_L(v.inner)};
	for (int i = 0; i < n_last; i++)
		args[5 + i] = last[i];
	int64_t items = v.outer * ((v.inner + each - 1) / each);
	return td_launch(c, kernel, (int64_t[3]){items, 1, 1}, args, 5 + (size_t)n_last, e);
}

/* -- sum, mean ----------------------------------------------------------------------- */

static void ref_sum_one(const td_call *c, int64_t i, int64_t first, int64_t n, int64_t step)
{
	double sum = 0, mag = 0;
	uint64_t whole = 0;
	for (int64_t k = 0; k < n; k++) {
		if (c->in[0].dtype == TD_F64) {
			double x = ((const double *)c->in[0].data)[first + k * step];
			sum += x;
			mag += fabs(x);
		} else {
			whole += (uint64_t)((const int64_t *)c->in[0].data)[first + k * step];
		}
	}
	if (c->in[0].dtype == TD_F64)
		((double *)c->out[0].data)[i] = sum;
	else
		((int64_t *)c->out[0].data)[i] = (int64_t)whole;
	if (c->mag[0])
		c->mag[0][i] = mag;
}

static bool sum_ref(const td_call *c, td_err *e)
{
	(void)e;
	return ref_each(c, ref_sum_one);
}

static bool mean_ref(const td_call *c, td_err *e)
{
	double n = (double)view_of(c).n;
	if (!sum_ref(c, e))
		return false;
	for (int64_t i = 0; i < td_numel(&c->out[0]); i++) {
		((double *)c->out[0].data)[i] /= n;
		if (c->mag[0])
			c->mag[0][i] /= n;
	}
	return true;
}

/* 16 neighbouring columns, or as many as there are. */
#define SUM(D, T, U, ROW, FOLD)                                                                  \
	static void sum_block_##D(const T *x, view v, int64_t left, T *y)                        \
	{                                                                                        \
		U lane[16][16] = {{0}};                                                          \
		for (int64_t i = 0; i < v.n; i++)                                                \
			for (int k = 0; k < left; k++)                                           \
				lane[i % 16][k] += (U)x[i * v.inner + k];                        \
		for (int k = 0; k < left; k++) {                                                 \
			U column[16];                                                            \
			for (int l = 0; l < 16; l++)                                             \
				column[l] = lane[l][k];                                          \
			y[k] = (T)FOLD(column);                                                  \
		}                                                                                \
	}                                                                                        \
	static void sum_##D(const td_call *c, view v, int64_t lo, int64_t hi)                    \
	{                                                                                        \
		const T *x = c->in[0].data;                                                      \
		T *y = c->out[0].data;                                                           \
		for (int64_t i = lo, left; i < hi; i += left) {                                  \
			int64_t row = i / v.inner, column = i % v.inner;                         \
			left = v.inner - column < hi - i ? v.inner - column : hi - i;            \
			left = left < 16 ? left : 16;                                            \
			if (v.inner == 1)                                                        \
				y[i] = (T)ROW(x + row * v.n, v.n);                               \
			else                                                                     \
				sum_block_##D(x + row * v.n * v.inner + column, v, left, y + i); \
		}                                                                                \
	}

#define FOLD_WHOLE(D, T, U)                     \
	static U fold_##D(const U *lane)        \
	{                                       \
		U sum = 0;                      \
		for (int l = 0; l < 16; l++)    \
			sum += lane[l];         \
		return sum;                     \
	}                                       \
	static U row_##D(const T *x, int64_t n) \
	{                                       \
		U sum = 0;                      \
		for (int64_t i = 0; i < n; i++) \
			sum += (U)x[i];         \
		return sum;                     \
	}

FOLD_WHOLE(i32, int32_t, uint32_t)
FOLD_WHOLE(i64, int64_t, uint64_t)
SUM(f32, float, float, td_sum, td_fold_sum)
SUM(f64, double, double, td_sum_f64, td_fold_sum_f64)
SUM(i32, int32_t, uint32_t, row_i32, fold_i32)
SUM(i64, int64_t, uint64_t, row_i64, fold_i64)

static columns *const sums[] = {
	[TD_F32] = sum_f32, [TD_F64] = sum_f64, [TD_I32] = sum_i32, [TD_I64] = sum_i64};

static bool sum_native(const td_call *c, td_err *e)
{
	(void)e;
	return on_threads(c, sums[c->in[0].dtype]);
}

static bool mean_native(const td_call *c, td_err *e)
{
	double n = (double)view_of(c).n;
	if (!sum_native(c, e))
		return false;
	for (int64_t i = 0; i < td_numel(&c->out[0]); i++)
		if (c->out[0].dtype == TD_F32)
			((float *)c->out[0].data)[i] /= (float)n;
		else
			((double *)c->out[0].data)[i] /= n;
	return true;
}

static bool sum_on_cl(const td_call *c, double divisor, td_err *e)
{
	static const char *const kernels[][2] = {
		[TD_F32] = {"tensor_sum_rows_float", "tensor_sum_columns_float"},
		[TD_F64] = {"tensor_sum_rows_double", "tensor_sum_columns_double"},
		[TD_I32] = {"tensor_sum_rows_int", "tensor_sum_columns_int"},
		[TD_I64] = {"tensor_sum_rows_long", "tensor_sum_columns_long"},
	};
	td_dtype d = c->in[0].dtype;
	bool many = view_of(c).inner > 1;
	const td_arg by = d == TD_F32   ? TD_F(divisor)
	                  : d == TD_F64 ? TD_D(divisor)
	                  : d == TD_I32 ? TD_I(divisor)
	                                : TD_L((int64_t)divisor);
	return launch(c, kernels[d][many], many ? 16 : 1, &by, 1, e);
}

static bool sum_cl(const td_call *c, td_err *e)
{
	return sum_on_cl(c, 1, e);
}

static bool mean_cl(const td_call *c, td_err *e)
{
	return sum_on_cl(c, (double)view_of(c).n, e);
}

/* -- max, min, argmax, argmin ---------------------------------------------------------- */

/* Where the best of n elements stands, -1 for n = 0; sign: 1 the largest, -1 the smallest. */
#define BEST(D, T, NAN_FIRST)                                                  \
	static int64_t best_##D(const T *x, int64_t n, int64_t step, int sign) \
	{                                                                      \
		int64_t best = n ? 0 : -1;                                     \
		for (int64_t i = 1; i < n; i++) {                              \
			T a = x[best * step], b = x[i * step];                 \
			if ((sign > 0 ? b > a : b < a) || (NAN_FIRST))         \
				best = i;                                      \
		}                                                              \
		return best;                                                   \
	}
BEST(f32, float, isnan(b) && !isnan(a))
BEST(f64, double, isnan(b) && !isnan(a))
BEST(i32, int32_t, false)
BEST(i64, int64_t, false)

/* What the largest (smallest) of nothing is. */
#define NOTHING(D, T, large)             \
	static T nothing_##D(int sign)   \
	{                                \
		return (T)-sign * large; \
	}
NOTHING(f32, float, HUGE_VALF)
NOTHING(f64, double, HUGE_VAL)
NOTHING(i32, int32_t, 0)
NOTHING(i64, int64_t, 0)

/* Values, then places, of results lo … hi. */
#define EXTREME(D, T, sign, word)                                                             \
	static void word##_##D(const td_call *c, view v, int64_t lo, int64_t hi)              \
	{                                                                                     \
		for (int64_t i = lo; i < hi; i++) {                                           \
			const T *x = (const T *)c->in[0].data + i / v.inner * v.n * v.inner + \
			             i % v.inner;                                             \
			int64_t best = best_##D(x, v.n, v.inner, sign);                       \
			((T *)c->out[0].data)[i] =                                            \
				best < 0 ? nothing_##D(sign) : x[best * v.inner];             \
		}                                                                             \
	}                                                                                     \
	static void arg##word##_##D(const td_call *c, view v, int64_t lo, int64_t hi)         \
	{                                                                                     \
		for (int64_t i = lo; i < hi; i++)                                             \
			((int32_t *)c->out[0].data)[i] = (int32_t)best_##D(                   \
				(const T *)c->in[0].data + i / v.inner * v.n * v.inner +      \
					i % v.inner,                                          \
				v.n, v.inner, sign);                                          \
	}
#define EXTREMES(D, T)        \
	EXTREME(D, T, 1, max) \
	EXTREME(D, T, -1, min)
EXTREMES(f32, float)
EXTREMES(f64, double)
EXTREMES(i32, int32_t)
EXTREMES(i64, int64_t)

#define TYPES(name)                                                                  \
	{                                                                            \
		[TD_F32] = name##_f32, [TD_F64] = name##_f64, [TD_I32] = name##_i32, \
		[TD_I64] = name##_i64                                                \
	}
static columns *const maxs[] = TYPES(max), *const mins[] = TYPES(min),
		      *const argmaxs[] = TYPES(argmax), *const argmins[] = TYPES(argmin);

/* The oracle has f64 and i64 only, and its places are i64. */
static bool extreme_ref(const td_call *c, int sign, bool place)
{
	view v = view_of(c);
	bool real = c->in[0].dtype == TD_F64;
	for (int64_t i = 0; i < v.outer * v.inner; i++) {
		int64_t first = i / v.inner * v.n * v.inner + i % v.inner;
		const double *x = (const double *)c->in[0].data + first;
		const int64_t *w = (const int64_t *)c->in[0].data + first;
		int64_t best =
			real ? best_f64(x, v.n, v.inner, sign) : best_i64(w, v.n, v.inner, sign);
		if (place)
			((int64_t *)c->out[0].data)[i] = best;
		else if (real)
			((double *)c->out[0].data)[i] =
				best < 0 ? nothing_f64(sign) : x[best * v.inner];
		else
			((int64_t *)c->out[0].data)[i] =
				best < 0 ? nothing_i64(sign) : w[best * v.inner];
	}
	return true;
}

static bool extreme_cl(const td_call *c, int sign, bool place, td_err *e)
{
	static const char *const kernels[][2] = {
		[TD_F32] = {"tensor_extreme_float", "tensor_where_float"},
		[TD_F64] = {"tensor_extreme_double", "tensor_where_double"},
		[TD_I32] = {"tensor_extreme_int", "tensor_where_int"},
		[TD_I64] = {"tensor_extreme_long", "tensor_where_long"},
	};
	td_dtype d = c->in[0].dtype;
	const td_arg last[] = {TD_I(sign), d == TD_F32   ? TD_F(nothing_f32(sign))
	                                   : d == TD_F64 ? TD_D(nothing_f64(sign))
	                                   : d == TD_I32 ? TD_I(nothing_i32(sign))
	                                                 : TD_L(nothing_i64(sign))};
	return launch(c, kernels[d][place], 1, last, place ? 1 : 2, e);
}

#define EXTREME_IMPLS(op, table, sign, place)                \
	static bool op##_ref(const td_call *c, td_err *e)    \
	{                                                    \
		(void)e;                                     \
		return extreme_ref(c, sign, place);          \
	}                                                    \
	static bool op##_native(const td_call *c, td_err *e) \
	{                                                    \
		(void)e;                                     \
		return on_threads(c, table[c->in[0].dtype]); \
	}                                                    \
	static bool op##_cl(const td_call *c, td_err *e)     \
	{                                                    \
		return extreme_cl(c, sign, place, e);        \
	}
EXTREME_IMPLS(max, maxs, 1, false)
EXTREME_IMPLS(min, mins, -1, false)
EXTREME_IMPLS(argmax, argmaxs, 1, true)
EXTREME_IMPLS(argmin, argmins, -1, true)

/* -- count, some, all -------------------------------------------------------------------- */

static int64_t truths(const uint8_t *x, int64_t n, int64_t step)
{
	int64_t count = 0;
	for (int64_t i = 0; i < n; i++)
		count += x[i * step] != 0;
	return count;
}

static void count_some(const td_call *c, view v, int64_t lo, int64_t hi)
{
	for (int64_t i = lo; i < hi; i++) {
		const uint8_t *x =
			(const uint8_t *)c->in[0].data + i / v.inner * v.n * v.inner + i % v.inner;
		((int32_t *)c->out[0].data)[i] = (int32_t)truths(x, v.n, v.inner);
	}
}

#define TRUTH(name, enough)                                                                   \
	static void name(const td_call *c, view v, int64_t lo, int64_t hi)                    \
	{                                                                                     \
		for (int64_t i = lo; i < hi; i++) {                                           \
			const uint8_t *x = (const uint8_t *)c->in[0].data +                   \
			                   i / v.inner * v.n * v.inner + i % v.inner;         \
			((uint8_t *)c->out[0].data)[i] = truths(x, v.n, v.inner) >= (enough); \
		}                                                                             \
	}
TRUTH(some_of, 1)
TRUTH(all_of, v.n)

/* The oracle: 0 the count, else whether it reaches `enough`. */
static bool truth_ref(const td_call *c, int64_t enough)
{
	view v = view_of(c);
	for (int64_t i = 0; i < v.outer * v.inner; i++) {
		int64_t count = 0;
		for (int64_t k = 0; k < v.n; k++)
			count += ((const int64_t *)c->in[0]
			                  .data)[(i / v.inner * v.n + k) * v.inner + i % v.inner] !=
			         0;
		((int64_t *)c->out[0].data)[i] = enough < 0 ? count : count >= enough;
	}
	return true;
}

#define TRUTH_IMPLS(op, work, enough)                                                      \
	static bool op##_ref(const td_call *c, td_err *e)                                  \
	{                                                                                  \
		(void)e;                                                                   \
		return truth_ref(c, enough);                                               \
	}                                                                                  \
	static bool op##_native(const td_call *c, td_err *e)                               \
	{                                                                                  \
		(void)e;                                                                   \
		return on_threads(c, work);                                                \
	}                                                                                  \
	static bool op##_cl(const td_call *c, td_err *e)                                   \
	{                                                                                  \
		const td_arg last = TD_L(enough);                                          \
		return launch(c, (enough) < 0 ? "tensor_count" : "tensor_truth", 1, &last, \
		              (enough) < 0 ? 0 : 1, e);                                    \
	}
TRUTH_IMPLS(count, count_some, -1)
TRUTH_IMPLS(some, some_of, 1)
TRUTH_IMPLS(all, all_of, view_of(c).n)

/* -- nodes ----------------------------------------------------------------------------------- */

static bool shape(const td_infer *s, td_err *e)
{
	const reduce_params *p = s->params;
	int axis;
	if (!axis_of(p->axis, s->in[0].rank, &axis))
		return no_axis(p->axis, s->in[0].rank, e);
	s->out[0].rank = 0;
	for (int i = 0; i < s->in[0].rank; i++)
		if (i != axis || p->keep)
			s->out[0].dim[s->out[0].rank++] =
				i == axis ? td_dim_int(s->dims, 1) : s->in[0].dim[i];
	return true;
}

static td_cost cost(const td_call *c)
{
	return (td_cost){.flops = td_elements(&c->in[0]),
	                 .bytes = td_bytes(&c->in[0]) + td_bytes(&c->out[0])};
}

/* clang-format off */
static const td_param params[] = {
	{"axis", NULL, "which axis; -1 is the last", TD_INT, offsetof(reduce_params, axis), -1, -8, 7},
	{"keep", NULL, "leaves an axis of 1 in its place", TD_FLAG, offsetof(reduce_params, keep), 0},
	{0},
};

#define NODE(op, x_types, y_types, unit_y, kind, ulp, range_lo, range_hi, text)                   \
	TD_DEFINE_NODE(td_tensor_##op) = {                                                        \
		.abi = TD_ABI, .version = 1, .name = "tensor." #op, .doc = text,                  \
		.in = (const td_port[]){{"x", x_types, "...", "?a", "elements"}, {0}},            \
		.out = (const td_port[]){{"y", y_types, "...", unit_y, "the results", {kind, ulp, NULL}, .lo = range_lo, .hi = range_hi}, {0}}, \
		.params = params, .params_size = sizeof(reduce_params), .shape = shape, .cost = cost, .flags = TD_D3, \
		.impls = (const td_impl[]){{"ref", TD_ON_HOST, op##_ref}, {"native", TD_ON_HOST, op##_native}, \
		                           {"cl", TD_ON_OPENCL, op##_cl, "tensor/reduce.cl", .needs_wide = TD_NEEDS_F64}, {0}}, \
	};

enum { NUMBERS = TD_SET_FLOAT | TD_SET_I32 | TD_SET_I64 };
#define KEPT __builtin_nan("")

NODE(sum, NUMBERS, NUMBERS, "?a", TD_SUM, 0, 0, 0, "Sum over an axis; whole numbers wrap around.")
NODE(mean, TD_SET_FLOAT, TD_SET_FLOAT, "?a", TD_SUM, 2.5, KEPT, KEPT, "Mean over an axis; NaN for no elements.")
NODE(max, NUMBERS, NUMBERS, "?a", TD_EXACT, 0, KEPT, KEPT, "The largest along an axis, NaN where there is one; -Inf for none.")
NODE(min, NUMBERS, NUMBERS, "?a", TD_EXACT, 0, KEPT, KEPT, "The smallest along an axis, NaN where there is one; Inf for none.")
NODE(argmax, NUMBERS, TD_SET_I32, NULL, TD_EXACT, 0, -1, 2147483647, "Where the largest stands, the first of equal ones; NaN before all; -1 for none.")
NODE(argmin, NUMBERS, TD_SET_I32, NULL, TD_EXACT, 0, -1, 2147483647, "Where the smallest stands, the first of equal ones; NaN before all; -1 for none.")
NODE(count, TD_SET_U8, TD_SET_I32, NULL, TD_EXACT, 0, 0, 2147483647, "How many along an axis are not 0.")
NODE(some, TD_SET_U8, TD_SET_U8, NULL, TD_EXACT, 0, 0, 1, "1 where one along an axis is not 0, else 0.")
NODE(all, TD_SET_U8, TD_SET_U8, NULL, TD_EXACT, 0, 0, 1, "1 where none along an axis is 0, else 0.")
/* clang-format on */
