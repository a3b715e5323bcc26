/* Findings as text for people. */
#include "diag_place.h"

#include <string.h>

/* Escape sequences, or nothing. */
typedef struct {
	const char *bold, *red, *yellow, *cyan, *green, *off;
} style;

static style style_of(bool colour)
{
	if (!colour)
		return (style){"", "", "", "", "", ""};
	return (style){"\033[1m", "\033[1;31m", "\033[1;33m", "\033[36m", "\033[32m", "\033[0m"};
}

/* Names come from users and files: nothing in them may move the cursor or break the line. */
static void add_clean(td_str *out, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		td_str_add_n(out, (unsigned char)text[i] < ' ' || text[i] == 127 ? " " : text + i,
		             1);
}

static void add_line(td_str *out, const char *head, const char *text)
{
	td_str_add(out, head);
	add_clean(out, text, strlen(text));
	td_str_add(out, "\n");
}

static void add_other(const td_diag *x, td_str *out)
{
	if (!x->other_text)
		return;
	td_str_add(out, "    note: ");
	if (x->other.file) {
		add_clean(out, x->other.file, strlen(x->other.file));
		td_str_addf(out, ":%d: ", x->other.line);
	}
	add_line(out, "", x->other_text);
}

static bool continues(char c)
{
	return ((unsigned char)c & 0xC0) == 0x80; /* UTF-8 */
}

/* The part of a line that is shown, so that the marked word is in it. */
static void window(const td_place_of *p, size_t *from, size_t *to)
{
	enum { BEFORE = 60, SHOWN = 160 };
	size_t col = (size_t)p->col - 1;
	*from = p->n_line > SHOWN && col > BEFORE ? col - BEFORE : 0;
	*to = p->n_line - *from > SHOWN ? *from + SHOWN : p->n_line;
	while (*from && continues(p->line[*from]))
		--*from;
	while (*to < p->n_line && continues(p->line[*to]))
		++*to;
}

static void add_source(const td_diag *x, const td_place_of *p, style s, td_str *out)
{
	size_t from, to, col = (size_t)p->col - 1;
	if (!p->line || col >= p->n_line)
		return;
	window(p, &from, &to);
	td_str_addf(out, "    %d | %s", x->at.line, from ? "…" : "");
	add_clean(out, p->line + from, to - from);
	td_str_addf(out, "%s\n    ", to < p->n_line ? "…" : "");
	for (int n = x->at.line; n; n /= 10)
		td_str_add(out, " ");
	td_str_addf(out, " | %s", from ? " " : "");
	for (size_t i = from; i < col; i++)
		td_str_add(out, continues(p->line[i]) ? "" : " ");
	td_str_addf(out, "%s^", s.green);
	for (size_t i = col + 1; i < col + (size_t)p->n_marked && i < to; i++)
		td_str_add(out, continues(p->line[i]) ? "" : "~");
	td_str_addf(out, "%s\n", s.off);
}

static void add_finding(const td_diag *x, td_lines *lines, style s, td_str *out)
{
	td_place_of p = td_diag_place(lines, x);
	td_str_add(out, s.bold);
	if (x->at.file) {
		add_clean(out, x->at.file, strlen(x->at.file));
		if (x->at.line > 0)
			td_str_addf(out, ":%d:%d", x->at.line, p.col);
		td_str_add(out, ": ");
	}
	const char *colour = x->level == TD_ERROR     ? s.red
	                     : x->level == TD_WARNING ? s.yellow
	                                              : s.cyan;
	td_str_addf(out, "%s%s%s[%s]: %s", s.off, colour, td_level_name(x->level), x->rule->id,
	            s.off);
	add_line(out, "", x->text);
	add_other(x, out);
	if (x->fix)
		add_line(out, "    fix: ", x->fix);
	add_source(x, &p, s, out);
}

static void add_count(td_str *out, int n, const char *what, bool *any)
{
	if (n)
		td_str_addf(out, "%s%d %s%s", *any ? ", " : "", n, what, n == 1 ? "" : "s");
	*any |= n > 0;
}

void td_diags_text(const td_diags *d, const td_graph *g, bool colour, td_str *out)
{
	td_lines lines = {.g = g};
	bool any = false;
	for (int i = 0; i < d->n; i++)
		add_finding(&d->items[i], &lines, style_of(colour), out);
	add_count(out, d->errors, "error", &any);
	add_count(out, d->warnings, "warning", &any);
	add_count(out, d->n - d->errors - d->warnings, "info", &any);
	td_str_add(out, any ? "\n" : "no findings\n");
}
