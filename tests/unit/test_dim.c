/* Unit tests of model/dim.c and dim_text.c: normal form, text, ranges, limits. */
#include "dims.h"
#include "testing.h"

#include <string.h>

/* -- normal form ---------------------------------------------------------- */

static void same_dims(void **state)
{
	(void)state;
	static const char *const table[][2] = {
		{"A+B", "B+A"},
		{"(A+B)*C", "C*A+C*B"},
		{"A-A", "0"},
		{"A*B*C-C*B*A+7", "7"},
		{"2*A+3*A", "5*A"},
		{"(A+1)*(A-1)", "A*A-1"},
		{"-(A-B)", "B-A"},
		{"--A", "A"},
		{"A*-2", "-2*A"},
		{"7/2", "3"},
		{"-7/2", "-4"},
		{"(A+4)/4", "A/4+1"},
		{"(A-1)/4", "(A+3)/4-1"},
		{"(6*A+4)/2", "3*A+2"},
		{"(7*A+9)/2", "3*A+4+(A+1)/2"},
		{"A/3/5", "A/15"},
		{"(A/3+10)/5", "A/15+2"},
		{"A/A", "1"},
		{"A*B/B", "A"},
		{"(A*B+3*B)/B", "A+3"},
		{"(A*B)/(A*B)", "1"},
		{"6*A*B/(2*B)", "3*A"},
		{"A/1", "A"},
		{"(A-9223372036854775807)/3", "(A+2)/3-3074457345618258603"},
		{"min(A,B)", "min(B,A)"},
		{"max(A,A)", "A"},
		{"min(A,20)", "A"},
		{"max(A,20)", "20"},
		{"max(A,1)", "A"},
		{"min(A,12)", "A"},
		{"min(0,A)", "0"},
	};
	td_dims *d = pool();
	for (size_t i = 0; i < TD_COUNT(table); i++)
		if (dim_of(d, table[i][0]) != dim_of(d, table[i][1]))
			fail_msg("%s is not %s", table[i][0], table[i][1]);
	td_dims_free(d);
}

static void other_dims(void **state)
{
	(void)state;
	static const char *const table[][2] = {
		{"A", "B"},         {"A/2+B/2", "(A+B)/2"},
		{"A/2*2", "A"},     {"min(A,B)", "A"},
		{"max(A,11)", "A"}, {"A*A", "A"},
		{"(A*B+1)/B", "A"}, {"A-B", "B-A"},
		{"(A+1)/2", "A/2"}, {"min(A,B)", "max(A,B)"},
	};
	td_dims *d = pool();
	for (size_t i = 0; i < TD_COUNT(table); i++)
		if (dim_of(d, table[i][0]) == dim_of(d, table[i][1]))
			fail_msg("%s is %s", table[i][0], table[i][1]);
	td_dims_free(d);
}

static void division_needs_positive(void **state)
{
	(void)state;
	td_dims *d = td_dims_new();
	td_dim n = td_dim_of(d, td_dims_declare(d, "n", 0, 9));
	assert_true(td_dim_div(d, n, n) != td_dim_int(d, 1)); /* 0/0 may happen */
	assert_true(td_dim_div(d, td_dim_mul(d, n, n), n) != n);
	assert_int_equal(td_dim_div(d, n, td_dim_int(d, 0)), TD_DIM_BAD);
	assert_int_equal(td_dim_div(d, n, td_dim_int(d, -2)), TD_DIM_BAD);
	int64_t zero = 0, out;
	assert_false(td_dim_eval(d, td_dim_div(d, td_dim_int(d, 5), n), &zero, &out));
	td_dims_free(d);
}

/* -- questions ------------------------------------------------------------ */

static void questions(void **state)
{
	(void)state;
	td_dims *d = pool();
	int64_t x = 0;
	assert_true(td_dim_const(d, dim_of(d, "3*4-5"), &x) && x == 7);
	assert_true(td_dim_const(d, dim_of(d, "A-A"), &x) && x == 0);
	assert_false(td_dim_const(d, dim_of(d, "A"), &x));
	assert_false(td_dim_const(d, TD_DIM_BAD, &x));
	assert_int_equal(td_dim_symbol(d, dim_of(d, "A+B-A")), 1);
	assert_int_equal(td_dim_symbol(d, dim_of(d, "2*B")), -1);
	assert_int_equal(td_dim_symbol(d, dim_of(d, "B/2")), -1);
	assert_int_equal(td_dim_symbol(d, dim_of(d, "4")), -1);
	assert_int_equal(td_dim_symbol(d, TD_DIM_BAD), -1);
	assert_int_equal(td_dims_count(d), SYMBOLS);
	assert_int_equal(td_dims_find(d, "C"), 2);
	assert_int_equal(td_dims_find(d, "F"), -1);
	assert_string_equal(td_dims_symbol(d, 3)->name, "D");
	assert_int_equal(td_dims_symbol_c(d, 3)->hi, 12);
	td_dims_free(d);
	td_dims_free(NULL);
}

