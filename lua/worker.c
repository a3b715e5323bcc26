#include "worker.h"

#include "../engine/base/clock.h"
#include "../engine/base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_ARGS = 64, MOST_OUTPUT = 64 << 20 };
enum { OUT, ERR, N_PIPES };

typedef struct {
	pid_t pid;
	int from[N_PIPES]; /* read ends of its stdout and stderr */
	td_str said[N_PIPES];
	bool late; /* was killed for taking too long */
} worker;

/* -- starting ----------------------------------------------------------------------- */

static void close_pipes(int p[N_PIPES][2])
{
	for (int i = 0; i < N_PIPES; i++)
		for (int k = 0; k < 2; k++)
			if (p[i][k] >= 0)
				close(p[i][k]);
}

static int spawn(worker *w, int p[N_PIPES][2], const char **argv)
{
	union {
		const char **in;
		char *const *out; /* what posix_spawn wants, which changes nothing */
	} args = {argv};
	posix_spawn_file_actions_t actions;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, p[OUT][1], 1);
	posix_spawn_file_actions_adddup2(&actions, p[ERR][1], 2);
	int failed = posix_spawn(&w->pid, argv[0], &actions, NULL, args.out, environ);
	posix_spawn_file_actions_destroy(&actions);
	return failed;
}

static bool start(worker *w, const char **argv, td_err *e)
{
	int p[N_PIPES][2] = {{-1, -1}, {-1, -1}}, failed = 0;
	for (int i = 0; i < N_PIPES && !failed; i++)
		failed = pipe2(p[i], O_CLOEXEC) == 0 ? 0 : errno;
	if (!failed)
		failed = spawn(w, p, argv);
	for (int i = 0; i < N_PIPES && !failed; i++) {
		w->from[i] = p[i][0];
		p[i][0] = -1;
	}
	close_pipes(p);
	return !failed || td_fail(e, TD_E_DEVICE, "cannot start %s: %s", argv[0], strerror(failed));
}

/* -- reading ------------------------------------------------------------------------- */

/* Takes what is there; closes the pipe at its end. */
static void read_some(worker *w, int i)
{
	char buffer[2048];
	ssize_t n = read(w->from[i], buffer, sizeof buffer);
	if (n > 0 && w->said[i].n < MOST_OUTPUT) {
		td_str_add_n(&w->said[i], buffer, (size_t)n);
	} else if (n == 0 || (n < 0 && errno != EINTR)) {
		close(w->from[i]);
		w->from[i] = -1;
	}
}

/* Until both pipes end; kills the worker when its time is over. */
static void listen_to(worker *w, double limit_s)
{
	int64_t until = td_now_ns() + (int64_t)(limit_s * 1e9);
	while (w->from[OUT] >= 0 || w->from[ERR] >= 0) {
		struct pollfd fds[N_PIPES] = {{w->from[OUT], POLLIN, 0}, {w->from[ERR], POLLIN, 0}};
		int64_t left = until - td_now_ns();
		if (left <= 0) {
			w->late = true;
			kill(w->pid, SIGKILL);
			return;
		}
		if (poll(fds, N_PIPES, (int)(left / 1000000) + 1) <= 0)
			continue;
		for (int i = 0; i < N_PIPES; i++)
			if (fds[i].revents)
				read_some(w, i);
	}
}

static const char *last_line(td_str *s)
{
	while (s->n && s->data[s->n - 1] == '\n')
		s->data[--s->n] = '\0';
	const char *feed = s->n ? strrchr(s->data, '\n') : NULL;
	return feed ? feed + 1 : td_str_text(s);
}

/* How the process ended, as the code and the words of its run. */
static void judge_end(worker *w, int status, double limit_s, td_timed *t)
{
	if (w->late) {
		t->code = TD_E_DEVICE;
		td_clip(t->error, sizeof t->error, "took longer than %.0f s and was killed",
		        limit_s);
	} else if (WIFSIGNALED(status)) {
		t->code = TD_E_DEVICE;
		td_clip(t->error, sizeof t->error, "killed by signal %d (%s)", WTERMSIG(status),
		        strsignal(WTERMSIG(status)));
	} else if (WEXITSTATUS(status)) {
		t->code = (td_code)WEXITSTATUS(status);
		td_clip(t->error, sizeof t->error, "%s", last_line(&w->said[ERR]));
	}
}

