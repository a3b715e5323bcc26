/* Kernel sources, building, the binary cache, and what td_launch checks. */
#include "devices.h"

#include <dirent.h>
#include <unistd.h>

#include "base/file.h"

extern const td_node td_tensor_copy;

/* -- helpers -------------------------------------------------------------- */

static char scratch[] = "/tmp/tandem-test-XXXXXX"; /* for caches and kernels */

static int make_scratch(void **state)
{
	(void)state;
	return mkdtemp(scratch) && setenv("TANDEM_CACHE", scratch, 1) == 0 ? 0 : -1;
}

/* Removes the files of a folder and the folder. */
static void clear(const char *dir)
{
	DIR *d = opendir(dir);
	for (const struct dirent *f; d && (f = readdir(d)) != NULL;) {
		char *path = td_path_join(dir, f->d_name);
		unlink(path);
		free(path);
	}
	if (d)
		closedir(d);
	rmdir(dir);
}

static int remove_scratch(void **state)
{
	(void)state;
	static const char *const folders[] = {"kernels", "k/tensor", "k/a", "k", ""};
	for (size_t i = 0; i < TD_COUNT(folders); i++) {
		char *dir = td_path_join(scratch, folders[i]);
		clear(dir);
		free(dir);
	}
	return access(scratch, F_OK) == 0 ? -1 : 0;
}

/* scratch/path with that text. */
static void put_file(const char *path, const char *text)
{
	static td_err e;
	char *file = td_path_join(scratch, path), *dir = td_path_dir(file);
	assert_true(td_mkdirs(dir, &e) && td_file_write(file, text, strlen(text), &e));
	free(dir);
	free(file);
}

static void build_ok(td_device *dev, const td_impl *impl, td_build *info)
{
	static td_err e;
	if (!td_device_build(dev, &impl, 1, info, &e))
		fail_msg("%s", e.text);
}

/* -- sources -------------------------------------------------------------- */

static const char *assembled(const td_impl *const *impls, int n, td_str *s, td_err *e)
{
	td_str_fini(s);
	return td_source_assemble(impls, n, s, e) ? td_str_text(s) : e->text;
}

static void test_includes(void **state)
{
	(void)state;
	static td_err e;
	td_str s = {0};
	char *k = td_path_join(scratch, "k"), want[1024];
	put_file("k/both.clh", "both\n");
	put_file("k/a/own.clh", "own\n # include \t\"both.clh\"\nend of own");
	put_file("k/a/t_body.h", "body\n");
	setenv("TANDEM_KERNELS", k, 1);
	const td_impl one = {"cl", TD_ON_OPENCL, NULL, "a/one.cl",
	                     "#include \"own.clh\"\n1\n#include \"t_body.h\"\n#include <x.h>\n"
	                     "#include \"t_body.h\"\n"};
	const td_impl two = {"cl", TD_ON_OPENCL, NULL, "two.cl", "#include \"both.clh\"\n2"};
	const td_impl *const impls[] = {&one, &two};
	td_clip(want, sizeof want,
	        "#line 1 \"a/one.cl\"\n#line 1 \"%s/a/own.clh\"\nown\n#line 1 \"%s/both.clh\"\n"
	        "both\n#line 3 \"%s/a/own.clh\"\nend of own\n#line 2 \"a/one.cl\"\n1\n"
	        "#line 1 \"%s/a/t_body.h\"\nbody\n#line 4 \"a/one.cl\"\n#include <x.h>\n"
	        "#line 1 \"%s/a/t_body.h\"\nbody\n#line 6 \"a/one.cl\"\n"
	        "#line 1 \"two.cl\"\n\n2\n",
	        k, k, k, k, k);
	assert_string_equal(assembled(impls, 2, &s, &e), want);
	unsetenv("TANDEM_KERNELS");
	td_str_fini(&s);
	free(k);
}

