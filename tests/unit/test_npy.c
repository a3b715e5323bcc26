#include "model/npy.h"
#include "tempdir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static tempdir dir;

static int set_up(void **state)
{
	(void)state;
	dir = tempdir_make();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	tempdir_remove(&dir);
	return 0;
}

/* A file in memory: version, header text, then `data` bytes of zeros. */
typedef struct {
	unsigned char bytes[1024];
	size_t n;
} blob;

static blob make(int major, const char *header, size_t data)
{
	blob b = {.bytes = "\x93NUMPY"};
	size_t n = strlen(header), at = major == 1 ? 10 : 12;
	b.bytes[6] = (unsigned char)major;
	b.bytes[8] = (unsigned char)(n & 255);
	b.bytes[9] = (unsigned char)(n >> 8);
	memcpy(b.bytes + at, header, n);
	b.n = at + n + data;
	return b;
}

static void assert_header(const blob *b, td_dtype dtype, int rank, const int64_t *dim, bool swapped)
{
	td_npy h;
	td_err e = {0};
	if (!td_npy_header(b->bytes, b->n, b->n, &h, &e))
		fail_msg("%s", e.text);
	assert_int_equal(h.dtype, dtype);
	assert_int_equal(h.rank, rank);
	int64_t n = 1;
	for (int i = 0; i < rank; i++) {
		assert_int_equal(h.dim[i], dim[i]);
		n *= dim[i];
	}
	assert_int_equal(h.n, n);
	assert_int_equal(h.data_offset + (size_t)n * td_sizeof(dtype), b->n);
	assert_int_equal(h.swapped, swapped);
}

static void assert_refused(const blob *b, const char *text)
{
	td_npy h;
	td_err e = {0};
	assert_false(td_npy_header(b->bytes, b->n, b->n, &h, &e));
	assert_string_equal(e.text, text);
	assert_int_equal(e.code, TD_E_DATA);
}

#define F4(shape) "{'descr': '<f4', 'fortran_order': False, 'shape': " shape "}"

static void reads_what_numpy_writes(void **state)
{
	(void)state;
	blob b = make(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }      \n", 48);
	assert_header(&b, TD_F32, 2, (int64_t[]){3, 4}, false);
	b = make(2, "{'descr': '<f8', 'fortran_order': False, 'shape': (5,), }\n", 40);
	assert_header(&b, TD_F64, 1, (int64_t[]){5}, false);
	b = make(3, "{'descr': '|b1', 'fortran_order': False, 'shape': (), }\n", 1);
	assert_header(&b, TD_U8, 0, NULL, false);
	b = make(1, "{'descr': '<f2', 'fortran_order': False, 'shape': (0, 7), }\n", 0);
	assert_header(&b, TD_F16, 2, (int64_t[]){0, 7}, false);
	b = make(1, "{'descr': '>i8', 'fortran_order': False, 'shape': (2,), }\n", 16);
	assert_header(&b, TD_I64, 1, (int64_t[]){2}, true);
	b = make(1, "{'descr': '<i4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,2), }\n", 8);
	assert_header(&b, TD_I32, 8, (int64_t[]){1, 1, 1, 1, 1, 1, 1, 2}, false);
}

static void takes_any_way_to_write_the_dict(void **state)
{
	(void)state;
	blob b = make(1, "{\"shape\":(2,3),\"fortran_order\":False,\"descr\":\"|u1\"}", 6);
	assert_header(&b, TD_U8, 2, (int64_t[]){2, 3}, false);
	b = make(1, " { 'fortran_order' : False , 'shape' : ( 2L , 3L , ) , 'descr' : '>u1' , } \n",
	         6);
	assert_header(&b, TD_U8, 2, (int64_t[]){2, 3}, false);
}

static void refuses_other_files(void **state)
{
	(void)state;
	blob b = make(1, F4("()"), 4);
	b.bytes[0] = 'x';
	assert_refused(&b, "it is no .npy file: it does not start with \\x93NUMPY");
	b = make(1, "", 0);
	b.n = 7;
	assert_refused(&b, "it is no .npy file: it does not start with \\x93NUMPY");
	b.n = 9;
	assert_refused(&b, "it is cut off: it ends after 9 bytes");
	b = make(4, F4("()"), 4);
	assert_refused(&b, "it has version 4.0 of the .npy format; tandem reads 1.0, 2.0 and 3.0");
	b = make(1, F4("()"), 4);
	b.bytes[7] = 1;
	assert_refused(&b, "it has version 1.1 of the .npy format; tandem reads 1.0, 2.0 and 3.0");
}

