/* device.h: the machine's devices: native, ref, and every OpenCL device. Layer 3.
 *
 * A device gives memory, moves bytes, runs impls and remembers when everything happened. One queue,
 * in order; nothing waits unless it must. Native and ref work on host memory at once.
 *
 * Environment: TANDEM_THREADS threads of native impls; TANDEM_KERNELS a folder whose files are read
 * instead of nodes/ in the program; TANDEM_CACHE the folder over kernels/, where built programs are
 * kept (else the user's cache); TANDEM_CL_CONFIG cpu or gpu: which form of kernels to build; single: take
 * OpenCL devices for ones without double precision ("gpu,single"). */
#ifndef TD_DEVICE_DEVICE_H
#define TD_DEVICE_DEVICE_H

#include "../base/str.h"
#include "../model/caps.h"

typedef struct td_device td_device;

/* All devices of this machine: native, ref, then OpenCL ones in the loader's order. An OpenCL loader
 * without platforms is no error. */
typedef struct {
	td_caps *items;
	int n;
} td_device_list;
TD_MUST_USE bool td_device_list_init(td_device_list *list, td_err *e);
void td_device_list_fini(td_device_list *list);

/* "native", "ref", "cpu", "gpu", "auto", a stable id, or a part of a name (case-insensitive). "auto"
 * takes a GPU, else an OpenCL CPU, else native, and says which and why on stderr. No match or more
 * than one: TD_E_DEVICE, with the list of what is there. */
TD_MUST_USE bool td_device_open(const char *name, td_device **dev, td_err *e);
void td_device_close(td_device *dev);
const td_caps *td_device_caps(const td_device *dev);
/* Threads that native impls run on (TANDEM_THREADS, else one a processor). */
int td_device_threads(const td_device *dev);

/* -- memory --------------------------------------------------------------- */

typedef struct {
	void *host; /* address on the host: native, ref, and OpenCL devices with unified memory */
	void *cl;   /* cl_mem */
	int64_t bytes;
	int kind; /* for td_mem_free: whose memory it is */
} td_mem;

TD_MUST_USE bool td_mem_new(td_device *dev, int64_t bytes, td_mem *out, td_err *e);
/* Memory of the caller, 4096-byte aligned, used in place by native and by unified devices and kept
 * until freed. A device with memory of its own gets a copy of the bytes as they are now. */
TD_MUST_USE bool td_mem_wrap(td_device *dev, void *host, int64_t bytes, td_mem *out, td_err *e);
/* A part of a block that starts on a multiple of caps.base_align; freed before the block. */
TD_MUST_USE bool td_mem_part(td_device *dev, const td_mem *block, int64_t offset, int64_t bytes,
                             td_mem *out, td_err *e);
/* Waits for what was enqueued when the host owns the bytes. */
void td_mem_free(td_device *dev, td_mem *m);

/* What happened on the device's clock (OpenCL events) and the host's. Zero where there is none. */
typedef struct {
	int64_t queued_ns, submit_ns, start_ns, end_ns; /* device clock */
	int64_t host_begin_ns, host_end_ns;             /* td_now_ns around the call */
} td_times;

/* Blocking copies; `t` may be NULL. */
TD_MUST_USE bool td_mem_write(td_device *dev, const td_mem *m, int64_t offset, const void *from,
                              int64_t bytes, td_times *t, td_err *e);
TD_MUST_USE bool td_mem_read(td_device *dev, const td_mem *m, int64_t offset, void *to,
                             int64_t bytes, td_times *t, td_err *e);
/* Fills with a repeated pattern of 1, 2, 4, 8 … 128 bytes, in order with everything else. */
TD_MUST_USE bool td_mem_fill(td_device *dev, const td_mem *m, int64_t offset, int64_t bytes,
                             const void *pattern, int n, td_err *e);
/* Unified memory: makes bytes written by the device visible at m->host, and by the host to the
 * device. Both wait for what was enqueued. No-ops on native. */
TD_MUST_USE bool td_mem_map(td_device *dev, const td_mem *m, int64_t bytes, td_err *e);
TD_MUST_USE bool td_mem_unmap(td_device *dev, const td_mem *m, td_err *e);

/* -- running -------------------------------------------------------------- */

/* How the kernels of a run came to be. */
typedef struct {
	int64_t build_ns; /* compiling or loading */
	bool from_cache;
	char options[256];
	char source_sha256[65], binary_sha256[65]; /* the latter only when from_cache */
} td_build;

/* Builds one program from the sources of all OpenCL impls given (NULLs and host impls are skipped).
 * Later calls with impls that are already built return at once. A build log is shown in the error
 * with the .cl path and line. The impls' strings must outlive the device; `info` may be NULL. */
TD_MUST_USE bool td_device_build(td_device *dev, const td_impl *const *impls, int n, td_build *info,
                                 td_err *e);

/* The text of one program: the sources of `n` impls in the order given, with their includes put in
 * and #line directives that name the files. TD_E_USAGE (TD0803) for an include that is not there. */
TD_MUST_USE bool td_source_assemble(const td_impl *const *impls, int n, td_str *out, td_err *e);

/* Runs one impl with its buffers in place (td_tensor.data or .mem set). `tag` marks its launches. */
TD_MUST_USE bool td_device_run(td_device *dev, const td_impl *impl, td_call *call, int64_t tag,
                               td_err *e);
/* Waits for everything. */
TD_MUST_USE bool td_device_finish(td_device *dev, td_err *e);

/* One kernel launch or native call. */
typedef struct {
	int64_t tag;
	const char *kernel; /* lives as long as the device */
	td_times t;
	int64_t items[3];
	int local[3];
} td_launched;

/* Hands over what was launched since the last call, in order, after td_device_finish. */
TD_MUST_USE bool td_device_collect(td_device *dev,
                                   bool (*take)(void *arg, const td_launched *l, td_err *e),
                                   void *arg, td_err *e);

/* Turns the event clock of an OpenCL device off, or on again: launches have no device times while it
 * is off. For measuring what it costs; it is on from the start. */
TD_MUST_USE bool td_device_profiling(td_device *dev, bool on, td_err *e);

/* Everything the driver says about itself: (field, value) pairs for the database. */
void td_device_fields(const td_device *dev,
                      void (*take)(void *arg, const char *field, const char *value), void *arg);
/* The same for the machine, its processors and this program, whatever the device. Some change from
 * moment to moment: "load", "memory_available", "frequency_khz", "cpu_mhz". */
void td_host_fields(void (*take)(void *arg, const char *field, const char *value), void *arg);

#endif