static void test_missing(void **state)
{
	(void)state;
	static td_err e;
	td_str s = {0};
	td_impl impl = {"cl", TD_ON_OPENCL, NULL, "a/one.cl", "\n\n#include \"lost.clh\"\n"};
	const td_impl *const p = &impl;
	assert_string_equal(assembled(&p, 1, &s, &e),
	                    "TD0803: a/one.cl:3: no file \"lost.clh\" to include in nodes/a/ or "
	                    "nodes/; kernels can include what is under nodes/ only");
	assert_int_equal(e.code, TD_E_USAGE);
	impl.source = "one.cl";
	assert_string_equal(assembled(&p, 1, &s, &e),
	                    "TD0803: one.cl:3: no file \"lost.clh\" to include in nodes/; kernels "
	                    "can include what is under nodes/ only");
	impl.text = NULL;
	assert_string_equal(assembled(&p, 1, &s, &e),
	                    "TD0803: nodes/one.cl: no such kernel file in the program");

	char *k = td_path_join(scratch, "k");
	put_file("k/loop_body.h", "#include \"loop_body.h\"\n");
	setenv("TANDEM_KERNELS", k, 1);
	impl.text = "#include \"loop_body.h\"\n";
	assert_string_not_equal(assembled(&p, 1, &s, &e), "");
	assert_true(td_ends(e.text, "k/loop_body.h: includes are nested more than 16 deep"));
	assert_true(td_starts(e.text, "TD0803: "));
	setenv("TANDEM_KERNELS", "no/such", 1);
	assert_string_equal(
		assembled(&p, 1, &s, &e),
		"TANDEM_KERNELS is \"no/such\", which is no folder: the kernels that are "
		"built in would be used");
	assert_int_equal(e.code, TD_E_USAGE);
	unsetenv("TANDEM_KERNELS");
	td_str_fini(&s);
	free(k);
}

/* -- building ------------------------------------------------------------- */

static void test_build_log(void **state)
{
	(void)state;
	td_device *dev = open_cpu();
	static td_err e;
	const td_impl broken = {"cl", TD_ON_OPENCL, NULL, "plug/broken.cl",
	                        "__kernel void f(__global float *x)\n{\n\tx[0] = y;\n}\n"};
	const td_impl *p = &broken;
	assert_false(td_device_build(dev, &p, 1, NULL, &e));
	assert_int_equal(e.code, TD_E_DEVICE);
	assert_true(td_starts(e.text, "clBuildProgram: CL_BUILD_PROGRAM_FAILURE (-11): the kernels "
	                              "do not compile\n"));
	assert_non_null(strstr(e.text, "use of undeclared identifier 'y'"));
	if (td_starts(dev->caps.id, "pocl:")) /* Oclgrind counts the lines of the whole text */
		assert_non_null(strstr(e.text, "plug/broken.cl:3:"));
	assert_null(td_cl_program(dev->cl, p));
	const td_impl lost = {"cl", TD_ON_OPENCL, NULL, "plug/lost.cl", "#include \"lost.clh\"\n"};
	p = &lost;
	assert_false(td_device_build(dev, &p, 1, NULL, &e));
	assert_true(td_starts(e.text, "TD0803: plug/lost.cl:1: no file \"lost.clh\""));
	td_device_close(dev);
}

static const char kernels[] =
	"__kernel __attribute__((reqd_work_group_size(8, 1, 1)))\n"
	"void all_types(__global long *out, __global const float *absent, int a, long b, float c,\n"
	"               double d)\n"
	"{\n"
	"	size_t i = get_global_id(0);\n"
	"	if (i == 0 && !absent)\n"
	"		out[0] = a + b + (long)(c * 4) + (long)(d * 4);\n"
	"	if (i == 8)\n"
	"		out[1] = get_global_size(0);\n"
	"}\n"
	"__kernel void no_size(__global long *out) { out[0] = 1; }\n"
	"__kernel __attribute__((reqd_work_group_size(2, 1, 1 << 20)))\n"
	"void too_long(__global long *out) { out[0] = 1; }\n"
	"__kernel __attribute__((reqd_work_group_size(1024, 1024, 1)))\n"
	"void too_many(__global long *out) { out[0] = 1; }\n";