static void evaluation(void **state)
{
	(void)state;
	td_dims *d = pool();
	int64_t values[SYMBOLS] = {7, 2, 3, 4, 5}, out;
	assert_true(td_dim_eval(d, dim_of(d, "(A-3)/B+min(C,D)*max(D,E)"), values, &out));
	assert_int_equal(out, 2 + 3 * 5);
	values[0] = -1;
	assert_false(td_dim_eval(d, dim_of(d, "A+B"), values, &out)); /* unknown */
	assert_false(td_dim_eval(d, dim_of(d, "A/2"), values, &out));
	assert_true(td_dim_eval(d, dim_of(d, "B+C"), values, &out) && out == 5);
	assert_false(td_dim_eval(d, TD_DIM_BAD, values, &out));
	values[0] = INT64_MAX - 7;
	assert_true(td_dim_eval(d, dim_of(d, "-1*A-B*D+1"), values, &out) && out == -INT64_MAX);
	assert_false(td_dim_eval(d, dim_of(d, "-1*A-B*D"), values, &out)); /* no INT64_MIN */
	values[0] = INT64_MAX;
	assert_false(td_dim_eval(d, dim_of(d, "A+B"), values, &out));
	assert_false(td_dim_eval(d, dim_of(d, "A*B"), values, &out));
	td_dims_free(d);
}

static void late(void **state)
{
	(void)state;
	td_dims *d = pool();
	td_dim a = td_dim_of(d, 0), cap = dim_of(d, "2*A+1");
	int kept = td_dims_late(d, "kept@reject", cap);
	td_dim k = td_dim_of(d, kept);
	int64_t lo, hi;
	assert_true(td_dims_symbol(d, kept)->late && td_dims_symbol(d, kept)->capacity == cap);
	td_dim_range(d, k, &lo, &hi);
	assert_true(lo == 0 && hi == 25);
	assert_true(td_dim_late(d, k));
	assert_true(td_dim_late(d, td_dim_div(d, td_dim_add(d, k, a), td_dim_int(d, 3))));
	assert_true(td_dim_late(d, td_dim_min(d, k, a)));
	assert_false(td_dim_late(d, a));
	assert_false(td_dim_late(d, TD_DIM_BAD));
	reads_as(d, "kept@reject*2", "2*kept@reject");
	for (int i = 0; i < 20000; i++) { /* a chain of late dims neither recurses nor slows down */
		char name[32];
		td_clip(name, sizeof name, "k%d", i);
		k = td_dim_of(d, td_dims_late(d, name, k));
	}
	td_dim_range(d, k, &lo, &hi);
	assert_true(lo == 0 && hi == 25);
	td_dims_free(d);
}

/* -- text ----------------------------------------------------------------- */

static void texts(void **state)
{
	(void)state;
	static const char *const table[][2] = {
		{"B*A", "A*B"},
		{"1+A+B*C+A*A", "A*A+B*C+A+1"},
		{"-A", "-A"},
		{"3-2*A", "-2*A+3"},
		{"A-B", "A-B"},
		{"(A-3)/2+1", "(A+1)/2-1"},
		{"(T0-1)/2", "(T0+1)/2-1"},
		{"B-A/2", "-(A/2)+B"},
		{"B*(A/2)", "(A/2)*B"},
		{"3*(A/2)", "3*(A/2)"},
		{"(A+B)/(C+1)", "(A+B)/(C+1)"},
		{"A/(2*B)", "A/(2*B)"},
		{"(2*A)/B", "(2*A)/B"},
		{"A/(B/2)", "A/(B/2)"},
		{"min(B+1,A)*2", "2*min(A,B+1)"},
		{"max(A/2,B)/3", "max(A/2,B)/3"},
		{"0", "0"},
		{"A-A", "0"},
		{"-5", "-5"},
		{"9223372036854775807*A", "9223372036854775807*A"},
	};
	td_dims *d = pool();
	td_dims_declare(d, "T0", 1, TD_DIM_MAX);
	for (size_t i = 0; i < TD_COUNT(table); i++) {
		reads_as(d, table[i][0], table[i][1]);
		assert_int_equal(dim_of(d, table[i][0]), dim_of(d, table[i][1]));
	}
	td_str s = {0};
	td_dim_text(d, TD_DIM_BAD, &s);
	assert_text(&s, "?");
	td_shape shape = {.rank = 3, .dim = {dim_of(d, "A"), dim_of(d, "2*B"), TD_DIM_BAD}};
	td_shape_text(d, &shape, &s);
	assert_text(&s, "A 2*B ?");
	td_dims_free(d);
}

