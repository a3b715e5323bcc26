#include "env.h"

#include "base/clock.h"
#include "base/str.h"
#include "build.h"

#include <gnu/libc-version.h>
#include <inttypes.h>
#include <limits.h>
#include <link.h>
#include <locale.h>
#include <sched.h>
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

static void add_int(td_arena *a, td_facts *f, const char *field, int64_t value)
{
	char text[32];
	td_clip(text, sizeof text, "%" PRId64, value);
	td_facts_add(a, f, field, text);
}

/* -- the machine ---------------------------------------------------------- */

/* The value behind the first "key: value" or "key=value" of a small text file, or its first line when
 * `key` is NULL; NULL when there is none. */
static const char *value_of(td_arena *a, const char *path, const char *key)
{
	const char *found = NULL;
	char *line = NULL;
	size_t cap = 0;
	FILE *file = fopen(path, "re");
	while (file && !found && getline(&line, &cap, file) > 0) {
		size_t skip = key ? strcspn(line, ":=") : 0;
		if (key && !td_starts(line, key))
			continue;
		char *value = line + skip + (line[skip] && key ? 1 : 0);
		value += strspn(value, " \t\"");
		value[strcspn(value, "\"\n")] = '\0';
		found = td_arena_strdup(a, value);
	}
	free(line);
	if (file)
		fclose(file);
	return found;
}

static void add_file(td_arena *a, td_facts *f, const char *field, const char *path)
{
	td_facts_add(a, f, field, value_of(a, path, NULL));
}

static void add_cpu(td_arena *a, td_facts *f)
{
	static const char cpuinfo[] = "/proc/cpuinfo";
	cpu_set_t mine;
	td_facts_add(a, f, "cpu.model", value_of(a, cpuinfo, "model name"));
	td_facts_add(a, f, "cpu.microcode", value_of(a, cpuinfo, "microcode"));
	td_facts_add(a, f, "cpu.flags", value_of(a, cpuinfo, "flags"));
	add_int(a, f, "cpu.online", sysconf(_SC_NPROCESSORS_ONLN));
	if (sched_getaffinity(0, sizeof mine, &mine) == 0)
		add_int(a, f, "cpu.usable", CPU_COUNT(&mine));
	add_file(a, f, "cpu.governor", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
	add_file(a, f, "cpu.max_khz", "/sys/devices/system/cpu/cpu0/cpufreq/scaling_max_freq");
	add_file(a, f, "cpu.boost", "/sys/devices/system/cpu/cpufreq/boost");
	add_file(a, f, "cpu.no_turbo", "/sys/devices/system/cpu/intel_pstate/no_turbo");
	add_file(a, f, "cpu.smt", "/sys/devices/system/cpu/smt/active");
}

static void add_memory(td_arena *a, td_facts *f)
{
	add_int(a, f, "memory.bytes",
	        (int64_t)sysconf(_SC_PHYS_PAGES) * (int64_t)sysconf(_SC_PAGESIZE));
	add_int(a, f, "memory.page_bytes", sysconf(_SC_PAGESIZE));
	add_file(a, f, "memory.huge_pages", "/sys/kernel/mm/transparent_hugepage/enabled");
	add_file(a, f, "memory.aslr", "/proc/sys/kernel/randomize_va_space");
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
	add_file(a, f, "container.cpu_max", "/sys/fs/cgroup/cpu.max");
	add_file(a, f, "container.memory_max", "/sys/fs/cgroup/memory.max");
}

static void add_system(td_arena *a, td_facts *f)
{
	struct utsname u;
	if (uname(&u) == 0) {
		char kernel[sizeof u.sysname + sizeof u.release + sizeof u.version + 4];
		char salted[sizeof u.nodename + 16];
		td_clip(kernel, sizeof kernel, "%s %s %s", u.sysname, u.release, u.version);
		td_clip(salted, sizeof salted, "tandem host %s", u.nodename);
		td_facts_add(a, f, "os.kernel", kernel);
		td_facts_add(a, f, "os.machine", u.machine);
		td_sha256 sha = td_sha256_text(salted);
		sha.hex[16] = '\0';
		td_facts_add(a, f, "host", sha.hex);
	}
	td_facts_add(a, f, "os.name", value_of(a, "/etc/os-release", "PRETTY_NAME"));
	td_facts_add(a, f, "os.libc", gnu_get_libc_version());
	td_facts_add(a, f, "locale", setlocale(LC_ALL, NULL));
	add_int(a, f, "clock.resolution_ns", td_clock_resolution_ns());
}

/* -- the program ---------------------------------------------------------- */

static void add_build(td_arena *a, td_facts *f)
{
	td_facts_add(a, f, "tandem.version", TD_VERSION);
	td_facts_add(a, f, "tandem.arch", TD_ARCH);
#ifdef TD_COMMIT
	td_facts_add(a, f, "tandem.commit", TD_COMMIT);
#endif
#ifdef TD_CFLAGS
	td_facts_add(a, f, "tandem.cflags", TD_CFLAGS);
#endif
#ifdef __clang__
	td_facts_add(a, f, "tandem.compiler", "clang " __clang_version__);
#else
	td_facts_add(a, f, "tandem.compiler", "gcc " __VERSION__);
#endif
#ifdef __OPTIMIZE__
	td_facts_add(a, f, "tandem.optimised", "yes");
#else
	td_facts_add(a, f, "tandem.optimised", "no");
#endif
}

typedef struct {
	td_arena *arena;
	td_facts *facts;
} collector;

/* A loaded library by the name of the real file, "libsqlite3.so.0.8.6": that holds its version. */
static int add_library(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	collector *c = arg;
	char *real =
		info->dlpi_name && *info->dlpi_name == '/' ? realpath(info->dlpi_name, NULL) : NULL;
	if (real) {
		const char *base = strrchr(info->dlpi_name, '/') + 1,
			   *file = strrchr(real, '/') + 1;
		td_facts_add(c->arena, c->facts, td_arena_printf(c->arena, "library.%s", base),
		             file);
	}
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
	collector c = {a, f};
	add_system(a, f);
	add_cpu(a, f);
	add_memory(a, f);
	add_container(a, f);
	add_build(a, f);
	dl_iterate_phdr(add_library, &c);
	add_variables(a, f);
	qsort(f->items, (size_t)f->n, sizeof *f->items, by_field);
}
