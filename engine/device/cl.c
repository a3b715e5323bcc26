/* cl.c: one open OpenCL device: context, queue, options, clock. Layer 3. */
#include "cl_inner.h"

#include "../base/log.h"

#include <stdlib.h>

/* -- how its kernels are built -------------------------------------------- */

/* TD_LANES is the group size of one-dimensional kernels. */
static void set_options(td_cl *cl, const td_caps *caps)
{
	td_clip(cl->options, sizeof cl->options, "-cl-std=CL1.2 -D %s=1 -D TD_LANES=%d%s%s",
	        cl->as_cpu ? "TD_CPU" : "TD_GPU", TD_LANES, caps->f64 ? " -D TD_FP64=1" : "",
	        caps->correct_div_sqrt ? " -cl-fp32-correctly-rounded-divide-sqrt" : "");
}

/* -- life ----------------------------------------------------------------- */

static bool ask_limits(td_cl *cl, td_err *e)
{
	char *version;
	if (!td_cl_platform_text(cl->platform, CL_PLATFORM_VERSION, &version, e))
		return false;
	td_clip(cl->platform_version, sizeof cl->platform_version, "%s", version);
	free(version);
	cl_int rc = clGetDeviceInfo(cl->device, CL_DEVICE_MAX_WORK_ITEM_SIZES, sizeof cl->max_items,
	                            cl->max_items, NULL);
	return td_cl_ok("clGetDeviceInfo", rc, e);
}

static bool open_queue(td_cl *cl, bool profiling, td_err *e)
{
	cl_int rc;
	cl->profiling = profiling;
	cl->queue = clCreateCommandQueue(cl->context, cl->device,
	                                 profiling ? CL_QUEUE_PROFILING_ENABLE : 0, &rc);
	return td_cl_ok("clCreateCommandQueue", rc, e);
}

static bool make_queue(td_cl *cl, td_err *e)
{
	const cl_context_properties properties[] = {CL_CONTEXT_PLATFORM,
	                                            (cl_context_properties)cl->platform, 0};
	cl_int rc;
	cl->context = clCreateContext(properties, 1, &cl->device, NULL, NULL, &rc);
	return td_cl_ok("clCreateContext", rc, e) && open_queue(cl, true, e);
}

bool td_cl_open(td_device *dev, const td_found *f, td_err *e)
{
	td_cl *cl = td_alloc(sizeof *cl);
	dev->cl = cl;
	dev->caps = f->caps;
	cl->platform = f->platform;
	cl->device = f->device;
	td_cl_config config;
	if (!td_cl_config_read(&config, e))
		return false;
	cl->as_cpu = config.as_cpu || (!config.as_gpu && dev->caps.type == TD_DEVICE_CPU);
	set_options(cl, &dev->caps);
	if (!ask_limits(cl, e) || !make_queue(cl, e))
		return td_within(e, "cannot open %s", dev->caps.id);
	return true;
}

static void released(const td_device *dev, const char *call, cl_int code)
{
	td_err e;
	if (!td_cl_ok(call, code, &e))
		td_warn("%s: %s", dev->caps.id, e.text);
}

void td_cl_close(td_device *dev)
{
	td_cl *cl = dev->cl;
	if (cl->queue)
		released(dev, "clFinish", clFinish(cl->queue));
	td_cl_programs_free(dev);
	if (cl->queue)
		released(dev, "clReleaseCommandQueue", clReleaseCommandQueue(cl->queue));
	if (cl->context)
		released(dev, "clReleaseContext", clReleaseContext(cl->context));
	free(cl);
	dev->cl = NULL;
}

bool td_cl_profiling(td_device *dev, bool on, td_err *e)
{
	td_cl *cl = dev->cl;
	cl_command_queue old = cl->queue;
	if (!td_cl_ok("clFinish", clFinish(old), e))
		return false;
	if (!open_queue(cl, on, e)) {
		cl->queue = old;
		return false;
	}
	released(dev, "clReleaseCommandQueue", clReleaseCommandQueue(old));
	return true;
}

/* -- its clock ------------------------------------------------------------ */

bool td_cl_event_times(const td_cl *cl, cl_event event, td_times *t, td_err *e)
{
	const struct {
		cl_profiling_info what;
		int64_t *ns;
	} field[] = {
		{CL_PROFILING_COMMAND_QUEUED, &t->queued_ns},
		{CL_PROFILING_COMMAND_SUBMIT, &t->submit_ns},
		{CL_PROFILING_COMMAND_START, &t->start_ns},
		{CL_PROFILING_COMMAND_END, &t->end_ns},
	};
	cl_int status;
	cl_int rc = clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status,
	                           NULL);
	if (!td_cl_ok("clGetEventInfo", rc, e))
		return false;
	if (status < 0)
		return td_cl_ok("the command failed on the device", status, e);
	for (size_t i = 0; i < TD_COUNT(field) && cl->profiling; i++) {
		cl_ulong ns;
		rc = clGetEventProfilingInfo(event, field[i].what, sizeof ns, &ns, NULL);
		if (!td_cl_ok("clGetEventProfilingInfo", rc, e))
			return false;
		*field[i].ns = (int64_t)ns;
	}
	return true;
}
