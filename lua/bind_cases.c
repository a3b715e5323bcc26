#include "bind_cases.h"

#include "base/embed.h"
#include "bind_tensor.h"
#include "model/dtype.h"

#include <lauxlib.h>
#include <math.h>
#include <string.h>

/* What is being loaded; beside the script in one struct, found from it. */
typedef struct {
	td_script script; /* first: the script is the loader */
	const td_node *node;
	td_cases *out;
	const td_embedded *file;
	td_origin at; /* of the case being read */
} loader;

static loader *loader_of(lua_State *L)
{
	return td_sandbox_of(L)->owner;
}

static _Noreturn void fail_case(lua_State *L, const char *name, const char *what, const char *which)
{
	td_script_fail(L, "the case \"%s\" of %s: %s%s", name, loader_of(L)->node->name, what,
	               which);
}

/* -- one case ------------------------------------------------------------- */

/* Port of the key at `index`: a position, or a name. */
static int port_of(lua_State *L, int index, const td_port *ports, const char *name)
{
	int n = td_ports_count(ports);
	if (lua_isinteger(L, index)) {
		lua_Integer i = lua_tointeger(L, index);
		if (i < 1 || i > n)
			fail_case(L, name, "there are fewer ports", "");
		return (int)i - 1;
	}
	int port = td_port_find(ports, lua_tostring(L, index));
	if (port < 0)
		fail_case(L, name, "there is no port ", lua_tostring(L, index));
	return port;
}

/* The table of tensors at `index` into in[] or expect[]. */
static void read_tensors(lua_State *L, int index, td_case *c, bool expected)
{
	td_arena *arena = &loader_of(L)->out->arena;
	const td_port *ports = expected ? c->node->out : c->node->in;
	if (!lua_istable(L, index))
		fail_case(L, c->name, expected ? "expect" : "inputs", " must be a table");
	lua_Integer n = td_sandbox_keys(L, index);
	for (lua_Integer i = 1; i <= n; i++, lua_pop(L, 2)) {
		lua_rawgeti(L, -1, i);
		int port = port_of(L, -1, ports, c->name);
		lua_pushvalue(L, -1);
		lua_rawget(L, index);
		const td_draft *d = td_bind_draft(L, -1);
		if (!d)
			fail_case(L, c->name, "no tensor for ", ports[port].name);
		if (expected)
			td_draft_expected(L, arena, d, !(ports[port].dtypes & TD_SET_FLOAT),
			                  &c->expect[port]);
		else
			td_draft_input(L, arena, d, &c->in[port]);
	}
	lua_pop(L, 1);
}

/* The table of parameters at `index`. */
static void read_params(lua_State *L, int index, td_case *c)
{
	td_arena *arena = &loader_of(L)->out->arena;
	void *params = td_arena_alloc(arena, c->node->params_size + 1);
	td_err e;
	c->params = params;
	if (!lua_istable(L, index))
		fail_case(L, c->name, "params", " must be a table");
	td_params_default(c->node, params);
	lua_Integer n = td_sandbox_keys(L, index);
	for (lua_Integer i = 1; i <= n; i++, lua_pop(L, 2)) {
		lua_rawgeti(L, -1, i);
		const char *name = td_sandbox_text(L, -1);
		const td_param *p = td_param_find(c->node, name);
		if (!p)
			fail_case(L, c->name, "there is no parameter ", name);
		lua_pop(L, 1);
		/* cppcheck-suppress nullPointerRedundantCheck ; fail_case does not return */
		lua_getfield(L, index, p->name);
		td_lit lit;
		if (!td_bind_literal(L, -1, &lit))
			fail_case(L, c->name, "no value for ", p->name);
		if (!td_param_set(p, params, &lit, &e))
			fail_case(L, c->name, e.text, "");
	}
	lua_pop(L, 1);
	if (c->node->validate && !c->node->validate(params, &e))
		fail_case(L, c->name, e.text, "");
}

/* Every input and parameter that must be given is there. */
static void check_whole(lua_State *L, int params, const td_case *c)
{
	for (int i = 0; i < td_ports_count(c->node->in); i++)
		if (c->in[i].rank < 0 && !(c->node->in[i].flags & TD_OPTIONAL))
			fail_case(L, c->name, "no input ", c->node->in[i].name);
	for (const td_param *p = c->node->params; p && p->name; p++) {
		if (isnan(p->def) && lua_getfield(L, params, p->name) == LUA_TNIL)
			fail_case(L, c->name, "no parameter ", p->name);
	}
}

