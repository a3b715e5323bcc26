/* devices.h: what the tests of devices share. */
#ifndef TD_TESTS_DEVICES_H
#define TD_TESTS_DEVICES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "device/cl_inner.h"

/* The first OpenCL CPU; the test is skipped where there is none. */
static inline td_device *open_cpu(void)
{
	static td_err e;
	td_device_list list;
	td_device *dev = NULL;
	char id[96] = "";
	assert_true(td_device_list_init(&list, &e));
	for (int i = 0; i < list.n && !*id; i++)
		if (list.items[i].type == TD_DEVICE_CPU)
			memcpy(id, list.items[i].id, sizeof id);
	td_device_list_fini(&list);
	if (!*id) {
		puts("skipped: no OpenCL CPU on this machine (Debian: pocl-opencl-icd)");
		skip();
	}
	if (!td_device_open(id, &dev, &e))
		fail_msg("%s", e.text);
	return dev;
}

static inline td_device *open_native(void)
{
	static td_err e;
	td_device *dev;
	if (!td_device_open("native", &dev, &e))
		fail_msg("%s", e.text);
	return dev;
}

/* Is that what the device holds? */
static inline void check_bytes(td_device *dev, const td_mem *m, int64_t offset, const void *want,
                               int64_t n)
{
	static td_err e;
	char *got = td_alloc((size_t)n + 1);
	if (!td_mem_read(dev, m, offset, got, n, NULL, &e))
		fail_msg("%s", e.text);
	assert_memory_equal(got, want, (size_t)n);
	free(got);
}

#endif
