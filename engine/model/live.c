/* What the outputs of a graph depend on: backwards from them, with an explicit stack. */
#include "graph.h"

#include <stdlib.h>

typedef struct {
	const td_graph *g;
	bool *step, *value;
	int *todo;
	int n;
} reach;

static void want(reach *r, int value)
{
	if (value < 0 || r->value[value])
		return;
	r->value[value] = true;
	r->todo[r->n++] = value;
}

static void follow(reach *r, int value)
{
	const td_value *v = &r->g->values.items[value];
	if (v->kind == TD_CARRY) {
		const td_carry *k = &r->g->loops.items[v->maker].items[v->port];
		want(r, k->init);
		want(r, k->next);
	}
	if (v->kind != TD_OUTPUT_OF || r->step[v->maker])
		return;
	r->step[v->maker] = true;
	const td_step *s = &r->g->steps.items[v->maker];
	for (int i = 0; i < s->n_in; i++)
		want(r, s->in[i]);
}

void td_graph_live(const td_graph *g, bool *step, bool *value)
{
	reach r = {.g = g, .step = step, .value = value};
	r.todo = td_alloc(td_size_mul((size_t)g->values.n, sizeof *r.todo));
	for (int i = 0; i < g->outputs.n; i++)
		want(&r, g->outputs.items[i].value);
	while (r.n)
		follow(&r, r.todo[--r.n]);
	free(r.todo);
}
