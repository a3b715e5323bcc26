/* query.h: asking the database: named queries and any SQL that only reads. Layer 6.
 *
 * A database opened here cannot be changed through it: the file is opened read-only, and statements
 * that would write, attach another file or set a pragma are refused before they start. */
#ifndef TD_DB_QUERY_H
#define TD_DB_QUERY_H

#include "base/arena.h"

#include <stdio.h>

typedef enum { TD_CELL_NULL, TD_CELL_INT, TD_CELL_REAL, TD_CELL_TEXT, TD_CELL_BLOB } td_cell_kind;

/* A value of the database. Text ends with a NUL that `n` does not count. */
typedef struct {
	td_cell_kind kind;
	size_t n; /* bytes of text or blob */
	union {
		int64_t i;
		double r;
		const void *p;
	} as;
} td_cell;

/* -- named queries -------------------------------------------------------- */

typedef struct {
	const char *name;
	const char *doc;  /* one line: what it answers */
	const char *args; /* "[RUN]", "" when it takes none */
	const char *def;  /* SQL that gives ?1 when no argument is given, or NULL */
	const char *sql;
} td_named_query;

/* Reads the text of db/queries.sql into `list`; text lives in the arena. TD_E_USAGE with the line
 * number where the text is not in that form. */
TD_MUST_USE bool td_named_queries_read(td_arena *a, const char *text, td_named_query **list, int *n,
                                       td_err *e);
/* The queries that are part of the program. */
const td_named_query *td_named_queries(td_arena *a, int *n);

/* -- asking --------------------------------------------------------------- */

typedef struct td_query td_query; /* a database opened for reading */

/* TD_E_DATA when there is no database or it is not one of this tandem. Freed with td_query_close;
 * NULL after an error. */
TD_MUST_USE bool td_query_open(const char *path, td_query **q, td_err *e);
void td_query_close(td_query *q);

/* Gets the answer row by row; cells and names live until the call returns. */
typedef struct {
	void *arg;
	bool (*columns)(void *arg, int n, const char *const *names, td_err *e);
	bool (*row)(void *arg, int n, const td_cell *cells, td_err *e);
} td_rows;

/* `what`: the name of a query, or one SQL statement. `args` fill ?1, ?2 … in order; the others are
 * NULL. TD_E_USAGE: no such query, not SQL, not reading only, too many arguments. */
TD_MUST_USE bool td_query_run(td_query *q, const char *what, const char *const *args, int n_args,
                              const td_rows *rows, td_err *e);

/* TABLE is for a terminal: aligned, long cells cut at 64 characters. CSV is RFC 4180 and JSON is
 * {"schema": "tandem/query/1", "columns": […], "rows": [[…], …]}, both uncut; there NaN is null, an
 * infinity the string "inf" or "-inf", a blob its hex digits. */
typedef enum { TD_FORMAT_TABLE, TD_FORMAT_CSV, TD_FORMAT_JSON } td_format;

/* Runs and prints to `out`; TD_E_DEVICE when that cannot be written. */
TD_MUST_USE bool td_query_print(td_query *q, const char *what, const char *const *args, int n_args,
                                td_format format, FILE *out, td_err *e);

#endif
