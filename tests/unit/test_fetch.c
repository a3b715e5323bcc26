/* fetch against a server on loopback that does everything wrong, and openssl s_server for https. */
#include "base/fetch.h"
#include "base/file.h"
#include "base/log.h"
#include "loopback.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static tempdir dir;
static td_sha256 sha;

/* -- helpers -------------------------------------------------------------- */

static int set_up(void **state)
{
	(void)state;
	dir = tempdir_make();
	setenv("XDG_CACHE_HOME", dir.path, 1);
	setenv("no_proxy", "*", 1);
	td_log_quiet(true);
	make_content();
	sha = td_sha256_of(content, SIZE);
	return start_server() ? 0 : 1;
}

static int tear_down(void **state)
{
	(void)state;
	stop_server();
	stop_tls();
	tempdir_remove(&dir);
	return 0;
}

/* Before each test: nothing in the cache, http allowed. */
static int clean(void **state)
{
	(void)state;
	char *path = td_fetch_path(sha.hex);
	td_str name = {0};
	td_str_addf(&name, "%s.part", path);
	unlink(path);
	unlink(name.data);
	td_str_fini(&name);
	free(path);
	setenv("TD_FETCH_ALLOW_HTTP", "1", 1);
	seen->requests = 0;
	return 0;
}

typedef struct {
	char text[256];
} url;

static url at(const char *path)
{
	url u;
	td_clip(u.text, sizeof u.text, "http://127.0.0.1:%d%s", port, path);
	return u;
}

static bool get(const char *path, td_err *e)
{
	url u = at(path);
	return td_fetch_run(
		&(td_fetch){.url = u.text, .sha256 = sha.hex, .bytes = SIZE, .timeout_s = 1}, e);
}

static int64_t size_of(const char *ending)
{
	char *path = td_fetch_path(sha.hex);
	td_str name = {0};
	struct stat st;
	td_str_addf(&name, "%s%s", path, ending);
	int64_t n = stat(name.data, &st) == 0 ? st.st_size : -1;
	td_str_fini(&name);
	free(path);
	return n;
}

static void assert_cached(void)
{
	char *path = td_fetch_path(sha.hex), *data;
	td_err e = {0};
	size_t n;
	if (!td_file_read(path, SIZE, &data, &n, &e))
		fail_msg("%s", e.text);
	assert_int_equal(n, SIZE);
	assert_memory_equal(data, content, SIZE);
	assert_true(td_fetch_cached(sha.hex, SIZE));
	assert_int_equal(size_of(".part"), -1);
	free(data);
	free(path);
}

static void assert_fetched(const char *path)
{
	td_err e = {0};
	if (!get(path, &e))
		fail_msg("%s", e.text);
	assert_cached();
}

/* The fetch fails with that reason and leaves `part` bytes to go on with, -1: no file. */
static void assert_fails(const char *path, int64_t left, const char *why)
{
	td_err e = {0};
	char want[1024];
	assert_false(get(path, &e));
	td_clip(want, sizeof want, "cannot fetch %s: %s", at(path).text, why);
	assert_string_equal(e.text, want);
	assert_int_equal(e.code, TD_E_DATA);
	assert_int_equal(size_of(""), -1);
	assert_int_equal(size_of(".part"), left);
}

/* Puts bytes into the part file, as an earlier try would leave them. */
static void leave(const char *data, size_t n)
{
	char *path = td_fetch_path(sha.hex), *folder = td_path_dir(path);
	td_str name = {0};
	td_err e = {0};
	td_str_addf(&name, "%s.part", path);
	assert_true(td_mkdirs(folder, &e));
	assert_true(td_file_write(name.data, data, n, &e));
	td_str_fini(&name);
	free(folder);
	free(path);
}

/* -- what works ----------------------------------------------------------- */

static void brings_a_file(void **state)
{
	(void)state;
	assert_false(td_fetch_cached(sha.hex, SIZE));
	assert_fetched("/ok");
	assert_int_equal(seen->requests, 1);
	assert_string_equal(seen->range, "");
	assert_false(td_fetch_cached(sha.hex, SIZE + 1));
	assert_fetched("/ok"); /* from the cache */
	assert_int_equal(seen->requests, 1);
}

static void follows_redirects(void **state)
{
	(void)state;
	assert_fetched("/hop");
	assert_int_equal(seen->requests, 2);
}

