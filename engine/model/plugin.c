/* Plug-ins: shared objects with more nodes. A built-in node cannot be replaced. */
#include "../base/file.h"
#include "../base/str.h"
#include "registry.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

static void insert(td_registry *r, const td_node *node)
{
	TD_PUSH(&r->arena, *r, node);
	int i = r->n - 1;
	for (; i > 0 && strcmp(r->items[i - 1]->name, node->name) > 0; i--)
		r->items[i] = r->items[i - 1];
	r->items[i] = node;
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
	for (const td_node *const *n = p->nodes; *n; n++) {
		if (!td_node_valid(*n, e))
			return false;
		if (td_registry_find(r, (*n)->name))
			return td_fail(e, TD_E_USAGE,
			               "it brings %s, which is there already; give it another name",
			               (*n)->name);
	}
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
	void *so = dlopen(where.data, RTLD_NOW | RTLD_LOCAL);
	td_str_fini(&where);
	if (!so)
		return td_fail(e, TD_E_USAGE, "plug-in %s: %s", path, dlerror());
	const td_plugin *p = dlsym(so, "tandem_plugin");
	if (!check_plugin(r, p, e)) {
		dlclose(so);
		return td_within(e, "TD0804 plug-in %s", path);
	}
	for (const td_node *const *n = p->nodes; *n; n++)
		insert(r, *n);
	info.build = p->build;
	TD_PUSH(&r->arena, r->plugins, info);
	r->handle = td_realloc(r->handle, (size_t)r->plugins.n * sizeof(void *));
	r->handle[r->plugins.n - 1] = so;
	return true;
}

void td_registry_fini(td_registry *r)
{
	for (int i = 0; i < r->plugins.n; i++)
		dlclose(r->handle[i]);
	free(r->handle);
	td_arena_fini(&r->arena);
	*r = (td_registry){0};
}
