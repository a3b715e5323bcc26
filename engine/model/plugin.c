/* Plug-ins: shared objects with more nodes. A built-in node cannot be replaced. */
#include "../base/file.h"
#include "../base/str.h"
#include "registry.h"

#include <dlfcn.h>
#include <string.h>

static void insert(td_registry *r, const td_node *node)
{
	TD_PUSH(&r->arena, *r, node);
	int i = r->n - 1;
	for (; i > 0 && strcmp(r->items[i - 1]->name, node->name) > 0; i--)
		r->items[i] = r->items[i - 1];
	r->items[i] = node;
}

/* May node i of the plug-in come in? */
static bool check_node(const td_registry *r, const td_node *const *nodes, int i, td_err *e)
{
	if (!td_node_valid(nodes[i], e))
		return false;
	bool there = td_registry_find(r, nodes[i]->name) != NULL;
	for (int k = 0; k < i; k++)
		there |= td_same(nodes[k]->name, nodes[i]->name);
	if (there)
		return td_fail(e, TD_E_USAGE,
		               "it brings %s, which is there already; give it another name",
		               nodes[i]->name);
	for (const td_impl *impl = nodes[i]->impls; impl->name; impl++)
		if (impl->on == TD_ON_OPENCL && impl->source && !impl->text)
			return td_fail(e, TD_E_USAGE,
			               "node %s: the impl \"%s\" does not bring the text of its "
			               "kernel source",
			               nodes[i]->name, impl->name);
	return true;
}

static bool check_plugin(const td_registry *r, const td_plugin *p, td_err *e)
{
	if (!p)
		return td_fail(e, TD_E_USAGE, "it exports no `tandem_plugin`");
	if (p->abi != TD_ABI)
		return td_fail(e, TD_E_USAGE,
		               "it was built for ABI %u, this program has %u: build it again with "
		               "this tandem.h",
		               p->abi, TD_ABI);
	if (!p->build || !*p->build)
		return td_fail(
			e, TD_E_USAGE,
			"its `build` is empty: say what it was built from, a version or a commit");
	if (!p->nodes || !p->nodes[0])
		return td_fail(e, TD_E_USAGE, "it brings no nodes");
	for (int i = 0; p->nodes[i]; i++)
		if (!check_node(r, p->nodes, i, e))
			return false;
	return true;
}

bool td_registry_load(td_registry *r, const char *path, td_err *e)
{
	td_plugin_info info = {.path = td_arena_strdup(&r->arena, path)};
	int64_t bytes;
	if (!td_file_sha256(path, &info.sha, &bytes, e))
		return td_within(e, "plug-in %s", path);
	td_str where = {0}; /* dlopen searches the system's folders for a name without a slash */
	td_str_addf(&where, "%s%s", strchr(path, '/') ? "" : "./", path);
	info.handle = dlopen(where.data, RTLD_NOW | RTLD_LOCAL);
	td_str_fini(&where);
	if (!info.handle)
		return td_fail(e, TD_E_USAGE, "plug-in %s: %s", path, dlerror());
	const td_plugin *p = dlsym(info.handle, "tandem_plugin");
	if (!check_plugin(r, p, e)) {
		dlclose(info.handle);
		return td_within(e, "TD0804 plug-in %s", path);
	}
	for (const td_node *const *n = p->nodes; *n; n++)
		insert(r, *n);
	info.build = p->build;
	TD_PUSH(&r->arena, r->plugins, info);
	return true;
}

void td_registry_fini(td_registry *r)
{
	for (int i = 0; i < r->plugins.n; i++)
		dlclose(r->plugins.items[i].handle);
	td_arena_fini(&r->arena);
	*r = (td_registry){0};
}
