/* Named queries, formats, and that nothing but reading is possible. */
#include "db_fixture.h"

#include <jansson.h>
#include <sys/stat.h>

/* -- named queries -------------------------------------------------------- */

/* Every query answers, on an empty database and on a full one, with and without arguments. */
static void run_all(const fixture *f)
{
	td_arena a = {0};
	int n;
	const td_named_query *list = td_named_queries(&a, &n);
	assert_true(n >= 20);
	for (int i = 0; i < n; i++) {
		assert_true(strlen(list[i].doc) > 10 && strlen(list[i].doc) < 100);
		td_str s = ask_as(f, TD_FORMAT_JSON, list[i].name, NULL, NULL);
		td_str_fini(&s);
		assert_int_equal(strchr(list[i].sql, '?') != NULL, *list[i].args != '\0');
		if (!*list[i].args)
			continue;
		s = ask_as(f, TD_FORMAT_JSON, list[i].name, "1", NULL);
		td_str_fini(&s);
	}
	td_arena_fini(&a);
}

static void test_all_queries_answer(void **state)
{
	fixture *f = *state;
	run_all(f);
	record_run(f, "input", "output");
	record_run(f, "input", "output");
	run_all(f);
}

static void test_queries_say_something(void **state)
{
	fixture *f = *state;
	record_run(f, "input", "output");
	const char *full[] = {"last",     "sessions",    "steps",   "stages", "kernels",
	                      "overhead", "repeats",     "outputs", "bits",   "digests",
	                      "devices",  "environment", "history", "inputs", "recipe"};
	for (size_t i = 0; i < TD_COUNT(full); i++) {
		td_str s = ask(f, full[i]);
		if (!s.n)
			fail_msg("query %s says nothing", full[i]);
		td_str_fini(&s);
	}
	assert_answer(f, "steps",
	              "again,test.scale,work,cl,device,1,3,0.000601,0.0006,0.000602,54.5\n"
	              "scale,test.scale,load,cl,device,1,3,0.000501,0.0005,0.000502,45.5\n");
	assert_answer(f, "stages", "load,1,1,3,0.000501,45.5\nwork,1,1,3,0.000601,54.5\n");
	assert_answer(f, "kernels",
	              "test_scale,cl,device,\"64,1,1\",\"16,1,1\",6,0.003306,0.551,0.5,0.602\n");
	td_str none = ask_as(f, TD_FORMAT_CSV, "steps", "99", NULL);
	assert_text(&none, "step,node,stage,impl,place,launches,repeats,median_ms,min_ms,max_ms,"
	                   "percent\r\n");
}

/* What `reproduce` needs is there: the texts as they were, inputs by hash, seed, device. */
static void test_recipe_is_complete(void **state)
{
	fixture *f = *state;
	record_run(f, "input", "output");
	td_str plan = {0};
	td_plan_save(&f->plan, &plan);
	td_str json = ask_as(f, TD_FORMAT_JSON, "recipe", "1", NULL);
	json_t *j = json_loads(json.data, 0, NULL);
	assert_non_null(j);
	json_t *rows = json_object_get(j, "rows"), *row;
	size_t i, found = 0;
	json_array_foreach(rows, i, row)
	{
		const char *part = json_string_value(json_array_get(row, 0)),
			   *text = json_string_value(json_array_get(row, 2));
		if (td_same(part, "plan"))
			found += td_same(text, plan.data);
		else if (td_same(part, "source"))
			found += td_same(text, "-- demo\nreturn 1\n");
		else if (td_same(part, "input"))
			found += td_starts(text, "series.npy sha256=c96c6d5be8");
		else if (td_same(part, "device"))
			found += td_same(text, "native");
		else if (td_same(part, "seed"))
			found += json_integer_value(json_array_get(row, 2)) == 5;
	}
	assert_int_equal(found, 5);
	json_decref(j);
	td_str_fini(&json);
	td_str_fini(&plan);
}

/* -- the form of queries.sql ---------------------------------------------- */

static void assert_bad_queries(const char *text, const char *want)
{
	td_arena a = {0};
	td_named_query *list;
	int n;
	assert_fails(td_named_queries_read(&a, text, &list, &n, e), TD_E_USAGE, want);
	td_arena_fini(&a);
}

