/* cl_fields.c: all that a driver says about device and platform, for the database. Layer 3. A field
 * that the driver does not know is left out. */
#include "cl_inner.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef enum { NUMBER, TRUTH, BITS, SIZES, TEXT } shape;

typedef struct {
	cl_device_info what;
	const char *name;
	shape as;
} field;

#define ROW(name, as)           \
	{                       \
		name, #name, as \
	}

static const field of_device[] = {
	ROW(CL_DEVICE_NAME, TEXT),
	ROW(CL_DEVICE_VENDOR, TEXT),
	ROW(CL_DRIVER_VERSION, TEXT),
	ROW(CL_DEVICE_PROFILE, TEXT),
	ROW(CL_DEVICE_VERSION, TEXT),
	ROW(CL_DEVICE_OPENCL_C_VERSION, TEXT),
	ROW(CL_DEVICE_EXTENSIONS, TEXT),
	ROW(CL_DEVICE_BUILT_IN_KERNELS, TEXT),
	ROW(CL_DEVICE_TYPE, BITS),
	ROW(CL_DEVICE_VENDOR_ID, NUMBER),
	ROW(CL_DEVICE_MAX_COMPUTE_UNITS, NUMBER),
	ROW(CL_DEVICE_MAX_WORK_ITEM_DIMENSIONS, NUMBER),
	ROW(CL_DEVICE_MAX_WORK_ITEM_SIZES, SIZES),
	ROW(CL_DEVICE_MAX_WORK_GROUP_SIZE, NUMBER),
	ROW(CL_DEVICE_PREFERRED_VECTOR_WIDTH_CHAR, NUMBER),
	ROW(CL_DEVICE_PREFERRED_VECTOR_WIDTH_SHORT, NUMBER),
	ROW(CL_DEVICE_PREFERRED_VECTOR_WIDTH_INT, NUMBER),
	ROW(CL_DEVICE_PREFERRED_VECTOR_WIDTH_LONG, NUMBER),
	ROW(CL_DEVICE_PREFERRED_VECTOR_WIDTH_HALF, NUMBER),
	ROW(CL_DEVICE_PREFERRED_VECTOR_WIDTH_FLOAT, NUMBER),
	ROW(CL_DEVICE_PREFERRED_VECTOR_WIDTH_DOUBLE, NUMBER),
	ROW(CL_DEVICE_NATIVE_VECTOR_WIDTH_CHAR, NUMBER),
	ROW(CL_DEVICE_NATIVE_VECTOR_WIDTH_SHORT, NUMBER),
	ROW(CL_DEVICE_NATIVE_VECTOR_WIDTH_INT, NUMBER),
	ROW(CL_DEVICE_NATIVE_VECTOR_WIDTH_LONG, NUMBER),
	ROW(CL_DEVICE_NATIVE_VECTOR_WIDTH_HALF, NUMBER),
	ROW(CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, NUMBER),
	ROW(CL_DEVICE_NATIVE_VECTOR_WIDTH_DOUBLE, NUMBER),
	ROW(CL_DEVICE_MAX_CLOCK_FREQUENCY, NUMBER),
	ROW(CL_DEVICE_ADDRESS_BITS, NUMBER),
	ROW(CL_DEVICE_MAX_MEM_ALLOC_SIZE, NUMBER),
	ROW(CL_DEVICE_IMAGE_SUPPORT, TRUTH),
	ROW(CL_DEVICE_MAX_READ_IMAGE_ARGS, NUMBER),
	ROW(CL_DEVICE_MAX_WRITE_IMAGE_ARGS, NUMBER),
	ROW(CL_DEVICE_IMAGE2D_MAX_WIDTH, NUMBER),
	ROW(CL_DEVICE_IMAGE2D_MAX_HEIGHT, NUMBER),
	ROW(CL_DEVICE_IMAGE3D_MAX_WIDTH, NUMBER),
	ROW(CL_DEVICE_IMAGE3D_MAX_HEIGHT, NUMBER),
	ROW(CL_DEVICE_IMAGE3D_MAX_DEPTH, NUMBER),
	ROW(CL_DEVICE_IMAGE_MAX_BUFFER_SIZE, NUMBER),
	ROW(CL_DEVICE_IMAGE_MAX_ARRAY_SIZE, NUMBER),
	ROW(CL_DEVICE_MAX_SAMPLERS, NUMBER),
	ROW(CL_DEVICE_MAX_PARAMETER_SIZE, NUMBER),
	ROW(CL_DEVICE_MEM_BASE_ADDR_ALIGN, NUMBER),
	ROW(CL_DEVICE_MIN_DATA_TYPE_ALIGN_SIZE, NUMBER),
	ROW(CL_DEVICE_SINGLE_FP_CONFIG, BITS),
	ROW(CL_DEVICE_DOUBLE_FP_CONFIG, BITS),
	{0x1033, "CL_DEVICE_HALF_FP_CONFIG", BITS},
	ROW(CL_DEVICE_GLOBAL_MEM_CACHE_TYPE, NUMBER),
	ROW(CL_DEVICE_GLOBAL_MEM_CACHELINE_SIZE, NUMBER),
	ROW(CL_DEVICE_GLOBAL_MEM_CACHE_SIZE, NUMBER),
	ROW(CL_DEVICE_GLOBAL_MEM_SIZE, NUMBER),
	ROW(CL_DEVICE_MAX_CONSTANT_BUFFER_SIZE, NUMBER),
	ROW(CL_DEVICE_MAX_CONSTANT_ARGS, NUMBER),
	ROW(CL_DEVICE_LOCAL_MEM_TYPE, NUMBER),
	ROW(CL_DEVICE_LOCAL_MEM_SIZE, NUMBER),
	ROW(CL_DEVICE_ERROR_CORRECTION_SUPPORT, TRUTH),
	ROW(CL_DEVICE_HOST_UNIFIED_MEMORY, TRUTH),
	ROW(CL_DEVICE_PROFILING_TIMER_RESOLUTION, NUMBER),
	ROW(CL_DEVICE_ENDIAN_LITTLE, TRUTH),
	ROW(CL_DEVICE_AVAILABLE, TRUTH),
	ROW(CL_DEVICE_COMPILER_AVAILABLE, TRUTH),
	ROW(CL_DEVICE_LINKER_AVAILABLE, TRUTH),
	ROW(CL_DEVICE_EXECUTION_CAPABILITIES, BITS),
	ROW(CL_DEVICE_QUEUE_PROPERTIES, BITS),
	ROW(CL_DEVICE_PRINTF_BUFFER_SIZE, NUMBER),
	ROW(CL_DEVICE_PREFERRED_INTEROP_USER_SYNC, TRUTH),
	ROW(CL_DEVICE_PARTITION_MAX_SUB_DEVICES, NUMBER),
	ROW(CL_DEVICE_PARTITION_AFFINITY_DOMAIN, BITS),
	/* not of OpenCL 1.2, but what many drivers say */
	{0x105E, "CL_DEVICE_NUMERIC_VERSION", BITS},
	{0x1067, "CL_DEVICE_PREFERRED_WORK_GROUP_SIZE_MULTIPLE", NUMBER},
	{0x105C, "CL_DEVICE_MAX_NUM_SUB_GROUPS", NUMBER},
	{0x1053, "CL_DEVICE_SVM_CAPABILITIES", BITS},
	{0x1072, "CL_DEVICE_LATEST_CONFORMANCE_VERSION_PASSED", TEXT},
	{0x4000, "CL_DEVICE_COMPUTE_CAPABILITY_MAJOR_NV", NUMBER},
	{0x4001, "CL_DEVICE_COMPUTE_CAPABILITY_MINOR_NV", NUMBER},
	{0x4002, "CL_DEVICE_REGISTERS_PER_BLOCK_NV", NUMBER},
	{0x4003, "CL_DEVICE_WARP_SIZE_NV", NUMBER},
	{0x4008, "CL_DEVICE_PCI_BUS_ID_NV", NUMBER},
	{0x4009, "CL_DEVICE_PCI_SLOT_ID_NV", NUMBER},
	{0x4038, "CL_DEVICE_BOARD_NAME_AMD", TEXT},
	{0x4043, "CL_DEVICE_WAVEFRONT_WIDTH_AMD", NUMBER},
};

static const field of_platform[] = {
	ROW(CL_PLATFORM_NAME, TEXT),       ROW(CL_PLATFORM_VENDOR, TEXT),
	ROW(CL_PLATFORM_VERSION, TEXT),    ROW(CL_PLATFORM_PROFILE, TEXT),
	ROW(CL_PLATFORM_EXTENSIONS, TEXT),
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
