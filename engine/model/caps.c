#include "caps.h"

#include "../base/file.h"
#include "../base/str.h"

#include <ctype.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char schema[] = "tandem/profile/1";

static const char *const type_names[] = {[TD_DEVICE_NATIVE] = "native",
                                         [TD_DEVICE_REF] = "ref",
                                         [TD_DEVICE_CPU] = "cpu",
                                         [TD_DEVICE_GPU] = "gpu",
                                         [TD_DEVICE_OTHER] = "other"};

const char *td_device_type_name(td_device_type t)
{
	return type_names[t];
}

/* -- the host ------------------------------------------------------------- */

/* The value of the first line "key : value" of a text file under /proc, "" when there is none. */
static void proc_value(const char *path, const char *key, char *out, size_t cap)
{
	char line[512];
	size_t n = strlen(key);
	*out = '\0';
	FILE *f = fopen(path, "re");
	while (f && fgets(line, sizeof line, f)) {
		size_t at = n + strspn(line + (strncmp(line, key, n) == 0 ? n : 0), " \t");
		if (strncmp(line, key, n) != 0 || line[at] != ':')
			continue;
		at += 1 + strspn(line + at + 1, " \t");
		td_clip(out, cap, "%.*s", (int)strcspn(line + at, "\n"), line + at);
		break;
	}
	if (f)
		(void)fclose(f);
}

static int64_t host_bytes(void)
{
	char text[64];
	long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
	proc_value("/proc/meminfo", "MemTotal", text, sizeof text);
	int64_t kib = strtoll(text, NULL, 10);
	if (kib > 0 && kib < INT64_MAX / 1024)
		return kib * 1024;
	return pages > 0 && page > 0 ? (int64_t)pages * page : 0;
}

/* Processors that this process may use. */
static int host_processors(void)
{
	cpu_set_t set;
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0)
		n = CPU_COUNT(&set);
	return n > 0 && n < INT32_MAX ? (int)n : 1;
}

/* The nominal clock, 0 when nobody says it: the current one moves, and a saved plan compares. */
static int host_clock_mhz(void)
{
	char text[128] = "";
	double mhz = 0;
	FILE *f = fopen("/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq", "re");
	if (f && fgets(text, sizeof text, f))
		mhz = strtod(text, NULL) / 1e3; /* kHz */
	if (f)
		(void)fclose(f);
	if (!f) {
		proc_value("/proc/cpuinfo", "model name", text, sizeof text);
		const char *at = strstr(text, "@ "); /* "… CPU @ 2.30GHz" */
		mhz = at ? strtod(at + 2, NULL) * 1e3 : 0;
	}
	return mhz > 0 && mhz < 1e6 ? (int)lrint(mhz) : 0;
}

static int host_vector_width(void)
{
#if defined __AVX512F__
	return 16;
#elif defined __AVX__
	return 8;
#else
	return 4;
#endif
}

td_caps td_caps_native(void)
{
	td_caps c = {.id = "native",
	             .platform = "native",
	             .type = TD_DEVICE_NATIVE,
	             .unified = true,
	             .compute_units = host_processors(),
	             .clock_mhz = host_clock_mhz(),
	             .global_bytes = host_bytes(),
	             .max_group = 1,
	             .base_align = 64,
	             .vector_width = host_vector_width(),
	             .f64 = true,
	             .i64_atomics = true,
	             .correct_div_sqrt = true,
	             .denormals = true};
	/* no limits of their own: all of it is plain memory */
	c.max_alloc_bytes = c.local_bytes = c.constant_bytes = c.max_arg_bytes = c.global_bytes;
#ifdef __FMA__
	c.fma = true;
#endif
	proc_value("/proc/cpuinfo", "model name", c.name, sizeof c.name);
	proc_value("/proc/cpuinfo", "vendor_id", c.vendor, sizeof c.vendor);
	if (!*c.name)
		td_clip(c.name, sizeof c.name, "host processor");
	return c;
}

/* -- the fields of a profile ---------------------------------------------- */

typedef enum { TEXT, TYPE, FLAG, INT, LONG, REAL } kind;

typedef struct {
	const char *name;
	kind kind;
	size_t offset, size;
	int64_t lo; /* numbers: at least this */
} field;

