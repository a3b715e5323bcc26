#include "query.h"

#include "base/file.h"
#include "base/str.h"
#include "migrate.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct td_query {
	td_sql sql;
	td_arena arena; /* of `named` */
	const td_named_query *named;
	int n_named;
};

/* -- reading only --------------------------------------------------------- */

static bool among(const char *word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (sqlite3_stricmp(word, words[i]) == 0)
			return true;
	return false;
}

/* Pragmas that tell and change nothing; those of `state` change something when given a value. */
static bool pragma_reads(const char *name, const char *value)
{
	static const char *const tell[] = {
		"table_info",      "table_xinfo",   "table_list",       "index_list",
		"index_info",      "index_xinfo",   "foreign_key_list", "foreign_key_check",
		"integrity_check", "quick_check",   "function_list",    "collation_list",
		"compile_options", "database_list", "pragma_list"};
	static const char *const state[] = {"user_version",   "application_id", "page_count",
	                                    "page_size",      "freelist_count", "encoding",
	                                    "schema_version", "data_version"};
	return among(name, tell, TD_COUNT(tell)) || (!value && among(name, state, TD_COUNT(state)));
}

static int authorize(void *arg, int action, const char *a, const char *b, const char *db,
                     const char *trigger)
{
	(void)arg;
	(void)db;
	(void)trigger;
	bool fine =
		action == SQLITE_SELECT || action == SQLITE_READ || action == SQLITE_RECURSIVE ||
		(action == SQLITE_FUNCTION && sqlite3_stricmp(b, "load_extension") != 0) ||
		(action == SQLITE_PRAGMA && pragma_reads(a, b)) ||
		/* SQLite asks this when it declares json_each and the like; a real change of its
	             * schema table is no statement that only reads */
		(action == SQLITE_UPDATE && sqlite3_stricmp(a, "sqlite_master") == 0);
	return fine ? SQLITE_OK : SQLITE_DENY;
}

/* -- opening -------------------------------------------------------------- */

static bool check_schema(const td_query *q, td_err *e)
{
	td_sql_mark m;
	td_arena a = {0};
	int n;
	(void)td_migrations(&a, &n);
	td_arena_fini(&a);
	if (!td_sql_look(&q->sql, &m, e) || !td_sql_ours(&q->sql, &m, false, n, e))
		return false;
	return m.version == n ||
	       td_fail(e, TD_E_DATA,
	               "the database %s is from an older tandem (schema %" PRId64
	               ", this one reads %d): a `tandem run` with --db %s brings it up to date",
	               q->sql.path, m.version, n, q->sql.path);
}

bool td_query_open(const char *path, td_query **out, td_err *e)
{
	*out = NULL;
	if (!td_file_exists(path))
		return td_fail(e, TD_E_DATA,
		               "there is no database %s: `tandem run PIPELINE` makes it; name "
		               "another file with --db FILE",
		               path);
	td_query *q = td_alloc(sizeof *q);
	if (!td_sql_open(&q->sql, path, false, e) || !check_schema(q, e) ||
	    !td_sql_exec(&q->sql, "PRAGMA query_only = ON", e)) {
		td_query_close(q);
		return false;
	}
	sqlite3_set_authorizer(q->sql.db, authorize, NULL);
	q->named = td_named_queries(&q->arena, &q->n_named);
	*out = q;
	return true;
}

void td_query_close(td_query *q)
{
	if (!q)
		return;
	td_sql_close(&q->sql);
	td_arena_fini(&q->arena);
	free(q);
}

/* -- from words to a statement -------------------------------------------- */

static const char *name_at(const void *arg, int i)
{
	return ((const td_named_query *)arg)[i].name;
}

