/* caps.h: what a device can do, as data. Layer 1.
 *
 * `plan` and `device` are strangers: both know only this. A profile file is one td_caps as JSON
 * ("schema": "tandem/profile/1"), so a graph can be proved for a GPU on a machine that has none. */
#ifndef TD_MODEL_CAPS_H
#define TD_MODEL_CAPS_H

#include "../base/err.h"

typedef enum {
	TD_DEVICE_NATIVE,
	TD_DEVICE_REF,
	TD_DEVICE_CPU,
	TD_DEVICE_GPU,
	TD_DEVICE_OTHER
} td_device_type;

typedef struct {
	char id[96]; /* stable: "native", "ref", "pocl:skylake-avx512-intel-r-xeon-r-processor" */
	char name[128]; /* as the driver says it */
	char vendor[64], platform[64], driver[128], version[128];
	td_device_type type;
	bool unified; /* shares its memory with the host: buffers are mapped, not copied */
	int compute_units, clock_mhz;
	int64_t global_bytes, max_alloc_bytes, local_bytes, constant_bytes, max_arg_bytes;
	int max_group;    /* work items of a group */
	int base_align;   /* bytes: where a sub-buffer may start */
	int vector_width; /* preferred float vector width */
	bool f64, f16, i64_atomics;
	bool correct_div_sqrt, denormals, fma; /* of f32 */
	double bandwidth, flops;               /* measured peaks per second, 0: not measured */
} td_caps;

const char *td_device_type_name(td_device_type t);

/* The host as seen by native impls: its memory, the processors that this process may use. What an
 * OpenCL device limits (local memory, arguments …) is limited by memory alone. */
td_caps td_caps_native(void);

/* A profile file. Unknown keys are refused with a suggestion; missing ones are an error that names
 * them (TD_E_DATA). */
TD_MUST_USE bool td_caps_read(td_caps *caps, const char *path, td_err *e);
/* The same from JSON text. */
TD_MUST_USE bool td_caps_parse(td_caps *caps, const char *json, td_err *e);
/* JSON text of a profile, freed by the caller. */
char *td_caps_json(const td_caps *caps);

#endif
