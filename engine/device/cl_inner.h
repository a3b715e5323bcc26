/* cl_inner.h: what the OpenCL files of engine/device share. Layer 3; nobody else includes it.
 *
 * Only calls of OpenCL 1.2. Every return code is looked at: td_cl_ok turns it into a message. */
#ifndef TD_DEVICE_CL_INNER_H
#define TD_DEVICE_CL_INNER_H

#include "inner.h"

#include <CL/cl.h>

#include "../base/hash.h"

/* A source that is built, by the strings of its impl. */
typedef struct {
	const char *path, *text;
	td_program *program;
} td_built;

struct td_cl {
	cl_platform_id platform;
	cl_device_id device;
	cl_context context;
	cl_command_queue queue; /* in order */
	bool profiling;         /* its events know times */
	bool as_cpu;            /* kernels are built with TD_CPU, else with TD_GPU */
	size_t max_items[3];    /* of a group, by dimension */
	char platform_version[128];
	char options[256];
	td_program *programs; /* newest first */
	struct {
		td_built *items;
		int n, cap;
	} built;
};

/* -- codes (cl_error.c) --------------------------------------------------- */

/* True for CL_SUCCESS, else TD_E_DEVICE with "call: CL_NAME (-5): what it means". */
TD_MUST_USE bool td_cl_ok(const char *call, cl_int code, td_err *e);

/* -- devices (cl_find.c, cl_caps.c) --------------------------------------- */

typedef struct {
	td_caps caps;
	cl_platform_id platform;
	cl_device_id device;
	char place[64]; /* PCI address or UUID: orders devices of the same name */
} td_found;

typedef struct {
	td_found *items;
	int n, cap;
} td_founds;

/* TANDEM_CL_CONFIG, for tests: the form of kernels to build instead of what the kind of the device says, and
 * whether to take devices for ones without double precision. */
typedef struct {
	bool as_cpu, as_gpu, single;
} td_cl_config;

TD_MUST_USE bool td_cl_config_read(td_cl_config *c, td_err *e);

/* All OpenCL devices. A platform that answers with errors is left out with a warning. */
TD_MUST_USE bool td_cl_find(td_founds *found, td_err *e);
void td_founds_fini(td_founds *found);
/* Why an OpenCL device may be missing, "" when nothing is known; freed by the caller. Looks for
 * NVIDIA's driver without the file that names it to the loader, as containers have it. */
char *td_cl_hint(const td_founds *found);
/* Ids for devices with the same platform and name: the second gets "#2", in the order of `place`,
 * else of the loader. */
void td_founds_number(td_founds *found);

/* Fills caps and place from a device. */
TD_MUST_USE bool td_cl_describe(td_found *f, td_err *e);
/* "pocl:skylake-avx512-intel-r-xeon-r-processor". */
void td_cl_slug(char *id, size_t cap, const char *platform, const char *device);
/* A string of a device or platform, freed by the caller. */
TD_MUST_USE bool td_cl_device_text(cl_device_id d, cl_device_info what, char **text, td_err *e);
TD_MUST_USE bool td_cl_platform_text(cl_platform_id p, cl_platform_info what, char **text,
                                     td_err *e);
/* Is the word in the list of extensions? */
bool td_cl_has(const char *extensions, const char *word);

/* -- one device (cl.c) ---------------------------------------------------- */

TD_MUST_USE bool td_cl_open(td_device *dev, const td_found *f, td_err *e);
void td_cl_close(td_device *dev);
void td_cl_fields(const td_device *dev,
                  void (*take)(void *arg, const char *field, const char *value), void *arg);
/* A new queue, with or without the event clock. */
TD_MUST_USE bool td_cl_profiling(td_device *dev, bool on, td_err *e);
/* When a finished command was queued, submitted, started and ended. */
TD_MUST_USE bool td_cl_event_times(const td_cl *cl, cl_event event, td_times *t, td_err *e);

/* -- memory (cl_memory.c): as the functions of device.h, arguments checked -- */

/* A buffer of `bytes` on m->host, or of the device's own where that is NULL. */
TD_MUST_USE bool td_cl_mem_new(td_device *dev, int64_t bytes, td_mem *m, td_err *e);
void td_cl_mem_free(td_device *dev, const td_mem *m, bool wait);
TD_MUST_USE bool td_cl_mem_part(const td_mem *block, int64_t offset, int64_t bytes, td_mem *m,
                                td_err *e);
TD_MUST_USE bool td_cl_mem_write(td_device *dev, const td_mem *m, int64_t offset, const void *from,
                                 int64_t bytes, td_times *t, td_err *e);
TD_MUST_USE bool td_cl_mem_read(td_device *dev, const td_mem *m, int64_t offset, void *to,
                                int64_t bytes, td_times *t, td_err *e);
TD_MUST_USE bool td_cl_mem_fill(td_device *dev, const td_mem *m, int64_t offset, int64_t bytes,
                                const void *pattern, int n, td_err *e);
TD_MUST_USE bool td_cl_mem_map(td_device *dev, const td_mem *m, int64_t bytes, td_err *e);
TD_MUST_USE bool td_cl_mem_unmap(td_device *dev, const td_mem *m, td_err *e);

/* -- programs (program.c, binary.c, kernel.c) ----------------------------- */

typedef struct td_kernel {
	struct td_kernel *next; /* with the same hash */
	cl_kernel cl;
	const char *name;
	cl_uint n_args;
	size_t local[3];
} td_kernel;

enum { TD_KERNEL_CHAINS = 64 };

/* Work items of a group of a one-dimensional kernel (TD_LANES in the prelude). */
enum { TD_LANES = 64 };

struct td_program {
	td_program *next;
	cl_program cl;
	td_build info;
	td_sha256 key; /* of its binary in the cache */
	td_kernel *kernel[TD_KERNEL_CHAINS];
};

TD_MUST_USE bool td_cl_build(td_device *dev, const td_impl *const *impls, int n, td_build *info,
                             td_err *e);
/* The program that holds the impl's source, or NULL. */
td_program *td_cl_program(const td_cl *cl, const td_impl *impl);
/* The kernel of that name, made at its first use. */
TD_MUST_USE bool td_cl_kernel(td_device *dev, td_program *p, const char *name, td_kernel **k,
                              td_err *e);
/* Frees kernels and programs, after keeping the binaries of those built from source. */
void td_cl_programs_free(td_device *dev);

/* The name of a program's binary: its source, options, device, driver and platform. */
td_sha256 td_binary_key(const td_device *dev, const char *source_sha256);
/* What the cache holds under `key`, freed by the caller. False when it is not there or damaged. */
bool td_binary_load(const td_sha256 *key, unsigned char **data, size_t *n);
/* Puts the program's binary into the cache, on a CPU at its tenth use; a failure is a warning. */
void td_binary_save(const td_device *dev, const td_program *p);

#endif
