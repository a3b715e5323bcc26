/* kernel.c: kernels by name, made once and checked against the device. Layer 3. */
#include "cl_inner.h"

static uint32_t chain_of(const char *name)
{
	uint32_t h = 2166136261u;
	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 16777619u;
	return h % TD_KERNEL_CHAINS;
}

/* What the driver says about the kernel on this device. */
typedef struct {
	size_t most; /* work items of a group, by registers and such */
	cl_ulong local_bytes;
} limits;

static bool ask(const td_cl *cl, td_kernel *k, limits *l, td_err *e)
{
	cl_int rc = clGetKernelInfo(k->cl, CL_KERNEL_NUM_ARGS, sizeof k->n_args, &k->n_args, NULL);
	if (!td_cl_ok("clGetKernelInfo", rc, e))
		return false;
	const struct {
		cl_kernel_work_group_info what;
		size_t size;
		void *to;
	} field[] = {
		{CL_KERNEL_COMPILE_WORK_GROUP_SIZE, sizeof k->local, k->local},
		{CL_KERNEL_WORK_GROUP_SIZE, sizeof l->most, &l->most},
		{CL_KERNEL_LOCAL_MEM_SIZE, sizeof l->local_bytes, &l->local_bytes},
	};
	for (size_t i = 0; i < TD_COUNT(field); i++) {
		rc = clGetKernelWorkGroupInfo(k->cl, cl->device, field[i].what, field[i].size,
		                              field[i].to, NULL);
		if (!td_cl_ok("clGetKernelWorkGroupInfo", rc, e))
			return false;
	}
	return true;
}

static bool fits(const td_device *dev, const td_kernel *k, const limits *l, td_err *e)
{
	const size_t *n = k->local;
	size_t group = n[0] * n[1] * n[2], most = (size_t)dev->caps.max_group;
	if (group == 0)
		return td_fail(e, TD_E_DEVICE,
		               "it has no reqd_work_group_size: put TD_WG(n), or "
		               "the attribute, before its name");
	for (int d = 0; d < 3; d++)
		if (n[d] > dev->cl->max_items[d])
			return td_fail(e, TD_E_DEVICE,
			               "its groups are %zu work items long in dimension %d; %s "
			               "allows %zu",
			               n[d], d, dev->caps.id, dev->cl->max_items[d]);
	if (group > most)
		return td_fail(e, TD_E_DEVICE, "its groups have %zu work items; %s allows %zu",
		               group, dev->caps.id, most);
	if (group > l->most)
		return td_fail(e, TD_E_DEVICE,
		               "its groups have %zu work items; with what it uses, %s allows %zu",
		               group, dev->caps.id, l->most);
	if (l->local_bytes > (cl_ulong)dev->caps.local_bytes)
		return td_fail(e, TD_E_DEVICE, "its groups need %s of local memory; %s has %s",
		               td_bytes_text((double)l->local_bytes).text, dev->caps.id,
		               td_bytes_text((double)dev->caps.local_bytes).text);
	return true;
}

static bool make(td_device *dev, td_program *p, td_kernel *k, td_err *e)
{
	cl_int rc;
	limits l = {0};
	k->cl = clCreateKernel(p->cl, k->name, &rc);
	if (!td_cl_ok("clCreateKernel", rc, e))
		return false;
	if (ask(dev->cl, k, &l, e) && fits(dev, k, &l, e))
		return true;
	clReleaseKernel(k->cl);
	return false;
}

bool td_cl_kernel(td_device *dev, td_program *p, const char *name, td_kernel **k, td_err *e)
{
	td_kernel **chain = &p->kernel[chain_of(name)];
	for (*k = *chain; *k; *k = (*k)->next)
		if (td_same((*k)->name, name))
			return true;
	td_kernel *made = td_arena_alloc(&dev->arena, sizeof *made);
	made->name = td_device_name(dev, name);
	if (!make(dev, p, made, e))
		return false;
	made->next = *chain;
	*k = *chain = made;
	return true;
}
