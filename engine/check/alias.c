/* Pass 3: buffers that are written over. Two things write over a buffer: an output declared `over`
 * an input, and the end of a loop's turn, which exchanges a carried value's buffer with that of its
 * next value. Nobody else may still need what was there. */
#include "check_inner.h"

static void report(td_checker *c, td_origin at, int value, const char *what, const char *who,
                   const char *fix)
{
	td_str name = {0};
	td_value_text(c->g, value, &name);
	td_diag *x = td_diag_add(c->d, "TD0501", at, "%s \"%s\", %s", what, name.data, who);
	td_diag_other(c->d, x, c->g->values.items[value].at, "\"%s\" is made here", name.data);
	td_diag_fix(c->d, x, "%s", fix);
	td_str_fini(&name);
}

static bool is_output(const td_graph *g, int value)
{
	for (int i = 0; i < g->outputs.n; i++)
		if (g->outputs.items[i].value == value)
			return true;
	return false;
}

/* Does a step of the loop's body after `step` read the value? */
static bool read_later_in_body(const td_graph *g, int loop, int step, int value)
{
	for (int s = step + 1; s < g->loops.items[loop].last; s++)
		for (int i = 0; i < g->steps.items[s].n_in; i++)
			if (g->steps.items[s].in[i] == value)
				return true;
	return false;
}

static void check_over(td_checker *c, int step, const td_port *out)
{
	static const char copy[] = "give the step a copy: t.tensor.copy { … }";
	const td_step *s = &c->g->steps.items[step];
	int port = td_port_find(s->node->in, out->over), value = port < 0 ? TD_NONE : s->in[port];
	if (value < 0)
		return;
	const td_value *v = &c->g->values.items[value];
	/* what stands behind the loop reads what the last turn leaves */
	bool carried = v->kind == TD_CARRY && v->maker == s->loop;
	bool read_later = carried ? read_later_in_body(c->g, s->loop, step, value)
	                          : c->last_use[value] > step;
	td_str what = {0};
	td_str_addf(&what, "the step \"%s\" writes over", s->name);
	if (v->kind == TD_INPUT || v->kind == TD_CONST || v->kind == TD_INDEX)
		report(c, s->at, value, what.data, "which is not its own", copy);
	else if (read_later)
		report(c, s->at, value, what.data, "which a later step still reads", copy);
	else if (!carried && is_output(c->g, value))
		report(c, s->at, value, what.data, "which is an output of the pipeline", copy);
	else if (v->loop != s->loop && !carried)
		report(c, s->at, value, what.data, "which the next turn of the loop needs again",
		       copy);
	td_str_fini(&what);
}

static void check_carry(td_checker *c, const td_loop *l, int loop, const td_carry *k)
{
	static const char copy[] = "let the loop begin with a copy: t.tensor.copy { … }";
	const td_graph *g = c->g;
	if (g->values.items[k->init].kind != TD_OUTPUT_OF)
		report(c, l->at, k->init, "the loop writes over its initial value",
		       "which is not its own", copy);
	else if (c->n_uses[k->init] > 1)
		report(c, l->at, k->init, "the loop writes over its initial value",
		       "which is used elsewhere too", copy);
	if (k->next < 0)
		return;
	const td_value *next = &g->values.items[k->next];
	if (next->kind != TD_OUTPUT_OF || next->loop != loop)
		report(c, next->at, k->next, "the loop carries on with",
		       "which no step of its body makes", "t.tensor.copy { … } inside the loop");
	int carries = 0;
	for (int i = 0; i < l->n; i++)
		carries += l->items[i].next == k->next;
	if (carries > 1)
		report(c, next->at, k->next, "the loop carries on with",
		       "for two carried values at once", "t.tensor.copy { … } for one of them");
}

void td_check_alias(td_checker *c)
{
	const td_graph *g = c->g;
	for (int s = 0; s < g->steps.n; s++)
		for (const td_port *p = g->steps.items[s].node ? g->steps.items[s].node->out : NULL;
		     p && p->name; p++)
			if (p->over)
				check_over(c, s, p);
	for (int l = 0; l < g->loops.n; l++)
		for (int i = 0; i < g->loops.items[l].n; i++)
			check_carry(c, &g->loops.items[l], l, &g->loops.items[l].items[i]);
}
