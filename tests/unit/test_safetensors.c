#include "base/str.h"
#include "model/half.h"
#include "model/safetensors.h"
#include "tempdir.h"

#include "base/file.h"
#include "model/dtype.h"

#include <math.h>
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

/* A file in memory: length, header, then `data` bytes of zeros. */
typedef struct {
	unsigned char bytes[600];
	size_t n;
} blob;

static blob make(const char *header, size_t data)
{
	blob b = {.n = 8 + strlen(header) + data};
	for (int i = 0; i < 8; i++)
		b.bytes[i] = (unsigned char)(strlen(header) >> 8 * i);
	memcpy(b.bytes + 8, header, strlen(header));
	return b;
}

static void assert_refused(const blob *b, const char *text)
{
	td_safetensors s;
	td_err e = {0};
	assert_false(td_safetensors_header(b->bytes, b->n, b->n, &s, &e));
	assert_string_equal(e.text, text);
	assert_int_equal(e.code, TD_E_DATA);
	td_safetensors_fini(&s);
}

static void refuse(const char *header, size_t data, const char *text)
{
	blob b = make(header, data);
	assert_refused(&b, text);
}

#define A(shape, from, to) \
	"\"a\":{\"dtype\":\"F32\",\"shape\":" shape ",\"data_offsets\":[" from "," to "]}"

static void reads_what_others_write(void **state)
{
	(void)state;
	td_safetensors s;
	td_err e = {0};
	const td_safetensor *t;
	blob b = make(
		"{\"__metadata__\":{\"format\":\"pt\"}," A(
			"[2,3]", "0",
			"24") ",\"empty\":{\"dtype\":\"I64\",\"shape\":[0,7],\"data_offsets\":[24,"
			      "24]},"
			      "\"one\":{\"dtype\":\"BF16\",\"shape\":[],\"data_offsets\":[24,26]},"
			      "\"odd\":{\"dtype\":\"I16\",\"shape\":[1],\"data_offsets\":[26,28]}} "
			      "  ",
		28);
	if (!td_safetensors_header(b.bytes, b.n, b.n, &s, &e))
		fail_msg("%s", e.text);
	assert_int_equal(s.n, 4);
	assert_int_equal(s.data_offset, b.n - 28);
	assert_true(td_safetensors_find(&s, "a", &t, &e));
	assert_int_equal(t->n, 6);
	assert_int_equal(t->dim[1], 3);
	assert_true(td_safetensors_find(&s, "empty", &t, &e));
	assert_int_equal(t->n, 0);
	assert_true(td_safetensors_find(&s, "one", &t, &e));
	assert_int_equal(t->rank, 0);
	assert_int_equal(td_safetensor_dtype(t, TD_F32), TD_F32);
	assert_int_equal(td_safetensor_dtype(t, TD_BF16), TD_BF16);
	assert_false(td_safetensors_find(&s, "odd", &t, &e));
	assert_string_equal(e.text, "its tensor \"odd\" is I16; tandem reads F32, F64, F16, BF16, "
	                            "I32, I64, U8 and BOOL");
	assert_false(td_safetensors_find(&s, "ona", &t, &e));
	assert_string_equal(e.text, "it has no tensor \"ona\"; there is \"one\" among 4");
	td_safetensors_fini(&s);
	b = make("{}", 0);
	assert_true(td_safetensors_header(b.bytes, b.n, b.n, &s, &e));
	assert_false(td_safetensors_find(&s, "a", &t, &e));
	td_safetensors_fini(&s);
}

static void refuses_files_that_are_none(void **state)
{
	(void)state;
	blob b = {.n = 5};
	assert_refused(&b, "it is no .safetensors file: it has 5 bytes");
	b = make("{}", 0);
	b.bytes[0] = 99;
	assert_refused(&b, "it is cut off or no .safetensors file: its header is said to have 99 "
	                   "bytes, the file has 10");
	memset(b.bytes, 0xff, 8);
	assert_refused(&b, "it is cut off or no .safetensors file: its header is said to have "
	                   "18446744073709551615 bytes, the file has 10");
	td_safetensors s;
	td_err e = {0};
	size_t needed;
	unsigned char huge[8] = {0, 0, 0, 0x10};
	assert_false(td_safetensors_head(huge, 8, (size_t)1 << 40, &needed, &e));
	assert_string_equal(e.text,
	                    "its header is 268435456 bytes long; at most 33554432 are read");
	b = make("{}", 0);
	assert_false(td_safetensors_header(b.bytes, 9, 10, &s, &e));
	assert_string_equal(e.text, "it is cut off in its header");
	td_safetensors_fini(&s);
	refuse("{", 0, "its header is damaged at byte 9: string or '}' expected near end of file");
	refuse("[1]", 0, "its header is no JSON object");
	refuse("{}x", 0, "its header is damaged at byte 11: end of file expected near 'x'");
}

