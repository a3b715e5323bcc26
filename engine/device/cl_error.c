/* cl_error.c: the codes of OpenCL in words. Layer 3. */
#include "cl_inner.h"

typedef struct {
	cl_int code;
	const char *name, *meaning;
} meaning;

#define NAMED(code) code, #code

static const meaning meanings[] = {
	{NAMED(CL_DEVICE_NOT_FOUND), "no device of that kind"},
	{NAMED(CL_DEVICE_NOT_AVAILABLE), "the device is there but cannot be used now"},
	{NAMED(CL_COMPILER_NOT_AVAILABLE), "the driver brings no compiler"},
	{NAMED(CL_MEM_OBJECT_ALLOCATION_FAILURE), "the device has no memory left for a buffer"},
	{NAMED(CL_OUT_OF_RESOURCES), "the device ran out of something, or a kernel touched memory "
                                     "that is not its own"},
	{NAMED(CL_OUT_OF_HOST_MEMORY), "the driver ran out of host memory"},
	{NAMED(CL_PROFILING_INFO_NOT_AVAILABLE), "no times: the command has not finished"},
	{NAMED(CL_MEM_COPY_OVERLAP), "source and target of a copy overlap"},
	{NAMED(CL_IMAGE_FORMAT_MISMATCH), "image formats differ"},
	{NAMED(CL_IMAGE_FORMAT_NOT_SUPPORTED), "image format not supported"},
	{NAMED(CL_BUILD_PROGRAM_FAILURE), "the kernels do not compile"},
	{NAMED(CL_MAP_FAILURE), "the buffer cannot be mapped"},
	{NAMED(CL_MISALIGNED_SUB_BUFFER_OFFSET), "a part of a buffer starts off the alignment"},
	{NAMED(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST), "a command waited for has failed"},
	{NAMED(CL_COMPILE_PROGRAM_FAILURE), "the kernels do not compile"},
	{NAMED(CL_LINKER_NOT_AVAILABLE), "the driver brings no linker"},
	{NAMED(CL_LINK_PROGRAM_FAILURE), "the kernels do not link"},
	{NAMED(CL_DEVICE_PARTITION_FAILED), "the device cannot be divided that way"},
	{NAMED(CL_KERNEL_ARG_INFO_NOT_AVAILABLE), "the binary holds no argument names"},
	{NAMED(CL_INVALID_VALUE), "a value is out of range"},
	{NAMED(CL_INVALID_DEVICE_TYPE), "no such kind of device"},
	{NAMED(CL_INVALID_PLATFORM), "no such platform"},
	{NAMED(CL_INVALID_DEVICE), "no such device, or not of this context"},
	{NAMED(CL_INVALID_CONTEXT), "no such context"},
	{NAMED(CL_INVALID_QUEUE_PROPERTIES), "the device has no such queue"},
	{NAMED(CL_INVALID_COMMAND_QUEUE), "no such queue, or the device behind it is lost"},
	{NAMED(CL_INVALID_HOST_PTR), "a host address is missing or not wanted"},
	{NAMED(CL_INVALID_MEM_OBJECT), "no such buffer"},
	{NAMED(CL_INVALID_IMAGE_FORMAT_DESCRIPTOR), "no such image format"},
	{NAMED(CL_INVALID_IMAGE_SIZE), "image too large"},
	{NAMED(CL_INVALID_SAMPLER), "no such sampler"},
	{NAMED(CL_INVALID_BINARY), "the binary is not for this device"},
	{NAMED(CL_INVALID_BUILD_OPTIONS), "the compiler does not know an option"},
	{NAMED(CL_INVALID_PROGRAM), "no such program"},
	{NAMED(CL_INVALID_PROGRAM_EXECUTABLE), "the program is not built for this device"},
	{NAMED(CL_INVALID_KERNEL_NAME), "the program has no kernel of that name"},
	{NAMED(CL_INVALID_KERNEL_DEFINITION), "the kernel's arguments differ between devices"},
	{NAMED(CL_INVALID_KERNEL), "no such kernel"},
	{NAMED(CL_INVALID_ARG_INDEX), "the kernel has fewer arguments"},
	{NAMED(CL_INVALID_ARG_VALUE), "an argument's value does not fit its kind"},
	{NAMED(CL_INVALID_ARG_SIZE), "an argument has another size in the kernel"},
	{NAMED(CL_INVALID_KERNEL_ARGS), "an argument was not set"},
	{NAMED(CL_INVALID_WORK_DIMENSION), "work has 1, 2 or 3 dimensions"},
	{NAMED(CL_INVALID_WORK_GROUP_SIZE), "the group does not fit the kernel or the device"},
	{NAMED(CL_INVALID_WORK_ITEM_SIZE), "the group is too long in one dimension"},
	{NAMED(CL_INVALID_GLOBAL_OFFSET), "the offset is out of range"},
	{NAMED(CL_INVALID_EVENT_WAIT_LIST), "a list of events is malformed"},
	{NAMED(CL_INVALID_EVENT), "no such event"},
	{NAMED(CL_INVALID_OPERATION), "not allowed here"},
	{NAMED(CL_INVALID_GL_OBJECT), "no such OpenGL object"},
	{NAMED(CL_INVALID_BUFFER_SIZE), "the buffer is empty or larger than the device allows"},
	{NAMED(CL_INVALID_MIP_LEVEL), "no such mip level"},
	{NAMED(CL_INVALID_GLOBAL_WORK_SIZE), "more work items than the device can count"},
	{NAMED(CL_INVALID_PROPERTY), "no such property"},
	{NAMED(CL_INVALID_IMAGE_DESCRIPTOR), "no such image"},
	{NAMED(CL_INVALID_COMPILER_OPTIONS), "the compiler does not know an option"},
	{NAMED(CL_INVALID_LINKER_OPTIONS), "the linker does not know an option"},
	{NAMED(CL_INVALID_DEVICE_PARTITION_COUNT), "the device cannot be divided so often"},
	{-1001, "CL_PLATFORM_NOT_FOUND_KHR", "no OpenCL platform is installed"},
	{-9999, "an NVIDIA code", "a kernel touched memory that is not its own"},
};

static const meaning *find(cl_int code)
{
	for (size_t i = 0; i < TD_COUNT(meanings); i++)
		if (meanings[i].code == code)
			return &meanings[i];
	return NULL;
}

bool td_cl_ok(const char *call, cl_int code, td_err *e)
{
	if (code == CL_SUCCESS)
		return true;
	const meaning *m = find(code);
	if (!m)
		return td_fail(e, TD_E_DEVICE, "%s: OpenCL code %d, which no table explains", call,
		               code);
	return td_fail(e, TD_E_DEVICE, "%s: %s (%d): %s", call, m->name, code, m->meaning);
}
