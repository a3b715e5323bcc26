/* The module "tandem" of driver scripts:
 *
 *   tandem.check  { path, params = {k = 5}, strict = true }        -> findings (tandem/check/1)
 *   tandem.run    { path, params =, on =, repeats =, warmup =, db =, out = }  -> tandem/run/1
 *   tandem.compare{ path, on = { "native", "cpu" }, pairs =, … }   -> tandem/compare/1
 *   tandem.query  ( "name" or SQL, { args }, db )                  -> rows, columns
 *   tandem.devices()                                               -> profiles
 *   tandem.db                                                      -> path of the database
 *
 * Errors are raised as tables { code = exit code, text = message } that print as their message. */
#include "driver_inner.h"

#include "../db/query.h"
#include "../engine/base/file.h"
#include "../engine/measure/stats.h"
#include "../engine/model/input.h"

#include <lauxlib.h>
#include <lua.h>
#include <stdlib.h>

typedef struct {
	const td_registry *registry;
	td_registry own; /* when the module is loaded by a plain Lua */
	const char *db;
} driver;

static driver *driver_of(lua_State *L)
{
	return lua_touserdata(L, lua_upvalueindex(1));
}

/* -- errors ------------------------------------------------------------------ */

static int error_text(lua_State *L)
{
	lua_getfield(L, 1, "text");
	return 1;
}

_Noreturn static void raise(lua_State *L, const td_err *e)
{
	lua_createtable(L, 0, 2);
	lua_pushinteger(L, (lua_Integer)e->code);
	lua_setfield(L, -2, "code");
	lua_pushstring(L, e->text);
	lua_setfield(L, -2, "text");
	if (luaL_newmetatable(L, "tandem.error")) {
		lua_pushcfunction(L, error_text);
		lua_setfield(L, -2, "__tostring");
	}
	lua_setmetatable(L, -2);
	lua_error(L);
	abort(); /* lua_error does not return, but is not declared so */
}

/* -- JSON to Lua --------------------------------------------------------------- */

/* Pushes a JSON value. Our answers nest a handful of levels: the limit is a guard, not a bound that
 * is met. NOLINTNEXTLINE(misc-no-recursion) */
static void push_json(lua_State *L, const json_t *j, int depth)
{
	const char *key;
	json_t *v;
	size_t i;
	luaL_checkstack(L, 4, "answer nested too deeply");
	if (json_is_object(j) && depth < 32) {
		lua_newtable(L);
		json_object_foreach((json_t *)(uintptr_t)j, key, v)
		{
			push_json(L, v, depth + 1);
			lua_setfield(L, -2, key);
		}
	} else if (json_is_array(j) && depth < 32) {
		lua_newtable(L);
		json_array_foreach(j, i, v)
		{
			push_json(L, v, depth + 1);
			lua_rawseti(L, -2, (lua_Integer)i + 1);
		}
	} else if (json_is_integer(j)) {
		lua_pushinteger(L, json_integer_value(j));
	} else if (json_is_real(j)) {
		lua_pushnumber(L, json_real_value(j));
	} else if (json_is_string(j)) {
		lua_pushlstring(L, json_string_value(j), json_string_length(j));
	} else if (json_is_boolean(j)) {
		lua_pushboolean(L, json_is_true(j));
	} else {
		lua_pushnil(L);
	}
}

/* -- jobs ---------------------------------------------------------------------- */

enum { MAX_LIST = 64 };

/* A job read from a table; strings live in the table or in the arena. */
typedef struct {
	td_job job;
	td_option params[MAX_LIST];
	const char *on[MAX_LIST], *impls[MAX_LIST];
	td_arena arena;
	td_str text;
} request;

static const char *field_text(lua_State *L, const char *name)
{
	const char *s = lua_getfield(L, 1, name) == LUA_TNIL ? NULL : luaL_checkstring(L, -1);
	lua_pop(L, 1); /* the table keeps the string */
	return s;
}

/* A whole number from lo to hi; lo where there is none. */
static int field_int(lua_State *L, const char *name, int lo, int hi)
{
	bool given = lua_getfield(L, 1, name) != LUA_TNIL;
	lua_Integer x = given ? luaL_checkinteger(L, -1) : lo;
	if (x < lo || x > hi)
		luaL_error(L, "%s takes a whole number from %d to %d", name, lo, hi);
	lua_pop(L, 1);
	return (int)x;
}

