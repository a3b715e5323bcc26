/* lib_order.c: walking and sorting tables in an order that does not depend on chance. Layer 7. */
#include "sandbox.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

/* A key: an integer, or a string (text not NULL). */
typedef struct {
	lua_Integer i;
	const char *text;
	size_t n;
} key;

static int compare(const key *a, const key *b)
{
	if (!a->text || !b->text)
		return a->text ? 1 : b->text ? -1 : (a->i > b->i) - (a->i < b->i);
	int c = memcmp(a->text, b->text, a->n < b->n ? a->n : b->n);
	return c ? c : (a->n > b->n) - (a->n < b->n);
}

static int by_key(const void *a, const void *b)
{
	return compare(a, b);
}

/* The key at `index`; its text lives as long as it is on the stack or in its table. */
static key read_key(lua_State *L, int index)
{
	key k = {0};
	if (lua_isinteger(L, index))
		k.i = lua_tointeger(L, index);
	else if (lua_type(L, index) == LUA_TSTRING)
		k.text = lua_tolstring(L, index, &k.n);
	else
		luaL_error(L,
		           "tables are walked in the order of their keys, which must be "
		           "integers or strings; here is a %s",
		           luaL_typename(L, index));
	return k;
}

static void push_key(lua_State *L, const key *k)
{
	if (k->text)
		lua_pushlstring(L, k->text, k->n);
	else
		lua_pushinteger(L, k->i);
}

/* -- pairs and next ------------------------------------------------------- */

lua_Integer td_sandbox_keys(lua_State *L, int index)
{
	lua_Integer n = 0;
	index = lua_absindex(L, index);
	luaL_checkstack(L, 6, NULL);
	for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1))
		n++;
	td_sandbox_spend(L, n);
	key *keys = lua_newuserdatauv(L, (size_t)n * sizeof *keys, 0);
	key *k = keys;
	for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1))
		*k++ = read_key(L, -2);
	qsort(keys, (size_t)n, sizeof *keys, by_key);
	lua_createtable(L, n < 1 << 20 ? (int)n : 1 << 20, 0);
	for (lua_Integer i = 0; i < n; i++) {
		push_key(L, &keys[i]);
		lua_rawseti(L, -2, i + 1);
	}
	lua_remove(L, -2);
	return n;
}

/* The iterator of pairs: upvalues are the list of keys and the last position. */
static int walk(lua_State *L)
{
	lua_Integer i = lua_tointeger(L, lua_upvalueindex(2));
	luaL_checktype(L, 1, LUA_TTABLE);
	while (lua_rawgeti(L, lua_upvalueindex(1), ++i) != LUA_TNIL) {
		lua_pushvalue(L, -1);
		if (lua_rawget(L, 1) != LUA_TNIL) {
			lua_pushinteger(L, i);
			lua_replace(L, lua_upvalueindex(2));
			return 2;
		}
		lua_pop(L, 2); /* removed meanwhile */
	}
	return 1;
}

int td_lib_pairs(lua_State *L)
{
	luaL_checkany(L, 1);
	if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
		lua_pushvalue(L, 1);
		lua_call(L, 1, 3);
		return 3;
	}
	luaL_checktype(L, 1, LUA_TTABLE);
	td_sandbox_keys(L, 1);
	lua_pushinteger(L, 0);
	lua_pushcclosure(L, walk, 2);
	lua_pushvalue(L, 1);
	lua_pushnil(L);
	return 3;
}

/* The smallest key after the given one: looks at the whole table. */
int td_lib_next(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 2);
	bool first = lua_isnil(L, 2), found = false;
	key after = {0}, best = {0};
	if (!first)
		after = read_key(L, 2);
	int64_t n = 0;
	for (lua_pushnil(L); lua_next(L, 1); lua_pop(L, 1), n++) {
		key k = read_key(L, -2);
		if ((first || compare(&k, &after) > 0) && (!found || compare(&k, &best) < 0)) {
			best = k;
			found = true;
		}
	}
	td_sandbox_spend(L, n);
	if (!found) {
		lua_pushnil(L);
		return 1;
	}
	push_key(L, &best);
	lua_pushvalue(L, -1);
	lua_rawget(L, 1);
	return 2;
}

/* -- functions on lists --------------------------------------------------- */

static void check_plain(lua_State *L, int index)
{
	luaL_checktype(L, index, LUA_TTABLE);
	if (lua_getmetatable(L, index))
		luaL_argerror(L, index, "a table without a metatable is expected");
}

int td_lib_plain(lua_State *L)
{
	check_plain(L, 1);
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
	return lua_gettop(L);
}

int td_lib_move(lua_State *L)
{
	lua_Integer from = luaL_checkinteger(L, 2), last = luaL_checkinteger(L, 3), n;
	check_plain(L, 1);
	if (lua_gettop(L) >= 5 && !lua_isnil(L, 5))
		check_plain(L, 5);
	if (last >= from)
		td_sandbox_spend(L, __builtin_sub_overflow(last, from, &n) ? INT64_MAX : n);
	return td_lib_plain(L);
}

/* Is the value on top before the one below it? Takes both. `order`: index of the function, or 0. */
static bool before(lua_State *L, int order)
{
	bool yes;
	if (order) {
		lua_pushvalue(L, order);
		lua_insert(L, -3);
		lua_insert(L, -2);
		lua_call(L, 2, 1);
		yes = lua_toboolean(L, -1);
		lua_pop(L, 1);
	} else {
		yes = lua_compare(L, -1, -2, LUA_OPLT);
		lua_pop(L, 2);
	}
	return yes;
}

/* Merges the runs [lo, mid) and [mid, hi) of the list at `from` into the one at `to`. */
static void merge(lua_State *L, int from, int to, int order, const lua_Integer run[3])
{
	lua_Integer a = run[0], b = run[1];
	for (lua_Integer i = run[0]; i < run[2]; i++) {
		bool second = a == run[1];
		if (!second && b < run[2]) {
			lua_rawgeti(L, from, a);
			lua_rawgeti(L, from, b);
			second = before(L, order);
		}
		lua_rawgeti(L, from, second ? b++ : a++);
		lua_rawseti(L, to, i);
	}
}

int td_lib_sort(lua_State *L)
{
	check_plain(L, 1);
	lua_settop(L, 2);
	int order = lua_isnil(L, 2) ? 0 : 2;
	if (order)
		luaL_checktype(L, 2, LUA_TFUNCTION);
	lua_Integer n = (lua_Integer)lua_rawlen(L, 1);
	int from = 3, to = 4;
	lua_newtable(L);
	lua_newtable(L);
	for (lua_Integer i = 1; i <= n; i++) {
		lua_rawgeti(L, 1, i);
		lua_rawseti(L, from, i);
	}
	for (lua_Integer step = 1; step < n; step *= 2) {
		td_sandbox_spend(L, n);
		for (lua_Integer lo = 1; lo <= n; lo += 2 * step) {
			lua_Integer mid = lo + step <= n ? lo + step : n + 1;
			lua_Integer hi = lo + 2 * step <= n ? lo + 2 * step : n + 1;
			merge(L, from, to, order, (lua_Integer[3]){lo, mid, hi});
		}
		int other = from;
		from = to;
		to = other;
	}
	for (lua_Integer i = 1; i <= n; i++) {
		lua_rawgeti(L, from, i);
		lua_rawseti(L, 1, i);
	}
	return 0;
}