#define FIELD(kind, name, lo)                                                        \
	{                                                                            \
#name, kind, offsetof(td_caps, name), sizeof((td_caps *)0)->name, lo \
	}

static const field fields[] = {
	FIELD(TEXT, id, 0),
	FIELD(TEXT, name, 0),
	FIELD(TEXT, vendor, 0),
	FIELD(TEXT, platform, 0),
	FIELD(TEXT, driver, 0),
	FIELD(TEXT, version, 0),
	FIELD(TYPE, type, 0),
	FIELD(FLAG, unified, 0),
	FIELD(INT, compute_units, 1),
	FIELD(INT, clock_mhz, 0),
	FIELD(LONG, global_bytes, 1),
	FIELD(LONG, max_alloc_bytes, 1),
	FIELD(LONG, local_bytes, 0),
	FIELD(LONG, constant_bytes, 0),
	FIELD(LONG, max_arg_bytes, 0),
	FIELD(INT, max_group, 1),
	FIELD(INT, base_align, 1),
	FIELD(INT, vector_width, 1),
	FIELD(FLAG, f64, 0),
	FIELD(FLAG, f16, 0),
	FIELD(FLAG, i64_atomics, 0),
	FIELD(FLAG, correct_div_sqrt, 0),
	FIELD(FLAG, denormals, 0),
	FIELD(FLAG, fma, 0),
	FIELD(REAL, bandwidth, 0),
	FIELD(REAL, flops, 0),
};

static const char *field_name(const void *arg, int i)
{
	return ((const field *)arg)[i].name;
}

/* -- reading -------------------------------------------------------------- */

static bool read_text(const field *f, const json_t *v, void *out, td_err *e)
{
	const char *s = json_string_value(v);
	if (!s || strlen(s) >= f->size)
		return td_fail(e, TD_E_DATA, "\"%s\" must be a text of at most %zu bytes", f->name,
		               f->size - 1);
	memcpy(out, s, strlen(s) + 1);
	return true;
}

static bool read_type(const field *f, const json_t *v, void *out, td_err *e)
{
	for (size_t i = 0; i < TD_COUNT(type_names); i++)
		if (td_same(json_string_value(v), type_names[i])) {
			*(td_device_type *)out = (td_device_type)i;
			return true;
		}
	return td_fail(e, TD_E_DATA,
	               "\"%s\" must be \"native\", \"ref\", \"cpu\", \"gpu\" or \"other\"",
	               f->name);
}

static bool read_flag(const field *f, const json_t *v, void *out, td_err *e)
{
	if (!json_is_boolean(v))
		return td_fail(e, TD_E_DATA, "\"%s\" must be true or false", f->name);
	*(bool *)out = json_is_true(v);
	return true;
}

static bool read_integer(const field *f, const json_t *v, void *out, td_err *e)
{
	int64_t x = json_integer_value(v), hi = f->kind == INT ? INT32_MAX : INT64_MAX;
	if (!json_is_integer(v) || x < f->lo || x > hi)
		return td_fail(e, TD_E_DATA,
		               "\"%s\" must be an integer from %" PRId64 " to %" PRId64, f->name,
		               f->lo, hi);
	if (f->kind == INT)
		*(int *)out = (int)x;
	else
		*(int64_t *)out = x;
	return true;
}

static bool read_real(const field *f, const json_t *v, void *out, td_err *e)
{
	double x = json_number_value(v);
	if (!json_is_number(v) || x < 0)
		return td_fail(e, TD_E_DATA, "\"%s\" must be a number that is not negative",
		               f->name);
	*(double *)out = x;
	return true;
}

static bool read_field(const field *f, const json_t *v, td_caps *caps, td_err *e)
{
	void *out = (char *)caps + f->offset;
	switch (f->kind) {
	case TEXT:
		return read_text(f, v, out, e);
	case TYPE:
		return read_type(f, v, out, e);
	case FLAG:
		return read_flag(f, v, out, e);
	case INT:
	case LONG:
		return read_integer(f, v, out, e);
	case REAL:
	default:
		return read_real(f, v, out, e);
	}
}

static bool check_schema(const json_t *root, td_err *e)
{
	const char *s = json_string_value(json_object_get(root, "schema"));
	if (!json_is_object(root))
		return td_fail(e, TD_E_DATA, "it is no JSON object");
	return td_same(s, schema) ||
	       td_fail(e, TD_E_DATA, "its \"schema\" is %s%s%s; this program reads \"%s\"",
	               s ? "\"" : "", s ? s : "missing", s ? "\"" : "", schema);
}

