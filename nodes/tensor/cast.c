/* tensor.cast, tensor.convert: the same numbers in another dtype, in another unit.
 *
 *   x [...] -> y [...]
 *
 * cast   to whole numbers: towards zero; what does not fit becomes the nearest that does, NaN becomes 0.
 *        To floats: the nearest, of two the even one. f16 and bf16 are storage: cast from and to floats.
 * convert  y = x from / to, as one product or one quotient, whichever factor is a whole number. */
#include "tandem.h"

#include "td_half.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* -- cast --------------------------------------------------------------------- */

/* in the order of td_dtype */
static const char *const dtypes[] = {"f32", "f64", "i32", "i64", "u8", "f16", "bf16", NULL};

typedef struct {
	int32_t dtype;
} cast_params;

static const td_param cast_table[] = {
	{"dtype", NULL, "of the result", TD_CHOICE, offsetof(cast_params, dtype), TD_REQUIRED, 0, 0,
         dtypes},
	{0},
};

static int64_t least(td_dtype d)
{
	return d == TD_U8 ? 0 : d == TD_I32 ? INT32_MIN : INT64_MIN;
}

/* The first whole power of two that is too large. */
static double beyond(td_dtype d)
{
	return d == TD_U8 ? 256 : d == TD_I32 ? 0x1p31 : 0x1p63;
}

static int64_t largest(td_dtype d)
{
	return d == TD_U8 ? 255 : d == TD_I32 ? INT32_MAX : INT64_MAX;
}

static int64_t whole_of(double x, td_dtype d)
{
	int64_t lo = least(d);
	return isnan(x) ? 0 : x >= beyond(d) ? largest(d) : x < (double)lo ? lo : (int64_t)x;
}

static int64_t narrower(int64_t x, td_dtype d)
{
	return x > largest(d) ? largest(d) : x < least(d) ? least(d) : x;
}

static bool cast_ref(const td_call *c, td_err *e)
{
	(void)e;
	td_dtype d = (td_dtype)((const cast_params *)c->params)->dtype;
	bool from_real = c->in[0].dtype == TD_F64;
	for (int64_t i = 0; i < td_numel(&c->in[0]); i++) {
		double x = from_real ? ((const double *)c->in[0].data)[i] : 0;
		int64_t n = from_real ? 0 : ((const int64_t *)c->in[0].data)[i];
		if (c->out[0].dtype ==
		    TD_F64) /* rounded once: not first to double, then to float */
			((double *)c->out[0].data)[i] = from_real     ? x
			                                : d == TD_F32 ? (double)(float)n
			                                              : (double)n;
		else
			((int64_t *)c->out[0].data)[i] =
				from_real ? whole_of(x, d) : narrower(n, d);
	}
	return true;
}

#define LOOP(from, F, to, T, EXPR)                                          \
	static void from##_to_##to(const void *arg, int64_t lo, int64_t hi) \
	{                                                                   \
		const td_call *c = arg;                                     \
		const F *restrict in = c->in[0].data;                       \
		T *restrict y = c->out[0].data;                             \
		for (int64_t i = lo; i < hi; i++) {                         \
			const F x = in[i];                                  \
			y[i] = (T)(EXPR);                                   \
		}                                                           \
	}

#define REALS(from, F, above_i32, above_i64) \
	LOOP(from, F, i32, int32_t,          \
	     isnan(x)         ? 0            \
	     : x >= above_i32 ? INT32_MAX    \
	     : x < -above_i32 ? INT32_MIN    \
	                      : (int32_t)x)  \
	LOOP(from, F, i64, int64_t,          \
	     isnan(x)         ? 0            \
	     : x >= above_i64 ? INT64_MAX    \
	     : x < -above_i64 ? INT64_MIN    \
	                      : (int64_t)x)  \
	LOOP(from, F, u8, uint8_t, isnan(x) ? 0 : x >= 256 ? 255 : x < 0 ? 0 : (uint8_t)x)

#define WHOLES(from, F)              \
	LOOP(from, F, f32, float, x) \
	LOOP(from, F, f64, double, x)

REALS(f32, float, 0x1p31f, 0x1p63f)
LOOP(f32, float, f64, double, x)
REALS(f64, double, 0x1p31, 0x1p63)
LOOP(f64, double, f32, float, x)
WHOLES(i32, int32_t)
LOOP(i32, int32_t, i64, int64_t, x)
LOOP(i32, int32_t, u8, uint8_t, x<0 ? 0 : x> 255 ? 255 : x)
WHOLES(i64, int64_t)
LOOP(i64, int64_t, i32, int32_t, x<INT32_MIN ? INT32_MIN : x> INT32_MAX ? INT32_MAX : x)
LOOP(i64, int64_t, u8, uint8_t, x<0 ? 0 : x> 255 ? 255 : x)
WHOLES(u8, uint8_t)
LOOP(u8, uint8_t, i32, int32_t, x)
LOOP(u8, uint8_t, i64, int64_t, x)