static void test_form_of_queries(void **state)
{
	(void)state;
	td_arena a = {0};
	td_named_query *list;
	int n;
	assert_ok(
		td_named_queries_read(&a,
	                              "-- words\n\n-- name: one\n-- doc: first\nSELECT 1,\n\t2;\n\n"
	                              "-- name: two\n-- doc: second\n-- args: [X]\nSELECT ?1;",
	                              &list, &n, e));
	assert_int_equal(n, 2);
	assert_string_equal(list[0].name, "one");
	assert_string_equal(list[0].doc, "first");
	assert_string_equal(list[0].args, "");
	assert_string_equal(list[0].sql, "SELECT 1,\n\t2;");
	assert_string_equal(list[1].args, "[X]");
	assert_string_equal(list[1].sql, "SELECT ?1;");
	td_arena_fini(&a);
	assert_bad_queries("-- name: A b\n", "queries.sql:1: a name has letters a … z and _ only");
	assert_bad_queries("\n-- doc: x\n", "queries.sql:2: a name comes first");
	assert_bad_queries("SELECT 1;\n", "queries.sql:1: a statement without a name");
	assert_bad_queries("-- name: a\nSELECT 1;\n", "queries.sql: the query \"a\" has no doc");
	assert_bad_queries("-- name: a\n-- doc: b\n",
	                   "queries.sql: the query \"a\" has no statement");
}

/* -- formats -------------------------------------------------------------- */

#define HARD                                                                                   \
	"SELECT 1 AS n, 2.5 AS \"a,b\", 'x' AS t UNION ALL "                                   \
	"SELECT -20, 1e300 * 1e10, 'say \"hi\", you' || char(13, 10, 9, 0, 128512) UNION ALL " \
	"SELECT NULL, 0.1, CAST(x'61ff62' AS TEXT) UNION ALL SELECT 7, -1e300 * 1e10, x'00ff'"

static void test_csv(void **state)
{
	fixture *f = *state;
	td_str s = ask_as(f, TD_FORMAT_CSV, HARD, NULL, NULL);
	static const char want[] = "n,\"a,b\",t\r\n1,2.5,x\r\n"
				   "-20,inf,\"say \"\"hi\"\", you\r\n\t\0\xf0\x9f\x98\x80\"\r\n"
				   ",0.1,a\xff"
				   "b\r\n7,-inf,00ff\r\n";
	assert_int_equal(s.n, sizeof want - 1);
	assert_memory_equal(s.data, want, s.n);
	td_str_fini(&s);
}

static void test_json(void **state)
{
	fixture *f = *state;
	td_str s = ask_as(f, TD_FORMAT_JSON, HARD, NULL, NULL);
	json_t *j = json_loads(s.data, JSON_ALLOW_NUL, NULL);
	assert_non_null(j);
	json_decref(j);
	assert_text(&s, "{\"schema\": \"tandem/query/1\", \"columns\": [\"n\", \"a,b\", \"t\"], "
	                "\"rows\": [\n"
	                "[1, 2.5, \"x\"],\n"
	                "[-20, \"inf\", \"say \\\"hi\\\", you\\u000d\\u000a\\u0009\\u0000"
	                "\xf0\x9f\x98\x80\"],\n"
	                "[null, 0.1, \"a\\ufffdb\"],\n"
	                "[7, \"-inf\", \"00ff\"]\n"
	                "]}\n");
	s = ask_as(f, TD_FORMAT_JSON, "SELECT 1 AS one WHERE 0", NULL, NULL);
	assert_text(&s, "{\"schema\": \"tandem/query/1\", \"columns\": [\"one\"], \"rows\": []}\n");
}

static void test_json_refuses_half_characters(void **state)
{
	fixture *f = *state;
	/* overlong, surrogate, beyond U+10FFFF, cut off */
	td_str s = ask_as(f, TD_FORMAT_JSON,
	                  "SELECT CAST(x'c0af' AS TEXT), CAST(x'eda080' AS TEXT), "
	                  "CAST(x'f4908080' AS TEXT), CAST(x'e282' AS TEXT), 'ok'",
	                  NULL, NULL);
	json_t *j = json_loads(s.data, 0, NULL);
	assert_non_null(j);
	json_t *row = json_array_get(json_object_get(j, "rows"), 0);
	assert_string_equal(json_string_value(json_array_get(row, 0)), "\xef\xbf\xbd\xef\xbf\xbd");
	assert_string_equal(json_string_value(json_array_get(row, 4)), "ok");
	json_decref(j);
	td_str_fini(&s);
}