static void brings_a_file_url(void **state)
{
	(void)state;
	td_err e = {0};
	temppath p = tempdir_write(&dir, "local.bin", content, SIZE);
	char u[300];
	td_clip(u, sizeof u, "file://%s", p.text);
	td_fetch f = {.url = u, .sha256 = sha.hex, .bytes = SIZE};
	leave("rubbish", 7);
	if (!td_fetch_run(&f, &e))
		fail_msg("%s", e.text);
	assert_cached();
	clean(NULL);
	f.bytes = SIZE - 1;
	char want[512];
	assert_false(td_fetch_run(&f, &e));
	td_clip(want, sizeof want,
	        "cannot fetch %s: its size is 300000 bytes, the pin says 299999; nothing "
	        "was kept",
	        u);
	assert_string_equal(e.text, want);
	f.url = "file:///no/such/file";
	assert_false(td_fetch_run(&f, &e));
	assert_string_equal(e.text, "cannot fetch file:///no/such/file: the file cannot be read");
}

static void brings_an_empty_file(void **state)
{
	(void)state;
	td_err e = {0};
	td_sha256 nothing = td_sha256_of("", 0);
	td_fetch f = {.url = "file:///dev/null", .sha256 = nothing.hex, .bytes = 0};
	assert_true(td_fetch_run(&f, &e));
	assert_true(td_fetch_cached(nothing.hex, 0));
}

static void replaces_a_damaged_file(void **state)
{
	(void)state;
	assert_fetched("/ok");
	char *path = td_fetch_path(sha.hex);
	assert_int_equal(truncate(path, 5), 0);
	free(path);
	assert_fetched("/ok");
	assert_int_equal(seen->requests, 2);
}

/* Of the right size, only its hash can tell. */
static void drops_a_damaged_file(void **state)
{
	(void)state;
	td_err e = {0};
	assert_true(td_fetch_drop_damaged(sha.hex, &e)); /* there is none */
	assert_fetched("/ok");
	assert_true(td_fetch_drop_damaged(sha.hex, &e));
	assert_cached();
	char *path = td_fetch_path(sha.hex);
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_int_equal(pwrite(fd, "?", 1, 7), 1);
	close(fd);
	free(path);
	assert_true(td_fetch_drop_damaged(sha.hex, &e));
	assert_int_equal(size_of(""), -1);
	assert_fetched("/ok");
}

/* -- going on ------------------------------------------------------------- */

static const char cut[] =
	"the connection ended after 150000 of 300000 bytes; what came is kept, try again to go on";

static void goes_on_after_a_cut(void **state)
{
	(void)state;
	assert_fails("/cut", HALF, cut);
	assert_fetched("/cut");
	assert_string_equal(seen->range, "Range: bytes=150000-");
	assert_int_equal(seen->requests, 2);
}

static void survives_a_server_without_ranges(void **state)
{
	(void)state;
	assert_fails("/cut-no-range", HALF, cut);
	assert_fetched("/cut-no-range");
	assert_string_equal(seen->range, "Range: bytes=150000-");
	assert_int_equal(seen->requests, 2);
}

static void survives_a_server_that_sends_another_range(void **state)
{
	(void)state;
	leave(content, 100);
	assert_fails("/cut-wrong-range", HALF, cut); /* it started over */
	assert_int_equal(seen->requests, 2);
}

static void starts_over_when_the_part_was_wrong(void **state)
{
	(void)state;
	leave("something else", 14);
	assert_fetched("/ok");
	assert_int_equal(seen->requests, 2);
	clean(NULL);
	char *junk = calloc(1, SIZE + 1);
	assert_non_null(junk);
	leave(junk, SIZE); /* of the right size */
	assert_fetched("/ok");
	assert_int_equal(seen->requests, 1);
	clean(NULL);
	leave(junk, SIZE + 1);
	assert_fetched("/ok");
	assert_int_equal(seen->requests, 1);
	assert_string_equal(seen->range, "");
	free(junk);
}

static void starts_over_when_the_range_is_refused(void **state)
{
	(void)state;
	leave(content, 100);
	assert_fetched("/416");
	assert_int_equal(seen->requests, 2);
	assert_string_equal(seen->range, "");
}

static void finishes_a_complete_part(void **state)
{
	(void)state;
	leave(content, SIZE);
	assert_fetched("/missing");
	assert_int_equal(seen->requests, 0);
}

/* -- what does not work --------------------------------------------------- */

