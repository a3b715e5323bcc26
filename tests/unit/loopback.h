/* loopback.h: servers for test_fetch.c: one in C that does everything wrong, and openssl s_server for
 * https. Both are processes of their own, on ports that the system picks. */
#ifndef TESTS_LOOPBACK_H
#define TESTS_LOOPBACK_H

#include "base/str.h"
#include "tempdir.h"

#include <arpa/inet.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SIZE = 300000, HALF = SIZE / 2 };

static char content[SIZE];

/* What the server saw; shared with its process. */
static struct {
	int requests;
	char range[64]; /* of the last request, "" when there was none */
} * seen;

static pid_t server;
static int port;

static void make_content(void)
{
	for (int i = 0; i < SIZE; i++)
		content[i] = (char)(i * 7 + i / 251);
}

/* -- http ----------------------------------------------------------------- */

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

static bool start_server(void)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t n = sizeof at;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || bind(listener, (struct sockaddr *)&at, n) != 0 ||
	    listen(listener, 16) != 0 || getsockname(listener, (struct sockaddr *)&at, &n) != 0) {
		perror("server");
		return false;
	}
	seen = mmap(NULL, sizeof *seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (seen == MAP_FAILED)
		return false;
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
	return server > 0;
}

static void stop_server(void)
{
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
	munmap(seen, sizeof *seen);
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
static bool start_tls(const char *folder)
{
	int out[2];
	char command[512];
	td_clip(command, sizeof command,
	        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 "
	        "-addext subjectAltName=IP:127.0.0.1 -keyout %s/key.pem -out %s/cert.pem "
	        ">/dev/null 2>&1",
	        folder, folder);
	if (!run_quietly(command) || pipe(out) != 0)
		return false;
	tls = fork();
	if (tls == 0) {
		dup2(out[1], 1);
		close(out[0]);
		if (!freopen("/dev/null", "w", stderr))
			_exit(127);
		if (chdir(folder) == 0)
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
	tls = 0;
}

/* An answer for openssl to send: head and body. */
static void answer_file(const tempdir *dir, const char *name, const char *first, const char *body,
                        size_t n)
{
	td_str s = {0};
	td_str_addf(&s, "HTTP/1.1 %s\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n", first,
	            n);
	td_str_add_n(&s, body, n);
	tempdir_write(dir, name, s.data, s.n);
	td_str_fini(&s);
}

#endif