static void refuses_lies(void **state)
{
	(void)state;
	refuse("{" A("[1]", "0", "4") "," A("[1]", "4", "8") "}", 8,
	       "its header is damaged at byte 65: duplicate object key near '\"a\"'");
	refuse("{" A("[1]", "0",
	             "4") ",\"b\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[3,6]}}",
	       6, "its tensors \"a\" and \"b\" overlap");
	refuse("{" A("[1]", "0",
	             "4") ",\"b\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[5,8]}}",
	       8, "bytes 4 … 5 of its data belong to no tensor");
	refuse("{" A("[1]", "0", "4") "}", 7, "bytes 4 … 7 of its data belong to no tensor");
	refuse("{" A("[1]", "0", "4") "}", 3,
	       "its tensor \"a\" is said to lie at bytes 0 … 4 of the data, of which there are 3");
	refuse("{" A("[1]", "8", "4") "}", 8,
	       "its tensor \"a\" is said to lie at bytes 8 … 4 of the data, of which there are 8");
	refuse("{" A("[2]", "0", "4") "}", 4,
	       "its tensor \"a\" has 2 elements of 4 bytes, but data_offsets of 4 bytes");
	refuse("{" A("[2]", "-4", "4") "}", 4,
	       "its tensor \"a\" has no data_offsets, which are two whole numbers");
	refuse("{" A("[2]", "0.0", "8") "}", 8,
	       "its tensor \"a\" has no data_offsets, which are two whole numbers");
	refuse("{" A("[1]", "0", "99999999999999999999") "}", 4,
	       "its header is damaged at byte 78: too big integer near '99999999999999999999'");
	refuse("{" A("[4294967296,4294967296]", "0", "0") "}", 0,
	       "its tensor \"a\" has a shape larger than any file");
	refuse("{" A("[0,4294967296,4294967296]", "0", "0") "}", 0,
	       "its tensor \"a\" has a shape larger than any file");
	refuse("{" A("[4611686018427387904]", "0", "0") "}", 0,
	       "its tensor \"a\" has 4611686018427387904 elements of 4 bytes, but data_offsets of "
	       "0 "
	       "bytes");
	refuse("{" A("[1,1,1,1,1,1,1,1,1]", "0", "4") "}", 4,
	       "its tensor \"a\" has more than 8 dims");
	refuse("{" A("[-1]", "0", "4") "}", 4,
	       "its tensor \"a\" has a shape that is no list of whole numbers");
	refuse("{\"a\":{\"dtype\":\"F33\",\"shape\":[],\"data_offsets\":[0,4]}}", 4,
	       "its tensor \"a\" has the unknown dtype \"F33\"");
	refuse("{\"a\\u001b[1m\":3}", 0,
	       "its tensor \"a?[1m\" is no object with dtype, shape and data_offsets");
	refuse("{\"a\":{\"shape\":[],\"data_offsets\":[0,4]}}", 4,
	       "its tensor \"a\" has no dtype, which is a string");
	refuse("{\"a\":{\"dtype\":\"U8\",\"data_offsets\":[0,4]}}", 4,
	       "its tensor \"a\" has no shape, which is a list of whole numbers");
	refuse("{\"a\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4],\"x\":1}}", 4,
	       "its tensor \"a\" has the unknown key \"x\"");
	refuse("{\"__metadata__\":{\"a\":1}}", 0, "its __metadata__ is no object of strings");
}

static void writes_what_it_reads(void **state)
{
	(void)state;
	float w[6] = {1, -2, 3.5f, NAN, 0, 6};
	uint16_t h[2] = {0x3c01, 0x8001};
	uint8_t flag[3] = {0, 1, 255};
	const td_tensor a = {.dtype = TD_F32, .rank = 2, .dim = {2, 3}, .data = w},
			b = {.dtype = TD_BF16, .rank = 1, .dim = {2}, .data = h},
			c = {.dtype = TD_U8, .rank = 1, .dim = {3}, .data = flag},
			d = {.dtype = TD_F64, .rank = 1, .dim = {0}, .data = w};
	const char *const names[] = {"enc.w", "half", "flag", "none"};
	const td_tensor *const tensors[] = {&a, &b, &c, &d};
	temppath p = tempdir_path(&dir, "w.safetensors");
	td_err e = {0};
	td_safetensors s;
	const td_safetensor *t;
	char *bytes;
	size_t n;
	if (!td_safetensors_write(p.text, names, tensors, 4, &e) ||
	    !td_file_read(p.text, 1 << 20, &bytes, &n, &e) ||
	    !td_safetensors_header(bytes, n, n, &s, &e))
		fail_msg("%s", e.text);
	assert_int_equal(s.data_offset % 8, 0);
	assert_true(td_safetensors_find(&s, "enc.w", &t, &e));
	float back[6], wide[2];
	td_safetensor_place(t, TD_F32, 0, 2, bytes + s.data_offset + t->begin, back);
	td_safetensor_place(t, TD_F32, 2, 4, bytes + s.data_offset + t->begin + 8, back);
	assert_memory_equal(back, w, sizeof w);
	assert_true(td_safetensors_find(&s, "half", &t, &e));
	td_safetensor_place(t, TD_F32, 0, 2, bytes + s.data_offset + t->begin, wide);
	assert_true(td_feq_exact((double)wide[0], (double)td_from_bf16(h[0])));
	assert_true(td_feq_exact((double)wide[1], (double)td_from_bf16(h[1])));
	assert_true(td_safetensors_find(&s, "none", &t, &e));
	td_safetensors_fini(&s);
	free(bytes);
}

static void widens_halves_exactly(void **state)
{
	(void)state;
	assert_true(td_feq_exact((double)td_from_f16(0x3c00), 1));
	assert_true(td_feq_exact((double)td_from_f16(0xc000), -2));
	assert_true(td_feq_exact((double)td_from_f16(0x7bff), 65504));
	assert_true(td_feq_exact((double)td_from_f16(0x0001), 0x1p-24));
	assert_true(isinf(td_from_f16(0xfc00)) && isnan(td_from_f16(0x7e00)));
	assert_true(td_feq_exact((double)td_from_bf16(0x3f80), 1));
	assert_true(td_feq_exact((double)td_from_bf16(0x0001), 0x1p-133));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_others_write),
		cmocka_unit_test(refuses_files_that_are_none),
		cmocka_unit_test(refuses_lies),
		cmocka_unit_test(writes_what_it_reads),
		cmocka_unit_test(widens_halves_exactly),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
