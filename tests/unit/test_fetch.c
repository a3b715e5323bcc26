/* fetch against a server on loopback that does everything wrong, and openssl s_server for https. */
#include "base/fetch.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "tempdir.h"

#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { SIZE = 300000, HALF = SIZE / 2 };

static tempdir dir;
static char content[SIZE];
static td_sha256 sha;

/* What the server saw; shared with its process. */
static struct {
	int requests;
	char range[64]; /* of the last request, "" when there was none */
} * seen;

static pid_t server;
static int port;

/* -- the server ----------------------------------------------------------- */

static void put(int fd, const char *data, size_t n)
{
	while (n) {
		ssize_t sent = send(fd, data, n, MSG_NOSIGNAL);
		if (sent <= 0)
			return;
		data += sent;
		n -= (size_t)sent;
	}
}

TD_PRINTF(2, 3)
static void say(int fd, const char *fmt, ...)
{
	char head[512];
	va_list args;
	va_start(args, fmt);
	int n = vsnprintf(head, sizeof head, fmt, args);
	va_end(args);
	put(fd, head, (size_t)n);
}

/* One answer; `length` is what it announces, -1: nothing. */
static void reply(int fd, const char *status, long length, const char *body, size_t n)
{
	say(fd, "HTTP/1.1 %s\r\nConnection: close\r\n", status);
	if (length >= 0)
		say(fd, "Content-Length: %ld\r\n", length);
	say(fd, "\r\n");
	put(fd, body, n);
}

static void whole(int fd)
{
	reply(fd, "200 OK", SIZE, content, SIZE);
}

static void half(int fd)
{
	reply(fd, "200 OK", SIZE, content, HALF);
}

static void part(int fd, long from, long said)
{
	char status[128];
	td_clip(status, sizeof status, "206 Partial Content\r\nContent-Range: bytes %ld-%d/%d",
	        said, SIZE - 1, SIZE);
	reply(fd, status, SIZE - from, content + from, (size_t)(SIZE - from));
}

static void wrong(int fd)
{
	reply(fd, "200 OK", SIZE, "", 0);
	for (int i = 0; i < SIZE; i += 10)
		put(fd, "otherbytes", 10);
}

static void endless(int fd)
{
	reply(fd, "200 OK", -1, content, SIZE);
	for (int i = 0; i < 100; i++)
		put(fd, content, SIZE);
}

static void slow(int fd)
{
	char c;
	reply(fd, "200 OK", SIZE, "slow", 4);
	while (recv(fd, &c, 1, 0) > 0)
		;
}

static void silent(int fd)
{
	(void)fd;
}

/* Answers that are one text. */
static const struct {
	const char *path, *status;
	long length;
	size_t body; /* bytes of the content */
} plain[] = {{"/long", "200 OK", SIZE + 1, SIZE},
             {"/short", "200 OK", 10, 10},
             {"/empty", "200 OK", 0, 0},
             {"/ends", "200 OK", -1, HALF},
             {"/hop", "302 Found\r\nLocation: /ok", 0, 0},
             {"/loop", "302 Found\r\nLocation: /loop", 0, 0},
             {"/to-file", "302 Found\r\nLocation: file:///etc/hostname", 0, 0},
             {"/to-ftp", "302 Found\r\nLocation: ftp://127.0.0.1/x", 0, 0},
             {"/300", "300 Multiple Choices", 4, 4},
             {"/304", "304 Not Modified", 0, 0}};

/* Answers that take more, and how they go on when asked for a range. */
static const struct {
	const char *path;
	void (*fresh)(int fd);
	enum { GOES_ON, IGNORES, LIES, REFUSES } range;
} routes[] = {{"/ok", whole, GOES_ON},          {"/cut", half, GOES_ON},
              {"/cut-no-range", half, IGNORES}, {"/cut-wrong-range", half, LIES},
              {"/416", whole, REFUSES},         {"/wrong", wrong, IGNORES},
              {"/endless", endless, IGNORES},   {"/slow", slow, IGNORES},
              {"/silent", silent, IGNORES}};

