/* The named queries: db/queries.sql as a table. */
#include "query.h"

#include "base/embed.h"
#include "base/str.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
	td_named_query *items;
	int n, cap;
} query_list;

/* The rest of a line that starts with `head`, or NULL. */
static const char *rest_of(td_arena *a, const char *line, size_t n, const char *head)
{
	size_t h = strlen(head);
	return n > h && strncmp(line, head, h) == 0 ? td_arena_strndup(a, line + h, n - h) : NULL;
}

static bool good_name(const char *s)
{
	return *s && strspn(s, "abcdefghijklmnopqrstuvwxyz_") == strlen(s);
}

/* The comment lines over a statement. */
static bool read_head(td_arena *a, query_list *list, const char *line, size_t n, int number,
                      td_err *e)
{
	const char *name = rest_of(a, line, n, "-- name: "), *doc = rest_of(a, line, n, "-- doc: "),
		   *args = rest_of(a, line, n, "-- args: "),
		   *def = rest_of(a, line, n, "-- default: ");
	if (name && !good_name(name))
		return td_fail(e, TD_E_USAGE, "queries.sql:%d: a name has letters a … z and _ only",
		               number);
	if (name)
		TD_PUSH(a, *list, ((td_named_query){name, NULL, "", NULL, NULL}));
	else if ((doc || args || def) && !list->n)
		return td_fail(e, TD_E_USAGE, "queries.sql:%d: a name comes first", number);
	else if (doc)
		list->items[list->n - 1].doc = doc;
	else if (args)
		list->items[list->n - 1].args = args;
	else if (def)
		list->items[list->n - 1].def = def;
	return true;
}

/* Adds a line to the statement of the query being read. */
static bool read_sql(td_arena *a, query_list *list, const char *line, size_t n, int number,
                     td_err *e)
{
	while (n && isspace((unsigned char)line[n - 1]))
		n--;
	if (!n)
		return true;
	if (!list->n)
		return td_fail(e, TD_E_USAGE, "queries.sql:%d: a statement without a name", number);
	td_named_query *q = &list->items[list->n - 1];
	q->sql = q->sql ? td_arena_printf(a, "%s\n%.*s", q->sql, (int)n, line)
	                : td_arena_strndup(a, line, n);
	return true;
}

static bool whole(const query_list *list, td_err *e)
{
	for (int i = 0; i < list->n; i++)
		if (!list->items[i].doc || !list->items[i].sql)
			return td_fail(e, TD_E_USAGE, "queries.sql: the query \"%s\" has no %s",
			               list->items[i].name,
			               list->items[i].doc ? "statement" : "doc");
	return true;
}

bool td_named_queries_read(td_arena *a, const char *text, td_named_query **list, int *n, td_err *e)
{
	query_list found = {0};
	int number = 0;
	while (*text) {
		size_t length = strcspn(text, "\n");
		number++;
		if (!(td_starts(text, "--") ? read_head : read_sql)(a, &found, text, length, number,
		                                                    e))
			return false;
		text += length + (text[length] == '\n');
	}
	*list = found.items;
	*n = found.n;
	return whole(&found, e);
}

const td_named_query *td_named_queries(td_arena *a, int *n)
{
	td_named_query *list = NULL;
	const td_embedded *f = td_embedded_find("db/queries.sql");
	td_err e;
	*n = 0;
	/* a test reads the embedded text: it cannot be wrong here */
	if (f && !td_named_queries_read(a, f->text, &list, n, &e))
		*n = 0;
	return list;
}