static void test_table(void **state)
{
	fixture *f = *state;
	td_str s = ask_as(f, TD_FORMAT_TABLE,
	                  "SELECT 'é' AS name, 1 AS count, NULL AS none UNION ALL "
	                  "SELECT 'two' || char(10) || 'lines' || char(27), 22.5, NULL",
	                  NULL, NULL);
	assert_text(&s, "name        count  none\n"
	                "----------  -----  ----\n"
	                "é               1\n"
	                "two lines    22.5\n");
	s = ask_as(f, TD_FORMAT_TABLE,
	           "SELECT printf('%.64c', 'a') AS t UNION ALL SELECT printf('%.65c', 'b')", NULL,
	           NULL);
	td_str want = {0};
	td_str_add(&want, "t\n");
	for (int row = 0; row < 3; row++) {
		for (int i = 0; i < (row == 2 ? 63 : 64); i++)
			td_str_add_n(&want, &"-ab"[row], 1);
		td_str_add(&want, row == 2 ? "…\n" : "\n");
	}
	assert_text(&s, want.data);
	td_str_fini(&want);
}

static void test_full_output(void **state)
{
	fixture *f = *state;
	td_query *q;
	FILE *out = fopen("/dev/full", "w");
	assert_non_null(out);
	assert_ok(td_query_open(f->path.text, &q, e));
	assert_fails(td_query_print(q, "SELECT 1", NULL, 0, TD_FORMAT_TABLE, out, e), TD_E_DEVICE,
	             "cannot write the answer: No space left on device");
	td_query_close(q);
	fclose(out);
}

/* -- reading only --------------------------------------------------------- */

/* Runs it and expects this error, with @ for the database. */
static void refuse(const fixture *f, const char *what, const char *const *args, int n,
                   const char *want)
{
	td_query *q;
	assert_ok(td_query_open(f->path.text, &q, e));
	FILE *out = fopen("/dev/null", "w");
	assert_non_null(out);
	assert_fails(td_query_print(q, what, args, n, TD_FORMAT_CSV, out, e), TD_E_USAGE,
	             with_path(want, f->path.text).text);
	fclose(out);
	td_query_close(q);
}

#define REFUSED(start)                                                                             \
	"`tandem query` only reads: \"" start "\" is not allowed; the sqlite3 program can change " \
	"@"

static void test_writing_is_refused(void **state)
{
	fixture *f = *state;
	record_run(f, "input", "output");
	refuse(f, "DELETE FROM run", NULL, 0, REFUSED("DELETE FROM run"));
	refuse(f, "INSERT INTO text VALUES ('a', 'b')", NULL, 0,
	       REFUSED("INSERT INTO text VALUES ('a', 'b')"));
	refuse(f, "WITH x AS (SELECT 1) UPDATE session SET code = 0 WHERE id = 1", NULL, 0,
	       REFUSED("WITH x AS (SELECT 1) UPDATE session SET code = 0 W…"));
	refuse(f, "CREATE TEMP TABLE t(x)", NULL, 0, REFUSED("CREATE TEMP TABLE t(x)"));
	refuse(f, "DROP VIEW v_run", NULL, 0, REFUSED("DROP VIEW v_run"));
	refuse(f, "ATTACH 'other.db' AS o", NULL, 0, REFUSED("ATTACH 'other.db' AS o"));
	refuse(f, "PRAGMA journal_mode = DELETE", NULL, 0, REFUSED("PRAGMA journal_mode = DELETE"));
	refuse(f, "PRAGMA query_only = 0", NULL, 0, REFUSED("PRAGMA query_only = 0"));
	refuse(f, "PRAGMA user_version(9)", NULL, 0, REFUSED("PRAGMA user_version(9)"));
	refuse(f, "PRAGMA wal_checkpoint(FULL)", NULL, 0, REFUSED("PRAGMA wal_checkpoint(FULL)"));
	refuse(f, "UPDATE sqlite_master SET sql = ''", NULL, 0,
	       "SQL: table sqlite_master may not be modified, at \"UPDATE sqlite_master SET sql = "
	       "''\"; "
	       "`.schema` of the sqlite3 program, or db/README.md, shows tables and columns");
	refuse(f, "BEGIN IMMEDIATE", NULL, 0, REFUSED("BEGIN IMMEDIATE"));
	refuse(f, "SELECT load_extension('x')", NULL, 0,
	       "SQL: not authorized to use function: load_extension, at \"load_extension('x')\"; "
	       "`.schema` of the sqlite3 program, or db/README.md, shows tables and columns");
	refuse(f, "REINDEX; SELECT 1", NULL, 0, REFUSED("REINDEX; SELECT 1"));
	refuse(f, "VACUUM INTO 'copy.db'", NULL, 0, REFUSED("VACUUM INTO 'copy.db'"));
	assert_answer(f, "SELECT count(*), sum(code) FROM run", "1,0\n");
	assert_answer(f, "PRAGMA integrity_check", "ok\n");
	assert_answer(f, "SELECT user_version <> 9 FROM pragma_user_version", "1\n");
	assert_answer(f, "SELECT name FROM pragma_table_info('text')", "sha256\ncontent\n");
	assert_answer(f, "SELECT value FROM json_each('[1,2]')", "1\n2\n");
}

