#include "sql_inner.h"

#include "base/str.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

/* -- errors --------------------------------------------------------------- */

/* Why a file could not be opened, from the file system's point of view. */
static bool fail_open(const td_sql *q, td_err *e)
{
	struct stat st;
	char *dir = td_path_dir(q->path);
	bool dir_there = stat(dir, &st) == 0;
	if (stat(q->path, &st) == 0 && S_ISDIR(st.st_mode))
		td_fail(e, TD_E_DEVICE, "%s is a folder; name a file with --db FILE", q->path);
	else if (!dir_there)
		td_fail(e, TD_E_DEVICE,
		        "cannot make the database %s: there is no folder %s; make it, or name "
		        "another file with --db FILE",
		        q->path, dir);
	else
		td_fail(e, TD_E_DEVICE,
		        "cannot write the database %s: no permission, or a read-only file system; "
		        "name another file with --db FILE",
		        q->path);
	free(dir);
	return false;
}

static bool fail_full(const td_sql *q, td_err *e)
{
	return td_fail(
		e, TD_E_DEVICE,
		"no room left on the disk for the database %s: make room, or name another file "
		"with --db FILE; what it held is safe",
		q->path);
}

static bool fail_io(const td_sql *q, td_err *e)
{
	int code = sqlite3_system_errno(q->db);
	if (code ==
	    ENOSPC) /* SQLite says "full" of the file itself only, not of what lies beside it */
		return fail_full(q, e);
	return td_fail(e, TD_E_DEVICE, "cannot read or write the database %s: %s", q->path,
	               code ? strerror(code) : sqlite3_errmsg(q->db));
}

bool td_sql_fail(const td_sql *q, td_err *e)
{
	switch (sqlite3_errcode(q->db) & 0xff) {
	case SQLITE_FULL:
		return fail_full(q, e);
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return fail_open(q, e);
	case SQLITE_IOERR:
		return fail_io(q, e);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL:
		return td_fail(e, TD_E_DEVICE,
		               "the database %s is busy: another program kept it locked for %s; "
		               "try again when it is done, or name another file with --db FILE",
		               q->path, td_ns_text(q->wait_ms * 1e6).text);
	case SQLITE_CORRUPT:
		return td_fail(
			e, TD_E_DATA,
			"the database %s is damaged: move it away, or name another file with "
			"--db FILE; `sqlite3 %s .recover` prints what can still be read",
			q->path, q->path);
	case SQLITE_NOTADB:
		return td_fail(e, TD_E_DATA,
		               "%s is not a database: name another file with --db FILE", q->path);
	case SQLITE_NOMEM:
		td_out_of_memory(0);
	default:
		return td_fail(e, TD_E_DATA, "database %s: %s", q->path, sqlite3_errmsg(q->db));
	}
}

bool td_sql_is_busy(const td_sql *q)
{
	int code = sqlite3_errcode(q->db) & 0xff;
	return code == SQLITE_BUSY || code == SQLITE_LOCKED || code == SQLITE_PROTOCOL;
}

/* -- opening -------------------------------------------------------------- */

/* A path that SQLite takes for nothing but a file: ":memory:", "" and "file:x?y" mean other things
 * to it. */
static char *plain_path(const char *path)
{
	td_str s = {0};
	td_str_addf(&s, "%s%s", *path == '/' ? "" : "./", path);
	return s.data;
}

/* The same as a URI of a file that nobody changes: needs no lock and no file beside it. */
static char *still_uri(const char *path)
{
	char *plain = plain_path(path);
	td_str s = {0};
	td_str_add(&s, "file:");
	for (const char *c = plain; *c; c++)
		td_str_addf(&s, strchr("?#%", *c) ? "%%%02x" : "%c", (unsigned char)*c);
	td_str_add(&s, "?immutable=1");
	free(plain);
	return s.data;
}

static int open_handle(td_sql *q, char *name, int flags)
{
	sqlite3_close(q->db);
	int rc = sqlite3_open_v2(name, &q->db, flags | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_NOMUTEX,
	                         NULL);
	free(name);
	if (!q->db)
		td_out_of_memory(0);
	sqlite3_busy_timeout(q->db, q->wait_ms);
	return rc & 0xff;
}

