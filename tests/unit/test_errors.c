/* Unit tests of measure/errors.h. */
#include "measure/agree.h"
#include "measure/errors.h"
#include "near.h"

static td_tensor f32(float *data, int64_t n)
{
	return (td_tensor){.dtype = TD_F32, .rank = 1, .dim = {n}, .data = data};
}

static td_tensor f64(double *data, int64_t n)
{
	return (td_tensor){.dtype = TD_F64, .rank = 1, .dim = {n}, .data = data};
}

/* got = F(x') + I, own = F(x): what went on is 0.5 of 2, what the device added 2^-20 of 2. */
static void parts_of_an_error(void **state)
{
	(void)state;
	float got[] = {2.5F + 0x1p-20F, 0};
	double isolated[] = {2.5, 0}, own[] = {2, 0};
	td_tensor g = f32(got, 2), i = f64(isolated, 2), o = f64(own, 2);
	td_errors x = td_errors_of(&g, &i, NULL, &o);
	assert_near(x.prop_max_abs, 0.5, 0);
	assert_near(x.prop_norm_rel, 0.25, 0);
	assert_true(x.gap <= 1);
	assert_near(x.rho_max, 0x1p-20 / (0x1p-24 * 2.5), 1e-15);
	td_errors alone = td_errors_of(&g, &i, NULL, NULL);
	assert_true(isnan(alone.prop_max_abs) && isnan(alone.gap));
}

/* Whatever cancels, the parts add up to within roundings of what they are made of. */
static void parts_add_up(void **state)
{
	(void)state;
	double got[] = {1, 1e-3, 7}, isolated[] = {1e8, 3, 7}, own[] = {1e-9, 5, 7};
	td_tensor g = f64(got, 3), i = f64(isolated, 3), o = f64(own, 3);
	assert_true(td_errors_of(&g, &i, NULL, &o).gap <= 2);
}

static void quantiles_of_rho(void **state)
{
	(void)state;
	enum { N = 1000 };
	static float got[N];
	static double ref[N], mag[N];
	for (int i = 0; i < N; i++) {
		got[i] = 1 + (float)(i + 1) * 0x1p-23F;
		ref[i] = 1;
		mag[i] = 4;
	}
	td_tensor g = f32(got, N), r = f64(ref, N);
	td_errors x = td_errors_of(&g, &r, mag, NULL);
	/* rho of element i is (i + 1) 2^-23 / (4 2^-24) = (i + 1) / 2; never too small, at most 9 % large */
	assert_true(x.rho_50 >= 250 && x.rho_50 <= 250 * 1.0906);
	assert_true(x.rho_99 >= 495 && x.rho_99 <= 500);
	assert_near(x.rho_999, 500, 1e-12);
	assert_near(x.rho_max, 500, 1e-12);
	td_errors none =
		td_errors_of(&(td_tensor){.dtype = TD_F32, .rank = 1, .dim = {0}},
	                     &(td_tensor){.dtype = TD_F64, .rank = 1, .dim = {0}}, NULL, NULL);
	assert_true(isnan(none.rho_50) && isnan(none.rho_max) && isnan(none.cosine));
}

static void classes(void **state)
{
	(void)state;
	const double nan = (double)NAN;
	float got[] = {NAN, 1, INFINITY, -0.0F, 0, -1, 0, NAN, -0.0F};
	double ref[] = {nan, nan, 3, 0, 1e-40, 1, 1, nan, -0.0};
	td_tensor g = f32(got, TD_COUNT(got)), r = f64(ref, TD_COUNT(ref));
	td_errors x = td_errors_of(&g, &r, NULL, NULL);
	assert_int_equal(x.nan, 2);
	assert_int_equal(x.inf, 1);
	assert_int_equal(x.other_class, 2); /* 1 for NaN, infinity for 3 */
	assert_int_equal(x.zero_sign, 1);
	assert_int_equal(x.flushed, 1);
	assert_int_equal(x.sign, 1);
}

static void angle(void **state)
{
	(void)state;
	double a[] = {1, 0, 2}, b[] = {2, 0, 4}, c[] = {0, 5, 0};
	td_tensor x = f64(a, 3), y = f64(b, 3), z = f64(c, 3);
	assert_true(fabs(td_errors_of(&x, &y, NULL, NULL).cosine) < 1e-15);
	assert_near(td_errors_of(&x, &z, NULL, NULL).cosine, 1, 1e-15);
}

