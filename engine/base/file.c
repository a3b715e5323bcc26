#include "file.h"

#include "arena.h"
#include "str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool td_file_open(const char *path, int *fd, size_t *bytes, td_err *e)
{
	struct stat st;
	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO must not hang us */
	if (*fd < 0)
		return td_fail_errno(e, TD_E_DATA, "cannot open %s", path);
	if (fstat(*fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(*fd);
		return td_fail(e, TD_E_DATA, "%s is not a regular file", path);
	}
	*bytes = (size_t)st.st_size;
	return true;
}

ssize_t td_fd_read(int fd, void *data, size_t n)
{
	size_t done = 0;
	while (done < n) {
		ssize_t got = read(fd, (char *)data + done, n - done);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

bool td_file_read(const char *path, size_t limit, char **data, size_t *n, td_err *e)
{
	int fd;
	if (!td_file_open(path, &fd, n, e))
		return false;
	if (*n > limit) {
		close(fd);
		return td_fail(e, TD_E_DATA, "%s is %zu bytes long; at most %zu are read", path, *n,
		               limit);
	}
	*data = td_alloc(*n + 1);
	ssize_t got = td_fd_read(fd, *data, *n);
	close(fd);
	if (got >= 0 && (size_t)got == *n)
		return true;
	free(*data);
	*data = NULL;
	if (got >= 0)
		return td_fail(e, TD_E_DATA, "%s became shorter while it was read", path);
	return td_fail_errno(e, TD_E_DATA, "cannot read %s", path);
}

bool td_fd_write(int fd, const void *data, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t put = write(fd, (const char *)data + done, n - done);
		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		done += (size_t)put;
	}
	return true;
}

static bool write_all(int fd, const td_file_part *part, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!td_fd_write(fd, part[i].data, part[i].n))
			return false;
	return true;
}

/* A device or a pipe: /dev/null is not to be replaced by a file. */
static bool write_into(const char *path, const td_file_part *part, size_t n, td_err *e)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write_all(fd, part, n);
	if (!ok)
		td_fail_errno(e, TD_E_DEVICE, "cannot write %s", path);
	if (fd >= 0)
		close(fd);
	return ok;
}

static bool replace(const char *path, const td_file_part *part, size_t n, td_err *e)
{
	td_str temp = {0};
	td_str_addf(&temp, "%s.%d.part", path, (int)getpid());
	int fd = open(temp.data, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	bool ok = fd >= 0 && write_all(fd, part, n) && fsync(fd) == 0;
	if (!ok)
		td_fail_errno(e, TD_E_DEVICE, "cannot write %s", path);
	if (fd >= 0)
		close(fd);
	if (ok && rename(temp.data, path) != 0)
		ok = td_fail_errno(e, TD_E_DEVICE, "cannot write %s", path);
	if (!ok && fd >= 0)
		unlink(temp.data);
	td_str_fini(&temp);
	return ok;
}

bool td_file_write_parts(const char *path, const td_file_part *part, size_t n, td_err *e)
{
	struct stat st;
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return write_into(path, part, n, e);
	char *real = realpath(path, NULL); /* behind a symbolic link, which stays */
	bool ok = replace(real ? real : path, part, n, e);
	free(real);
	return ok;
}

bool td_file_write_two(const char *path, const void *head, size_t n_head, const void *data,
                       size_t n, td_err *e)
{
	const td_file_part part[] = {{head, n_head}, {data, n}};
	return td_file_write_parts(path, part, 2, e);
}

bool td_file_write(const char *path, const void *data, size_t n, td_err *e)
{
	return td_file_write_two(path, NULL, 0, data, n, e);
}

bool td_file_sha256(const char *path, td_sha256 *sha, int64_t *bytes, td_err *e)
{
	enum { PIECE = 1 << 20 };
	int fd;
	size_t n;
	if (!td_file_open(path, &fd, &n, e))
		return false;
	char *piece = td_alloc(PIECE);
	td_hasher *h = td_hasher_new();
	ssize_t got;
	*bytes = 0;
	while ((got = read(fd, piece, PIECE)) > 0 || (got < 0 && errno == EINTR)) {
		td_hasher_add(h, piece, got > 0 ? (size_t)got : 0);
		*bytes += got > 0 ? got : 0;
	}
	if (got < 0)
		td_fail_errno(e, TD_E_DATA, "cannot read %s", path);
	*sha = td_hasher_end(h);
	td_hasher_free(h);
	free(piece);
	close(fd);
	return got == 0;
}

bool td_file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

static bool make_folder(const char *path, td_err *e)
{
	struct stat st;
	if (mkdir(path, 0777) == 0)
		return true;
	int why = errno;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return true;
	errno = why;
	return td_fail_errno(e, TD_E_DEVICE, "cannot make the folder %s", path);
}

bool td_mkdirs(const char *path, td_err *e)
{
	char *p = td_alloc(strlen(path) + 1);
	bool ok = true;
	memcpy(p, path, strlen(path) + 1);
	for (char *s = p; ok && *s;) {
		s += strspn(s, "/");
		s += strcspn(s, "/");
		char c = *s;
		*s = '\0';
		ok = make_folder(p, e);
		*s = c;
	}
	free(p);
	return ok;
}

char *td_path_join(const char *dir, const char *name)
{
	td_str s = {0};
	if (*dir && *name != '/')
		td_str_addf(&s, "%s%s", dir, td_ends(dir, "/") ? "" : "/");
	td_str_add(&s, name);
	return s.data;
}

char *td_path_dir(const char *path)
{
	const char *slash = strrchr(path, '/');
	td_str s = {0};
	if (!slash)
		td_str_add(&s, ".");
	else
		td_str_add_n(&s, path, slash == path ? 1 : (size_t)(slash - path));
	return s.data;
}

const char *td_path_base(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? slash + 1 : path;
}

char *td_cache_path(const char *name)
{
	const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	td_str s = {0};
	if (xdg && *xdg == '/')
		td_str_addf(&s, "%s/tandem/%s", xdg, name);
	else
		td_str_addf(&s, "%s/.cache/tandem/%s", home && *home ? home : ".", name);
	return s.data;
}