static bool field_flag(lua_State *L, const char *name)
{
	lua_getfield(L, 1, name);
	bool x = lua_toboolean(L, -1);
	lua_pop(L, 1);
	return x;
}

/* A string, or a list of strings. */
static int field_list(lua_State *L, const char *name, const char **out)
{
	int n = 0, type = lua_getfield(L, 1, name);
	if (type == LUA_TSTRING)
		out[n++] = lua_tostring(L, -1);
	else if (type != LUA_TNIL && type != LUA_TTABLE)
		luaL_error(L, "%s must be a string or a list of strings", name);
	lua_Integer wanted = type == LUA_TTABLE ? (lua_Integer)lua_rawlen(L, -1) : 0;
	if (wanted > MAX_LIST)
		luaL_error(L, "%s has %d elements, at most %d are taken", name, (int)wanted,
		           MAX_LIST);
	for (; n < wanted; lua_pop(L, 1)) {
		if (lua_rawgeti(L, -1, n + 1) != LUA_TSTRING)
			luaL_error(L, "%s must be a string or a list of strings", name);
		out[n++] = lua_tostring(L, -1);
	}
	lua_pop(L, 1);
	return n;
}

/* Adds the number, flag or word on top as -p would have it: numbers keep all their digits. */
static void add_word(lua_State *L, const char *name, td_str *out)
{
	if (lua_type(L, -1) == LUA_TNUMBER && !lua_isinteger(L, -1))
		td_str_add(out, td_number_text(lua_tonumber(L, -1)).text);
	else if (lua_type(L, -1) == LUA_TBOOLEAN)
		td_str_add(out, lua_toboolean(L, -1) ? "true" : "false");
	else if (lua_type(L, -1) == LUA_TNUMBER)
		td_str_addf(out, "%lld", (long long)lua_tointeger(L, -1));
	else if (lua_type(L, -1) == LUA_TSTRING)
		td_str_add(out, lua_tostring(L, -1));
	else
		luaL_error(L, "params: %s must be a number, a flag, a string or a list of them",
		           name);
}

/* The value on top as one text. */
static const char *param_text(lua_State *L, request *r, const char *name)
{
	r->text.n = 0;
	if (!lua_istable(L, -1))
		add_word(L, name, &r->text);
	for (lua_Integer i = 1; lua_istable(L, -1) && i <= (lua_Integer)lua_rawlen(L, -1); i++) {
		td_str_add(&r->text, i > 1 ? "," : "");
		lua_rawgeti(L, -1, i);
		add_word(L, name, &r->text);
		lua_pop(L, 1);
	}
	return td_arena_strndup(&r->arena, td_str_text(&r->text), r->text.n);
}

/* params = { k = 5, corr = true, n_interpolate = { 1, 2, 4 } } */
static int field_params(lua_State *L, request *r)
{
	int n = 0, type = lua_getfield(L, 1, "params");
	if (type != LUA_TNIL && type != LUA_TTABLE)
		luaL_error(L, "params must be a table: params = { k = 5 }");
	lua_pushnil(L);
	while (type == LUA_TTABLE && lua_next(L, -2)) {
		luaL_argcheck(L, lua_type(L, -2) == LUA_TSTRING, 1, "params takes names");
		luaL_argcheck(L, n < MAX_LIST, 1, "params takes at most 64 names");
		const char *name = lua_tostring(L, -2);
		r->params[n++] = (td_option){name, param_text(L, r, name)};
		lua_pop(L, 1);
	}
	lua_settop(L, 1);
	return n;
}

static const char *const fields[] = {
	"params", "on",      "impls", "db",     "no_db", "out",
	"warmup", "repeats", "pairs", "strict", "guard", "replan",
};

static const char *field_at(const void *arg, int i)
{
	(void)arg;
	return fields[i];
}

/* A field that is not there would be one that is ignored. */
static void check_fields(lua_State *L)
{
	for (lua_pushnil(L); lua_next(L, 1); lua_settop(L, 2)) {
		const char *name = luaL_tolstring(L, 2, NULL);
		bool known = td_same(name, "1"); /* the path */
		for (size_t i = 0; i < TD_COUNT(fields); i++)
			known = known || td_same(fields[i], name);
		const char *close = td_closest(name, TD_COUNT(fields), field_at, NULL);
		if (!known)
			luaL_error(L, "there is no field \"%s\" here%s%s%s", name,
			           close ? "; did you mean " : "", close ? close : "",
			           close ? "?" : "");
	}
}

