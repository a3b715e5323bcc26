#include "inputs.h"

#include "base/fetch.h"
#include "base/file.h"

#include <unistd.h>

static void assert_not_opened(const char *name, const char *path, const char *why)
{
	td_err e = {0};
	assert_false(td_inputs_open(g, &e));
	assert_says(&e, name, path, why);
}

/* -- opening -------------------------------------------------------------- */

static void binds_symbols(void **state)
{
	(void)state;
	temppath x = npy("x.npy", TD_F32, 2, DIMS(94, 355), NULL);
	temppath y = npy("y.npy", TD_U8, 2, DIMS(94, 3), NULL);
	temppath z = npy("z.npy", TD_F64, 1, DIMS(177 * 94), NULL);
	add_file("z", TD_F64, "T/2*N", z.text); /* before N and T are known */
	add_file("x", TD_F32, "N T", x.text);
	add_file("y", TD_U8, "N 3", y.text);
	td_input later = declare("later", TD_F32, "K");
	add(&later);
	assert_opens();
	assert_symbol("N", 94, 94);
	assert_symbol("T", 355, 355);
	assert_symbol("K", 1, TD_DIM_MAX);
	assert_opens(); /* once more changes nothing */
}

static void reads_scalars_and_tables(void **state)
{
	(void)state;
	temppath x = npy("scalar.npy", TD_I64, 0, NULL, NULL);
	temppath t = tempdir_write(&dir, "t.csv", "a,b\n1,2\n3,4\n5,6\n", 16);
	add_file("scalar", TD_I64, "", x.text);
	add_file("table", TD_F64, "R C", t.text);
	td_input column = declare("column", TD_F64, "R");
	column.path = t.text;
	column.columns = "b";
	add(&column);
	assert_opens();
	assert_symbol("R", 3, 3);
	assert_symbol("C", 2, 2);
}

static void refuses_other_dtypes(void **state)
{
	(void)state;
	temppath x = npy("x.npy", TD_F64, 1, DIMS(3), NULL);
	add_file("series", TD_F32, "N", x.text);
	assert_not_opened("series", x.text,
	                  "it holds f64, the input declares f32; declare dtype = \"f64\" and "
	                  "convert it with t.tensor.cast { x, dtype = \"f32\" }");
}

static void refuses_other_shapes(void **state)
{
	(void)state;
	temppath x = npy("x.npy", TD_F32, 2, DIMS(94, 355), NULL);
	add_file("a", TD_F32, "N", x.text);
	assert_not_opened("a", x.text, "its shape is \"94 355\", the input declares \"N\"");
	again();
	add_file("a", TD_F32, "N 300", x.text);
	assert_not_opened("a", x.text, "its shape is \"94 355\", the input declares \"N 300\"");
	again();
	add_file("a", TD_F32, "N N*4", x.text);
	assert_not_opened(
		"a", x.text,
		"its shape is \"94 355\", the input declares \"N 4*N\", where 4*N is 376");
	again();
	temppath s = npy("s.npy", TD_F32, 0, NULL, NULL);
	add_file("a", TD_F32, "N", s.text);
	assert_not_opened("a", s.text, "its shape is \"\", the input declares \"N\"");
}

static void refuses_symbols_that_differ(void **state)
{
	(void)state;
	temppath x = npy("x.npy", TD_F32, 1, DIMS(94), NULL);
	temppath y = npy("y.npy", TD_F32, 1, DIMS(28), NULL);
	char why[512];
	add_file("x", TD_F32, "N", x.text);
	add_file("y", TD_F32, "N", y.text);
	td_clip(why, sizeof why, "N is 28 here, but 94 in input \"x\", %s", x.text);
	assert_not_opened("y", y.text, why);
	again();
	td_dims_declare(g->dims, "N", 1, 64);
	add_file("x", TD_F32, "N", x.text);
	assert_not_opened("x", x.text, "N is 94 here, but declared as 1 … 64");
	again();
	int i = td_dims_declare(g->dims, "kept", 1, TD_DIM_MAX);
	td_dims_symbol(g->dims, i)->late = true;
	add_file("x", TD_F32, "kept", x.text);
	assert_not_opened("x", x.text,
	                  "kept is found during the run; it cannot be a dim of an input");
}

static void refuses_empty_extents(void **state)
{
	(void)state;
	temppath x = npy("x.npy", TD_F32, 1, DIMS(0), NULL);
	add_file("x", TD_F32, "N", x.text);
	assert_not_opened("x", x.text, "N is 0 here, but declared as 1 … 2147483647");
}