static bool open_write(td_sql *q, td_err *e)
{
	int rc = open_handle(q, plain_path(q->path), SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
	if (rc != SQLITE_OK)
		return td_sql_fail(q, e);
	/* SQLite opens a file that may not be written for reading, without a word */
	return !sqlite3_db_readonly(q->db, "main") || fail_open(q, e);
}

/* Even a reader of a WAL database makes files beside it. In a folder that may not be written, a
 * database without a log is read as it lies. */
static bool open_read(td_sql *q, td_err *e)
{
	td_sql_mark m;
	int rc = open_handle(q, plain_path(q->path), SQLITE_OPEN_READONLY);
	if (rc != SQLITE_OK)
		return td_fail(e, TD_E_DATA, "cannot open the database %s: %s", q->path,
		               strerror(sqlite3_system_errno(q->db)));
	if (td_sql_look(q, &m, e))
		return true;
	rc = sqlite3_errcode(q->db) & 0xff;
	if (rc != SQLITE_CANTOPEN && rc != SQLITE_READONLY)
		return false;
	td_str wal = {0};
	td_str_addf(&wal, "%s-wal", q->path);
	bool has_log = td_file_exists(wal.data);
	td_str_fini(&wal);
	if (has_log)
		return td_fail(e, TD_E_DATA,
		               "cannot read the database %s: its folder may not be written, and "
		               "there is a log beside it; copy both to another folder",
		               q->path);
	if (open_handle(q, still_uri(q->path), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI) != SQLITE_OK)
		return td_sql_fail(q, e);
	return true;
}

bool td_sql_open(td_sql *q, const char *path, bool write, td_err *e)
{
	td_str copy = {0};
	td_str_add(&copy, path);
	*q = (td_sql){.path = copy.data, .wait_ms = TD_SQL_WAIT_MS};
	if (write ? open_write(q, e) : open_read(q, e))
		return true;
	td_sql_close(q);
	return false;
}

void td_sql_close(td_sql *q)
{
	sqlite3_close(q->db);
	free(q->path);
	*q = (td_sql){0};
}

/* -- statements ----------------------------------------------------------- */

bool td_sql_exec(const td_sql *q, const char *sql, td_err *e)
{
	return sqlite3_exec(q->db, sql, NULL, NULL, NULL) == SQLITE_OK || td_sql_fail(q, e);
}

bool td_sql_prepare(const td_sql *q, const char *sql, sqlite3_stmt **st, td_err *e)
{
	return sqlite3_prepare_v3(q->db, sql, -1, SQLITE_PREPARE_PERSISTENT, st, NULL) ==
	               SQLITE_OK ||
	       td_sql_fail(q, e);
}

static int bind_cell(sqlite3_stmt *st, int i, const td_cell *c)
{
	switch (c->kind) {
	case TD_CELL_INT:
		return sqlite3_bind_int64(st, i, c->as.i);
	case TD_CELL_REAL:
		return sqlite3_bind_double(st, i, c->as.r);
	case TD_CELL_TEXT:
		return sqlite3_bind_text64(st, i, c->as.p, c->n, SQLITE_STATIC, SQLITE_UTF8);
	case TD_CELL_BLOB:
		return sqlite3_bind_blob64(st, i, c->as.p, c->n, SQLITE_STATIC);
	case TD_CELL_NULL:
	default:
		return sqlite3_bind_null(st, i);
	}
}

bool td_sql_bind(const td_sql *q, sqlite3_stmt *st, const td_cell *cells, int n, td_err *e)
{
	for (int i = 0; i < n; i++)
		if (bind_cell(st, i + 1, &cells[i]) != SQLITE_OK)
			return td_sql_fail(q, e);
	return true;
}

bool td_sql_step(const td_sql *q, sqlite3_stmt *st, bool *row, td_err *e)
{
	int rc = sqlite3_step(st);
	*row = rc == SQLITE_ROW;
	return *row || rc == SQLITE_DONE || td_sql_fail(q, e);
}

/* -- whose it is ---------------------------------------------------------- */

bool td_sql_change(const td_sql *q, const char *sql, const td_cell *cells, int n, td_err *e)
{
	sqlite3_stmt *st = NULL;
	bool row;
	bool ok = td_sql_prepare(q, sql, &st, e) && td_sql_bind(q, st, cells, n, e) &&
	          td_sql_step(q, st, &row, e);
	sqlite3_finalize(st);
	return ok;
}

bool td_sql_look(const td_sql *q, td_sql_mark *m, td_err *e)
{
	sqlite3_stmt *st = NULL;
	bool row;
	bool ok = td_sql_prepare(q,
	                         "SELECT application_id, user_version,"
	                         " (SELECT count(*) FROM sqlite_schema)"
	                         " FROM pragma_application_id, pragma_user_version",
	                         &st, e) &&
	          td_sql_step(q, st, &row, e);
	if (ok)
		*m = (td_sql_mark){sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1),
		                   sqlite3_column_int64(st, 2)};
	sqlite3_finalize(st);
	return ok;
}

bool td_sql_ours(const td_sql *q, const td_sql_mark *m, bool or_empty, int version, td_err *e)
{
	bool empty = !m->application && !m->version && !m->tables;
	bool ours = m->application == TD_SQL_APPLICATION && m->version >= 0;
	if (!ours && !(empty && or_empty))
		return td_fail(e, TD_E_DATA,
		               "%s is a database, but not one of tandem's: name another file with "
		               "--db FILE",
		               q->path);
	if (m->version > version)
		return td_fail(e, TD_E_DATA,
		               "the database %s is from a newer tandem (schema %" PRId64
		               ", this one knows %d): update tandem, or name another file with "
		               "--db FILE",
		               q->path, m->version, version);
	return true;
}
