/* probe_bits.c: how a device rounds, and whether td_math gives the host's bits there. Layer 5. */
#include "../base/rng.h"
#include "probe_inner.h"
#include "td_math.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	INDEX_BITS = 14,
	N = 1 << INDEX_BITS,
	BYTES = N * 8
}; /* all exponents of doubles, 4 of each */

typedef enum { MUL_ADD, FMA_OP, DIVIDE, ROOT, MULTIPLY } op;

/* Inputs, what is right and what came, on the host and on the device. */
typedef struct {
	td_probing *b;
	td_mem m[4]; /* x, y, w, z */
	void *x, *y, *w, *right, *came;
} desk;

/* What the host does in the place of a kernel. */
typedef struct {
	desk *d;
	int which;
} work;

typedef struct {
	int64_t n, other;             /* of normal numbers */
	int64_t n_small, other_small; /* with a subnormal among operands or results */
	int64_t telling, fused;       /* x * y + w: where fma gives other bits; and did */
} tally;

/* By way of double, which rounds float results correctly (53 >= 2 * 24 + 2). */
static float right_f32(op o, float x, float y, float w)
{
	double a = (double)x, b = (double)y;
	return o == MUL_ADD  ? (float)((double)(float)(a * b) + (double)w)
	       : o == FMA_OP ? fmaf(x, y, w)
	       : o == DIVIDE ? (float)(a / b)
	       : o == ROOT   ? (float)sqrt(a)
	                     : (float)(a * b);
}

static double right_f64(op o, double x, double y, double w)
{
	volatile double product = x * y; /* rounded before anything is added */
	return o == MUL_ADD  ? product + w
	       : o == FMA_OP ? fma(x, y, w)
	       : o == DIVIDE ? x / y
	       : o == ROOT   ? sqrt(x)
	                     : product;
}

#define REAL float
#define WORD uint32_t
#define MANTISSA 23
#define BIAS 127
#define NAME(x) x##_f32
#define RIGHT right_f32
#define FMA_OF fmaf
#define SQRT_OF sqrtf
#include "probe_bits_body.h"

#define REAL double
#define WORD uint64_t
#define MANTISSA 52
#define BIAS 1023
#define NAME(x) x##_f64
#define RIGHT right_f64
#define FMA_OF fma
#define SQRT_OF sqrt
#include "probe_bits_body.h"

/* -- td_math -------------------------------------------------------------- */

#define EACH_F32(f)                                     \
	static void all_##f(const void *from, void *to) \
	{                                               \
		const float *x = from;                  \
		float *z = to;                          \
		for (int64_t i = 0; i < N; i++)         \
			z[i] = td_##f(x[i]);            \
	}
#define EACH_F64(f)                                           \
	static void all_##f##_f64(const void *from, void *to) \
	{                                                     \
		const double *x = from;                       \
		double *z = to;                               \
		for (int64_t i = 0; i < N; i++)               \
			z[i] = td_##f##_f64(x[i]);            \
	}
EACH_F32(exp)
EACH_F32(exp2)
EACH_F32(expm1)
EACH_F32(log)
EACH_F32(log2)
EACH_F32(log1p)
EACH_F32(tanh)
EACH_F32(sigmoid)
EACH_F32(erf)
EACH_F32(erfc)
EACH_F32(sin)
EACH_F32(cos)
EACH_F32(sinpi)
EACH_F32(cospi)
EACH_F32(sqrt)
EACH_F32(rsqrt)
EACH_F64(exp)
EACH_F64(log)
EACH_F64(tanh)
EACH_F64(sin)
EACH_F64(rsqrt)

typedef struct {
	const char *name;
	void (*all)(const void *from, void *to);
} function;

/* In the order of probe.cl: all on floats, then some on doubles, which take compilers long and are made of the
 * same steps. */