static void keeps_nothing_wrong(void **state)
{
	(void)state;
	td_str bytes = {0}, why = {0};
	for (int i = 0; i < SIZE; i += 10)
		td_str_add(&bytes, "otherbytes");
	td_sha256 got = td_sha256_of(bytes.data, bytes.n);
	td_str_addf(
		&why,
		"its SHA-256 is %s, the pin says %s; nothing was kept: the file at this address "
		"has changed, or the pin is wrong",
		got.hex, sha.hex);
	assert_fails("/wrong", -1, why.data);
	assert_int_equal(seen->requests, 1);
	leave(content, 100); /* once more from the beginning, then it is enough */
	assert_fails("/wrong", -1, why.data);
	assert_int_equal(seen->requests, 2);
	td_str_fini(&bytes);
	td_str_fini(&why);
}

static void stops_at_the_pinned_size(void **state)
{
	(void)state;
	assert_fails("/endless", -1,
	             "it is longer than the 300000 bytes of its pin; nothing was kept");
	assert_fails("/long", -1,
	             "its size is 300001 bytes, the pin says 300000; nothing was kept");
	assert_fails("/short", -1, "its size is 10 bytes, the pin says 300000; nothing was kept");
	assert_fails("/empty", -1, "its size is 0 bytes, the pin says 300000; nothing was kept");
	assert_fails("/ends", HALF, cut);
}

static void gives_up_on_a_slow_server(void **state)
{
	(void)state;
	assert_fails("/slow", 4,
	             "less than 1 kB/s came in for 1 s; 4 of 300000 bytes are there, try again to "
	             "go on");
}

static void says_what_the_server_says(void **state)
{
	(void)state;
	assert_fails("/missing", -1, "the server answers 404");
	leave(content, 100); /* a passing trouble: what is there stays */
	assert_fails("/missing", 100, "the server answers 404");
	clean(NULL);
	assert_fails("/300", -1, "the server answers 300 instead of sending the file");
	assert_fails("/304", -1, "the server answers 304 instead of sending the file");
	assert_fails("/silent", -1, "the connection ended before anything came; try again");
}

static void follows_no_redirect_elsewhere(void **state)
{
	(void)state;
	assert_fails("/to-file", -1,
	             "it redirects to file:///etc/hostname; only https is followed");
	assert_fails("/to-ftp", -1, "it redirects to ftp://127.0.0.1/x; only https is followed");
	seen->requests = 0;
	assert_fails("/loop", -1, "the server redirects more than 10 times; is the URL right?");
	assert_int_equal(seen->requests, 11);
}

static void checks_what_it_is_asked(void **state)
{
	(void)state;
	const struct {
		const char *url, *sha256;
		int64_t bytes;
		const char *why;
	} cases[] = {
		{"http://h/x", sha.hex, 5, "only https: and file: URLs are fetched"},
		{"/etc/hostname", sha.hex, 5, "only https: and file: URLs are fetched"},
		{"https://h/x", "ABC", 5,
	         "its pin \"ABC\" is no SHA-256 of 64 lower-case hex digits"},
		{"https://h/x", NULL, 5, "its pin \"\" is no SHA-256 of 64 lower-case hex digits"},
		{"https://h/x", sha.hex, -1, "its size in bytes must be pinned too"},
		{"https://h/ x", sha.hex, 5, "the URL is malformed"},
		{"https://127.0.0.1:1/x", sha.hex, 5, "the server cannot be reached"},
	};
	unsetenv("TD_FETCH_ALLOW_HTTP");
	for (size_t i = 0; i < TD_COUNT(cases); i++) {
		td_fetch f = {cases[i].url, cases[i].sha256, cases[i].bytes, NULL, 0};
		td_err e = {0};
		char want[256];
		assert_false(td_fetch_run(&f, &e));
		td_clip(want, sizeof want, "cannot fetch %s: %s", cases[i].url, cases[i].why);
		assert_string_equal(e.text, want);
		assert_int_equal(e.code, TD_E_DATA);
	}
}

static void needs_its_cache(void **state)
{
	(void)state;
	td_err e = {0};
	temppath p = tempdir_write(&dir, "file", "", 0);
	setenv("XDG_CACHE_HOME", p.text, 1);
	assert_false(get("/ok", &e));
	setenv("XDG_CACHE_HOME", dir.path, 1);
	char want[512];
	td_clip(want, sizeof want, "cannot fetch %s: cannot make the folder %s: File exists",
	        at("/ok").text, p.text);
	assert_string_equal(e.text, want);
	assert_int_equal(e.code, TD_E_DEVICE);
}

