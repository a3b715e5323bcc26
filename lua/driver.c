/* Driver scripts, from files or embedded, in a Lua of their own. */
#include "driver_inner.h"

#include "../engine/base/embed.h"
#include "../engine/base/file.h"

#include <lauxlib.h>
#include <lualib.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
	const td_registry *registry;
	const char *name, *text, *db;
	size_t n_text;
	const char *const *args;
	int n_args;
} script;

static int traceback(lua_State *L)
{
	if (!lua_isstring(L, 1)) /* our own errors say enough */
		return 1;
	luaL_traceback(L, L, lua_tostring(L, 1), 1);
	return 1;
}

/* require "drivers.pictures" is lua/drivers/pictures.lua, which the program holds. */
static int find_driver(lua_State *L)
{
	static const char prefix[] = "drivers.";
	const char *name = luaL_checkstring(L, 1);
	if (!td_starts(name, prefix))
		return 0;
	const char *path = lua_pushfstring(L, "lua/drivers/%s.lua", name + sizeof prefix - 1);
	const td_embedded *f = td_embedded_find(path);
	if (!f || luaL_loadbufferx(L, f->text, f->n, lua_pushfstring(L, "@%s", path), "t"))
		return f ? lua_error(L) : 0;
	return 1;
}

static void add_searcher(lua_State *L)
{
	lua_getglobal(L, LUA_LOADLIBNAME);
	lua_getfield(L, -1, "searchers");
	lua_pushcfunction(L, find_driver);
	lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
	lua_pop(L, 2);
}

static int run_script(lua_State *L)
{
	const script *s = lua_touserdata(L, 1);
	luaL_openlibs(L);
	add_searcher(L);
	luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
	td_driver_push_module(L, s->registry, s->db);
	lua_setfield(L, -2, "tandem");
	lua_createtable(L, s->n_args, 1);
	lua_pushstring(L, s->name);
	lua_rawseti(L, -2, 0);
	for (int i = 0; i < s->n_args; i++) {
		lua_pushstring(L, s->args[i]);
		lua_rawseti(L, -2, i + 1);
	}
	lua_setglobal(L, "arg");
	lua_pushcfunction(L, traceback);
	int handler = lua_gettop(L);
	const char *chunk = lua_pushfstring(L, "@%s", s->name);
	if (luaL_loadbufferx(L, s->text, s->n_text, chunk, "t") != LUA_OK ||
	    lua_pcall(L, 0, 0, handler) != LUA_OK)
		return lua_error(L);
	return 0;
}

static bool run_text(const script *s, td_err *e)
{
	lua_State *L = luaL_newstate();
	if (!L)
		td_out_of_memory(0);
	lua_pushcfunction(L, run_script);
	lua_pushlightuserdata(L, (void *)(uintptr_t)s);
	bool ok = lua_pcall(L, 1, 0, 0) == LUA_OK;
	if (!ok) {
		int code = TD_E_USAGE;
		if (lua_istable(L, -1) && lua_getfield(L, -1, "code") == LUA_TNUMBER)
			code = (int)lua_tointeger(L, -1);
		lua_settop(L, lua_gettop(L) > 1 ? 1 : lua_gettop(L));
		td_fail(e, (td_code)code, "%s", luaL_tolstring(L, 1, NULL));
	}
	lua_close(L);
	return ok;
}

bool td_driver_run(const td_registry *r, const char *path, const char *const *args, int n_args,
                   const char *db, td_err *e)
{
	char *text;
	size_t n;
	if (!td_file_read(path, 16 << 20, &text, &n, e))
		return false;
	size_t skip = td_starts(text, "#!") ? strcspn(text, "\n") : 0;
	script s = {r, path, text + skip, db, n - skip, args, n_args};
	bool ok = run_text(&s, e);
	free(text);
	return ok;
}

bool td_driver_run_embedded(const td_registry *r, const char *path, const char *const *args,
                            int n_args, const char *db, td_err *e)
{
	const td_embedded *f = td_embedded_find(path);
	if (!f)
		return td_fail(e, TD_E_USAGE, "%s is not part of this program", path);
	script s = {r, path, f->text, db, f->n, args, n_args};
	return run_text(&s, e);
}
