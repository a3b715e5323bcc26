/* bind_graph.c: steps from the tables that scripts write, outputs. Layer 7. */
#include "script.h"

#include <lauxlib.h>
#include <string.h>

enum { WORK_A_STEP = 100, MAX_INPUTS = 64, MAX_SETTINGS = 64 };

void td_bind_grown(lua_State *L)
{
	td_script *s = td_script_of(L);
	td_sandbox_spend(L, WORK_A_STEP);
	td_sandbox_hold(L, s->graph->arena.used + s->arena.used);
}

/* -- constructors --------------------------------------------------------- */

/* A step being read from its table. */
typedef struct {
	const char *name;
	const td_node *node;
	td_binding in[MAX_INPUTS];
	int n_in;
	td_setting set[MAX_SETTINGS];
	int n_set;
	td_step_options options;
	td_origin at;
} maker;

/* A value that stands for one that could not be made, so that building can go on. */
static int lost_value(lua_State *L, td_origin at)
{
	td_graph *g = td_script_of(L)->graph;
	int n = g->faults.n;
	int step = td_graph_step(g, "tandem.lost", NULL, 0, NULL, 0, &(td_step_options){0}, at);
	g->faults.n = n; /* that there is no such node is not what the user did wrong */
	return td_graph_out(g, step, NULL, at);
}

/* The thing on top is no value. */
static int fault_input(lua_State *L, const maker *m, const char *input)
{
	const char *fix = lua_isnumber(L, -1)  ? "t.const(…) makes a value of a number"
	                  : lua_istable(L, -1) ? "t.input { … } makes a value of a file, "
	                                         "t.const { … } of numbers"
	                                       : NULL;
	td_graph_fault(td_script_of(L)->graph, "TD0102", m->at, fix,
	               "%s takes a value as its input %s, not a %s", m->name, input,
	               luaL_typename(L, -1));
	return lost_value(L, m->at);
}

static void take_input(maker *m, const char *port, int value)
{
	if (m->n_in < MAX_INPUTS)
		m->in[m->n_in++] = (td_binding){port, value};
}

/* The value on top at position `i` of the table. Gaps are optional inputs left out. */
static void take_position(lua_State *L, maker *m, lua_Integer i)
{
	td_graph *g = td_script_of(L)->graph;
	char number[24];
	int value = td_bind_value(L, -1), n = m->node ? td_ports_count(m->node->in) : MAX_INPUTS;
	if (!m->node && i > n)
		return; /* that there is no such node is enough */
	if (i < 1 || i > n) {
		td_graph_fault(g, "TD0104", m->at, NULL,
		               "%s takes %d input%s, here is a number %lld", m->name, n,
		               n == 1 ? "" : "s", (long long)i);
		return;
	}
	const char *port = m->node ? m->node->in[i - 1].name : NULL;
	if (value == TD_NONE) {
		td_clip(number, sizeof number, "%lld", (long long)i);
		value = fault_input(L, m, port ? port : number);
	}
	take_input(m, port, value);
}

/* The value on top under the name of a port or a parameter. */
static void take_name(lua_State *L, maker *m, const char *key)
{
	td_graph *g = td_script_of(L)->graph;
	int value = td_bind_value(L, -1);
	bool port = m->node && td_port_find(m->node->in, key) >= 0;
	bool param = m->node && td_param_find(m->node, key);
	td_lit lit;
	if (value != TD_NONE && param && !port) {
		td_graph_fault(g, "TD0107", m->at, "parameters are fixed before anything runs",
		               "%s: %s is a parameter and cannot be a value", m->name, key);
	} else if (value != TD_NONE) {
		take_input(m, key, value);
	} else if (port) {
		take_input(m, key, fault_input(L, m, key));
	} else if (td_bind_literal(L, -1, &lit)) {
		if (m->n_set < MAX_SETTINGS)
			m->set[m->n_set++] = (td_setting){key, lit};
	} else {
		td_graph_fault(g, "TD0107", m->at, NULL, "%s: %s cannot be a %s", m->name, key,
		               luaL_typename(L, -1));
	}
}

/* The text of an option, on top; anything else is a fault, and NULL. */
static const char *option_text(lua_State *L, const maker *m, const char *key)
{
	if (lua_type(L, -1) == LUA_TSTRING)
		return td_script_text(L, -1, key);
	if (lua_isnil(L, -1))
		return NULL;
	td_graph_fault(td_script_of(L)->graph, "TD0107", m->at, NULL,
	               "%s: %s must be a string, not a %s", m->name, key, luaL_typename(L, -1));
	return NULL;
}