/* What the next call of `launch` does. */
typedef struct {
	const char *kernel;
	int64_t items;
	const td_arg *args;
	size_t n_args;
} launching;

static bool launch(const td_call *c, td_err *e)
{
	const launching *l = c->params;
	return td_launch(c, l->kernel, (int64_t[3]){l->items, 1, 1}, l->args, l->n_args, e);
}

static const td_impl test_impl = {"cl", TD_ON_OPENCL, launch, "plug/test.cl", kernels};

static bool launched(td_device *dev, const launching *l, td_err *e)
{
	td_call call = {.params = l};
	return td_device_run(dev, &test_impl, &call, 0, e);
}

static bool count(void *arg, const td_launched *l, td_err *e)
{
	(void)l;
	(void)e;
	++*(int *)arg;
	return true;
}

static void test_launch(void **state)
{
	(void)state;
	td_device *dev = open_cpu();
	static td_err e;
	td_mem m;
	static td_build info;
	int64_t got[2] = {0, 0};
	int n = 0;
	assert_true(td_mem_new(dev, sizeof got, &m, &e));
	assert_true(td_mem_write(dev, &m, 0, got, sizeof got, NULL, &e));
	const td_tensor out = {TD_I64, 1, {2}, NULL, m.cl}, absent = {TD_F32, 1, {2}, NULL, NULL};
	const td_arg args[] = {TD_T(&out),      TD_T(&absent), TD_I(-1000),
	                       TD_L(1LL << 40), TD_F(0.25),    TD_D(0.5)};
	launching l = {"all_types", 9, args, TD_COUNT(args)};

	assert_false(launched(dev, &l, &e));
	assert_string_equal(e.text,
	                    "kernel all_types: plug/test.cl is not built (td_device_build)");
	build_ok(dev, &test_impl, &info);
	assert_true(info.build_ns > 0);
	if (!launched(dev, &l, &e))
		fail_msg("%s", e.text);
	assert_true(td_mem_read(dev, &m, 0, got, sizeof got, NULL, &e));
	assert_int_equal(got[0], (1LL << 40) - 1000 + 1 + 2);
	assert_int_equal(got[1], 16); /* 9 items in groups of 8 */

	l.items = 0; /* nothing to do */
	assert_true(launched(dev, &l, &e));
	assert_true(td_device_finish(dev, &e) && td_device_collect(dev, count, &n, &e));
	assert_int_equal(n, 1);

	/* built already: at once, and the same */
	static td_build again;
	build_ok(dev, &test_impl, &again);
	assert_int_equal(again.build_ns, 0);
	assert_string_equal(again.source_sha256, info.source_sha256);
	td_mem_free(dev, &m);
	td_device_close(dev);
}

static void test_launch_errors(void **state)
{
	(void)state;
	td_device *dev = open_cpu();
	static td_err e;
	td_mem m;
	char want[256];
	assert_true(td_mem_new(dev, 16, &m, &e));
	const td_tensor out = {TD_I64, 1, {2}, NULL, m.cl};
	const td_arg args[] = {TD_T(&out), TD_I(1)};
	build_ok(dev, &test_impl, NULL);
	assert_false(launched(dev, &(launching){"lost", 1, args, 1}, &e));
	assert_string_equal(e.text, "kernel lost of plug/test.cl: clCreateKernel: "
	                            "CL_INVALID_KERNEL_NAME (-46): the program has no kernel of "
	                            "that name");
	assert_false(launched(dev, &(launching){"no_size", 1, args, 1}, &e));
	assert_string_equal(e.text, "kernel no_size of plug/test.cl: it has no "
	                            "reqd_work_group_size: put TD_WG(n), or the attribute, before "
	                            "its name");
	assert_false(launched(dev, &(launching){"all_types", 1, args, 2}, &e));
	assert_string_equal(e.text, "kernel all_types of plug/test.cl: 2 arguments given, the "
	                            "kernel takes 6");
	assert_false(launched(dev, &(launching){"all_types", -1, args, 2}, &e));
	assert_string_equal(e.text, "kernel all_types of plug/test.cl: -1 work items");
	const td_arg wrong[] = {TD_T(&out), TD_T(&out), TD_L(1), TD_L(1), TD_F(1), TD_D(1)};
	assert_false(launched(dev, &(launching){"all_types", 1, wrong, 6}, &e));
	assert_string_equal(e.text, "kernel all_types of plug/test.cl: argument 2: clSetKernelArg: "
	                            "CL_INVALID_ARG_SIZE (-51): an argument has another size in "
	                            "the kernel");
	assert_false(launched(dev, &(launching){"too_long", 1, args, 1}, &e));
	td_clip(want, sizeof want,
	        "kernel too_long of plug/test.cl: its groups are 1048576 work items long in "
	        "dimension 2; %s allows %zu",
	        dev->caps.id, dev->cl->max_items[2]);
	assert_string_equal(e.text, want);
	assert_false(launched(dev, &(launching){"too_many", 1, args, 1}, &e));
	td_clip(want, sizeof want,
	        "kernel too_many of plug/test.cl: its groups have 1048576 work items; %s allows %d",
	        dev->caps.id, dev->caps.max_group);
	assert_string_equal(e.text, want);
	td_mem_free(dev, &m);
	td_device_close(dev);
}