LOOP(f32, float, f16, uint16_t, td_to_f16(x))
LOOP(f32, float, bf16, uint16_t, td_to_bf16(x))
LOOP(f64, double, f16, uint16_t, td_to_f16(td_odd(x)))
LOOP(f64, double, bf16, uint16_t, td_to_bf16(td_odd(x)))
LOOP(f16, uint16_t, f32, float, td_of_f16(x))
LOOP(f16, uint16_t, f64, double, td_of_f16(x))
LOOP(f16, uint16_t, bf16, uint16_t, td_to_bf16(td_of_f16(x)))
LOOP(bf16, uint16_t, f32, float, td_of_bf16(x))
LOOP(bf16, uint16_t, f64, double, td_of_bf16(x))
LOOP(bf16, uint16_t, f16, uint16_t, td_to_f16(td_of_bf16(x)))

typedef void loop(const void *arg, int64_t lo, int64_t hi);

static void same(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	size_t size = td_sizeof(c->in[0].dtype);
	memcpy((char *)c->out[0].data + (size_t)lo * size,
	       (const char *)c->in[0].data + (size_t)lo * size, (size_t)(hi - lo) * size);
}

/* NULL: not offered */
static loop *const loops[TD_N_DTYPES][TD_N_DTYPES] = {
	{same, f32_to_f64, f32_to_i32, f32_to_i64, f32_to_u8, f32_to_f16, f32_to_bf16},
	{f64_to_f32, same, f64_to_i32, f64_to_i64, f64_to_u8, f64_to_f16, f64_to_bf16},
	{i32_to_f32, i32_to_f64, same, i32_to_i64, i32_to_u8},
	{i64_to_f32, i64_to_f64, i64_to_i32, same, i64_to_u8},
	{u8_to_f32, u8_to_f64, u8_to_i32, u8_to_i64, same},
	{f16_to_f32, f16_to_f64, NULL, NULL, NULL, same, f16_to_bf16},
	{bf16_to_f32, bf16_to_f64, NULL, NULL, NULL, bf16_to_f16, same},
};

static bool cast_shape(const td_infer *s, td_err *e)
{
	td_dtype to = s->out[0].dtype, from = s->in[0].dtype;
	s->out[0] = s->in[0];
	s->out[0].dtype = to;
	return loops[from][to] ||
	       td_fail(e, TD_E_USAGE, "%s cannot be cast to %s at once; go by way of f32",
	               dtypes[from], dtypes[to]);
}

static bool cast_native(const td_call *c, td_err *e)
{
	(void)e;
	td_parallel(c, td_numel(&c->in[0]), 8192, loops[c->in[0].dtype][c->out[0].dtype], c);
	return true;
}

static const char *const names[] = {"float", "double", "int", "long", "uchar", "half", "bfloat"};

static bool cast_cl(const td_call *c, td_err *e)
{
	char kernel[40];
	int64_t n = td_numel(&c->in[0]);
	const td_arg args[] = {TD_T(&c->in[0]), TD_T(&c->out[0]), TD_L(n)};
	snprintf(kernel, sizeof kernel, "tensor_cast_%s_%s", names[c->in[0].dtype],
	         names[c->out[0].dtype]);
	return td_launch(c, kernel, (int64_t[3]){(n + 15) / 16, 1, 1}, args, TD_COUNT(args), e);
}

static td_cost cost(const td_call *c)
{
	return (td_cost){.bytes = td_bytes(&c->in[0]) + td_bytes(&c->out[0])};
}

/* clang-format off */
TD_DEFINE_NODE(td_tensor_cast) = {
	.abi = TD_ABI,
	.version = 1,
	.name = "tensor.cast",
	.doc = "The same numbers in another dtype. To whole numbers: towards zero, what does not fit becomes "
	       "the nearest that does, NaN becomes 0. To floats: the nearest, of two the even one. f16 and bf16, which are "
	       "storage, are cast from and to floats.",
	.in = (const td_port[]){{"x", TD_SET_ANY | TD_SET_HALF, "...", "?a", "numbers"}, {0}},
	.out = (const td_port[]){{"y", TD_SET_ANY | TD_SET_HALF, "...", "?a", "the same numbers", {TD_EXACT}}, {0}},
	.params = cast_table,
	.params_size = sizeof(cast_params),
	.shape = cast_shape,
	.cost = cost,
	.flags = TD_D3,
	.impls = (const td_impl[]){{"ref", TD_ON_HOST, cast_ref},
	                           {"native", TD_ON_HOST, cast_native},
	                           {"cl", TD_ON_OPENCL, cast_cl, "tensor/cast.cl", .needs_wide = TD_NEEDS_F64},
	                           {0}},
};
/* clang-format on */

/* -- convert ------------------------------------------------------------------- */