static void refuses_lying_lengths(void **state)
{
	(void)state;
	blob b = make(1, F4("(3,)"), 11);
	assert_refused(&b, "it is cut off: its header promises 12 bytes of data, 11 are there");
	b = make(1, F4("(3,)"), 15);
	assert_refused(&b, "3 bytes follow the 12 bytes of data that its header promises");
	b = make(1, F4("(3,)"), 0);
	b.bytes[8] = 200;
	assert_refused(&b, "it is cut off: its header needs 200 bytes, 55 are there");
	b = make(2, F4("(3,)"), 0);
	b.bytes[10] = 1;
	assert_refused(&b, "its header is 65591 bytes long; at most 65524 are read");
	b.bytes[11] = 255;
	assert_refused(&b, "its header is 4278255671 bytes long; at most 65524 are read");
}

static void refuses_what_it_cannot_hold(void **state)
{
	(void)state;
	static const struct {
		const char *header, *text;
	} cases[] = {
		{"{'descr': [('x', '<f4'), ('y', '<i4')], 'fortran_order': False, 'shape': ()}",
	         "its elements are records of several fields; save one field: np.save(path, "
	         "a[\"field\"])"},
		{"{'descr': '|O', 'fortran_order': False, 'shape': ()}",
	         "its elements are Python objects (|O); save numbers that all have one type: "
	         "np.save(path, np.array(a, dtype=np.float32))"},
		{"{'descr': '<c16', 'fortran_order': False, 'shape': ()}",
	         "its elements are complex numbers (<c16); save real and imaginary parts: "
	         "np.save(path, np.stack([a.real, a.imag], -1))"},
		{"{'descr': '<U5', 'fortran_order': False, 'shape': ()}",
	         "its elements are text (<U5); tandem reads numbers only"},
		{"{'descr': '|S3', 'fortran_order': False, 'shape': ()}",
	         "its elements are text (|S3); tandem reads numbers only"},
		{"{'descr': '|V8', 'fortran_order': False, 'shape': ()}",
	         "its elements are records or raw bytes (|V8); tandem reads numbers only"},
		{"{'descr': '<M8[ns]', 'fortran_order': False, 'shape': ()}",
	         "its elements are dates (<M8[ns]); save them as numbers: np.save(path, "
	         "a.astype(np.int64))"},
		{"{'descr': '<m8[s]', 'fortran_order': False, 'shape': ()}",
	         "its elements are durations (<m8[s]); save them as numbers: np.save(path, "
	         "a.astype(np.int64))"},
		{"{'descr': '<u2', 'fortran_order': False, 'shape': ()}",
	         "its elements are '<u2'; tandem reads f2, f4, f8, i4, i8, u1 and b1: save it "
	         "again with np.save(path, a.astype(np.float32)), or another of these"},
		{"{'descr': '|f4', 'fortran_order': False, 'shape': ()}",
	         "its type '|f4' does not say the byte order: < or >"},
		{"{'descr': 'f4', 'fortran_order': False, 'shape': ()}",
	         "its type 'f4' does not start with a byte order: <, > or |"},
		{"{'descr': '', 'fortran_order': False, 'shape': ()}",
	         "its type '' does not start with a byte order: <, > or |"},
		{F4("(1,1,1,1,1,1,1,1,1,1)"), "it has 10 dims; tandem reads at most 8"},
		{F4("(3, -1)"), "dim 2 of its shape is negative"},
		{F4("(99999999999999999999,)"), "dim 1 of its shape is larger than any file"},
		{F4("(4294967296, 4294967296)"), "its shape is larger than any file"},
		{F4("(4294967296, 1073741824)"), "its shape is larger than any file"},
		{F4("(0, 4294967296, 4294967296)"), "its shape is larger than any file"},
	};
	for (size_t i = 0; i < TD_COUNT(cases); i++) {
		blob b = make(1, cases[i].header, 0);
		assert_refused(&b, cases[i].text);
	}
}