static int free_request(lua_State *L)
{
	request *r = lua_touserdata(L, 1);
	td_arena_fini(&r->arena);
	td_str_fini(&r->text);
	return 0;
}

static request *read_request(lua_State *L, const char *command)
{
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_settop(L, 1);
	check_fields(L);
	request *r = lua_newuserdatauv(L, sizeof *r, 0);
	*r = (request){0};
	lua_createtable(L, 0, 1);
	lua_pushcfunction(L, free_request);
	lua_setfield(L, -2, "__gc");
	lua_setmetatable(L, -2);
	lua_replace(L, lua_upvalueindex(2)); /* kept alive by the running function */
	lua_rawgeti(L, 1, 1);
	const char *path = luaL_checkstring(L, -1);
	lua_settop(L, 1);
	const driver *d = driver_of(L);
	const char *db = field_text(L, "db");
	r->job = (td_job){.registry = d->registry,
	                  .path = path,
	                  .params = r->params,
	                  .on = r->on,
	                  .impls = r->impls,
	                  .db = field_flag(L, "no_db") ? NULL
	                        : db                   ? db
	                                               : d->db,
	                  .out = field_text(L, "out"),
	                  .command = command,
	                  .arguments = "driver script",
	                  .warmup = field_int(L, "warmup", 0, TD_MOST_RUNS),
	                  .repeat = field_int(L, "repeats", 1, TD_MOST_RUNS),
	                  .pairs = field_int(L, "pairs", 0, TD_MAX_PAIRS),
	                  .strict = field_flag(L, "strict"),
	                  .guard = field_flag(L, "guard"),
	                  .replan = field_flag(L, "replan")};
	r->job.n_on = field_list(L, "on", r->on);
	r->job.n_impls = field_list(L, "impls", r->impls);
	r->job.n_params = field_params(L, r);
	return r;
}

static int push_answer(lua_State *L, json_t *answer)
{
	push_json(L, answer, 0); /* a Lua out-of-memory here leaks the answer, nothing else */
	json_decref(answer);
	return 1;
}

static int l_run(lua_State *L)
{
	request *r = read_request(L, "run");
	json_t *answer;
	td_err e;
	if (!td_job_run(&r->job, &answer, &e)) {
		json_decref(answer);
		raise(L, &e);
	}
	return push_answer(L, answer);
}

static int l_compare(lua_State *L)
{
	request *r = read_request(L, "compare");
	const driver *d = driver_of(L);
	const char *program = getenv("TANDEM_PROGRAM");
	json_t *answer;
	td_err e;
	if (r->job.pairs && d->registry == &d->own && !(program && *program)) {
		td_fail(&e, TD_E_USAGE,
		        "pairs are runs of the tandem program: set TANDEM_PROGRAM to its path");
		raise(L, &e);
	}
	if (!td_job_compare(&r->job, &answer, &e)) {
		json_decref(answer);
		raise(L, &e);
	}
	return push_answer(L, answer);
}

static int l_check(lua_State *L)
{
	request *r = read_request(L, "check");
	td_loaded l;
	td_str text = {0};
	td_err e;
	bool ok = td_job_load(&r->job, &l, &e) && td_inputs_open(l.graph, &e);
	if (ok) {
		(void)td_check(l.graph, &l.diags); /* the findings are the answer */
		td_diags_json(&l.diags, l.graph, &text);
	}
	td_job_unload(&l);
	if (!ok)
		raise(L, &e);
	json_t *j = json_loads(td_str_text(&text), 0, NULL);
	td_str_fini(&text);
	return push_answer(L, j);
}

static int l_devices(lua_State *L)
{
	td_device_list list;
	td_err e;
	if (!td_device_list_init(&list, &e))
		raise(L, &e);
	json_t *all = json_array();
	for (int i = 0; i < list.n; i++) {
		char *text = td_caps_json(&list.items[i]);
		json_array_append_new(all, json_loads(text, 0, NULL));
		free(text);
	}
	td_device_list_fini(&list);
	return push_answer(L, all);
}

/* -- query ---------------------------------------------------------------------- */

static bool take_columns(void *arg, int n, const char *const *names, td_err *e)
{
	lua_State *L = arg; /* stack: rows, columns */
	(void)e;
	for (int i = 0; i < n; i++) {
		lua_pushstring(L, names[i]);
		lua_rawseti(L, -2, i + 1);
	}
	return true;
}

