/* Pass 1: the graph as a graph. Every walk is a loop over arrays or an explicit stack. */
#include "check_inner.h"

#include <stdlib.h>

/* The step that must have run before `value` can be read, or TD_NONE. */
static int maker_of(const td_graph *g, int value)
{
	if (value < 0)
		return TD_NONE;
	const td_value *v = &g->values.items[value];
	return v->kind == TD_OUTPUT_OF ? v->maker : TD_NONE;
}

static void count_uses(td_checker *c)
{
	const td_graph *g = c->g;
	for (int i = 0; i < g->values.n; i++)
		c->first_use[i] = c->last_use[i] = TD_NONE;
	for (int s = 0; s < g->steps.n; s++)
		for (int i = 0; i < g->steps.items[s].n_in; i++) {
			int v = g->steps.items[s].in[i];
			if (v < 0)
				continue;
			c->n_uses[v]++;
			c->first_use[v] = c->first_use[v] < 0 ? s : c->first_use[v];
			c->last_use[v] = s;
		}
	for (int i = 0; i < g->outputs.n; i++)
		if (g->outputs.items[i].value >= 0)
			c->n_uses[g->outputs.items[i].value]++;
	for (int l = 0; l < g->loops.n; l++)
		for (int i = 0; i < g->loops.items[l].n; i++) {
			const td_carry *k = &g->loops.items[l].items[i];
			c->n_uses[k->init]++;
			if (k->next >= 0)
				c->n_uses[k->next]++;
		}
}

static void check_bound(td_checker *c)
{
	for (int s = 0; s < c->g->steps.n; s++) {
		const td_step *t = &c->g->steps.items[s];
		for (int i = 0; t->node && i < t->n_in; i++) {
			const td_port *p = &t->node->in[i];
			if (t->in[i] != TD_NONE || (p->flags & TD_OPTIONAL))
				continue;
			td_diag *x =
				td_check_add(c, "TD0102", t, "%s: the input \"%s\" is not given",
			                     t->node->name, p->name);
			td_diag_fix(c->d, x, "%s: %s", p->name, p->doc);
		}
	}
}

/* -- cycles: Tarjan's strongly connected components, without recursion ----- */

typedef struct {
	int *index, *low, *stack, *edge, *call;
	bool *on_stack;
	int n_index, n_stack, n_call;
} tarjan;

static void enter(tarjan *t, int s)
{
	t->index[s] = t->low[s] = ++t->n_index;
	t->stack[t->n_stack++] = s;
	t->on_stack[s] = true;
	t->edge[s] = 0;
	t->call[t->n_call++] = s;
}

/* Names the steps of a component, in the order of the text. */
static void report_cycle(td_checker *c, const int *member, int n)
{
	for (int i = 0; i < n; i++)
		c->cyclic[member[i]] = true;
	td_str names = {0};
	const td_step *steps = c->g->steps.items, *first = &steps[member[n - 1]];
	for (int i = n - 1; i >= 0 && i >= n - 12; i--)
		td_str_addf(&names, "%s (line %d) -> ", steps[member[i]].name,
		            steps[member[i]].at.line);
	td_str_addf(&names, "%s%s", n > 12 ? "… -> " : "", first->name);
	td_diag *x = td_check_add(c, "TD0101", first, "%d step%s depend%s on %s: %s", n,
	                          n == 1 ? "" : "s", n == 1 ? "s" : "",
	                          n == 1 ? "itself" : "each other", names.data);
	td_diag_fix(c->d, x, "values that go round belong into a loop as carried values");
	td_str_fini(&names);
}

static void leave(td_checker *c, tarjan *t, int s)
{
	int n = 0;
	if (t->low[s] != t->index[s])
		return;
	int *member = &t->stack[t->n_stack];
	do {
		member--;
		n++;
		t->on_stack[*member] = false;
	} while (*member != s);
	t->n_stack -= n;
	bool self = false;
	const td_step *step = &c->g->steps.items[s];
	for (int i = 0; i < step->n_in; i++)
		self |= maker_of(c->g, step->in[i]) == s;
	if (n > 1 || self)
		report_cycle(c, member, n);
}

static void visit(td_checker *c, tarjan *t, int root)
{
	enter(t, root);
	while (t->n_call) {
		int s = t->call[t->n_call - 1];
		const td_step *step = &c->g->steps.items[s];
		if (t->edge[s] < step->n_in) {
			int m = maker_of(c->g, step->in[t->edge[s]++]);
			if (m >= 0 && !t->index[m])
				enter(t, m);
			else if (m >= 0 && t->on_stack[m] && t->index[m] < t->low[s])
				t->low[s] = t->index[m];
			continue;
		}
		t->n_call--;
		int above = t->n_call ? t->call[t->n_call - 1] : TD_NONE;
		if (above >= 0 && t->low[s] < t->low[above])
			t->low[above] = t->low[s];
		leave(c, t, s);
	}
}

