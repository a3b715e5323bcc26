/* Unit tests of engine/base: errors, arena, strings, numbers, hash, random numbers. */
#include "testing.h"

#include "base/arena.h"
#include "base/hash.h"
#include "base/intern.h"
#include "base/rng.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* -- errors --------------------------------------------------------------- */

static void err_context(void **state)
{
	(void)state;
	td_err e;
	assert_false(td_fail(&e, TD_E_DATA, "row %d", 7));
	assert_false(td_within(&e, "file %s", "a.csv"));
	assert_string_equal(e.text, "file a.csv: row 7");
	assert_int_equal(e.code, TD_E_DATA);
	assert_false(td_fail(NULL, TD_E_DATA, "nobody asks"));
	assert_false(td_within(NULL, "nobody asks"));
}

static void err_long(void **state)
{
	(void)state;
	td_err e;
	td_fail(&e, TD_E_USAGE, "%02000d", 1);
	assert_int_equal(strlen(e.text), sizeof e.text - 1);
	for (int i = 0; i < 300; i++)
		td_within(&e, "level %d", i);
	assert_int_equal(strlen(e.text), sizeof e.text - 1);
	assert_memory_equal(e.text, "level 299: level 298: ", 22);
}

static void err_errno(void **state)
{
	(void)state;
	td_err e;
	errno = ENOENT;
	assert_false(td_fail_errno(&e, TD_E_DATA, "cannot open %s", "x"));
	assert_string_equal(e.text, "cannot open x: No such file or directory");
}

/* The exit code of a process that asks for more memory than there is. */
static void out_of_memory(void **state)
{
	(void)state;
	int status;
	fflush(stdout);
	pid_t child = fork();
	if (!child) {
		close(2); /* what it says is not for this log */
		td_size_mul(SIZE_MAX / 2, 3);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), TD_E_DEVICE);
}

/* -- arena ---------------------------------------------------------------- */

static void arena_blocks(void **state)
{
	(void)state;
	td_arena a = {0};
	unsigned char *kept[400];
	for (size_t i = 0; i < TD_COUNT(kept); i++) {
		size_t n = i * 397 % 3000;
		kept[i] = td_arena_alloc(&a, n);
		assert_int_equal((uintptr_t)kept[i] % 16, 0);
		for (size_t k = 0; k < n; k++)
			assert_int_equal(kept[i][k], 0);
		memset(kept[i], (int)(i & 255), n);
	}
	for (size_t i = 0; i < TD_COUNT(kept); i++)
		for (size_t k = 0; k < i * 397 % 3000; k++)
			assert_int_equal(kept[i][k], i & 255);
	char *big = td_arena_alloc(&a, 1 << 20); /* more than a block */
	big[(1 << 20) - 1] = 1;
	assert_true(a.used > 1 << 20);
	td_arena_fini(&a);
	assert_int_equal(a.used, 0);
	td_arena_fini(&a);
}

static void arena_text(void **state)
{
	(void)state;
	td_arena a = {0};
	assert_string_equal(td_arena_strdup(&a, "abc"), "abc");
	assert_string_equal(td_arena_strndup(&a, "abcdef", 4), "abcd");
	assert_string_equal(td_arena_printf(&a, "%s=%d", "k", 3), "k=3");
	assert_string_equal(td_arena_printf(&a, "%s", ""), "");
	td_arena_fini(&a);
}

static void arena_push(void **state)
{
	(void)state;
	td_arena a = {0};
	struct {
		int *items;
		int n, cap;
	} list = {0};
	for (int i = 0; i < 1000; i++)
		TD_PUSH(&a, list, i * i);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(list.items[i], i * i);
	assert_true(list.cap >= 1000 && list.cap < 2001);
	td_arena_fini(&a);
}

static void sizes(void **state)
{
	(void)state;
	assert_int_equal(td_size_mul(3, 5), 15);
	assert_int_equal(td_size_mul(0, SIZE_MAX), 0);
	char *p = td_alloc(0);
	p = td_realloc(p, 100);
	p[99] = 1;
	free(p);
}

