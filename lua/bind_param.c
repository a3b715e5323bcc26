/* bind_param.c: parameters of a pipeline: what is declared, what -p says. Layer 7. */
#include "script.h"

#include <lauxlib.h>
#include <math.h>
#include <string.h>

enum { MAX_CHOICES = 64 };

/* A declared parameter as a row like those of nodes, so that types, ranges and messages are one. */
typedef struct {
	td_param row;
	const char *choices[MAX_CHOICES + 1];
	union {
		int64_t i;
		double r;
		bool b;
		int32_t choice;
	} value;
} declared;

static double bound(lua_State *L, int index, const char *name, double otherwise)
{
	lua_getfield(L, index, name);
	double x = lua_isnumber(L, -1) ? lua_tonumber(L, -1) : otherwise;
	lua_pop(L, 1);
	return x;
}

static const char *text(lua_State *L, int index, const char *name)
{
	lua_getfield(L, index, name);
	const char *s = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;
	lua_pop(L, 1); /* stays in the table */
	return s;
}

static void read_choices(lua_State *L, int index, declared *d)
{
	if (lua_getfield(L, index, "choices") == LUA_TTABLE)
		for (int i = 0; i < MAX_CHOICES; i++) {
			lua_rawgeti(L, -1, i + 1);
			bool word = lua_type(L, -1) == LUA_TSTRING;
			d->choices[i] = word ? lua_tostring(L, -1) : NULL;
			lua_pop(L, 1);
			if (!word)
				break;
		}
	lua_pop(L, 1);
}

/* Reads the declaration at `index`: { type =, min =, max =, choices =, unit = }. */
static void read_declared(lua_State *L, int index, const char *name, declared *d)
{
	const char *type = text(L, index, "type");
	*d = (declared){.row = {.name = name,
	                        .unit = text(L, index, "unit"),
	                        .type = td_same(type, "int")      ? TD_INT
	                                : td_same(type, "flag")   ? TD_FLAG
	                                : td_same(type, "choice") ? TD_CHOICE
	                                                          : TD_REAL,
	                        .min = bound(L, index, "min", -HUGE_VAL),
	                        .max = bound(L, index, "max", HUGE_VAL)}};
	read_choices(L, index, d);
	d->row.choices = d->choices;
}

/* The value at `index`; `from_text`: a word of the command line. */
static bool read_value(lua_State *L, int index, const declared *d, bool from_text, td_lit *lit)
{
	if (!td_bind_literal(L, index, lit))
		return false;
	if (from_text && lit->kind == TD_LIT_TEXT && d->row.type != TD_CHOICE)
		*lit = td_lit_read(lit->as.s);
	return true;
}

static void push_value(lua_State *L, const declared *d)
{
	switch (d->row.type) {
	case TD_INT:
		lua_pushinteger(L, d->value.i);
		break;
	case TD_REAL:
		lua_pushnumber(L, d->value.r);
		break;
	case TD_FLAG:
		lua_pushboolean(L, d->value.b);
		break;
	case TD_CHOICE:
	default:
		lua_pushstring(L, d->choices[d->value.choice]);
		break;
	}
}

/* core.check(name, declaration, value, from_text): the value in the declared type, or nil and what
 * is wrong. `from_text`: it is a word of the command line. Types int, real, flag, choice. */
static int check(lua_State *L)
{
	declared d;
	td_lit lit;
	td_err e;
	lua_settop(L, 4);
	luaL_checktype(L, 2, LUA_TTABLE);
	read_declared(L, 2, luaL_checkstring(L, 1), &d);
	if (d.row.type == TD_CHOICE && !d.choices[0])
		return luaL_error(L, "a choice without choices");
	bool ok = read_value(L, 3, &d, lua_toboolean(L, 4), &lit);
	if (!ok)
		td_fail(&e, TD_E_USAGE, "%s cannot be a %s", d.row.name, luaL_typename(L, 3));
	if (!ok || !td_param_set(&d.row, &d.value, &lit, &e)) {
		lua_pushnil(L);
		lua_pushstring(L, e.text);
		return 2;
	}
	push_value(L, &d);
	return 1;
}

/* core.literal(x): the shortest text that reads back as the same number, flag or word. */
static int literal(lua_State *L)
{
	td_lit lit;
	td_str s = {0};
	char out[64];
	if (lua_type(L, 1) == LUA_TSTRING || !td_bind_literal(L, 1, &lit)) {
		td_sandbox_text(L, 1);
		return 1;
	}
	td_lit_text(&lit, &s);
	td_clip(out, sizeof out, "%s", td_str_text(&s));
	td_str_fini(&s);
	lua_pushstring(L, out);
	return 1;
}

/* core.options(): the -p of the command line, a list of { name, value }. */
static int options(lua_State *L)
{
	const td_script *s = td_script_of(L);
	lua_createtable(L, s->n_options, 0);
	for (int i = 0; i < s->n_options; i++) {
		lua_createtable(L, 2, 0);
		lua_pushstring(L, s->options[i].name);
		lua_rawseti(L, -2, 1);
		lua_pushstring(L, s->options[i].value);
		lua_rawseti(L, -2, 2);
		lua_rawseti(L, -2, i + 1);
	}
	return 1;
}

static bool flag(lua_State *L, const char *name)
{
	lua_getfield(L, 1, name);
	bool yes = lua_toboolean(L, -1);
	lua_pop(L, 1);
	return yes;
}

/* core.record{ name, type, value, doc, given, used, at }: a parameter for the record. */
static int record(lua_State *L)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_getfield(L, 1, "at");
	td_pipeline_param p = {.name = text(L, 1, "name"),
	                       .type = text(L, 1, "type"),
	                       .value = text(L, 1, "value"),
	                       .doc = text(L, 1, "doc"),
	                       .given = flag(L, "given"),
	                       .used = flag(L, "used"),
	                       .at = td_bind_where(L, -1)};
	td_graph_param(td_script_of(L)->graph, &p);
	td_bind_grown(L);
	return 0;
}

/* core.folder(): of the pipeline, or nil; paths in a pipeline start there. */
static int folder(lua_State *L)
{
	lua_pushstring(L, td_script_of(L)->folder);
	return 1;
}

void td_bind_param(lua_State *L)
{
	static const luaL_Reg core[] = {
		{"check", check},   {"literal", literal}, {"options", options},
		{"record", record}, {"folder", folder},   {NULL, NULL},
	};
	luaL_setfuncs(L, core, 0);
}
