/* Fuzzes the checker with graph texts: whatever reads can be checked, and what was found can be
 * written in all three forms. Checking never changes the text of a graph. */
#include "../unit/nodes.h"
#include "check/check.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must_be_same(const td_str *before, const td_str *after)
{
	if (td_same(td_str_text(before), td_str_text(after)))
		return;
	fprintf(stderr, "checking changed the graph:\n%s\n%s\n", before->data, after->data);
	abort();
}

static void check(td_graph *g, bool strict)
{
	td_diags d = {.strict = strict};
	td_str before = {0}, after = {0}, text = {0};
	td_graph_text(g, &before);
	bool ok = td_check(g, &d);
	if (ok != (d.errors == 0))
		abort();
	td_diags_sort(&d);
	td_diags_text(&d, g, true, &text);
	td_diags_json(&d, g, &text);
	td_diags_sarif(&d, g, &text);
	td_graph_text(g, &after);
	must_be_same(&before, &after);
	td_str_fini(&before);
	td_str_fini(&after);
	td_str_fini(&text);
	td_diags_fini(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	td_registry r;
	td_err e;
	test_registry(&r);
	td_graph *g = td_graph_read(&r, "fuzz", (const char *)data, size, &e);
	if (g)
		check(g, size % 2);
	td_graph_free(g);
	td_registry_fini(&r);
	return 0;
}
