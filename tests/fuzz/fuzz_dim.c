/* Fuzzes the dim parser: what reads must be written, read back as the same dim, in its own pool and
 * in another, and its value must lie in its range. */
#include "model/dim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SYMBOLS = 4 };

static td_dims *pool(bool reversed)
{
	static const char *const name[SYMBOLS] = {"N", "T", "win", "kept@x.1"};
	static const int64_t hi[SYMBOLS] = {TD_DIM_MAX, 100, 7, 3};
	td_dims *d = td_dims_new();
	for (int i = 0; i < SYMBOLS; i++) {
		int k = reversed ? SYMBOLS - 1 - i : i;
		td_dims_declare(d, name[k], k == 3 ? -2 : k, hi[k]);
	}
	return d;
}

static bool find(void *arg, const char *name, td_dim *dim)
{
	int i = td_dims_find(arg, name);
	if (i >= 0)
		*dim = td_dim_of(arg, i);
	return i >= 0;
}

static void must(bool ok, const char *what, const char *text)
{
	if (ok)
		return;
	fprintf(stderr, "%s: %s\n", what, text);
	abort();
}

static void reads_back(td_dims *d, td_dim want, const char *text)
{
	td_dim back;
	td_err e;
	must(td_dim_parse(d, text, strlen(text), find, d, &back, &e), "does not read back", text);
	must(want == TD_DIM_BAD || back == want, "reads back as another dim", text);
	td_str again = {0};
	td_dim_text(d, back, &again);
	must(td_same(again.data, text), "is written in another way", text);
	td_str_fini(&again);
}

static void lies_in_range(const td_dims *d, td_dim dim, const char *text)
{
	int64_t lo, hi, out, values[SYMBOLS];
	td_dim_range(d, dim, &lo, &hi);
	must(lo <= hi, "empty range", text);
	for (int turn = 0; turn < 16; turn++) {
		for (int i = 0; i < SYMBOLS; i++) {
			const td_symbol *s = td_dims_symbol_c(d, i);
			values[i] = turn >> i & 1 ? s->hi : s->lo;
		}
		if (td_dim_eval(d, dim, values, &out))
			must(lo <= out && out <= hi, "value outside of the range", text);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	td_dims *d = pool(false), *other = pool(true);
	td_err e;
	td_dim dim;
	if (td_dim_parse(d, (const char *)data, size, find, d, &dim, &e)) {
		td_str text = {0};
		td_dim_text(d, dim, &text);
		reads_back(d, dim, text.data);
		reads_back(other, TD_DIM_BAD, text.data);
		lies_in_range(d, dim, text.data);
		td_dim_late(d, dim);
		td_str_fini(&text);
	}
	td_dims_free(d);
	td_dims_free(other);
	return 0;
}
