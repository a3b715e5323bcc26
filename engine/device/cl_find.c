/* cl_find.c: which OpenCL devices this machine has, and why one may be missing. Layer 3. */
#include "cl_inner.h"

#include "../base/file.h"
#include "../base/log.h"

#include <dirent.h>
#include <dlfcn.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>

#define VENDORS "/etc/OpenCL/vendors"
#define NVIDIA "libnvidia-opencl.so.1"

enum { NO_PLATFORM = -1001 }; /* CL_PLATFORM_NOT_FOUND_KHR, from the loader */

/* -- the devices ---------------------------------------------------------- */

static void add_found(td_founds *found, const td_found *f)
{
	if (found->n == found->cap) {
		found->cap = found->cap ? found->cap * 2 : 4;
		found->items = td_realloc(found->items,
		                          td_size_mul((size_t)found->cap, sizeof *found->items));
	}
	found->items[found->n++] = *f;
}

static bool find_in(cl_platform_id platform, td_founds *found, td_err *e)
{
	cl_uint n = 0;
	cl_int rc = clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, NULL, &n);
	if (rc == CL_DEVICE_NOT_FOUND || (rc == CL_SUCCESS && n == 0))
		return true;
	if (!td_cl_ok("clGetDeviceIDs", rc, e))
		return false;
	cl_device_id *ids = td_alloc(n * sizeof(cl_device_id));
	rc = clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, n, ids, NULL);
	bool ok = td_cl_ok("clGetDeviceIDs", rc, e);
	for (cl_uint i = 0; i < n && ok; i++) {
		td_found f = {.platform = platform, .device = ids[i]};
		ok = td_cl_describe(&f, e);
		if (ok)
			add_found(found, &f);
	}
	free(ids);
	return ok;
}

static void left_out(cl_platform_id platform, const char *why)
{
	char *name = NULL;
	bool known = td_cl_platform_text(platform, CL_PLATFORM_NAME, &name, NULL);
	td_warn("the OpenCL platform %s is left out: %s", known ? name : "without a name", why);
	free(name);
}

bool td_cl_find(td_founds *found, td_err *e)
{
	cl_uint n = 0;
	cl_int rc = clGetPlatformIDs(0, NULL, &n);
	*found = (td_founds){0};
	if (rc == NO_PLATFORM || (rc == CL_SUCCESS && n == 0))
		return true;
	if (!td_cl_ok("clGetPlatformIDs", rc, e))
		return false;
	cl_platform_id *ids = td_alloc(n * sizeof(cl_platform_id));
	bool ok = td_cl_ok("clGetPlatformIDs", clGetPlatformIDs(n, ids, NULL), e);
	for (cl_uint i = 0; i < n && ok; i++) {
		td_err why;
		int before = found->n;
		if (!find_in(ids[i], found, &why)) {
			found->n = before;
			left_out(ids[i], why.text);
		}
	}
	free(ids);
	td_founds_number(found);
	return ok;
}

void td_founds_fini(td_founds *found)
{
	free(found->items);
	*found = (td_founds){0};
}

/* -- ids ------------------------------------------------------------------ */

/* How many devices of the same id come before i. */
static int rank_of(const td_founds *found, int i)
{
	int rank = 0;
	const td_found *me = &found->items[i];
	for (int j = 0; j < found->n; j++) {
		const td_found *f = &found->items[j];
		int order = strcmp(f->place, me->place);
		if (td_same(f->caps.id, me->caps.id) && (order < 0 || (order == 0 && j < i)))
			rank++;
	}
	return rank;
}

void td_founds_number(td_founds *found)
{
	int *rank = td_alloc((size_t)found->n * sizeof *rank);
	for (int i = 0; i < found->n; i++)
		rank[i] = rank_of(found, i);
	for (int i = 0; i < found->n; i++) {
		char *id = found->items[i].caps.id;
		size_t room = sizeof found->items[i].caps.id, n = strlen(id);
		if (rank[i] == 0)
			continue;
		n = n + 6 < room ? n : room - 6; /* "#1024" and the NUL */
		td_clip(id + n, room - n, "#%d", rank[i] + 1);
	}
	free(rank);
}

/* -- why one is missing --------------------------------------------------- */

static bool names_nvidia(const char *dir, const char *file)
{
	char *path = td_path_join(dir, file), *text = NULL;
	size_t n;
	bool yes = td_file_read(path, 4096, &text, &n, NULL) && strstr(text, "nvidia");
	free(text);
	free(path);
	return yes;
}

/* Does a file in the loader's folder point to NVIDIA's driver? */
static bool has_nvidia_icd(const char *dir)
{
	DIR *d = opendir(dir);
	bool yes = false;
	for (const struct dirent *f; d && !yes && (f = readdir(d)) != NULL;)
		yes = td_ends(f->d_name, ".icd") && names_nvidia(dir, f->d_name);
	if (d)
		closedir(d);
	return yes;
}

/* Containers often have the driver but not the file that names it to the loader. */
static void add_nvidia_hint(td_str *s, const char *dir)
{
	void *lib = dlopen(NVIDIA, RTLD_LAZY | RTLD_LOCAL);
	struct link_map *map = NULL;
	if (!lib)
		return;
	if (!has_nvidia_icd(dir))
		td_str_addf(s,
		            "%s%s is there, but no .icd file in %s names it: put the line %s into "
		            "%s/nvidia.icd",
		            s->n ? "; " : "",
		            dlinfo(lib, RTLD_DI_LINKMAP, &map) == 0 ? map->l_name : NVIDIA, dir,
		            NVIDIA, dir);
	dlclose(lib);
}

char *td_cl_hint(const td_founds *found)
{
	td_str s = {0};
	const char *own = getenv("OCL_ICD_VENDORS");
	bool moved = own && *own;
	if (found->n == 0)
		td_str_addf(&s, "no OpenCL driver answers%s%s",
		            moved ? "; OCL_ICD_VENDORS is " : "", moved ? own : "");
	add_nvidia_hint(&s, moved ? own : VENDORS);
	return s.data ? s.data : td_alloc(1);
}
