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

bool td_process_read(const char *const *argv, size_t limit, td_str *out)
{
	int p[2];
	pid_t pid;
	char piece[2048];
	size_t taken = 0;
	ssize_t n;
	if (pipe2(p, O_CLOEXEC) != 0)
		return false;
	bool started = start(argv, p[1], &pid);
	close(p[1]);
	while (started && (n = td_fd_read(p[0], piece, sizeof piece)) > 0) {
		size_t room = limit - taken, take = (size_t)n < room ? (size_t)n : room;
		td_str_add_n(out, piece, take);
		taken += take;
	}
	close(p[0]);
	return started && ended_well(pid);
}