/* The flag of an option, on top; anything else is a fault, and false. */
static bool option_flag(lua_State *L, const maker *m, const char *key)
{
	if (lua_isboolean(L, -1))
		return lua_toboolean(L, -1);
	td_graph_fault(td_script_of(L)->graph, "TD0107", m->at, NULL,
	               "%s: %s must be true or false, not a %s", m->name, key,
	               luaL_typename(L, -1));
	return false;
}

/* tol = { factor =, reason = }, on top */
static void take_tolerance(lua_State *L, maker *m)
{
	td_graph *g = td_script_of(L)->graph;
	static const char fix[] = "write tol = { factor = …, reason = \"why\" }";
	bool table = lua_istable(L, -1);
	lua_Integer n = table ? td_sandbox_keys(L, -1) : 0;
	for (lua_Integer i = 1; i <= n; i++, lua_pop(L, 1)) {
		lua_rawgeti(L, -1, i);
		const char *key = lua_tostring(L, -1);
		if (!td_same(key, "factor") && !td_same(key, "reason"))
			td_graph_fault(g, "TD0104", m->at, fix, "%s: tol has no \"%s\"", m->name,
			               key);
	}
	if (table) {
		lua_pop(L, 1);
		lua_getfield(L, -1, "reason");
		m->options.tol_reason = option_text(L, m, "reason"); /* stays in the table */
		lua_pop(L, 1);
		lua_getfield(L, -1, "factor");
		m->options.tol_factor = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : 0;
		lua_pop(L, 1);
	}
	if (td_feq_exact(m->options.tol_factor, 0))
		td_graph_fault(g, "TD0703", m->at, fix, "%s: tol needs a factor of 1 or more",
		               m->name);
}

/* What every step can be told; true when `key` is one of these. */
static bool take_option(lua_State *L, maker *m, const char *key)
{
	if (td_same(key, "name"))
		m->options.name = option_text(L, m, key);
	else if (td_same(key, "impl"))
		m->options.impl = option_text(L, m, key);
	else if (td_same(key, "tol"))
		take_tolerance(L, m);
	else if (td_same(key, "allow_native"))
		m->options.native_allowed = option_flag(L, m, key);
	else
		return false;
	return true;
}

/* Reads the table at `index`; the list of its keys stays on the stack and keeps their texts. */
static void read_table(lua_State *L, maker *m, int index)
{
	lua_Integer n = td_sandbox_keys(L, index);
	for (lua_Integer i = 1; i <= n; i++, lua_pop(L, 2)) {
		lua_rawgeti(L, -1, i);
		lua_pushvalue(L, -1);
		lua_rawget(L, index);
		if (lua_isinteger(L, -2)) {
			take_position(L, m, lua_tointeger(L, -2));
			continue;
		}
		const char *key = td_script_text(L, -2, "a parameter's name");
		if (!take_option(L, m, key))
			take_name(L, m, key);
	}
}

/* Makes a step of the arguments from `first` on; pushes it. `word`: for td_script_where. */
static void make_step(lua_State *L, const char *name, int first, const char *word)
{
	td_script *s = td_script_of(L);
	maker m = {.name = name, .node = td_registry_find(s->registry, name)};
	int n = lua_gettop(L) - first + 1;
	m.at = td_script_where(L, word);
	if (n == 1 && lua_istable(L, first)) {
		read_table(L, &m, first);
	} else {
		td_graph_fault(s->graph, "TD0107", m.at, NULL,
		               "%s takes one table: write t.%s { … }", name, name);
		for (int i = first; i < first + n; i++)
			if (td_bind_value(L, i) != TD_NONE)
				take_input(&m, NULL, td_bind_value(L, i));
	}
	int step = td_graph_step(s->graph, name, m.in, m.n_in, m.set, m.n_set, &m.options, m.at);
	td_bind_push_step(L, step);
	td_bind_grown(L);
}

/* t.<family>.<node>; upvalue: the name of the node */
static int construct(lua_State *L)
{
	const char *name = lua_tostring(L, lua_upvalueindex(1));
	make_step(L, name, 1, name);
	return 1;
}

/* core.constructor(name): the function that makes steps of that node, known or not. */
static int constructor(lua_State *L)
{
	td_script_text(L, 1, "the name of a node");
	lua_settop(L, 1);
	lua_pushcclosure(L, construct, 1);
	return 1;
}

