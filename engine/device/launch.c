/* launch.c: what an impl calls while it runs on an OpenCL device. Layer 3. */
#include "cl_inner.h"

#include "../base/clock.h"

#include <inttypes.h>

bool td_is_cpu(const td_call *c)
{
	const td_cl *cl = c->rt ? c->rt->dev->cl : NULL;
	return !cl || cl->as_cpu;
}

void *td_cl_queue(const td_call *c)
{
	td_cl *cl = c->rt ? c->rt->dev->cl : NULL;
	return cl ? cl->queue : NULL;
}

bool td_cl_record(const td_call *c, const char *kernel, void *event, td_err *e)
{
	if (!td_cl_queue(c))
		return td_fail(e, TD_E_DEVICE, "td_cl_record(%s) outside an OpenCL call", kernel);
	if (!event)
		return td_fail(e, TD_E_DEVICE, "td_cl_record(%s) without an event", kernel);
	td_device *dev = c->rt->dev;
	int64_t now = td_now_ns();
	td_launched what = {.tag = c->rt->tag,
	                    .kernel = td_device_name(dev, kernel),
	                    .t = {.host_begin_ns = now, .host_end_ns = now}};
	td_device_remember(dev, &what, event);
	return true;
}

static cl_int set_arg(cl_kernel k, cl_uint i, const td_arg *a)
{
	cl_mem mem;
	switch (a->type) {
	case TD_ARG_TENSOR:
		mem = a->as.tensor->mem;
		return clSetKernelArg(k, i, sizeof(cl_mem), mem ? &mem : NULL);
	case TD_ARG_I32:
		return clSetKernelArg(k, i, sizeof a->as.i32, &a->as.i32);
	case TD_ARG_I64:
		return clSetKernelArg(k, i, sizeof a->as.i64, &a->as.i64);
	case TD_ARG_F32:
		return clSetKernelArg(k, i, sizeof a->as.f32, &a->as.f32);
	case TD_ARG_F64:
		return clSetKernelArg(k, i, sizeof a->as.f64, &a->as.f64);
	default:
		return CL_INVALID_VALUE;
	}
}

static bool set_args(const td_kernel *k, const td_arg *args, size_t n, td_err *e)
{
	if (n != k->n_args)
		return td_fail(e, TD_E_DEVICE, "%zu arguments given, the kernel takes %u", n,
		               k->n_args);
	for (cl_uint i = 0; i < n; i++)
		if (!td_cl_ok("clSetKernelArg", set_arg(k->cl, i, &args[i]), e))
			return td_within(e, "argument %u", i);
	return true;
}

/* items rounded up to whole groups; false in `*some` when there is nothing to do. */
static bool round_up(const int64_t items[3], const size_t local[3], size_t global[3], bool *some,
                     td_err *e)
{
	*some = true;
	for (int d = 0; d < 3; d++) {
		size_t n = (size_t)items[d], rest = n % local[d];
		if (items[d] < 0)
			return td_fail(e, TD_E_DEVICE, "%" PRId64 " work items", items[d]);
		if (__builtin_add_overflow(n, rest ? local[d] - rest : 0, &global[d]))
			return td_fail(e, TD_E_DEVICE, "%" PRId64 " work items are too many",
			               items[d]);
		*some = *some && n;
	}
	return true;
}

static bool enqueue(const td_call *c, const td_kernel *k, const int64_t items[3],
                    const size_t global[3], td_err *e)
{
	td_device *dev = c->rt->dev;
	td_launched what = {.tag = c->rt->tag, .kernel = k->name};
	cl_event event;
	for (int d = 0; d < 3; d++) {
		what.items[d] = items[d];
		what.local[d] = (int)k->local[d];
	}
	what.t.host_begin_ns = td_now_ns();
	cl_int rc = clEnqueueNDRangeKernel(dev->cl->queue, k->cl, 3, NULL, global, k->local, 0,
	                                   NULL, &event);
	what.t.host_end_ns = td_now_ns();
	if (!td_cl_ok("clEnqueueNDRangeKernel", rc, e))
		return false;
	td_device_remember(dev, &what, event);
	return true;
}

bool td_launch(const td_call *c, const char *kernel, const int64_t items[3], const td_arg *args,
               size_t n_args, td_err *e)
{
	size_t global[3];
	bool some;
	td_kernel *k;
	if (!td_cl_queue(c))
		return td_fail(e, TD_E_DEVICE, "td_launch(%s) outside an OpenCL call", kernel);
	const td_impl *impl = c->rt->impl;
	if (!c->rt->program)
		return td_fail(e, TD_E_DEVICE, "kernel %s: %s is not built (td_device_build)",
		               kernel, impl->source ? impl->source : impl->name);
	if (!td_cl_kernel(c->rt->dev, c->rt->program, kernel, &k, e))
		return td_within(e, "kernel %s of %s", kernel, impl->source);
	if (!round_up(items, k->local, global, &some, e))
		return td_within(e, "kernel %s of %s", kernel, impl->source);
	if (!some)
		return true;
	if (!set_args(k, args, n_args, e) || !enqueue(c, k, items, global, e))
		return td_within(e, "kernel %s of %s", kernel, impl->source);
	return true;
}
