/* Moving steps out of a loop that is being traced: what a turn needs is known only when the body has
 * been written down, but buffers that live through all turns are made before the first. */
#include "graph.h"

#include <stdlib.h>
#include <string.h>

/* New number of a step when steps [first, middle) and [middle, end) change places. */
static int moved(int step, int first, int middle, int end)
{
	if (step < first || step >= end)
		return step;
	return step < middle ? step + (end - middle) : step - (middle - first);
}

static void move_steps(td_graph *g, int first, int middle)
{
	td_step *s = g->steps.items;
	size_t n = (size_t)(g->steps.n - middle), size = n * sizeof *s;
	td_step *last = td_alloc(size);
	memcpy(last, s + middle, size);
	memmove(s + first + n, s + first, (size_t)(middle - first) * sizeof *s);
	memcpy(s + first, last, size);
	free(last);
}

/* The number of a step's name is that of the step. */
static void name_again(td_graph *g)
{
	td_intern names = {0};
	for (int i = 0; i < g->steps.n; i++) {
		int number = td_intern_add_text(&g->arena, &names, g->steps.items[i].name);
		g->steps.items[i].name = td_intern_text(&names, number);
	}
	g->step_names = names;
}

void td_graph_hoist(td_graph *g, int loop, int n)
{
	td_loop *l = &g->loops.items[loop];
	int first = l->first, end = g->steps.n, middle = end - n;
	if (!n)
		return;
	move_steps(g, first, middle);
	for (int i = 0; i < g->values.n; i++) {
		td_value *v = &g->values.items[i];
		if (v->kind != TD_OUTPUT_OF)
			continue;
		if (v->maker >= middle)
			v->loop = l->parent;
		v->maker = moved(v->maker, first, middle, end);
	}
	for (int i = first; i < first + n; i++)
		g->steps.items[i].loop = l->parent;
	for (int i = loop; i < g->loops.n; i++) {
		g->loops.items[i].first += n;
		g->loops.items[i].last += n;
	}
	name_again(g);
}
