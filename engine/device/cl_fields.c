/* cl_fields.c: all that a driver says about device and platform, for the database. Layer 3. A field
 * that the driver does not know is left out. */
#include "cl_inner.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef enum { NUMBER, TRUTH, BITS, SIZES, TEXT } shape;

typedef struct {
	const char *name;
	cl_device_info what;
	shape as;
} field;

#define NAMED(code) #code, code

static const field of_device[] = {
	{NAMED(CL_DEVICE_NAME), TEXT},
	{NAMED(CL_DEVICE_VENDOR), TEXT},
	{NAMED(CL_DRIVER_VERSION), TEXT},
	{NAMED(CL_DEVICE_PROFILE), TEXT},
	{NAMED(CL_DEVICE_VERSION), TEXT},
	{NAMED(CL_DEVICE_OPENCL_C_VERSION), TEXT},
	{NAMED(CL_DEVICE_EXTENSIONS), TEXT},
	{NAMED(CL_DEVICE_BUILT_IN_KERNELS), TEXT},
	{NAMED(CL_DEVICE_TYPE), BITS},
	{NAMED(CL_DEVICE_VENDOR_ID), NUMBER},
	{NAMED(CL_DEVICE_MAX_COMPUTE_UNITS), NUMBER},
	{NAMED(CL_DEVICE_MAX_WORK_ITEM_DIMENSIONS), NUMBER},
	{NAMED(CL_DEVICE_MAX_WORK_ITEM_SIZES), SIZES},
	{NAMED(CL_DEVICE_MAX_WORK_GROUP_SIZE), NUMBER},
	{NAMED(CL_DEVICE_PREFERRED_VECTOR_WIDTH_CHAR), NUMBER},
	{NAMED(CL_DEVICE_PREFERRED_VECTOR_WIDTH_SHORT), NUMBER},
	{NAMED(CL_DEVICE_PREFERRED_VECTOR_WIDTH_INT), NUMBER},
	{NAMED(CL_DEVICE_PREFERRED_VECTOR_WIDTH_LONG), NUMBER},
	{NAMED(CL_DEVICE_PREFERRED_VECTOR_WIDTH_HALF), NUMBER},
	{NAMED(CL_DEVICE_PREFERRED_VECTOR_WIDTH_FLOAT), NUMBER},
	{NAMED(CL_DEVICE_PREFERRED_VECTOR_WIDTH_DOUBLE), NUMBER},
	{NAMED(CL_DEVICE_NATIVE_VECTOR_WIDTH_CHAR), NUMBER},
	{NAMED(CL_DEVICE_NATIVE_VECTOR_WIDTH_SHORT), NUMBER},
	{NAMED(CL_DEVICE_NATIVE_VECTOR_WIDTH_INT), NUMBER},
	{NAMED(CL_DEVICE_NATIVE_VECTOR_WIDTH_LONG), NUMBER},
	{NAMED(CL_DEVICE_NATIVE_VECTOR_WIDTH_HALF), NUMBER},
	{NAMED(CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT), NUMBER},
	{NAMED(CL_DEVICE_NATIVE_VECTOR_WIDTH_DOUBLE), NUMBER},
	{NAMED(CL_DEVICE_MAX_CLOCK_FREQUENCY), NUMBER},
	{NAMED(CL_DEVICE_ADDRESS_BITS), NUMBER},
	{NAMED(CL_DEVICE_MAX_MEM_ALLOC_SIZE), NUMBER},
	{NAMED(CL_DEVICE_IMAGE_SUPPORT), TRUTH},
	{NAMED(CL_DEVICE_MAX_READ_IMAGE_ARGS), NUMBER},
	{NAMED(CL_DEVICE_MAX_WRITE_IMAGE_ARGS), NUMBER},
	{NAMED(CL_DEVICE_IMAGE2D_MAX_WIDTH), NUMBER},
	{NAMED(CL_DEVICE_IMAGE2D_MAX_HEIGHT), NUMBER},
	{NAMED(CL_DEVICE_IMAGE3D_MAX_WIDTH), NUMBER},
	{NAMED(CL_DEVICE_IMAGE3D_MAX_HEIGHT), NUMBER},
	{NAMED(CL_DEVICE_IMAGE3D_MAX_DEPTH), NUMBER},
	{NAMED(CL_DEVICE_IMAGE_MAX_BUFFER_SIZE), NUMBER},
	{NAMED(CL_DEVICE_IMAGE_MAX_ARRAY_SIZE), NUMBER},
	{NAMED(CL_DEVICE_MAX_SAMPLERS), NUMBER},
	{NAMED(CL_DEVICE_MAX_PARAMETER_SIZE), NUMBER},
	{NAMED(CL_DEVICE_MEM_BASE_ADDR_ALIGN), NUMBER},
	{NAMED(CL_DEVICE_MIN_DATA_TYPE_ALIGN_SIZE), NUMBER},
	{NAMED(CL_DEVICE_SINGLE_FP_CONFIG), BITS},
	{NAMED(CL_DEVICE_DOUBLE_FP_CONFIG), BITS},
	{"CL_DEVICE_HALF_FP_CONFIG", 0x1033, BITS},
	{NAMED(CL_DEVICE_GLOBAL_MEM_CACHE_TYPE), NUMBER},
	{NAMED(CL_DEVICE_GLOBAL_MEM_CACHELINE_SIZE), NUMBER},
	{NAMED(CL_DEVICE_GLOBAL_MEM_CACHE_SIZE), NUMBER},
	{NAMED(CL_DEVICE_GLOBAL_MEM_SIZE), NUMBER},
	{NAMED(CL_DEVICE_MAX_CONSTANT_BUFFER_SIZE), NUMBER},
	{NAMED(CL_DEVICE_MAX_CONSTANT_ARGS), NUMBER},
	{NAMED(CL_DEVICE_LOCAL_MEM_TYPE), NUMBER},
	{NAMED(CL_DEVICE_LOCAL_MEM_SIZE), NUMBER},
	{NAMED(CL_DEVICE_ERROR_CORRECTION_SUPPORT), TRUTH},
	{NAMED(CL_DEVICE_HOST_UNIFIED_MEMORY), TRUTH},
	{NAMED(CL_DEVICE_PROFILING_TIMER_RESOLUTION), NUMBER},
	{NAMED(CL_DEVICE_ENDIAN_LITTLE), TRUTH},
	{NAMED(CL_DEVICE_AVAILABLE), TRUTH},
	{NAMED(CL_DEVICE_COMPILER_AVAILABLE), TRUTH},
	{NAMED(CL_DEVICE_LINKER_AVAILABLE), TRUTH},
	{NAMED(CL_DEVICE_EXECUTION_CAPABILITIES), BITS},
	{NAMED(CL_DEVICE_QUEUE_PROPERTIES), BITS},
	{NAMED(CL_DEVICE_PRINTF_BUFFER_SIZE), NUMBER},
	{NAMED(CL_DEVICE_PREFERRED_INTEROP_USER_SYNC), TRUTH},
	{NAMED(CL_DEVICE_PARTITION_MAX_SUB_DEVICES), NUMBER},
	{NAMED(CL_DEVICE_PARTITION_AFFINITY_DOMAIN), BITS},
	/* not of OpenCL 1.2, but what many drivers say */
	{"CL_DEVICE_NUMERIC_VERSION", 0x105E, BITS},
	{"CL_DEVICE_PREFERRED_WORK_GROUP_SIZE_MULTIPLE", 0x1067, NUMBER},
	{"CL_DEVICE_MAX_NUM_SUB_GROUPS", 0x105C, NUMBER},
	{"CL_DEVICE_SVM_CAPABILITIES", 0x1053, BITS},
	{"CL_DEVICE_LATEST_CONFORMANCE_VERSION_PASSED", 0x1072, TEXT},
	{"CL_DEVICE_COMPUTE_CAPABILITY_MAJOR_NV", 0x4000, NUMBER},
	{"CL_DEVICE_COMPUTE_CAPABILITY_MINOR_NV", 0x4001, NUMBER},
	{"CL_DEVICE_REGISTERS_PER_BLOCK_NV", 0x4002, NUMBER},
	{"CL_DEVICE_WARP_SIZE_NV", 0x4003, NUMBER},
	{"CL_DEVICE_PCI_BUS_ID_NV", 0x4008, NUMBER},
	{"CL_DEVICE_PCI_SLOT_ID_NV", 0x4009, NUMBER},
	{"CL_DEVICE_BOARD_NAME_AMD", 0x4038, TEXT},
	{"CL_DEVICE_WAVEFRONT_WIDTH_AMD", 0x4043, NUMBER},
};