static void interning(void **state)
{
	(void)state;
	td_arena a = {0};
	td_intern t = {0};
	assert_int_equal(td_intern_find_text(&t, "x"), -1);
	for (int i = 0; i < 5000; i++) {
		int64_t key = (int64_t)i * 1000003;
		assert_int_equal(td_intern_add(&a, &t, &key, sizeof key), i);
		assert_int_equal(td_intern_add(&a, &t, &key, sizeof key), i);
	}
	for (int i = 0; i < 5000; i++) {
		int64_t key = (int64_t)i * 1000003;
		assert_int_equal(td_intern_find(&t, &key, sizeof key), i);
	}
	assert_int_equal(td_intern_add(&a, &t, NULL, 0), 5000); /* the empty string is one */
	assert_int_equal(td_intern_find(&t, "", 0), 5000);
	assert_int_equal(td_intern_add_text(&a, &t, "name"), 5001);
	assert_string_equal(td_intern_text(&t, 5001), "name");
	assert_int_equal(td_intern_find_text(&t, "nam"), -1);
	td_arena_fini(&a);
}

/* -- strings -------------------------------------------------------------- */

static void str_building(void **state)
{
	(void)state;
	td_str s = {0};
	assert_string_equal(td_str_text(&s), "");
	td_str_add(&s, "");
	assert_string_equal(s.data, "");
	for (int i = 0; i < 500; i++)
		td_str_addf(&s, "%d,", i);
	td_str_add_n(&s, "xyz", 2);
	assert_int_equal(strlen(s.data), s.n);
	assert_memory_equal(s.data, "0,1,2,3,", 8);
	assert_string_equal(s.data + s.n - 6, "499,xy");
	td_str_fini(&s);
	td_str_fini(&s);
}

static void same_number(double x)
{
	double back = 0;
	td_number t = td_number_text(x);
	assert_true(td_read_real(t.text, &back));
	if (memcmp(&back, &x, sizeof x) != 0)
		fail_msg("%a became %s", x, t.text);
	char shorter[40]; /* no text with one digit less reads back */
	int digits = 0;
	for (const char *c = t.text; *c && *c != 'e'; c++)
		digits += *c >= '0' && *c <= '9' && (digits || *c != '0');
	if (digits > 1 && strchr(t.text, '.')) {
		td_clip(shorter, sizeof shorter, "%.*e", digits - 2, x);
		assert_false(td_feq_exact(strtod(shorter, NULL), x));
	}
}

static void number_round_trip(void **state)
{
	(void)state;
	static const double special[] = {0.0,       -0.0,        0x1p-1074, 0x1.fffffffffffffp1023,
	                                 0x1p-1022, 0.1,         1.0 / 3,   1e15,
	                                 1e16,      123456789e5, 0x1p53,    0x1p53 + 2,
	                                 9999999e9, 1e-4,        1e-5,      0.00012};
	for (size_t i = 0; i < TD_COUNT(special); i++) {
		same_number(special[i]);
		same_number(-special[i]);
	}
	td_rng r = td_rng_make(1, 0);
	for (int i = 0; i < 20000; i++) {
		uint64_t bits = (uint64_t)td_rng_u32(&r) << 32 | td_rng_u32(&r);
		double x;
		memcpy(&x, &bits, sizeof x);
		if (isfinite(x))
			same_number(x);
		same_number((double)(bits % 1000000) / 1000);
		same_number((double)(bits >> 32));
	}
}

static void number_texts(void **state)
{
	(void)state;
	static const struct {
		double x;
		const char *text;
	} table[] = {{0, "0"},
	             {-0.0, "-0"},
	             {1, "1"},
	             {10, "10"},
	             {160, "160"},
	             {-2147483648.0, "-2147483648"},
	             {0.3, "0.3"},
	             {120e-6, "0.00012"},
	             {1e-5, "1e-5"},
	             {1e-12, "1e-12"},
	             {1.5e20, "1.5e20"},
	             {123.25, "123.25"},
	             {1e15, "1000000000000000"},
	             {1e16, "1e16"},
	             {HUGE_VAL, "inf"},
	             {-HUGE_VAL, "-inf"},
	             {(double)NAN, "nan"}};
	for (size_t i = 0; i < TD_COUNT(table); i++)
		assert_string_equal(td_number_text(table[i].x).text, table[i].text);
}

