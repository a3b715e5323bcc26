/* Unit tests of model/param.c. */
#include "testing.h"

#include "model/param.h"
#include "nodes.h"

#include <math.h>
#include <string.h>

static bool set(test_rich_params *p, const char *name, td_lit v, td_err *e)
{
	return td_param_set(td_param_find(&test_rich, name), p, &v, e);
}

static td_lit integer(int64_t i)
{
	return (td_lit){.kind = TD_LIT_INT, .as.i = i};
}

static td_lit real(double r)
{
	return (td_lit){.kind = TD_LIT_REAL, .as.r = r};
}

static td_lit flag(bool b)
{
	return (td_lit){.kind = TD_LIT_FLAG, .as.b = b};
}

static td_lit text(const char *s)
{
	return (td_lit){.kind = TD_LIT_TEXT, .as.s = s};
}

static void finding(void **state)
{
	(void)state;
	assert_ptr_equal(td_param_find(&test_rich, "eps"), &test_rich.params[1]);
	assert_null(td_param_find(&test_rich, "ep"));
	assert_null(td_param_find(&test_add, "eps"));
	assert_string_equal(td_param_closest(&test_rich, "cuasal"), "causal");
	assert_null(td_param_closest(&test_rich, "nothing like it"));
	assert_null(td_param_closest(&test_add, "eps"));
}

static void defaults(void **state)
{
	(void)state;
	test_rich_params p = {0};
	td_params_default(&test_rich, &p);
	assert_int_equal(p.k, 3);
	assert_true(td_feq_exact(p.eps, 1e-12) && td_feq_exact(p.scale, 1));
	assert_true(p.mode == 0 && !p.causal);
	test_draw_params d = {0};
	td_params_default(&test_draw, &d);
	assert_true(d.seed == 0 && d.n == 16); /* the required one stays zero */
	td_params_default(&test_add, NULL);
}

static void setting(void **state)
{
	(void)state;
	test_rich_params p = {0};
	assert_ok(set(&p, "k", integer(1000), e));
	assert_ok(set(&p, "eps", integer(1), e));
	assert_ok(set(&p, "scale", real(-HUGE_VAL), e));
	assert_ok(set(&p, "mode", text("two words"), e));
	assert_ok(set(&p, "causal", flag(true), e));
	assert_int_equal(p.k, 1000);
	assert_true(td_feq_exact(p.eps, 1) && isinf(p.scale));
	assert_true(p.mode == 1 && p.causal);
	assert_int_equal(td_param_int(td_param_find(&test_rich, "k"), &p), 1000);
	assert_int_equal(td_param_int(td_param_find(&test_rich, "mode"), &p), 1);
	assert_string_equal(td_param_choice(td_param_find(&test_rich, "mode"), &p), "two words");
}

static void refusing(void **state)
{
	(void)state;
	test_rich_params p = {0};
	assert_fails(set(&p, "k", integer(0), e), TD_E_USAGE, "k = 0 is out of range: 1 … 1000");
	assert_fails(set(&p, "k", integer(INT64_MAX), e), TD_E_USAGE,
	             "k = 9223372036854775807 is out of range: 1 … 1000");
	assert_fails(set(&p, "k", real(3), e), TD_E_USAGE,
	             "k takes an integer: write 3 instead of 3.0");
	assert_fails(set(&p, "k", real(3.5), e), TD_E_USAGE, "k takes an integer");
	assert_fails(set(&p, "k", text("3"), e), TD_E_USAGE, "k takes an integer");
	assert_fails(set(&p, "eps", real(-1e-3), e), TD_E_USAGE,
	             "eps = -0.001 is out of range: 0 … 1 V");
	assert_fails(set(&p, "eps", real((double)NAN), e), TD_E_USAGE,
	             "eps = nan is out of range: 0 … 1 V");
	assert_fails(set(&p, "scale", real((double)NAN), e), TD_E_USAGE,
	             "scale = nan is out of range: -inf … inf");
	assert_fails(set(&p, "scale", flag(true), e), TD_E_USAGE, "scale takes a number");
	assert_fails(set(&p, "causal", integer(1), e), TD_E_USAGE, "causal takes true or false");
	assert_fails(set(&p, "mode", text("plane"), e), TD_E_USAGE,
	             "mode has no choice \"plane\"; did you mean \"plain\"?");
	assert_fails(set(&p, "mode", text("else"), e), TD_E_USAGE,
	             "mode has no choice \"else\"; there are \"plain\", \"two words\", \"inf\", "
	             "\"true\", \"7\"");
	assert_fails(set(&p, "mode", integer(7), e), TD_E_USAGE,
	             "mode takes one of its words as a string, for example \"plain\"");
	assert_memory_equal(&p, &(test_rich_params){0}, sizeof p);
}

static void texts(void **state)
{
	(void)state;
	static const char *const want[] = {"-5", "1e-12", "2.0", "true", "true"};
	test_rich_params p = {.k = -5, .eps = 1e-12, .scale = 2, .mode = 3, .causal = true};
	for (int i = 0; i < 5; i++) {
		td_str s = {0};
		td_param_text(&test_rich.params[i], &p, &s);
		assert_text(&s, want[i]);
	}
}

static void literals(void **state)
{
	(void)state;
	static const struct {
		const char *word;
		td_lit_kind kind;
		const char *text;
	} table[] = {
		{"true", TD_LIT_FLAG, "true"},   {"false", TD_LIT_FLAG, "false"},
		{"True", TD_LIT_TEXT, "True"},   {"12", TD_LIT_INT, "12"},
		{"-3", TD_LIT_INT, "-3"},        {"1.0", TD_LIT_REAL, "1.0"},
		{"1e3", TD_LIT_REAL, "1000.0"},  {"1e300", TD_LIT_REAL, "1e300"},
		{"nan", TD_LIT_REAL, "nan"},     {"-inf", TD_LIT_REAL, "-inf"},
		{"", TD_LIT_TEXT, ""},           {"1,2", TD_LIT_TEXT, "1,2"},
		{"1e999", TD_LIT_TEXT, "1e999"}, {"-0.0", TD_LIT_REAL, "-0.0"},
	};
	for (size_t i = 0; i < TD_COUNT(table); i++) {
		td_lit v = td_lit_read(table[i].word);
		td_str s = {0};
		td_lit_text(&v, &s);
		assert_int_equal(v.kind, table[i].kind);
		assert_text(&s, table[i].text);
	}
	assert_int_equal(td_lit_read("9223372036854775808").kind, TD_LIT_REAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finding),  cmocka_unit_test(defaults), cmocka_unit_test(setting),
		cmocka_unit_test(refusing), cmocka_unit_test(texts),    cmocka_unit_test(literals),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
