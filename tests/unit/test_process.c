/* Another program's output: base/process.h. */
#include "testing.h"

#include "base/process.h"

static bool ask(td_str *s, const char *word, const char *argument, size_t limit)
{
	const char *argv[] = {"sh", "-c", argument, NULL};
	argv[0] = word;
	return td_process_read(argv, limit, s);
}

static void test_output(void **state)
{
	td_str s = {0};
	(void)state;
	assert_true(
		ask(&s, "sh", "printf 'one\\ntwo'; echo quiet >&2; cat", 100)); /* stdin is empty */
	assert_text(&s, "one\ntwo");
}

/* What is beyond the limit is read, so that the program ends, and dropped. */
static void test_limit(void **state)
{
	td_str s = {0};
	(void)state;
	assert_true(ask(&s, "sh", "head -c 1000000 /dev/zero | tr '\\0' x", 10));
	assert_text(&s, "xxxxxxxxxx");
}

static void test_failures(void **state)
{
	td_str s = {0};
	(void)state;
	assert_false(ask(&s, "sh", "echo said; exit 3", 100));
	assert_text(&s, "said\n");
	s = (td_str){0};
	assert_false(ask(&s, "sh", "kill -9 $$", 100));
	assert_false(ask(&s, "there-is-no-such-program", "", 100));
	assert_int_equal(s.n, 0);
	td_str_fini(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_output),
	                                   cmocka_unit_test(test_limit),
	                                   cmocka_unit_test(test_failures)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
