#include "sandbox.h"

#include <inttypes.h>
#include <lauxlib.h>
#include <lualib.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	HOOK_EVERY = 1000,       /* instructions */
	LOOK_EVERY = 10000,      /* work between two looks at the clock */
	BYTES_A_WORK = 64,       /* copying so many bytes costs as much as an instruction */
	STRING_BYTES = 16 << 20, /* a longer string is refused: comparing strings is not counted */
	SPARE_BYTES = 1 << 16,   /* beyond the limit, to raise the error with */
};

static double processor_time(void)
{
	struct timespec t;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* -- limits --------------------------------------------------------------- */

static void on_count(lua_State *L, lua_Debug *ar);

static bool over_memory(const td_sandbox *s, size_t spare)
{
	size_t limit = s->limits.bytes + spare;
	return s->bytes > limit || s->outside_bytes > limit - s->bytes;
}

/* Counts `grow` more bytes, for a block of n. A little more than the limit is granted, and the next
 * instruction then ends the script, where its line is known. */
static bool may_grow(td_sandbox *s, size_t grow, size_t n, bool string)
{
	s->long_string |= string && n > STRING_BYTES;
	if (grow > s->limits.bytes || (string && n > STRING_BYTES))
		return false;
	s->work += (int64_t)(grow / BYTES_A_WORK);
	s->bytes += grow;
	if (over_memory(s, SPARE_BYTES)) {
		s->bytes -= grow;
		return false;
	}
	if (s->L && !s->alarmed && (s->work > s->limits.work || over_memory(s, 0))) {
		s->alarmed = true;
		lua_sethook(s->L, on_count, LUA_MASKCOUNT, 1);
	}
	return true;
}

/* lua_Alloc. For new objects Lua gives their type as `old`. */
static void *allocate(void *sandbox, void *p, size_t old, size_t n)
{
	td_sandbox *s = sandbox;
	size_t had = p ? old : 0;
	if (!n) {
		free(p);
		s->bytes -= had;
		return NULL;
	}
	if (n > had && !may_grow(s, n - had, n, !p && old == LUA_TSTRING))
		return NULL;
	void *q = realloc(p, n);
	if (!q) {
		s->bytes -= n > had ? n - had : 0;
		return n > had ? NULL : p; /* Lua counts on shrinking */
	}
	s->bytes -= n < had ? had - n : 0;
	return q;
}

td_sandbox *td_sandbox_of(lua_State *L)
{
	void *s;
	lua_getallocf(L, &s);
	return s;
}

static _Noreturn void raise_over(lua_State *L, td_over what)
{
	td_sandbox *s = td_sandbox_of(L);
	if (s->over == TD_WITHIN) {
		s->over = what;
		if (s->seen)
			s->seen(L);
	}
	s->outside_bytes = 0;                       /* room for raising */
	lua_sethook(L, on_count, LUA_MASKCOUNT, 1); /* no instruction after this one */
	lua_pushliteral(L, "limit");
	lua_error(L);
	abort(); /* lua_error does not return */
}

void td_sandbox_spend(lua_State *L, int64_t work)
{
	td_sandbox *s = td_sandbox_of(L);
	if (__builtin_add_overflow(s->work, work, &s->work))
		s->work = INT64_MAX;
	if (s->over != TD_WITHIN || s->work > s->limits.work)
		raise_over(L, TD_OVER_WORK);
	if (s->work < s->next_look)
		return;
	s->next_look = s->work + LOOK_EVERY;
	if (processor_time() - s->began > s->limits.seconds)
		raise_over(L, TD_OVER_TIME);
}

void td_sandbox_hold(lua_State *L, size_t outside_bytes)
{
	td_sandbox *s = td_sandbox_of(L);
	s->outside_bytes = outside_bytes;
	if (over_memory(s, 0))
		lua_gc(L, LUA_GCCOLLECT);
	if (over_memory(s, 0))
		raise_over(L, TD_OVER_MEMORY);
}

static void on_count(lua_State *L, lua_Debug *ar)
{
	(void)ar;
	td_sandbox *s = td_sandbox_of(L);
	if (s->seen && s->over == TD_WITHIN)
		s->seen(L);
	td_sandbox_spend(L, HOOK_EVERY);
	if (!s->alarmed)
		return;
	lua_gc(L, LUA_GCCOLLECT);
	if (over_memory(s, 0))
		raise_over(L, TD_OVER_MEMORY);
	s->alarmed = false;
	lua_sethook(L, on_count, LUA_MASKCOUNT, HOOK_EVERY);
}

td_limit_text td_sandbox_limit(const td_sandbox *s, int status)
{
	td_limit_text t = {""};
	td_over over = s->over != TD_WITHIN       ? s->over
	               : s->work > s->limits.work ? TD_OVER_WORK
	               : status == LUA_ERRMEM     ? TD_OVER_MEMORY
	                                          : TD_WITHIN;
	bool string = over == TD_OVER_MEMORY && s->long_string;
	switch (over) {
	case TD_OVER_WORK:
		td_clip(t.text, sizeof t.text,
		        "the script does not end: it took over %" PRId64 " million instructions",
		        s->limits.work / 1000000);
		break;
	case TD_OVER_TIME:
		td_clip(t.text, sizeof t.text, "the script does not end: it took over %s s",
		        td_number_text(s->limits.seconds).text);
		break;
	case TD_OVER_MEMORY:
		td_clip(t.text, sizeof t.text,
		        string ? "the script makes a string of over %s"
		               : "the script needs over %s of memory",
		        td_bytes_text((double)(string ? STRING_BYTES : s->limits.bytes)).text);
		break;
	case TD_WITHIN:
	default:
		break;
	}
	return t;
}

/* -- functions of the base library that need a hand ----------------------- */

/* pcall that lets limits through. */
static int protected_call(lua_State *L)
{
	td_sandbox *s = td_sandbox_of(L);
	luaL_checkany(L, 1);
	int status = lua_pcall(L, lua_gettop(L) - 1, LUA_MULTRET, 0);
	if (status == LUA_ERRMEM && s->over == TD_WITHIN)
		s->over = s->work > s->limits.work ? TD_OVER_WORK : TD_OVER_MEMORY;
	if (s->over != TD_WITHIN)
		return lua_error(L);
	lua_pushboolean(L, status == LUA_OK);
	lua_insert(L, 1);
	return lua_gettop(L);
}

/* Finalizers run where no hook counts, weak tables depend on when memory is collected. */
static int set_metatable(lua_State *L)
{
	static const char *const refused[] = {"__gc", "__mode"};
	for (size_t i = 0; i < TD_COUNT(refused) && lua_istable(L, 2); i++) {
		lua_pushstring(L, refused[i]);
		if (lua_rawget(L, 2) != LUA_TNIL)
			return luaL_error(L, "a pipeline's metatables have no %s", refused[i]);
		lua_pop(L, 1);
	}
	lua_pushvalue(L, lua_upvalueindex(1));
	lua_insert(L, 1);
	lua_call(L, lua_gettop(L) - 1, 1);
	return 1;
}

static int unknown_global(lua_State *L)
{
	return luaL_error(L, "there is no variable \"%s\"", td_sandbox_text(L, 2));
}

static int new_global(lua_State *L)
{
	return luaL_error(L, "write \"local %s\": a pipeline has no global variables",
	                  td_sandbox_text(L, 2));
}

/* -- the library ---------------------------------------------------------- */

static const td_sandbox_names library[] = {
	{"",
         "assert error getmetatable ipairs next pairs pcall print rawequal rawget rawlen rawset "
         "require select setmetatable tonumber tostring type"},
	{"math", "abs acos asin atan ceil cos deg exp floor fmod huge log max maxinteger min "
                 "mininteger modf pi rad sin sqrt tan tointeger type ult"},
	{"string", "byte char find format gmatch gsub len lower match rep reverse sub upper"},
	{"table", "concat insert move pack remove sort unpack"},
	{"utf8", "char charpattern codepoint codes len offset"},
	{0},
};

/* Functions that stand in for Lua's; the original is upvalue 1. */
static const struct {
	const char *library, *name;
	lua_CFunction stand_in;
} replaced[] = {
	{"", "next", td_lib_next},           {"", "pairs", td_lib_pairs},
	{"", "pcall", protected_call},       {"", "print", td_lib_print},
	{"", "setmetatable", set_metatable}, {"", "tostring", td_lib_tostring},
	{"string", "find", td_lib_find},     {"string", "format", td_lib_format},
	{"string", "gmatch", td_lib_gmatch}, {"string", "gsub", td_lib_match},
	{"string", "match", td_lib_match},   {"string", "rep", td_lib_rep},
	{"table", "concat", td_lib_plain},   {"table", "insert", td_lib_plain},
	{"table", "move", td_lib_move},      {"table", "remove", td_lib_plain},
	{"table", "sort", td_lib_sort},      {"table", "unpack", td_lib_plain},
	{"utf8", "codepoint", td_lib_scan},  {"utf8", "len", td_lib_scan},
	{"utf8", "offset", td_lib_scan},
};

static const luaL_Reg opened[] = {
	{"", luaopen_base},       {"math", luaopen_math}, {"string", luaopen_string},
	{"table", luaopen_table}, {"utf8", luaopen_utf8}, {NULL, NULL},
};

const td_sandbox_names *td_sandbox_library(void)
{
	return library;
}

/* Copies names from Lua's library (on top) into the script's (below it). */
static void keep_names(lua_State *L, const char *names)
{
	for (size_t n; *names; names += n + (names[n] == ' ')) {
		n = strcspn(names, " ");
		lua_pushlstring(L, names, n);
		lua_pushvalue(L, -1);
		lua_rawget(L, -3);
		lua_rawset(L, -4);
	}
}

static void open_one(lua_State *L, const luaL_Reg *lib)
{
	luaL_requiref(L, *lib->name ? lib->name : LUA_GNAME, lib->func, 0);
	lua_newtable(L);
	lua_insert(L, -2);
	for (const td_sandbox_names *k = library; k->library; k++)
		if (td_same(k->library, lib->name))
			keep_names(L, k->names);
	for (size_t i = 0; i < TD_COUNT(replaced); i++) {
		if (!td_same(replaced[i].library, lib->name))
			continue;
		lua_getfield(L, -1, replaced[i].name);
		lua_pushcclosure(L, replaced[i].stand_in, 1);
		lua_setfield(L, -3, replaced[i].name);
	}
	lua_pop(L, 1);
}

/* s:rep(3) finds the script's `string`, too. */
static void set_string_index(lua_State *L)
{
	lua_pushliteral(L, "");
	lua_getmetatable(L, -1);
	lua_getfield(L, -3, "string");
	lua_setfield(L, -2, "__index");
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_pop(L, 2);
}

static void make_strict(lua_State *L)
{
	lua_newtable(L);
	lua_pushcfunction(L, unknown_global);
	lua_setfield(L, -2, "__index");
	lua_pushcfunction(L, new_global);
	lua_setfield(L, -2, "__newindex");
	lua_pushboolean(L, false);
	lua_setfield(L, -2, "__metatable");
	lua_setmetatable(L, -2);
}

void td_sandbox_open(lua_State *L)
{
	open_one(L, &opened[0]); /* the globals */
	for (const luaL_Reg *lib = opened + 1; lib->name; lib++) {
		open_one(L, lib);
		lua_setfield(L, -2, lib->name);
	}
	set_string_index(L);
	make_strict(L);
	lua_rawseti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
}

lua_State *td_sandbox_new(td_sandbox *s, td_limits limits, void *owner)
{
	*s = (td_sandbox){.limits = limits, .owner = owner, .began = processor_time()};
	lua_State *L = lua_newstate(allocate, s);
	if (L)
		lua_sethook(L, on_count, LUA_MASKCOUNT, HOOK_EVERY);
	s->L = L;
	return L;
}
