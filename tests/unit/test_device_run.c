/* td_device_run on native and on OpenCL, and what is collected afterwards. */
#include "devices.h"

extern const td_node td_tensor_copy;

static const td_impl *impl_of(const td_node *node, const char *name)
{
	for (const td_impl *i = node->impls; i->name; i++)
		if (td_same(i->name, name))
			return i;
	fail_msg("no impl %s", name);
	return NULL;
}

static void take_ok(td_device *dev, const td_impl *impl, td_call *call, int64_t tag)
{
	static td_err e;
	if (!td_device_run(dev, impl, call, tag, &e))
		fail_msg("%s", e.text);
	assert_null(call->rt);
}

/* y = x for n elements of `dtype`; guard bytes behind y stay. */
static void copy_n(td_device *dev, const char *impl_name, td_dtype dtype, int64_t n)
{
	enum { GUARD = 64 };
	const td_impl *impl = impl_of(&td_tensor_copy, impl_name);
	static td_err e;
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

static void copy_all(td_device *dev, const char *impl_name)
{
	static const int64_t sizes[] = {0, 1, 15, 16, 17, 1000};
	static const td_dtype dtypes[] = {TD_F32, TD_F64, TD_U8};
	for (size_t i = 0; i < TD_COUNT(sizes); i++)
		for (size_t j = 0; j < TD_COUNT(dtypes); j++)
			copy_n(dev, impl_name, dtypes[j], sizes[i]);
}

static void test_copy_native(void **state)
{
	(void)state;
	td_device *dev = open_native();
	copy_all(dev, "native");
	copy_n(dev, "native", TD_F64, 1 << 20);
	td_device_close(dev);
}

static void test_copy_cl(void **state)
{
	(void)state;
	td_device *dev = open_cpu();
	copy_all(dev, "cl");
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
	static td_err e;
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

static void test_collect_native(void **state)
{
	(void)state;
	td_device *dev = open_native();
	collecting(dev, "native", "native");
	td_device_close(dev);
}

static void test_collect_cl(void **state)
{
	(void)state;
	td_device *dev = open_cpu();
	collecting(dev, "cl", "tensor_copy_4");
	td_device_close(dev);
}

static bool launch_on_host(const td_call *c, td_err *e)
{
	return td_launch(c, "f", (int64_t[3]){1, 1, 1}, NULL, 0, e);
}

/* Stands in for a library: it enqueues by itself and hands the event over. */
static bool library(const td_call *c, td_err *e)
{
	cl_event event;
	const float one = 1;
	cl_int rc = clEnqueueFillBuffer(td_cl_queue(c), c->out[0].mem, &one, sizeof one, 0, 64, 0,
	                                NULL, &event);
	char name[] = "gemm"; /* the device keeps a copy */
	bool ok = td_cl_ok("clEnqueueFillBuffer", rc, e) && td_cl_record(c, name, event, e);
	name[0] = 'x';
	return ok;
}

static bool take_library(void *arg, const td_launched *l, td_err *e)
{
	(void)e;
	assert_string_equal(l->kernel, "gemm");
	assert_int_equal(l->tag, 7 + *(int *)arg);
	assert_true(l->t.end_ns >= l->t.start_ns && l->t.start_ns > 0);
	++*(int *)arg;
	return true;
}

static void test_library(void **state)
{
	(void)state;
	static td_err e;
	td_device *dev = open_cpu();
	td_mem y;
	int n = 0;
	const float one = 1;
	const td_impl impl = {"clblast", TD_ON_OPENCL, library}, *p = &impl;
	assert_true(td_device_build(dev, &p, 1, NULL, &e)); /* it brings no source */
	assert_true(td_mem_new(dev, 64, &y, &e));
	td_tensor out = {TD_F32, 1, {16}, NULL, y.cl};
	td_call call = {.out = &out};
	take_ok(dev, &impl, &call, 7);
	take_ok(dev, &impl, &call, 8);
	assert_true(td_device_finish(dev, &e));
	assert_true(td_device_collect(dev, take_library, &n, &e));
	assert_int_equal(n, 2);
	check_bytes(dev, &y, 60, &one, 4);
	td_mem_free(dev, &y);
	const td_impl launches = {"clblast", TD_ON_OPENCL, launch_on_host};
	assert_false(td_device_run(dev, &launches, &call, 0, &e));
	assert_string_equal(e.text, "kernel f: clblast is not built (td_device_build)");
	td_device_close(dev);
}

static bool record_on_host(const td_call *c, td_err *e)
{
	assert_true(td_is_cpu(c));
	assert_null(td_cl_queue(c));
	return td_cl_record(c, "gemm", NULL, e);
}

static void test_wrong_place_native(void **state)
{
	(void)state;
	static td_err e;
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
}

static void test_wrong_place_cl(void **state)
{
	(void)state;
	static td_err e;
	td_call call = {0};
	td_device *dev = open_cpu();
	char want[256];
	assert_false(td_device_run(dev, impl_of(&td_tensor_copy, "ref"), &call, 0, &e));
	td_clip(want, sizeof want, "impl ref runs on the host; %s is an OpenCL device",
	        td_device_caps(dev)->id);
	assert_string_equal(e.text, want);
	td_device_close(dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_copy_native),    cmocka_unit_test(test_copy_cl),
		cmocka_unit_test(test_collect_native), cmocka_unit_test(test_collect_cl),
		cmocka_unit_test(test_library),        cmocka_unit_test(test_wrong_place_native),
		cmocka_unit_test(test_wrong_place_cl),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