/* The query of that name, or `what` itself as SQL when it is more than a word. */
static bool find_query(const td_query *q, const char *what, td_named_query *found, td_err *e)
{
	for (int i = 0; i < q->n_named; i++)
		if (td_same(q->named[i].name, what)) {
			*found = q->named[i];
			return true;
		}
	*found = (td_named_query){.sql = what};
	if (strpbrk(what, " \t\n;("))
		return true;
	const char *close = td_closest(what, q->n_named, name_at, q->named);
	return td_fail(e, TD_E_USAGE, "there is no query \"%s\"%s%s%s: `tandem query` lists them",
	               what, close ? "; did you mean \"" : "", close ? close : "",
	               close ? "\"?" : "");
}

/* The start of a text, for a message. */
typedef struct {
	char text[64];
} snippet;

static snippet snip(const char *text)
{
	enum { MOST = 50 };
	snippet s = {""};
	size_t n = strlen(text);
	bool cut = n > MOST;
	for (n = cut ? MOST : n; cut && ((unsigned char)text[n] & 0xc0) == 0x80;)
		n--; /* not through a character */
	td_clip(s.text, sizeof s.text, "%.*s%s", (int)n, text, cut ? "…" : "");
	return s;
}

static bool fail_prepare(const td_query *q, const char *sql, td_err *e)
{
	int code = sqlite3_errcode(q->sql.db) & 0xff, at = sqlite3_error_offset(q->sql.db);
	if (code == SQLITE_AUTH)
		return td_fail(e, TD_E_USAGE,
		               "`tandem query` only reads: \"%s\" is not allowed; the sqlite3 "
		               "program can change %s",
		               snip(sql).text, q->sql.path);
	if (code != SQLITE_ERROR)
		return td_sql_fail(&q->sql, e);
	return td_fail(e, TD_E_USAGE,
	               "SQL: %s, at \"%s\"; `.schema` of the sqlite3 program, or "
	               "db/README.md, shows tables and columns",
	               sqlite3_errmsg(q->sql.db), snip(at < 0 ? sql : sql + at).text);
}

/* Is there another statement in the text? Comments and semicolons are none. */
static bool nothing_after(const td_query *q, const char *tail, td_err *e)
{
	sqlite3_stmt *st = NULL;
	while (*tail) {
		const char *rest;
		int rc = sqlite3_prepare_v2(q->sql.db, tail, -1, &st, &rest);
		sqlite3_finalize(st);
		if (rc != SQLITE_OK || st)
			return td_fail(e, TD_E_USAGE,
			               "SQL: one statement at a time; \"%s\" comes after it",
			               snip(tail + strspn(tail, " \t\n;")).text);
		tail = rest;
	}
	return true;
}

static bool prepare(const td_query *q, const char *sql, sqlite3_stmt **st, td_err *e)
{
	const char *tail;
	if (sqlite3_prepare_v2(q->sql.db, sql, -1, st, &tail) != SQLITE_OK)
		return fail_prepare(q, sql, e);
	if (!*st)
		return td_fail(e, TD_E_USAGE, "SQL: there is no statement in \"%s\"",
		               snip(sql).text);
	if (!sqlite3_stmt_readonly(*st))
		return td_fail(e, TD_E_USAGE,
		               "`tandem query` only reads: \"%s\" is not allowed; the sqlite3 "
		               "program can change %s",
		               snip(sql).text, q->sql.path);
	return nothing_after(q, tail, e);
}

/* Which argument of a named query is number i: "RUN"; nothing of a statement of the user's own. */
static snippet wanted(const td_named_query *x, int i)
{
	const char *at = x->args ? x->args + strspn(x->args, "[ ") : "";
	for (; i > 0 && *at; i--) {
		at += strcspn(at, " ]");
		at += strspn(at, " ]");
	}
	snippet s = {""};
	td_clip(s.text, sizeof s.text, "%.*s", (int)strcspn(at, " ]"), at);
	return s;
}

