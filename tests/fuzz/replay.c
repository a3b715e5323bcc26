/* Runs one fuzz target over every file of the folders given, so that `make check` needs no fuzzer:
 * what once was found stays found. */
#include "base/file.h"
#include "base/str.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool run_file(const char *path, td_err *e)
{
	char *data;
	size_t n;
	if (!td_file_read(path, 64 << 20, &data, &n, e))
		return false;
	LLVMFuzzerTestOneInput((const uint8_t *)data, n);
	free(data);
	return true;
}

static bool run_folder(const char *folder, int *n, td_err *e)
{
	DIR *d = opendir(folder);
	bool ok = true;
	if (!d)
		return td_fail_errno(e, TD_E_DATA, "cannot open %s", folder);
	for (struct dirent *entry; ok && (entry = readdir(d));) {
		if (entry->d_name[0] == '.')
			continue;
		char *path = td_path_join(folder, entry->d_name);
		ok = run_file(path, e);
		*n += ok;
		free(path);
	}
	closedir(d);
	return ok;
}

int main(int argc, char **argv)
{
	int n = 0;
	td_err e;
	for (int i = 1; i < argc; i++)
		if (!run_folder(argv[i], &n, &e)) {
			fprintf(stderr, "%s\n", e.text);
			return e.code;
		}
	printf("%s: %d files\n", td_path_base(argv[0]), n);
	return n ? 0 : TD_E_DATA;
}
