/* What must not hurt the database: foreign files, damage, no room, no permission. Everything that was
 * recorded before stays. */
#include "db_fixture.h"

#include "../../db/migrate.h"
#include "../../db/store_inner.h"
#include "base/file.h"

#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

enum { NOBODY = 65534 };

/* -- helpers -------------------------------------------------------------- */

static void store_refuses(const char *path, td_code code, const char *want)
{
	td_store *s;
	assert_fails(td_store_open(path, &s, e), code, with_path(want, path).text);
	assert_null(s);
}

static void query_refuses(const char *path, td_code code, const char *want)
{
	td_query *q;
	assert_fails(td_query_open(path, &q, e), code, with_path(want, path).text);
	assert_null(q);
}

static td_sha256 file_sha(const char *path)
{
	td_sha256 sha = {""};
	int64_t bytes;
	assert_ok(td_file_sha256(path, &sha, &bytes, e));
	return sha;
}

static void sql_on(const char *path, const char *sql)
{
	sqlite3 *db;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static const char *const no_permission =
	"cannot write the database @: no permission, or a read-only file system; name another file "
	"with --db FILE";
static const char *const no_room = "no room left on the disk for the database @: make room, or "
				   "name another file with --db FILE; "
				   "what it held is safe";
static const char *const damaged =
	"the database @ is damaged: move it away, or name another file with --db FILE; "
	"`sqlite3 @ .recover` prints what can still be read";

/* -- places --------------------------------------------------------------- */

static void test_no_folder(void **state)
{
	fixture *f = *state;
	message none = with_path("@/none/x.db", f->dir.path);
	td_store *s;
	assert_fails(
		td_store_open(none.text, &s, e), TD_E_DEVICE,
		with_path("cannot make the database @/none/x.db: there is no folder @/none; make "
	                  "it, or name another file with --db FILE",
	                  f->dir.path)
			.text);
	store_refuses(f->dir.path, TD_E_DEVICE, "@ is a folder; name a file with --db FILE");
}

/* Names that mean something else to SQLite are files like any other. */
static void test_odd_names(void **state)
{
	fixture *f = *state;
	const char *names[] = {":memory:", "file:x?mode=memory", "50%20#?.db"};
	for (size_t i = 0; i < TD_COUNT(names); i++) {
		char cwd[1024];
		fixture_close(f);
		assert_non_null(getcwd(cwd, sizeof cwd));
		assert_int_equal(chdir(f->dir.path), 0);
		td_clip(f->path.text, sizeof f->path.text, "%s", names[i]);
		fixture_open(f);
		record_run(f, "input", "output");
		assert_answer(f, "SELECT count(*) FROM run", "1\n");
		fixture_close(f);
		assert_true(td_file_exists(names[i]));
		assert_int_equal(chdir(cwd), 0);
	}
}

static void test_read_only_folder(void **state)
{
	fixture *f = *state;
	if (geteuid() != 0) {
		print_message("skipped: only root can become another user\n");
		skip();
	}
	record_run(f, "input", "output");
	fixture_close(f);
	td_sha256 before = file_sha(f->path.text);
	temppath fresh = tempdir_path(&f->dir, "new.db"), odd = tempdir_path(&f->dir, "a#b?c%.db");
	assert_int_equal(chmod(f->dir.path, 0755), 0);
	assert_int_equal(seteuid(NOBODY), 0);
	store_refuses(fresh.text, TD_E_DEVICE, no_permission);
	store_refuses(f->path.text, TD_E_DEVICE, no_permission); /* the file */
	assert_answer(f, "SELECT count(*) FROM run", "1\n");     /* may be read all the same */
	assert_int_equal(seteuid(0), 0);
	assert_int_equal(chmod(f->path.text, 0666), 0);
	assert_int_equal(seteuid(NOBODY), 0);
	store_refuses(f->path.text, TD_E_DEVICE, no_permission); /* the folder */
	assert_int_equal(seteuid(0), 0);
	assert_string_equal(file_sha(f->path.text).hex, before.hex);
	/* a name with the signs of a URI in it */
	assert_int_equal(rename(f->path.text, odd.text), 0);
	f->path = odd;
	assert_int_equal(seteuid(NOBODY), 0);
	assert_answer(f, "SELECT count(*) FROM run", "1\n");
	assert_int_equal(seteuid(0), 0);
	/* a log that cannot be read without writing */
	message wal = with_path("@-wal", f->path.text);
	assert_ok(td_file_write(wal.text, "x", 1, e));
	assert_int_equal(seteuid(NOBODY), 0);
	query_refuses(
		f->path.text, TD_E_DATA,
		"cannot read the database @: its folder may not be written, and there is a log "
		"beside it; copy both to another folder");
	assert_int_equal(seteuid(0), 0);
}

/* -- files that are something else ---------------------------------------- */

static void test_not_a_database(void **state)
{
	fixture *f = *state;
	const size_t sizes[] = {5, 3000};
	static char text[3000];
	memset(text, 'x', sizeof text);
	for (size_t i = 0; i < TD_COUNT(sizes); i++) {
		temppath p = tempdir_write(&f->dir, "words.txt", text, sizes[i]);
		td_sha256 before = file_sha(p.text);
		store_refuses(p.text, TD_E_DATA,
		              "@ is not a database: name another file with --db FILE");
		query_refuses(p.text, TD_E_DATA,
		              "@ is not a database: name another file with --db FILE");
		assert_string_equal(file_sha(p.text).hex, before.hex);
	}
	temppath empty = tempdir_write(&f->dir, "empty.db", "", 0);
	query_refuses(empty.text, TD_E_DATA,
	              "@ is a database, but not one of tandem's: name another file with --db FILE");
	td_store *s;
	assert_ok(td_store_open(empty.text, &s, e));
	td_store_close(s);
}

static void test_foreign_database(void **state)
{
	fixture *f = *state;
	temppath p = tempdir_path(&f->dir, "other.db");
	sql_on(p.text, "CREATE TABLE run(x); INSERT INTO run VALUES (1)");
	td_sha256 before = file_sha(p.text);
	store_refuses(p.text, TD_E_DATA,
	              "@ is a database, but not one of tandem's: name another file with --db FILE");
	query_refuses(p.text, TD_E_DATA,
	              "@ is a database, but not one of tandem's: name another file with --db FILE");
	assert_string_equal(file_sha(p.text).hex, before.hex);
}

static int latest_schema(void)
{
	td_arena a = {0};
	int n;
	(void)td_migrations(&a, &n);
	td_arena_fini(&a);
	return n;
}

static void test_newer_database(void **state)
{
	fixture *f = *state;
	record_run(f, "input", "output");
	fixture_close(f);
	sql_on(f->path.text, "PRAGMA user_version = 99");
	td_sha256 before = file_sha(f->path.text);
	char newer[200];
	td_clip(newer, sizeof newer,
	        "the database @ is from a newer tandem (schema 99, this one knows %d): "
	        "update tandem, or name another file with --db FILE",
	        latest_schema());
	store_refuses(f->path.text, TD_E_DATA, newer);
	query_refuses(f->path.text, TD_E_DATA, newer);
	assert_string_equal(file_sha(f->path.text).hex, before.hex);
	sql_on(f->path.text, "PRAGMA user_version = -1"); /* which no tandem writes */
	store_refuses(f->path.text, TD_E_DATA,
	              "@ is a database, but not one of tandem's: name another file with --db FILE");
}

/* -- migrations ----------------------------------------------------------- */

/* Migrates a file with this list; the text of the error, "" when it worked. */
static message migrate_as(const char *path, const td_migration *list, int n)
{
	td_sql q;
	td_err err = {TD_OK, ""};
	assert_ok(td_sql_open(&q, path, true, e));
	bool ok = td_migrate(&q, list, n, &err);
	assert_int_equal(ok, err.code == TD_OK);
	td_sql_close(&q);
	return with_path(err.text, "");
}

static void test_older_database(void **state)
{
	fixture *f = *state;
	td_arena a = {0};
	int n;
	const td_migration *list = td_migrations(&a, &n);
	fixture_close(f);
	f->path = tempdir_path(&f->dir, "old.db");
	assert_string_equal(migrate_as(f->path.text, list, 1).text, "");
	char older[200];
	td_clip(older, sizeof older,
	        "the database @ is from an older tandem (schema 1, this one reads %d): a `tandem "
	        "run` with --db @ brings it up to date",
	        n);
	query_refuses(f->path.text, TD_E_DATA, older);
	fixture_open(f);
	assert_answer(f, "SELECT count(*) FROM v_run", "0\n");
	td_arena_fini(&a);
}

static void test_migrations_are_numbered(void **state)
{
	(void)state;
	td_arena a = {0};
	int n;
	const td_migration *list = td_migrations(&a, &n);
	assert_true(n >= 2);
	for (int i = 0; i < n; i++) {
		char number[8];
		td_clip(number, sizeof number, "%04d_", i + 1);
		assert_true(td_starts(list[i].name, number));
	}
	td_arena_fini(&a);
}

/* A migration that fails halfway leaves what was there before it. */
static void test_failing_migration(void **state)
{
	fixture *f = *state;
	temppath p = tempdir_path(&f->dir, "m.db");
	const td_migration list[] = {
		{"0001_one.sql", "CREATE TABLE one(x); INSERT INTO one VALUES (1);"},
		{"0002_two.sql", "CREATE TABLE two(x); DROP TABLE one; SELECT missing;"},
	};
	assert_string_equal(
		migrate_as(p.text, list, 2).text,
		with_path("migration 0002_two.sql: database @: no such column: missing", p.text)
			.text);
	td_sql q;
	td_sql_mark m = {0};
	assert_ok(td_sql_open(&q, p.text, true, e));
	assert_ok(td_sql_look(&q, &m, e));
	assert_int_equal(m.version, 1);
	assert_int_equal(m.tables, 1);
	td_sql_close(&q);
}

/* -- damage --------------------------------------------------------------- */

/* Overwrites a page, from `skip` bytes into it, with rubbish. */
static void spoil(const char *path, long page, long skip)
{
	static char rubbish[4096];
	FILE *file = fopen(path, "r+b");
	assert_non_null(file);
	memset(rubbish, 0xa5, sizeof rubbish);
	assert_int_equal(fseek(file, page * 4096 + skip, SEEK_SET), 0);
	assert_int_equal(fwrite(rubbish, 1, (size_t)(4096 - skip), file), 4096 - skip);
	assert_int_equal(fclose(file), 0);
}

static void test_damaged_schema(void **state)
{
	fixture *f = *state;
	record_run(f, "input", "output");
	fixture_close(f);
	spoil(f->path.text, 0, 100);
	td_sha256 before = file_sha(f->path.text);
	store_refuses(f->path.text, TD_E_DATA, damaged);
	query_refuses(f->path.text, TD_E_DATA, damaged);
	assert_string_equal(file_sha(f->path.text).hex, before.hex);
}

static void test_damaged_table(void **state)
{
	fixture *f = *state;
	record_run(f, "input", "output");
	td_str root = ask(f, "SELECT rootpage FROM sqlite_schema WHERE name = 'run'");
	fixture_close(f);
	spoil(f->path.text, strtol(root.data, NULL, 10) - 1, 0);
	td_str_fini(&root);
	fixture_open(f);
	recording_fails(f, TD_E_DATA, damaged);
	/* what lies on other pages is still there */
	assert_answer(f, "SELECT count(*) FROM launch", "8\n");
}

/* -- no room -------------------------------------------------------------- */

static void test_full_database(void **state)
{
	fixture *f = *state;
	record_run(f, "input", "output");
	assert_ok(
		td_sql_exec(&f->store->sql, "PRAGMA max_page_count = 1", e)); /* no more than now */
	recording_fails(f, TD_E_DEVICE, no_room);
	assert_answer(f, "SELECT count(*) FROM run", "1\n");
	assert_answer(f, "PRAGMA integrity_check", "ok\n");
	assert_ok(td_sql_exec(&f->store->sql, "PRAGMA max_page_count = 1000000", e));
	record_run(f, "input", "output"); /* the store goes on when there is room again */
	assert_answer(f, "SELECT count(*) FROM v_run WHERE status = 'ok'", "2\n");
}

static void test_full_disk(void **state)
{
	fixture *f = *state;
	message mount_at = with_path("@/disk", f->dir.path);
	int runs = 0;
	assert_int_equal(mkdir(mount_at.text, 0777), 0);
	if (mount("tmpfs", mount_at.text, "tmpfs", 0, "size=1m") != 0) {
		print_message("skipped: cannot mount a small disk (needs root)\n");
		skip();
	}
	fixture_close(f);
	td_clip(f->path.text, sizeof f->path.text, "%s/t.db", mount_at.text);
	fixture_open(f);
	td_err e = {TD_OK, ""};
	for (bool ok = true; ok && runs < 1000; runs += ok) {
		td_record end = end_record(0, TD_OK, NULL);
		begin_session(f, "run");
		begin_run(f, 0, "native");
		for (int i = 0; i < 1000; i++)
			launch(f, 0, 0, 0, 1000 + i * 100, 50);
		ok = td_emit(&f->sink, &end, &e);
		td_record last = {TD_REC_SESSION_END, {.session_end = {TD_OK, NULL, NULL}}};
		td_err ignored;
		(void)!td_emit(&f->sink, &last, &ignored);
	}
	td_str count = ask(f, "SELECT count(*) FROM run"), whole = ask(f, "PRAGMA integrity_check");
	fixture_close(f);
	assert_int_equal(umount(mount_at.text), 0);
	assert_string_equal(e.text, with_path(no_room, f->path.text).text);
	assert_int_equal(e.code, TD_E_DEVICE);
	assert_true(runs > 1);
	assert_int_equal(strtol(count.data, NULL, 10), runs);
	assert_text(&whole, "ok\n");
	td_str_fini(&count);
}

static void test_write_error(void **state)
{
	fixture *f = *state;
	struct rlimit old, small;
	record_run(f, "input", "output");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = 8192; /* less than the log has already */
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	recording_fails(f, TD_E_DEVICE, "cannot read or write the database @: disk I/O error");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	record_run(f, "input", "output");
	assert_answer(f, "SELECT count(*) FROM v_run WHERE status = 'ok'", "2\n");
	assert_answer(f, "PRAGMA integrity_check", "ok\n");
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_no_folder),         WITH(test_odd_names),
		WITH(test_read_only_folder),  WITH(test_not_a_database),
		WITH(test_foreign_database),  WITH(test_newer_database),
		WITH(test_older_database),    cmocka_unit_test(test_migrations_are_numbered),
		WITH(test_failing_migration), WITH(test_damaged_schema),
		WITH(test_damaged_table),     WITH(test_full_database),
		WITH(test_full_disk),         WITH(test_write_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
