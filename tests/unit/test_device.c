/* Picking and opening devices, their memory, and td_device_run on native and on OpenCL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "device/cl_inner.h"

extern const td_node td_tensor_copy;

/* -- helpers -------------------------------------------------------------- */

/* The first OpenCL CPU; the test is skipped where there is none. */
static td_device *open_cpu(void)
{
	td_err e;
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

static td_device *open_native(void)
{
	td_err e;
	td_device *dev;
	if (!td_device_open("native", &dev, &e))
		fail_msg("%s", e.text);
	return dev;
}

static const td_impl *impl_of(const td_node *node, const char *name)
{
	for (const td_impl *i = node->impls; i->name; i++)
		if (td_same(i->name, name))
			return i;
	fail_msg("no impl %s", name);
	return NULL;
}

/* -- picking -------------------------------------------------------------- */

static td_caps some(const char *id, const char *name, td_device_type type)
{
	td_caps c = {.type = type};
	td_clip(c.id, sizeof c.id, "%s", id);
	td_clip(c.name, sizeof c.name, "%s", name);
	return c;
}

/* The id picked, or the message. */
static const char *picked(const td_device_list *list, const char *name, td_err *e)
{
	int i = -1;
	return td_device_pick(list, name, &i, e) ? list->items[i].id : e->text;
}

static void test_pick(void **state)
{
	(void)state;
	static td_caps items[5];
	items[0] = some("native", "Xeon", TD_DEVICE_NATIVE);
	items[1] = some("ref", "Xeon", TD_DEVICE_REF);
	items[2] = some("pocl:xeon", "pthread-Xeon", TD_DEVICE_CPU);
	items[3] = some("nvidia:h200", "NVIDIA H200", TD_DEVICE_GPU);
	items[4] = some("nvidia:h200#2", "NVIDIA H200", TD_DEVICE_GPU);
	td_device_list all = {items, 5}, one_gpu = {items, 4}, cpu = {items, 3}, host = {items, 2};
	td_err e;

	assert_string_equal(picked(&all, "native", &e), "native");
	assert_string_equal(picked(&all, "ref", &e), "ref");
	assert_string_equal(picked(&all, "cpu", &e), "pocl:xeon");
	assert_string_equal(picked(&all, "nvidia:h200", &e), "nvidia:h200");
	assert_string_equal(picked(&all, "nvidia:h200#2", &e), "nvidia:h200#2");
	assert_string_equal(picked(&all, "XEON", &e), "pocl:xeon"); /* native is no pattern */
	assert_string_equal(picked(&one_gpu, "gpu", &e), "nvidia:h200");
	assert_string_equal(picked(&one_gpu, "H20", &e), "nvidia:h200");
	assert_string_equal(picked(&all, "auto", &e), "nvidia:h200");
	assert_string_equal(picked(&cpu, "auto", &e), "pocl:xeon");
	assert_string_equal(picked(&host, "auto", &e), "native");

	assert_string_equal(picked(&all, "gpu", &e), "\"gpu\" fits 2 devices; give the id of one:\n"
	                                             "  nvidia:h200  (gpu, NVIDIA H200)\n"
	                                             "  nvidia:h200#2  (gpu, NVIDIA H200)");
	assert_int_equal(e.code, TD_E_DEVICE);
	assert_string_equal(picked(&host, "cpu", &e),
	                    "no CPU with OpenCL: install a driver for it (Debian: "
	                    "pocl-opencl-icd) or run on native; there are:\n"
	                    "  native  (native, Xeon)\n"
	                    "  ref  (ref, Xeon)");
	assert_string_equal(picked(&cpu, "gpu", &e), "no GPU with OpenCL; there are:\n"
	                                             "  native  (native, Xeon)\n"
	                                             "  ref  (ref, Xeon)\n"
	                                             "  pocl:xeon  (cpu, pthread-Xeon)");
	assert_string_equal(picked(&host, "foo", &e), "no device is called \"foo\"; there are:\n"
	                                              "  native  (native, Xeon)\n"
	                                              "  ref  (ref, Xeon)");
	assert_int_equal(e.code, TD_E_DEVICE);
	assert_string_equal(picked(&host, "", &e), "the name of a device is empty; there are:\n"
	                                           "  native  (native, Xeon)\n"
	                                           "  ref  (ref, Xeon)");
}

static void test_ids(void **state)
{
	(void)state;
	char id[96];
	td_cl_slug(id, sizeof id, "Portable Computing Language",
	           "pthread-skylake-avx512-Intel(R) Xeon(R) Processor");
	assert_string_equal(id, "pocl:skylake-avx512-intel-r-xeon-r-processor");
	td_cl_slug(id, sizeof id, "Portable Computing Language", "cpu-znver5-AMD EPYC");
	assert_string_equal(id, "pocl:znver5-amd-epyc");
	td_cl_slug(id, sizeof id, "NVIDIA CUDA", "NVIDIA H200");
	assert_string_equal(id, "nvidia:h200");
	td_cl_slug(id, sizeof id, "Some (new) driver ", "cpu-x");
	assert_string_equal(id, "some-new-driver:cpu-x");

	static td_found items[] = {{.place = "pci 3"}, {.place = "pci 1"}, {.place = "pci 2"},
	                           {.place = "pci 0"}, {.place = ""},      {.place = ""}};
	const char *const names[] = {"a", "a", "a", "b", "c", "c"};
	const char *const wanted[] = {"a#3", "a", "a#2", "b", "c", "c#2"};
	for (size_t i = 0; i < TD_COUNT(items); i++)
		td_clip(items[i].caps.id, sizeof items[i].caps.id, "%s", names[i]);
	td_founds_number(&(td_founds){items, TD_COUNT(items), TD_COUNT(items)});
	for (size_t i = 0; i < TD_COUNT(items); i++)
		assert_string_equal(items[i].caps.id, wanted[i]);

	assert_true(td_cl_has("cl_a cl_khr_fp64 cl_b", "cl_khr_fp64"));
	assert_true(td_cl_has("cl_khr_fp64", "cl_khr_fp64"));
	assert_false(td_cl_has("cl_khr_fp64_more xcl_khr_fp64", "cl_khr_fp64"));
	assert_false(td_cl_has("", "cl_khr_fp64"));
}

static void test_list(void **state)
{
	(void)state;
	td_device_list list;
	td_err e;
	assert_true(td_device_list_init(&list, &e));
	assert_true(list.n >= 2);
	assert_string_equal(list.items[0].id, "native");
	assert_string_equal(list.items[1].id, "ref");
	assert_int_equal(list.items[1].type, TD_DEVICE_REF);
	for (int i = 2; i < list.n; i++) {
		assert_non_null(strchr(list.items[i].id, ':'));
		assert_true(list.items[i].max_alloc_bytes > 0 && list.items[i].base_align > 0);
		for (int j = 0; j < i; j++)
			assert_string_not_equal(list.items[i].id, list.items[j].id);
	}
	td_device_list_fini(&list);
	td_device_list_fini(&list);
}

/* What `open` says in a process whose loader finds no driver: the loader looks once a process. */
static void open_elsewhere(const char *device, const char *vendors, const char *libs, char *said,
                           size_t cap)
{
	int out[2], status;
	assert_int_equal(pipe(out), 0);
	pid_t child = fork();
	if (child == 0) {
		dup2(out[1], 1);
		setenv("OCL_ICD_VENDORS", vendors, 1);
		setenv("LD_LIBRARY_PATH", libs, 1);
		execl("/proc/self/exe", "test_device", "--open", device, (char *)NULL);
		_exit(127);
	}
	close(out[1]);
	size_t n = 0;
	ssize_t got;
	while ((got = read(out[0], said + n, cap - 1 - n)) > 0)
		n += (size_t)got;
	said[n] = '\0';
	close(out[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static int say_open(const char *name)
{
	td_err e = {.text = ""};
	td_device *dev;
	if (td_device_open(name, &dev, &e))
		printf("opened %s", td_device_caps(dev)->id);
	else
		printf("%s", e.text);
	td_device_close(dev);
	return 0;
}

static void test_no_driver(void **state)
{
	(void)state;
	static char said[2048], want[2048];
	char dir[] = "/tmp/tandem-test-XXXXXX", lib[64];
	td_caps host = td_caps_native();
	assert_non_null(mkdtemp(dir));
	open_elsewhere("cpu", dir, "", said, sizeof said);
	td_clip(want, sizeof want,
	        "no CPU with OpenCL: install a driver for it (Debian: pocl-opencl-icd) or run on "
	        "native; there are:\n  native  (native, %s)\n  ref  (ref, %s)\n"
	        "no OpenCL driver answers; OCL_ICD_VENDORS is %s",
	        host.name, host.name, dir);
	assert_string_equal(said, want);
	open_elsewhere("auto", dir, "", said, sizeof said);
	assert_string_equal(said, "opened native");

	/* NVIDIA's library without the file that names it; any library will do */
	td_clip(lib, sizeof lib, "%s/libnvidia-opencl.so.1", dir);
	char *bytes;
	size_t n;
	td_err e;
	if (!td_file_read("/lib/x86_64-linux-gnu/libm.so.6", 1 << 28, &bytes, &n, &e)) {
		puts("skipped: no libm.so.6 to play libnvidia-opencl.so.1");
	} else {
		assert_true(td_file_write(lib, bytes, n, &e));
		open_elsewhere("gpu", dir, dir, said, sizeof said);
		td_clip(want, sizeof want,
		        "no GPU with OpenCL; there are:\n  native  (native, %s)\n  ref  (ref, %s)\n"
		        "no OpenCL driver answers; OCL_ICD_VENDORS is %s; %s is there, but no "
		        ".icd file in %s names it: put the line libnvidia-opencl.so.1 into "
		        "%s/nvidia.icd",
		        host.name, host.name, dir, lib, dir, dir);
		assert_string_equal(said, want);
		free(bytes);
		unlink(lib);
	}
	rmdir(dir);
}

static void test_open_errors(void **state)
{
	(void)state;
	td_device *dev;
	td_err e;
	assert_false(td_device_open("no such thing", &dev, &e));
	assert_null(dev);
	assert_int_equal(e.code, TD_E_DEVICE);
	assert_true(
		td_starts(e.text, "no device is called \"no such thing\"; there are:\n  native"));
	td_device_close(NULL);

	setenv("TANDEM_THREADS", "many", 1);
	assert_false(td_device_open("native", &dev, &e));
	assert_string_equal(e.text, "TANDEM_THREADS is \"many\"; give a number from 1 to 1024");
	assert_int_equal(e.code, TD_E_USAGE);
	setenv("TANDEM_THREADS", "3", 1);
	assert_true(td_device_open("ref", &dev, &e));
	assert_int_equal(td_device_threads(dev), 3);
	td_device_close(dev);
	unsetenv("TANDEM_THREADS");

	td_device_close(open_cpu());
	setenv("TANDEM_CL_CONFIG", "tpu", 1);
	assert_false(td_device_open("cpu", &dev, &e));
	assert_string_equal(e.text, "TANDEM_CL_CONFIG is \"tpu\"; give cpu or gpu");
	unsetenv("TANDEM_CL_CONFIG");
}

/* -- memory --------------------------------------------------------------- */

static void check_bytes(td_device *dev, const td_mem *m, int64_t offset, const void *want,
                        int64_t n)
{
	td_err e;
	char *got = td_alloc((size_t)n + 1);
	if (!td_mem_read(dev, m, offset, got, n, NULL, &e))
		fail_msg("%s", e.text);
	assert_memory_equal(got, want, (size_t)n);
	free(got);
}

static void round_trip(td_device *dev)
{
	td_err e;
	td_mem m, part, empty;
	td_times t;
	enum { N = 8192 };
	static char bytes[N];
	int64_t unit = td_device_caps(dev)->base_align;
	for (int i = 0; i < N; i++)
		bytes[i] = (char)(i * 7);
	assert_true(td_mem_new(dev, N, &m, &e));
	assert_int_equal(m.bytes, N);
	assert_true(td_mem_write(dev, &m, 0, bytes, N, &t, &e));
	assert_true(t.host_end_ns >= t.host_begin_ns && t.host_begin_ns > 0);
	check_bytes(dev, &m, 0, bytes, N);
	check_bytes(dev, &m, 17, bytes + 17, 4000);
	check_bytes(dev, &m, N, bytes, 0);

	/* a part is a window on its block */
	assert_true(td_mem_part(dev, &m, 2 * unit, 1000, &part, &e));
	check_bytes(dev, &part, 0, bytes + 2 * unit, 1000);
	assert_true(td_mem_write(dev, &part, 3, "tandem", 6, NULL, &e));
	memcpy(bytes + 2 * unit + 3, "tandem", 6);
	check_bytes(dev, &m, 0, bytes, N);
	const uint16_t pattern = 0x4241;
	assert_true(td_mem_fill(dev, &part, 10, 4, &pattern, 2, &e));
	memcpy(bytes + 2 * unit + 10, "ABAB", 4);
	check_bytes(dev, &m, 0, bytes, N);
	assert_true(td_mem_part(dev, &m, N, 0, &empty, &e));
	assert_int_equal(empty.bytes, 0);
	td_mem_free(dev, &empty);
	td_mem_free(dev, &part);
	td_mem_free(dev, &m);
	assert_null(m.cl);
	td_mem_free(dev, &m);
}

static void mapped(td_device *dev)
{
	td_err e;
	td_mem m, part;
	enum { N = 4096 };
	char *mine = aligned_alloc(4096, N);
	memset(mine, 1, N);
	assert_true(td_mem_wrap(dev, mine, N, &m, &e));
	assert_ptr_equal(m.host, mine);
	int64_t unit = td_device_caps(dev)->base_align;
	assert_true(td_mem_part(dev, &m, unit, 64, &part, &e));
	assert_ptr_equal(part.host, mine + unit);
	const char two = 2;
	assert_true(td_mem_fill(dev, &part, 0, 64, &two, 1, &e));
	assert_true(td_mem_map(dev, &m, N, &e));
	for (int i = 0; i < N; i++)
		assert_int_equal(mine[i], i >= unit && i < unit + 64 ? 2 : 1);
	mine[unit] = 3;
	assert_true(td_mem_unmap(dev, &m, &e));
	check_bytes(dev, &part, 0, "\3\2\2", 3);
	assert_true(td_mem_map(dev, &part, 64, &e));
	((char *)part.host)[1] = 4;
	assert_true(td_mem_unmap(dev, &part, &e));
	check_bytes(dev, &m, unit, "\3\4\2", 3);
	td_mem_free(dev, &part);
	td_mem_free(dev, &m);
	free(mine);

	assert_true(td_mem_wrap(dev, NULL, 0, &m, &e));
	assert_true(td_mem_map(dev, &m, 0, &e));
	assert_true(td_mem_unmap(dev, &m, &e));
	td_mem_free(dev, &m);
}

static void bad_memory(td_device *dev)
{
	td_err e;
	td_mem m, part, none;
	td_caps caps = *td_device_caps(dev);
	char want[512], x[16] = "";
	assert_true(td_mem_new(dev, 1000, &m, &e));
	assert_false(td_mem_read(dev, &m, 990, x, 11, NULL, &e));
	assert_string_equal(e.text, "a read of 11 bytes at 990 in a buffer of 1000 bytes");
	assert_false(td_mem_write(dev, &m, -1, x, 1, NULL, &e));
	assert_string_equal(e.text, "a write of 1 bytes at -1 in a buffer of 1000 bytes");
	assert_false(td_mem_fill(dev, &m, 0, 9, x, 3, &e));
	assert_string_equal(e.text, "a fill with a pattern of 3 bytes; 1, 2, 4 … 128 go");
	assert_false(td_mem_fill(dev, &m, 4, 10, x, 4, &e));
	assert_string_equal(e.text, "a fill of 10 bytes at 4 with a pattern of 4 bytes: both must "
	                            "be multiples of it");
	assert_false(td_mem_part(dev, &m, 1, 10, &part, &e));
	td_clip(want, sizeof want, "a part of a buffer at 1; %s wants multiples of %d", caps.id,
	        caps.base_align);
	assert_string_equal(e.text, want);
	assert_false(td_mem_part(dev, &m, caps.base_align, 1000, &part, &e));
	assert_true(td_mem_part(dev, &m, caps.base_align, 100, &part, &e));
	assert_false(td_mem_part(dev, &part, 0, 10, &none, &e));
	assert_string_equal(e.text, "a part of a part of a buffer");
	td_mem_free(dev, &part);
	td_mem_free(dev, &m);
	assert_false(td_mem_wrap(dev, x + 1, 4, &m, &e));
	assert_true(td_starts(e.text, "memory to wrap must start on 4096 bytes, not at 0x"));

	int64_t bytes = caps.max_alloc_bytes + 1;
	assert_false(td_mem_new(dev, bytes, &m, &e));
	assert_int_equal(e.code, TD_E_DEVICE);
	td_clip(want, sizeof want,
	        "%s: a buffer of %lld bytes: needs %s in one buffer, the device allows %s", caps.id,
	        (long long)bytes, td_bytes_text((double)bytes).text,
	        td_bytes_text((double)caps.max_alloc_bytes).text);
	assert_string_equal(e.text, want);
	assert_null(m.host);
}

static void test_memory(void **state)
{
	(void)state;
	td_device *dev = open_native();
	round_trip(dev);
	mapped(dev);
	bad_memory(dev);
	td_device_close(dev);
	dev = open_cpu();
	round_trip(dev);
	mapped(dev);
	bad_memory(dev);
	td_device_close(dev);
}

/* -- running -------------------------------------------------------------- */

static void take_ok(td_device *dev, const td_impl *impl, td_call *call, int64_t tag)
{
	td_err e;
	if (!td_device_run(dev, impl, call, tag, &e))
		fail_msg("%s", e.text);
	assert_null(call->rt);
}

/* y = x for n elements of `dtype`; guard bytes behind y stay. */
static void copy_n(td_device *dev, const char *impl_name, td_dtype dtype, int64_t n)
{
	enum { GUARD = 64 };
	const td_impl *impl = impl_of(&td_tensor_copy, impl_name);
	td_err e;
	td_mem x, y;
	int64_t bytes = n * (int64_t)td_sizeof(dtype);
	unsigned char *data = td_alloc((size_t)bytes + GUARD), guard[GUARD];
	for (int64_t i = 0; i < bytes; i++)
		data[i] = (unsigned char)(i * 13 + n);
	memset(guard, 0xA5, sizeof guard);
	memcpy(data + bytes, guard, GUARD);
	if (!td_device_build(dev, &impl, 1, NULL, &e))
		fail_msg("%s", e.text);
	assert_true(td_mem_new(dev, bytes, &x, &e) && td_mem_new(dev, bytes + GUARD, &y, &e));
	assert_true(td_mem_write(dev, &x, 0, data, bytes, NULL, &e));
	assert_true(td_mem_fill(dev, &y, 0, bytes, (const char[]){0x55}, 1, &e));
	assert_true(td_mem_write(dev, &y, bytes, guard, GUARD, NULL, &e));
	td_tensor in = {dtype, 1, {n}, dev->cl ? NULL : x.host, x.cl};
	td_tensor out = {dtype, 1, {n}, dev->cl ? NULL : y.host, y.cl};
	td_call call = {.in = &in, .out = &out};
	take_ok(dev, impl, &call, n);
	assert_true(td_device_finish(dev, &e));
	check_bytes(dev, &y, 0, data, bytes + GUARD);
	td_mem_free(dev, &y);
	td_mem_free(dev, &x);
	free(data);
}

static void test_copy(void **state)
{
	(void)state;
	static const int64_t sizes[] = {0, 1, 15, 16, 17, 1000};
	static const td_dtype dtypes[] = {TD_F32, TD_F64, TD_U8};
	td_device *dev = open_native();
	for (size_t i = 0; i < TD_COUNT(sizes); i++)
		for (size_t j = 0; j < TD_COUNT(dtypes); j++)
			copy_n(dev, "native", dtypes[j], sizes[i]);
	copy_n(dev, "native", TD_F64, 1 << 20);
	td_device_close(dev);
	dev = open_cpu();
	for (size_t i = 0; i < TD_COUNT(sizes); i++)
		for (size_t j = 0; j < TD_COUNT(dtypes); j++)
			copy_n(dev, "cl", dtypes[j], sizes[i]);
	td_device_close(dev);
}

typedef struct {
	int n;
	int64_t end; /* on the device, of the launch before */
	int64_t host_end;
	bool opencl;
	const char *kernel;
} collected;

static bool take(void *arg, const td_launched *l, td_err *e)
{
	(void)e;
	collected *c = arg;
	assert_int_equal(l->tag, 100 + c->n);
	assert_string_equal(l->kernel, c->kernel);
	assert_true(l->t.host_begin_ns >= c->host_end);
	assert_true(l->t.host_end_ns >= l->t.host_begin_ns);
	c->host_end = l->t.host_end_ns;
	if (c->opencl) {
		assert_int_equal(l->items[0], 4);
		assert_int_equal(l->items[1], 1);
		assert_true(l->local[0] >= 1);
		assert_true(l->t.queued_ns > 0 && l->t.submit_ns >= l->t.queued_ns);
		assert_true(l->t.start_ns >= l->t.submit_ns && l->t.end_ns >= l->t.start_ns);
		assert_true(l->t.start_ns >= c->end); /* in order */
		c->end = l->t.end_ns;
	} else {
		assert_int_equal(l->t.queued_ns + l->t.end_ns, 0);
		assert_int_equal(l->items[0], 0);
	}
	c->n++;
	return true;
}

static bool refuse(void *arg, const td_launched *l, td_err *e)
{
	(void)l;
	++*(int *)arg;
	return td_fail(e, TD_E_DATA, "no more");
}

static void collecting(td_device *dev, const char *impl_name, const char *kernel)
{
	enum { N = 64, LAUNCHES = 300 };
	const td_impl *impl = impl_of(&td_tensor_copy, impl_name);
	td_err e;
	td_mem x, y;
	assert_true(td_device_build(dev, &impl, 1, NULL, &e));
	assert_true(td_mem_new(dev, N * 4, &x, &e) && td_mem_new(dev, N * 4, &y, &e));
	assert_true(td_mem_fill(dev, &x, 0, N * 4, "", 1, &e));
	td_tensor in = {TD_F32, 1, {N}, x.host, x.cl}, out = {TD_F32, 1, {N}, y.host, y.cl};
	td_call call = {.in = &in, .out = &out};
	for (int i = 0; i < LAUNCHES; i++)
		take_ok(dev, impl, &call, 100 + i);
	assert_true(td_device_finish(dev, &e));
	collected c = {.opencl = dev->cl != NULL, .kernel = kernel};
	assert_true(td_device_collect(dev, take, &c, &e));
	assert_int_equal(c.n, LAUNCHES);
	assert_true(td_device_collect(dev, take, &c, &e));
	assert_int_equal(c.n, LAUNCHES);

	/* a taker that fails ends it; nothing comes twice */
	int calls = 0;
	take_ok(dev, impl, &call, 1);
	take_ok(dev, impl, &call, 2);
	assert_true(td_device_finish(dev, &e));
	assert_false(td_device_collect(dev, refuse, &calls, &e));
	assert_string_equal(e.text, "no more");
	assert_true(td_device_collect(dev, refuse, &calls, &e));
	assert_int_equal(calls, 1);
	take_ok(dev, impl, &call, 3); /* left for td_device_close */
	td_mem_free(dev, &y);
	td_mem_free(dev, &x);
}

static void test_collect(void **state)
{
	(void)state;
	td_device *dev = open_native();
	collecting(dev, "native", "native");
	td_device_close(dev);
	dev = open_cpu();
	collecting(dev, "cl", "tensor_copy_4");
	td_device_close(dev);
}

static bool launch_on_host(const td_call *c, td_err *e)
{
	return td_launch(c, "f", (int64_t[3]){1, 1, 1}, NULL, 0, e);
}

static bool record_on_host(const td_call *c, td_err *e)
{
	assert_true(td_is_cpu(c));
	assert_null(td_cl_queue(c));
	return td_cl_record(c, "gemm", NULL, e);
}

static void test_wrong_place(void **state)
{
	(void)state;
	td_err e;
	td_call call = {0};
	td_device *dev = open_native();
	const td_impl launches = {"odd", TD_ON_HOST, launch_on_host};
	assert_false(td_device_run(dev, &launches, &call, 0, &e));
	assert_string_equal(e.text, "td_launch(f) outside an OpenCL call");
	const td_impl records = {"odd", TD_ON_HOST, record_on_host};
	assert_false(td_device_run(dev, &records, &call, 0, &e));
	assert_string_equal(e.text, "td_cl_record(gemm) outside an OpenCL call");
	assert_false(td_device_run(dev, impl_of(&td_tensor_copy, "cl"), &call, 0, &e));
	assert_string_equal(e.text, "impl cl runs with OpenCL; native is the host");
	td_build info = {.build_ns = 1};
	const td_impl *impl = impl_of(&td_tensor_copy, "cl");
	assert_true(td_device_build(dev, &impl, 1, &info, &e));
	assert_int_equal(info.build_ns, 0);
	td_device_close(dev);

	dev = open_cpu();
	char want[256];
	assert_false(td_device_run(dev, impl_of(&td_tensor_copy, "ref"), &call, 0, &e));
	td_clip(want, sizeof want, "impl ref runs on the host; %s is an OpenCL device",
	        td_device_caps(dev)->id);
	assert_string_equal(e.text, want);
	td_device_close(dev);
}

/* -- fields --------------------------------------------------------------- */

typedef struct {
	int n;
	const char *wanted;
	bool seen;
} counted;

static void count_field(void *arg, const char *field, const char *value)
{
	counted *c = arg;
	c->n++;
	assert_non_null(value);
	if (td_same(field, c->wanted)) {
		assert_true(*value != '\0');
		c->seen = true;
	}
}

static void test_fields(void **state)
{
	(void)state;
	td_device *dev = open_native();
	counted host = {.wanted = "kernel_release"};
	td_device_fields(dev, count_field, &host);
	assert_true(host.seen);
	assert_true(host.n >= 15);
	td_device_close(dev);
	dev = open_cpu();
	counted cl = {.wanted = "CL_DRIVER_VERSION"};
	td_device_fields(dev, count_field, &cl);
	assert_true(cl.seen);
	assert_true(cl.n >= 60);
	td_device_close(dev);
}

int main(int argc, char **argv)
{
	if (argc == 3 && td_same(argv[1], "--open"))
		return say_open(argv[2]);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pick),        cmocka_unit_test(test_ids),
		cmocka_unit_test(test_list),        cmocka_unit_test(test_no_driver),
		cmocka_unit_test(test_open_errors), cmocka_unit_test(test_memory),
		cmocka_unit_test(test_copy),        cmocka_unit_test(test_collect),
		cmocka_unit_test(test_wrong_place), cmocka_unit_test(test_fields),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
