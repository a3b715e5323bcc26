/* tensor.add, sub, mul, div, minimum, maximum, pow; less …, equal …; both, either: two tensors, element
 * by element.
 *
 *   a [...], b [...] -> y [...]   axes matched from the last one on; a missing one or one of 1 is repeated
 *
 * Arithmetic of i32 and i64 wraps around. minimum and maximum let NaN through; of zeros of both signs
 * they take the first. Comparisons with NaN are false, not_equal true. */
#include "tandem.h"

#include "binary.h"
#include "td_math.h"
#include "walk.h"

#include <math.h>

typedef void piece(const td_call *c, const tensor_walk *w, const int64_t at[WALK_OPERANDS],
                   int64_t n);

/* -- ref --------------------------------------------------------------------- */

static double ref_real(int op, double a, double b)
{
	switch (op) {
	case TENSOR_ADD:
		return a + b;
	case TENSOR_SUB:
		return a - b;
	case TENSOR_MUL:
		return a * b;
	case TENSOR_MINIMUM:
		return b < a || isnan(b) ? b : a;
	case TENSOR_MAXIMUM:
		return a < b || isnan(b) ? b : a;
	case TENSOR_DIV:
		return a / b;
	case TENSOR_POW:
	default:
		return pow(a, b);
	}
}

static int64_t ref_whole(int op, int64_t a, int64_t b)
{
	switch (op) {
	case TENSOR_ADD:
		return (int64_t)((uint64_t)a + (uint64_t)b);
	case TENSOR_SUB:
		return (int64_t)((uint64_t)a - (uint64_t)b);
	case TENSOR_MUL:
		return (int64_t)((uint64_t)a * (uint64_t)b);
	case TENSOR_MINIMUM:
		return b < a ? b : a;
	case TENSOR_MAXIMUM:
	default:
		return a < b ? b : a;
	}
}

/* The outcome of a comparison from what a and b are: less, equal, greater. */
static int64_t ref_compare(int op, bool less, bool equal, bool greater)
{
	switch (op) {
	case TENSOR_LESS:
		return less;
	case TENSOR_LESS_EQUAL:
		return less || equal;
	case TENSOR_GREATER:
		return greater;
	case TENSOR_GREATER_EQUAL:
		return greater || equal;
	case TENSOR_EQUAL:
		return equal;
	case TENSOR_NOT_EQUAL:
	default:
		return !equal;
	}
}

static int64_t ref_logic(int op, bool a, bool b)
{
	return op == TENSOR_AND ? a && b : op == TENSOR_OR ? a || b : a != b;
}

/* Calls one(c, op, i, j, k) for each result i and the elements j and k that it is made from. */
static bool ref_each(const td_call *c, int op,
                     void (*one)(const td_call *c, int op, int64_t i, int64_t j, int64_t k))
{
	tensor_walk w = walk_broadcast(&c->out[0], c->in, 2);
	for (int64_t i = 0; i < walk_count(&w, w.rank); i++) {
		int64_t at[WALK_OPERANDS];
		walk_at(&w, w.rank, i, at);
		one(c, op, at[0], at[1], at[2]);
	}
	return true;
}

static void ref_arith(const td_call *c, int op, int64_t i, int64_t j, int64_t k)
{
	if (c->in[0].dtype == TD_F64)
		((double *)c->out[0].data)[i] = ref_real(op, ((const double *)c->in[0].data)[j],
		                                         ((const double *)c->in[1].data)[k]);
	else
		((int64_t *)c->out[0].data)[i] = ref_whole(op, ((const int64_t *)c->in[0].data)[j],
		                                           ((const int64_t *)c->in[1].data)[k]);
}

static void ref_truth(const td_call *c, int op, int64_t i, int64_t j, int64_t k)
{
	int64_t *y = (int64_t *)c->out[0].data + i;
	if (c->in[0].dtype == TD_F64) {
		double a = ((const double *)c->in[0].data)[j],
		       b = ((const double *)c->in[1].data)[k];
		*y = ref_compare(op, a < b, a <= b && a >= b, a > b);
	} else {
		int64_t a = ((const int64_t *)c->in[0].data)[j],
			b = ((const int64_t *)c->in[1].data)[k];
		*y = ref_compare(op, a<b, a == b, a> b);
	}
}