static const field of_platform[] = {
	{NAMED(CL_PLATFORM_NAME), TEXT},       {NAMED(CL_PLATFORM_VENDOR), TEXT},
	{NAMED(CL_PLATFORM_VERSION), TEXT},    {NAMED(CL_PLATFORM_PROFILE), TEXT},
	{NAMED(CL_PLATFORM_EXTENSIONS), TEXT},
};

typedef struct {
	void (*take)(void *arg, const char *field, const char *value);
	void *arg;
} taker;

/* Values that are not text: `n` bytes at `raw`. Empty for a size that fits none of the shapes. */
static void put_value(td_str *s, shape as, const void *raw, size_t n)
{
	uint32_t narrow;
	uint64_t wide = 0;
	const char *p = raw;
	for (size_t i = 0; as == SIZES && i + sizeof wide <= n; i += sizeof wide) {
		memcpy(&wide, p + i, sizeof wide);
		td_str_addf(s, "%s%" PRIu64, i ? " " : "", wide);
	}
	if (as == SIZES || (n != sizeof narrow && n != sizeof wide))
		return;
	if (n == sizeof wide)
		memcpy(&wide, raw, sizeof wide);
	else {
		memcpy(&narrow, raw, sizeof narrow);
		wide = narrow;
	}
	if (as == TRUTH)
		td_str_add(s, wide ? "true" : "false");
	else
		td_str_addf(s, as == BITS ? "0x%" PRIx64 : "%" PRIu64, wide);
}

