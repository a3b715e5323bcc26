/* cl_caps.c: what one OpenCL device says about itself, as td_caps; and its stable id. Layer 3. */
#include "cl_inner.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Of extensions, which the 1.2 headers may lack. */
enum {
	DEVICE_UUID_KHR = 0x106A,
	DEVICE_PCI_BUS_INFO_KHR = 0x410F,
	DEVICE_PCI_BUS_ID_NV = 0x4008,
	DEVICE_PCI_SLOT_ID_NV = 0x4009,
};

bool td_cl_device_text(cl_device_id d, cl_device_info what, char **text, td_err *e)
{
	size_t n = 0;
	*text = NULL;
	if (!td_cl_ok("clGetDeviceInfo", clGetDeviceInfo(d, what, 0, NULL, &n), e))
		return false;
	*text = td_alloc(n + 1);
	if (td_cl_ok("clGetDeviceInfo", clGetDeviceInfo(d, what, n, *text, NULL), e))
		return true;
	free(*text);
	*text = NULL;
	return false;
}

bool td_cl_platform_text(cl_platform_id p, cl_platform_info what, char **text, td_err *e)
{
	size_t n = 0;
	*text = NULL;
	if (!td_cl_ok("clGetPlatformInfo", clGetPlatformInfo(p, what, 0, NULL, &n), e))
		return false;
	*text = td_alloc(n + 1);
	if (td_cl_ok("clGetPlatformInfo", clGetPlatformInfo(p, what, n, *text, NULL), e))
		return true;
	free(*text);
	*text = NULL;
	return false;
}

bool td_cl_has(const char *extensions, const char *word)
{
	size_t n = strlen(word);
	for (const char *p = extensions; (p = strstr(p, word)) != NULL; p += n)
		if ((p == extensions || p[-1] == ' ') && (p[n] == ' ' || p[n] == '\0'))
			return true;
	return false;
}

/* -- the id --------------------------------------------------------------- */

/* Lower case, every run of other characters a "-", none at the ends. */
static void add_slug(td_str *s, const char *text)
{
	bool gap = false, any = false;
	for (; *text; text++) {
		char c = (char)tolower((unsigned char)*text);
		if (!isalnum((unsigned char)c)) {
			gap = any;
			continue;
		}
		if (gap)
			td_str_add(s, "-");
		td_str_add_n(s, &c, 1);
		gap = false;
		any = true;
	}
}

void td_cl_slug(char *id, size_t cap, const char *platform, const char *device)
{
	static const struct {
		const char *says, *is;
	} platforms[] = {
		{"Portable Computing Language", "pocl"},
		{"NVIDIA", "nvidia"},
		{"AMD", "amd"},
		{"Intel", "intel"},
	};
	/* PoCL puts the name of its driver first, and it differs between its versions */
	static const char *const drivers[] = {"pthread-", "cpu-"};
	td_str s = {0};
	const char *known = NULL;
	for (size_t i = 0; i < TD_COUNT(platforms) && !known; i++)
		if (td_starts(platform, platforms[i].says))
			known = platforms[i].is;
	add_slug(&s, known ? known : platform);
	if (strncasecmp(device, td_str_text(&s), s.n) == 0 && device[s.n] == ' ')
		device += s.n; /* "NVIDIA H200" is nvidia:h200 */
	td_str_add(&s, ":");
	for (size_t i = 0; i < TD_COUNT(drivers) && td_same(known, "pocl"); i++)
		if (td_starts(device, drivers[i])) {
			device += strlen(drivers[i]);
			break;
		}
	add_slug(&s, device);
	td_clip(id, cap, "%s", s.data);
	td_str_fini(&s);
}

/* -- questions ------------------------------------------------------------ */

/* Asks one question after the other; the first failure sticks. */
typedef struct {
	cl_device_id device;
	bool ok;
	td_err *e;
} asking;

/* A whole number of 4 or 8 bytes. */
static int64_t number(asking *q, cl_device_info what)
{
	unsigned char raw[8] = {0};
	size_t n = 0;
	uint32_t narrow;
	uint64_t wide;
	cl_int rc = clGetDeviceInfo(q->device, what, sizeof raw, raw, &n);
	q->ok = q->ok && td_cl_ok("clGetDeviceInfo", rc, q->e);
	if (n == sizeof narrow) {
		memcpy(&narrow, raw, sizeof narrow);
		return narrow;
	}
	memcpy(&wide, raw, sizeof wide);
	return wide > INT64_MAX ? INT64_MAX : (int64_t)wide;
}

static int small(asking *q, cl_device_info what)
{
	int64_t x = number(q, what);
	return x > INT32_MAX ? INT32_MAX : (int)x;
}

static bool flag(asking *q, cl_device_info what)
{
	return number(q, what) != 0;
}

static char *text(asking *q, cl_device_info what)
{
	char *s = NULL;
	if (q->ok)
		q->ok = td_cl_device_text(q->device, what, &s, q->e);
	return s ? s : td_alloc(1);
}

static void put_text(asking *q, cl_device_info what, char *out, size_t cap)
{
	char *s = text(q, what), *at = s;
	while (isspace((unsigned char)*at))
		at++;
	size_t n = td_clip(out, cap, "%s", at);
	while (n && isspace((unsigned char)out[n - 1]))
		out[--n] = '\0';
	free(s);
}

/* -- caps ----------------------------------------------------------------- */

static td_device_type type_of(int64_t bits)
{
	if (bits & CL_DEVICE_TYPE_CPU)
		return TD_DEVICE_CPU;
	return (bits & CL_DEVICE_TYPE_GPU) ? TD_DEVICE_GPU : TD_DEVICE_OTHER;
}

