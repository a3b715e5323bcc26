/* lua_expect.h: building scripts in tests and comparing what comes out. */
#ifndef TD_LUA_EXPECT_H
#define TD_LUA_EXPECT_H

#include "lua_testing.h"

#include "base/log.h"
#include "check/diag.h"

static td_registry registry;

static inline int set_up(void **state)
{
	(void)state;
	toy_registry(&registry, true);
	td_log_quiet(true);
	return 0;
}

static inline int tear_down(void **state)
{
	(void)state;
	td_registry_fini(&registry);
	return 0;
}

/* A script whose build has this body; the body starts on line 3. Parameters: `params`. */
static inline void wrap(td_str *out, const char *params, const char *body)
{
	td_str_addf(out,
	            "local t = require \"tandem\"\nreturn t.pipeline { params = { %s }, build = "
	            "function(p) local _ = p\n%s\nend }\n",
	            params, body);
}

static inline td_graph *build(const char *text, const td_option *options, int n, td_err *e)
{
	return td_lua_build_text(&registry, "p.lua", text, strlen(text), options, n, e);
}

/* The script builds this graph, without faults. */
static inline void expect_graph(const char *script, const char *want)
{
	td_err e = {TD_OK, ""};
	td_str out = {0};
	td_graph *g = build(script, NULL, 0, &e);
	if (!g)
		fail_msg("%s", e.text);
	toy_faults(g, &out);
	toy_graph(g, &out);
	assert_string_equal(td_str_text(&out), want);
	td_str_fini(&out);
	td_graph_free(g);
}

/* The body is told this. */
static inline void expect_faults_of(const char *params, const char *body, const td_option *options,
                                    int n, const char *want)
{
	td_err e = {TD_OK, ""};
	td_str script = {0}, out = {0};
	wrap(&script, params, body);
	td_graph *g = build(td_str_text(&script), options, n, &e);
	if (!g)
		fail_msg("%s\n%s", body, e.text);
	toy_faults(g, &out);
	for (int i = 0; i < g->faults.n; i++)
		assert_non_null(td_rule_find(g->faults.items[i].rule));
	if (strcmp(td_str_text(&out), want) != 0)
		fail_msg("%s\n- is told\n%s- and should be told\n%s", body, td_str_text(&out),
		         want);
	td_str_fini(&out);
	td_str_fini(&script);
	td_graph_free(g);
}

/* The script cannot run, for this reason; limits are small. */
static inline void expect_error(const char *script, const char *want)
{
	const td_limits limits = {2000000, 32 << 20, 60};
	td_err e = {TD_OK, ""};
	td_graph *g = td_lua_build_within(&registry, limits, NULL, "p.lua", script, strlen(script),
	                                  NULL, 0, &e);
	if (g)
		fail_msg("this should not run: %s", script);
	size_t n = strlen(want);
	if (n && want[n - 1] == '\n')
		n--;
	if (strlen(e.text) != n || strncmp(e.text, want, n) != 0)
		fail_msg("%s\n- is told\n%s\n- and should be told\n%s", script, e.text, want);
	assert_int_equal(e.code, TD_E_USAGE);
}

#endif
