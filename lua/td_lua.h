/* td_lua.h: pipelines: from a Lua script to a graph. Layer 7.
 *
 * The script runs in a sandbox (sandbox.h) and can do one thing: build a graph, through
 * `require "tandem"` (lua/tandem/init.lua). Same script, same options: same graph. */
#ifndef TD_LUA_H
#define TD_LUA_H

#include "model/graph.h"

/* -p name=value */
typedef struct {
	const char *name, *value;
} td_option;

/* Builds the graph of a pipeline file, which the caller frees. Mistakes of the pipeline become
 * faults of the graph. NULL: the script cannot run at all (syntax, a runtime error, a limit):
 * TD_E_USAGE "file:line: message"; or its file cannot be read: TD_E_DATA. */
td_graph *td_lua_build(const td_registry *r, const char *path, const td_option *options, int n,
                       td_err *e);
/* The same from a text; it may `require` nothing but tandem's own modules. */
td_graph *td_lua_build_text(const td_registry *r, const char *name, const char *text, size_t n_text,
                            const td_option *options, int n, td_err *e);

/* Annotations of the language server LuaLS for all that a pipeline can call ("---@meta"). */
void td_luals_text(const td_registry *r, td_str *out);
/* The .luacheckrc that holds pipelines to the globals of the sandbox. */
void td_luacheck_text(td_str *out);

#endif
