/* sandbox.h: a Lua state that computes and does nothing else. Layer 7.
 *
 * It knows no files, clock, random numbers, finalizers, coroutines or bytecode; tables are walked
 * in the order of their keys and no text shows an address, so a script gives the same on each run.
 * It ends within its limits, and a script that goes beyond one of them cannot catch that. */
#ifndef TD_LUA_SANDBOX_H
#define TD_LUA_SANDBOX_H

#include "base/str.h"

#include <lua.h>

typedef struct {
	int64_t work;   /* instructions of the Lua machine, and their like in library functions */
	size_t bytes;   /* memory of the state and of what it builds */
	double seconds; /* processor time, behind the other two */
} td_limits;

#define TD_LIMITS ((td_limits){200000000, (size_t)512 << 20, 60})

typedef enum { TD_WITHIN, TD_OVER_WORK, TD_OVER_TIME, TD_OVER_MEMORY } td_over;

typedef struct {
	td_limits limits;
	void *owner;                /* whose state it is; for its functions */
	void (*seen)(lua_State *L); /* called now and then, where the script is; may be NULL */
	lua_State *L;
	int64_t work, next_look;     /* done so far; when to look at the clock again */
	size_t bytes, outside_bytes; /* of the state; of what it builds */
	double began;                /* processor time, seconds */
	td_over over;
	bool alarmed;     /* the next instruction has to look at the limits */
	bool long_string; /* one was refused */
} td_sandbox;

/* A state within `limits` without any library; NULL when the memory limit is too small for that.
 * The sandbox stays where it is for as long as the state lives. */
lua_State *td_sandbox_new(td_sandbox *s, td_limits limits, void *owner);
/* The sandbox of a state. */
td_sandbox *td_sandbox_of(lua_State *L);

/* From here on everything may raise a Lua error. */

/* Opens the libraries and makes the globals strict. */
void td_sandbox_open(lua_State *L);
/* Adds to the work done; raises when that is over the limit. */
void td_sandbox_spend(lua_State *L, int64_t work);
/* Says how many bytes lie outside the state; raises when memory is over the limit. */
void td_sandbox_hold(lua_State *L, size_t outside_bytes);

/* Pushes the list of the keys of the table at `index`, integers first, then strings by their bytes;
 * returns how many. Other keys raise an error. */
lua_Integer td_sandbox_keys(lua_State *L, int index);
/* Pushes what tostring(x) gives for the value at `index`: never an address. */
const char *td_sandbox_text(lua_State *L, int index);

/* The message of a limit that was exceeded ("" when none was); `status` is that of lua_pcall. */
typedef struct {
	char text[128];
} td_limit_text;
td_limit_text td_sandbox_limit(const td_sandbox *s, int status);

/* The names a script sees, for editors and linters: one row a library, "" for the globals. */
typedef struct {
	const char *library, *names; /* names are separated by blanks */
} td_sandbox_names;
/* Ends with {0}. */
const td_sandbox_names *td_sandbox_library(void);

/* Parts of the library (lib_order.c, lib_string.c). Each takes as upvalue 1 the function it stands
 * in for. */
int td_lib_next(lua_State *L);
int td_lib_pairs(lua_State *L);
int td_lib_tostring(lua_State *L);
int td_lib_print(lua_State *L);
int td_lib_format(lua_State *L);
int td_lib_rep(lua_State *L);
int td_lib_find(lua_State *L);
int td_lib_match(lua_State *L); /* match, gsub */
int td_lib_gmatch(lua_State *L);
int td_lib_scan(lua_State *L);  /* linear in the first argument */
int td_lib_plain(lua_State *L); /* the first argument must be a plain table */
int td_lib_move(lua_State *L);
int td_lib_sort(lua_State *L); /* stable, so that it does not depend on chance */

#endif
