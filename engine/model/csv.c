#include "csv.h"

#include "../base/arena.h"
#include "../base/file.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_COLUMNS = 1 << 16, MAX_BYTES = 1 << 30 };

typedef struct {
	const char *at, *end;
	td_str cell; /* read last, without its quotes */
	int64_t row;
	td_err *e;
} reader;

/* The header, and which of its columns are wanted. */
typedef struct {
	td_arena arena;
	const char **items; /* names */
	int n, cap;
	int *place; /* per column: where it goes in a row of the result, -1: nowhere */
	int wanted;
	int key; /* column of the names of the rows, -1: none */
} header;

/* -- cells ---------------------------------------------------------------- */

static bool at_line_end(const reader *r)
{
	return r->at == r->end || *r->at == '\n' ||
	       (*r->at == '\r' && r->at + 1 < r->end && r->at[1] == '\n');
}

static bool read_quoted(reader *r)
{
	r->at++;
	for (;;) {
		const char *quote = memchr(r->at, '"', (size_t)(r->end - r->at));
		if (!quote)
			return td_fail(r->e, TD_E_DATA,
			               "row %" PRId64 ": a quoted cell has no closing quote",
			               r->row);
		bool doubled = quote + 1 < r->end && quote[1] == '"';
		td_str_add_n(&r->cell, r->at, (size_t)(quote - r->at) + doubled);
		r->at = quote + 1 + doubled;
		if (!doubled)
			break;
	}
	if (!at_line_end(r) && *r->at != ',')
		return td_fail(r->e, TD_E_DATA,
		               "row %" PRId64 ": text follows the closing quote of a cell; write a "
		               "quote inside a cell as \"\"",
		               r->row);
	return true;
}

static bool read_plain(reader *r)
{
	const char *from = r->at;
	while (!at_line_end(r) && *r->at != ',') {
		if (*r->at == '"')
			return td_fail(r->e, TD_E_DATA,
			               "row %" PRId64 ": a quote stands inside a cell; put the "
			               "cell in quotes and write it as \"\"",
			               r->row);
		r->at++;
	}
	td_str_add_n(&r->cell, from, (size_t)(r->at - from));
	return true;
}

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

static void trim(td_str *s)
{
	size_t head = 0;
	if (!s->n)
		return;
	while (s->n && blank(s->data[s->n - 1]))
		s->n--;
	while (head < s->n && blank(s->data[head]))
		head++;
	s->n -= head;
	memmove(s->data, s->data + head, s->n);
	s->data[s->n] = '\0';
}

/* Reads a cell and what ends it; `last` says whether that was the end of the row. */
static bool read_cell(reader *r, bool *last)
{
	r->cell.n = 0;
	if (r->at < r->end && *r->at == '"' ? !read_quoted(r) : !read_plain(r))
		return false;
	trim(&r->cell);
	*last = at_line_end(r);
	if (r->at < r->end) /* the comma or the line end */
		r->at += *r->at == '\r' ? 2 : 1;
	return true;
}

/* Text of the file as messages show it: one line, not too long. */
typedef struct {
	char text[48];
} excerpt;

