/* test_f64.c: nodes/td_soft.h against the processor, and the words of td_f64.h in C against OpenCL C with and
 * without doubles: the same bits, but for the sign of a NaN. */
#include "../../nodes/td_f64.h"
#include "../../nodes/td_soft.h"

#include "cl_bench.h"

#include <math.h>

enum { N = 3 * EACH, WORDS = 16, VECTOR_WORDS = 8, DRAWS = 400000 };

typedef struct {
	bench cl[2]; /* as the device is; as if it had no doubles */
	double x[N], y[N], c[WORDS * N], d[WORDS * N];
} points;

/* -- numbers ----------------------------------------------------------------------------------- */

static uint64_t seed;

static uint64_t next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return seed * 2685821657736338717u;
}

static double from_bits(uint64_t u)
{
	double x;
	memcpy(&x, &u, sizeof x);
	return x;
}

static uint64_t bits(double x)
{
	uint64_t u;
	memcpy(&u, &x, sizeof u);
	return isnan(x) ? TD_SOFT_NAN : u;
}

/* Any bits, and those where rounding, carries, subnormals and special numbers are. */
static uint64_t draw(void)
{
	static const uint64_t hard[] = {
		0,
		1,
		0xfffffffffffff,
		0x10000000000000,
		0x3fefffffffffffff,
		0x3ff0000000000000,
		0x3ff0000000000001,
		0x3ca0000000000000,
		0x4330000000000000,
		0x7fefffffffffffff,
		0x7ff0000000000000,
		TD_SOFT_NAN,
	};
	uint64_t r = next(), signs = r & 0x800fffffffffffff;
	switch (r >> 8 & 7) {
	case 0:
		return hard[(r >> 16) % (sizeof hard / sizeof *hard)] | (r & TD_SOFT_SIGN);
	case 1: /* few bits */
		return (signs & 0x800000000000000f) | (1015 + (r >> 16) % 16) << 52;
	case 2: /* near to one another */
		return signs | (1000 + (r >> 16) % 50) << 52;
	case 3: /* subnormal, nearly so */
		return signs | ((r >> 16) % 60) << 52;
	default:
		return r;
	}
}

/* A third operand near to minus the product of the others, or any. */
static uint64_t draw_third(uint64_t a, uint64_t b)
{
	uint64_t r = next();
	return r % 4 ? draw() : bits(-(from_bits(a) * from_bits(b))) + (r >> 8) % 5 - 2;
}

static void same(const char *what, uint64_t want, uint64_t got, uint64_t a, uint64_t b, uint64_t c)
{
	if (want != got)
		fail_msg("%s(%" PRIx64 ", %" PRIx64 ", %" PRIx64 "): the processor makes %" PRIx64
		         ", integers %" PRIx64,
		         what, a, b, c, want, got);
}

/* -- td_soft.h against the processor ------------------------------------------------------------- */

static void test_arithmetic(void **state)
{
	(void)state;
	seed = 1;
	for (int i = 0; i < DRAWS; i++) {
		uint64_t a = draw(), b = draw(), c = draw_third(a, b);
		double x = from_bits(a), y = from_bits(b), z = from_bits(c);
		same("add", bits(x + y), td_soft_add(a, b), a, b, 0);
		same("mul", bits(x * y), td_soft_mul(a, b), a, b, 0);
		same("fma", bits(fma(x, y, z)), td_soft_fma(a, b, c), a, b, c);
		same("div", bits(x / y), td_soft_div(a, b), a, b, 0);
		same("sqrt", bits(sqrt(x)), td_soft_sqrt(a), a, 0, 0);
		same("less", x < y, td_soft_less(a, b) != 0, a, b, 0);
	}
}

static void test_conversions(void **state)
{
	(void)state;
	seed = 2;
	for (int i = 0; i < DRAWS; i++) {
		uint64_t a = draw(), r = next();
		int64_t whole = (int64_t)r >> (i & 63);
		float f = td_vfloat((int32_t)(r >> (i & 31)));
		double x = from_bits(a);
		uint64_t f_bits = (uint32_t)td_vbits(f);
		if (!isnan(f))
			same("from_float", bits((double)f), td_soft_from_float(f_bits), f_bits, 0,
			     0);
		same("from_int", bits((double)whole), td_soft_from_int(whole), (uint64_t)whole, 0,
		     0);
		same("to_float", (uint32_t)td_vbits(td_one_nan((float)x)), td_soft_to_float(a), a,
		     0, 0);
		if (fabs(x) < 0x1p31)
			same("to_int", (uint32_t)(int)x, (uint32_t)td_soft_to_int(a), a, 0, 0);
	}
}

