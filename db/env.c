#include "env.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/str.h"
#include "build.h"
#include "device/device.h"

#include <inttypes.h>
#include <link.h>
#include <locale.h>
#include <sched.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* -- facts ---------------------------------------------------------------- */

void td_facts_add(td_arena *a, td_facts *f, const char *field, const char *value)
{
	size_t n = value ? strlen(value) : 0;
	while (n && (value[n - 1] == '\n' || value[n - 1] == ' '))
		n--;
	if (n)
		TD_PUSH(a, *f,
		        ((td_fact){td_arena_strdup(a, field), td_arena_strndup(a, value, n)}));
}

td_sha256 td_facts_sha256(const td_facts *f)
{
	td_hasher *h = td_hasher_new();
	for (int i = 0; i < f->n; i++) {
		/* the NUL goes in too: it keeps field and value apart */
		td_hasher_add(h, f->items[i].field, strlen(f->items[i].field) + 1);
		td_hasher_add(h, f->items[i].value, strlen(f->items[i].value) + 1);
	}
	td_sha256 sha = td_hasher_end(h);
	td_hasher_free(h);
	return sha;
}

/* -- the machine ---------------------------------------------------------- */

bool td_env_is_state(const char *field)
{
	static const char *const state[] = {"load", "memory_available", "frequency_khz", "cpu_mhz",
	                                    "cpu_bogomips"};
	for (size_t i = 0; i < TD_COUNT(state); i++)
		if (td_same(field, state[i]))
			return true;
	return false;
}

typedef struct {
	td_arena *arena;
	td_facts *facts;
	bool state; /* take what is state, or what is not */
} collector;

static void take_field(void *arg, const char *field, const char *value)
{
	collector *c = arg;
	if (td_env_is_state(field) == c->state)
		td_facts_add(c->arena, c->facts, field, value);
}

void td_env_state(td_arena *a, td_facts *f)
{
	td_host_fields(take_field, &(collector){a, f, true});
}

/* The value of a line KEY="value" or KEY=value, or the first line when `key` is NULL; NULL when there
 * is none. */
static const char *value_of(td_arena *a, const char *path, const char *key)
{
	const char *found = NULL;
	char *line = NULL;
	size_t cap = 0, skip = key ? strlen(key) + 1 : 0;
	FILE *file = fopen(path, "re");
	while (file && !found && getline(&line, &cap, file) > 0) {
		if (key && (!td_starts(line, key) || line[skip - 1] != '='))
			continue;
		char *value = line + skip + strspn(line + skip, "\"");
		value[strcspn(value, "\"\n")] = '\0';
		found = td_arena_strdup(a, value);
	}
	free(line);
	if (file)
		fclose(file);
	return found;
}

static void add_container(td_arena *a, td_facts *f)
{
	const char *named = getenv("container");
	td_facts_add(a, f, "container",
	             named && *named                           ? named
	             : access("/.dockerenv", F_OK) == 0        ? "docker"
	             : access("/run/.containerenv", F_OK) == 0 ? "podman"
	             : getenv("KUBERNETES_SERVICE_HOST")       ? "kubernetes"
	                                                       : NULL);
	td_facts_add(a, f, "container_cpu_max", value_of(a, "/sys/fs/cgroup/cpu.max", NULL));
	td_facts_add(a, f, "container_memory_max", value_of(a, "/sys/fs/cgroup/memory.max", NULL));
}

static void add_system(td_arena *a, td_facts *f)
{
	struct utsname u;
	cpu_set_t mine;
	if (uname(&u) == 0) {
		td_sha256 sha = td_sha256_text(td_arena_printf(a, "tandem host %s", u.nodename));
		sha.hex[16] = '\0';
		td_facts_add(a, f, "host", sha.hex);
	}
	if (sched_getaffinity(0, sizeof mine, &mine) == 0)
		td_facts_add(a, f, "processors_usable", td_arena_printf(a, "%d", CPU_COUNT(&mine)));
	td_facts_add(a, f, "os", value_of(a, "/etc/os-release", "PRETTY_NAME"));
	td_facts_add(a, f, "locale", setlocale(LC_ALL, NULL));
	td_facts_add(a, f, "clock_resolution_ns",
	             td_arena_printf(a, "%" PRId64, td_clock_resolution_ns()));
}