static void text_ignores_order_of_making(void **state)
{
	(void)state;
	static const char *const text[] = {"A*B+C+min(A*C,B)", "(A+B)/(C*D)", "A*B*(C/2)-D"};
	td_dims *one = pool(), *two = td_dims_new();
	for (int i = SYMBOLS - 1; i >= 0; i--)
		td_dims_declare(two, td_dims_symbol_c(one, i)->name, 1, 12);
	dim_of(two, "E*D*C*B*A+D/2+min(B,C*A)");
	for (size_t i = 0; i < TD_COUNT(text); i++) {
		td_str s = {0};
		td_dim_text(one, dim_of(one, text[i]), &s);
		reads_as(two, text[i], s.data);
		td_str_fini(&s);
	}
	td_dims_free(one);
	td_dims_free(two);
}

static void parse_errors(void **state)
{
	(void)state;
	static const char *const table[][2] = {
		{"", "the dim ends too early at column 1 of the dim \"\""},
		{"A+", "the dim ends too early at column 3 of the dim \"A+\""},
		{"(A", "the dim ends too early at column 3 of the dim \"(A\""},
		{"A)", "unexpected symbol at column 2 of the dim \"A)\""},
		{"A B", "an operator is expected at column 2 of the dim \"A B\""},
		{"*A", "a dim is expected at column 1 of the dim \"*A\""},
		{"()", "a dim is expected at column 2 of the dim \"()\""},
		{"A+%", "a dim is expected at column 3 of the dim \"A+%\""},
		{"A,B", "unexpected symbol at column 2 of the dim \"A,B\""},
		{"(A,B)", "unexpected comma at column 3 of the dim \"(A,B)\""},
		{"min(A)", "min and max take two dims at column 6 of the dim \"min(A)\""},
		{"min(A,B,C)", "unexpected comma at column 8 of the dim \"min(A,B,C)\""},
		{"floor(A)", "only min and max can be called at column 1 of the dim \"floor(A)\""},
		{"A+Q", "unknown dim \"Q\" in \"A+Q\""},
		{"a234567890123456789012345678901234567890123456789012345678901234",
	         "name too long at column 1 of the dim "
	         "\"a234567890123456789012345678901234567890123456789012345678901234\""},
		{"((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((",
	         "too deeply nested at column 66 of the dim "
	         "\"((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((\""},
		{"9223372036854775808",
	         "number too large at column 19 of the dim \"9223372036854775808\""},
		{"A/0", "the dim \"A/0\" is too large, too complex or divides by zero"},
		{"A*A*A*A*A*A*A*A*A",
	         "the dim \"A*A*A*A*A*A*A*A*A\" is too large, too complex or divides by zero"},
		{"9223372036854775807*A+A", "the dim \"9223372036854775807*A+A\" is too large, too "
	                                    "complex or divides by zero"},
		{"-9223372036854775807*A-A",
	         "the dim \"-9223372036854775807*A-A\" is too large, too complex or divides by "
	         "zero"},
	};
	td_dims *d = pool();
	td_dim dim;
	for (size_t i = 0; i < TD_COUNT(table); i++)
		assert_fails(parse(d, table[i][0], &dim, e), TD_E_USAGE, table[i][1]);
	assert_false(td_dim_parse(d, "A\0B", 3, find, d, &dim, NULL)); /* a NUL is no letter */
	assert_false(td_dim_parse(d, "A", 1, NULL, NULL, &dim, NULL));
	assert_false(td_dim_parse(d, "A+B", 2, find, d, &dim, NULL)); /* only n characters count */
	td_dims_free(d);
}

static void deep(void **state)
{
	(void)state;
	td_dims *d = pool();
	td_str s = {0};
	td_dim dim;
	for (int i = 0; i < 63; i++)
		td_str_add(&s, "(");
	td_str_add(&s, "A");
	for (int i = 0; i < 63; i++)
		td_str_add(&s, ")");
	assert_int_equal(dim_of(d, s.data), td_dim_of(d, 0));
	td_str_fini(&s);
	for (int i = 0; i < 65; i++)
		td_str_add(&s, "(");
	assert_false(parse(d, s.data, &dim, NULL));
	td_str_fini(&s);
	td_str_add(&s, "A");
	for (int i = 0; i < 12; i++) { /* floors inside each other: 12 are allowed */
		td_str next = {0};
		td_str_addf(&next, "(%s+B)/C", s.data);
		td_str_fini(&s);
		s = next;
		assert_ok(parse(d, s.data, &dim, e));
	}
	td_str_add(&s, "+0");
	assert_int_equal(td_dim_div(d, td_dim_add(d, dim, dim_of(d, "B")), dim_of(d, "C")),
	                 TD_DIM_BAD);
	td_str_fini(&s);
	td_dims_free(d);
}

