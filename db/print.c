/* Answers as text: a table for people, CSV, JSON. */
#include "query.h"

#include "base/str.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { WIDEST = 64 }; /* characters of a table's cell: a digest fits */

typedef struct {
	FILE *out;
	/* TABLE: all rows are kept, for the widths */
	td_arena arena;
	int n_columns;
	size_t *width;
	bool *words; /* the column holds text: left-aligned, else right-aligned */
	struct {
		const char ***items;
		int n, cap;
	} rows; /* the first are the names */
	int64_t n_rows;
} printer;

/* -- cells as text -------------------------------------------------------- */

static void add_hex(td_str *s, const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		td_str_addf(s, "%02x", p[i]);
}

/* The plain text of a cell; nothing for NULL. */
static void add_plain(td_str *s, const td_cell *c)
{
	switch (c->kind) {
	case TD_CELL_INT:
		td_str_addf(s, "%" PRId64, c->as.i);
		break;
	case TD_CELL_REAL:
		td_str_add(s, td_number_text(c->as.r).text);
		break;
	case TD_CELL_TEXT:
		td_str_add_n(s, c->as.p, c->n);
		break;
	case TD_CELL_BLOB:
		add_hex(s, c->as.p, c->n);
		break;
	case TD_CELL_NULL:
	default:
		break;
	}
}

/* Length of the UTF-8 sequence at p, 0 when the bytes are not UTF-8. */
static size_t utf8_length(const unsigned char *p, size_t left)
{
	size_t n = *p < 0x80                 ? 1
	           : *p >= 0xc2 && *p < 0xe0 ? 2
	           : (*p & 0xf0) == 0xe0     ? 3
	           : *p >= 0xf0 && *p < 0xf5 ? 4
	                                     : 0;
	if (!n || n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	bool overlong = (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xf0 && p[1] < 0x90),
	     surrogate = p[0] == 0xed && p[1] >= 0xa0, beyond = p[0] == 0xf4 && p[1] >= 0x90;
	return overlong || surrogate || beyond ? 0 : n;
}

/* -- CSV ------------------------------------------------------------------ */

static void add_csv(td_str *s, const char *text, size_t n)
{
	bool quoted = memchr(text, '"', n) || memchr(text, ',', n) || memchr(text, '\n', n) ||
	              memchr(text, '\r', n);
	if (!quoted) {
		td_str_add_n(s, text, n);
		return;
	}
	td_str_add(s, "\"");
	for (size_t i = 0; i < n; i++)
		td_str_add_n(s, text[i] == '"' ? "\"\"" : &text[i], text[i] == '"' ? 2 : 1);
	td_str_add(s, "\"");
}

static bool write_out(printer *p, td_str *s, td_err *e)
{
	bool ok = fwrite(td_str_text(s), 1, s->n, p->out) == s->n;
	td_str_fini(s);
	return ok || td_fail_errno(e, TD_E_DEVICE, "cannot write the answer");
}

static bool csv_columns(void *arg, int n, const char *const *names, td_err *e)
{
	td_str s = {0};
	for (int i = 0; i < n; i++) {
		td_str_add(&s, i ? "," : "");
		add_csv(&s, names[i], strlen(names[i]));
	}
	td_str_add(&s, "\r\n");
	return write_out(arg, &s, e);
}

static bool csv_row(void *arg, int n, const td_cell *cells, td_err *e)
{
	td_str s = {0}, cell = {0};
	for (int i = 0; i < n; i++) {
		td_str_add(&s, i ? "," : "");
		cell.n = 0;
		add_plain(&cell, &cells[i]);
		add_csv(&s, cell.n ? cell.data : "", cell.n);
	}
	td_str_add(&s, "\r\n");
	td_str_fini(&cell);
	return write_out(arg, &s, e);
}

/* -- JSON ----------------------------------------------------------------- */

static void add_json_text(td_str *s, const char *text, size_t n)
{
	const unsigned char *p = (const unsigned char *)text;
	td_str_add(s, "\"");
	for (size_t i = 0, step; i < n; i += step) {
		step = utf8_length(p + i, n - i);
		if (!step) {
			td_str_add(s, "\\ufffd"); /* JSON knows no bytes that are not UTF-8 */
			step = 1;
		} else if (p[i] == '"' || p[i] == '\\') {
			td_str_addf(s, "\\%c", p[i]);
		} else if (p[i] < 0x20 || p[i] == 0x7f) {
			td_str_addf(s, "\\u%04x", p[i]);
		} else {
			td_str_add_n(s, text + i, step);
		}
	}
	td_str_add(s, "\"");
}

static void add_json(td_str *s, const td_cell *c)
{
	td_str plain = {0};
	bool bare = c->kind == TD_CELL_INT || (c->kind == TD_CELL_REAL && isfinite(c->as.r));
	add_plain(&plain, c);
	if (c->kind == TD_CELL_NULL || (c->kind == TD_CELL_REAL && isnan(c->as.r)))
		td_str_add(s, "null");
	else if (bare)
		td_str_add(s, plain.data);
	else
		add_json_text(s, td_str_text(&plain), plain.n);
	td_str_fini(&plain);
}

static bool json_columns(void *arg, int n, const char *const *names, td_err *e)
{
	td_str s = {0};
	td_str_add(&s, "{\"schema\": \"tandem/query/1\", \"columns\": [");
	for (int i = 0; i < n; i++) {
		td_str_add(&s, i ? ", " : "");
		add_json_text(&s, names[i], strlen(names[i]));
	}
	td_str_add(&s, "], \"rows\": [");
	return write_out(arg, &s, e);
}

static bool json_row(void *arg, int n, const td_cell *cells, td_err *e)
{
	printer *p = arg;
	td_str s = {0};
	td_str_add(&s, p->n_rows++ ? ",\n[" : "\n[");
	for (int i = 0; i < n; i++) {
		td_str_add(&s, i ? ", " : "");
		add_json(&s, &cells[i]);
	}
	td_str_add(&s, "]");
	return write_out(p, &s, e);
}

static bool json_end(printer *p, td_err *e)
{
	td_str s = {0};
	td_str_add(&s, p->n_rows ? "\n]}\n" : "]}\n");
	return write_out(p, &s, e);
}

/* -- tables --------------------------------------------------------------- */

/* Text in one line of at most WIDEST characters; what a terminal would obey becomes a space. */
static void add_shown(td_str *s, const char *text, size_t n)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t shown = 0;
	for (size_t i = 0, step; i < n; i += step, shown++) {
		if (shown == WIDEST - 1 && i + utf8_length(p + i, n - i) < n) {
			td_str_add(s, "…");
			return;
		}
		step = utf8_length(p + i, n - i);
		if (!step)
			td_str_add(s, "?");
		else if (p[i] < 0x20 || p[i] == 0x7f || (p[i] == 0xc2 && p[i + 1] < 0xa0))
			td_str_add(s, " ");
		else
			td_str_add_n(s, text + i, step);
		step = step ? step : 1;
	}
}

