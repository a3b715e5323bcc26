/* bind_loop.c: loops and stages. Layer 7. */
#include "script.h"

#include "check/check.h"
#include "model/dtype.h"

#include <lauxlib.h>

enum { WORK_A_STEP = 100 };

/* Value of a dim whose symbols are all fixed. */
static bool dim_number(const td_dims *d, td_dim dim, int64_t *value)
{
	int64_t lo, hi;
	td_dim_range(d, dim, &lo, &hi);
	*value = lo;
	return dim != TD_DIM_BAD && lo == hi && !td_dim_late(d, dim);
}

/* -- loops ---------------------------------------------------------------- */

/* The number of a loop at `index`; raises when it is none, or closed already. */
static int open_loop(lua_State *L, int index)
{
	const td_graph *g = td_script_of(L)->graph;
	lua_Integer loop = luaL_checkinteger(L, index);
	if (loop != g->open_loop || loop == TD_NONE)
		luaL_argerror(L, index, "this loop is not the one being traced");
	return (int)loop;
}

/* core.loop(trips): opens a loop. */
static int loop_open(lua_State *L)
{
	td_graph *g = td_script_of(L)->graph;
	lua_pushinteger(L, td_graph_loop(g, luaL_checkinteger(L, 1), td_script_where(L, NULL)));
	td_bind_grown(L);
	return 1;
}

/* core.carry(loop, init): the carried value. */
static int loop_carry(lua_State *L)
{
	td_graph *g = td_script_of(L)->graph;
	int loop = open_loop(L, 1), init = td_bind_value(L, 2);
	td_bind_push_value(L, td_graph_carry(g, loop, init, td_script_where(L, NULL)));
	td_bind_grown(L);
	return 1;
}

/* core.next(loop, k, value): what carry k (from 1) becomes at the end of a turn. */
static int loop_next(lua_State *L)
{
	td_graph *g = td_script_of(L)->graph;
	int loop = open_loop(L, 1);
	lua_Integer k = luaL_checkinteger(L, 2);
	luaL_argcheck(L, k >= 1 && k <= g->loops.items[loop].n, 2, "no such carry");
	td_graph_next(g, loop, (int)k - 1, td_bind_value(L, 3));
	return 0;
}

/* core.hoist(loop, n): moves the last n steps to before the loop. */
static int loop_hoist(lua_State *L)
{
	td_graph *g = td_script_of(L)->graph;
	int loop = open_loop(L, 1);
	lua_Integer n = luaL_checkinteger(L, 2);
	luaL_argcheck(L, n >= 0 && n <= g->steps.n - g->loops.items[loop].first, 2,
	              "so many steps");
	td_graph_hoist(g, loop, (int)n);
	td_bind_grown(L);
	return 0;
}

/* core.shape(value): its dtype and the list of its dims, which must be numbers; or nil and what is
 * in the way. `check` tells, on the graph as it is so far. */
static int shape_of(lua_State *L)
{
	td_graph *g = td_script_of(L)->graph;
	int value = td_bind_value(L, 1);
	td_diags d = {0};
	td_str text = {0};
	char out[128];
	td_check(g, &d);
	td_diags_fini(&d);
	const td_shape *shape = &g->values.items[value].shape;
	int64_t dim[TD_MAX_RANK] = {0};
	bool known = shape->rank >= 0;
	for (int i = 0; i < shape->rank; i++)
		known = known && dim_number(g->dims, shape->dim[i], &dim[i]);
	td_shape_text(g->dims, shape, &text);
	td_clip(out, sizeof out, "[%s]", shape->rank < 0 ? "?" : td_str_text(&text));
	td_str_fini(&text);
	td_sandbox_spend(L, WORK_A_STEP * (int64_t)g->steps.n);
	if (!known) {
		lua_pushnil(L);
		lua_pushstring(L, out);
		return 2;
	}
	lua_pushstring(L, td_dtype_name(shape->dtype));
	lua_createtable(L, shape->rank, 0);
	for (int i = 0; i < shape->rank; i++) {
		lua_pushinteger(L, dim[i]);
		lua_rawseti(L, -2, i + 1);
	}
	return 2;
}

/* core.loop_end(loop): closes it, and with it all that were left open inside by an error. */
static int loop_end(lua_State *L)
{
	td_graph *g = td_script_of(L)->graph;
	int loop = (int)luaL_checkinteger(L, 1);
	while (g->open_loop != TD_NONE && td_loop_within(g, g->open_loop, loop))
		td_graph_loop_end(g);
	return 0;
}

/* -- stages --------------------------------------------------------------- */

static void push_step(td_script *s, int step, int stage)
{
	td_step *x = &s->graph->steps.items[step];
	if (x->stage != TD_NONE || !td_loop_within(s->graph, x->loop, s->graph->open_loop))
		return;
	x->stage = stage;
	TD_PUSH(&s->arena, s->todo, step);
}

/* The steps that a value comes from directly. */
static void push_makers(td_script *s, int value, int stage)
{
	const td_graph *g = s->graph;
	/* a carry comes from its init and its next, and they are steps: no chain of carries */
	for (int pass = 0; value != TD_NONE && pass < 2; pass++) {
		const td_value *v = &g->values.items[value];
		if (v->kind == TD_OUTPUT_OF)
			push_step(s, v->maker, stage);
		if (v->kind != TD_CARRY)
			return;
		const td_carry *c = &g->loops.items[v->maker].items[v->port];
		if (c->next != TD_NONE && g->values.items[c->next].kind == TD_OUTPUT_OF)
			push_step(s, g->values.items[c->next].maker, stage);
		value = c->init;
	}
}

/* core.tag(stage, value): gives the stage to the steps that the value comes from and that have
 * none; goes no further back than to steps that have one, nor out of the loop being traced. */
static int tag(lua_State *L)
{
	td_script *s = td_script_of(L);
	int stage = td_graph_stage(s->graph, td_script_text(L, 1, "the name of a stage"));
	s->todo.n = 0;
	push_makers(s, td_bind_value(L, 2), stage);
	while (s->todo.n) {
		const td_step *x = &s->graph->steps.items[s->todo.items[--s->todo.n]];
		td_sandbox_spend(L, 1 + x->n_in);
		for (int i = 0; i < x->n_in; i++)
			push_makers(s, x->in[i], stage);
	}
	return 0;
}

/* core.steps(): how many there are. */
static int steps(lua_State *L)
{
	lua_pushinteger(L, td_script_of(L)->graph->steps.n);
	return 1;
}

/* core.tag_since(stage, n): gives the stage to all steps after the first n that have none. */
static int tag_since(lua_State *L)
{
	td_graph *g = td_script_of(L)->graph;
	int stage = td_graph_stage(g, td_script_text(L, 1, "the name of a stage"));
	for (lua_Integer i = luaL_checkinteger(L, 2); i >= 0 && i < g->steps.n; i++)
		if (g->steps.items[i].stage == TD_NONE)
			g->steps.items[i].stage = stage;
	return 0;
}

void td_bind_loop(lua_State *L)
{
	static const luaL_Reg core[] = {
		{"loop", loop_open},   {"carry", loop_carry},    {"next", loop_next},
		{"hoist", loop_hoist}, {"shape", shape_of},      {"loop_end", loop_end},
		{"tag", tag},          {"tag_since", tag_since}, {"steps", steps},
		{NULL, NULL},
	};
	luaL_setfuncs(L, core, 0);
}
