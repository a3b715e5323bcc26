/* tempdir.h: a folder for one test program, and files in it. */
#ifndef TESTS_TEMPDIR_H
#define TESTS_TEMPDIR_H

#include <ftw.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Made by tempdir_make, removed with all it holds by tempdir_remove. */
typedef struct {
	char path[64];
} tempdir;

static inline tempdir tempdir_make(void)
{
	tempdir d = {"/tmp/tandem-test-XXXXXX"};
	if (!mkdtemp(d.path)) {
		perror("mkdtemp");
		exit(1);
	}
	return d;
}

static inline int tempdir_drop(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void tempdir_remove(const tempdir *d)
{
	nftw(d->path, tempdir_drop, 16, FTW_DEPTH | FTW_PHYS);
}

/* "folder/name". */
typedef struct {
	char text[256];
} temppath;

static inline temppath tempdir_path(const tempdir *d, const char *name)
{
	temppath p;
	snprintf(p.text, sizeof p.text, "%s/%s", d->path, name);
	return p;
}

/* Writes a file into the folder and returns its path. */
static inline temppath tempdir_write(const tempdir *d, const char *name, const void *data, size_t n)
{
	temppath p = tempdir_path(d, name);
	FILE *f = fopen(p.text, "wb");
	if (!f || fwrite(data, 1, n, f) != n || fclose(f) != 0) {
		perror(p.text);
		exit(1);
	}
	return p;
}

#endif
