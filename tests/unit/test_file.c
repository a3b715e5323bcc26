/* Unit tests of engine/base: files, paths, clock, embedded files, what is said on stderr. */
#include "tempdir.h"
#include "testing.h"

#include "base/clock.h"
#include "base/embed.h"
#include "base/file.h"
#include "base/log.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* -- files ---------------------------------------------------------------- */

static tempdir folder;

static int make_folder(void **state)
{
	(void)state;
	folder = tempdir_make();
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	tempdir_remove(&folder);
	return 0;
}

static int files_in(const char *path)
{
	DIR *d = opendir(path);
	int n = 0;
	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2; /* . and .. */
}

static void file_round_trip(void **state)
{
	(void)state;
	char *path = td_path_join(folder.path, "a"), *data;
	size_t n;
	td_sha256 sha;
	int64_t bytes;
	assert_false(td_file_exists(path));
	assert_ok(td_file_write(path, "abc\0d", 5, e));
	assert_ok(td_file_write(path, "ab\0c", 4, e)); /* over the old one */
	assert_ok(td_file_read(path, 4, &data, &n, e));
	assert_int_equal(n, 4);
	assert_memory_equal(data, "ab\0c", 5); /* a NUL follows */
	free(data);
	assert_ok(td_file_sha256(path, &sha, &bytes, e));
	assert_string_equal(sha.hex, td_sha256_of("ab\0c", 4).hex);
	assert_int_equal(bytes, 4);
	assert_int_equal(files_in(folder.path), 1); /* nothing temporary is left */
	td_str want = {0};
	td_str_addf(&want, "%s is 4 bytes long; at most 3 are read", path);
	assert_fails(td_file_read(path, 3, &data, &n, e), TD_E_DATA, want.data);
	td_str_fini(&want);
	unlink(path);
	free(path);
}

static void file_missing(void **state)
{
	(void)state;
	char *data;
	size_t n;
	td_sha256 sha;
	int64_t bytes;
	assert_fails(td_file_read("no/such/file", 9, &data, &n, e), TD_E_DATA,
	             "cannot open no/such/file: No such file or directory");
	assert_fails(td_file_sha256("engine", &sha, &bytes, e), TD_E_DATA,
	             "engine is not a regular file");
	char *pipe_path = td_path_join(folder.path, "pipe");
	assert_int_equal(mkfifo(pipe_path, 0600), 0);
	assert_false(td_file_read(pipe_path, 9, &data, &n, NULL)); /* and does not wait */
	unlink(pipe_path);
	free(pipe_path);
}

static void file_write_whole_or_not(void **state)
{
	(void)state;
	assert_fails(td_file_write("no/such/file", "x", 1, e), TD_E_DEVICE,
	             "cannot write no/such/file: No such file or directory");
	/* the target is a folder: the new file cannot take its place, and leaves nothing behind */
	char *path = td_path_join(folder.path, "sub"), *inside = td_path_join(path, "x");
	assert_ok(td_mkdirs(inside, e));
	assert_false(td_file_write(path, "x", 1, NULL));
	assert_int_equal(files_in(folder.path), 1);
	rmdir(inside);
	rmdir(path);
	free(inside);
	free(path);
}