static void ask_sizes(asking *q, td_caps *c)
{
	c->unified = flag(q, CL_DEVICE_HOST_UNIFIED_MEMORY);
	c->compute_units = small(q, CL_DEVICE_MAX_COMPUTE_UNITS);
	c->clock_mhz = small(q, CL_DEVICE_MAX_CLOCK_FREQUENCY);
	c->global_bytes = number(q, CL_DEVICE_GLOBAL_MEM_SIZE);
	c->max_alloc_bytes = number(q, CL_DEVICE_MAX_MEM_ALLOC_SIZE);
	c->local_bytes = number(q, CL_DEVICE_LOCAL_MEM_SIZE);
	c->constant_bytes = number(q, CL_DEVICE_MAX_CONSTANT_BUFFER_SIZE);
	c->max_arg_bytes = number(q, CL_DEVICE_MAX_PARAMETER_SIZE);
	c->max_group = small(q, CL_DEVICE_MAX_WORK_GROUP_SIZE);
	c->base_align = small(q, CL_DEVICE_MEM_BASE_ADDR_ALIGN) / 8;
	c->vector_width = small(q, CL_DEVICE_PREFERRED_VECTOR_WIDTH_FLOAT);
}

bool td_cl_config_read(td_cl_config *c, td_err *e)
{
	const char *wish = getenv("TANDEM_CL_CONFIG"), *at = wish ? wish : "";
	*c = (td_cl_config){0};
	while (*at) {
		size_t n = strcspn(at, ",");
		bool *what = n == 3 && strncmp(at, "cpu", n) == 0      ? &c->as_cpu
		             : n == 3 && strncmp(at, "gpu", n) == 0    ? &c->as_gpu
		             : n == 6 && strncmp(at, "single", n) == 0 ? &c->single
		                                                       : NULL;
		if (!what || (what == &c->as_gpu && c->as_cpu) || (what == &c->as_cpu && c->as_gpu))
			return td_fail(
				e, TD_E_USAGE,
				"TANDEM_CL_CONFIG is \"%s\"; give cpu or gpu, single, or both "
				"with a comma",
				wish);
		*what = true;
		at += n + (at[n] == ',');
	}
	return true;
}

static void ask_arithmetic(asking *q, td_caps *c, const char *extensions)
{
	int64_t single = number(q, CL_DEVICE_SINGLE_FP_CONFIG);
	td_cl_config config;
	td_err ignored; /* it is told when a device is opened */
	bool single_only = td_cl_config_read(&config, &ignored) && config.single;
	c->f64 = flag(q, CL_DEVICE_DOUBLE_FP_CONFIG) && !single_only;
	c->f16 = td_cl_has(extensions, "cl_khr_fp16");
	c->i64_atomics = td_cl_has(extensions, "cl_khr_int64_base_atomics");
	c->correct_div_sqrt = (single & CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT) != 0;
	c->denormals = (single & CL_FP_DENORM) != 0;
	c->fma = (single & CL_FP_FMA) != 0;
}

/* Where the device sits, from whichever extension it has; "" when from none. */
static void ask_place(asking *q, char *place, size_t cap, const char *extensions)
{
	if (td_cl_has(extensions, "cl_khr_pci_bus_info")) {
		cl_uint pci[4] = {0}; /* domain, bus, device, function */
		if (clGetDeviceInfo(q->device, DEVICE_PCI_BUS_INFO_KHR, sizeof pci, pci, NULL) ==
		    CL_SUCCESS)
			td_clip(place, cap, "pci %04x:%02x:%02x.%x", pci[0], pci[1], pci[2],
			        pci[3]);
	} else if (td_cl_has(extensions, "cl_nv_device_attribute_query")) {
		td_clip(place, cap, "pci %08x:%08x", (unsigned)number(q, DEVICE_PCI_BUS_ID_NV),
		        (unsigned)number(q, DEVICE_PCI_SLOT_ID_NV));
	} else if (td_cl_has(extensions, "cl_khr_device_uuid")) {
		unsigned char uuid[16] = {0};
		size_t n = 0;
		if (clGetDeviceInfo(q->device, DEVICE_UUID_KHR, sizeof uuid, uuid, NULL) ==
		    CL_SUCCESS)
			n = td_clip(place, cap, "uuid ");
		for (size_t i = 0; n && i < sizeof uuid; i++)
			n += td_clip(place + n, cap - n, "%02x", uuid[i]);
	}
}

bool td_cl_describe(td_found *f, td_err *e)
{
	asking q = {f->device, true, e};
	td_caps *c = &f->caps;
	char *platform = NULL, *extensions = text(&q, CL_DEVICE_EXTENSIONS);
	q.ok = q.ok && td_cl_platform_text(f->platform, CL_PLATFORM_NAME, &platform, e);
	*c = (td_caps){.type = type_of(number(&q, CL_DEVICE_TYPE))};
	put_text(&q, CL_DEVICE_NAME, c->name, sizeof c->name);
	put_text(&q, CL_DEVICE_VENDOR, c->vendor, sizeof c->vendor);
	put_text(&q, CL_DRIVER_VERSION, c->driver, sizeof c->driver);
	put_text(&q, CL_DEVICE_VERSION, c->version, sizeof c->version);
	ask_sizes(&q, c);
	ask_arithmetic(&q, c, extensions);
	ask_place(&q, f->place, sizeof f->place, extensions);
	if (platform) {
		td_clip(c->platform, sizeof c->platform, "%s", platform);
		td_cl_slug(c->id, sizeof c->id, platform, c->name);
	}
	free(platform);
	free(extensions);
	return q.ok;
}