static void amplification(void **state)
{
	(void)state;
	double x[] = {3, 4}, moved[] = {3.05, 4};
	int32_t whole[] = {1, 2};
	td_tensor in[] = {f64(moved, 2),
	                  {.dtype = TD_I32, .rank = 1, .dim = {2}, .data = whole},
	                  {.rank = -1}},
		  own[] = {f64(x, 2),
	                   {.dtype = TD_I64, .rank = 1, .dim = {2}, .data = whole},
	                   {.rank = -1}};
	assert_near(td_amplification(0.5, in, own, 3), 50, 1e-12); /* 0.01 came in */
	assert_true(isnan(td_amplification(0, own, own, 1)));
}

/* What is not finite is near nothing but itself. */
static void sums_that_are_not_finite(void **state)
{
	(void)state;
	const float inf = INFINITY;
	float got[] = {inf, -inf, NAN, 5, -inf, NAN, inf, 5, 5};
	double ref[] = {(double)inf, -(double)inf, (double)NAN, (double)inf, (double)inf, 5,
	                5,           (double)NAN,  1e300};
	const td_tol sum = {TD_SUM, 0, NULL};
	for (size_t i = 0; i < TD_COUNT(got); i++) {
		td_tensor g = f32(&got[i], 1), r = f64(&ref[i], 1);
		assert_int_equal(td_agree(&sum, 4, 1, &g, &r, NULL).pass, i < 3);
	}
}

static bool within_ulp(td_dtype d, uint16_t got, double ref)
{
	td_tensor g = {.dtype = d, .rank = 1, .dim = {1}, .data = &got}, r = f64(&ref, 1);
	return td_agree(&(td_tol){TD_ULP, 1, NULL}, 1, 1, &g, &r, NULL).pass;
}

static void ulps_of_16_bits(void **state)
{
	(void)state;
	assert_true(within_ulp(TD_F16, 0x3c01, 1) && !within_ulp(TD_F16, 0x3c02, 1));
	assert_true(within_ulp(TD_BF16, 0x3f81, 1) && !within_ulp(TD_BF16, 0x3f82, 1));
	assert_true(within_ulp(TD_F16, 0x8000, 0x1p-24) && !within_ulp(TD_F16, 0x8001, 0x1p-24));
	assert_true(within_ulp(TD_F16, 0x7e00, (double)NAN) && !within_ulp(TD_F16, 0x7e00, 1));
	assert_true(!within_ulp(TD_F16, 0x3c00, (double)NAN) && within_ulp(TD_F16, 0x7c00, 1e9));
}

/* 16 bits are storage: a sum may be off by one rounding to them, and by what floats may be off. */
static void sums_stored_in_16_bits(void **state)
{
	(void)state;
	uint16_t one = 0x3c00, above = 0x3c01, bf_one = 0x3f80, bf_above = 0x3f81;
	double tie = 1 + 0x1p-11, near = tie + 0x1p-22, far = 1 + 0x1p-10, bf_tie = 1 + 0x1p-8,
	       mag = 1;
	const struct {
		td_dtype dtype;
		uint16_t *got;
		double *ref;
		bool pass;
	} rows[] = {{TD_F16, &one, &tie, true},        {TD_F16, &above, &tie, true},
	            {TD_F16, &one, &near, true},       {TD_F16, &one, &far, false},
	            {TD_BF16, &bf_one, &bf_tie, true}, {TD_BF16, &bf_above, &bf_tie, true},
	            {TD_BF16, &bf_above, &mag, false}};
	const td_tol tol = {TD_SUM, 0, NULL};
	for (size_t i = 0; i < TD_COUNT(rows); i++) {
		td_tensor g = {.dtype = rows[i].dtype, .rank = 1, .dim = {1}, .data = rows[i].got},
			  r = f64(rows[i].ref, 1);
		assert_int_equal(td_agree(&tol, 8, 1, &g, &r, &mag).pass, rows[i].pass);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_of_an_error),
		cmocka_unit_test(parts_add_up),
		cmocka_unit_test(quantiles_of_rho),
		cmocka_unit_test(classes),
		cmocka_unit_test(angle),
		cmocka_unit_test(amplification),
		cmocka_unit_test(sums_that_are_not_finite),
		cmocka_unit_test(ulps_of_16_bits),
		cmocka_unit_test(sums_stored_in_16_bits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
