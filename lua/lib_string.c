/* lib_string.c: text without addresses, and patterns that end. Layer 7. */
#include "sandbox.h"

#include "base/log.h"

#include <ctype.h>
#include <lauxlib.h>
#include <string.h>

/* A match may try so many places; the work it is counted as is a fraction, most end early. */
#define MATCH_TRIES 0x1p27
#define TRIES_A_WORK 16

/* -- tostring, print, format ---------------------------------------------- */

const char *td_sandbox_text(lua_State *L, int index)
{
	index = lua_absindex(L, index);
	int type = lua_type(L, index);
	if (luaL_callmeta(L, index, "__tostring")) {
		if (!lua_isstring(L, -1))
			luaL_error(L, "__tostring must return a string");
		return lua_tostring(L, -1);
	}
	if (type == LUA_TNIL || type == LUA_TBOOLEAN || type == LUA_TNUMBER || type == LUA_TSTRING)
		return luaL_tolstring(L, index, NULL);
	return lua_pushstring(L, lua_typename(L, type));
}

int td_lib_tostring(lua_State *L)
{
	luaL_checkany(L, 1);
	td_sandbox_text(L, 1);
	return 1;
}

int td_lib_print(lua_State *L)
{
	int n = lua_gettop(L);
	luaL_Buffer b;
	luaL_buffinit(L, &b);
	for (int i = 1; i <= n; i++) {
		if (i > 1)
			luaL_addchar(&b, '\t');
		td_sandbox_text(L, i);
		luaL_addvalue(&b);
	}
	luaL_pushresult(&b);
	td_sandbox_spend(L, (int64_t)lua_rawlen(L, -1));
	td_note("%s", lua_tostring(L, -1));
	return 0;
}

/* Calls the function that the caller stands in for with all arguments. */
static int call_original(lua_State *L)
{
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
	return lua_gettop(L);
}

int td_lib_format(lua_State *L)
{
	const char *f = luaL_checkstring(L, 1);
	while ((f = strchr(f, '%')) != NULL) {
		f += 1 + strspn(f + 1, "-+ #0123456789.");
		if (*f == 'p')
			return luaL_error(L, "string.format has no %%p here: it would show an "
			                     "address");
		f += *f != '\0';
	}
	for (int i = 2; i <= lua_gettop(L); i++) {
		int type = lua_type(L, i);
		if (type == LUA_TTABLE || type == LUA_TFUNCTION || type == LUA_TUSERDATA) {
			td_sandbox_text(L, i);
			lua_replace(L, i);
		}
	}
	return call_original(L);
}

int td_lib_rep(lua_State *L)
{
	size_t n_text, n_between;
	luaL_checklstring(L, 1, &n_text);
	lua_Integer n = luaL_checkinteger(L, 2);
	luaL_optlstring(L, 3, "", &n_between);
	if (n > 0)
		td_sandbox_spend(L, n / TRIES_A_WORK);
	return call_original(L);
}

int td_lib_scan(lua_State *L)
{
	size_t n;
	luaL_checklstring(L, 1, &n);
	td_sandbox_spend(L, (int64_t)(n / TRIES_A_WORK));
	return call_original(L);
}

/* -- patterns ------------------------------------------------------------- */

/* What a pattern is made of, as far as time goes. */
typedef struct {
	int choices;    /* places that a match tries one after the other */
	size_t longest; /* set, or run of single characters: the cost of one try */
} pattern;

/* The end of the set that starts with '[' at i. */
static size_t set_end(const char *p, size_t n, size_t i)
{
	i += i + 1 < n && p[i + 1] == '^' ? 2 : 1;
	for (size_t first = i; i < n && (p[i] != ']' || i == first); i++)
		i += p[i] == '%';
	return i < n ? i + 1 : n;
}

/* The end of one item at i, its repetition not counted. */
static size_t item_end(const char *p, size_t n, size_t i, pattern *out)
{
	size_t end = i + 1;
	if (p[i] == '%' && i + 1 < n) {
		end = p[i + 1] == 'b' ? i + 4 : i + 2;
		out->choices += p[i + 1] == 'b' || isdigit((unsigned char)p[i + 1]);
	} else if (p[i] == '[') {
		end = set_end(p, n, i);
		if (end - i > out->longest)
			out->longest = end - i;
	}
	return end < n ? end : n;
}

static pattern read_pattern(const char *p, size_t n, bool anchors)
{
	bool anchored = anchors && n && *p == '^';
	pattern out = {.choices = !anchored};
	size_t run = 0;
	for (size_t i = anchored; i < n;) {
		if (p[i] == '(' || p[i] == ')') {
			i++;
			continue;
		}
		i = item_end(p, n, i, &out);
		run++;
		if (i < n && strchr("*+-?", p[i])) {
			run = 0;
			i++;
			/* what ends a pattern takes what it gets: nothing is tried again */
			out.choices += i + strspn(p + i, ")") < n;
		}
		if (run > out.longest)
			out.longest = run;
	}
	return out;
}

/* How many ways there are to place the choices in a text of n bytes, in order: (n+q over q). */
static double tries(const pattern *p, size_t n)
{
	double ways = 1;
	for (int k = 1; k <= p->choices && ways <= MATCH_TRIES; k++)
		ways *= ((double)n + k) / k;
	return ways * (double)(p->longest + 1);
}

static void spend_match(lua_State *L, bool anchors, bool plain)
{
	size_t n, n_pattern;
	luaL_checklstring(L, 1, &n);
	const char *text = luaL_checklstring(L, 2, &n_pattern);
	pattern p = plain ? (pattern){.choices = 1, .longest = n_pattern}
	                  : read_pattern(text, n_pattern, anchors);
	double cost = tries(&p, n);
	if (cost > MATCH_TRIES)
		luaL_error(L,
		           "this pattern could take too long on a text of %d bytes: take a "
		           "shorter text, or fewer of * + - ? in the pattern",
		           (int)n);
	td_sandbox_spend(L, (int64_t)(cost / TRIES_A_WORK));
}

int td_lib_find(lua_State *L)
{
	spend_match(L, true, lua_toboolean(L, 4));
	return call_original(L);
}

int td_lib_match(lua_State *L)
{
	spend_match(L, true, false);
	return call_original(L);
}

int td_lib_gmatch(lua_State *L)
{
	spend_match(L, false, false);
	return call_original(L);
}