static void check_cycles(td_checker *c)
{
	size_t n = (size_t)c->g->steps.n;
	int *mem = td_alloc(td_size_mul(n, 5 * sizeof(int)));
	tarjan t = {.index = mem,
	            .low = mem + n,
	            .stack = mem + 2 * n,
	            .edge = mem + 3 * n,
	            .call = mem + 4 * n,
	            .on_stack = td_alloc(n)};
	for (int s = 0; s < c->g->steps.n; s++)
		if (!t.index[s])
			visit(c, &t, s);
	free(mem);
	free(t.on_stack);
}

/* -- order and loop scope --------------------------------------------------- */

/* `user` is a step number, or steps.n for what follows all steps. `loop`: where the use stands. */
static void check_use(td_checker *c, int value, int user, int loop, td_origin at, const char *who)
{
	const td_graph *g = c->g;
	if (value < 0)
		return;
	const td_value *v = &g->values.items[value];
	int ready = maker_of(g, value);
	if (v->kind == TD_CARRY && user < g->loops.items[v->maker].first)
		ready = g->loops.items[v->maker].first;
	td_str name = {0};
	td_value_text(g, value, &name);
	if (!td_loop_within(g, loop, v->loop)) {
		td_diag *x = td_diag_add(c->d, "TD0109", at,
		                         "%s uses \"%s\", which exists only inside its loop", who,
		                         name.data);
		td_diag_other(c->d, x, v->at, "it is made here");
		td_diag_fix(c->d, x, "carry it out of the loop, or record it as a series");
	} else if (ready > user && !(user < g->steps.n && c->cyclic[user] && c->cyclic[ready])) {
		td_diag *x = td_diag_add(c->d, "TD0102", at, "%s uses \"%s\" before it is made",
		                         who, name.data);
		td_diag_other(c->d, x, v->at, "it is made here");
		td_diag_fix(c->d, x, "move the step behind what it needs");
	}
	td_str_fini(&name);
}

static void check_order(td_checker *c)
{
	const td_graph *g = c->g;
	for (int s = 0; s < g->steps.n; s++)
		for (int i = 0; i < g->steps.items[s].n_in; i++)
			check_use(c, g->steps.items[s].in[i], s, g->steps.items[s].loop,
			          g->steps.items[s].at, g->steps.items[s].name);
	for (int i = 0; i < g->outputs.n; i++) {
		td_str who = {0};
		td_str_addf(&who, "the output \"%s\"", g->outputs.items[i].name);
		check_use(c, g->outputs.items[i].value, g->steps.n, TD_NONE, g->outputs.items[i].at,
		          who.data);
		td_str_fini(&who);
	}
	for (int l = 0; l < g->loops.n; l++)
		for (int i = 0; i < g->loops.items[l].n; i++)
			check_use(c, g->loops.items[l].items[i].init, g->loops.items[l].first,
			          g->loops.items[l].parent, g->loops.items[l].at, "the loop");
}

/* -- dead steps -------------------------------------------------------------- */

static void check_dead(td_checker *c)
{
	const td_graph *g = c->g;
	bool *value = td_alloc((size_t)g->values.n);
	td_graph_live(g, c->live, value);
	for (int s = 0; s < g->steps.n && g->outputs.n; s++)
		if (!c->live[s]) {
			const td_step *t = &g->steps.items[s];
			td_diag *x =
				td_check_add(c, "TD0106", t, "no output needs the step \"%s\" (%s)",
			                     t->name, t->node_name);
			td_diag_fix(c->d, x, "remove it, or return its result from build");
		}
	for (int i = 0; i < g->inputs.n && g->outputs.n; i++)
		if (!value[g->inputs.items[i].value]) {
			td_diag *x = td_diag_add(c->d, "TD0106", g->inputs.items[i].at,
			                         "no output needs the input \"%s\"",
			                         g->inputs.items[i].name);
			td_diag_path(c->d, x, "input %s", g->inputs.items[i].name);
		}
	free(value);
}

void td_check_structure(td_checker *c)
{
	count_uses(c);
	check_bound(c);
	check_cycles(c);
	check_order(c);
	check_dead(c);
}
