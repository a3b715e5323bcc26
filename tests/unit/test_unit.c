/* Unit tests of model/unit.c and dtype.c. */
#include "testing.h"

#include "base/rng.h"
#include "model/dtype.h"
#include "model/unit.h"

#include <math.h>
#include <string.h>

static td_unit unit_of(const char *text)
{
	td_unit u = {0};
	assert_ok(td_unit_parse(text, NULL, &u, e));
	return u;
}

static void equal_units(void **state)
{
	(void)state;
	static const char *const table[][2] = {
		{"V", "W/A"},      {"V", "kg*m^2/s^3/A"}, {"Hz", "1/s"},
		{"Hz", "s^-1"},    {"mV", "1e-3*V"},      {"uV", "0.001*mV"},
		{"N", "kg*m/s^2"}, {"kg", "1000*g"},      {"min", "60*s"},
		{"%", "0.01"},     {"V^2/Hz", "V*V*s"},   {"V/Hz^0.5", "V*s^0.5"},
		{"Ohm", "V/A"},    {"J", "N*m"},          {"Pa", "N/m^2"},
		{"T", "V*s/m^2"},  {"km/s", "m/ms"},      {"dB", "1*dB"},
		{"dB/1", "dB"},    {"m/m", "1"},
	};
	for (size_t i = 0; i < TD_COUNT(table); i++) {
		td_unit a = unit_of(table[i][0]), b = unit_of(table[i][1]);
		if (!td_unit_equal(&a, &b) || !td_unit_alike(&b, &a))
			fail_msg("%s is not %s", table[i][0], table[i][1]);
	}
}

static void other_units(void **state)
{
	(void)state;
	static const struct {
		const char *a, *b;
		bool alike;
	} table[] = {
		{"V", "uV", true},   {"s", "min", true},   {"1", "%", true},
		{"V", "A", false},   {"dB", "1", false},   {"dB", "z", false},
		{"rad", "1", false}, {"Hz", "rad", false}, {"V", "V^2", false},
	};
	for (size_t i = 0; i < TD_COUNT(table); i++) {
		td_unit a = unit_of(table[i].a), b = unit_of(table[i].b);
		assert_false(td_unit_equal(&a, &b));
		assert_int_equal(td_unit_alike(&a, &b), table[i].alike);
	}
	td_unit unknown = {0}, one = unit_of("1");
	assert_false(td_unit_alike(&unknown, &one));
	assert_true(td_unit_equal(&unknown, &unknown));
}

static void text_is(const char *unit, const char *want)
{
	td_unit u = unit_of(unit);
	assert_string_equal(td_unit_text(&u).text, want);
}

static void texts(void **state)
{
	(void)state;
	static const char *const table[][2] = {
		{"V", "V"},
		{"1e-6*V", "uV"},
		{"kg*m^2/s^3/A", "V"},
		{"1/s", "Hz"},
		{"V^2", "V^2"},
		{"uV^2", "uV^2"},
		{"1/V", "V^-1"},
		{"m/s", "m*s^-1"},
		{"V/Hz^0.5", "m^2*kg*s^-2.5*A^-1"},
		{"5", "5"},
		{"1", "1"},
		{"0.01", "%"},
		{"5*m/s", "5*m*s^-1"},
		{"dB", "dB"},
		{"60*s", "min"},
		{"1000*kg", "Mg"},
		{"m^0.5", "m^0.5"},
	};
	for (size_t i = 0; i < TD_COUNT(table); i++)
		text_is(table[i][0], table[i][1]);
	td_unit unknown = {0};
	assert_string_equal(td_unit_text(&unknown).text, "no unit");
}

static void round_trip(void **state)
{
	(void)state;
	static const char *const names[] = {"m",   "kg",  "s", "A",  "K",   "mol", "cd",  "V",
	                                    "Hz",  "Ohm", "W", "J",  "N",   "Pa",  "T",   "g",
	                                    "min", "1",   "%", "uV", "kHz", "ms",  "1.5", "0.125"};
	td_rng r = td_rng_make(5, 0);
	size_t longest = 0;
	int read = 0;
	for (int i = 0; i < 20000; i++) {
		td_str s = {0};
		td_unit u, back;
		int n = 1 + (int)td_rng_below(&r, 5);
		for (int k = 0; k < n; k++) {
			static const char *const power[] = {"", "^2", "^-1", "^0.5", "^-3.5", "^7"};
			td_str_addf(&s, "%s%s%s",
			            !k                    ? ""
			            : td_rng_below(&r, 2) ? "*"
			                                  : "/",
			            names[td_rng_below(&r, TD_COUNT(names))],
			            power[td_rng_below(&r, TD_COUNT(power))]);
		}
		if (td_unit_parse(s.data, NULL, &u, NULL)) {
			read++;
			td_unit_name text = td_unit_text(&u);
			assert_ok(td_unit_parse(text.text, NULL, &back, e));
			if (!td_unit_equal(&u, &back) ||
			    !td_same(td_unit_text(&back).text, text.text))
				fail_msg("%s became %s", s.data, text.text);
			longest = strlen(text.text) > longest ? strlen(text.text) : longest;
		}
		td_str_fini(&s);
	}
	assert_true(read > 15000);
	assert_in_range(longest, 20, sizeof(td_unit_name) - 2);
}

static void longest_text(void **state)
{
	(void)state;
	td_unit u = {.known = true, .scale = 1.2345678901234567e-300}, back;
	memset(u.half_exp, -99, sizeof u.half_exp);
	td_unit_name text = td_unit_text(&u);
	assert_string_equal(text.text, "1.2345678901234568e-300*m^-49.5*kg^-49.5*s^-49.5*A^-49.5"
	                               "*K^-49.5*mol^-49.5*cd^-49.5");
	assert_ok(td_unit_parse(text.text, NULL, &back, e));
	assert_true(td_unit_equal(&u, &back));
}

