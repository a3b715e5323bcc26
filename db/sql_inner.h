/* sql_inner.h: SQLite with tandem's errors; for the files of db/ alone. Layer 6. */
#ifndef TD_DB_SQL_INNER_H
#define TD_DB_SQL_INNER_H

#include "query.h"

#include <sqlite3.h>

enum {
	TD_SQL_APPLICATION = 1953391725, /* "tndm", PRAGMA application_id */
	TD_SQL_WAIT_MS = 20000           /* how long another program may hold the lock */
};

/* An open database file. */
typedef struct {
	sqlite3 *db;
	char *path; /* as given */
	int wait_ms;
} td_sql;

/* Cells for td_sql_put. A NULL text is NULL; a NaN becomes NULL in SQLite. */
#define TD_CELL_I(x) ((td_cell){.kind = TD_CELL_INT, .as.i = (x)})
#define TD_CELL_R(x) ((td_cell){.kind = TD_CELL_REAL, .as.r = (x)})
#define TD_CELL_NONE ((td_cell){.kind = TD_CELL_NULL})
static inline td_cell td_cell_text(const char *text)
{
	return text ? (td_cell){TD_CELL_TEXT, __builtin_strlen(text), {.p = text}} : TD_CELL_NONE;
}
#define TD_CELL_T(x) td_cell_text(x)

/* Opens for writing (making the file when there is none) or reading. Errors say why. */
TD_MUST_USE bool td_sql_open(td_sql *q, const char *path, bool write, td_err *e);
void td_sql_close(td_sql *q);

/* Turns the last error of the connection into tandem's; returns false. */
bool td_sql_fail(const td_sql *q, td_err *e);
/* True when the last error is worth another try: another program holds a lock. */
bool td_sql_is_busy(const td_sql *q);

TD_MUST_USE bool td_sql_exec(const td_sql *q, const char *sql, td_err *e);
/* Prepares the first statement of `sql`; the caller finalizes it. */
TD_MUST_USE bool td_sql_prepare(const td_sql *q, const char *sql, sqlite3_stmt **st, td_err *e);
/* Binds cells to ?1, ?2 …; texts must live until the statement is reset. */
TD_MUST_USE bool td_sql_bind(const td_sql *q, sqlite3_stmt *st, const td_cell *cells, int n,
                             td_err *e);
/* One step: `*row` tells whether there is a row to read. */
TD_MUST_USE bool td_sql_step(const td_sql *q, sqlite3_stmt *st, bool *row, td_err *e);

/* One statement with its cells, which gives no rows. */
TD_MUST_USE bool td_sql_change(const td_sql *q, const char *sql, const td_cell *cells, int n,
                               td_err *e);

/* Whose database it is. */
typedef struct {
	int64_t application, version, tables;
} td_sql_mark;
TD_MUST_USE bool td_sql_look(const td_sql *q, td_sql_mark *m, td_err *e);
/* Fails unless it is tandem's (or, with `or_empty`, has nothing in it), and not newer than
 * `version`. */
TD_MUST_USE bool td_sql_ours(const td_sql *q, const td_sql_mark *m, bool or_empty, int version,
                             td_err *e);

#endif