/* The number of atoms of one atom is bounded: this square of a square … would have 2^12 of them. */
static void wide(void **state)
{
	(void)state;
	td_dims *d = pool();
	td_dim x = td_dim_of(d, 0), y = td_dim_of(d, 1);
	int i = 0;
	for (; i < 12 && x != TD_DIM_BAD; i++)
		x = td_dim_div(d, td_dim_add(d, td_dim_mul(d, x, x), y), td_dim_int(d, 3));
	assert_in_range(i, 8, 11);
	td_dims_free(d);
}

static void names(void **state)
{
	(void)state;
	assert_true(td_dim_name_valid("kept@reject.n_1", 15));
	assert_true(td_dim_name_valid("_", 1));
	assert_false(td_dim_name_valid("", 0));
	assert_false(td_dim_name_valid("1a", 2));
	assert_false(td_dim_name_valid("a b", 3));
	assert_false(td_dim_name_valid("a\0b", 3));
	char longest[65];
	memset(longest, 'x', sizeof longest);
	assert_true(td_dim_name_valid(longest, 63));
	assert_false(td_dim_name_valid(longest, 64));
}

/* -- ranges and limits ---------------------------------------------------- */

static void ranges(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t lo, hi;
	} table[] = {
		{"A", 1, 12},
		{"-A", -12, -1},
		{"A+B", 2, 24},
		{"A-B", -11, 11},
		{"A*B", 1, 144},
		{"2*A+5", 7, 29},
		{"A/5", 0, 2},
		{"(A-7)/B", -6, 5},
		{"min(A,B+5)", 1, 12},
		{"max(A,6)", 6, 12},
		{"5", 5, 5},
		{"N*N*N", 1, INT64_MAX},
		{"-1*N*N*N", -INT64_MAX, -1},
		{"5-N*N*N", 5 - INT64_MAX, 4},
		{"N*N*N+N*N*A", 2, INT64_MAX},
	};
	td_dims *d = pool();
	td_dims_declare(d, "N", 1, TD_DIM_MAX);
	for (size_t i = 0; i < TD_COUNT(table); i++) {
		int64_t lo, hi;
		td_dim_range(d, dim_of(d, table[i].text), &lo, &hi);
		if (lo != table[i].lo || hi != table[i].hi)
			fail_msg("%s: %lld … %lld", table[i].text, (long long)lo, (long long)hi);
	}
	int64_t lo, hi;
	td_dim_range(d, TD_DIM_BAD, &lo, &hi);
	assert_true(lo == -INT64_MAX && hi == INT64_MAX);
	td_dims_free(d);
}

static void limits(void **state)
{
	(void)state;
	td_dims *d = td_dims_new();
	td_dim sum = td_dim_int(d, 0), all[66];
	for (int i = 0; i < 66; i++) {
		char name[8];
		td_clip(name, sizeof name, "s%d", i);
		all[i] = td_dim_of(d, td_dims_declare(d, name, 1, 9));
	}
	for (int i = 0; i < 64; i++)
		sum = td_dim_add(d, sum, all[i]);
	assert_true(sum != TD_DIM_BAD);
	assert_int_equal(td_dim_add(d, sum, all[64]), TD_DIM_BAD);
	assert_int_equal(td_dim_mul(d, sum, sum), TD_DIM_BAD);
	assert_int_equal(td_dim_int(d, INT64_MIN), TD_DIM_BAD);
	assert_int_equal(td_dim_sub(d, td_dim_int(d, -INT64_MAX), td_dim_int(d, 1)), TD_DIM_BAD);
	assert_int_equal(td_dim_mul(d, td_dim_int(d, INT64_MAX), td_dim_int(d, 2)), TD_DIM_BAD);
	td_dim (*const op[])(td_dims *, td_dim, td_dim) = {td_dim_add, td_dim_sub, td_dim_mul,
	                                                   td_dim_div, td_dim_min, td_dim_max};
	for (size_t i = 0; i < TD_COUNT(op); i++) {
		assert_int_equal(op[i](d, TD_DIM_BAD, sum), TD_DIM_BAD);
		assert_int_equal(op[i](d, sum, TD_DIM_BAD), TD_DIM_BAD);
	}
	td_dims_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_dims),
		cmocka_unit_test(other_dims),
		cmocka_unit_test(division_needs_positive),
		cmocka_unit_test(questions),
		cmocka_unit_test(evaluation),
		cmocka_unit_test(late),
		cmocka_unit_test(texts),
		cmocka_unit_test(text_ignores_order_of_making),
		cmocka_unit_test(parse_errors),
		cmocka_unit_test(deep),
		cmocka_unit_test(wide),
		cmocka_unit_test(names),
		cmocka_unit_test(ranges),
		cmocka_unit_test(limits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
