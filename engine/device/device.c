/* device.c: listing, opening, running, collecting. Layer 3. What only OpenCL devices do is in the
 * cl_ files. */
#include "cl_inner.h"

#include "../base/clock.h"

#include <stdlib.h>
#include <string.h>

/* -- what there is -------------------------------------------------------- */

enum { NATIVE, REF, N_HOST };

static td_caps host_caps(int which)
{
	td_caps caps = td_caps_native();
	if (which == REF) {
		td_clip(caps.id, sizeof caps.id, "ref");
		caps.type = TD_DEVICE_REF;
	}
	return caps;
}

/* native, ref, then `found`. */
static void list_from(td_device_list *list, const td_founds *found)
{
	list->n = N_HOST + found->n;
	list->items = td_alloc((size_t)list->n * sizeof *list->items);
	for (int i = 0; i < N_HOST; i++)
		list->items[i] = host_caps(i);
	for (int i = 0; i < found->n; i++)
		list->items[N_HOST + i] = found->items[i].caps;
}

bool td_device_list_init(td_device_list *list, td_err *e)
{
	td_founds found = {0};
	bool ok = td_cl_find(&found, e);
	*list = (td_device_list){0};
	if (ok)
		list_from(list, &found);
	td_founds_fini(&found);
	return ok;
}

void td_device_list_fini(td_device_list *list)
{
	free(list->items);
	*list = (td_device_list){0};
}

/* -- life ----------------------------------------------------------------- */

static bool open_host(int which, td_device *dev, td_err *e)
{
	int n;
	dev->caps = host_caps(which);
	return td_threads_wanted(&n, e) && td_pool_new(n, &dev->pool, e);
}

/* Puts what is known about missing drivers below the message. */
static bool with_hint(const td_founds *found, td_err *e)
{
	char *hint = td_cl_hint(found);
	if (e && *hint) {
		size_t n = strlen(e->text);
		td_clip(e->text + n, sizeof e->text - n, "\n%s", hint);
	}
	free(hint);
	return false;
}

static bool open_picked(const char *name, const td_founds *found, td_device *dev, td_err *e)
{
	td_device_list list;
	int i;
	list_from(&list, found);
	bool ok = td_device_pick(&list, name, &i, e);
	td_device_list_fini(&list);
	if (!ok)
		return with_hint(found, e);
	return i < N_HOST ? open_host(i, dev, e) : td_cl_open(dev, &found->items[i - N_HOST], e);
}

static bool open_found(const char *name, td_device *dev, td_err *e)
{
	td_founds found = {0};
	bool ok = td_cl_find(&found, e) && open_picked(name, &found, dev, e);
	td_founds_fini(&found);
	return ok;
}

bool td_device_open(const char *name, td_device **dev, td_err *e)
{
	td_device *d = td_alloc(sizeof *d);
	bool ok = td_same(name, "native") ? open_host(NATIVE, d, e)
	          : td_same(name, "ref")  ? open_host(REF, d, e)
	                                  : open_found(name, d, e);
	*dev = ok ? d : NULL;
	if (!ok)
		td_device_close(d);
	return ok;
}

static void drop_pending(td_device *dev)
{
	for (int i = 0; i < dev->pending.n; i++)
		if (dev->pending.items[i].event)
			clReleaseEvent(dev->pending.items[i].event);
	dev->pending.n = 0;
}

void td_device_close(td_device *dev)
{
	if (!dev)
		return;
	drop_pending(dev);
	free(dev->pending.items);
	if (dev->cl)
		td_cl_close(dev);
	td_pool_free(dev->pool);
	td_arena_fini(&dev->arena);
	free(dev);
}

const td_caps *td_device_caps(const td_device *dev)
{
	return &dev->caps;
}

int td_device_threads(const td_device *dev)
{
	return td_pool_size(dev->pool);
}

void td_device_fields(const td_device *dev,
                      void (*take)(void *arg, const char *field, const char *value), void *arg)
{
	char threads[16];
	if (dev->cl) {
		td_cl_fields(dev, take, arg);
		return;
	}
	td_clip(threads, sizeof threads, "%d", td_device_threads(dev));
	take(arg, "threads", threads);
	td_host_fields(take, arg);
}

/* -- running -------------------------------------------------------------- */

const char *td_device_name(td_device *dev, const char *name)
{
	for (int i = 0; i < dev->names.n; i++)
		if (td_same(dev->names.items[i], name))
			return dev->names.items[i];
	const char *copy = td_arena_strdup(&dev->arena, name);
	TD_PUSH(&dev->arena, dev->names, copy);
	return copy;
}

void td_device_remember(td_device *dev, const td_launched *what, void *event)
{
	if (dev->pending.n == dev->pending.cap) {
		dev->pending.cap = dev->pending.cap ? dev->pending.cap * 2 : 256;
		size_t bytes = td_size_mul((size_t)dev->pending.cap, sizeof *dev->pending.items);
		dev->pending.items = td_realloc(dev->pending.items, bytes);
	}
	dev->pending.items[dev->pending.n++] = (td_pending){*what, event};
}

bool td_device_build(td_device *dev, const td_impl *const *impls, int n, td_build *info, td_err *e)
{
	td_build built = {0};
	bool ok = !dev->cl || td_cl_build(dev, impls, n, &built, e);
	if (info)
		*info = built;
	return ok;
}

static bool run_on_host(const td_impl *impl, const td_call *call, td_err *e)
{
	td_device *dev = call->rt->dev;
	td_launched what = {.tag = call->rt->tag, .kernel = td_device_name(dev, impl->name)};
	what.t.host_begin_ns = td_now_ns();
	bool ok = impl->run(call, e);
	what.t.host_end_ns = td_now_ns();
	if (ok)
		td_device_remember(dev, &what, NULL);
	return ok;
}

bool td_device_run(td_device *dev, const td_impl *impl, td_call *call, int64_t tag, td_err *e)
{
	td_runtime rt = {.dev = dev, .impl = impl, .tag = tag};
	if ((impl->on == TD_ON_OPENCL) != (dev->cl != NULL))
		return td_fail(e, TD_E_DEVICE, "impl %s runs %s; %s is %s", impl->name,
		               dev->cl ? "on the host" : "with OpenCL", dev->caps.id,
		               dev->cl ? "an OpenCL device" : "the host");
	if (dev->cl && impl->source)
		rt.program = td_cl_program(dev->cl, impl);
	call->rt = &rt;
	bool ok = dev->cl ? impl->run(call, e) : run_on_host(impl, call, e);
	call->rt = NULL;
	return ok;
}

bool td_device_profiling(td_device *dev, bool on, td_err *e)
{
	return !dev->cl || td_cl_profiling(dev, on, e);
}

bool td_device_finish(td_device *dev, td_err *e)
{
	return !dev->cl || td_cl_ok("clFinish", clFinish(dev->cl->queue), e);
}

bool td_device_collect(td_device *dev, bool (*take)(void *arg, const td_launched *l, td_err *e),
                       void *arg, td_err *e)
{
	bool ok = true;
	for (int i = 0; i < dev->pending.n && ok; i++) {
		td_pending *p = &dev->pending.items[i];
		if (p->event && !td_cl_event_times(dev->cl, p->event, &p->what.t, e))
			ok = td_within(e, "kernel %s", p->what.kernel);
		ok = ok && take(arg, &p->what, e);
	}
	drop_pending(dev);
	return ok;
}