static bool check_known(json_t *root, td_err *e)
{
	const char *key;
	json_t *v;
	json_object_foreach(root, key, v)
	{
		bool known = td_same(key, "schema");
		for (size_t i = 0; i < TD_COUNT(fields); i++)
			known |= td_same(key, fields[i].name);
		if (known)
			continue;
		const char *close = td_closest(key, (int)TD_COUNT(fields), field_name, fields);
		return td_fail(e, TD_E_DATA, "it has the unknown key \"%s\"%s%s%s", key,
		               close ? "; did you mean \"" : "", close ? close : "",
		               close ? "\"?" : "");
	}
	return true;
}

static bool check_complete(const json_t *root, td_err *e)
{
	td_str missing = {0};
	for (size_t i = 0; i < TD_COUNT(fields); i++)
		if (!json_object_get(root, fields[i].name))
			td_str_addf(&missing, "%s\"%s\"", missing.n ? ", " : "", fields[i].name);
	bool ok = !missing.n || td_fail(e, TD_E_DATA, "it lacks %s", missing.data);
	td_str_fini(&missing);
	return ok;
}

static bool read_profile(json_t *root, td_caps *caps, td_err *e)
{
	if (!check_schema(root, e) || !check_known(root, e) || !check_complete(root, e))
		return false;
	for (size_t i = 0; i < TD_COUNT(fields); i++)
		if (!read_field(&fields[i], json_object_get(root, fields[i].name), caps, e))
			return false;
	return true;
}

static bool parse(td_caps *caps, const char *text, size_t n, td_err *e)
{
	json_error_t wrong;
	*caps = (td_caps){.type = TD_DEVICE_OTHER};
	json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &wrong);
	bool ok = root ? read_profile(root, caps, e)
	               : td_fail(e, TD_E_DATA, "line %d, column %d: %s", wrong.line, wrong.column,
	                         wrong.text);
	json_decref(root);
	return ok;
}

bool td_caps_parse(td_caps *caps, const char *json, td_err *e)
{
	return parse(caps, json, strlen(json), e);
}

bool td_caps_read(td_caps *caps, const char *path, td_err *e)
{
	enum { LIMIT = 1 << 20 };
	char *text;
	size_t n;
	if (!td_file_read(path, LIMIT, &text, &n, e))
		return false;
	bool ok = parse(caps, text, n, e) || td_within(e, "profile %s", path);
	free(text);
	return ok;
}

/* -- writing -------------------------------------------------------------- */

/* Drivers may say their name in an encoding of their own; what is no UTF-8 loses its letters. */
static json_t *text_json(const char *text)
{
	json_t *v = json_string(text);
	if (v)
		return v;
	td_str plain = {0};
	td_str_add(&plain, text);
	for (size_t i = 0; i < plain.n; i++)
		if ((unsigned char)plain.data[i] > 0x7e)
			plain.data[i] = '?';
	v = json_string(plain.data);
	td_str_fini(&plain);
	return v;
}

static json_t *field_json(const field *f, const td_caps *caps)
{
	const void *p = (const char *)caps + f->offset;
	switch (f->kind) {
	case TEXT:
		return text_json(p);
	case TYPE:
		return json_string(td_device_type_name(*(const td_device_type *)p));
	case FLAG:
		return json_boolean(*(const bool *)p);
	case INT:
		return json_integer(*(const int *)p);
	case LONG:
		return json_integer(*(const int64_t *)p);
	case REAL:
	default: /* JSON knows no NaN: not measured */
		return json_real(isfinite(*(const double *)p) ? *(const double *)p : 0);
	}
}

char *td_caps_json(const td_caps *caps)
{
	json_t *root = json_object();
	json_object_set_new(root, "schema", json_string(schema));
	for (size_t i = 0; i < TD_COUNT(fields); i++)
		json_object_set_new(root, fields[i].name, field_json(&fields[i], caps));
	char *json = json_dumps(root, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
	td_str text = {0};
	td_str_addf(&text, "%s\n", json ? json : "");
	free(json);
	json_decref(root);
	return text.data;
}
