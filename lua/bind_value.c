/* bind_value.c: values and steps in Lua, and their operators. Layer 7. */
#include "script.h"

#include <lauxlib.h>
#include <math.h>

typedef enum { A_VALUE, A_STEP, AN_INDEX } handle_kind;

/* What Lua holds: a value; a step, by its first output; or the index of a loop, by the loop. */
typedef struct {
	handle_kind kind;
	int id;
} handle;

static const char HANDLE[] = "tandem.value"; /* registry: the metatable */

/* -- handles -------------------------------------------------------------- */

static handle *to_handle(lua_State *L, int index)
{
	return luaL_testudata(L, index, HANDLE);
}

static void push_handle(lua_State *L, handle_kind kind, int id)
{
	handle *h = lua_newuserdatauv(L, sizeof *h, 0);
	*h = (handle){kind, id};
	luaL_setmetatable(L, HANDLE);
}

void td_bind_push_value(lua_State *L, int value)
{
	push_handle(L, A_VALUE, value);
}

void td_bind_push_step(lua_State *L, int step)
{
	td_graph *g = td_script_of(L)->graph;
	const td_step *s = &g->steps.items[step];
	if (s->node && !s->n_out)
		td_script_fail(L, "%s has no outputs", s->node->name);
	push_handle(L, A_STEP, s->node ? s->out[0] : td_graph_out(g, step, NULL, s->at));
}

static int value_of(lua_State *L, const handle *h)
{
	return h->kind == AN_INDEX ? td_graph_index(td_script_of(L)->graph, h->id) : h->id;
}

int td_bind_value(lua_State *L, int index)
{
	const handle *h = to_handle(L, index);
	return h ? value_of(L, h) : TD_NONE;
}

bool td_bind_literal(lua_State *L, int index, td_lit *lit)
{
	switch (lua_type(L, index)) {
	case LUA_TNUMBER:
		if (lua_isinteger(L, index))
			*lit = (td_lit){TD_LIT_INT, {.i = lua_tointeger(L, index)}};
		else
			*lit = (td_lit){TD_LIT_REAL, {.r = lua_tonumber(L, index)}};
		return true;
	case LUA_TBOOLEAN:
		*lit = (td_lit){TD_LIT_FLAG, {.b = lua_toboolean(L, index)}};
		return true;
	case LUA_TSTRING:
		*lit = (td_lit){TD_LIT_TEXT, {.s = td_script_text(L, index, "a parameter")}};
		return true;
	default:
		return false;
	}
}

/* step.port */
static int get_output(lua_State *L)
{
	const handle *h = luaL_checkudata(L, 1, HANDLE);
	td_graph *g = td_script_of(L)->graph;
	const char *port = td_script_text(L, 2, "the name of an output");
	if (h->kind != A_STEP)
		td_script_fail(L, "a value has no outputs of its own, so no \"%s\"", port);
	int step = g->values.items[h->id].maker;
	const td_step *s = &g->steps.items[step];
	bool known = s->node && td_port_find(s->node->out, port) >= 0;
	td_origin at = known ? s->at : td_script_where(L, port);
	td_bind_push_value(L, td_graph_out(g, step, port, at));
	td_bind_grown(L);
	return 1;
}

static int same_value(lua_State *L)
{
	const handle *a = to_handle(L, 1), *b = to_handle(L, 2);
	lua_pushboolean(L, a && b && value_of(L, a) == value_of(L, b));
	return 1;
}

static int value_text(lua_State *L)
{
	const handle *h = luaL_checkudata(L, 1, HANDLE);
	td_str s = {0};
	char text[128];
	td_value_text(td_script_of(L)->graph, value_of(L, h), &s);
	td_clip(text, sizeof text, "%s", td_str_text(&s));
	td_str_fini(&s);
	lua_pushstring(L, text);
	return 1;
}

/* core.is_value(x) */
static int is_value(lua_State *L)
{
	lua_pushboolean(L, to_handle(L, 1) != NULL);
	return 1;
}

/* core.made_in(value, loop): did a step in the body of that loop make it, not in a loop inside? */
static int made_in(lua_State *L)
{
	const td_graph *g = td_script_of(L)->graph;
	int value = td_bind_value(L, 1);
	bool yes = value != TD_NONE && g->values.items[value].kind == TD_OUTPUT_OF &&
	           g->steps.items[g->values.items[value].maker].loop == luaL_checkinteger(L, 2);
	lua_pushboolean(L, yes);
	return 1;
}

/* core.id(value): its number, for tables that are keyed by values. */
static int id(lua_State *L)
{
	lua_pushinteger(L, td_bind_value(L, 1));
	return 1;
}