/* core.add(name, inputs, params, expect) */
static int add(lua_State *L)
{
	loader *l = loader_of(L);
	lua_settop(L, 4);
	td_arena *arena = &l->out->arena;
	td_case *c = td_arena_alloc(arena, sizeof *c);
	*c = (td_case){.name = td_arena_strdup(arena, luaL_checkstring(L, 1)),
	               .at = l->at,
	               .node = l->node};
	for (int i = 0; i < TD_MAX_PORTS; i++)
		c->in[i].rank = c->expect[i].rank = -1;
	read_tensors(L, 2, c, false);
	read_params(L, 3, c);
	read_tensors(L, 4, c, true);
	check_whole(L, 3, c);
	TD_PUSH(arena, *l->out, *c);
	return 0;
}

/* -- the file ------------------------------------------------------------- */

/* Line of the first "text" in quotes after position `from`; 0: none. */
static int line_of(const td_embedded *f, const char *from, const char *text)
{
	td_str quoted = {0};
	td_str_addf(&quoted, "\"%s\"", text);
	const char *found = strstr(from, td_str_text(&quoted));
	td_str_fini(&quoted);
	int line = 1;
	for (const char *s = f->text; found && s < found; s++)
		line += *s == '\n';
	return found ? line : 0;
}

/* core.enter(name): this case is read from now on. */
static int enter(lua_State *L)
{
	loader *l = loader_of(L);
	const char *node = strstr(l->file->text, l->node->name);
	int line = line_of(l->file, node ? node : l->file->text, luaL_checkstring(L, 1));
	l->at = l->script.at = (td_origin){l->file->path, line ? line : 1, 0};
	return 0;
}

/* core.has_grad(): the node has a gradient rule. */
static int has_grad(lua_State *L)
{
	loader_of(L)->out->has_grad = true;
	return 0;
}

/* core.fail(text) */
static int fail(lua_State *L)
{
	td_script_fail(L, "%s", luaL_checkstring(L, 1));
}

static int load(lua_State *L)
{
	static const luaL_Reg core[] = {{"add", add},
	                                {"enter", enter},
	                                {"fail", fail},
	                                {"has_grad", has_grad},
	                                {NULL, NULL}};
	loader *l = loader_of(L);
	td_sandbox_open(L);
	luaL_newlib(L, core);
	lua_setfield(L, LUA_REGISTRYINDEX, "tandem.core");
	lua_pushcfunction(L, td_script_require);
	lua_pushliteral(L, "tandem.cases");
	lua_call(L, 1, 1);
	td_script_load(L, 0);
	td_bind_tensors(L, &l->out->arena);
	lua_call(L, 1, 1);
	lua_pushstring(L, l->node->name);
	lua_call(L, 2, 0);
	return 0;
}

const td_embedded *td_cases_file(const td_node *node)
{
	td_str folder = {0}, key = {0};
	const td_embedded *found = NULL;
	td_str_addf(&folder, "nodes/%.*s/", (int)strcspn(node->name, "."), node->name);
	td_str_addf(&key, "[\"%s\"]", node->name);
	for (const td_embedded *f = td_embedded_files; f->path && !found; f++)
		if (td_starts(f->path, td_str_text(&folder)) && td_ends(f->path, ".lua") &&
		    strstr(f->text, td_str_text(&key)))
			found = f;
	td_str_fini(&folder);
	td_str_fini(&key);
	return found;
}

bool td_cases_read(const td_registry *r, const td_node *node, const td_embedded *file,
                   td_cases *out, td_err *e)
{
	loader l = {.script = {.registry = r}, .node = node, .out = out, .file = file};
	l.at = (td_origin){file->path, 1, 0};
	td_script_add(&l.script, file->path, file->text, file->n);
	bool ok = td_script_run(&l.script, TD_LIMITS, load, e);
	td_arena_fini(&l.script.arena);
	if (!ok) {
		td_arena_fini(&out->arena);
		*out = (td_cases){0};
	}
	return ok;
}

bool td_cases_load(const td_registry *r, const td_node *node, td_cases *out, td_err *e)
{
	const td_embedded *file = td_cases_file(node);
	return !file || td_cases_read(r, node, file, out, e);
}
