/* test_math.c: nodes/td_math.h. The same bits from C and from OpenCL C, errors within the bounds that
 * nodes/README.md states, special values. */
#include "../../nodes/td_math.h"

#include "cl_bench.h"

enum {
	N32 = (1 << 22) +
	      EACH, /* floats: every exponent, both signs, 8192 of each; and hard ones */
	N64 = (1 << 20) + EACH, /* doubles: every exponent, both signs, 256 of each; … */
};

typedef struct {
	bench cl;
	float *x32, *y32, *c32, *d32; /* inputs, what C makes of them, what the device does */
	double *x64, *c64, *d64;
} points;

/* -- inputs --------------------------------------------------------------- */

static uint64_t next(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

/* Where the functions have steps, limits, switches of formula and zeros. */
static const double hard[] = {
	0,       1,      0.5,     0.6,    0.8125, 2,       4,       6,      10,     10.2,
	20,      18,     38,      65536,  0x1p30, 0x1p60,  0x1p24,  0x1p53, 0x1p22, 0x1p51,
	88.7228, 87.337, 103.972, 709.78, 708.4,  745.133, 127,     128,    126,    149,
	150,     1. / 3, 2. / 3,  4. / 3, 0.3466, 1.0397,  0.70711, 1.4142, 3.9192, 5.9216,
};

static void fill(points *p)
{
	uint64_t s = 88172645463325252u;
	for (uint32_t i = 0; i < 1u << 22; i++)
		p->x32[i] = td_m_from_bits((i << 10) | ((uint32_t)next(&s) & 1023));
	for (uint64_t i = 0; i < 1u << 20; i++)
		p->x64[i] = td_m_from_bits_f64((i << 44) | (next(&s) >> 20));
	for (int i = 0; i < EACH; i++) {
		bool turns = i % 2; /* near multiples of pi/2, else near the hard points */
		double at = turns ? (double)(next(&s) >> (20 + next(&s) % 44)) * 1.5707963267948966
		                  : hard[(unsigned)i / 2 % (sizeof hard / sizeof hard[0])];
		uint32_t step = (uint32_t)next(&s) % 8, sign = (uint32_t)next(&s) & 0x80000000u;
		p->x32[(1 << 22) + i] = td_m_from_bits((td_m_bits((float)at) + step - 4) ^ sign);
		p->x64[(1 << 20) + i] =
			td_m_from_bits_f64((td_m_bits_f64(at) + step - 4) ^ ((uint64_t)sign << 32));
	}
	static const uint32_t special[] = {0,          0x80000000, 1,          0x80000001,
	                                   0x7f800000, 0xff800000, 0x7f800001, 0xffffffff,
	                                   0x7fc00000, 0x007fffff, 0x00800000, 0x7f7fffff};
	for (size_t i = 0; i < sizeof special / sizeof special[0]; i++)
		p->x32[N32 - 1 - i] = td_m_from_bits(special[i]);
	/* powers: half of the exponents spread over everything, half make results in range */
	for (int i = 0; i < N32; i++) {
		uint32_t bits = (uint32_t)next(&s);
		double l = log2(fabs((double)p->x32[i])),
		       wanted = (double)(int32_t)bits * 0x1p-31 * 155;
		p->y32[i] = i % 2 && fabs(l) > 0x1p-100 && fabs(l) < 1000 ? (float)(wanted / l)
		            : i % 4                                       ? (float)((int)bits % 40)
		                                                          : td_m_from_bits(bits);
	}
}

static int set_up(void **state)
{
	points *p = calloc(1, sizeof *p);
	assert_non_null(p);
	*state = p;
	float **f32[] = {&p->x32, &p->y32, &p->c32, &p->d32};
	double **f64[] = {&p->x64, &p->c64, &p->d64};
	for (int i = 0; i < 4; i++)
		assert_non_null(*f32[i] = aligned_alloc(4096, N32 * sizeof(float)));
	for (int i = 0; i < 3; i++)
		assert_non_null(*f64[i] = aligned_alloc(4096, N64 * sizeof(double)));
	fill(p);
	bench_open(&p->cl, "tests/unit/test_math.cl");
	return 0;
}

static int tear_down(void **state)
{
	points *p = *state;
	bench_close(&p->cl);
	void *blocks[] = {p->x32, p->y32, p->c32, p->d32, p->x64, p->c64, p->d64, p};
	for (int i = 0; i < 8; i++)
		free(blocks[i]);
	return 0;
}

/* -- functions ------------------------------------------------------------ */

typedef void (*many32)(const float *x, float *y, int n);
typedef void (*many64)(const double *x, double *y, int n);

#define F32(f)                                                \
	static void many_##f(const float *x, float *y, int n) \
	{                                                     \
		for (int i = 0; i < n; i++)                   \
			y[i] = td_##f(x[i]);                  \
	}
#define F64(f)                                                        \
	static void many_##f##_f64(const double *x, double *y, int n) \
	{                                                             \
		for (int i = 0; i < n; i++)                           \
			y[i] = td_##f##_f64(x[i]);                    \
	}
F32(exp)
F32(exp2)
F32(expm1)
F32(log)
F32(log2)
F32(log1p)
F32(tanh)
F32(sigmoid)
F32(erf)
F32(erfc)
F32(sin)
F32(cos)
F32(sinpi)
F32(cospi)
F32(sqrt)
F32(rsqrt)
F64(exp)
F64(expm1)
F64(log)
F64(log1p)
F64(tanh)
F64(sigmoid)
F64(erf)
F64(sin)
F64(cos)
F64(sinpi)
F64(cospi)
F64(sqrt)
F64(rsqrt)

static long double sigmoid(long double x)
{
	return x < 0 ? expl(x) / (1 + expl(x)) : 1 / (1 + expl(-x));
}

static long double rsqrt(long double x)
{
	return fpclassify(x) == FP_ZERO ? copysignl((long double)INFINITY, x) : 1 / sqrtl(x);
}

/* sin(pi (x + turn / 2)); zeros are positive, except of odd functions at negative x. */
static long double sine_of_pi(long double x, int turn)
{
	static const long double pi = 3.14159265358979323846264338327950288L;
	long double a = fmodl(fabsl(x), 2), k = rintl(2 * a), f = (a - k / 2) * pi;
	int q = ((int)k + turn) & 3;
	long double y = q & 1 ? cosl(f) : sinl(f);
	y = q & 2 ? 0 - y : y;
	return !turn && signbit(x) ? -y : y;
}

static long double sinpi(long double x)
{
	return isfinite(x) ? sine_of_pi(x, 0) : x - x;
}

static long double cospi(long double x)
{
	return isfinite(x) ? sine_of_pi(x, 1) : x - x;
}

/* The bounds are those of nodes/README.md: worst cases over all floats, or over 10^8 doubles and a
 * margin. */
static const struct {
	const char *name;
	many32 c;
	long double (*exact)(long double);
	double bound;
} f32[] = {
	{"exp", many_exp, expl, 0.86},      {"exp2", many_exp2, exp2l, 0.87},
	{"expm1", many_expm1, expm1l, 1.3}, {"log", many_log, logl, 0.83},
	{"log2", many_log2, log2l, 1.4},    {"log1p", many_log1p, log1pl, 1.55},
	{"tanh", many_tanh, tanhl, 1.35},   {"sigmoid", many_sigmoid, sigmoid, 1.4},
	{"erf", many_erf, erfl, 1.2},       {"erfc", many_erfc, erfcl, 2.8},
	{"sin", many_sin, sinl, 1.25},      {"cos", many_cos, cosl, 1.25},
	{"sinpi", many_sinpi, sinpi, 1.0},  {"cospi", many_cospi, cospi, 0.9},
	{"sqrt", many_sqrt, sqrtl, 0.5},    {"rsqrt", many_rsqrt, rsqrt, 1.5},
};

static const struct {
	const char *name;
	many64 c;
	long double (*exact)(long double);
	double bound;
} f64[] = {
	{"exp_f64", many_exp_f64, expl, 0.9},      {"expm1_f64", many_expm1_f64, expm1l, 1.5},
	{"log_f64", many_log_f64, logl, 0.85},     {"log1p_f64", many_log1p_f64, log1pl, 1.6},
	{"tanh_f64", many_tanh_f64, tanhl, 1.5},   {"sigmoid_f64", many_sigmoid_f64, sigmoid, 1.6},
	{"erf_f64", many_erf_f64, erfl, 1.2},      {"sin_f64", many_sin_f64, sinl, 1.25},
	{"cos_f64", many_cos_f64, cosl, 1.25},     {"sinpi_f64", many_sinpi_f64, sinpi, 1.1},
	{"cospi_f64", many_cospi_f64, cospi, 1.1}, {"sqrt_f64", many_sqrt_f64, sqrtl, 0.501},
	{"rsqrt_f64", many_rsqrt_f64, rsqrt, 1.6},
};

enum { N_F32 = sizeof f32 / sizeof f32[0], N_F64 = sizeof f64 / sizeof f64[0] };

static void test_bits(void **state)
{
	points *p = *state;
	char kernel[64];
	bench_need(&p->cl, false);
	for (int f = 0; f < N_F32; f++) {
		f32[f].c(p->x32, p->c32, N32);
		for (int vector = 0; vector < 2; vector++) {
			snprintf(kernel, sizeof kernel, "%s_%s_f32", vector ? "vector" : "scalar",
			         f32[f].name);
			bench_run(&p->cl, kernel, N32 / EACH, 1,
			          (bench_data){p->x32, p->x32, N32 * sizeof(float), p->d32,
			                       N32 * sizeof(float)});
			same_bits(kernel, p->x32, p->c32, p->d32, sizeof(float), N32);
		}
	}
}

static void test_bits_f64(void **state)
{
	points *p = *state;
	char kernel[64];
	bench_need(&p->cl, true);
	for (int f = 0; f < N_F64; f++) {
		f64[f].c(p->x64, p->c64, N64);
		for (int vector = 0; vector < 2; vector++) {
			snprintf(kernel, sizeof kernel, "%s_%s", vector ? "vector" : "scalar",
			         f64[f].name);
			bench_run(&p->cl, kernel, N64 / EACH, 1,
			          (bench_data){p->x64, p->x64, N64 * sizeof(double), p->d64,
			                       N64 * sizeof(double)});
			same_bits(kernel, p->x64, p->c64, p->d64, sizeof(double), N64);
		}
	}
}

static void test_bits_pow(void **state)
{
	points *p = *state;
	bench_need(&p->cl, false);
	for (int i = 0; i < N32; i++)
		p->c32[i] = td_pow(p->x32[i], p->y32[i]);
	for (int vector = 0; vector < 2; vector++) {
		const char *kernel = vector ? "vector_pow" : "scalar_pow";
		bench_run(&p->cl, kernel, N32 / EACH, 1,
		          (bench_data){p->x32, p->y32, N32 * sizeof(float), p->d32,
		                       N32 * sizeof(float)});
		same_bits(kernel, p->x32, p->c32, p->d32, sizeof(float), N32);
	}
}

/* -- errors --------------------------------------------------------------- */

/* |got - want| in units of the last place of want; 1e9 where the kinds differ (NaN, sign). `digits`
 * are those of the format, `least` and `most` the exponents of its smallest and largest numbers. */
static double ulps(double got, long double want, int digits, int least, int most)
{
	int e;
	if (isnan(want))
		return isnan(got) ? 0 : 1e9;
	if (isnan(got) || !signbit(got) != !signbit(want))
		return 1e9;
	long double top = ldexpl(1, most), g = fabsl((long double)got), w = fabsl(want);
	g = g < top ? g : top; /* Inf stands for the next power of two */
	w = w < top ? w : top;
	frexpl(w, &e);
	e = e < least ? least : e > most ? most : e;
	return (double)(fabsl(g - w) / ldexpl(1, e - digits));
}

static double ulps32(float got, long double want)
{
	if (isnan(got) && td_m_bits(got) != 0x7fc00000)
		return 1e9;
	return ulps((double)got, want, 24, -125, 128);
}

static double ulps64(double got, long double want)
{
	if (isnan(got) && td_m_bits_f64(got) != 0x7ff8000000000000)
		return 1e9;
	return ulps(got, want, 53, -1021, 1024);
}

enum { SAMPLE = 13 };

static void test_errors(void **state)
{
	points *p = *state;
	for (int f = 0; f < N_F32; f++) {
		f32[f].c(p->x32, p->c32, N32);
		for (int i = N32 - 1; i >= 0; i -= i > 1 << 22 ? 1 : SAMPLE) {
			long double want = f32[f].exact((long double)p->x32[i]);
			double e = ulps32(p->c32[i], want);
			if (e > f32[f].bound)
				fail_msg("%s(%a) = %a, which is %.3f units from %La", f32[f].name,
				         (double)p->x32[i], (double)p->c32[i], e, want);
		}
	}
}

static void test_errors_f64(void **state)
{
	points *p = *state;
	for (int f = 0; f < N_F64; f++) {
		f64[f].c(p->x64, p->c64, N64);
		for (int i = N64 - 1; i >= 0; i -= i > 1 << 20 ? 1 : SAMPLE) {
			long double want = f64[f].exact((long double)p->x64[i]);
			double e = ulps64(p->c64[i], want);
			if (e > f64[f].bound)
				fail_msg("%s(%a) = %a, which is %.3f units from %La", f64[f].name,
				         p->x64[i], p->c64[i], e, want);
		}
	}
}

static void test_errors_pow(void **state)
{
	points *p = *state;
	for (int i = 0; i < N32; i += SAMPLE) {
		float x = p->x32[i], y = p->y32[i];
		long double want = powl((long double)x, (long double)y);
		double e = ulps32(td_pow(x, y), want);
		if (e > 2.5)
			fail_msg("pow(%a, %a) = %a, which is %.3f units from %La", (double)x,
			         (double)y, (double)td_pow(x, y), e, want);
	}
}

/* C99, annex F: powers of special values, as far as powl knows them. */
static void test_special_powers(void **state)
{
	(void)state;
	static const float v[] = {0,    -0.0f, 1,     -1,     0.5f,     -0.5f,     2,   -2,
	                          3,    -3,    2.5f,  -2.5f,  INFINITY, -INFINITY, NAN, 0x1p-149f,
	                          1e9f, -1e9f, 1e30f, -1e30f, 16777215, -16777218};
	for (size_t i = 0; i < sizeof v / sizeof v[0]; i++)
		for (size_t k = 0; k < sizeof v / sizeof v[0]; k++)
			assert_true(ulps32(td_pow(v[i], v[k]),
			                   powl((long double)v[i], (long double)v[k])) <= 2.5);
}

/* sincos and sincospi return what the single functions do. */
static void test_both(void **state)
{
	points *p = *state;
	for (int i = 0; i < N64; i += SAMPLE) {
		float c, s = td_sincos(p->x32[i], &c);
		assert_int_equal(td_m_bits(s), td_m_bits(td_sin(p->x32[i])));
		assert_int_equal(td_m_bits(c), td_m_bits(td_cos(p->x32[i])));
		double d, t = td_sincospi_f64(p->x64[i], &d);
		assert_int_equal(td_m_bits_f64(t), td_m_bits_f64(td_sinpi_f64(p->x64[i])));
		assert_int_equal(td_m_bits_f64(d), td_m_bits_f64(td_cospi_f64(p->x64[i])));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bits),           cmocka_unit_test(test_bits_f64),
		cmocka_unit_test(test_bits_pow),       cmocka_unit_test(test_errors),
		cmocka_unit_test(test_errors_f64),     cmocka_unit_test(test_errors_pow),
		cmocka_unit_test(test_special_powers), cmocka_unit_test(test_both),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
