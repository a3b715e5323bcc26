/* host.c: what the machine says about itself, from /proc and /sys. Layer 3. A field that is not there
 * is left out. */
#include "inner.h"

#include <ctype.h>
#include <gnu/libc-version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "build.h"

#ifdef __clang__
#define COMPILER __VERSION__ /* "Clang 14.0.6" */
#else
#define COMPILER "gcc " __VERSION__
#endif

enum { MOST_KEYS = 16 };

typedef struct {
	void (*take)(void *arg, const char *field, const char *value);
	void *arg;
} taker;

TD_PRINTF(3, 4)
static void put(const taker *t, const char *field, const char *fmt, ...)
{
	va_list args;
	char *value = NULL;
	va_start(args, fmt);
	int n = vasprintf(&value, fmt, args);
	va_end(args);
	if (n > 0)
		t->take(t->arg, field, value);
	if (n >= 0)
		free(value);
}

static char *trim(char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	for (size_t n = strlen(s); n && isspace((unsigned char)s[n - 1]);)
		s[--n] = '\0';
	return s;
}

/* The first line of a small file. */
static void put_file(const taker *t, const char *field, const char *path)
{
	char line[1024];
	FILE *f = fopen(path, "re");
	if (!f)
		return;
	if (fgets(line, sizeof line, f))
		put(t, field, "%s", trim(line));
	fclose(f);
}

typedef struct {
	const char *key, *field;
} row;

/* The first "key: value" line of each key. */
static void put_keys(const taker *t, const char *path, const row *rows, size_t n)
{
	bool done[MOST_KEYS] = {false};
	char *line = NULL;
	size_t cap = 0;
	FILE *f = fopen(path, "re");
	while (f && getline(&line, &cap, f) > 0) {
		char *colon = strchr(line, ':');
		if (!colon)
			continue;
		*colon = '\0';
		const char *key = trim(line);
		for (size_t i = 0; i < n && i < MOST_KEYS; i++)
			if (!done[i] && td_same(key, rows[i].key)) {
				put(t, rows[i].field, "%s", trim(colon + 1));
				done[i] = true;
			}
	}
	free(line);
	if (f)
		fclose(f);
}

static void put_processor(const taker *t)
{
	static const row cpu[] = {
		{"model name", "cpu_model"},    {"vendor_id", "cpu_vendor"},
		{"cpu family", "cpu_family"},   {"model", "cpu_model_number"},
		{"stepping", "cpu_stepping"},   {"microcode", "cpu_microcode"},
		{"cpu MHz", "cpu_mhz"},         {"cache size", "cpu_cache"},
		{"siblings", "cpu_siblings"},   {"cpu cores", "cpu_cores"},
		{"flags", "cpu_flags"},         {"bugs", "cpu_bugs"},
		{"bogomips", "cpu_bogomips"},   {"Features", "cpu_flags"},
		{"CPU part", "cpu_model_part"},
	};
	put_keys(t, "/proc/cpuinfo", cpu, TD_COUNT(cpu));
	put(t, "processors_online", "%ld", sysconf(_SC_NPROCESSORS_ONLN));
	put(t, "processors_configured", "%ld", sysconf(_SC_NPROCESSORS_CONF));
	put(t, "cache_l1d_bytes", "%ld", sysconf(_SC_LEVEL1_DCACHE_SIZE));
	put(t, "cache_l2_bytes", "%ld", sysconf(_SC_LEVEL2_CACHE_SIZE));
	put(t, "cache_l3_bytes", "%ld", sysconf(_SC_LEVEL3_CACHE_SIZE));
	put(t, "cache_line_bytes", "%ld", sysconf(_SC_LEVEL1_DCACHE_LINESIZE));
}

static void put_memory(const taker *t)
{
	static const row memory[] = {
		{"MemTotal", "memory_total"},      {"MemAvailable", "memory_available"},
		{"SwapTotal", "swap_total"},       {"Hugepagesize", "huge_page"},
		{"HugePages_Total", "huge_pages"},
	};
	put_keys(t, "/proc/meminfo", memory, TD_COUNT(memory));
	put(t, "page_bytes", "%ld", sysconf(_SC_PAGESIZE));
}

static void put_state(const taker *t)
{
	static const row files[] = {
		{"/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "governor"},
		{"/sys/devices/system/cpu/cpu0/cpufreq/scaling_driver", "frequency_driver"},
		{"/sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "frequency_khz"},
		{"/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq", "frequency_max_khz"},
		{"/sys/devices/system/cpu/intel_pstate/no_turbo", "no_turbo"},
		{"/sys/devices/system/cpu/cpufreq/boost", "boost"},
		{"/sys/devices/system/cpu/smt/active", "smt_active"},
		{"/sys/devices/system/node/online", "numa_nodes"},
		{"/sys/devices/system/clocksource/clocksource0/current_clocksource",
	         "clock_source"},
		{"/sys/kernel/mm/transparent_hugepage/enabled", "transparent_hugepage"},
		{"/sys/class/dmi/id/product_name", "product"},
		{"/sys/class/dmi/id/sys_vendor", "product_vendor"},
		{"/proc/loadavg", "load"},
		{"/proc/sys/kernel/randomize_va_space", "aslr"},
	};
	for (size_t i = 0; i < TD_COUNT(files); i++)
		put_file(t, files[i].field, files[i].key);
}

static void put_system(const taker *t)
{
	struct utsname u;
	if (uname(&u) == 0) {
		put(t, "kernel", "%s", u.sysname);
		put(t, "kernel_release", "%s", u.release);
		put(t, "kernel_version", "%s", u.version);
		put(t, "machine", "%s", u.machine);
	}
	put(t, "libc", "glibc %s", gnu_get_libc_version());
}

static void put_build(const taker *t)
{
	put(t, "tandem_version", "%s", TD_VERSION);
	put(t, "tandem_arch", "%s", TD_ARCH);
	put(t, "compiler", "%s", COMPILER);
}

void td_host_fields(void (*take)(void *arg, const char *field, const char *value), void *arg)
{
	const taker t = {take, arg};
	put_processor(&t);
	put_memory(&t);
	put_state(&t);
	put_system(&t);
	put_build(&t);
}
