/* Pipelines that are wrong: the exact text of every message. */
#include "lua_expect.h"

#include "base/file.h"

/* The rest of a text behind the first `mark`, which is cut off the text; NULL: there is none. */
static char *cut(char *text, const char *mark)
{
	char *at = strstr(text, mark);
	if (!at)
		return NULL;
	*at = '\0';
	return at + strlen(mark);
}

/* Calls take(script, what it is told) for each of a file: "=>" between the two and "----" behind. */
static int each(const char *path, void (*take)(const char *script, const char *want))
{
	char *text, *rest;
	size_t size;
	td_err e;
	int n = 0;
	if (!td_file_read(path, 1 << 20, &text, &size, &e))
		fail_msg("%s", e.text);
	for (char *script = text; (rest = cut(script, "----\n")) != NULL; script = rest, n++) {
		char *want = cut(script, "\n=>\n");
		assert_non_null(want);
		take(script, want);
	}
	free(text);
	return n;
}

static void expect_faults(const char *body, const char *want)
{
	expect_faults_of("", body, NULL, 0, want);
}

static void complains(void **state)
{
	(void)state;
	assert_in_range(each("tests/unit/lua_wrong.txt", expect_faults), 45, 1000);
}

static void gives_up(void **state)
{
	(void)state;
	assert_in_range(each("tests/unit/lua_errors.txt", expect_error), 40, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(complains),
		cmocka_unit_test(gives_up),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