static void sizes_and_times(void **state)
{
	(void)state;
	assert_string_equal(td_bytes_text(0).text, "0 B");
	assert_string_equal(td_bytes_text(1023).text, "1023 B");
	assert_string_equal(td_bytes_text(1536).text, "1.5 KiB");
	assert_string_equal(td_bytes_text(3.0 * (1 << 30)).text, "3.0 GiB");
	assert_string_equal(td_bytes_text(0x1p60).text, "1048576.0 TiB");
	assert_string_equal(td_ns_text(45).text, "45 ns");
	assert_string_equal(td_ns_text(1234567).text, "1.23 ms");
	assert_string_equal(td_ns_text(45000).text, "45.0 us");
	assert_string_equal(td_ns_text(999499).text, "999 us");
	assert_string_equal(td_ns_text(7.2e12).text, "7200 s");
}

static void reading_numbers(void **state)
{
	(void)state;
	int64_t i;
	double x;
	assert_true(td_read_int("-9223372036854775808", &i) && i == INT64_MIN);
	static const char *const no_int[] = {"",  " 1", "1 ", "1.0", "9223372036854775808",
	                                     "x", "-"};
	for (size_t k = 0; k < TD_COUNT(no_int); k++)
		assert_false(td_read_int(no_int[k], &i));
	assert_true(td_read_real("-inf", &x) && isinf(x));
	assert_true(td_read_real("nan", &x) && isnan(x));
	assert_true(td_read_real("1e-400", &x)); /* rounds to zero, which is a value */
	static const char *const no_real[] = {"", " 1", "1 ", "1e999", "-1e999", "one", "1..2"};
	for (size_t k = 0; k < TD_COUNT(no_real); k++)
		assert_false(td_read_real(no_real[k], &x));
}

static const char *word_at(const void *words, int i)
{
	return ((const char *const *)words)[i];
}

static void closest(void **state)
{
	(void)state;
	static const char *const words[] = {"max_ptp", "method", "k", "threshold", "seed"};
	static const struct {
		const char *word, *found;
	} table[] = {{"max_pt", "max_ptp"},
	             {"maxptp", "max_ptp"},
	             {"MAX_PTP", "max_ptp"},
	             {"mehtod", "method"}, /* swapped neighbours count once */
	             {"metod", "method"},
	             {"treshhold", "threshold"},
	             {"sd", NULL}, /* distance 2 is the whole word */
	             {"sed", "seed"},
	             {"q", NULL},
	             {"kk", "k"},
	             {"kit", NULL}, /* all of "k" and more */
	             {"", NULL},
	             {"something else", NULL}};
	for (size_t i = 0; i < TD_COUNT(table); i++) {
		const char *found = td_closest(table[i].word, TD_COUNT(words), word_at, words);
		if (!td_same(found, table[i].found))
			fail_msg("%s: %s", table[i].word, found ? found : "nothing");
	}
	char far[200];
	memset(far, 'a', sizeof far - 1);
	far[sizeof far - 1] = '\0';
	assert_null(td_closest(far, TD_COUNT(words), word_at, words));
}

static void text_tests(void **state)
{
	(void)state;
	assert_true(td_same(NULL, NULL) && !td_same("a", NULL) && td_same("a", "a"));
	assert_true(td_starts("abc", "ab") && !td_starts("a", "ab"));
	assert_true(td_ends("abc", "bc") && !td_ends("c", "bc"));
	assert_true(td_contains("GeForce", "force") && !td_contains("GeForce", "forces"));
	assert_true(td_contains("x", "") && td_contains("", ""));
	char small[4];
	assert_int_equal(td_clip(small, sizeof small, "%d", 123456), 3);
	assert_string_equal(small, "123");
	assert_int_equal(td_clip(small, sizeof small, "%d", 12), 2);
	assert_int_equal(td_clip(small, 0, "%d", 12), 0);
	assert_true(td_feq_exact(0.0, -0.0) && !td_feq_exact((double)NAN, (double)NAN));
}

/* -- hash ----------------------------------------------------------------- */