/* Answers one request; `from` is what it asks to begin with, 0 when it asks for all. */
static void answer(int fd, const char *path, long from)
{
	for (size_t i = 0; i < TD_COUNT(plain); i++)
		if (td_same(path, plain[i].path)) {
			reply(fd, plain[i].status, plain[i].length, content, plain[i].body);
			return;
		}
	for (size_t i = 0; i < TD_COUNT(routes); i++) {
		if (!td_same(path, routes[i].path))
			continue;
		if (from && routes[i].range == REFUSES)
			reply(fd, "416 Range Not Satisfiable", 0, "", 0);
		else if (from && routes[i].range == IGNORES && routes[i].fresh == half)
			whole(fd);
		else if (from && routes[i].range != IGNORES)
			part(fd, from, from + (routes[i].range == LIES));
		else
			routes[i].fresh(fd);
		return;
	}
	reply(fd, "404 Not Found", 3, "no\n", 3);
}

static void serve_one(int fd)
{
	char text[2048] = "", path[128] = "";
	size_t n = 0;
	while (n + 1 < sizeof text && !strstr(text, "\r\n\r\n")) {
		ssize_t got = recv(fd, text + n, sizeof text - 1 - n, 0);
		if (got <= 0)
			return;
		n += (size_t)got;
		text[n] = '\0';
	}
	seen->requests++;
	const char *range = strstr(text, "Range: bytes=");
	seen->range[0] = '\0';
	if (range)
		td_clip(seen->range, sizeof seen->range, "%.*s", (int)strcspn(range, "\r"), range);
	if (sscanf(text, "GET %127s", path) == 1)
		answer(fd, path, range ? strtol(range + 13, NULL, 10) : 0);
}

static void start_server(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof at;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&at, n) != 0 ||
	    listen(listener, 16) != 0 || getsockname(listener, (struct sockaddr *)&at, &n) != 0) {
		perror("server");
		exit(1);
	}
	port = ntohs(at.sin_port);
	server = fork();
	if (server == 0) {
		for (;;) {
			int fd = accept(listener, NULL, NULL);
			if (fd < 0)
				_exit(1);
			serve_one(fd);
			shutdown(fd, SHUT_WR);
			close(fd);
		}
	}
	close(listener);
}

/* -- helpers -------------------------------------------------------------- */