/* Links and pipes stay what they are. */
static void file_write_through(void **state)
{
	(void)state;
	char *file = td_path_join(folder.path, "file"), *link = td_path_join(folder.path, "link"),
	     *pipe_path = td_path_join(folder.path, "pipe"), *data, got[2];
	size_t n;
	struct stat st;
	assert_ok(td_file_write(file, "old", 3, e));
	assert_int_equal(symlink("file", link), 0);
	assert_ok(td_file_write(link, "new", 3, e));
	assert_ok(td_file_read(file, 9, &data, &n, e));
	assert_string_equal(data, "new");
	free(data);
	assert_int_equal(lstat(link, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(mkfifo(pipe_path, 0600), 0);
	int fd = open(pipe_path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_ok(td_file_write(pipe_path, "ab", 2, e));
	assert_int_equal(td_fd_read(fd, got, 2), 2);
	assert_memory_equal(got, "ab", 2);
	close(fd);
	assert_int_equal(lstat(pipe_path, &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	unlink(file);
	unlink(link);
	unlink(pipe_path);
	free(file);
	free(link);
	free(pipe_path);
}

static void making_folders(void **state)
{
	(void)state;
	char *deep = td_path_join(folder.path, "a/b//c/"),
	     *file = td_path_join(folder.path, "file");
	assert_ok(td_mkdirs(deep, e));
	assert_ok(td_mkdirs(deep, e));
	assert_ok(td_mkdirs("", e));
	assert_ok(td_mkdirs("/", e));
	assert_true(td_file_exists(deep));
	assert_ok(td_file_write(file, "", 0, e));
	char *under = td_path_join(file, "x");
	td_str want = {0};
	td_str_addf(&want, "cannot make the folder %s: File exists", file);
	assert_fails(td_mkdirs(under, e), TD_E_DEVICE, want.data);
	td_str_fini(&want);
	free(under);
	free(deep);
	free(file);
}

static void join_is(const char *dir, const char *name, const char *want)
{
	char *path = td_path_join(dir, name);
	assert_string_equal(path, want);
	free(path);
}

static void dir_is(const char *path, const char *want)
{
	char *dir = td_path_dir(path);
	assert_string_equal(dir, want);
	free(dir);
}

static void paths(void **state)
{
	(void)state;
	join_is("a", "b", "a/b");
	join_is("a/", "b", "a/b");
	join_is("", "b", "b");
	join_is("a", "/b", "/b");
	join_is("", "", "");
	dir_is("a/b/c", "a/b");
	dir_is("c", ".");
	dir_is("/c", "/");
	assert_string_equal(td_path_base("a/b/c"), "c");
	assert_string_equal(td_path_base("c"), "c");
	assert_string_equal(td_path_base("a/"), "");
}

static void cache_is(const char *want)
{
	char *path = td_cache_path("x");
	assert_string_equal(path, want);
	free(path);
}

static void cache_paths(void **state)
{
	(void)state;
	setenv("HOME", "/home/u", 1);
	setenv("XDG_CACHE_HOME", "/var/c", 1);
	cache_is("/var/c/tandem/x");
	setenv("XDG_CACHE_HOME", "relative", 1); /* the standard says: ignore it */
	cache_is("/home/u/.cache/tandem/x");
	unsetenv("XDG_CACHE_HOME");
	unsetenv("HOME");
	cache_is("./.cache/tandem/x");
}

/* -- the rest ------------------------------------------------------------- */

static void clock_goes_on(void **state)
{
	(void)state;
	int64_t last = td_now_ns();
	for (int i = 0; i < 1000; i++) {
		int64_t now = td_now_ns();
		assert_true(now >= last);
		last = now;
	}
	assert_in_range(td_clock_resolution_ns(), 1, 100000000);
	td_date d = td_date_now();
	int year, month, day, hour, minute, second, ms, end = 0;
	assert_int_equal(sscanf(d.text, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ%n", &year, &month, &day,
	                        &hour, &minute, &second, &ms, &end),
	                 7);
	assert_int_equal(end, 24);
	assert_true(year >= 2024 && month >= 1 && month <= 12 && second <= 60);
}

static void embedded(void **state)
{
	(void)state;
	const td_embedded *f = td_embedded_find("nodes/tensor/copy.cl");
	char *data;
	size_t n;
	assert_non_null(f);
	assert_ok(td_file_read("nodes/tensor/copy.cl", 1 << 20, &data, &n, e));
	assert_int_equal(f->n, n);
	assert_memory_equal(f->text, data, n + 1);
	free(data);
	assert_null(td_embedded_find("nodes/none.cl"));
}

/* What a function writes to stderr. */
static char *stderr_of(void (*speak)(void))
{
	char *path = td_path_join(folder.path, "stderr"), *data;
	size_t n;
	fflush(stderr);
	int keep = dup(2), fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	dup2(fd, 2);
	speak();
	fflush(stderr);
	dup2(keep, 2);
	close(keep);
	close(fd);
	assert_ok(td_file_read(path, 9999, &data, &n, e));
	unlink(path);
	free(path);
	return data;
}

static void speak(void)
{
	td_progress p = {0};
	td_note("%d launches", 3);
	td_warn("no %s", "pin");
	td_progress_show(&p, "working", 1, 2); /* too early, and no terminal */
	td_progress_end(&p);
	td_log_quiet(true);
	td_warn("not heard");
	td_log_quiet(false);
}

static void logging(void **state)
{
	(void)state;
	char *said = stderr_of(speak);
	assert_string_equal(said, "tandem: 3 launches\ntandem: warning: no pin\n");
	free(said);
	setenv("NO_COLOR", "1", 1);
	assert_false(td_colour(1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_round_trip),
		cmocka_unit_test(file_missing),
		cmocka_unit_test(file_write_whole_or_not),
		cmocka_unit_test(file_write_through),
		cmocka_unit_test(making_folders),
		cmocka_unit_test(paths),
		cmocka_unit_test(cache_paths),
		cmocka_unit_test(clock_goes_on),
		cmocka_unit_test(embedded),
		cmocka_unit_test(logging),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
