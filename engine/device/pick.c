/* pick.c: from what a user writes to one device. Layer 3. Never a silent choice: a name that fits
 * none or several is an error that shows what is there. */
#include "inner.h"

#include "../base/log.h"

#include <stdlib.h>

static bool fits_type(const td_device_list *c, int i, td_device_type type)
{
	return c->items[i].type == type;
}

static bool is_opencl(const td_caps *caps)
{
	return caps->type != TD_DEVICE_NATIVE && caps->type != TD_DEVICE_REF;
}

/* One line a device: those that `keep` marks, or all. */
static void add_list(td_str *s, const td_device_list *c, const bool *keep)
{
	for (int i = 0; i < c->n; i++)
		if (!keep || keep[i])
			td_str_addf(s, "\n  %s  (%s, %s)", c->items[i].id,
			            td_device_type_name(c->items[i].type), c->items[i].name);
}

static bool none(const td_device_list *c, const char *what, td_err *e)
{
	td_str s = {0};
	td_str_addf(&s, "%s; there are:", what);
	add_list(&s, c, NULL);
	td_fail(e, TD_E_DEVICE, "%s", s.data);
	td_str_fini(&s);
	return false;
}

static bool several(const td_device_list *c, const char *name, const bool *fits, int n, td_err *e)
{
	td_str s = {0};
	td_str_addf(&s, "\"%s\" fits %d devices; give the id of one:", name, n);
	add_list(&s, c, fits);
	td_fail(e, TD_E_DEVICE, "%s", s.data);
	td_str_fini(&s);
	return false;
}

/* The first device of a kind, or -1; `n` counts them. */
static int first_of(const td_device_list *c, td_device_type type, int *n)
{
	int first = -1;
	*n = 0;
	for (int i = 0; i < c->n; i++)
		if (fits_type(c, i, type) && (*n)++ == 0)
			first = i;
	return first;
}

static bool pick_auto(const td_device_list *c, int *index, td_err *e)
{
	static const struct {
		td_device_type type;
		const char *why;
	} order[] = {
		{TD_DEVICE_GPU, "a GPU"},
		{TD_DEVICE_CPU, "there is no GPU with OpenCL, and this is an OpenCL CPU"},
		{TD_DEVICE_NATIVE, "there is no GPU and no CPU with OpenCL"},
	};
	for (size_t i = 0; i < TD_COUNT(order); i++) {
		int n;
		*index = first_of(c, order[i].type, &n);
		if (n > 1)
			td_note("auto takes %s: %s, the first of %d", c->items[*index].id,
			        order[i].why, n);
		else if (n)
			td_note("auto takes %s: %s", c->items[*index].id, order[i].why);
		if (n)
			return true;
	}
	return none(c, "no device at all", e);
}

static bool fits(const td_device_list *c, int i, const char *name)
{
	const td_caps *caps = &c->items[i];
	if (td_same(name, "cpu"))
		return fits_type(c, i, TD_DEVICE_CPU);
	if (td_same(name, "gpu"))
		return fits_type(c, i, TD_DEVICE_GPU);
	return is_opencl(caps) && (td_contains(caps->id, name) || td_contains(caps->name, name));
}

static bool pick_none(const td_device_list *c, const char *name, td_err *e)
{
	if (td_same(name, "cpu"))
		return none(c,
		            "no CPU with OpenCL: install a driver for it (Debian: pocl-opencl-icd) "
		            "or run on native",
		            e);
	if (td_same(name, "gpu"))
		return none(c, "no GPU with OpenCL", e);
	char what[160];
	td_clip(what, sizeof what, "no device is called \"%s\"", name);
	return none(c, what, e);
}

bool td_device_pick(const td_device_list *c, const char *name, int *index, td_err *e)
{
	int n = 0;
	if (!*name)
		return none(c, "the name of a device is empty", e);
	if (td_same(name, "auto"))
		return pick_auto(c, index, e);
	for (int i = 0; i < c->n; i++)
		if (td_same(c->items[i].id, name)) {
			*index = i;
			return true;
		}
	bool *chosen = td_alloc((size_t)c->n * sizeof *chosen);
	for (int i = 0; i < c->n; i++)
		if ((chosen[i] = fits(c, i, name))) {
			*index = i;
			n++;
		}
	bool ok = n == 1 || (n ? several(c, name, chosen, n, e) : pick_none(c, name, e));
	free(chosen);
	return ok;
}