/* -- the program ---------------------------------------------------------- */

static void add_build(td_arena *a, td_facts *f)
{
#ifdef TD_COMMIT
	td_facts_add(a, f, "tandem_commit", TD_COMMIT);
#endif
#ifdef TD_CFLAGS
	td_facts_add(a, f, "tandem_cflags", TD_CFLAGS);
#endif
#ifdef __OPTIMIZE__
	td_facts_add(a, f, "tandem_optimised", "yes");
#else
	td_facts_add(a, f, "tandem_optimised", "no");
#endif
}

/* The linker's fingerprint of a loaded object, from its notes; "" when it has none. */
typedef struct {
	char hex[41];
} build_id;

static build_id find_build_id(const struct dl_phdr_info *info, const ElfW(Phdr) * segment)
{
	build_id id = {""};
	const char *at = (const char *)info->dlpi_addr + segment->p_vaddr;
	for (size_t left = segment->p_memsz; left >= sizeof(ElfW(Nhdr));) {
		ElfW(Nhdr) note;
		memcpy(&note, at, sizeof note);
		size_t name = (note.n_namesz + 3u) & ~3u, size = (note.n_descsz + 3u) & ~3u;
		size_t whole = sizeof note + name + size;
		if (whole > left)
			break;
		const unsigned char *bytes = (const unsigned char *)at + sizeof note + name;
		for (size_t i = 0; note.n_type == NT_GNU_BUILD_ID && i < note.n_descsz && i < 20;
		     i++)
			td_clip(id.hex + 2 * i, 3, "%02x", bytes[i]);
		at += whole;
		left -= whole;
	}
	return id;
}

/* A loaded library: the name of the real file, which often tells its version, and its fingerprint.
 * The program itself comes without a name. */
static int add_library(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	collector *c = arg;
	build_id id = {""};
	for (int i = 0; i < info->dlpi_phnum && !*id.hex; i++)
		if (info->dlpi_phdr[i].p_type == PT_NOTE)
			id = find_build_id(info, &info->dlpi_phdr[i]);
	char *real = *info->dlpi_name == '/' ? realpath(info->dlpi_name, NULL) : NULL;
	if (real)
		td_facts_add(c->arena, c->facts,
		             td_arena_printf(c->arena, "library.%s", td_path_base(info->dlpi_name)),
		             td_arena_printf(c->arena, "%s %s", td_path_base(real), id.hex));
	else if (!*info->dlpi_name)
		td_facts_add(c->arena, c->facts, "program", id.hex);
	free(real);
	return 0;
}

/* Variables that change what drivers and libraries do. TANDEM_DB does not: it is where this goes. */
static void add_variables(td_arena *a, td_facts *f)
{
	static const char *const wanted[] = {"POCL_",      "OCL_", "TANDEM_", "OPENBLAS_",
	                                     "OMP_",       "CL_",  "CUDA_",   "GOTO_NUM_",
	                                     "LD_PRELOAD", "LANG", "LC_",     "LD_LIBRARY_"};
	for (char **v = environ; *v; v++) {
		const char *equals = strchr(*v, '=');
		if (!equals || td_starts(*v, "TANDEM_DB="))
			continue;
		for (size_t i = 0; i < TD_COUNT(wanted); i++)
			if (td_starts(*v, wanted[i])) {
				td_facts_add(a, f,
				             td_arena_printf(a, "env.%.*s", (int)(equals - *v), *v),
				             equals + 1);
				break;
			}
	}
}

static int by_field(const void *x, const void *y)
{
	const td_fact *a = x, *b = y;
	int order = strcmp(a->field, b->field);
	return order ? order : strcmp(a->value, b->value);
}

void td_env_collect(td_arena *a, td_facts *f)
{
	collector c = {a, f, false};
	td_host_fields(take_field, &c);
	add_system(a, f);
	add_container(a, f);
	add_build(a, f);
	td_facts_add(a, f, "sqlite", sqlite3_libversion());
	dl_iterate_phdr(add_library, &c);
	add_variables(a, f);
	qsort(f->items, (size_t)f->n, sizeof *f->items, by_field);
}
