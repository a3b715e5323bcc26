/* script.h: one script while it runs: its sources, its place, its errors. Inner header of lua/. */
#ifndef TD_LUA_SCRIPT_H
#define TD_LUA_SCRIPT_H

#include "sandbox.h"
#include "td_lua.h"

typedef struct {
	const char *name, *text;
	int *line; /* where line i + 1 starts, up to line[n_lines], the end */
	int n_lines;
	char shown[LUA_IDSIZE]; /* the name as Lua clips it in its messages */
} td_script_source;

/* Where the facts about a symbol of the graph were said; line 0: nowhere. */
typedef struct {
	td_origin bounds, rate;
} td_symbol_place;

typedef struct {
	td_sandbox box;
	td_graph *graph; /* NULL: the script builds none (bind_cases.c) */
	const td_registry *registry;
	const td_option *options;
	int n_options;
	const char *folder; /* where `require` finds files; NULL: nowhere */
	td_arena arena;
	TD_LIST(td_script_source) sources;
	TD_LIST(td_symbol_place) symbols; /* by symbol of the graph */
	TD_LIST(int) todo;                /* work list of walks over the graph */
	td_origin at;                     /* where the script was seen last */
	char word[24]; /* the function of tandem's that the script is in, "loop"; "" none */
} td_script;

/* Runs `main` with a sandbox of its own; TD_E_USAGE "file:line: message" when it fails. The caller
 * has set what the script needs and frees `arena`. */
TD_MUST_USE bool td_script_run(td_script *s, td_limits limits, lua_CFunction main, td_err *e);
/* Adds a source; `name` and `text` stay. Returns its number. */
int td_script_add(td_script *s, const char *name, const char *text, size_t n);

/* td_lua_build with limits of choice; `folder` may be NULL. */
td_graph *td_lua_build_within(const td_registry *r, td_limits limits, const char *folder,
                              const char *name, const char *text, size_t n_text,
                              const td_option *options, int n, td_err *e);

/* The source of a chunk ("@name"), or NULL. */
const td_script_source *td_script_source_of(const td_script *s, const char *chunk);
/* Column of a word in a line, 0 when it stands there never or twice; "" stands nowhere.
 * "graph.corr" also looks for "corr" alone. `field`: only where "=" follows. */
int td_script_column(const td_script_source *x, int line, const char *word, bool field);

/* -- inside of Lua: these may raise --------------------------------------- */

td_script *td_script_of(lua_State *L);
/* Where the script is: the innermost line that is not tandem's own. `word`: what the column is
 * that of ("graph.corr"); NULL: the function of tandem's that the script is in;
 * "": no column. */
td_origin td_script_where(lua_State *L, const char *word);
/* Raises an error with the place of the script before it. */
_Noreturn void td_script_fail(lua_State *L, const char *fmt, ...) TD_PRINTF(2, 3);
/* Opens the libraries and loads tandem's own module. */
void td_script_open(lua_State *L);
/* Pushes the function of a source. */
void td_script_load(lua_State *L, int source);
/* `require`, as a function of the script. */
int td_script_require(lua_State *L);

/* The string at `index`, which must not hold a zero byte. */
const char *td_script_text(lua_State *L, int index, const char *what);

/* -- the parts of `core`, the table of functions that lua/tandem/ builds on ------------------- */

void td_bind_report(lua_State *L); /* adds to the table on top, like the next ones */
void td_bind_values(lua_State *L);
void td_bind_graph(lua_State *L);
void td_bind_input(lua_State *L);
void td_bind_loop(lua_State *L);
void td_bind_param(lua_State *L);
void td_bind_grad(lua_State *L);

/* The value that stands at `index`, a step for its first output; TD_NONE: no value. */
int td_bind_value(lua_State *L, int index);
/* Pushes a value, or a step. */
void td_bind_push_value(lua_State *L, int value);
void td_bind_push_step(lua_State *L, int step);
/* Reads the number, flag or string at `index`; false when it is none of these. A string lives as
 * long as the value. */
bool td_bind_literal(lua_State *L, int index, td_lit *lit);
/* Pushes and reads a place: a table { source, line, column }. */
void td_bind_push_where(lua_State *L, td_origin at);
td_origin td_bind_where(lua_State *L, int index);
/* Counts what the graph has grown by. */
void td_bind_grown(lua_State *L);

#endif