static void ref_both(const td_call *c, int op, int64_t i, int64_t j, int64_t k)
{
	((int64_t *)c->out[0].data)[i] = ref_logic(op, ((const int64_t *)c->in[0].data)[j] != 0,
	                                           ((const int64_t *)c->in[1].data)[k] != 0);
}

/* -- native ------------------------------------------------------------------ */

/* A piece of one operation on one type; EXPR is made of `a` and `b`. */
#define PIECE(name, T, R, EXPR)                                                                   \
	static void name(const td_call *c, const tensor_walk *w, const int64_t at[WALK_OPERANDS], \
	                 int64_t n)                                                               \
	{                                                                                         \
		R *restrict y = (R *)c->out[0].data + at[0];                                      \
		const T *p = (const T *)c->in[0].data + at[1],                                    \
			*q = (const T *)c->in[1].data + at[2];                                    \
		int64_t s = w->step[1][w->rank - 1], t = w->step[2][w->rank - 1];                 \
		if (s == 1 && t == 1) {                                                           \
			for (int64_t i = 0; i < n; i++) {                                         \
				const T a = p[i], b = q[i];                                       \
				y[i] = (R)(EXPR);                                                 \
			}                                                                         \
		} else if (s == 1 && t == 0) {                                                    \
			for (int64_t i = 0; i < n; i++) {                                         \
				const T a = p[i], b = *q;                                         \
				y[i] = (R)(EXPR);                                                 \
			}                                                                         \
		} else {                                                                          \
			for (int64_t i = 0; i < n; i++) {                                         \
				const T a = p[i * s], b = q[i * t];                               \
				y[i] = (R)(EXPR);                                                 \
			}                                                                         \
		}                                                                                 \
	}

