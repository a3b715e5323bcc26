/* test_reduce.c: nodes/td_reduce.h and td_random.h. The same bits from C and from OpenCL C, the
 * canonical order word by word, known answers of the generator. */
#include "../../nodes/td_random.h"
#include "../../nodes/td_reduce.h"
#include "base/rng.h"

#include "cl_bench.h"

enum {
	LENGTHS = 71 + 8, /* 0 … 70, 997 … 8 * 997 */
	ROWS = 8,
	N = 3 * EACH,
};

typedef struct {
	bench cl;
	float x32[N], y32[N], c32[N],
		d32[N]; /* inputs, what C makes of them, what the device does */
	double x64[N], c64[N], d64[N];
} points;

static uint64_t next(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

static int set_up(void **state)
{
	points *p = calloc(1, sizeof *p);
	assert_non_null(p);
	*state = p;
	bench_open(&p->cl, "tests/unit/test_reduce.cl");
	return 0;
}

static int tear_down(void **state)
{
	points *p = *state;
	bench_close(&p->cl);
	free(p);
	return 0;
}

/* -- reductions ----------------------------------------------------------- */

/* The definition, word by word. */
static float plain_sum(const float *x, int64_t n)
{
	float lane[16] = {0};
	for (int64_t i = 0; i < n; i++)
		lane[i % 16] += x[i];
	for (int half = 8; half; half /= 2)
		for (int j = 0; j < half; j++)
			lane[j] += lane[j + half];
	return lane[0];
}

static void fill(points *p)
{
	uint64_t s = 1;
	for (int i = 0; i < 2 * EACH; i++) {
		p->x64[i] = (double)(int64_t)next(&s) * 0x1p-60;
		p->x32[i] = (float)p->x64[i];
		p->y32[i] = (float)(int32_t)next(&s) * 0x1p-31f;
	}
	for (int i = 71; i < 2 * EACH; i += 97) /* extremes pass over it, zeros have signs */
		p->x32[i] = i % 2 ? -0.0f : 1e30f;
}

static int64_t length_of(int k)
{
	return k <= 70 ? k : 997 * (k - 70);
}

static void test_reductions(void **state)
{
	points *p = *state;
	fill(p);
	for (int k = 0; k < LENGTHS; k++) {
		int64_t n = length_of(k);
		const float *x = p->x32 + k;
		const double *d = p->x64 + k;
		p->c32[4 * k] = td_sum(x, n);
		p->c32[4 * k + 1] = td_dot(x, p->y32, n);
		p->c32[4 * k + 2] = td_max(x, n);
		p->c32[4 * k + 3] = td_min(x, n);
		p->c64[4 * k] = td_sum_f64(d, n);
		p->c64[4 * k + 1] = td_dot_f64(d, p->x64, n);
		p->c64[4 * k + 2] = td_max_f64(d, n);
		p->c64[4 * k + 3] = td_min_f64(d, n);
		assert_int_equal(td_m_bits(p->c32[4 * k]), td_m_bits(plain_sum(x, n)));
	}
	bench_need(&p->cl, false);
	bench_run(&p->cl, "reduce", LENGTHS, 1,
	          (bench_data){p->x32, p->y32, sizeof p->x32, p->d32, sizeof p->d32});
	same_bits("reduce", p->x32, p->c32, p->d32, sizeof(float), 4 * LENGTHS);
	if (!p->cl.f64)
		return;
	bench_run(&p->cl, "reduce_f64", LENGTHS, 1,
	          (bench_data){p->x64, p->x64, sizeof p->x64, p->d64, sizeof p->d64});
	same_bits("reduce_f64", p->x64, p->c64, p->d64, sizeof(double), 4 * LENGTHS);
}

static void test_group_reductions(void **state)
{
	points *p = *state;
	bench_need(&p->cl, false);
	fill(p);
	for (int row = 0; row < ROWS; row++) {
		p->c32[3 * row] = td_sum(p->x32 + 1000 * row, 1000);
		p->c32[3 * row + 1] = td_max(p->x32 + 1000 * row, 1000);
		p->c32[3 * row + 2] = td_min(p->x32 + 1000 * row, 1000);
		p->c64[3 * row] = td_sum_f64(p->x64 + 1000 * row, 1000);
		p->c64[3 * row + 1] = td_max_f64(p->x64 + 1000 * row, 1000);
		p->c64[3 * row + 2] = td_min_f64(p->x64 + 1000 * row, 1000);
	}
	bench_run(&p->cl, "group_reduce", 16 * ROWS, 64,
	          (bench_data){p->x32, p->x32, sizeof p->x32, p->d32, sizeof p->d32});
	same_bits("group_reduce", p->x32, p->c32, p->d32, sizeof(float), 3 * ROWS);
	if (!p->cl.f64)
		return;
	bench_run(&p->cl, "group_reduce_f64", 16 * ROWS, 64,
	          (bench_data){p->x64, p->x64, sizeof p->x64, p->d64, sizeof p->d64});
	same_bits("group_reduce_f64", p->x64, p->c64, p->d64, sizeof(double), 3 * ROWS);
}

static void test_reduction_edges(void **state)
{
	(void)state;
	float nan[] = {NAN, 3, NAN, -7, NAN}, inf[] = {INFINITY, -INFINITY}, minus[] = {-0.0f};
	assert_int_equal(td_m_bits(td_sum(nan, 0)), 0);
	assert_int_equal(td_m_bits(td_sum(minus, 1)), 0);
	assert_int_equal(td_m_bits(td_sum(inf, 2)), 0x7fc00000);
	assert_int_equal(td_m_bits(td_max(nan, 5)), td_m_bits(3));
	assert_int_equal(td_m_bits(td_min(nan, 5)), td_m_bits(-7));
	assert_int_equal(td_m_bits(td_max(nan, 1)), td_m_bits(-INFINITY));
	assert_int_equal(td_m_bits(td_min(nan, 0)), td_m_bits(INFINITY));
}

/* -- random numbers ------------------------------------------------------- */

#define SEED 0x0123456789abcdefu
#define STREAM 0xfedcba9876543210u
#define FIRST 0x3ffffffe0u

/* Random123 1.14.0, tests/kat_vectors, philox4x32 10: counter, key, result. */
static void test_known_answers(void **state)
{
	(void)state;
	static const uint32_t known[3][10] = {
		{0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
		{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0x408f276d,
	         0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
		{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, 0xd16cfe09,
	         0x94fdcceb, 0x5001e420, 0x24126ea1},
	};
	for (int i = 0; i < 3; i++) {
		const uint32_t *k = known[i];
		uint64_t index = k[0] | (uint64_t)k[1] << 32, stream = k[2] | (uint64_t)k[3] << 32,
			 seed = k[4] | (uint64_t)k[5] << 32;
		td_words w = td_random_words(seed, stream, index);
		td_philox p = td_philox_at(seed, stream, index);
		assert_memory_equal(&w, k + 6, sizeof w);
		assert_memory_equal(&p, k + 6, sizeof p);
	}
}

static void test_random_like_base(void **state)
{
	(void)state;
	td_rng r = td_rng_make(SEED, STREAM);
	for (uint64_t i = 0; i < 1000; i++) {
		td_words w = td_random_words(SEED, STREAM, i);
		td_philox p = td_philox_at(SEED, STREAM, i);
		assert_memory_equal(&w, &p, sizeof w);
		for (uint64_t half = 0; half < 2; half++)
			assert_int_equal(td_m_bits_f64(td_rng_unit(&r)),
			                 td_m_bits_f64(td_uniform_f64(SEED, STREAM, 2 * i + half)));
	}
}

static void test_random_bits(void **state)
{
	points *p = *state;
	bench_need(&p->cl, false);
	for (uint64_t i = 0; i < EACH; i++) {
		p->c32[i] = td_uniform(SEED, STREAM, FIRST + i);
		p->c32[EACH + i] = td_normal(SEED, STREAM, FIRST + i);
		p->c32[2 * EACH + i] =
			td_m_from_bits(td_below(SEED, STREAM, FIRST + i, 1000000007));
		p->c64[i] = td_uniform_f64(SEED, STREAM, FIRST + i);
		p->c64[EACH + i] = td_normal_f64(SEED, STREAM, FIRST + i);
	}
	for (int vector = 0; vector < 2; vector++) {
		const char *kernel = vector ? "vector_random" : "scalar_random";
		bench_run(&p->cl, kernel, 1, 1,
		          (bench_data){p->x32, p->x32, sizeof p->x32, p->d32, sizeof p->d32});
		same_bits(kernel, p->c32, p->c32, p->d32, sizeof(float),
		          (size_t)(vector ? 2 : 3) * EACH);
	}
	if (!p->cl.f64)
		return;
	bench_run(&p->cl, "random_f64", 1, 1,
	          (bench_data){p->x64, p->x64, sizeof p->x64, p->d64, sizeof p->d64});
	same_bits("random_f64", p->c64, p->c64, p->d64, sizeof(double), 2 * EACH);
}

/* Ranges, and the first two moments within five standard errors. */
static void test_random_values(void **state)
{
	(void)state;
	enum { DRAWS = 100000 };
	double sum[3] = {0}, square = 0;
	int count[3] = {0};
	for (uint64_t i = 0; i < DRAWS; i++) {
		float u = td_uniform(1, 2, i), n = td_normal(1, 3, i);
		assert_true(u >= 0 && u < 1 && n > -5.8f && n < 5.8f);
		sum[0] += (double)u;
		sum[1] += (double)n;
		square += (double)n * (double)n;
		count[td_below(1, 4, i, 3)]++;
		assert_int_equal(td_below(1, 5, i, 1), 0);
	}
	assert_true(fabs(sum[0] / DRAWS - 0.5) < 5 * 0.289 / 316);
	assert_true(fabs(sum[1] / DRAWS) < 5. / 316);
	assert_true(fabs(square / DRAWS - 1) < 5 * 1.415 / 316);
	for (int i = 0; i < 3; i++)
		assert_in_range(count[i], DRAWS / 3 - 5 * 149, DRAWS / 3 + 5 * 149);
	assert_int_equal(td_m_bits(td_unit(0xffffffff)), 0x3f7fffff);
	assert_int_equal(td_m_bits(td_unit(255)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reductions),       cmocka_unit_test(test_group_reductions),
		cmocka_unit_test(test_reduction_edges),  cmocka_unit_test(test_known_answers),
		cmocka_unit_test(test_random_like_base), cmocka_unit_test(test_random_bits),
		cmocka_unit_test(test_random_values),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