/* -- td_f64.h in C against OpenCL C -------------------------------------------------------------- */

/* What test_f64.cl makes of one element. */
static void words(const points *p, int i, double *to)
{
	double a = p->x[i], b = p->y[i], c = p->y[i ^ 1];
	int whole[2];
	int64_t long_whole;
	memcpy(whole, &a, sizeof whole);
	memcpy(&long_whole, &a, sizeof long_whole);
	to[0] = td_add_f64(a, b);
	to[1] = td_sub_f64(a, b);
	to[2] = td_mul_f64(a, b);
	to[3] = td_div_f64(a, b);
	to[4] = td_fma_f64(a, b, c);
	to[5] = td_sqrt_f64(a);
	to[6] = td_neg_f64(a);
	to[7] = td_abs_f64(a);
	to[8] = (a < b) + 2 * (a <= b) + 4 * (a <= b && b <= a);
	to[9] = td_int_f64(whole[0]);
	to[10] = td_long_f64(long_whole);
	to[11] = td_wide_f64(td_vfloat(whole[0]));
	to[12] = td_wide_f64(td_narrow_f64(a));
	to[13] = whole[0];
	to[14] = td_abs_f64(a) < 2147483647 ? td_trunc_f64(a) : 0;
	to[15] = a < TD_INF_F64 ? 12.566370614359172954 : TD_NAN_F64;
}

static void vector_words(const points *p, int i, double *to)
{
	td_v8d a = td_vload_f64(p->x + i), b = td_vload_f64(p->y + i), c = td_vall_f64(p->y[i]);
	float narrow[8];
	memcpy(narrow, p->x + i, sizeof narrow);
	td_vstore_f64(td_vadd_f64(a, b), to);
	td_vstore_f64(td_vsub_f64(a, b), to + 8);
	td_vstore_f64(td_vmul_f64(a, b), to + 16);
	td_vstore_f64(td_vfma_f64(a, b, c), to + 24);
	td_vstore_f64(td_vneg_f64(a), to + 32);
	td_vstore_f64(td_vsmaller_f64(a, b), to + 40);
	td_vstore_f64(td_vlarger_f64(a, b), to + 48);
	td_vstore_f64(td_vwiden(narrow), to + 56);
}

static void one_nan(double *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		x[i] = from_bits(bits(x[i]));
}

static void compare(points *p, const bench *cl, const char *kernel, size_t n)
{
	bench b = *cl;
	bench_run(&b, kernel, N / EACH, 1,
	          (bench_data){p->x, p->y, sizeof p->x, p->d, n * sizeof(double)});
	one_nan(p->c, n);
	one_nan(p->d, n);
	for (size_t i = 0; i < n; i++)
		if (bits(p->c[i]) != bits(p->d[i]))
			fail_msg("%s, %s doubles: number %zu is %" PRIx64 " in C, %" PRIx64
			         " on the device",
			         kernel, b.f64 ? "with" : "without", i, bits(p->c[i]),
			         bits(p->d[i]));
}

static void test_words(void **state)
{
	points *p = *state;
	bench_need(&p->cl[1], false);
	seed = 3;
	for (int i = 0; i < N; i++)
		p->x[i] = from_bits(draw()), p->y[i] = from_bits(draw());
	for (int i = 0; i < N; i += 4) /* sums that cancel */
		p->y[i + 1] = from_bits(draw_third(bits(p->x[i]), bits(p->y[i])));
	for (int k = 0; k < 2; k++) {
		if (k == 0 && !p->cl[0].f64)
			continue;
		for (int i = 0; i < N; i++)
			words(p, i, p->c + (ptrdiff_t)WORDS * i);
		compare(p, &p->cl[k], "words", (size_t)WORDS * N);
		for (int i = 0; i < N; i += 8)
			vector_words(p, i, p->c + (ptrdiff_t)VECTOR_WORDS * i);
		compare(p, &p->cl[k], "vector_words", (size_t)VECTOR_WORDS * N);
	}
}

static int set_up(void **state)
{
	points *p = calloc(1, sizeof *p);
	assert_non_null(p);
	*state = p;
	bench_open(&p->cl[0], "tests/unit/test_f64.cl");
	bench_open_single(&p->cl[1], "tests/unit/test_f64.cl");
	return 0;
}

static int tear_down(void **state)
{
	points *p = *state;
	bench_close(&p->cl[0]);
	bench_close(&p->cl[1]);
	free(p);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arithmetic),
		cmocka_unit_test(test_conversions),
		cmocka_unit_test(test_words),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