typedef struct {
	int32_t from, to;
} convert_params;

/* Units of one kind stand together; how many of the smallest of its kind each is. */
static const char *const units[] = {"nV", "uV",  "mV", "V",  "us", "ms", "s",  "mHz",
                                    "Hz", "kHz", "um", "mm", "m",  "uA", "mA", "A",
                                    "fT", "pT",  "nT", "uT", "T",  NULL};
static const struct {
	char kind;
	double size;
} sizes[] = {
	{'V', 1},   {'V', 1e3}, {'V', 1e6}, {'V', 1e9}, {'s', 1},   {'s', 1e3}, {'s', 1e6},
	{'H', 1},   {'H', 1e3}, {'H', 1e6}, {'m', 1},   {'m', 1e3}, {'m', 1e6}, {'A', 1},
	{'A', 1e3}, {'A', 1e6}, {'T', 1},   {'T', 1e3}, {'T', 1e6}, {'T', 1e9}, {'T', 1e15},
};
_Static_assert(TD_COUNT(sizes) + 1 == TD_COUNT(units), "a size for each unit");

static const td_param convert_table[] = {
	{"from", NULL, "unit of x", TD_CHOICE, offsetof(convert_params, from), TD_REQUIRED, 0, 0,
         units},
	{"to", NULL, "unit of y", TD_CHOICE, offsetof(convert_params, to), TD_REQUIRED, 0, 0,
         units},
	{0},
};

static bool convert_valid(const void *params, td_err *e)
{
	const convert_params *p = params;
	return sizes[p->from].kind == sizes[p->to].kind ||
	       td_fail(e, TD_E_USAGE, "%s cannot be converted to %s", units[p->from], units[p->to]);
}

/* y = x factor / divisor, one of the two being 1. */
static void factors(const td_call *c, double *factor, double *divisor)
{
	const convert_params *p = c->params;
	double from = sizes[p->from].size, to = sizes[p->to].size;
	*factor = from > to ? from / to : 1;
	*divisor = from > to ? 1 : to / from;
}

static bool convert_ref(const td_call *c, td_err *e)
{
	(void)e;
	double factor, divisor;
	factors(c, &factor, &divisor);
	for (int64_t i = 0; i < td_numel(&c->in[0]); i++)
		((double *)c->out[0].data)[i] =
			((const double *)c->in[0].data)[i] * factor / divisor;
	return true;
}

#define CONVERT(name, T)                                                   \
	static void name(const void *arg, int64_t lo, int64_t hi)          \
	{                                                                  \
		const td_call *c = arg;                                    \
		double factor, divisor;                                    \
		factors(c, &factor, &divisor);                             \
		const T *x = c->in[0].data, f = (T)factor, d = (T)divisor; \
		T *y = c->out[0].data;                                     \
		for (int64_t i = lo; i < hi; i++)                          \
			y[i] = x[i] * f / d;                               \
	}
CONVERT(convert_f32, float)
CONVERT(convert_f64, double)

static bool convert_native(const td_call *c, td_err *e)
{
	(void)e;
	td_parallel(c, td_numel(&c->in[0]), 8192,
	            c->in[0].dtype == TD_F32 ? convert_f32 : convert_f64, c);
	return true;
}

static bool convert_cl(const td_call *c, td_err *e)
{
	int64_t n = td_numel(&c->in[0]);
	bool single = c->in[0].dtype == TD_F32;
	double factor, divisor;
	factors(c, &factor, &divisor);
	const td_arg args[] = {TD_T(&c->in[0]), TD_T(&c->out[0]), TD_L(n),
	                       single ? TD_F(factor) : TD_D(factor),
	                       single ? TD_F(divisor) : TD_D(divisor)};
	return td_launch(c, single ? "tensor_convert_float" : "tensor_convert_double",
	                 (int64_t[3]){(n + 15) / 16, 1, 1}, args, TD_COUNT(args), e);
}

/* clang-format off */
TD_DEFINE_NODE(td_tensor_convert) = {
	.abi = TD_ABI,
	.version = 1,
	.name = "tensor.convert",
	.doc = "The same quantities in another unit.",
	.in = (const td_port[]){{"x", TD_SET_FLOAT, "...", "=from", "quantities"}, {0}},
	.out = (const td_port[]){{"y", TD_SET_FLOAT, "...", "=to", "the same", {TD_ULP, 2.5}}, {0}},
	.params = convert_table,
	.params_size = sizeof(convert_params),
	.validate = convert_valid,
	.cost = cost,
	.flags = TD_D3,
	.impls = (const td_impl[]){{"ref", TD_ON_HOST, convert_ref},
	                           {"native", TD_ON_HOST, convert_native},
	                           {"cl", TD_ON_OPENCL, convert_cl, "tensor/cast.cl", .needs_wide = TD_NEEDS_F64},
	                           {0}},
};
/* clang-format on */