/* core.step(name, table): the same at once. */
static int step(lua_State *L)
{
	make_step(L, td_script_text(L, 1, "the name of a node"), 2, NULL);
	return 1;
}

/* core.has_param(node, name) */
static int has_param(lua_State *L)
{
	const td_node *n = td_registry_find(td_script_of(L)->registry, luaL_checkstring(L, 1));
	lua_pushboolean(L, n && td_param_find(n, luaL_checkstring(L, 2)));
	return 1;
}

/* core.families(): the list of their names, sorted. */
static int families(lua_State *L)
{
	const td_registry *r = td_script_of(L)->registry;
	const char *last = "";
	lua_newtable(L);
	for (int i = 0; i < r->n; i++) {
		const char *name = r->items[i]->name;
		size_t n = strcspn(name, ".");
		if (strncmp(name, last, n + 1) == 0)
			continue;
		last = name;
		lua_pushlstring(L, name, n);
		lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
	}
	return 1;
}

/* core.lost(rule, text, fix?): a fault, and a value that stands for what could not be made. */
static int lost(lua_State *L)
{
	td_graph *g = td_script_of(L)->graph;
	td_origin at = td_script_where(L, NULL);
	td_graph_fault(g, td_arena_strdup(&g->arena, luaL_checkstring(L, 1)), at,
	               luaL_optstring(L, 3, NULL), "%s", luaL_checkstring(L, 2));
	td_bind_push_value(L, lost_value(L, at));
	td_bind_grown(L);
	return 1;
}

/* -- outputs -------------------------------------------------------------- */

/* Where a function returns its table: the line of `name =` after the last `return`, at best. */
static td_origin place_of_output(lua_State *L, int function, const char *name)
{
	const td_script *s = td_script_of(L);
	lua_Debug ar;
	lua_pushvalue(L, function);
	lua_getinfo(L, ">S", &ar);
	const td_script_source *x = td_script_source_of(s, ar.source);
	if (!x)
		return td_script_where(L, NULL);
	td_sandbox_spend(L, ar.lastlinedefined - ar.linedefined);
	int line = ar.lastlinedefined;
	while (line > ar.linedefined && !td_script_column(x, line, "return", false))
		line--;
	td_origin at = {x->name, line, 0};
	for (; line <= ar.lastlinedefined; line++) {
		int col = td_script_column(x, line, name, true);
		if (col)
			return (td_origin){x->name, line, col};
	}
	return at;
}

/* core.output(name, value, build, input?): `build` is the function that returned it; with the name of an
 * input it is written as a recording, too. */
static int output(lua_State *L)
{
	const char *name = td_script_text(L, 1, "the name of an output");
	td_graph *g = td_script_of(L)->graph;
	td_origin at = place_of_output(L, 3, name);
	int value = td_bind_value(L, 2);
	if (value == TD_NONE)
		td_graph_fault(g, "TD0102", at, NULL, "the output \"%s\" is a %s, not a value",
		               name, luaL_typename(L, 2));
	else
		td_graph_output(g, name, value, at);
	if (value != TD_NONE && lua_isstring(L, 4))
		td_graph_output_edf(g, lua_tostring(L, 4));
	td_bind_grown(L);
	return 0;
}

/* core.picture(spec, { output names }, place) */
static int picture(lua_State *L)
{
	const char *names[TD_PICTURE_OUTPUTS];
	const char *spec = td_script_text(L, 1, "a picture");
	int n = 0;
	luaL_checktype(L, 2, LUA_TTABLE);
	for (; n < TD_PICTURE_OUTPUTS && lua_rawgeti(L, 2, n + 1) == LUA_TSTRING; n++)
		names[n] = lua_tostring(L, -1); /* stays on the stack */
	td_graph_picture(td_script_of(L)->graph, spec, names, n, td_bind_where(L, 3));
	td_bind_grown(L);
	return 0;
}

/* core.describe(name or nil, determinism) */
static int describe(lua_State *L)
{
	td_graph *g = td_script_of(L)->graph;
	if (!lua_isnil(L, 1))
		g->name = td_arena_strdup(&g->arena, td_script_text(L, 1, "the pipeline's name"));
	g->determinism = (int)luaL_checkinteger(L, 2);
	return 0;
}

void td_bind_graph(lua_State *L)
{
	static const luaL_Reg core[] = {
		{"constructor", constructor}, {"step", step},         {"has_param", has_param},
		{"families", families},       {"lost", lost},         {"output", output},
		{"picture", picture},         {"describe", describe}, {NULL, NULL},
	};
	luaL_setfuncs(L, core, 0);
}