static void variables(void **state)
{
	(void)state;
	td_unit_vars vars = {0};
	td_unit u, want = unit_of("V^2*s");
	vars.var['a' - 'a'] = unit_of("V");
	vars.var['b' - 'a'] = unit_of("Hz");
	assert_ok(td_unit_parse("?a^2/?b", &vars, &u, e));
	assert_true(td_unit_equal(&u, &want));
	assert_ok(td_unit_parse("?a*?z", &vars, &u, e)); /* unknown swallows */
	assert_false(u.known);
	vars.var[2] = unit_of("dB");
	assert_ok(td_unit_parse("?c", &vars, &u, e));
	assert_string_equal(td_unit_text(&u).text, "dB");
	assert_fails(td_unit_parse("?c*?a", &vars, &u, e), TD_E_USAGE,
	             "the unit \"?c*?a\" mixes a tag (dB, prob, z …) with other units");
}

static void errors(void **state)
{
	(void)state;
	static const char *const table[][2] = {
		{"", "\"\" is no unit I know at \"\"; write V, uV, Hz, m/s^2, dB, prob, 1 …"},
		{"volt", "\"volt\" is no unit I know at \"volt\"; write V, uV, Hz, m/s^2, dB, "
	                 "prob, 1 …"},
		{"V/fortnight", "\"V/fortnight\" is no unit I know at \"fortnight\"; write V, uV, "
	                        "Hz, m/s^2, dB, prob, 1 …"},
		{"V^", "\"V^\" is no unit I know at \"V^\"; write V, uV, Hz, m/s^2, dB, prob, 1 …"},
		{"V^0.3",
	         "\"V^0.3\" is no unit I know at \"V^0.3\"; write V, uV, Hz, m/s^2, dB, prob, 1 …"},
		{"?a", "\"?a\" is no unit I know at \"?a\"; write V, uV, Hz, m/s^2, dB, prob, 1 …"},
		{"V A", "the unit \"V A\" needs * or / at \" A\""},
		{"dB*V", "the unit \"dB*V\" mixes a tag (dB, prob, z …) with other units"},
		{"1/dB", "the unit \"1/dB\" mixes a tag (dB, prob, z …) with other units"},
		{"m^50*m", "the unit \"m^50*m\" has an exponent out of range"},
		{"1e300*1e300", "the unit \"1e300*1e300\" has a scale out of range"},
		{"1e-300*1e-300", "the unit \"1e-300*1e-300\" has a scale out of range"},
		{"0", "\"0\" is no unit I know at \"0\"; write V, uV, Hz, m/s^2, dB, prob, 1 …"},
		{"-1", "\"-1\" is no unit I know at \"-1\"; write V, uV, Hz, m/s^2, dB, prob, 1 …"},
		{"kmin",
	         "\"kmin\" is no unit I know at \"kmin\"; write V, uV, Hz, m/s^2, dB, prob, 1 …"},
	};
	td_unit u;
	for (size_t i = 0; i < TD_COUNT(table); i++)
		assert_fails(td_unit_parse(table[i][0], NULL, &u, e), TD_E_USAGE, table[i][1]);
	td_unit_vars vars = {{unit_of("m^0.5")}};
	assert_fails(td_unit_parse("?a^0.5", &vars, &u, e), TD_E_USAGE,
	             "the unit \"?a^0.5\" has an exponent that is no multiple of 1/2");
}

/* -- dtypes --------------------------------------------------------------- */

static void dtypes(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		size_t size;
		bool is_float;
	} table[TD_N_DTYPES] = {{"f32", 4, true},  {"f64", 8, true}, {"i32", 4, false},
	                        {"i64", 8, false}, {"u8", 1, false}, {"f16", 2, true},
	                        {"bf16", 2, true}};
	for (unsigned i = 0; i < TD_N_DTYPES; i++) {
		td_dtype d = TD_N_DTYPES;
		assert_true(td_dtype_parse(table[i].name, &d));
		assert_int_equal(d, i);
		assert_string_equal(td_dtype_name(d), table[i].name);
		assert_int_equal(td_sizeof(d), table[i].size);
		assert_int_equal(td_dtype_of(d)->is_float, table[i].is_float);
	}
	td_dtype d;
	assert_false(td_dtype_parse("float", &d));
	assert_false(td_dtype_parse("", &d));
	assert_string_equal(td_dtypes_list(TD_SET_FLOAT).text, "f32 or f64");
	assert_string_equal(td_dtypes_list(TD_SET_F64).text, "f64");
	assert_string_equal(td_dtypes_list(TD_SET_ANY).text, "f32, f64, i32, i64 or u8");
	assert_string_equal(td_dtypes_list(0).text, "");
}

static void tensors(void **state)
{
	(void)state;
	td_tensor t = {.dtype = TD_F64, .rank = 4, .dim = {2, 3, 4, 5}};
	assert_int_equal(td_numel(&t), 120);
	assert_int_equal(td_span(&t, 0, -2), 6);
	assert_int_equal(td_span(&t, -2, 4), 20);
	assert_int_equal(td_span(&t, 1, 3), 12);
	assert_int_equal(td_span(&t, 2, 2), 1);
	assert_true(td_feq_exact(td_bytes(&t), 960) && td_feq_exact(td_elements(&t), 120));
	t.rank = 0;
	assert_int_equal(td_numel(&t), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_units),  cmocka_unit_test(other_units),
		cmocka_unit_test(texts),        cmocka_unit_test(round_trip),
		cmocka_unit_test(longest_text), cmocka_unit_test(variables),
		cmocka_unit_test(errors),       cmocka_unit_test(dtypes),
		cmocka_unit_test(tensors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