#define ARITH(T, S, U)                    \
	PIECE(add_##S, T, T, (U)a + (U)b) \
	PIECE(sub_##S, T, T, (U)a - (U)b) \
	PIECE(mul_##S, T, T, (U)a *(U)b)

#define COMPARE(T, S)                                     \
	PIECE(less_##S, T, uint8_t, a < b)                \
	PIECE(less_equal_##S, T, uint8_t, a <= b)         \
	PIECE(greater_##S, T, uint8_t, a > b)             \
	PIECE(greater_equal_##S, T, uint8_t, a >= b)      \
	PIECE(equal_##S, T, uint8_t, (a <= b) & (a >= b)) \
	PIECE(not_equal_##S, T, uint8_t, !((a <= b) & (a >= b)))

ARITH(float, f32, float)
ARITH(double, f64, double)
ARITH(int32_t, i32, uint32_t)
ARITH(int64_t, i64, uint64_t)
PIECE(minimum_f32, float, float, b < a || isnan(b) ? b : a)
PIECE(minimum_f64, double, double, b < a || isnan(b) ? b : a)
PIECE(minimum_i32, int32_t, int32_t, b < a ? b : a)
PIECE(minimum_i64, int64_t, int64_t, b < a ? b : a)
PIECE(maximum_f32, float, float, a < b || isnan(b) ? b : a)
PIECE(maximum_f64, double, double, a < b || isnan(b) ? b : a)
PIECE(maximum_i32, int32_t, int32_t, a < b ? b : a)
PIECE(maximum_i64, int64_t, int64_t, a < b ? b : a)
PIECE(div_f32, float, float, a / b)
PIECE(div_f64, double, double, a / b)
PIECE(pow_f32, float, float, td_pow(a, b))
COMPARE(float, f32)
COMPARE(double, f64)
COMPARE(int32_t, i32)
COMPARE(int64_t, i64)
COMPARE(uint8_t, u8)
PIECE(and_u8, uint8_t, uint8_t, (a != 0) & (b != 0))
PIECE(or_u8, uint8_t, uint8_t, (a != 0) | (b != 0))
PIECE(xor_u8, uint8_t, uint8_t, (a != 0) ^ (b != 0))

#define TYPES(name)                                                                  \
	{                                                                            \
		[TD_F32] = name##_f32, [TD_F64] = name##_f64, [TD_I32] = name##_i32, \
		[TD_I64] = name##_i64                                                \
	}
#define TYPES_AND_U8(name)                                                           \
	{                                                                            \
		[TD_F32] = name##_f32, [TD_F64] = name##_f64, [TD_I32] = name##_i32, \
		[TD_I64] = name##_i64, [TD_U8] = name##_u8                           \
	}

static piece *const arith_pieces[TENSOR_N_ARITH][TD_N_DTYPES] = {
	[TENSOR_ADD] = TYPES(add),
	[TENSOR_SUB] = TYPES(sub),
	[TENSOR_MUL] = TYPES(mul),
	[TENSOR_MINIMUM] = TYPES(minimum),
	[TENSOR_MAXIMUM] = TYPES(maximum),
	[TENSOR_DIV] = {[TD_F32] = div_f32, [TD_F64] = div_f64},
	[TENSOR_POW] = {[TD_F32] = pow_f32},
};
static piece *const compare_pieces[TENSOR_N_COMPARE][TD_N_DTYPES] = {
	[TENSOR_LESS] = TYPES_AND_U8(less),
	[TENSOR_LESS_EQUAL] = TYPES_AND_U8(less_equal),
	[TENSOR_GREATER] = TYPES_AND_U8(greater),
	[TENSOR_GREATER_EQUAL] = TYPES_AND_U8(greater_equal),
	[TENSOR_EQUAL] = TYPES_AND_U8(equal),
	[TENSOR_NOT_EQUAL] = TYPES_AND_U8(not_equal),
};
static piece *const logic_pieces[TENSOR_N_LOGIC] = {and_u8, or_u8, xor_u8};

static bool native(const td_call *c, piece *p)
{
	tensor_walk w = walk_broadcast(&c->out[0], c->in, 2);
	walk_native(c, &w, p);
	return true;
}

/* -- cl ---------------------------------------------------------------------- */

static bool cl(const td_call *c, int op, const char *const kernels[TD_N_DTYPES], td_err *e)
{
	tensor_walk w = walk_broadcast(&c->out[0], c->in, 2);
	const td_arg own[] = {TD_T(&c->in[0]), TD_T(&c->in[1]), TD_T(&c->out[0]), TD_I(op)};
	return walk_launch(c, &w, kernels[c->in[0].dtype], 16, own, TD_COUNT(own), e);
}

static const char *const arith_kernels[TD_N_DTYPES] = {[TD_F32] = "tensor_arith_float",
                                                       [TD_F64] = "tensor_arith_double",
                                                       [TD_I32] = "tensor_arith_int",
                                                       [TD_I64] = "tensor_arith_long"};
static const char *const compare_kernels[TD_N_DTYPES] = {[TD_F32] = "tensor_compare_float",
                                                         [TD_F64] = "tensor_compare_double",
                                                         [TD_I32] = "tensor_compare_int",
                                                         [TD_I64] = "tensor_compare_long",
                                                         [TD_U8] = "tensor_compare_uchar"};
static const char *const logic_kernels[TD_N_DTYPES] = {[TD_U8] = "tensor_logic"};

static td_cost cost(const td_call *c)
{
	return (td_cost){.flops = td_elements(&c->out[0]),
	                 .bytes = td_bytes(&c->in[0]) + td_bytes(&c->in[1]) + td_bytes(&c->out[0])};
}

/* -- nodes -------------------------------------------------------------------- */

enum { NUMBERS = TD_SET_FLOAT | TD_SET_I32 | TD_SET_I64 };

/* The impls of one operation of a group (arith, compare, logic). */
#define IMPLS(op, OP, group, piece, ref)                                                       \
	static bool op##_ref(const td_call *c, td_err *e)                                      \
	{                                                                                      \
		(void)e;                                                                       \
		return ref_each(c, OP, ref);                                                   \
	}                                                                                      \
	static bool op##_native(const td_call *c, td_err *e)                                   \
	{                                                                                      \
		(void)e;                                                                       \
		return native(c, piece);                                                       \
	}                                                                                      \
	static bool op##_cl(const td_call *c, td_err *e)                                       \
	{                                                                                      \
		return cl(c, OP, group##_kernels, e);                                          \
	}                                                                                      \
	static const td_impl op##_impls[] = {                                                  \
		{"ref", TD_ON_HOST, op##_ref},                                                 \
		{"native", TD_ON_HOST, op##_native},                                           \
		{"cl", TD_ON_OPENCL, op##_cl, "tensor/binary.cl", .needs_wide = TD_NEEDS_F64}, \
		{0},                                                                           \
	};

#define NODE(op, dtypes, unit_a, unit_b, out_dtypes, out_unit, kind, ulp, text)                \
	TD_DEFINE_NODE(td_tensor_##op) = {                                                     \
		.abi = TD_ABI,                                                                 \
		.version = 1,                                                                  \
		.name = "tensor." #op,                                                         \
		.doc = text,                                                                   \
		.in =                                                                          \
			(const td_port[]){                                                     \
				{"a", dtypes, "...", unit_a, "left", .flags = TD_BROADCAST},   \
				{"b", dtypes, "...", unit_b, "right", .flags = TD_BROADCAST},  \
				{0}},                                                          \
		.out =                                                                         \
			(const td_port[]){                                                     \
				{"y", out_dtypes, "...", out_unit, "the result", {kind, ulp}}, \
				{0}},                                                          \
		.cost = cost,                                                                  \
		.flags = TD_D3,                                                                \
		.impls = op##_impls,                                                           \
	};

#define ARITH_NODE(op, OP, dtypes, unit_a, unit_b, unit_y, kind, ulp, text) \
	IMPLS(op, OP, arith, arith_pieces[OP][c->in[0].dtype], ref_arith)   \
	NODE(op, dtypes, unit_a, unit_b, dtypes, unit_y, kind, ulp, text)
#define COMPARE_NODE(op, OP, text)                                            \
	IMPLS(op, OP, compare, compare_pieces[OP][c->in[0].dtype], ref_truth) \
	NODE(op, TD_SET_ANY, "?a", "?a", TD_SET_U8, NULL, TD_EXACT, 0, text)
#define LOGIC_NODE(op, OP, text)                         \
	IMPLS(op, OP, logic, logic_pieces[OP], ref_both) \
	NODE(op, TD_SET_U8, NULL, NULL, TD_SET_U8, NULL, TD_EXACT, 0, text)

ARITH_NODE(add, TENSOR_ADD, NUMBERS, "?a", "?a", "?a", TD_EXACT, 0,
           "a + b. Whole numbers wrap around.")
ARITH_NODE(sub, TENSOR_SUB, NUMBERS, "?a", "?a", "?a", TD_EXACT, 0,
           "a - b. Whole numbers wrap around.")
ARITH_NODE(mul, TENSOR_MUL, NUMBERS, "?a", "?b", "?a*?b", TD_EXACT, 0,
           "a b. Whole numbers wrap around.")
ARITH_NODE(div, TENSOR_DIV, TD_SET_FLOAT, "?a", "?b", "?a/?b", TD_ULP, 2.5, "a / b.")
ARITH_NODE(pow, TENSOR_POW, TD_SET_F32, "1", "1", "1", TD_ULP, 2,
           "a to the power of b, as C's pow.")
ARITH_NODE(minimum, TENSOR_MINIMUM, NUMBERS, "?a", "?a", "?a", TD_EXACT, 0,
           "The smaller of a and b; NaN where either is NaN.")
ARITH_NODE(maximum, TENSOR_MAXIMUM, NUMBERS, "?a", "?a", "?a", TD_EXACT, 0,
           "The larger of a and b; NaN where either is NaN.")
COMPARE_NODE(less, TENSOR_LESS, "1 where a < b, else 0.")
COMPARE_NODE(less_equal, TENSOR_LESS_EQUAL, "1 where a <= b, else 0.")
COMPARE_NODE(greater, TENSOR_GREATER, "1 where a > b, else 0.")
COMPARE_NODE(greater_equal, TENSOR_GREATER_EQUAL, "1 where a >= b, else 0.")
COMPARE_NODE(equal, TENSOR_EQUAL, "1 where a = b, else 0; NaN equals nothing.")
COMPARE_NODE(not_equal, TENSOR_NOT_EQUAL, "0 where a = b, else 1; NaN equals nothing.")
LOGIC_NODE(both, TENSOR_AND, "1 where a and b are both not 0, else 0.")
LOGIC_NODE(either, TENSOR_OR, "1 where a or b is not 0, else 0.")
LOGIC_NODE(differs, TENSOR_XOR, "1 where one of a and b is 0 and the other is not, else 0.")
