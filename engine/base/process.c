#include "process.h"

#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

static bool start(const char *const *argv, int out, pid_t *pid)
{
	union {
		const char *const *in;
		char *const *out; /* what posix_spawnp wants, which changes nothing */
	} args = {argv};
	posix_spawn_file_actions_t actions;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	int failed = posix_spawnp(pid, argv[0], &actions, NULL, args.out, environ);
	posix_spawn_file_actions_destroy(&actions);
	return !failed;
}

static bool ended_well(pid_t pid)
{
	int status = 0;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

td_process td_process_start(const char *const *argv)
{
	int p[2];
	td_process made = {0};
	if (pipe2(p, O_CLOEXEC) != 0)
		return made;
	if (start(argv, p[1], &made.pid))
		made.out = p[0];
	else {
		made.pid = 0;
		close(p[0]);
	}
	close(p[1]);
	return made;
}

bool td_process_end(td_process *p, size_t limit, td_str *out)
{
	char piece[2048];
	size_t taken = 0;
	ssize_t n;
	if (!p->pid)
		return false;
	while ((n = td_fd_read(p->out, piece, sizeof piece)) > 0) {
		size_t room = limit - taken, take = (size_t)n < room ? (size_t)n : room;
		td_str_add_n(out, piece, take);
		taken += take;
	}
	close(p->out);
	bool well = ended_well(p->pid);
	*p = (td_process){0};
	return well;
}

bool td_process_read(const char *const *argv, size_t limit, td_str *out)
{
	td_process p = td_process_start(argv);
	return td_process_end(&p, limit, out);
}