/* core.index(loop): which turn it is; a value only if it is used. */
static int index_of(lua_State *L)
{
	push_handle(L, AN_INDEX, (int)luaL_checkinteger(L, 1));
	return 1;
}

/* -- operators ------------------------------------------------------------ */

/* x * mul + add */
static void push_affine(lua_State *L, int value, double mul, double add)
{
	td_script *s = td_script_of(L);
	const td_setting set[] = {{"mul", {TD_LIT_REAL, {.r = mul}}},
	                          {"add", {TD_LIT_REAL, {.r = add}}}};
	int made = td_graph_step(s->graph, "tensor.affine", &(td_binding){NULL, value}, 1, set, 2,
	                         &(td_step_options){0}, td_script_where(L, ""));
	td_bind_push_step(L, made);
	td_bind_grown(L);
}

static void push_pair(lua_State *L, const char *name, int a, int b)
{
	const td_binding in[] = {{NULL, a}, {NULL, b}};
	int made = td_graph_step(td_script_of(L)->graph, name, in, 2, NULL, 0,
	                         &(td_step_options){0}, td_script_where(L, ""));
	td_bind_push_step(L, made);
	td_bind_grown(L);
}

/* Operand `index` must be a number: raises an error that says so. */
static double number_operand(lua_State *L, int index)
{
	if (lua_type(L, index) != LUA_TNUMBER)
		td_script_fail(L, "a value can be combined with values and numbers, not with a %s",
		               luaL_typename(L, index));
	return lua_tonumber(L, index);
}

static int add(lua_State *L)
{
	int a = td_bind_value(L, 1), b = td_bind_value(L, 2);
	if (a != TD_NONE && b != TD_NONE)
		push_pair(L, "tensor.add", a, b);
	else
		push_affine(L, a != TD_NONE ? a : b, 1, number_operand(L, a != TD_NONE ? 2 : 1));
	return 1;
}

static int sub(lua_State *L)
{
	int a = td_bind_value(L, 1), b = td_bind_value(L, 2);
	if (a != TD_NONE && b != TD_NONE)
		push_pair(L, "tensor.sub", a, b);
	else if (a != TD_NONE)
		push_affine(L, a, 1, -number_operand(L, 2));
	else
		push_affine(L, b, -1, number_operand(L, 1));
	return 1;
}

static int mul(lua_State *L)
{
	int a = td_bind_value(L, 1), b = td_bind_value(L, 2);
	if (a != TD_NONE && b != TD_NONE)
		push_pair(L, "tensor.mul", a, b);
	else
		push_affine(L, a != TD_NONE ? a : b, number_operand(L, a != TD_NONE ? 2 : 1), 0);
	return 1;
}

static int divide(lua_State *L)
{
	int a = td_bind_value(L, 1), b = td_bind_value(L, 2);
	td_graph *g = td_script_of(L)->graph;
	if (a != TD_NONE && b != TD_NONE) {
		push_pair(L, "tensor.div", a, b);
	} else if (a != TD_NONE) {
		double by = number_operand(L, 2), times = 1 / by;
		if (!isfinite(times))
			td_graph_fault(g, "TD0107", td_script_where(L, ""), NULL,
			               "a value is divided by the number %s",
			               td_number_text(by).text);
		push_affine(L, a, isfinite(times) ? times : 1, 0);
	} else {
		double over = number_operand(L, 1);
		td_graph_fault(
			g, "TD0104", td_script_where(L, ""), "write t.tensor.div { t.const(…), x }",
			"no node divides a number (%s) by a value", td_number_text(over).text);
		td_bind_push_value(L, b);
	}
	return 1;
}

static int negate(lua_State *L)
{
	push_affine(L, td_bind_value(L, 1), -1, 0);
	return 1;
}

void td_bind_values(lua_State *L)
{
	static const luaL_Reg meta[] = {
		{"__index", get_output}, {"__eq", same_value}, {"__tostring", value_text},
		{"__add", add},          {"__sub", sub},       {"__mul", mul},
		{"__div", divide},       {"__unm", negate},    {NULL, NULL},
	};
	static const luaL_Reg core[] = {
		{"is_value", is_value}, {"made_in", made_in}, {"id", id},
		{"index", index_of},    {NULL, NULL},
	};
	luaL_newmetatable(L, HANDLE);
	luaL_setfuncs(L, meta, 0);
	lua_pushliteral(L, "tensor");
	lua_setfield(L, -2, "__name");
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_pop(L, 1);
	luaL_setfuncs(L, core, 0);
}
