/* findings.h: a graph with a source to find things in; for test_diag.c and test_diag_json.c. */
#ifndef TESTS_FINDINGS_H
#define TESTS_FINDINGS_H

#include "check/diag.h"
#include "nodes.h"
#include "testing.h"

static const char source[] = "local t = require \"tandem\"\n"
			     "\n"
			     "\tlocal e = t.graph.knn { x, kk = 3 }\n"
			     "local f = t.graph.corr { y }  -- f\xC3\xBCnf \"kk\" kk\n"
			     "return { edge_src = e.src }";

typedef struct {
	td_registry registry;
	td_graph *g;
	td_diags d;
} fixture;

static inline int set_up(void **state)
{
	static fixture f;
	f = (fixture){.d = {.strict = false}};
	test_registry(&f.registry);
	f.g = td_graph_new(&f.registry, "pipe");
	td_graph_source(f.g, "p.lua", source, sizeof source - 1);
	*state = &f;
	return 0;
}

static inline int tear_down(void **state)
{
	fixture *f = *state;
	td_diags_fini(&f->d);
	td_graph_free(f->g);
	td_registry_fini(&f->registry);
	return 0;
}

static inline td_origin at(int line, int col)
{
	return (td_origin){"p.lua", line, col};
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