static void refuses_damaged_headers(void **state)
{
	(void)state;
	static const struct {
		const char *header, *text;
	} cases[] = {
		{"", "its header is damaged at byte 10: '{' is needed"},
		{"{", "its header is damaged at byte 11: a string in quotes is needed"},
		{"{'descr", "its header is damaged at byte 11: the string has no end"},
		{"{'descr\\x'",
	         "its header is damaged at byte 11: the string is none that numpy writes"},
		{"{'a_key_that_is_far_too_long': 1}",
	         "its header is damaged at byte 11: the string is none that numpy writes"},
		{"{'descr' '<f4'}", "its header is damaged at byte 19: ':' is needed"},
		{"{'shape': (3)}",
	         "its header is damaged at byte 22: a tuple of one number needs ','"},
		{"{'shape': 3}", "its header is damaged at byte 20: '(' is needed"},
		{"{'shape': (,)}", "its header is damaged at byte 21: a number or ')' is needed"},
		{"{'shape': (3,4 5)}", "its header is damaged at byte 25: ',' or ')' is needed"},
		{"{'shape': (3,", "its header is damaged at byte 23: a number or ')' is needed"},
		{"{'shape': () 'descr'", "its header is damaged at byte 23: ',' or '}' is needed"},
		{"{'fortran_order': 0}",
	         "its header is damaged at byte 28: True or False is needed"},
		{F4("()") " x", "its header is damaged at byte 64: nothing may follow the dict"},
		{"{'descr': '<f4', 'descr': '<f4'}", "its header gives 'descr' twice"},
		{"{'order': 'C'}", "its header has the unknown key 'order'"},
		{"{'descr': '<f4', 'shape': ()}", "its header lacks 'fortran_order'"},
	};
	for (size_t i = 0; i < TD_COUNT(cases); i++) {
		blob b = make(1, cases[i].header, 0);
		assert_refused(&b, cases[i].text);
	}
}

static void writes_what_it_reads(void **state)
{
	(void)state;
	static const struct {
		td_dtype dtype;
		int rank;
		int64_t dim[3];
	} cases[] = {{TD_F32, 2, {3, 4}},    {TD_F64, 1, {5}},   {TD_I32, 0, {0}},
	             {TD_I64, 3, {2, 1, 3}}, {TD_U8, 2, {0, 7}}, {TD_F16, 1, {6}}};
	double data[16] = {1.5, -2, 3e300};
	temppath p = tempdir_path(&dir, "x.npy");
	for (size_t i = 0; i < TD_COUNT(cases); i++) {
		td_tensor t = {.dtype = cases[i].dtype, .rank = cases[i].rank, .data = data};
		memcpy(t.dim, cases[i].dim, sizeof cases[i].dim);
		td_err e = {0};
		td_npy h;
		if (!td_npy_write(p.text, &t, &e) || !td_npy_open(p.text, &h, &e))
			fail_msg("%s", e.text);
		assert_int_equal(h.dtype, t.dtype);
		assert_int_equal(h.rank, t.rank);
		assert_memory_equal(h.dim, t.dim, sizeof h.dim);
		assert_int_equal(h.data_offset % 64, 0);
		char back[sizeof data + 128];
		FILE *f = fopen(p.text, "rb");
		assert_non_null(f);
		size_t n = fread(back, 1, sizeof back, f);
		fclose(f);
		assert_int_equal(n, h.data_offset + (size_t)h.n * td_sizeof(t.dtype));
		assert_memory_equal(back + h.data_offset, data, n - h.data_offset);
	}
}

/* The bytes that np.save(path, np.arange(3, dtype='<i4')) writes. */
static void writes_the_bytes_of_numpy(void **state)
{
	(void)state;
	int32_t items[3] = {0, 1, 2};
	td_tensor t = {.dtype = TD_I32, .rank = 1, .dim = {3}, .data = items};
	char want[140] = "\x93NUMPY\x01\x00\x76\x00{'descr': '<i4', 'fortran_order': False, "
			 "'shape': (3,), }";
	char got[sizeof want];
	memset(want + strlen(want + 10) + 10, ' ', 127 - 10 - strlen(want + 10));
	want[127] = '\n';
	memcpy(want + 128, items, sizeof items);
	td_err e = {0};
	temppath p = tempdir_path(&dir, "numpy.npy");
	assert_true(td_npy_write(p.text, &t, &e));
	FILE *f = fopen(p.text, "rb");
	assert_non_null(f);
	assert_int_equal(fread(got, 1, sizeof got, f), sizeof got);
	assert_int_equal(fgetc(f), EOF);
	fclose(f);
	assert_memory_equal(got, want, sizeof got);
}

