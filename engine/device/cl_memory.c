/* cl_memory.c: buffers of an OpenCL device. Layer 3. */
#include "cl_inner.h"

#include "../base/clock.h"
#include "../base/log.h"

bool td_cl_mem_new(td_device *dev, int64_t bytes, td_mem *m, td_err *e)
{
	cl_mem_flags flags = CL_MEM_READ_WRITE | (m->host ? CL_MEM_USE_HOST_PTR : 0);
	cl_int rc;
	m->cl = clCreateBuffer(dev->cl->context, flags, (size_t)bytes, m->host, &rc);
	return td_cl_ok("clCreateBuffer", rc, e);
}

bool td_cl_mem_part(const td_mem *block, int64_t offset, int64_t bytes, td_mem *m, td_err *e)
{
	cl_buffer_region region = {(size_t)offset, bytes ? (size_t)bytes : 1};
	cl_int rc;
	m->cl = clCreateSubBuffer(block->cl, 0, CL_BUFFER_CREATE_TYPE_REGION, &region, &rc);
	return td_cl_ok("clCreateSubBuffer", rc, e);
}

/* There is nobody to hand an error to: it is shown. */
void td_cl_mem_free(td_device *dev, const td_mem *m, bool wait)
{
	td_err e;
	if (wait && !td_cl_ok("clFinish", clFinish(dev->cl->queue), &e))
		td_warn("%s: %s", dev->caps.id, e.text);
	if (!td_cl_ok("clReleaseMemObject", clReleaseMemObject(m->cl), &e))
		td_warn("%s: %s", dev->caps.id, e.text);
}

/* Times of a blocking copy; the event is released. */
static bool end_copy(const td_cl *cl, cl_event event, int64_t begin, td_times *t, td_err *e)
{
	*t = (td_times){.host_begin_ns = begin, .host_end_ns = td_now_ns()};
	bool ok = td_cl_event_times(cl, event, t, e);
	return td_cl_ok("clReleaseEvent", clReleaseEvent(event), ok ? e : NULL) && ok;
}

bool td_cl_mem_write(td_device *dev, const td_mem *m, int64_t offset, const void *from,
                     int64_t bytes, td_times *t, td_err *e)
{
	cl_event event;
	int64_t begin = td_now_ns();
	cl_int rc = clEnqueueWriteBuffer(dev->cl->queue, m->cl, CL_TRUE, (size_t)offset,
	                                 (size_t)bytes, from, 0, NULL, &event);
	return td_cl_ok("clEnqueueWriteBuffer", rc, e) && end_copy(dev->cl, event, begin, t, e);
}

bool td_cl_mem_read(td_device *dev, const td_mem *m, int64_t offset, void *to, int64_t bytes,
                    td_times *t, td_err *e)
{
	cl_event event;
	int64_t begin = td_now_ns();
	cl_int rc = clEnqueueReadBuffer(dev->cl->queue, m->cl, CL_TRUE, (size_t)offset,
	                                (size_t)bytes, to, 0, NULL, &event);
	return td_cl_ok("clEnqueueReadBuffer", rc, e) && end_copy(dev->cl, event, begin, t, e);
}

bool td_cl_mem_fill(td_device *dev, const td_mem *m, int64_t offset, int64_t bytes,
                    const void *pattern, int n, td_err *e)
{
	cl_int rc = clEnqueueFillBuffer(dev->cl->queue, m->cl, pattern, (size_t)n, (size_t)offset,
	                                (size_t)bytes, 0, NULL, NULL);
	return td_cl_ok("clEnqueueFillBuffer", rc, e);
}

bool td_cl_mem_map(td_device *dev, const td_mem *m, int64_t bytes, td_err *e)
{
	cl_int rc;
	const void *at =
		clEnqueueMapBuffer(dev->cl->queue, m->cl, CL_TRUE, CL_MAP_READ | CL_MAP_WRITE, 0,
	                           bytes ? (size_t)bytes : 1, 0, NULL, NULL, &rc);
	if (!td_cl_ok("clEnqueueMapBuffer", rc, e))
		return false;
	if (at == m->host)
		return true;
	return td_fail(e, TD_E_DEVICE,
	               "clEnqueueMapBuffer: the driver of %s maps to another address than the "
	               "buffer's own, which OpenCL rules out",
	               dev->caps.id);
}

bool td_cl_mem_unmap(td_device *dev, const td_mem *m, td_err *e)
{
	cl_int rc = clEnqueueUnmapMemObject(dev->cl->queue, m->cl, m->host, 0, NULL, NULL);
	return td_cl_ok("clEnqueueUnmapMemObject", rc, e) &&
	       td_cl_ok("clFinish", clFinish(dev->cl->queue), e);
}