enum { N_F32 = 16, N_MATH = 21 };
static const function math[N_MATH] = {
	{"td_exp", all_exp},           {"td_exp2", all_exp2},       {"td_expm1", all_expm1},
	{"td_log", all_log},           {"td_log2", all_log2},       {"td_log1p", all_log1p},
	{"td_tanh", all_tanh},         {"td_sigmoid", all_sigmoid}, {"td_erf", all_erf},
	{"td_erfc", all_erfc},         {"td_sin", all_sin},         {"td_cos", all_cos},
	{"td_sinpi", all_sinpi},       {"td_cospi", all_cospi},     {"td_sqrt", all_sqrt},
	{"td_rsqrt", all_rsqrt},       {"td_exp_f64", all_exp_f64}, {"td_log_f64", all_log_f64},
	{"td_tanh_f64", all_tanh_f64}, {"td_sin_f64", all_sin_f64}, {"td_rsqrt_f64", all_rsqrt_f64},
};

static void host_math(const td_call *c, const void *arg)
{
	const work *k = arg;
	(void)c;
	math[k->which].all(k->d->x, k->d->came);
}

/* -- asking --------------------------------------------------------------- */

static bool upload(desk *d, td_err *e)
{
	const void *host[] = {d->x, d->y, d->w};
	for (int k = 0; k < 3 && d->b->opencl; k++)
		if (!td_mem_write(d->b->dev, &d->m[k], 0, host[k], BYTES, NULL, e))
			return false;
	return true;
}

static bool finish(desk *d, const td_task *task, td_err *e)
{
	return td_probe_run(d->b, task, NULL, e) &&
	       (!d->b->opencl || td_mem_read(d->b->dev, &d->m[3], 0, d->came, BYTES, NULL, e));
}

static bool compute(desk *d, op o, bool wide, td_err *e)
{
	td_tensor t[4];
	const work k = {d, (int)o};
	for (int i = 0; i < 4; i++)
		t[i] = td_probe_tensor(&d->m[i]);
	const td_arg args[] = {TD_T(&t[0]), TD_T(&t[1]), TD_T(&t[2]), TD_T(&t[3]), TD_I(o)};
	const td_task task = {wide ? "td_probe_f64" : "td_probe_f32",
	                      N,
	                      args,
	                      TD_COUNT(args),
	                      wide ? host_f64 : host_f32,
	                      &k};
	(wide ? expect_f64 : expect_f32)(d, o);
	return finish(d, &task, e);
}

static bool contraction(desk *d, bool wide, td_err *e)
{
	(wide ? fill_f64 : fill_f32)(d, true);
	if (!upload(d, e) || !compute(d, MUL_ADD, wide, e))
		return false;
	tally t = (wide ? count_f64 : count_f32)(d, MUL_ADD);
	td_probe_add(d->b, wide ? "contraction_f64" : "contraction", true, t.other ? "other" : "ok",
	             "%lld of %lld contracted", (long long)t.fused, (long long)t.telling);
	return true;
}

/* Each op on numbers of all sizes; those with subnormal numbers are told by themselves. */
static bool rounding(desk *d, bool wide, td_err *e)
{
	static const struct {
		op o;
		const char *name[2];
	} ops[] = {{MULTIPLY, {"multiplication", "multiplication_f64"}},
	           {FMA_OP, {"fma", "fma_f64"}},
	           {DIVIDE, {"division", "division_f64"}},
	           {ROOT, {"sqrt", "sqrt_f64"}}};
	tally small = {0};
	(wide ? fill_f64 : fill_f32)(d, false);
	bool ok = upload(d, e);
	for (size_t i = 0; ok && i < TD_COUNT(ops); i++) {
		ok = compute(d, ops[i].o, wide, e);
		tally t = (wide ? count_f64 : count_f32)(d, ops[i].o);
		small.n_small += t.n_small;
		small.other_small += t.other_small;
		td_probe_add(d->b, ops[i].name[wide], true, t.other ? "other" : "ok",
		             "%lld of %lld rounded otherwise", (long long)t.other, (long long)t.n);
	}
	td_probe_add(d->b, wide ? "subnormals_f64" : "subnormals", true,
	             small.other_small ? "other" : "ok", "%lld of %lld lost or rounded otherwise",
	             (long long)small.other_small, (long long)small.n_small);
	return ok;
}

