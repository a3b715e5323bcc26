/* file.h: files and folders. Layer 0. */
#ifndef TD_BASE_FILE_H
#define TD_BASE_FILE_H

#include "err.h"
#include "hash.h"

#include <sys/types.h>

/* Reads a whole file into memory that the caller frees; a NUL follows the last byte. More than
 * `limit` bytes is an error. Missing or unreadable: TD_E_DATA. */
TD_MUST_USE bool td_file_read(const char *path, size_t limit, char **data, size_t *n, td_err *e);
/* Writes a file so that it is either whole or as it was: temporary name, fsync, rename. Behind a symbolic
 * link the file changes, not the link; what is no regular file, /dev/null say, is written to. */
TD_MUST_USE bool td_file_write(const char *path, const void *data, size_t n, td_err *e);
/* The same with a head before the data, without copying either. */
TD_MUST_USE bool td_file_write_two(const char *path, const void *head, size_t n_head,
                                   const void *data, size_t n, td_err *e);
/* … of several parts. */
typedef struct {
	const void *data;
	size_t n;
} td_file_part;
TD_MUST_USE bool td_file_write_parts(const char *path, const td_file_part *part, size_t n,
                                     td_err *e);
/* SHA-256 and size of a file, streamed. */
TD_MUST_USE bool td_file_sha256(const char *path, td_sha256 *sha, int64_t *bytes, td_err *e);

/* Opens a regular file for reading; a folder or a device is refused (TD_E_DATA). */
TD_MUST_USE bool td_file_open(const char *path, int *fd, size_t *bytes, td_err *e);
/* Reads n bytes, fewer only at the end of the file; returns how many, -1 and errno on failure. */
ssize_t td_fd_read(int fd, void *data, size_t n);
/* Writes all n bytes; false and errno on failure. */
TD_MUST_USE bool td_fd_write(int fd, const void *data, size_t n);

bool td_file_exists(const char *path);
/* mkdir -p; an empty path is fine. TD_E_DEVICE names the first part that could not be made. */
TD_MUST_USE bool td_mkdirs(const char *path, td_err *e);
/* "dir/name", freed by the caller. An absolute `name` or an empty `dir` gives `name`. */
char *td_path_join(const char *dir, const char *name);
/* The folder part of a path, "." where it has none; freed by the caller. */
char *td_path_dir(const char *path);
/* The last part of a path; points into it. */
const char *td_path_base(const char *path);
/* $XDG_CACHE_HOME/tandem/name, or ~/.cache/tandem/name; freed by the caller. */
char *td_cache_path(const char *name);

#endif