static size_t characters(const char *text)
{
	size_t n = 0;
	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static void keep_cell(printer *p, const char **row, int i, const char *text, size_t n)
{
	td_str shown = {0};
	add_shown(&shown, text, n);
	row[i] = td_arena_strndup(&p->arena, td_str_text(&shown), shown.n);
	td_str_fini(&shown);
	size_t width = characters(row[i]);
	p->width[i] = width > p->width[i] ? width : p->width[i];
}

static bool table_columns(void *arg, int n, const char *const *names, td_err *e)
{
	(void)e;
	printer *p = arg;
	p->n_columns = n;
	p->width = td_arena_array(&p->arena, (size_t)n + 1, sizeof *p->width);
	p->words = td_arena_array(&p->arena, (size_t)n + 1, sizeof *p->words);
	const char **row = td_arena_array(&p->arena, (size_t)n + 1, sizeof *row);
	for (int i = 0; i < n; i++)
		keep_cell(p, row, i, names[i], strlen(names[i]));
	TD_PUSH(&p->arena, p->rows, row);
	return true;
}

static bool table_row(void *arg, int n, const td_cell *cells, td_err *e)
{
	(void)e;
	printer *p = arg;
	const char **row = td_arena_array(&p->arena, (size_t)n + 1, sizeof *row);
	for (int i = 0; i < n; i++) {
		td_str plain = {0};
		add_plain(&plain, &cells[i]);
		keep_cell(p, row, i, td_str_text(&plain), plain.n);
		td_str_fini(&plain);
		p->words[i] = p->words[i] || cells[i].kind == TD_CELL_TEXT ||
		              cells[i].kind == TD_CELL_BLOB;
	}
	TD_PUSH(&p->arena, p->rows, row);
	return true;
}

static void add_padded(td_str *s, const char *text, size_t width, bool right)
{
	int pad = (int)(width - characters(text));
	if (right)
		td_str_addf(s, "%*s%s", pad, "", text);
	else
		td_str_addf(s, "%s%*s", text, pad, "");
}

static void end_line(td_str *s)
{
	while (s->n && s->data[s->n - 1] == ' ')
		s->n--;
	td_str_add(s, "\n");
}

static bool table_end(printer *p, td_err *e)
{
	td_str s = {0};
	for (int r = 0; r < p->rows.n; r++) {
		for (int i = 0; i < p->n_columns; i++) {
			td_str_add(&s, i ? "  " : "");
			add_padded(&s, p->rows.items[r][i], p->width[i], !p->words[i]);
		}
		end_line(&s);
		for (int i = 0; !r && i < p->n_columns; i++) {
			td_str_add(&s, i ? "  " : "");
			for (size_t k = 0; k < p->width[i]; k++)
				td_str_add(&s, "-");
		}
		td_str_add(&s, r ? "" : "\n");
	}
	return write_out(p, &s, e);
}

/* -- all formats ---------------------------------------------------------- */

bool td_query_print(td_query *q, const char *what, const char *const *args, int n_args,
                    td_format format, FILE *out, td_err *e)
{
	printer p = {.out = out};
	td_rows rows = {&p, table_columns, table_row};
	if (format == TD_FORMAT_CSV)
		rows = (td_rows){&p, csv_columns, csv_row};
	else if (format == TD_FORMAT_JSON)
		rows = (td_rows){&p, json_columns, json_row};
	bool ok = td_query_run(q, what, args, n_args, &rows, e);
	if (ok && format == TD_FORMAT_TABLE)
		ok = table_end(&p, e);
	else if (ok && format == TD_FORMAT_JSON)
		ok = json_end(&p, e);
	td_arena_fini(&p.arena);
	if (ok && fflush(out) != 0)
		return td_fail_errno(e, TD_E_DEVICE, "cannot write the answer");
	return ok;
}