static int set_up(void **state)
{
	(void)state;
	dir = tempdir_make();
	setenv("XDG_CACHE_HOME", dir.path, 1);
	setenv("no_proxy", "*", 1);
	td_log_quiet(true);
	for (int i = 0; i < SIZE; i++)
		content[i] = (char)(i * 7 + i / 251);
	sha = td_sha256_of(content, SIZE);
	seen = mmap(NULL, sizeof *seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (seen == MAP_FAILED)
		return 1;
	start_server();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	munmap(seen, sizeof *seen);
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

static void says_when_nobody_answers(void **state)
{
	(void)state;
	td_err e = {0};
	td_fetch f = {.url = "http://127.0.0.1:1/x", .sha256 = sha.hex, .bytes = 5};
	assert_false(td_fetch_run(&f, &e));
	assert_string_equal(e.text,
	                    "cannot fetch http://127.0.0.1:1/x: the server cannot be reached");
	assert_int_equal(e.code, TD_E_DATA);
}

static void checks_what_it_is_asked(void **state)
{
	(void)state;
	td_err e = {0};
	td_fetch f = {.url = "http://127.0.0.1:1/x", .sha256 = sha.hex, .bytes = 5};
	unsetenv("TD_FETCH_ALLOW_HTTP");
	assert_false(td_fetch_run(&f, &e));
	assert_string_equal(e.text, "cannot fetch http://127.0.0.1:1/x: only https: and file: URLs "
	                            "are fetched");
	f.url = "/etc/hostname";
	assert_false(td_fetch_run(&f, &e));
	assert_string_equal(e.text,
	                    "cannot fetch /etc/hostname: only https: and file: URLs are fetched");
	f.url = "https://127.0.0.1:1/x";
	f.sha256 = "ABC";
	assert_false(td_fetch_run(&f, &e));
	assert_string_equal(e.text, "cannot fetch https://127.0.0.1:1/x: its pin \"ABC\" is no "
	                            "SHA-256 of 64 lower-case hex digits");
	f.sha256 = sha.hex;
	f.bytes = -1;
	assert_false(td_fetch_run(&f, &e));
	assert_string_equal(e.text, "cannot fetch https://127.0.0.1:1/x: its size in bytes must be "
	                            "pinned too");
	f.bytes = 5;
	f.url = "https://127.0.0.1:1/ x";
	assert_false(td_fetch_run(&f, &e));
	assert_string_equal(e.text, "cannot fetch https://127.0.0.1:1/ x: the URL is malformed");
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
	td_clip(want, sizeof want,
	        "cannot fetch %s: cannot make the folder %s/tandem: Not a directory",
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
	while (size_of(".part") < 4)
		usleep(1000);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_int_equal(size_of(".part"), 4);
	assert_fetched("/ok"); /* "slow" is no beginning of it: from the start */
}

/* -- https ---------------------------------------------------------------- */

static pid_t tls;
static int tls_port;

static bool run_quietly(const char *command)
{
	int status = system(command);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* openssl says on which port it listens: "ACCEPT 127.0.0.1:41235". */
static int read_port(int fd)
{
	char text[256] = "";
	size_t n = 0;
	while (n + 1 < sizeof text && !(strstr(text, "ACCEPT") && strchr(text, '\n'))) {
		ssize_t got = read(fd, text + n, sizeof text - 1 - n);
		if (got <= 0)
			return 0;
		n += (size_t)got;
		text[n] = '\0';
	}
	const char *colon = strrchr(text, ':');
	return colon ? atoi(colon + 1) : 0;
}

/* Serves the files of the folder as whole HTTP answers. */
static bool start_tls(void)
{
	int out[2];
	char command[512];
	td_clip(command, sizeof command,
	        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 "
	        "-addext subjectAltName=IP:127.0.0.1 -keyout %s/key.pem -out %s/cert.pem "
	        ">/dev/null 2>&1",
	        dir.path, dir.path);
	if (!run_quietly(command) || pipe(out) != 0)
		return false;
	tls = fork();
	if (tls == 0) {
		dup2(out[1], 1);
		close(out[0]);
		if (!freopen("/dev/null", "w", stderr))
			_exit(127);
		if (chdir(dir.path) == 0)
			execlp("openssl", "openssl", "s_server", "-accept", "127.0.0.1:0", "-cert",
			       "cert.pem", "-key", "key.pem", "-HTTP", (char *)NULL);
		_exit(127);
	}
	close(out[1]);
	tls_port = read_port(out[0]);
	close(out[0]);
	return tls_port > 0;
}

static void stop_tls(void)
{
	if (tls <= 0)
		return;
	kill(tls, SIGKILL);
	waitpid(tls, NULL, 0);
}

/* An answer for openssl to send: head and body. */
static void answer_file(const char *name, const char *first, const char *body, size_t n)
{
	td_str s = {0};
	td_str_addf(&s, "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", first,
	            n);
	td_str_add_n(&s, body, n);
	tempdir_write(&dir, name, s.data, s.n);
	td_str_fini(&s);
}

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
	if (!start_tls()) {
		stop_tls();
		print_message(
			"skipped: `openssl` is not there to make a certificate and a server\n");
		skip();
	}
	temppath ca = tempdir_path(&dir, "cert.pem"), none = tempdir_path(&dir, "none.pem");
	char to_http[128];
	unsetenv("TD_FETCH_ALLOW_HTTP");
	answer_file("ok", "200 OK", content, SIZE);
	td_clip(to_http, sizeof to_http, "302 Found\r\nLocation: http://127.0.0.1:%d/ok", port);
	answer_file("to-http", to_http, "", 0);
	answer_file("to-file", "302 Found\r\nLocation: file:///etc/hostname", "", 0);
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
	stop_tls();
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
		TEST(says_when_nobody_answers),
		TEST(checks_what_it_is_asked),
		TEST(needs_its_cache),
		TEST(shares_with_other_processes),
		TEST(survives_a_killed_process),
		TEST(trusts_only_known_certificates),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
