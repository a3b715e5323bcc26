/* Fuzzes the reader of graph texts: what reads without faults must be written, read again, and
 * written in the same way. What reads with faults can be written. */
#include "../unit/nodes.h"
#include "model/graph.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool ok, const char *what, const char *text)
{
	if (ok)
		return;
	fprintf(stderr, "%s:\n%s\n", what, text);
	abort();
}

static void read_again(const td_registry *r, const td_str *text)
{
	td_err e = {TD_OK, ""};
	td_str again = {0};
	td_graph *g = td_graph_read(r, "again", text->data, text->n, &e);
	must(g != NULL, e.text, text->data);
	must(!g->faults.n, g->faults.n ? g->faults.items[0].text : "", text->data);
	td_graph_text(g, &again);
	must(td_same(again.data, text->data), "the text changed", again.data);
	td_str_fini(&again);
	td_graph_free(g);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	td_registry r;
	td_err e;
	test_registry(&r);
	td_graph *g = td_graph_read(&r, "fuzz", (const char *)data, size, &e);
	if (g) {
		td_str text = {0};
		td_graph_text(g, &text);
		if (!g->faults.n)
			read_again(&r, &text);
		td_str_fini(&text);
		td_graph_free(g);
	}
	td_registry_fini(&r);
	return 0;
}
