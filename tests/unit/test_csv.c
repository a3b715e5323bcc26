#include "model/csv.h"
#include "tempdir.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void assert_table(const char *text, const char *columns, int64_t rows, int n,
                         const double *items)
{
	td_csv t;
	td_err e = {0};
	if (!td_csv_parse(text, strlen(text), columns, &t, &e))
		fail_msg("%s", e.text);
	assert_int_equal(t.rows, rows);
	assert_int_equal(t.columns, n);
	for (int64_t i = 0; i < rows * n; i++)
		if (!td_feq_exact(t.items[i], items[i]) && !(isnan(t.items[i]) && isnan(items[i])))
			fail_msg("item %d is %g, not %g", (int)i, t.items[i], items[i]);
	td_csv_fini(&t);
	assert_null(t.items);
}

static void assert_refused_n(const char *text, size_t n, const char *columns, const char *why)
{
	td_csv t;
	td_err e = {0};
	assert_false(td_csv_parse(text, n, columns, &t, &e));
	assert_string_equal(e.text, why);
	assert_int_equal(e.code, TD_E_DATA);
	assert_null(t.items);
}

static void assert_refused(const char *text, const char *columns, const char *why)
{
	assert_refused_n(text, strlen(text), columns, why);
}

static void reads_tables(void **state)
{
	(void)state;
	const double two[] = {1, 2, 3, 4};
	assert_table("a,b\n1,2\n3,4\n", NULL, 2, 2, two);
	assert_table("a,b\r\n1,2\r\n3,4", NULL, 2, 2, two);
	assert_table("\xEF\xBB\xBF"
	             "a,b\n1,2\n3,4\n",
	             NULL, 2, 2, two);
	assert_table("a,b\n", NULL, 0, 2, NULL);
	assert_table("a", NULL, 0, 1, NULL);
	assert_table("a\n1\n2\n3\n4\n", NULL, 4, 1, two);
	assert_table("\"a\",\"b\"\n\"1\",\"2\"\n 3 ,\t4\n", NULL, 2, 2, two);
	assert_table("v\n-1.5e-3\n0.1\nnan\n-inf\n", NULL, 4, 1,
	             (double[]){-1.5e-3, 0.1, (double)NAN, -(double)INFINITY});
}

static void picks_columns(void **state)
{
	(void)state;
	const char *text = "name,x_m,\"y, in m\",z_m\n"
			   "Fz,1,2,3\n"
			   "\"a \"\"quoted\"\", two\r\nline name\",4,5,6\n";
	assert_table(text, "x_m", 2, 1, (double[]){1, 4});
	assert_table(text, "z_m,x_m", 2, 2, (double[]){3, 1, 6, 4});
	assert_table(text, " z_m , x_m ", 2, 2, (double[]){3, 1, 6, 4});
}

static void grows(void **state)
{
	(void)state;
	td_str s = {0};
	td_csv t;
	td_err e = {0};
	td_str_add(&s, "i,square\n");
	for (int i = 0; i < 1000; i++)
		td_str_addf(&s, "%d,%d\n", i, i * i);
	assert_true(td_csv_parse(s.data, s.n, "square", &t, &e));
	assert_int_equal(t.rows, 1000);
	for (int i = 0; i < 1000; i++)
		assert_true(td_feq_exact(t.items[i], i * i));
	td_csv_fini(&t);
	td_str_fini(&s);
}

static void names_the_cell(void **state)
{
	(void)state;
	assert_refused("name,x_m\nFz,1\nCz,abc\n", "x_m",
	               "row 3, column \"x_m\": \"abc\" is not a number that fits a double");
	assert_refused("name,x_m\nFz,1\n", NULL,
	               "row 2, column \"name\": \"Fz\" is not a number that fits a double");
	assert_refused("x,name\n1,A\n2,B\n3,A\n", "x",
	               "two rows have the name \"A\"; give each a name of its own");
	assert_refused("x\n1\n1e\n", NULL,
	               "row 3, column \"x\": \"1e\" is not a number that fits a double");
	assert_refused("x\n1 2\n", NULL,
	               "row 2, column \"x\": \"1 2\" is not a number that fits a double");
	assert_refused("x,y\n,2\n", NULL,
	               "row 2, column \"x\": the cell is empty; write nan for a missing value");
	assert_refused("x\n1\n\n", NULL,
	               "row 3, column \"x\": the cell is empty; write nan for a missing value");
	assert_refused("x\n-1e999\n", NULL,
	               "row 2, column \"x\": \"-1e999\" is not a number that fits a double");
	assert_refused("x\n\"a\nb\x01\"\n", NULL,
	               "row 2, column \"x\": \"a?b?\" is not a number that fits a double");
	assert_refused("x\nthe quick brown fox jumps over the lazy dog again\n", NULL,
	               "row 2, column \"x\": \"the quick brown fox jumps over the lazy …\" is not "
	               "a number that fits a double");
	assert_refused("x\nthe quick brown fox jumps over the lazy\u00e9\u00e9\n", NULL,
	               "row 2, column \"x\": \"the quick brown fox jumps over the lazy…\" is not a "
	               "number that fits a double");
}