static void test_codes(void **state)
{
	(void)state;
	static td_err e;
	assert_true(td_cl_ok("clFinish", CL_SUCCESS, &e));
	assert_false(td_cl_ok("clFinish", CL_OUT_OF_RESOURCES, &e));
	assert_string_equal(e.text, "clFinish: CL_OUT_OF_RESOURCES (-5): the device ran out of "
	                            "something, or a kernel touched memory that is not its own");
	assert_int_equal(e.code, TD_E_DEVICE);
	assert_false(td_cl_ok("clFinish", -9999, &e));
	assert_string_equal(e.text, "clFinish: an NVIDIA code (-9999): a kernel touched memory "
	                            "that is not its own");
	assert_false(td_cl_ok("clFinish", -12345, &e));
	assert_string_equal(e.text, "clFinish: OpenCL code -12345, which no table explains");
}

/* One launch of the test kernels, from opening to closing. */
static void whole_run(td_build *info)
{
	td_device *dev = open_cpu();
	static td_err e;
	td_mem m;
	int64_t got[2] = {0, 0};
	assert_true(td_mem_new(dev, sizeof got, &m, &e));
	const td_tensor out = {TD_I64, 1, {2}, NULL, m.cl}, absent = {.rank = -1};
	const td_arg args[] = {TD_T(&out), TD_T(&absent), TD_I(1), TD_L(2), TD_F(3), TD_D(4)};
	build_ok(dev, &test_impl, info);
	if (!launched(dev, &(launching){"all_types", 9, args, 6}, &e))
		fail_msg("%s", e.text);
	assert_true(td_mem_read(dev, &m, 0, got, sizeof got, NULL, &e));
	assert_int_equal(got[0], 1 + 2 + 12 + 16);
	td_mem_free(dev, &m);
	td_device_close(dev);
}

/* Does a whole run find its kernels in the cache? */
static bool from_cache(void)
{
	static td_build info;
	whole_run(&info);
	return info.from_cache;
}

static td_sha256 cache_key(const td_build *info)
{
	td_device *dev = open_cpu();
	td_sha256 key = td_binary_key(dev, info->source_sha256);
	td_device_close(dev);
	return key;
}

