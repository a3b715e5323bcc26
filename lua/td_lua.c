#include "td_lua.h"

#include "base/file.h"
#include "script.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <string.h>

enum { PIPELINE_BYTES = 4 << 20 };

void td_script_open(lua_State *L)
{
	td_sandbox_open(L);
	lua_pushglobaltable(L);
	lua_pushcfunction(L, td_script_require);
	lua_pushliteral(L, "require");
	lua_pushvalue(L, -2);
	lua_rawset(L, -4);
	lua_newtable(L);
	td_bind_report(L);
	td_bind_values(L);
	td_bind_graph(L);
	td_bind_input(L);
	td_bind_loop(L);
	td_bind_param(L);
	td_bind_grad(L);
	lua_setfield(L, LUA_REGISTRYINDEX, "tandem.core");
	lua_pushliteral(L, "tandem"); /* its `finish` is needed even if the script never asks */
	lua_call(L, 1, 0);
}

/* The whole of a build: libraries, tandem, the script, and what it returned. */
static int build(lua_State *L)
{
	td_script_open(L);
	lua_getfield(L, LUA_REGISTRYINDEX, "tandem.core");
	lua_getfield(L, -1, "finish");
	td_script_load(L, 0);
	lua_call(L, 0, 1);
	td_script *s = td_script_of(L); /* wherever it was seen last, it has ended */
	s->at = (td_origin){s->sources.items[0].name, 1, 0};
	lua_call(L, 1, 0);
	return 0;
}

/* "pipelines/brain_graph.lua": brain_graph. */
static char *name_of(td_arena *a, const char *path)
{
	const char *base = td_path_base(path);
	size_t n = strlen(base);
	return td_arena_strndup(a, base, td_ends(base, ".lua") ? n - 4 : n);
}

td_graph *td_lua_build_within(const td_registry *r, td_limits limits, const char *folder,
                              const char *name, const char *text, size_t n_text,
                              const td_option *options, int n, td_err *e)
{
	td_script s = {.registry = r, .options = options, .n_options = n, .folder = folder};
	s.graph = td_graph_new(r, name_of(&s.arena, name));
	td_graph_source(s.graph, name, text, n_text);
	const td_source *x = &s.graph->sources.items[0];
	td_script_add(&s, x->name, x->text, n_text);
	if (!td_script_run(&s, limits, build, e)) {
		td_graph_free(s.graph);
		s.graph = NULL;
	}
	td_arena_fini(&s.arena);
	return s.graph;
}

td_graph *td_lua_build_text(const td_registry *r, const char *name, const char *text, size_t n_text,
                            const td_option *options, int n, td_err *e)
{
	return td_lua_build_within(r, TD_LIMITS, NULL, name, text, n_text, options, n, e);
}

td_graph *td_lua_build(const td_registry *r, const char *path, const td_option *options, int n,
                       td_err *e)
{
	char *text;
	size_t n_text;
	if (!td_file_read(path, PIPELINE_BYTES, &text, &n_text, e))
		return NULL;
	char *folder = td_path_dir(path);
	td_graph *g = td_lua_build_within(r, TD_LIMITS, folder, path, text, n_text, options, n, e);
	free(folder);
	free(text);
	return g;
}
