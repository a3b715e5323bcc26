#include "cl_inner.h"

#include <stdio.h>

typedef struct {
	cl_int code;
	const char *name, *meaning;
} meaning;

#define ROW(name, meaning)           \
	{                            \
		name, #name, meaning \
	}

static const meaning meanings[] = {
	ROW(CL_DEVICE_NOT_FOUND, "no device of that kind"),
	ROW(CL_DEVICE_NOT_AVAILABLE, "the device is there but cannot be used now"),
	ROW(CL_COMPILER_NOT_AVAILABLE, "the driver brings no compiler"),
	ROW(CL_MEM_OBJECT_ALLOCATION_FAILURE, "the device has no memory left for a buffer"),
	ROW(CL_OUT_OF_RESOURCES, "the device ran out of something, or a kernel touched memory "
                                 "that is not its own"),
	ROW(CL_OUT_OF_HOST_MEMORY, "the driver ran out of host memory"),
	ROW(CL_PROFILING_INFO_NOT_AVAILABLE, "no times: the command has not finished"),
	ROW(CL_MEM_COPY_OVERLAP, "source and target of a copy overlap"),
	ROW(CL_IMAGE_FORMAT_MISMATCH, "image formats differ"),
	ROW(CL_IMAGE_FORMAT_NOT_SUPPORTED, "image format not supported"),
	ROW(CL_BUILD_PROGRAM_FAILURE, "the kernels do not compile"),
	ROW(CL_MAP_FAILURE, "the buffer cannot be mapped"),
	ROW(CL_MISALIGNED_SUB_BUFFER_OFFSET, "a part of a buffer starts off the alignment"),
	ROW(CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST, "a command waited for has failed"),
	ROW(CL_COMPILE_PROGRAM_FAILURE, "the kernels do not compile"),
	ROW(CL_LINKER_NOT_AVAILABLE, "the driver brings no linker"),
	ROW(CL_LINK_PROGRAM_FAILURE, "the kernels do not link"),
	ROW(CL_DEVICE_PARTITION_FAILED, "the device cannot be divided that way"),
	ROW(CL_KERNEL_ARG_INFO_NOT_AVAILABLE, "the binary holds no argument names"),
	ROW(CL_INVALID_VALUE, "a value is out of range"),
	ROW(CL_INVALID_DEVICE_TYPE, "no such kind of device"),
	ROW(CL_INVALID_PLATFORM, "no such platform"),
	ROW(CL_INVALID_DEVICE, "no such device, or not of this context"),
	ROW(CL_INVALID_CONTEXT, "no such context"),
	ROW(CL_INVALID_QUEUE_PROPERTIES, "the device has no such queue"),
	ROW(CL_INVALID_COMMAND_QUEUE, "no such queue, or the device behind it is lost"),
	ROW(CL_INVALID_HOST_PTR, "a host address is missing or not wanted"),
	ROW(CL_INVALID_MEM_OBJECT, "no such buffer"),
	ROW(CL_INVALID_IMAGE_FORMAT_DESCRIPTOR, "no such image format"),
	ROW(CL_INVALID_IMAGE_SIZE, "image too large"),
	ROW(CL_INVALID_SAMPLER, "no such sampler"),
	ROW(CL_INVALID_BINARY, "the binary is not for this device"),
	ROW(CL_INVALID_BUILD_OPTIONS, "the compiler does not know an option"),
	ROW(CL_INVALID_PROGRAM, "no such program"),
	ROW(CL_INVALID_PROGRAM_EXECUTABLE, "the program is not built for this device"),
	ROW(CL_INVALID_KERNEL_NAME, "the program has no kernel of that name"),
	ROW(CL_INVALID_KERNEL_DEFINITION, "the kernel's arguments differ between devices"),
	ROW(CL_INVALID_KERNEL, "no such kernel"),
	ROW(CL_INVALID_ARG_INDEX, "the kernel has fewer arguments"),
	ROW(CL_INVALID_ARG_VALUE, "an argument's value does not fit its kind"),
	ROW(CL_INVALID_ARG_SIZE, "an argument has another size in the kernel"),
	ROW(CL_INVALID_KERNEL_ARGS, "an argument was not set"),
	ROW(CL_INVALID_WORK_DIMENSION, "work has 1, 2 or 3 dimensions"),
	ROW(CL_INVALID_WORK_GROUP_SIZE, "the group does not fit the kernel or the device"),
	ROW(CL_INVALID_WORK_ITEM_SIZE, "the group is too long in one dimension"),
	ROW(CL_INVALID_GLOBAL_OFFSET, "the offset is out of range"),
	ROW(CL_INVALID_EVENT_WAIT_LIST, "a list of events is malformed"),
	ROW(CL_INVALID_EVENT, "no such event"),
	ROW(CL_INVALID_OPERATION, "not allowed here"),
	ROW(CL_INVALID_GL_OBJECT, "no such OpenGL object"),
	ROW(CL_INVALID_BUFFER_SIZE, "the buffer is empty or larger than the device allows"),
	ROW(CL_INVALID_MIP_LEVEL, "no such mip level"),
	ROW(CL_INVALID_GLOBAL_WORK_SIZE, "more work items than the device can count"),
	ROW(CL_INVALID_PROPERTY, "no such property"),
	ROW(CL_INVALID_IMAGE_DESCRIPTOR, "no such image"),
	ROW(CL_INVALID_COMPILER_OPTIONS, "the compiler does not know an option"),
	ROW(CL_INVALID_LINKER_OPTIONS, "the linker does not know an option"),
	ROW(CL_INVALID_DEVICE_PARTITION_COUNT, "the device cannot be divided so often"),
	{-1001, "CL_PLATFORM_NOT_FOUND_KHR", "no OpenCL platform is installed"},
	{-9999, "CL_-9999", "NVIDIA: a kernel touched memory that is not its own"},
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
