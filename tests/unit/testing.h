/* testing.h: what all unit tests share: cmocka, and asserts for functions with a td_err. */
#ifndef TD_TESTING_H
#define TD_TESTING_H

#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

/* The call must work; else its message is shown. */
#define assert_ok(call)                                       \
	do {                                                  \
		td_err err_ = {TD_OK, ""};                    \
		td_err *e = &err_;                            \
		if (!(call))                                  \
			fail_msg("%s: %s", #call, err_.text); \
	} while (0)

/* The call, which passes `e` on, must fail with exactly this code and text. */
#define assert_fails(call, want_code, want_text)           \
	do {                                               \
		td_err err_ = {TD_OK, ""};                 \
		td_err *e = &err_;                         \
		if (call)                                  \
			fail_msg("%s should fail", #call); \
		assert_string_equal(err_.text, want_text); \
		assert_int_equal(err_.code, want_code);    \
	} while (0)

/* The text of a td_str must be this; the string is emptied. */
static inline void assert_text(td_str *s, const char *want)
{
	assert_string_equal(td_str_text(s), want);
	td_str_fini(s);
}

#endif