static bool bind_arg(const td_query *q, sqlite3_stmt *st, int i, const char *word, const char *arg,
                     td_err *e)
{
	static const char *const whole[] = {"COUNT", "RUN", "SESSION"};
	bool number = among(word, whole, TD_COUNT(whole)), text = *word && !number;
	int64_t n;
	double real;
	bool is_whole = td_read_int(arg, &n);
	if (number && !is_whole)
		return td_fail(e, TD_E_USAGE, "the query takes a number for %s, not \"%s\"", word,
		               snip(arg).text);
	int rc = !text && is_whole ? sqlite3_bind_int64(st, i + 1, n)
	         : !text && td_read_real(arg, &real)
	                 ? sqlite3_bind_double(st, i + 1, real)
	                 : sqlite3_bind_text(st, i + 1, arg, -1, SQLITE_STATIC);
	return rc == SQLITE_OK || td_sql_fail(&q->sql, e);
}

static bool bind_args(const td_query *q, sqlite3_stmt *st, const td_named_query *x,
                      const char *const *args, int n, td_err *e)
{
	int takes = sqlite3_bind_parameter_count(st);
	if (n > takes)
		return td_fail(e, TD_E_USAGE, "the query takes %d argument%s, here are %d", takes,
		               takes == 1 ? "" : "s", n);
	for (int i = 0; i < n; i++)
		if (!bind_arg(q, st, i, wanted(x, i).text, args[i], e))
			return false;
	return true;
}

/* What the `default` of a query says; nothing where it gives no row. */
static bool bind_default(const td_query *q, sqlite3_stmt *st, const char *sql, td_err *e)
{
	sqlite3_stmt *def = NULL;
	bool row = false;
	bool ok = prepare(q, sql, &def, e) && td_sql_step(&q->sql, def, &row, e);
	if (ok && row && sqlite3_bind_value(st, 1, sqlite3_column_value(def, 0)) != SQLITE_OK)
		ok = td_sql_fail(&q->sql, e);
	sqlite3_finalize(def);
	return ok;
}

/* -- rows ----------------------------------------------------------------- */

static td_cell cell_of(sqlite3_stmt *st, int i)
{
	td_cell c = TD_CELL_NONE;
	switch (sqlite3_column_type(st, i)) {
	case SQLITE_INTEGER:
		return TD_CELL_I(sqlite3_column_int64(st, i));
	case SQLITE_FLOAT:
		return TD_CELL_R(sqlite3_column_double(st, i));
	case SQLITE_TEXT:
		c.kind = TD_CELL_TEXT;
		c.as.p = sqlite3_column_text(st, i);
		break;
	case SQLITE_BLOB:
		c.kind = TD_CELL_BLOB;
		c.as.p = sqlite3_column_blob(st, i);
		break;
	case SQLITE_NULL:
	default:
		return c;
	}
	c.n = (size_t)sqlite3_column_bytes(st, i);
	return c;
}

static bool give_rows(const td_query *q, sqlite3_stmt *st, const td_rows *rows, td_err *e)
{
	int n = sqlite3_column_count(st);
	td_cell *cells = td_alloc(td_size_mul((size_t)n, sizeof *cells));
	const char **names = td_alloc(td_size_mul((size_t)n, sizeof *names));
	for (int i = 0; i < n; i++)
		names[i] = sqlite3_column_name(st, i);
	bool row = true, ok = rows->columns(rows->arg, n, names, e);
	while (ok && row) {
		ok = td_sql_step(&q->sql, st, &row, e);
		for (int i = 0; ok && row && i < n; i++)
			cells[i] = cell_of(st, i);
		ok = ok && (!row || rows->row(rows->arg, n, cells, e));
	}
	free(cells);
	free(names);
	return ok;
}

bool td_query_run(td_query *q, const char *what, const char *const *args, int n_args,
                  const td_rows *rows, td_err *e)
{
	td_named_query x;
	sqlite3_stmt *st = NULL;
	bool ok = find_query(q, what, &x, e) && prepare(q, x.sql, &st, e) &&
	          bind_args(q, st, &x, args, n_args, e) &&
	          (n_args || !x.def || bind_default(q, st, x.def, e)) && give_rows(q, st, rows, e);
	sqlite3_finalize(st);
	return ok;
}