static excerpt show(const char *text)
{
	enum { SHOWN = 40 };
	excerpt x = {""};
	size_t all = strlen(text), n = all < SHOWN ? all : SHOWN;
	while (n < all && n > SHOWN - 4 && ((unsigned char)text[n] & 0xC0) == 0x80)
		n--; /* not through the middle of a UTF-8 character */
	td_clip(x.text, sizeof x.text, "%.*s%s", (int)n, text, n < all ? "…" : "");
	for (char *s = x.text; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = '?';
	return x;
}

/* -- header --------------------------------------------------------------- */

static bool read_names(reader *r, header *h)
{
	if (r->at == r->end)
		return td_fail(r->e, TD_E_DATA, "it is empty; the first row must name the columns");
	for (bool last = false; !last;) {
		if (!read_cell(r, &last))
			return false;
		if (h->n == MAX_COLUMNS)
			return td_fail(r->e, TD_E_DATA, "it has more than %d columns", MAX_COLUMNS);
		TD_PUSH(&h->arena, *h,
		        td_arena_strndup(&h->arena, td_str_text(&r->cell), r->cell.n));
	}
	h->place = td_arena_array(&h->arena, (size_t)h->n, sizeof *h->place);
	return true;
}

static const char *name_at(const void *names, int i)
{
	return ((const char *const *)names)[i];
}

static void fail_no_column(const header *h, const char *name, td_err *e)
{
	td_str list = {0};
	const char *close = td_closest(name, h->n, name_at, h->items);
	for (int i = 0; i < h->n; i++)
		td_str_addf(&list, "%s%s", i ? ", " : "", show(h->items[i]).text);
	td_fail(e, TD_E_DATA, "it has no column \"%s\"%s%s%s; its columns are %s", name,
	        close ? ", did you mean \"" : "", close ? show(close).text : "", close ? "\"?" : "",
	        list.data);
	td_str_fini(&list);
}

/* The number of a column, -1 and an error where there is none, or two. */
static int find(const header *h, const char *name, td_err *e)
{
	int found = -1;
	for (int i = 0; i < h->n; i++) {
		if (!td_same(h->items[i], name))
			continue;
		if (found >= 0) {
			td_fail(e, TD_E_DATA, "it has two columns \"%s\"", name);
			return -1;
		}
		found = i;
	}
	if (found < 0)
		fail_no_column(h, name, e);
	return found;
}

static bool want(header *h, const char *name, td_err *e)
{
	int found = find(h, name, e);
	if (found < 0)
		return false;
	if (h->place[found] >= 0)
		return td_fail(e, TD_E_DATA, "the column \"%s\" is asked for twice", name);
	h->place[found] = h->wanted++;
	return true;
}

static bool want_listed(header *h, const char *columns, td_err *e)
{
	bool ok = true;
	for (int i = 0; i < h->n; i++)
		h->place[i] = -1;
	for (const char *at = columns; ok; at++) {
		size_t n = strcspn(at, ",");
		td_str name = {0};
		td_str_add_n(&name, at, n);
		trim(&name);
		ok = name.n ? want(h, name.data, e)
		            : td_fail(e, TD_E_DATA,
		                      "the list of columns \"%s\" holds an empty name", columns);
		td_str_fini(&name);
		at += n;
		if (!*at)
			break;
	}
	return ok;
}

static void want_all(header *h)
{
	for (int i = 0; i < h->n; i++)
		h->place[i] = i == h->key ? -1 : h->wanted++;
}

/* -- rows ----------------------------------------------------------------- */

static bool read_number(reader *r, const char *column, double *value)
{
	const char *text = td_str_text(&r->cell);
	excerpt name = show(column);
	if (!*text)
		return td_fail(r->e, TD_E_DATA,
		               "row %" PRId64 ", column \"%s\": the cell is empty; write nan for a "
		               "missing value",
		               r->row, name.text);
	if (!td_read_real(text, value))
		return td_fail(r->e, TD_E_DATA,
		               "row %" PRId64
		               ", column \"%s\": \"%s\" is not a number that fits a double",
		               r->row, name.text, show(text).text);
	return true;
}

static bool read_row(reader *r, const header *h, double *items, const char **name, td_arena *a)
{
	int n = 0;
	for (bool last = false; !last; n++) {
		if (!read_cell(r, &last))
			return false;
		if (last && n == 0 && h->n > 1 && !r->cell.n)
			return td_fail(r->e, TD_E_DATA, "row %" PRId64 " is empty", r->row);
		if (n == h->key)
			*name = td_arena_strdup(a, td_str_text(&r->cell));
		if (n < h->n && h->place[n] >= 0 &&
		    !read_number(r, h->items[n], &items[h->place[n]]))
			return false;
		if (n > MAX_COLUMNS)
			break;
	}
	if (n != h->n)
		return td_fail(r->e, TD_E_DATA, "row %" PRId64 " has %d cells, the header has %d",
		               r->row, n, h->n);
	return true;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A name stands for one row. */
static bool names_differ(const td_csv *c, td_err *e)
{
	const char *twice = NULL;
	size_t n = c->names ? (size_t)c->rows : 0;
	const char **sorted = td_alloc(td_size_mul(n + 1, sizeof *sorted));
	for (size_t i = 0; i < n; i++)
		sorted[i] = c->names[i];
	qsort(sorted, n, sizeof *sorted, by_name);
	for (size_t i = 1; i < n && !twice; i++)
		twice = td_same(sorted[i - 1], sorted[i]) ? sorted[i] : NULL;
	free(sorted);
	return !twice ||
	       td_fail(e, TD_E_DATA, "two rows have the name \"%s\"; give each a name of its own",
	               show(twice).text);
}

static bool read_rows(reader *r, const header *h, td_csv *out)
{
	int64_t cap = 0;
	struct {
		const char **items;
		int n, cap;
	} names = {0};
	size_t row_bytes = td_size_mul((size_t)h->wanted, sizeof *out->items);
	out->columns = h->wanted;
	for (; r->at < r->end; out->rows++) {
		if (out->rows == cap) {
			cap = cap ? cap * 2 : 64;
			out->items = td_realloc(out->items, td_size_mul((size_t)cap, row_bytes));
		}
		r->row++;
		const char *name = NULL;
		if (!read_row(r, h, out->items + out->rows * out->columns, &name, &out->arena))
			return false;
		if (name)
			TD_PUSH(&out->arena, names, name);
	}
	out->names = names.items;
	return true;
}

/* A column "name" that is not asked for names the rows. */
static void label_rows(header *h)
{
	for (int i = 0; i < h->n; i++)
		if (h->place[i] < 0 && td_same(h->items[i], "name"))
			h->key = i;
}

/* -- the whole ------------------------------------------------------------ */

bool td_csv_parse(const char *text, size_t n, const char *columns, td_csv *out, td_err *e)
{
	return td_csv_parse_named(text, n, columns, NULL, out, e);
}

bool td_csv_parse_named(const char *text, size_t n, const char *columns, const char *key,
                        td_csv *out, td_err *e)
{
	static const char mark[] = "\xEF\xBB\xBF";
	reader r = {.at = text, .end = text + n, .row = 1, .e = e};
	header h = {.key = -1};
	*out = (td_csv){0};
	const char *nul = n ? memchr(text, '\0', n) : NULL;
	if (nul)
		return td_fail(e, TD_E_DATA,
		               "it is no text: byte %td is zero; save it as UTF-8 CSV", nul - text);
	if (n >= 3 && memcmp(text, mark, 3) == 0)
		r.at += 3;
	bool ok = read_names(&r, &h);
	if (ok && key)
		ok = (h.key = find(&h, key, e)) >= 0;
	if (ok && columns)
		ok = want_listed(&h, columns, e);
	else if (ok)
		want_all(&h);
	if (ok && !key)
		label_rows(&h);
	ok = ok && read_rows(&r, &h, out) && (key || names_differ(out, e));
	td_str_fini(&r.cell);
	td_arena_fini(&h.arena);
	if (!ok)
		td_csv_fini(out);
	return ok;
}

bool td_csv_read(const char *path, const char *columns, td_csv *out, td_err *e)
{
	char *text;
	size_t n;
	*out = (td_csv){0};
	if (!td_file_read(path, MAX_BYTES, &text, &n, e))
		return false;
	bool ok = td_csv_parse(text, n, columns, out, e) || td_within(e, "%s", path);
	free(text);
	return ok;
}

void td_csv_fini(td_csv *c)
{
	free(c->items);
	td_arena_fini(&c->arena);
	*c = (td_csv){0};
}
