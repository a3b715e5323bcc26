/* bind_grad.c: what lua/tandem/grad.lua reads of the graph so far, and the files with the nodes' rules.
 * Layer 7. */
#include "script.h"

#include "base/embed.h"
#include "bind_cases.h"
#include "check/check.h"
#include "model/dtype.h"

#include <lauxlib.h>
#include <string.h>

enum { WORK_A_STEP = 100 };

/* core.infer(): finds shapes and dtypes of all values so far. What is wrong, `check` will tell. */
static int infer(lua_State *L)
{
	td_graph *g = td_script_of(L)->graph;
	td_diags d = {0};
	td_check(g, &d);
	td_diags_fini(&d);
	td_sandbox_spend(L, WORK_A_STEP * (int64_t)g->steps.n);
	return 0;
}

/* The number of a dim, or its text. */
static void push_dim(lua_State *L, const td_graph *g, td_dim dim)
{
	int64_t n;
	char text[128];
	td_str s = {0};
	if (td_dim_const(g->dims, dim, &n)) {
		lua_pushinteger(L, n);
		return;
	}
	td_dim_text(g->dims, dim, &s);
	td_clip(text, sizeof text, "%s", td_str_text(&s));
	td_str_fini(&s);
	lua_pushstring(L, text);
}

/* core.form(value): its dtype and the list of its dims, numbers or texts, as the last core.infer found
 * them; nil where they are not known. */
static int form(lua_State *L)
{
	const td_graph *g = td_script_of(L)->graph;
	int value = td_bind_value(L, 1);
	const td_shape *shape = value == TD_NONE ? NULL : &g->values.items[value].shape;
	if (!shape || shape->rank < 0) {
		lua_pushnil(L);
		return 1;
	}
	lua_pushstring(L, td_dtype_name(shape->dtype));
	lua_createtable(L, shape->rank, 0);
	for (int i = 0; i < shape->rank; i++) {
		push_dim(L, g, shape->dim[i]);
		lua_rawseti(L, -2, i + 1);
	}
	return 2;
}

/* -- steps ---------------------------------------------------------------- */

/* Sets field `name` of the table on top to the table of the values of ports. */
static void set_values(lua_State *L, const char *name, const td_port *ports, const int *values,
                       int n)
{
	lua_createtable(L, 0, n);
	for (int i = 0; i < n; i++) {
		if (values[i] == TD_NONE)
			continue;
		td_bind_push_value(L, values[i]);
		lua_setfield(L, -2, ports[i].name);
	}
	lua_setfield(L, -2, name);
}

/* Sets field `name` of the table on top to the list of the names of ports. */
static void set_names(lua_State *L, const char *name, const td_port *ports, int n)
{
	lua_createtable(L, n, 0);
	for (int i = 0; i < n; i++) {
		lua_pushstring(L, ports[i].name);
		lua_rawseti(L, -2, i + 1);
	}
	lua_setfield(L, -2, name);
}

static void push_param(lua_State *L, const td_param *p, const void *params)
{
	double real;
	switch (p->type) {
	case TD_REAL:
		memcpy(&real, (const char *)params + p->offset, sizeof real);
		lua_pushnumber(L, real);
		break;
	case TD_FLAG:
		lua_pushboolean(L, td_param_int(p, params) != 0);
		break;
	case TD_CHOICE:
		lua_pushstring(L, td_param_choice(p, params));
		break;
	case TD_INT:
	default:
		lua_pushinteger(L, td_param_int(p, params));
		break;
	}
}

static void set_params(lua_State *L, const td_step *s)
{
	lua_newtable(L);
	for (const td_param *p = s->node->params; p && p->name; p++) {
		push_param(L, p, s->params);
		lua_setfield(L, -2, p->name);
	}
	lua_setfield(L, -2, "param");
}

/* core.step_at(i): step number i, from 1, as a table; nil for one whose node is not known. `open`: it is not
 * in a loop that is closed. */
static int step_at(lua_State *L)
{
	const td_graph *g = td_script_of(L)->graph;
	lua_Integer i = luaL_checkinteger(L, 1);
	luaL_argcheck(L, i >= 1 && i <= g->steps.n, 1, "no such step");
	const td_step *s = &g->steps.items[i - 1];
	if (!s->node)
		return 0;
	lua_createtable(L, 0, 8);
	lua_pushstring(L, s->node->name);
	lua_setfield(L, -2, "node");
	lua_pushfstring(L, "\"%s\", %s:%d", s->name, s->at.file ? s->at.file : "?", s->at.line);
	lua_setfield(L, -2, "place");
	lua_pushboolean(L, td_loop_within(g, g->open_loop, s->loop));
	lua_setfield(L, -2, "open");
	set_names(L, "inputs", s->node->in, s->n_in);
	set_names(L, "outputs", s->node->out, s->n_out);
	set_values(L, "input", s->node->in, s->in, s->n_in);
	set_values(L, "output", s->node->out, s->out, s->n_out);
	set_params(L, s);
	td_sandbox_spend(L, WORK_A_STEP);
	return 1;
}

/* core.carried(value): where it is carried by a loop that is closed, its first value and the next;
 * nothing for all others. */
static int carried(lua_State *L)
{
	const td_graph *g = td_script_of(L)->graph;
	int value = td_bind_value(L, 1);
	const td_value *v = value == TD_NONE ? NULL : &g->values.items[value];
	if (!v || v->kind != TD_CARRY || td_loop_within(g, g->open_loop, v->maker))
		return 0;
	const td_carry *c = &g->loops.items[v->maker].items[v->port];
	td_bind_push_value(L, c->init);
	if (c->next == TD_NONE)
		return 1;
	td_bind_push_value(L, c->next);
	return 2;
}

/* -- rules ---------------------------------------------------------------- */

/* core.rule_file(node): the name of the file with its rule, or nil. */
static int rule_file(lua_State *L)
{
	const td_node *node = td_registry_find(td_script_of(L)->registry, luaL_checkstring(L, 1));
	const td_embedded *f = node ? td_cases_file(node) : NULL;
	lua_pushstring(L, f ? f->path : NULL);
	return 1;
}

/* core.load_rules(file): its function, which makes the table of its nodes. */
static int load_rules(lua_State *L)
{
	const char *path = luaL_checkstring(L, 1);
	const td_embedded *f = td_embedded_find(path);
	luaL_argcheck(L, f != NULL, 1, "no such file");
	if (luaL_loadbufferx(L, f->text, f->n, lua_pushfstring(L, "=%s", path), "t") != LUA_OK)
		lua_error(L);
	return 1;
}

void td_bind_grad(lua_State *L)
{
	static const luaL_Reg core[] = {
		{"infer", infer},     {"form", form},           {"step_at", step_at},
		{"carried", carried}, {"rule_file", rule_file}, {"load_rules", load_rules},
		{NULL, NULL},
	};
	luaL_setfuncs(L, core, 0);
}
