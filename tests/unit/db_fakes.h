/* db_fakes.h: texts of graphs and plans, until model/text and check/diag are there. Weak: where the
 * library has the real ones linked in, those count. To be deleted with its #include in db_fixture.h. */
#ifndef TESTS_DB_FAKES_H
#define TESTS_DB_FAKES_H

#include "plan/plan.h"

#define WEAK __attribute__((weak))

WEAK void td_graph_text(const td_graph *g, td_str *out)
{
	td_str_addf(out, "graph %s\n", g->name);
	for (int i = 0; i < g->steps.n; i++) {
		td_str_addf(out, "%d = %s\n", i, g->steps.items[i].node_name);
		for (const td_param *p = g->steps.items[i].node->params; p && p->name; p++) {
			td_str_addf(out, " %s=", p->name);
			td_param_text(p, g->steps.items[i].params, out);
		}
	}
}

WEAK td_sha256 td_graph_sha256(const td_graph *g)
{
	td_str text = {0};
	td_graph_text(g, &text);
	td_sha256 sha = td_sha256_text(td_str_text(&text));
	td_str_fini(&text);
	return sha;
}

WEAK void td_plan_save(const td_plan *p, td_str *out)
{
	td_str_addf(out, "plan on %s\n", p->caps.id);
	td_graph_text(p->graph, out);
}

WEAK td_sha256 td_plan_sha256(const td_plan *p)
{
	td_str text = {0};
	td_plan_save(p, &text);
	td_sha256 sha = td_sha256_text(td_str_text(&text));
	td_str_fini(&text);
	return sha;
}

#endif
