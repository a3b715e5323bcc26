/* cl_bench.h: an OpenCL device for tests that compare C with kernels, without the engine. */
#ifndef TESTS_CL_BENCH_H
#define TESTS_CL_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <CL/cl.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EACH = 4096 }; /* elements a work item, as in the kernels */

/* A device with one program; context is NULL where there is no OpenCL. */
typedef struct {
	cl_context context;
	cl_command_queue queue;
	cl_program program;
	bool f64;
} bench;

static inline void must(cl_int rc, const char *what)
{
	if (rc)
		fail_msg("%s: OpenCL error %d", what, rc);
}

static inline char *read_text(const char *path)
{
	FILE *f = fopen(path, "rb");
	assert_non_null(f);
	char *text = calloc(1, 1 << 16);
	assert_non_null(text);
	assert_in_range(fread(text, 1, (1 << 16) - 1, f), 1, (1 << 16) - 2);
	fclose(f);
	return text;
}

/* The first CPU device, else the first one. */
static inline bool pick(cl_device_id *device)
{
	cl_platform_id platform[16];
	cl_uint n = 0;
	bool found = false;
	if (clGetPlatformIDs(16, platform, &n) != CL_SUCCESS)
		return false;
	for (cl_uint i = 0; i < n && i < 16; i++) {
		if (clGetDeviceIDs(platform[i], CL_DEVICE_TYPE_CPU, 1, device, NULL) == CL_SUCCESS)
			return true;
		if (!found)
			found = clGetDeviceIDs(platform[i], CL_DEVICE_TYPE_ALL, 1, device, NULL) ==
			        CL_SUCCESS;
	}
	return found;
}

/* single: as if the device had no doubles. */
static inline void build(bench *b, cl_device_id device, const char *path, bool single)
{
	char log[2048] = "", options[128], *text = read_text(path);
	const char *texts[] = {text};
	cl_device_fp_config doubles = 0;
	cl_int rc;
	b->program = clCreateProgramWithSource(b->context, 1, texts, NULL, &rc);
	free(text);
	must(rc, "program");
	clGetDeviceInfo(device, CL_DEVICE_DOUBLE_FP_CONFIG, sizeof doubles, &doubles, NULL);
	b->f64 = doubles != 0 && !single;
	snprintf(options, sizeof options, "-cl-std=CL1.2 -I nodes -D TD_CPU=1%s",
	         b->f64 ? " -D TD_FP64=1" : "");
	rc = clBuildProgram(b->program, 1, &device, options, NULL, NULL);
	clGetProgramBuildInfo(b->program, device, CL_PROGRAM_BUILD_LOG, sizeof log - 1, log, NULL);
	if (rc)
		fail_msg("%s does not build: %s", path, log);
}

static inline void bench_open_as(bench *b, const char *path, bool single)
{
	cl_device_id device;
	cl_int rc;
	if (!pick(&device)) {
		print_message("no OpenCL device: C is not compared with OpenCL C\n");
		return;
	}
	b->context = clCreateContext(NULL, 1, &device, NULL, NULL, &rc);
	must(rc, "context");
	b->queue = clCreateCommandQueue(b->context, device, 0, &rc);
	must(rc, "queue");
	build(b, device, path, single);
}

/* Opens a device with the kernels of `path`; says so where there is none. */
static inline void bench_open(bench *b, const char *path)
{
	bench_open_as(b, path, false);
}

/* The same as if the device had no doubles. */
static inline void bench_open_single(bench *b, const char *path)
{
	bench_open_as(b, path, true);
}

static inline void bench_close(bench *b)
{
	if (b->context) {
		clReleaseProgram(b->program);
		clReleaseCommandQueue(b->queue);
		clReleaseContext(b->context);
	}
}

/* Skips the test where there is no device, or none with doubles. */
static inline void bench_need(const bench *b, bool doubles)
{
	if (!b->context || (doubles && !b->f64))
		skip();
}

typedef struct {
	const void *x, *y; /* inputs, of `in` bytes each */
	size_t in;
	void *z; /* output, of `out` bytes */
	size_t out;
} bench_data;

/* Runs one kernel over `items` work items in groups of `local`. */
static inline void bench_run(bench *b, const char *name, size_t items, size_t local, bench_data d)
{
	cl_int rc[4];
	cl_mem_flags in = CL_MEM_READ_ONLY | CL_MEM_USE_HOST_PTR;
	cl_mem m[] = {clCreateBuffer(b->context, in, d.in, (void *)(uintptr_t)d.x, &rc[0]),
	              clCreateBuffer(b->context, in, d.in, (void *)(uintptr_t)d.y, &rc[1]),
	              clCreateBuffer(b->context, CL_MEM_WRITE_ONLY, d.out, NULL, &rc[2])};
	cl_kernel k = clCreateKernel(b->program, name, &rc[3]);
	for (int i = 0; i < 4; i++)
		must(rc[i], name);
	for (cl_uint i = 0; i < 3; i++)
		must(clSetKernelArg(k, i, sizeof m[i], &m[i]), name);
	must(clEnqueueNDRangeKernel(b->queue, k, 1, NULL, &items, &local, 0, NULL, NULL), name);
	must(clEnqueueReadBuffer(b->queue, m[2], CL_TRUE, 0, d.out, d.z, 0, NULL, NULL), name);
	clReleaseKernel(k);
	for (int i = 0; i < 3; i++)
		clReleaseMemObject(m[i]);
}

/* Bits of one device result against those of C. */
static inline void same_bits(const char *kernel, const void *x, const void *c, const void *d,
                             size_t size, size_t n)
{
	const unsigned char *a = c, *b = d, *from = x;
	if (!memcmp(c, d, size * n))
		return;
	size_t i = 0;
	while (!memcmp(a + size * i, b + size * i, size))
		i++;
	uint64_t in = 0, want = 0, got = 0;
	memcpy(&in, from + size * i, size);
	memcpy(&want, a + size * i, size);
	memcpy(&got, b + size * i, size);
	fail_msg("%s(%" PRIx64 "): C makes %" PRIx64 ", the device %" PRIx64, kernel, in, want,
	         got);
}

#endif
