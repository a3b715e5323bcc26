/* testing.h: what all unit tests share: cmocka, and asserts for functions with a td_err. */
#ifndef TESTS_TESTING_H
#define TESTS_TESTING_H

#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* An empty error: one for all asserts, so that frames stay small. */
static inline td_err *test_err(void)
{
	static td_err e;
	e = (td_err){TD_OK, ""};
	return &e;
}

/* The call, which passes `e` on, must work; else its message is shown. */
#define assert_ok(call)                                     \
	do {                                                \
		td_err *e = test_err();                     \
		if (!(call))                                \
			fail_msg("%s: %s", #call, e->text); \
	} while (0)

/* The call, which passes `e` on, must fail with exactly this code and text. */
#define assert_fails(call, want_code, want_text)           \
	do {                                               \
		td_err *e = test_err();                    \
		if (call)                                  \
			fail_msg("%s should fail", #call); \
		assert_string_equal(e->text, want_text);   \
		assert_int_equal(e->code, want_code);      \
	} while (0)

/* The text of a td_str must be this; the string is emptied. */
static inline void assert_text(td_str *s, const char *want)
{
	assert_string_equal(td_str_text(s), want);
	td_str_fini(s);
}

#endif
