/* golden.h: golden cases: folders of .npy arrays and a case.json, outside the repository. */
#ifndef TESTS_GOLDEN_H
#define TESTS_GOLDEN_H

#include "testing.h"

#include "base/file.h"
#include "model/npy.h"
#include "run/convert.h"

#include <dirent.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* Where the cases of a kind lie; the test is skipped where they are not. */
static inline const char *golden_folder(const char *folder)
{
	DIR *d = opendir(folder);
	if (!d) {
		printf("skipped: no golden cases in %s\n", folder);
		skip();
	} else {
		closedir(d);
	}
	return folder;
}

/* Calls check(folder, name) for each case, in the order of their names. */
static inline void golden_each(const char *folder, void (*check)(const char *path, void *arg),
                               void *arg)
{
	struct dirent **names;
	int n = scandir(folder, &names, NULL, alphasort);
	assert_true(n >= 0);
	for (int i = 0; i < n; i++) {
		char *path = td_path_join(folder, names[i]->d_name);
		char *json = td_path_join(path, "case.json");
		if (td_file_exists(json))
			check(path, arg);
		free(json);
		free(path);
		free(names[i]);
	}
	free(names);
}

static inline json_t *golden_json(const char *path)
{
	json_error_t why;
	char *file = td_path_join(path, "case.json");
	json_t *j = json_load_file(file, 0, &why);
	if (!j)
		fail_msg("%s: %s", file, why.text);
	free(file);
	return j;
}

/* path/name.npy; .data is the caller's to free. */
static inline td_tensor golden_array(const char *path, const char *name)
{
	char file[512], *text;
	td_npy h;
	size_t n;
	td_clip(file, sizeof file, "%s/%s.npy", path, name);
	assert_ok(td_file_read(file, (size_t)1 << 30, &text, &n, e));
	assert_ok(td_npy_header(text, n, n, &h, e));
	td_tensor t = {.dtype = h.dtype, .rank = h.rank};
	memcpy(t.dim, h.dim, sizeof t.dim);
	t.data = td_alloc((size_t)h.n * td_sizeof(h.dtype) + 1);
	td_npy_place(&h, 0, h.n, text + h.data_offset, t.data);
	free(text);
	return t;
}

#endif
