/* blame.c: which step has made the errors of the outputs? Layer 5.
 *
 * A step's relative isolated error travels to the outputs and is amplified by each step on the way; where
 * ways join, they add. Measured amplifications are those of the worst input; where nothing wrong came
 * into a step, 1 stands for its own. */
#include "compare_inner.h"

#include <math.h>
#include <stdlib.h>

/* The step that makes a value, through carries to where they begin; TD_NONE: no step does. */
static int maker_of(const td_graph *g, int value)
{
	while (value != TD_NONE && g->values.items[value].kind == TD_CARRY) {
		const td_value *v = &g->values.items[value];
		value = g->loops.items[v->maker].items[v->port].init;
	}
	return value != TD_NONE && g->values.items[value].kind == TD_OUTPUT_OF
	               ? g->values.items[value].maker
	               : TD_NONE;
}

/* What a carry becomes in the next turn ends up in the outputs as the carry does. */
static void add_weight(const td_graph *g, double *weight, int value, double w)
{
	const td_value *v = value == TD_NONE ? NULL : &g->values.items[value];
	int step = maker_of(g, value);
	if (step != TD_NONE)
		weight[step] += w;
	if (v && v->kind == TD_CARRY) {
		int last = maker_of(g, g->loops.items[v->maker].items[v->port].next);
		if (last != TD_NONE)
			weight[last] += w;
	}
}

/* Does an earlier port take the same value? An error that comes in twice is one error. */
static bool taken_before(const td_step *s, int port)
{
	for (int i = 0; i < port; i++)
		if (s->in[i] == s->in[port])
			return true;
	return false;
}

/* From the outputs back: steps stand in an order in which they can be done. */
static void weigh(const comparison *c, const lane *l, double *weight)
{
	const td_graph *g = c->g;
	for (int i = 0; i < g->outputs.n; i++)
		add_weight(g, weight, g->outputs.items[i].value, 1);
	for (int i = g->steps.n - 1; i >= 0; i--) {
		const td_step *s = &g->steps.items[i];
		double k = isnan(l->amplified[i]) ? 1 : l->amplified[i];
		for (int port = 0; weight[i] > 0 && port < s->n_in; port++)
			if (!taken_before(s, port))
				add_weight(g, weight, s->in[port], weight[i] * k);
	}
}

bool td_compare_blame(comparison *c, int i, td_err *e)
{
	const lane *l = &c->lanes[i];
	double *weight = td_alloc(td_size_mul((size_t)c->g->steps.n + 1, sizeof *weight)), sum = 0;
	bool ok = true;
	weigh(c, l, weight);
	for (int k = 0; k < c->g->steps.n; k++)
		sum += isnan(l->isolated[k]) ? 0 : l->isolated[k] * weight[k];
	for (int k = 0; ok && k < c->g->steps.n; k++) {
		if (isnan(l->isolated[k]))
			continue;
		td_record r = {
			.kind = TD_REC_BLAME,
			.as.blame = {.run = c->o->first_run + i,
		                     .step = k,
		                     .isolated = l->isolated[k],
		                     .weight = weight[k],
		                     .share = sum > 0 ? l->isolated[k] * weight[k] / sum : 0}};
		ok = td_emit(&c->sink, &r, e);
	}
	free(weight);
	return ok;
}
