/* bind_report.c: places in scripts, faults and errors. Layer 7. */
#include "script.h"

#include <lauxlib.h>
#include <string.h>

/* -- places and faults ---------------------------------------------------- */

void td_bind_push_where(lua_State *L, td_origin at)
{
	const td_script *s = td_script_of(L);
	int source = 0;
	for (int i = 0; i < s->sources.n; i++)
		if (s->sources.items[i].name == at.file)
			source = i;
	const int place[] = {source, at.line, at.col};
	lua_createtable(L, 3, 0);
	for (int i = 0; i < 3; i++) {
		lua_pushinteger(L, place[i]);
		lua_rawseti(L, -2, i + 1);
	}
}

td_origin td_bind_where(lua_State *L, int index)
{
	const td_script *s = td_script_of(L);
	lua_Integer place[3];
	if (!lua_istable(L, index))
		return td_script_where(L, NULL);
	for (int i = 0; i < 3; i++) {
		lua_rawgeti(L, index, i + 1);
		place[i] = lua_tointeger(L, -1);
		lua_pop(L, 1);
	}
	bool known = place[0] >= 0 && place[0] < s->sources.n;
	return (td_origin){s->sources.items[known ? place[0] : 0].name, (int)place[1],
	                   (int)place[2]};
}

/* core.where(word?): the place of the script; its column is that of the word. */
static int where(lua_State *L)
{
	td_bind_push_where(L, td_script_where(L, luaL_optstring(L, 1, NULL)));
	return 1;
}

/* core.fault(rule, text, fix?, place?) */
static int fault(lua_State *L)
{
	td_graph *g = td_script_of(L)->graph;
	const char *rule = td_arena_strdup(&g->arena, luaL_checkstring(L, 1));
	td_graph_fault(g, rule, td_bind_where(L, 4), luaL_optstring(L, 3, NULL), "%s",
	               luaL_checkstring(L, 2));
	td_bind_grown(L);
	return 0;
}

/* core.fail(text): raises, with the place of the script. */
static int fail(lua_State *L)
{
	td_script_fail(L, "%s", luaL_checkstring(L, 1));
}

static const char *name_at(const void *names, int i)
{
	return ((const char *const *)names)[i];
}

/* core.closest(word, names): the name that may be meant, or nil. */
static int closest(lua_State *L)
{
	const char *word = luaL_checkstring(L, 1);
	int n = (int)lua_rawlen(L, 2);
	const char **names = lua_newuserdatauv(L, (size_t)n * sizeof *names, 0);
	for (int i = 0; i < n; i++) {
		lua_rawgeti(L, 2, i + 1);
		names[i] = lua_tostring(L, -1);
		lua_pop(L, 1); /* stays in the list */
		if (!names[i])
			return luaL_argerror(L, 2, "a list of names is expected");
	}
	lua_pushstring(L, td_closest(word, n, name_at, names));
	return 1;
}

/* core.entry(name, f): f as a function of tandem's, so that a tail call leaves its caller's line in
 * sight, and the column of its name is known. */
static int enter(lua_State *L)
{
	td_script *s = td_script_of(L);
	char outer[sizeof s->word];
	memcpy(outer, s->word, sizeof outer);
	td_clip(s->word, sizeof s->word, "%s", lua_tostring(L, lua_upvalueindex(1)));
	lua_pushvalue(L, lua_upvalueindex(2));
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
	memcpy(s->word, outer, sizeof outer);
	return lua_gettop(L);
}

static int entry(lua_State *L)
{
	luaL_checkstring(L, 1);
	luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_settop(L, 2);
	lua_pushcclosure(L, enter, 2);
	return 1;
}

void td_bind_report(lua_State *L)
{
	static const luaL_Reg core[] = {
		{"where", where},     {"fault", fault}, {"fail", fail},
		{"closest", closest}, {"entry", entry}, {NULL, NULL},
	};
	luaL_setfuncs(L, core, 0);
}
