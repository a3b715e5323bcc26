/* Device personality: measure/personality.h. */
#include "devices.h"

#include "measure/personality.h"

static void probe(td_device *dev, td_personality *p)
{
	td_err e;
	if (!td_personality_probe(dev, p, &e))
		fail_msg("%s", e.text);
	assert_true(p->took_ns > 0);
	assert_true(td_sha256_valid(p->sha.hex));
	assert_null(td_personality_find(p, "no such probe"));
}

static double number(const td_personality *p, const char *name)
{
	const td_probe *x = td_personality_find(p, name);
	if (!x)
		fail_msg("there is no probe %s", name);
	return x->number;
}

/* Every fact of arithmetic is as the standard has it; nothing else is claimed of this machine. */
static void assert_exact(const td_personality *p)
{
	static const char *const wanted[] = {"contraction", "multiplication", "fma",
	                                     "division",    "sqrt",           "subnormals",
	                                     "td_exp",      "td_erfc",        "td_sin"};
	for (size_t i = 0; i < TD_COUNT(wanted); i++) {
		const td_probe *x = td_personality_find(p, wanted[i]);
		assert_non_null(x);
		if (!td_same(x->verdict, "ok"))
			fail_msg("%s: %s", x->name, x->value);
		assert_true(x->bits);
	}
	assert_true(number(p, "peak_flops") > 1e6);
	assert_true(number(p, "peak_bytes") > 1e6);
	assert_true(number(p, "peak_cached_bytes") >= number(p, "peak_bytes"));
	assert_true(number(p, "launch_ns") > 0);
}

static void test_native(void **state)
{
	static td_personality p, again;
	td_device *dev = open_native();
	(void)state;
	probe(dev, &p);
	assert_exact(&p);
	probe(dev, &again);
	assert_string_equal(p.sha.hex, again.sha.hex); /* speeds are no part of it */
	td_device_close(dev);
}

static void test_opencl(void **state)
{
	static td_personality p;
	td_device *dev = open_cpu();
	(void)state;
	probe(dev, &p);
	assert_exact(&p);
	assert_non_null(td_personality_find(&p, "profiling_ns"));
	td_device_close(dev);
}

/* Without the event clock a launch has the host's times alone; with it, its own again. */
static bool take(void *arg, const td_launched *l, td_err *e)
{
	(void)e;
	*(int64_t *)arg = l->t.end_ns;
	return true;
}

static bool nothing(const td_call *c, td_err *e)
{
	return td_launch(c, "td_nothing", (int64_t[3]){1, 1, 1}, NULL, 0, e);
}

static void test_profiling(void **state)
{
	static const td_impl impl = {
		"cl", TD_ON_OPENCL, nothing, "nothing.cl",
		.text = "__kernel __attribute__((reqd_work_group_size(1, 1, 1))) "
			"void td_nothing(void) {}\n"};
	const td_impl *impls = &impl;
	td_device *dev = open_cpu();
	td_err e;
	(void)state;
	assert_true(td_device_build(dev, &impls, 1, NULL, &e));
	for (int on = 0; on < 2; on++) {
		td_call call = {0};
		int64_t end = -1;
		assert_true(td_device_profiling(dev, on, &e));
		assert_true(td_device_run(dev, &impl, &call, 0, &e) && td_device_finish(dev, &e));
		assert_true(td_device_collect(dev, take, &end, &e));
		assert_true(on ? end > 0 : end == 0);
	}
	td_device_close(dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_native),
		cmocka_unit_test(test_opencl),
		cmocka_unit_test(test_profiling),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
