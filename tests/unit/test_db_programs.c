/* Several programs on one database, and programs that are killed. */
#include "db_fixture.h"

#include "../../db/store_inner.h"
#include "base/clock.h"
#include "base/rng.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* -- other programs ------------------------------------------------------- */

static void test_locked(void **state)
{
	fixture *f = *state;
	sqlite3 *other;
	record_run(f, "input", "output");
	assert_int_equal(sqlite3_open(f->path.text, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	f->store->sql.wait_ms = 50;
	sqlite3_busy_timeout(f->store->sql.db, 50);
	recording_fails(
		f, TD_E_DEVICE,
		"the database @ is busy: another program kept it locked for 50.0 ms; try again "
		"when it is done, or name another file with --db FILE");
	assert_answer(f, "SELECT count(*) FROM run", "1\n"); /* readers do not wait */
	assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(other);
	record_run(f, "input", "output");
	assert_answer(f, "SELECT count(*) FROM run", "2\n");
}

enum { LAUNCHES = 40 };

/* One session without asserts, for child processes. */
static bool quiet_session(fixture *f, td_err *e)
{
	td_record begin = {TD_REC_SESSION, {.session = {"run", ""}}}, run = run_record(f, 0, "cpu"),
		  run_end = end_record(0, TD_OK, NULL),
		  end = {TD_REC_SESSION_END, {.session_end = {TD_OK, NULL, NULL}}};
	td_launched l = {.kernel = "k", .t = {1000, 1010, 1020, 1100, 7, 9}};
	td_record x = {TD_REC_LAUNCH, {.launch = {0, 0, 0, 0, &l, &scale_node.impls[1], TD_MAIN}}};
	bool ok = td_emit(&f->sink, &begin, e) && td_emit(&f->sink, &run, e);
	for (int i = 0; ok && i < LAUNCHES; i++)
		ok = td_emit(&f->sink, &x, e);
	return ok && td_emit(&f->sink, &run_end, e) && td_emit(&f->sink, &end, e);
}

/* `n` sessions (0: without end); one byte goes to `fd` for each that is recorded. */
static void child(fixture *f, int n, int fd)
{
	td_err e = {TD_OK, ""};
	td_store *s;
	if (!td_store_open(f->path.text, &s, &e)) {
		fprintf(stderr, "%s\n", e.text);
		_exit(1);
	}
	f->sink = td_store_sink(s);
	for (int i = 0; !n || i < n; i++)
		if (!quiet_session(f, &e) || write(fd, "x", 1) != 1) {
			fprintf(stderr, "%s\n", e.text);
			_exit(1);
		}
	td_store_close(s);
	_exit(0);
}

static void test_four_programs(void **state)
{
	fixture *f = *state;
	enum { PROGRAMS = 4, SESSIONS = 50 };
	int pipe_fd[2];
	fixture_close(f);
	assert_int_equal(pipe(pipe_fd), 0);
	f->path = tempdir_path(&f->dir, "shared.db"); /* all four want to make it */
	for (int i = 0; i < PROGRAMS; i++)
		if (fork() == 0)
			child(f, SESSIONS, pipe_fd[1]);
	for (int i = 0; i < PROGRAMS; i++) {
		int status;
		assert_true(wait(&status) > 0);
		assert_true(WIFEXITED(status));
		assert_int_equal(WEXITSTATUS(status), 0);
	}
	close(pipe_fd[0]);
	close(pipe_fd[1]);
	assert_answer(f, "SELECT count(*), sum(status = 'ok') FROM session", "200,200\n");
	assert_answer(f, "SELECT count(*) FROM launch", "8000\n");
	assert_answer(f,
	              "SELECT (SELECT count(*) FROM graph), (SELECT count(*) FROM device), "
	              "(SELECT count(*) FROM environment), (SELECT count(*) FROM kernel)",
	              "1,1,1,1\n");
	assert_answer(f, "PRAGMA integrity_check", "ok\n");
}

/* -- kill -9 -------------------------------------------------------------- */

/* Bytes that arrived. */
static int64_t drain(int fd)
{
	char bytes[1024];
	int64_t n = 0;
	for (ssize_t got; (got = read(fd, bytes, sizeof bytes)) > 0;)
		n += got;
	return n;
}

/* `after_us` 0: when its first session is there. */
static int64_t kill_one(fixture *f, int64_t after_us)
{
	int pipe_fd[2], status;
	char first;
	assert_int_equal(pipe(pipe_fd), 0);
	pid_t pid = fork();
	if (pid == 0)
		child(f, 0, pipe_fd[1]);
	close(pipe_fd[1]);
	if (after_us)
		usleep((useconds_t)after_us);
	else
		assert_int_equal(read(pipe_fd[0], &first, 1), 1);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	int64_t n = drain(pipe_fd[0]);
	close(pipe_fd[0]);
	return n;
}

static int64_t number_of(const fixture *f, const char *sql)
{
	td_str s = ask(f, sql);
	int64_t n = strtoll(td_str_text(&s), NULL, 10);
	td_str_fini(&s);
	return n;
}

static void test_kill(void **state)
{
	fixture *f = *state;
	td_rng r = td_rng_make(1, 0);
	int64_t promised = 0, killed_early = 0;
	fixture_close(f);
	f->path = tempdir_path(&f->dir, "first.db");
	int64_t begin = td_now_ns();
	kill_one(f, 0);
	/* how long a file and a session take here and now, so that kills fall before, into and after that */
	uint32_t once_us = (uint32_t)((td_now_ns() - begin) / 1000) + 1000;
	for (int i = 0; i < 40; i++) {
		if (i % 10 == 0) { /* a new file: while it is being made, too */
			char name[16];
			td_clip(name, sizeof name, "k%d.db", i);
			f->path = tempdir_path(&f->dir, name);
			promised = 0;
		}
		int64_t n =
			kill_one(f, 1 + td_rng_below(&r, i % 10 < 3 ? once_us / 2 : 3 * once_us));
		promised += n;
		killed_early += n == 0;
		fixture_open(f);
		fixture_close(f);
		assert_answer(f, "PRAGMA integrity_check", "ok\n");
		assert_answer(f, "PRAGMA foreign_key_check", "");
		int64_t sessions = number_of(f, "SELECT count(*) FROM session WHERE status = 'ok'");
		assert_true(sessions >= promised);
		/* no run in part */
		assert_int_equal(number_of(f, "SELECT count(*) FROM launch"),
		                 LAUNCHES * number_of(f, "SELECT count(*) FROM run"));
		promised = sessions; /* one may have been committed without the word */
	}
	assert_true(promised > 10);
	assert_true(killed_early > 0);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {WITH(test_locked), WITH(test_four_programs),
	                                   WITH(test_kill)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