static void test_wrong_questions(void **state)
{
	fixture *f = *state;
	const char *args[] = {"1", "2"};
	refuse(f, "step", NULL, 0,
	       "there is no query \"step\"; did you mean \"steps\"?: `tandem query` lists them");
	refuse(f, "everything", NULL, 0,
	       "there is no query \"everything\": `tandem query` lists them");
	refuse(f, "SELECT x FROM run", NULL, 0,
	       "SQL: no such column: x, at \"x FROM run\"; `.schema` of the sqlite3 program, or "
	       "db/README.md, shows tables and columns");
	refuse(f, "SELEKT 1 FROM run", NULL, 0,
	       "SQL: near \"SELEKT\": syntax error, at \"SELEKT 1 FROM run\"; `.schema` of the "
	       "sqlite3 "
	       "program, or db/README.md, shows tables and columns");
	refuse(f, "SELECT 1; SELECT 2", NULL, 0,
	       "SQL: one statement at a time; \"SELECT 2\" comes after it");
	refuse(f, "-- nothing\n", NULL, 0, "SQL: there is no statement in \"-- nothing\n\"");
	refuse(f, "steps", args, 2, "the query takes 1 argument, here are 2");
	refuse(f, "bits", args, 1, "the query takes 0 arguments, here are 1");
	assert_answer(f, "SELECT 1; -- and no more\n ;", "1\n");
}

static void test_arguments(void **state)
{
	fixture *f = *state;
	td_str s = ask_as(f, TD_FORMAT_CSV, "SELECT typeof(?1), ?1, typeof(?2), ?2", "12", "0.5");
	assert_text(&s, "typeof(?1),?1,typeof(?2),?2\r\ninteger,12,real,0.5\r\n");
	s = ask_as(f, TD_FORMAT_CSV, "SELECT typeof(?1), typeof(?2)", "12 a", NULL);
	assert_text(&s, "typeof(?1),typeof(?2)\r\ntext,null\r\n");
}

static void test_no_database(void **state)
{
	fixture *f = *state;
	td_query *q;
	temppath none = tempdir_path(&f->dir, "none.db");
	assert_fails(td_query_open(none.text, &q, e), TD_E_DATA,
	             with_path("there is no database @: `tandem run PIPELINE` makes it; name "
	                       "another file with --db FILE",
	                       none.text)
	                     .text);
	assert_null(q);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_all_queries_answer),
		WITH(test_queries_say_something),
		WITH(test_recipe_is_complete),
		cmocka_unit_test(test_form_of_queries),
		WITH(test_csv),
		WITH(test_json),
		WITH(test_json_refuses_half_characters),
		WITH(test_table),
		WITH(test_full_output),
		WITH(test_writing_is_refused),
		WITH(test_wrong_questions),
		WITH(test_arguments),
		WITH(test_no_database),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
