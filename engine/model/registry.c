#include "registry.h"

#include "../base/str.h"

#include <stdlib.h>
#include <string.h>

#define TD_NODE(family, node, file) extern const td_node td_##family##_##node;
#include "../../nodes/nodes.def"
#undef TD_NODE

static const td_node *const builtin[] = {
#define TD_NODE(family, node, file) &td_##family##_##node,
#include "../../nodes/nodes.def"
#undef TD_NODE
};

static int by_name(const void *a, const void *b)
{
	const td_node *const *x = a, *const *y = b;
	return strcmp((*x)->name, (*y)->name);
}

void td_registry_init(td_registry *r)
{
	*r = (td_registry){0};
	for (size_t i = 0; i < TD_COUNT(builtin); i++)
		TD_PUSH(&r->arena, *r, builtin[i]);
	qsort(r->items, (size_t)r->n, sizeof(const td_node *), by_name);
}

const td_node *td_registry_find(const td_registry *r, const char *name)
{
	int lo = 0, hi = r->n;
	while (lo < hi) {
		int mid = (lo + hi) / 2, c = strcmp(r->items[mid]->name, name);
		if (!c)
			return r->items[mid];
		*(c < 0 ? &lo : &hi) = c < 0 ? mid + 1 : mid;
	}
	return NULL;
}

static const char *node_name(const void *items, int i)
{
	return ((const td_node *const *)items)[i]->name;
}

const char *td_registry_closest(const td_registry *r, const char *name)
{
	const char *close = td_closest(name, r->n, node_name, r->items);
	for (int i = 0; !close && i < r->n; i++) /* right node, wrong or missing family? */
		if (td_same(strchr(r->items[i]->name, '.') + 1,
		            strchr(name, '.') ? strchr(name, '.') + 1 : name))
			close = r->items[i]->name;
	return close;
}

int td_port_find(const td_port *ports, const char *name)
{
	for (int i = 0; ports && ports[i].name; i++)
		if (td_same(ports[i].name, name))
			return i;
	return -1;
}

int td_ports_count(const td_port *ports)
{
	int n = 0;
	while (ports && ports[n].name)
		n++;
	return n;
}

static const char *port_name(const void *ports, int i)
{
	return ((const td_port *)ports)[i].name;
}

const char *td_port_closest(const td_port *ports, const char *name)
{
	return td_closest(name, td_ports_count(ports), port_name, ports);
}

const td_impl *td_impl_find(const td_node *node, const char *name)
{
	for (const td_impl *i = node->impls; i->name; i++)
		if (td_same(i->name, name))
			return i;
	return NULL;
}

bool td_impl_takes(const td_impl *impl, const td_port *port, td_dtype dtype)
{
	bool of_node = (port->dtypes & (port->dtypes - 1)) != 0; /* T, not a dtype of its own */
	return !impl->dtypes || !of_node || (impl->dtypes & TD_BIT(dtype));
}
