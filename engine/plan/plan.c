#include "plan_inner.h"

#include <stdlib.h>
#include <string.h>

/* Symbols as numbers; a symbol that no file has fixed cannot be planned. */
static void fix_symbols(td_planner *x)
{
	int n = td_dims_count(x->g->dims);
	x->p->n_symbols = n;
	x->p->symbols = td_arena_array(&x->p->arena, (size_t)n + 1, sizeof *x->p->symbols);
	for (int i = 0; i < n; i++) {
		const td_symbol *s = td_dims_symbol_c(x->g->dims, i);
		x->p->symbols[i] = !s->late && s->lo == s->hi ? s->lo : -1;
	}
	for (int i = 0; i < x->g->inputs.n; i++) {
		const td_input *in = &x->g->inputs.items[i];
		if (in->path || in->url || in->supplied || !x->live_value[in->value])
			continue;
		td_diag *d = td_diag_add(x->d, "TD0102", in->at, "the input \"%s\" has no file",
		                         in->name);
		td_diag_fix(x->d, d, "-p %s=FILE", in->name);
	}
}

/* Every live value must have numbers for its dims by now. */
static void check_fixed(td_planner *x)
{
	for (int i = 0; i < x->g->inputs.n; i++) {
		const td_input *in = &x->g->inputs.items[i];
		for (int a = 0; a < in->rank && x->live_value[in->value]; a++) {
			int64_t n;
			if (td_dim_eval(x->g->dims, in->dim[a], x->p->symbols, &n) ||
			    !(in->path || in->url))
				continue;
			td_diag *d = td_diag_add(x->d, "TD0102", in->at,
			                         "the size of the input \"%s\" is not known yet",
			                         in->name);
			td_diag_fix(x->d, d,
			            "`tandem fetch` brings the files that a pipeline names by URL");
			break;
		}
	}
}

static td_planner *planner_new(td_graph *g, const td_plan_options *o, td_diags *d)
{
	td_planner *x = td_alloc(sizeof *x);
	td_plan *p = td_alloc(sizeof *p);
	size_t values = (size_t)g->values.n + 1, steps = (size_t)g->steps.n + 1,
	       loops = (size_t)g->loops.n + 1;
	*x = (td_planner){.p = p, .g = g, .d = d, .o = o};
	p->graph = g;
	p->caps = *o->caps;
	p->guard_bytes = o->guard_bytes;
	p->impls = td_arena_array(&p->arena, (size_t)o->n_impls + 1, sizeof *p->impls);
	for (int i = 0; i < o->n_impls; i++)
		p->impls[p->n_impls++] = td_arena_strdup(&p->arena, o->impls[i]);
	x->live_step = td_arena_array(&x->arena, steps, sizeof(bool));
	x->live_value = td_arena_array(&x->arena, values, sizeof(bool));
	x->step_event = td_arena_array(&x->arena, steps, sizeof(int));
	x->loop_begin = td_arena_array(&x->arena, loops, sizeof(int));
	x->loop_end = td_arena_array(&x->arena, loops, sizeof(int));
	x->impl = td_arena_array(&x->arena, steps, sizeof(td_impl *));
	x->place = td_arena_array(&x->arena, steps, sizeof(td_place));
	x->root = td_arena_array(&x->arena, values, sizeof(int));
	x->run_of = td_arena_array(&x->arena, steps, sizeof(int));
	for (int place = 0; place < TD_N_PLACES; place++) {
		x->fresh[place] = td_arena_array(&x->arena, values, sizeof(int));
		p->value_buffer[place] = td_arena_array(&p->arena, values, sizeof(int));
		for (size_t v = 0; v < values; v++)
			p->value_buffer[place][v] = TD_NONE;
	}
	return x;
}

/* Every value finds the buffer it shares. */
static void share_buffers(td_planner *x)
{
	for (int v = 0; v < x->g->values.n; v++) {
		td_place home = td_plan_home(x, v);
		if (x->p->value_buffer[home][v] == TD_NONE)
			x->p->value_buffer[home][v] = x->p->value_buffer[home][x->root[v]];
	}
}

td_plan *td_plan_new(td_graph *g, const td_plan_options *o, td_diags *d)
{
	int before = d->errors;
	td_planner *x = planner_new(g, o, d);
	td_plan *p = x->p;
	td_graph_live(g, x->live_step, x->live_value);
	fix_symbols(x);
	check_fixed(x);
	if (d->errors == before)
		td_plan_choose(x);
	if (d->errors == before) {
		td_plan_live(x);
		td_plan_emit(x);
		td_plan_place(x);
		share_buffers(x);
		td_plan_fit(x);
	}
	td_diags_sort(d);
	td_arena_fini(&x->arena);
	free(x);
	if (d->errors == before)
		return p;
	td_plan_free(p);
	return NULL;
}

void td_plan_free(td_plan *p)
{
	if (!p)
		return;
	td_arena_fini(&p->arena);
	free(p);
}
