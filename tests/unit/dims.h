/* dims.h: a pool of dims with a few symbols; for test_dim.c and test_dim_random.c. */
#ifndef TESTS_DIMS_H
#define TESTS_DIMS_H

#include "model/dim.h"
#include "testing.h"

#include <string.h>

enum { SYMBOLS = 5 };

/* A pool with the symbols A to E, each 1 … 12. */
static inline td_dims *pool(void)
{
	static const char *const name[SYMBOLS] = {"A", "B", "C", "D", "E"};
	td_dims *d = td_dims_new();
	for (int i = 0; i < SYMBOLS; i++)
		assert_int_equal(td_dims_declare(d, name[i], 1, 12), i);
	return d;
}

static inline bool find(void *arg, const char *name, td_dim *dim)
{
	int i = td_dims_find(arg, name);
	if (i >= 0)
		*dim = td_dim_of(arg, i);
	return i >= 0;
}

static inline bool parse(td_dims *d, const char *text, td_dim *dim, td_err *e)
{
	return td_dim_parse(d, text, strlen(text), find, d, dim, e);
}

static inline td_dim dim_of(td_dims *d, const char *text)
{
	td_dim dim = TD_DIM_BAD;
	assert_ok(parse(d, text, &dim, e));
	return dim;
}

static inline void reads_as(td_dims *d, const char *text, const char *want)
{
	td_str s = {0};
	td_dim_text(d, dim_of(d, text), &s);
	assert_text(&s, want);
}

#endif
