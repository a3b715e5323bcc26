#include "registry.h"

#include "../base/str.h"
#include "param.h"
#include "shape.h"

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

/* -- is a descriptor sound? ----------------------------------------------- */

static bool name_valid(const char *name, bool dotted)
{
	size_t n = name ? strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_.") : 0;
	const char *dot = name ? strchr(name, '.') : NULL;
	return n > 0 && n < 32 && !name[n] && name[0] >= 'a' && (dot != NULL) == dotted &&
	       (!dot || (dot[1] && !strchr(dot + 1, '.')));
}

static bool impls_valid(const td_node *node, td_err *e)
{
	if (!node->impls || !td_same(node->impls[0].name, "ref") || node->impls[0].on != TD_ON_HOST)
		return td_fail(e, TD_E_USAGE, "the first impl must be \"ref\", on the host");
	for (const td_impl *i = node->impls; i->name; i++)
		if (!i->run ||
		    (i->on == TD_ON_OPENCL && !i->source && !(i->needs & TD_NEEDS_LIBRARY)))
			return td_fail(e, TD_E_USAGE,
			               "the impl \"%s\" has no run function or no source", i->name);
	return true;
}

static bool params_valid(const td_node *node, td_err *e)
{
	for (const td_param *p = node->params; p && p->name; p++) {
		if (!name_valid(p->name, false) || !p->doc)
			return td_fail(e, TD_E_USAGE,
			               "the parameter \"%s\" needs a plain name and a doc",
			               p->name);
		if (p->type == TD_CHOICE && !p->choices)
			return td_fail(e, TD_E_USAGE, "the parameter \"%s\" has no choices",
			               p->name);
		if (p->offset >= node->params_size ||
		    (p->type != TD_CHOICE && p->type != TD_FLAG && !(p->min <= p->max)))
			return td_fail(e, TD_E_USAGE,
			               "the parameter \"%s\" has a wrong offset or range", p->name);
	}
	if ((node->flags & TD_RANDOM) && !td_param_find(node, "seed"))
		return td_fail(e, TD_E_USAGE, "a random node needs a parameter \"seed\"");
	return true;
}

/* Every name in a shape must be bound: by an input, a parameter, or a late dim's own port. */
static bool shape_valid(const td_node *node, td_shape_scope *s, const td_port *p, bool input,
                        td_err *e)
{
	td_shape_spec spec;
	td_dim dim = TD_DIM_BAD;
	if (!td_shape_spec_read(p->shape, &spec, e))
		return false;
	for (int i = 0; i < spec.n; i++) {
		const td_shape_word *w = &spec.word[i];
		bool bound = td_shape_scope_get(s, w->text, w->n) != TD_DIM_BAD;
		if (input && td_shape_word_plain(w) && !bound) {
			char name[64];
			if (w->n >= 32 || s->n == TD_MAX_NAMES)
				return td_fail(e, TD_E_USAGE, "too many or too long dim names");
			memcpy(name, w->text, w->n);
			name[w->n] = '\0';
			td_shape_scope_bind(
				s, name, w->n,
				td_dim_of(s->dims, td_dims_declare(s->dims, name, 1, TD_DIM_MAX)));
		} else if (!td_shape_scope_eval(s, w->text, w->n, &dim, e)) {
			return false;
		}
		if (w->late) {
			char count[32] = "";
			memcpy(count, w->late, w->late_n < 31 ? w->late_n : 31);
			int k = td_port_find(node->out, count);
			if (k < 0 || !td_same(node->out[k].shape, "1") ||
			    (node->out[k].dtypes & ~(unsigned)(TD_SET_I32 | TD_SET_I64)))
				return td_fail(e, TD_E_USAGE,
				               "the late dim \"%s\" needs an output port of that "
				               "name, i32 or i64, shape \"1\"",
				               count);
			if (td_shape_scope_get(s, count, strlen(count)) == TD_DIM_BAD)
				td_shape_scope_bind(s, count, strlen(count), dim);
		}
	}
	return true;
}

static bool port_valid(const td_node *node, td_shape_scope *s, const td_port *p, int role,
                       td_err *e)
{
	if (!name_valid(p->name, false) || !p->dtypes || !p->shape || (role != 2 && !p->doc))
		return td_fail(e, TD_E_USAGE,
		               "the port \"%s\" needs a plain name, dtypes, a shape and a doc",
		               p->name);
	if (role == 1 && !p->tol.kind)
		return td_fail(e, TD_E_USAGE,
		               "the output \"%s\" does not say how close it comes to ref (tol)",
		               p->name);
	if (role == 1 && p->tol.kind == TD_DECISION && !node->decide)
		return td_fail(e, TD_E_USAGE,
		               "the output \"%s\" is a decision, but the node has no `decide`",
		               p->name);
	if (p->over && (role != 1 || td_port_find(node->in, p->over) < 0))
		return td_fail(e, TD_E_USAGE,
		               "the port \"%s\" is written over \"%s\", which is no input", p->name,
		               p->over);
	if (role == 1 && node->shape)
		return true;
	return shape_valid(node, s, p, role == 0, e);
}

static bool ports_valid(const td_node *node, td_err *e)
{
	const td_port *const tables[] = {node->in, node->out, node->scratch};
	td_dims *dims = td_dims_new();
	td_shape_scope scope;
	double zero[64] = {0}; /* stands in for a params struct while shapes are read */
	bool ok = node->params_size <= sizeof zero;
	if (!ok)
		td_fail(e, TD_E_USAGE, "the params struct is over %zu bytes", sizeof zero);
	td_params_default(node, zero);
	td_shape_scope_init(&scope, dims, node, zero);
	for (int role = 0; ok && role < 3; role++) {
		ok = td_ports_count(tables[role]) <= TD_MAX_PORTS;
		if (!ok)
			td_fail(e, TD_E_USAGE, "more than %d ports", TD_MAX_PORTS);
		for (const td_port *p = tables[role]; ok && p && p->name; p++)
			ok = port_valid(node, &scope, p, role, e);
	}
	td_dims_free(dims);
	return ok;
}

bool td_node_valid(const td_node *node, td_err *e)
{
	if (node->abi != TD_ABI)
		return td_fail(e, TD_E_USAGE,
		               "a node has ABI %u, this program needs %u: build it again with this "
		               "tandem.h",
		               node->abi, TD_ABI);
	if (!name_valid(node->name, true) || !node->doc || !node->version || !node->out)
		return td_fail(e, TD_E_USAGE,
		               "a node needs a name \"family.node\", a doc, a version and outputs");
	if (!impls_valid(node, e) || !params_valid(node, e) || !ports_valid(node, e))
		return td_within(e, "node %s", node->name);
	return true;
}