/* -- the answer ------------------------------------------------------------------------- */

static int64_t whole(const json_t *j, const char *key)
{
	return json_integer_value(json_object_get(j, key));
}

static void copy_text(const json_t *j, const char *key, char *to, size_t n)
{
	const char *s = json_string_value(json_object_get(j, key));
	td_clip(to, n, "%s", s ? s : "");
}

static void read_samples(const json_t *rows, td_timed *t)
{
	size_t n = json_array_size(rows);
	t->samples = td_alloc(td_size_mul(n + 1, sizeof *t->samples));
	t->n_samples = (int)n;
	for (size_t i = 0; i < n; i++) {
		const json_t *r = json_array_get(rows, i);
		int64_t v[5];
		for (size_t k = 0; k < 5; k++)
			v[k] = json_integer_value(json_array_get(r, k));
		t->samples[i] =
			(td_sample){v[0], v[1], v[2], v[3], (int)i < t->n_warmup, (int32_t)v[4]};
	}
}

static bool read_answer(const char *text, td_timed *t)
{
	json_t *j = json_loads(text, 0, NULL);
	const char *schema = json_string_value(json_object_get(j, "schema"));
	bool ok = schema && td_same(schema, "tandem/worker/1");
	if (ok) {
		t->build_ns = whole(j, "build_ns");
		t->first_ns = whole(j, "first_ns");
		t->peak_bytes = whole(j, "peak_bytes");
		t->calibrated_before_ns = whole(j, "calibrated_before_ns");
		t->calibrated_after_ns = whole(j, "calibrated_after_ns");
		t->involuntary = whole(j, "involuntary");
		int64_t steadiness = whole(j, "steadiness");
		t->steadiness = steadiness == TD_STEADY ? TD_STEADY : TD_UNSTEADY;
		t->n_warmup = (int)whole(j, "n_warmup");
		t->from_cache = json_is_true(json_object_get(j, "from_cache"));
		copy_text(j, "source_sha256", t->source_sha256, sizeof t->source_sha256);
		copy_text(j, "options", t->options, sizeof t->options);
		copy_text(j, "outputs_sha256", t->outputs_sha256, sizeof t->outputs_sha256);
		read_samples(json_object_get(j, "samples"), t);
	}
	json_decref(j);
	return ok;
}

bool td_worker_run(const char *plan, const char *device, const td_worker_options *o, td_timed *t,
                   td_err *e)
{
	const char *program = getenv("TANDEM_PROGRAM");
	char seconds[32];
	const char *argv[MOST_ARGS + 16] = {program && *program ? program : "/proc/self/exe",
	                                    "worker",
	                                    plan,
	                                    "--on",
	                                    device,
	                                    "--seconds",
	                                    seconds};
	worker w = {.from = {-1, -1}};
	int n = 7, status = 0;
	td_clip(seconds, sizeof seconds, "%.3f", o->seconds);
	for (int i = 0; i < o->registry->plugins.n && n < MOST_ARGS; i++) {
		argv[n++] = "--plugin";
		argv[n++] = o->registry->plugins.items[i].path;
	}
	*t = (td_timed){0};
	if (!start(&w, argv, e))
		return false;
	listen_to(&w, o->limit_s);
	while (waitpid(w.pid, &status, 0) < 0 && errno == EINTR)
		;
	for (int i = 0; i < N_PIPES; i++)
		if (w.from[i] >= 0)
			close(w.from[i]);
	judge_end(&w, status, o->limit_s, t);
	if (t->code == TD_OK && !read_answer(td_str_text(&w.said[OUT]), t)) {
		t->code = TD_E_DEVICE;
		td_clip(t->error, sizeof t->error,
		        "%s is not the tandem program: set TANDEM_PROGRAM", argv[0]);
	}
	for (int i = 0; i < N_PIPES; i++)
		td_str_fini(&w.said[i]);
	return true;
}
