#include "calibrate.h"

#include "../base/clock.h"

#include <math.h>

enum { LINKS = 1600000, TRIES = 3 }; /* 4 cycles each */

/* The chain converges to 2 whatever it starts from: nothing overflows, and nothing can be left out. */
static bool on_host(const td_call *c, td_err *e)
{
	(void)e;
	volatile float start = 1; /* not known to the compiler */
	float x = start;
	for (int i = 0; i < LINKS; i++)
		x = fmaf(x, 0.5f, 1);
	*(float *)c->out[0].data = x;
	return true;
}

static bool on_opencl(const td_call *c, td_err *e)
{
	const td_arg args[] = {TD_T(&c->out[0]), TD_I(LINKS), TD_F(1)};
	return td_launch(c, "td_calibrate", (int64_t[3]){1, 1, 1}, args, TD_COUNT(args), e);
}

static const td_impl host_impl = {"native", TD_ON_HOST, on_host};
static const td_impl opencl_impl = {
	"cl", TD_ON_OPENCL, on_opencl, "calibrate.cl",
	.text = "#include \"tandem.clh\"\n"
		"__kernel TD_WG(1) void td_calibrate(__global float *out, int links, float x)\n"
		"{\n"
		"	for (int i = 0; i < links; i++)\n"
		"		x = fma(x, 0.5f, 1.0f);\n"
		"	out[0] = x;\n"
		"}\n"};

static bool take(void *arg, const td_launched *l, td_err *e)
{
	int64_t *ns = arg;
	(void)e;
	*ns = l->t.end_ns ? l->t.end_ns - l->t.start_ns : l->t.host_end_ns - l->t.host_begin_ns;
	return true;
}

static bool once(td_device *dev, const td_impl *impl, const td_mem *m, int64_t *ns, td_err *e)
{
	td_tensor out = {.dtype = TD_F32,
	                 .rank = 1,
	                 .dim = {1},
	                 .data = m->cl ? NULL : m->host,
	                 .mem = m->cl};
	td_call call = {.out = &out};
	return td_device_run(dev, impl, &call, 0, e) && td_device_finish(dev, e) &&
	       td_device_collect(dev, take, ns, e);
}

bool td_calibrate(td_device *dev, int64_t *ns, td_err *e)
{
	td_device_type type = td_device_caps(dev)->type;
	bool host = type == TD_DEVICE_NATIVE || type == TD_DEVICE_REF;
	const td_impl *impl = host ? &host_impl : &opencl_impl;
	td_mem m;
	if (!td_device_build(dev, &impl, 1, NULL, e) || !td_mem_new(dev, sizeof(float), &m, e))
		return false;
	bool ok = true;
	*ns = INT64_MAX;
	for (int i = 0; i < TRIES && ok; i++) {
		int64_t took = 0;
		ok = once(dev, impl, &m, &took, e);
		*ns = took < *ns ? took : *ns;
	}
	td_mem_free(dev, &m);
	return ok;
}