static void refuses_other_files(void **state)
{
	(void)state;
	temppath t = tempdir_write(&dir, "x.txt", "1\n", 2);
	add_file("x", TD_F32, "N", t.text);
	assert_not_opened("x", t.text, "its name must end with .npy, .csv, .edf or .safetensors");
	again();
	char why[512];
	temppath none = tempdir_path(&dir, "none.npy");
	add_file("x", TD_F32, "N", none.text);
	td_clip(why, sizeof why, "cannot open %s: No such file or directory", none.text);
	assert_not_opened("x", none.text, why);
}

static void refuses_damaged_files(void **state)
{
	(void)state;
	temppath bad = tempdir_write(&dir, "bad.npy", "no", 2);
	add_file("x", TD_F32, "N", bad.text);
	assert_not_opened("x", bad.text, "it is no .npy file: it does not start with \\x93NUMPY");
	again();
	temppath csv = tempdir_write(&dir, "bad.csv", "a\nx\n", 4);
	add_file("x", TD_F64, "N", csv.text);
	assert_not_opened("x", csv.text,
	                  "row 2, column \"a\": \"x\" is not a number that fits a double");
}

static void refuses_columns_of_npy(void **state)
{
	(void)state;
	temppath x = npy("x.npy", TD_F32, 1, DIMS(3), NULL);
	td_input in = declare("x", TD_F32, "N");
	in.path = x.text;
	in.columns = "a";
	add(&in);
	assert_not_opened("x", x.text, "`columns` is for .csv files; a .npy file has none");
}

static void checks_the_pinned_size(void **state)
{
	(void)state;
	temppath x = npy("x.npy", TD_F32, 1, DIMS(3), NULL);
	td_input in = declare("x", TD_F32, "N");
	in.path = x.text;
	in.pin_bytes = 141;
	add(&in);
	assert_not_opened("x", x.text,
	                  "it is 140 bytes long, the pin says 141; the file has changed, or the "
	                  "pin is wrong");
}

static void says_where_files_lie(void **state)
{
	(void)state;
	td_sha256 sha = td_sha256_text("x");
	td_input in = {.path = "a/b.npy"};
	char *path = td_input_path(&in), *want = td_fetch_path(sha.hex);
	assert_string_equal(path, "a/b.npy");
	free(path);
	assert_null(td_input_path(&(td_input){0}));
	assert_null(td_input_path(&(td_input){.url = "https://x", .pin = "../../x"}));
	path = td_input_path(&(td_input){.url = "https://x", .pin = sha.hex});
	assert_string_equal(path, want);
	free(path);
	free(want);
}

/* The ending of a URL is looked for before "?" and "#". */
static void knows_formats_of_urls(void **state)
{
	(void)state;
	static const struct {
		const char *url, *why;
	} cases[] = {
		{"https://x/a.npy?download=1#top", NULL},
		{"https://x/a.npy#top.csv", NULL},
		{"https://x/a?name=a.npy",
	         "its name must end with .npy, .csv, .edf or .safetensors"},
	};
	td_sha256 sha = td_sha256_text("cached");
	char *path = td_fetch_path(sha.hex), *folder = td_path_dir(path);
	td_err e = {0};
	td_tensor t = {.dtype = TD_F32, .rank = 1, .dim = {3}, .data = (float[3]){0}};
	assert_true(td_mkdirs(folder, &e) && td_npy_write(path, &t, &e));
	for (size_t i = 0; i < TD_COUNT(cases); i++) {
		again();
		td_input in = declare("x", TD_F32, "N");
		in.url = cases[i].url;
		in.pin = sha.hex;
		in.pin_bytes = 140;
		add(&in);
		if (cases[i].why)
			assert_not_opened("x", path, cases[i].why);
		else
			assert_opens();
	}
	free(folder);
	free(path);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, new_graph, free_graph)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(binds_symbols),
		TEST(reads_scalars_and_tables),
		TEST(refuses_other_dtypes),
		TEST(refuses_other_shapes),
		TEST(refuses_symbols_that_differ),
		TEST(refuses_empty_extents),
		TEST(refuses_other_files),
		TEST(refuses_damaged_files),
		TEST(refuses_columns_of_npy),
		TEST(checks_the_pinned_size),
		TEST(says_where_files_lie),
		TEST(knows_formats_of_urls),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
