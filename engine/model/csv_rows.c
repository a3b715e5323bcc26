/* Rows of a table by their names. */
#include "csv.h"
#include "edf.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { SHOWN = 20 };

/* A list of names for a message, not too long. */
typedef struct {
	td_str text;
	int n;
} name_list;

static void note(name_list *x, const char *name)
{
	if (x->n < SHOWN)
		td_str_addf(&x->text, "%s%s", x->n ? ", " : "", name);
	else if (x->n == SHOWN)
		td_str_add(&x->text, ", …");
	x->n++;
}

/* The row of a name; -1: none, -2: an error, for there are two. */
static int64_t row_of(const td_csv *c, const char *name, td_err *e)
{
	int64_t found = -1;
	for (int64_t i = 0; i < c->rows; i++) {
		if (!td_edf_same_name(c->names[i], name))
			continue;
		if (found >= 0) {
			td_fail(e, TD_E_DATA,
			        "its rows %" PRId64 " and %" PRId64 " are both named \"%s\"",
			        found + 2, i + 2, c->names[i]);
			return -2;
		}
		found = i;
	}
	return found;
}

static const char *name_at(const void *names, int i)
{
	return ((const char *const *)names)[i];
}

bool td_csv_drop(td_csv *c, const char *list, td_err *e)
{
	size_t row_bytes = (size_t)c->columns * sizeof *c->items;
	bool *dropped = td_arena_array(&c->arena, (size_t)c->rows + 1, sizeof *dropped);
	int64_t kept = 0;
	for (const char *at = list; *at; at += *at == ',') {
		size_t n = strcspn(at, ",");
		char *name = td_arena_strndup(&c->arena, at, n);
		int64_t row = row_of(c, name, e);
		at += n;
		if (row == -2)
			return false;
		if (row < 0) {
			const char *close = td_closest(name, (int)c->rows, name_at, c->names);
			return td_fail(e, TD_E_DATA, "it has no row \"%s\" to leave out%s%s%s",
			               name, close ? ", did you mean " : "", close ? close : "",
			               close ? "?" : "");
		}
		dropped[row] = true;
	}
	c->numbers = td_arena_array(&c->arena, (size_t)c->rows + 1, sizeof *c->numbers);
	for (int64_t i = 0; i < c->rows; i++) {
		if (dropped[i])
			continue;
		memmove(c->items + kept * c->columns, c->items + i * c->columns, row_bytes);
		c->names[kept] = c->names[i];
		c->numbers[kept++] = (int32_t)i;
	}
	c->rows = kept;
	return true;
}

static bool fail_missing(const td_csv *c, const bool *used, const name_list *missing, td_err *e)
{
	name_list other = {0};
	for (int64_t i = 0; i < c->rows; i++)
		if (!used[i])
			note(&other, c->names[i]);
	td_fail(e, TD_E_DATA, "it has no row for %d channel%s of the recording: %s; %s%s",
	        missing->n, missing->n == 1 ? "" : "s", td_str_text(&missing->text),
	        other.n ? "its rows without a channel: " : "all of its rows have a channel",
	        td_str_text(&other.text));
	td_str_fini(&other.text);
	return false;
}

bool td_csv_match(td_csv *c, const char *list, td_err *e)
{
	size_t row_bytes = (size_t)c->columns * sizeof *c->items;
	bool ok = true, *used = td_alloc((size_t)c->rows + 1);
	name_list missing = {0};
	struct {
		double *items;
		int64_t n, cap;
	} out = {0};
	memset(used, 0, (size_t)c->rows + 1);
	for (const char *at = list; ok && *at; at += *at == ',') {
		size_t n = strcspn(at, ",");
		char *name = td_arena_strndup(&c->arena, at, n);
		int64_t row = row_of(c, name, e);
		at += n;
		ok = row != -2;
		if (row == -1)
			note(&missing, name);
		if (row < 0)
			continue;
		used[row] = true;
		if (out.n == out.cap) {
			out.cap = out.cap ? 2 * out.cap : 64;
			out.items = td_realloc(out.items, td_size_mul((size_t)out.cap, row_bytes));
		}
		memcpy(out.items + out.n++ * c->columns, c->items + row * c->columns, row_bytes);
	}
	ok = ok && (!missing.n || fail_missing(c, used, &missing, e));
	td_str_fini(&missing.text);
	free(used);
	free(c->items);
	c->items = out.items;
	c->rows = out.n;
	return ok;
}