static void test_cache(void **state)
{
	(void)state;
	char *dir = td_path_join(scratch, "kernels"), *file, *data, name[80];
	size_t n;
	static td_err e;
	clear(dir);
	static td_build first, second;
	whole_run(&first);
	for (int i = 2; i <= 10; i++) /* a CPU keeps what is used ten times */
		assert_false(from_cache());
	whole_run(&second);
	assert_string_equal(first.binary_sha256, "");
	assert_true(second.from_cache);
	assert_true(td_sha256_valid(second.binary_sha256));
	assert_true(td_sha256_valid(second.source_sha256));
	assert_string_equal(first.source_sha256, second.source_sha256);
	assert_string_equal(first.options, second.options);

	/* damaged, cut, or refused by the driver: built again, and kept again */
	td_clip(name, sizeof name, "%s.bin", cache_key(&first).hex);
	file = td_path_join(dir, name);
	assert_true(td_file_read(file, 1 << 28, &data, &n, &e));
	data[n / 2] ^= 1;
	assert_true(td_file_write(file, data, n, &e));
	assert_false(from_cache());
	assert_true(from_cache());
	assert_true(td_file_write(file, data, 40, &e));
	assert_false(from_cache());
	static const char other[] = "no binary of any driver";
	td_str s = {0};
	td_str_addf(&s, "tandem kernels 1 %s\n%s", td_sha256_text(other).hex, other);
	assert_true(td_file_write(file, s.data, s.n, &e));
	assert_false(from_cache());
	assert_true(from_cache());
	td_str_fini(&s);
	free(data);
	free(file);
	free(dir);
}

/* -- environment ---------------------------------------------------------- */

static uint32_t copied(const char *impl_name, td_build *info, bool *is_cpu)
{
	const td_impl *impl = td_tensor_copy.impls;
	while (!td_same(impl->name, impl_name))
		impl++;
	td_device *dev = open_cpu();
	static td_err e;
	td_mem m[2];
	uint32_t x = 41, y = 0;
	build_ok(dev, impl, info);
	*is_cpu = dev->cl->as_cpu;
	assert_true(td_mem_new(dev, 4, &m[0], &e) && td_mem_new(dev, 4, &m[1], &e));
	assert_true(td_mem_write(dev, &m[0], 0, &x, 4, NULL, &e));
	const td_tensor in = {TD_I32, 0, {0}, NULL, m[0].cl}, out = {TD_I32, 0, {0}, NULL, m[1].cl};
	td_call call = {.in = &in, .out = &out};
	assert_true(td_device_run(dev, impl, &call, 0, &e));
	assert_true(td_mem_read(dev, &m[1], 0, &y, 4, NULL, &e));
	td_mem_free(dev, &m[1]);
	td_mem_free(dev, &m[0]);
	td_device_close(dev);
	return y;
}

static void test_override(void **state)
{
	(void)state;
	static td_build before, after;
	bool is_cpu;
	char *k = td_path_join(scratch, "k");
	assert_int_equal(copied("cl", &before, &is_cpu), 41);
	assert_true(is_cpu);
	assert_non_null(strstr(before.options, "-D TD_CPU=1"));
	put_file("k/tensor/copy.cl",
	         "__kernel __attribute__((reqd_work_group_size(1, 1, 1)))\n"
	         "void tensor_copy_4(__global const uint *x, __global uint *y, long n)\n"
	         "{ y[0] = x[0] + 1; }\n");
	setenv("TANDEM_KERNELS", k, 1);
	assert_int_equal(copied("cl", &after, &is_cpu), 42);
	assert_string_not_equal(before.source_sha256, after.source_sha256);
	unsetenv("TANDEM_KERNELS");
	free(k);
}

static void test_gpu_config(void **state)
{
	(void)state;
	static td_build info;
	bool is_cpu;
	setenv("TANDEM_CL_CONFIG", "gpu", 1);
	assert_int_equal(copied("cl", &info, &is_cpu), 41);
	unsetenv("TANDEM_CL_CONFIG");
	assert_false(is_cpu);
	assert_non_null(strstr(info.options, "-cl-std=CL1.2 -D TD_GPU=1 -D TD_LANES=64"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_includes),   cmocka_unit_test(test_missing),
		cmocka_unit_test(test_build_log),  cmocka_unit_test(test_launch),
		cmocka_unit_test(test_codes),      cmocka_unit_test(test_launch_errors),
		cmocka_unit_test(test_cache),      cmocka_unit_test(test_override),
		cmocka_unit_test(test_gpu_config),
	};
	return cmocka_run_group_tests(tests, make_scratch, remove_scratch);
}