static void take_number(const td_cl *cl, const field *f, const taker *t)
{
	unsigned char raw[128];
	size_t n = 0;
	td_str s = {0};
	if (clGetDeviceInfo(cl->device, f->what, sizeof raw, raw, &n) != CL_SUCCESS)
		return;
	put_value(&s, f->as, raw, n);
	if (s.n)
		t->take(t->arg, f->name, s.data);
	td_str_fini(&s);
}

static void take_text(bool known, char *text, const field *f, const taker *t)
{
	if (known)
		t->take(t->arg, f->name, text);
	free(text);
}

void td_cl_fields(const td_device *dev,
                  void (*take)(void *arg, const char *field, const char *value), void *arg)
{
	const taker t = {take, arg};
	char *text;
	for (size_t i = 0; i < TD_COUNT(of_platform); i++) {
		bool known =
			td_cl_platform_text(dev->cl->platform, of_platform[i].what, &text, NULL);
		take_text(known, text, &of_platform[i], &t);
	}
	for (size_t i = 0; i < TD_COUNT(of_device); i++) {
		if (of_device[i].as != TEXT) {
			take_number(dev->cl, &of_device[i], &t);
			continue;
		}
		bool known = td_cl_device_text(dev->cl->device, of_device[i].what, &text, NULL);
		take_text(known, text, &of_device[i], &t);
	}
	take(arg, "build_options", dev->cl->options);
}