/* -- two at once ---------------------------------------------------------- */

static void shares_with_other_processes(void **state)
{
	(void)state;
	enum { N = 4 };
	pid_t child[N];
	for (int i = 0; i < N; i++) {
		child[i] = fork();
		if (child[i] == 0) {
			td_err e = {0};
			_exit(get("/ok", &e) ? 0 : 1);
		}
	}
	for (int i = 0; i < N; i++) {
		int status = -1;
		waitpid(child[i], &status, 0);
		assert_int_equal(status, 0);
	}
	assert_cached();
	assert_int_equal(seen->requests, 1); /* one fetched, the others found it */
}

/* A process that is killed in the middle leaves no lock. */
static void survives_a_killed_process(void **state)
{
	(void)state;
	pid_t child = fork();
	if (child == 0) {
		td_err e = {0};
		_exit(get("/slow", &e));
	}
	for (int i = 0; i < 5000 && size_of(".part") < 4; i++)
		usleep(1000);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_int_equal(size_of(".part"), 4);
	assert_fetched("/ok"); /* "slow" is no beginning of it: from the start */
}

/* -- https ---------------------------------------------------------------- */

static void assert_tls(const char *name, const char *ca, const char *why)
{
	td_err e = {0};
	char u[128], want[512];
	td_clip(u, sizeof u, "https://127.0.0.1:%d/%s", tls_port, name);
	td_fetch f = {.url = u, .sha256 = sha.hex, .bytes = SIZE, .ca_file = ca, .timeout_s = 5};
	bool ok = td_fetch_run(&f, &e);
	if (!why) {
		if (!ok)
			fail_msg("%s", e.text);
		return;
	}
	assert_false(ok);
	td_clip(want, sizeof want, "cannot fetch %s: %s", u, why);
	assert_string_equal(e.text, want);
}

static void trusts_only_known_certificates(void **state)
{
	(void)state;
	if (!start_tls(dir.path)) {
		print_message(
			"skipped: `openssl` is not there to make a certificate and a server\n");
		skip();
	}
	temppath ca = tempdir_path(&dir, "cert.pem"), none = tempdir_path(&dir, "none.pem");
	char to_http[128];
	unsetenv("TD_FETCH_ALLOW_HTTP");
	answer_file(&dir, "ok", "200 OK", content, SIZE);
	td_clip(to_http, sizeof to_http, "302 Found\r\nLocation: http://127.0.0.1:%d/ok", port);
	answer_file(&dir, "to-http", to_http, "", 0);
	answer_file(&dir, "to-file", "302 Found\r\nLocation: file:///etc/hostname", "", 0);
	assert_tls("ok", NULL, "the certificate of the server is not trusted");
	assert_int_equal(size_of(".part"), -1);
	assert_tls("ok", none.text,
	           "the CA certificates cannot be read; is the package ca-certificates installed?");
	td_clip(to_http, sizeof to_http,
	        "it redirects to http://127.0.0.1:%d/ok; only https is followed", port);
	assert_tls("to-http", ca.text, to_http);
	assert_int_equal(seen->requests, 0);
	assert_tls("to-file", ca.text,
	           "it redirects to file:///etc/hostname; only https is followed");
	assert_tls("ok", ca.text, NULL);
	assert_cached();
}

#define TEST(f) cmocka_unit_test_setup(f, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(brings_a_file),
		TEST(follows_redirects),
		TEST(brings_a_file_url),
		TEST(brings_an_empty_file),
		TEST(replaces_a_damaged_file),
		TEST(drops_a_damaged_file),
		TEST(goes_on_after_a_cut),
		TEST(survives_a_server_without_ranges),
		TEST(survives_a_server_that_sends_another_range),
		TEST(starts_over_when_the_part_was_wrong),
		TEST(starts_over_when_the_range_is_refused),
		TEST(finishes_a_complete_part),
		TEST(keeps_nothing_wrong),
		TEST(stops_at_the_pinned_size),
		TEST(gives_up_on_a_slow_server),
		TEST(says_what_the_server_says),
		TEST(follows_no_redirect_elsewhere),
		TEST(checks_what_it_is_asked),
		TEST(needs_its_cache),
		TEST(shares_with_other_processes),
		TEST(survives_a_killed_process),
		TEST(trusts_only_known_certificates),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
