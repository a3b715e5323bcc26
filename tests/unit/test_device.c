/* Picking and opening devices, and what they say about themselves. */
#include "devices.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

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
}

static void test_wrong_config(void **state)
{
	(void)state;
	td_device *dev;
	td_err e;
	td_device_close(open_cpu());
	setenv("TANDEM_CL_CONFIG", "tpu", 1);
	assert_false(td_device_open("cpu", &dev, &e));
	assert_string_equal(
		e.text,
		"TANDEM_CL_CONFIG is \"tpu\"; give cpu or gpu, single, or both with a comma");
	unsetenv("TANDEM_CL_CONFIG");
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

static void test_fields_native(void **state)
{
	(void)state;
	td_device *dev = open_native();
	counted host = {.wanted = "kernel_release"};
	td_device_fields(dev, count_field, &host);
	assert_true(host.seen);
	assert_true(host.n >= 30);
	td_device_close(dev);
}

static void test_fields_cl(void **state)
{
	(void)state;
	td_device *dev = open_cpu();
	counted cl = {.wanted = "CL_DRIVER_VERSION"};
	td_device_fields(dev, count_field, &cl);
	assert_true(cl.seen);
	assert_true(cl.n >= 80);
	td_device_close(dev);
}

int main(int argc, char **argv)
{
	if (argc == 3 && td_same(argv[1], "--open"))
		return say_open(argv[2]);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pick),          cmocka_unit_test(test_ids),
		cmocka_unit_test(test_list),          cmocka_unit_test(test_no_driver),
		cmocka_unit_test(test_open_errors),   cmocka_unit_test(test_wrong_config),
		cmocka_unit_test(test_fields_native), cmocka_unit_test(test_fields_cl),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