static void push_cell(lua_State *L, const td_cell *c)
{
	switch (c->kind) {
	case TD_CELL_INT:
		lua_pushinteger(L, c->as.i);
		break;
	case TD_CELL_REAL:
		lua_pushnumber(L, c->as.r);
		break;
	case TD_CELL_TEXT:
	case TD_CELL_BLOB:
		lua_pushlstring(L, c->as.p, c->n);
		break;
	case TD_CELL_NULL:
	default:
		lua_pushnil(L);
		break;
	}
}

static bool take_cells(void *arg, int n, const td_cell *cells, td_err *e)
{
	lua_State *L = arg;
	(void)e;
	lua_createtable(L, 0, n);
	for (int i = 0; i < n; i++) {
		lua_rawgeti(L, -2, i + 1); /* the column's name */
		push_cell(L, &cells[i]);
		lua_rawset(L, -3);
	}
	lua_rawseti(L, -3, (lua_Integer)lua_rawlen(L, -3) + 1);
	return true;
}

static int l_query(lua_State *L)
{
	const char *what = luaL_checkstring(L, 1), *args[MAX_LIST];
	const char *db = luaL_optstring(L, 3, driver_of(L)->db);
	td_query *q;
	td_err e;
	int n = 0;
	if (!lua_isnoneornil(L, 2))
		luaL_checktype(L, 2, LUA_TTABLE);
	luaL_checkstack(L, MAX_LIST + LUA_MINSTACK, NULL);
	while (lua_istable(L, 2) && lua_rawgeti(L, 2, n + 1) != LUA_TNIL) {
		luaL_argcheck(L, n < MAX_LIST && lua_isstring(L, -1), 2,
		              "a list of at most 64 strings and numbers is expected");
		args[n++] = lua_tostring(L, -1);
	}
	if (!td_query_open(db, &q, &e))
		raise(L, &e);
	lua_newtable(L);
	lua_newtable(L);
	td_rows rows = {L, take_columns, take_cells};
	bool ok = td_query_run(q, what, args, n, &rows, &e);
	td_query_close(q);
	if (!ok)
		raise(L, &e);
	return 2;
}

/* -- files ------------------------------------------------------------------------------ */

/* tandem.digest(path): SHA-256 and size. */
static int l_digest(lua_State *L)
{
	td_sha256 sha;
	int64_t bytes;
	td_err e;
	if (!td_file_sha256(luaL_checkstring(L, 1), &sha, &bytes, &e))
		raise(L, &e);
	lua_pushstring(L, sha.hex);
	lua_pushinteger(L, bytes);
	return 2;
}

/* tandem.mkdirs(path): mkdir -p. */
static int l_mkdirs(lua_State *L)
{
	td_err e;
	if (!td_mkdirs(luaL_checkstring(L, 1), &e))
		raise(L, &e);
	return 0;
}

/* -- the module -------------------------------------------------------------------- */

static int free_driver(lua_State *L)
{
	driver *d = lua_touserdata(L, 1);
	td_registry_fini(&d->own);
	return 0;
}

void td_driver_push_module(lua_State *L, const td_registry *r, const char *db)
{
	static const luaL_Reg functions[] = {{"run", l_run},       {"compare", l_compare},
	                                     {"check", l_check},   {"devices", l_devices},
	                                     {"query", l_query},   {"digest", l_digest},
	                                     {"mkdirs", l_mkdirs}, {NULL, NULL}};
	const char *env = getenv("TANDEM_DB");
	luaL_newlibtable(L, functions);
	driver *d = lua_newuserdatauv(L, sizeof *d, 0);
	*d = (driver){.registry = r, .db = db ? db : env && *env ? env : "tandem.db"};
	if (!r) {
		td_registry_init(&d->own);
		d->registry = &d->own;
	}
	lua_createtable(L, 0, 1);
	lua_pushcfunction(L, free_driver);
	lua_setfield(L, -2, "__gc");
	lua_setmetatable(L, -2);
	lua_pushnil(L); /* upvalue 2: the request of the call under way */
	luaL_setfuncs(L, functions, 2);
	lua_pushstring(L, db ? db : env && *env ? env : "tandem.db");
	lua_setfield(L, -2, "db");
}

int luaopen_libtandem(lua_State *L);
int luaopen_libtandem(lua_State *L)
{
	td_driver_push_module(L, NULL, NULL);
	return 1;
}

int luaopen_tandem(lua_State *L);
int luaopen_tandem(lua_State *L)
{
	return luaopen_libtandem(L);
}