static void sha256(void **state)
{
	(void)state;
	/* FIPS 180-2, appendix B, and the empty message */
	assert_string_equal(td_sha256_text("").hex,
	                    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_string_equal(td_sha256_text("abc").hex,
	                    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	char *letters = td_alloc(1000);
	memset(letters, 'a', 1000);
	td_hasher *h = td_hasher_new();
	for (int i = 0; i < 1000; i++)
		td_hasher_add(h, letters, 1000);
	free(letters);
	td_hasher_add(h, NULL, 0);
	assert_string_equal(td_hasher_end(h).hex, /* a million times "a" */
	                    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	td_hasher_free(h);
	td_hasher_free(NULL);
}

static void sha256_valid(void **state)
{
	(void)state;
	char hex[65];
	memcpy(hex, td_sha256_text("abc").hex, sizeof hex);
	assert_true(td_sha256_valid(hex));
	hex[0] = 'B';
	assert_false(td_sha256_valid(hex));
	hex[0] = 'g';
	assert_false(td_sha256_valid(hex));
	assert_false(td_sha256_valid(""));
	assert_false(td_sha256_valid(hex + 1));
}

/* -- random numbers ------------------------------------------------------- */

static void philox_known(void **state)
{
	(void)state;
	/* tests/kat_vectors of Random123 for philox4x32-10: counter 0, all ones, digits of pi */
	static const struct {
		uint64_t seed, stream, index;
		uint32_t word[4];
	} table[] = {
		{0, 0, 0, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{UINT64_MAX,
	         UINT64_MAX,
	         UINT64_MAX,
	         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{0x299f31d0a4093822,
	         0x0370734413198a2e,
	         0x85a308d3243f6a88,
	         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
	};
	for (size_t i = 0; i < TD_COUNT(table); i++) {
		td_philox p = td_philox_at(table[i].seed, table[i].stream, table[i].index);
		assert_memory_equal(p.word, table[i].word, sizeof p.word);
	}
}

static void rng_stream(void **state)
{
	(void)state;
	td_rng r = td_rng_make(42, 7);
	for (uint64_t i = 0; i < 3; i++) {
		td_philox p = td_philox_at(42, 7, i);
		for (int k = 0; k < 4; k++)
			assert_int_equal(td_rng_u32(&r), p.word[k]);
	}
}

static void rng_distributions(void **state)
{
	(void)state;
	td_rng r = td_rng_make(3, 0);
	double sum = 0, sum_normal = 0, squares = 0;
	int count[7] = {0}, n = 70000;
	for (int i = 0; i < n; i++) {
		double u = td_rng_unit(&r), z = td_rng_normal(&r);
		assert_true(u >= 0 && u < 1 && isfinite(z));
		sum += u;
		sum_normal += z;
		squares += z * z;
		count[td_rng_below(&r, 7)]++;
	}
	assert_true(fabs(sum / n - 0.5) < 0.01);
	assert_true(fabs(sum_normal / n) < 0.02 && fabs(squares / n - 1) < 0.03);
	for (int i = 0; i < 7; i++)
		assert_true(abs(count[i] - 10000) < 500);
	assert_int_equal(td_rng_below(&r, 1), 0);
	for (int i = 0; i < 100; i++) /* half of the draws are thrown away here */
		assert_true(td_rng_below(&r, 0x80000001u) <= 0x80000000u);
}

static void words_of_a_command(void **state)
{
	(void)state;
	td_str s = {0};
	const char *const words[] = {"run", "a/b-c.lua", "k=1,2", "it's $1", "", "~", "é"};
	for (size_t i = 0; i < TD_COUNT(words); i++)
		td_str_add_word(&s, words[i]);
	assert_text(&s, " run a/b-c.lua k=1,2 'it'\\''s $1' '' '~' 'é'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_of_a_command),
		cmocka_unit_test(err_context),
		cmocka_unit_test(err_long),
		cmocka_unit_test(err_errno),
		cmocka_unit_test(out_of_memory),
		cmocka_unit_test(arena_blocks),
		cmocka_unit_test(arena_text),
		cmocka_unit_test(arena_push),
		cmocka_unit_test(sizes),
		cmocka_unit_test(interning),
		cmocka_unit_test(str_building),
		cmocka_unit_test(number_round_trip),
		cmocka_unit_test(number_texts),
		cmocka_unit_test(sizes_and_times),
		cmocka_unit_test(reading_numbers),
		cmocka_unit_test(closest),
		cmocka_unit_test(text_tests),
		cmocka_unit_test(sha256),
		cmocka_unit_test(sha256_valid),
		cmocka_unit_test(philox_known),
		cmocka_unit_test(rng_stream),
		cmocka_unit_test(rng_distributions),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