static void names_the_row(void **state)
{
	(void)state;
	assert_refused("a,b\n1,2\n3\n", NULL, "row 3 has 1 cells, the header has 2");
	assert_refused("a,b\n1,2,\n", NULL, "row 2 has 3 cells, the header has 2");
	assert_refused("a,b\n1,2\n\n", NULL, "row 3 is empty");
	assert_refused("a,b\n1,2\n\"3,4\n5,6\n", NULL, "row 3: a quoted cell has no closing quote");
	assert_refused("a,b\n\"1\"2,3\n", NULL,
	               "row 2: text follows the closing quote of a cell; write a quote inside a "
	               "cell as \"\"");
	assert_refused("a,b\n1\"2,3\n", NULL,
	               "row 2: a quote stands inside a cell; put the cell in quotes and write it "
	               "as \"\"");
}

static void names_the_columns(void **state)
{
	(void)state;
	assert_refused("name,x_m,y_m\n", "x_n",
	               "it has no column \"x_n\", did you mean \"x_m\"?; its columns are name, "
	               "x_m, y_m");
	assert_refused("name,x_m,y_m\n", "volume",
	               "it has no column \"volume\"; its columns are name, x_m, y_m");
	assert_refused("a,b,a\n", "a", "it has two columns \"a\"");
	assert_refused("a,b\n", "b,b", "the column \"b\" is asked for twice");
	assert_refused("a,b\n", "a,,b", "the list of columns \"a,,b\" holds an empty name");
	assert_refused("a,b\n", "", "the list of columns \"\" holds an empty name");
}

static void refuses_what_is_no_table(void **state)
{
	(void)state;
	assert_refused("", NULL, "it is empty; the first row must name the columns");
	assert_refused("\xEF\xBB\xBF", NULL, "it is empty; the first row must name the columns");
	assert_refused_n("a\n1\0\n", 5, NULL,
	                 "it is no text: byte 3 is zero; save it as UTF-8 CSV");
	td_str s = {0};
	for (int i = 0; i < 65536; i++)
		td_str_add(&s, "a,");
	assert_refused(s.data, NULL, "it has more than 65536 columns");
	td_str_fini(&s);
}

static void reads_files(void **state)
{
	(void)state;
	tempdir dir = tempdir_make();
	td_csv t;
	td_err e = {0};
	char want[512];
	temppath p = tempdir_write(&dir, "a.csv", "a\n1\n", 4);
	assert_true(td_csv_read(p.text, "a", &t, &e));
	assert_int_equal(t.rows, 1);
	td_csv_fini(&t);
	p = tempdir_path(&dir, "none.csv");
	assert_false(td_csv_read(p.text, NULL, &t, &e));
	td_clip(want, sizeof want, "cannot open %s: No such file or directory", p.text);
	assert_string_equal(e.text, want);
	tempdir_remove(&dir);
}

static void names_the_file(void **state)
{
	(void)state;
	tempdir dir = tempdir_make();
	td_csv t;
	td_err e = {0};
	char want[512];
	temppath p = tempdir_write(&dir, "b.csv", "a\nx\n", 4);
	assert_false(td_csv_read(p.text, "a", &t, &e));
	snprintf(want, sizeof want,
	         "%s: row 2, column \"a\": \"x\" is not a number that fits a double", p.text);
	assert_string_equal(e.text, want);
	tempdir_remove(&dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_tables),
		cmocka_unit_test(picks_columns),
		cmocka_unit_test(grows),
		cmocka_unit_test(names_the_cell),
		cmocka_unit_test(names_the_row),
		cmocka_unit_test(names_the_columns),
		cmocka_unit_test(refuses_what_is_no_table),
		cmocka_unit_test(reads_files),
		cmocka_unit_test(names_the_file),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
