/* graph_texts.h: reading and writing graphs; for test_text.c and test_text_errors.c. */
#ifndef TESTS_GRAPH_TEXTS_H
#define TESTS_GRAPH_TEXTS_H

#include "model/graph.h"
#include "nodes.h"
#include "testing.h"

#include <string.h>

#define HEAD "tandem graph 1\nname \"t\"\ndeterminism D0\n"

static td_registry registry;

static inline int set_up(void **state)
{
	(void)state;
	test_registry(&registry);
	return 0;
}

static inline int tear_down(void **state)
{
	(void)state;
	td_registry_fini(&registry);
	return 0;
}

static inline td_graph *read_text(const char *text)
{
	td_err e;
	td_graph *g = td_graph_read(&registry, "t.graph", text, strlen(text), &e);
	if (!g)
		fail_msg("%s", e.text);
	return g;
}

/* A text that reads without faults. */
static inline td_graph *read_good(const char *text)
{
	td_graph *g = read_text(text);
	if (g->faults.n)
		fail_msg("%d: %s", g->faults.items[0].at.line, g->faults.items[0].text);
	return g;
}

static inline void text_of_graph(const td_graph *g, const char *want)
{
	td_str s = {0};
	td_graph_text(g, &s);
	assert_text(&s, want);
}

/* A graph of so many steps. */
static inline void chain(td_str *s, int steps)
{
	td_str_add(s, HEAD "%0 = input \"x\" f32 [4]\n");
	for (int i = 1; i <= steps; i++)
		td_str_addf(s, "%%%d = test.add@1(%%%d %%0) as \"s%d\"\n", i, i - 1, i);
}

#endif
