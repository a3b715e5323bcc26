/* From a file to a proved graph and a plan. */
#include "cli.h"

#include "../base/file.h"
#include "../base/log.h"
#include "../model/input.h"

#include <stdio.h>
#include <stdlib.h>

enum { TEXT_LIMIT = 64 << 20 };

bool td_cli_load(td_cli *c, const char *path, td_loaded *l, td_err *e)
{
	char *text;
	size_t n;
	*l = (td_loaded){.diags.strict = c->strict};
	if (!td_file_read(path, TEXT_LIMIT, &text, &n, e))
		return false;
	if (td_plan_is_saved(text, n)) {
		l->plan = td_plan_load(&c->registry, path, text, n, &l->graph, &l->diags, e);
	} else if (n >= 12 && td_starts(text, "tandem graph")) {
		l->graph = td_graph_read(&c->registry, path, text, n, e);
	} else {
		l->graph = td_lua_build(&c->registry, path, c->params, c->n_params, e);
	}
	free(text);
	bool saved = l->plan != NULL;
	if (l->graph && (saved || l->diags.errors == 0))
		return true;
	return false;
}

static void print_findings(const td_loaded *l, bool errors_only)
{
	td_str text = {0};
	if (!l->diags.n || (errors_only && !l->diags.errors))
		return;
	td_diags_text(&l->diags, l->graph, td_colour(2), &text);
	fputs(td_str_text(&text), stderr);
	td_str_fini(&text);
}

bool td_cli_prove(td_cli *c, const char *path, bool fetch, td_loaded *l, td_err *e)
{
	if (!td_cli_load(c, path, l, e)) {
		print_findings(l, true);
		return false;
	}
	if (l->plan)
		return true;
	if ((fetch && !td_inputs_fetch(l->graph, e)) || !td_inputs_open(l->graph, e))
		return false;
	if (td_check(l->graph, &l->diags))
		return true;
	print_findings(l, true);
	return td_fail(e, TD_E_USAGE, "%s does not pass check", path);
}

td_plan *td_cli_plan(td_cli *c, td_loaded *l, const td_caps *caps, td_err *e)
{
	td_plan_options o = {.caps = caps,
	                     .guard_bytes = c->guard ? 256 : 0,
	                     .impls = c->impls,
	                     .n_impls = c->n_impls};
	td_plan *p = td_plan_new(l->graph, &o, &l->diags);
	if (p)
		return p;
	print_findings(l, true);
	td_fail(e, TD_E_DEVICE, "the pipeline cannot be planned for %s", caps->name);
	return NULL;
}

void td_cli_unload(td_loaded *l)
{
	td_plan_free(l->plan);
	td_graph_free(l->graph);
	td_diags_fini(&l->diags);
	*l = (td_loaded){0};
}

int64_t td_cli_seed(const td_graph *g)
{
	int64_t seed;
	for (int i = 0; i < g->params.n; i++)
		if (td_same(g->params.items[i].name, "seed") &&
		    td_read_int(g->params.items[i].value, &seed))
			return seed;
	return -1;
}