/* Element [i][j][k] of a 2 x 3 x 4 tensor is 100 i + 10 j + k, whatever its order in the file. */
static void puts_elements_in_their_places(void **state)
{
	(void)state;
	uint16_t raw[24], out[24] = {0};
	for (int big = 0; big < 2; big++)
		for (int fortran = 0; fortran < 2; fortran++) {
			char header[96];
			snprintf(header, sizeof header,
			         "{'descr': '%cf2', 'fortran_order': %s, 'shape': (2, 3, 4)}",
			         big ? '>' : '<', fortran ? "True" : "False");
			blob b = make(1, header, sizeof raw);
			td_npy h;
			td_err e = {0};
			if (!td_npy_header(b.bytes, b.n, b.n, &h, &e))
				fail_msg("%s", e.text);
			assert_int_equal(h.fortran, fortran);
			for (int n = 0; n < 24; n++) {
				int x = fortran ? n % 2 * 100 + n / 2 % 3 * 10 + n / 6
				                : n / 12 * 100 + n / 4 % 3 * 10 + n % 4;
				raw[n] = (uint16_t)(h.swapped ? (x & 255) << 8 | x >> 8 : x);
			}
			td_npy_place(&h, 5, 19, raw + 5, out); /* in two pieces */
			td_npy_place(&h, 0, 5, raw, out);
			for (int n = 0; n < 24; n++)
				assert_int_equal(out[n], n / 12 * 100 + n / 4 % 3 * 10 + n % 4);
		}
}

static void names_the_file(void **state)
{
	(void)state;
	td_err e = {0};
	td_npy h;
	char want[512];
	temppath p = tempdir_path(&dir, "none.npy");
	assert_false(td_npy_open(p.text, &h, &e));
	snprintf(want, sizeof want, "cannot open %s: No such file or directory", p.text);
	assert_string_equal(e.text, want);
	assert_false(td_npy_open(dir.path, &h, &e));
	snprintf(want, sizeof want, "%s is not a regular file", dir.path);
	assert_string_equal(e.text, want);
	p = tempdir_write(&dir, "empty.npy", "", 0);
	assert_false(td_npy_open(p.text, &h, &e));
	snprintf(want, sizeof want, "%s: it is no .npy file: it does not start with \\x93NUMPY",
	         p.text);
	assert_string_equal(e.text, want);
}

static void refuses_to_write(void **state)
{
	(void)state;
	td_err e = {0};
	char want[512], data[4] = {0};
	td_tensor t = {.dtype = TD_BF16, .rank = 1, .dim = {2}, .data = data};
	temppath p = tempdir_path(&dir, "no.npy");
	assert_false(td_npy_write(p.text, &t, &e));
	snprintf(want, sizeof want, "%s: .npy files cannot hold bf16; cast it to f32 first",
	         p.text);
	assert_string_equal(e.text, want);
	assert_int_equal(e.code, TD_E_USAGE);
	t.dtype = TD_U8;
	p = tempdir_path(&dir, "no/such/folder.npy");
	assert_false(td_npy_write(p.text, &t, &e));
	snprintf(want, sizeof want, "cannot write %s: No such file or directory", p.text);
	assert_string_equal(e.text, want);
	assert_int_equal(e.code, TD_E_DEVICE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_numpy_writes),
		cmocka_unit_test(takes_any_way_to_write_the_dict),
		cmocka_unit_test(refuses_other_files),
		cmocka_unit_test(refuses_lying_lengths),
		cmocka_unit_test(refuses_what_it_cannot_hold),
		cmocka_unit_test(refuses_damaged_headers),
		cmocka_unit_test(writes_what_it_reads),
		cmocka_unit_test(writes_the_bytes_of_numpy),
		cmocka_unit_test(puts_elements_in_their_places),
		cmocka_unit_test(names_the_file),
		cmocka_unit_test(refuses_to_write),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