static bool one_function(desk *d, int which, td_err *e)
{
	bool wide = which >= N_F32;
	size_t size = wide ? 8 : 4;
	td_tensor x = td_probe_tensor(&d->m[0]), z = td_probe_tensor(&d->m[3]);
	const work k = {d, which};
	const td_arg args[] = {TD_T(&x), TD_T(&z), TD_I(wide ? which - N_F32 : which)};
	const td_task task = {wide ? "td_probe_math_f64" : "td_probe_math_f32",
	                      N,
	                      args,
	                      TD_COUNT(args),
	                      host_math,
	                      &k};
	int64_t other = 0;
	math[which].all(d->x, d->right);
	if (!finish(d, &task, e))
		return false;
	const char *a = d->right, *b = d->came;
	for (int64_t i = 0; i < N; i++)
		other += memcmp(a + (size_t)i * size, b + (size_t)i * size, size) != 0;
	td_sha256 digest = td_sha256_of(d->came, (size_t)N * size);
	if (other)
		td_probe_add(d->b, math[which].name, true, "other",
		             "%lld of %d have other bits (%.16s)", (long long)other, N, digest.hex);
	else
		td_probe_add(d->b, math[which].name, true, "ok", "native's bits at %d numbers", N);
	return true;
}

static bool functions(desk *d, bool wide, td_err *e)
{
	(wide ? fill_f64 : fill_f32)(d, false);
	bool ok = upload(d, e);
	for (int i = wide ? N_F32 : 0; ok && i < (wide ? N_MATH : N_F32); i++)
		ok = one_function(d, i, e);
	return ok;
}

static void host_atomics(const td_call *c, const void *arg)
{
	(void)c;
	(void)arg; /* there is one thread: nothing to prove */
}

static bool atomics(desk *d, td_err *e)
{
	const int64_t n = 1 << 14, right = n * (n - 1) / 2 + (n << 40);
	int64_t sum = 0;
	td_tensor t = td_probe_tensor(&d->m[0]);
	const td_arg args[] = {TD_T(&t)};
	const td_task task = {"td_probe_atomics", n, args, 1, host_atomics, NULL};
	if (!d->b->opencl || !td_device_caps(d->b->dev)->i64_atomics) {
		td_probe_add(d->b, "int64_atomics", true, "absent", "the device has none");
		return true;
	}
	if (!td_mem_write(d->b->dev, &d->m[0], 0, &sum, sizeof sum, NULL, e) ||
	    !td_probe_run(d->b, &task, NULL, e) ||
	    !td_mem_read(d->b->dev, &d->m[0], 0, &sum, sizeof sum, NULL, e))
		return false;
	td_probe_add(d->b, "int64_atomics", true, sum == right ? "ok" : "other",
	             sum == right ? "nothing is lost" : "additions are lost");
	return true;
}

static bool ask_all(desk *d, td_err *e)
{
	if (!contraction(d, false, e) || !rounding(d, false, e) || !functions(d, false, e) ||
	    !atomics(d, e))
		return false;
	if (td_device_caps(d->b->dev)->f64)
		return contraction(d, true, e) && rounding(d, true, e) && functions(d, true, e);
	td_probe_add(d->b, "double", true, "absent", "the device has no doubles");
	return true;
}

bool td_probe_bits(td_probing *b, td_err *e)
{
	desk d = {.b = b};
	void **host[] = {&d.x, &d.y, &d.w, &d.right, &d.came};
	bool ok = true;
	for (size_t i = 0; i < TD_COUNT(host); i++)
		*host[i] = td_alloc(BYTES);
	for (int i = 0; i < 4 && ok; i++)
		ok = td_mem_new(b->dev, BYTES, &d.m[i], e);
	ok = ok && ask_all(&d, e);
	for (int i = 0; i < 4; i++)
		td_mem_free(b->dev, &d.m[i]);
	for (size_t i = 0; i < TD_COUNT(host); i++)
		free(*host[i]);
	return ok;
}
