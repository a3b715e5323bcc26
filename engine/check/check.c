#include "check_inner.h"

#include <stdlib.h>
#include <string.h>

td_diag *td_check_add(td_checker *c, const char *rule, const td_step *s, const char *fmt, ...)
{
	td_str text = {0};
	va_list args;
	va_start(args, fmt);
	td_str_addv(&text, fmt, args);
	va_end(args);
	td_diag *x = td_diag_add(c->d, rule, s->at, "%s", td_str_text(&text));
	td_diag_path(c->d, x, "step %s", s->name);
	td_str_fini(&text);
	return x;
}

void td_check_know(td_checker *c)
{
	int n = td_dims_count(c->g->dims);
	if (n > c->n_known)
		c->known = td_realloc(c->known, (size_t)n * sizeof *c->known);
	for (int i = c->n_known; i < n; i++) {
		const td_symbol *s = td_dims_symbol_c(c->g->dims, i);
		c->known[i] = !s->late && s->lo == s->hi ? s->lo : -1;
	}
	c->n_known = n;
}

bool td_check_number(const td_checker *c, td_dim dim, int64_t *value)
{
	return td_dim_const(c->g->dims, dim, value) ||
	       td_dim_eval(c->g->dims, dim, c->known, value);
}

/* Sampling rate of an axis, 0: none. */
static double rate_of(const td_checker *c, td_dim dim)
{
	int s = td_dim_symbol(c->g->dims, dim);
	return s < 0 ? 0 : td_dims_symbol_c(c->g->dims, s)->rate;
}

td_sameness td_check_same(const td_checker *c, td_dim a, td_dim b)
{
	int64_t x, y;
	if (a == b)
		return a == TD_DIM_BAD ? TD_UNPROVED : TD_SAME;
	double ra = rate_of(c, a), rb = rate_of(c, b);
	if (ra > 0 && rb > 0 && !td_feq_exact(ra, rb))
		return TD_RATES_DIFFER;
	bool late_a = td_dim_late(c->g->dims, a), late_b = td_dim_late(c->g->dims, b);
	if (late_a != late_b)
		return TD_LATE_MIX;
	if (td_check_number(c, a, &x) && td_check_number(c, b, &y))
		return x == y ? TD_SAME : TD_DIFFERENT;
	td_dim difference = td_dim_sub(c->g->dims, a, b);
	int64_t lo, hi;
	td_dim_range(c->g->dims, difference, &lo, &hi);
	return lo > 0 || hi < 0 ? TD_DIFFERENT : TD_UNPROVED;
}

static void take_faults(td_checker *c)
{
	for (int i = 0; i < c->g->faults.n; i++) {
		const td_fault *f = &c->g->faults.items[i];
		td_diag *x = td_diag_add(c->d, f->rule, f->at, "%s", f->text);
		if (f->fix)
			td_diag_fix(c->d, x, "%s", f->fix);
	}
}

static void check_limits(td_checker *c)
{
	enum { STEPS = 100000, EDGES = 1000000 };
	const td_graph *g = c->g;
	int64_t edges = 0;
	for (int i = 0; i < g->steps.n; i++)
		edges += g->steps.items[i].n_in;
	if (g->steps.n > STEPS || edges > EDGES) {
		const td_step *s = &g->steps.items[g->steps.n - 1];
		td_diag *x = td_diag_add(c->d, "TD0108", s->at,
		                         "the graph has %d steps and %lld edges; the limits are "
		                         "%d and %d",
		                         g->steps.n, (long long)edges, STEPS, EDGES);
		td_diag_fix(c->d, x, "use t.loop for what repeats");
	}
}

static void check_params(td_checker *c)
{
	for (int i = 0; i < c->g->params.n; i++) {
		const td_pipeline_param *p = &c->g->params.items[i];
		if (p->used)
			continue;
		td_diag *x =
			td_diag_add(c->d, "TD0107", p->at,
		                    "the parameter \"%s\" is declared but never used", p->name);
		td_diag_level(c->d, x, TD_WARNING);
		td_diag_path(c->d, x, "param %s", p->name);
	}
	if (c->g->outputs.n == 0 && c->g->faults.n == 0) {
		td_origin at = {.file = c->g->sources.n ? c->g->sources.items[0].name : c->g->name,
		                .line = 1};
		td_diag *x = td_diag_add(c->d, "TD0106", at, "the pipeline has no outputs");
		td_diag_fix(c->d, x, "return { name = value } from build");
	}
}

bool td_check(td_graph *g, td_diags *d)
{
	size_t values = (size_t)g->values.n, steps = (size_t)g->steps.n;
	td_checker c = {.g = g, .d = d};
	c.first_use = td_alloc(td_size_mul(values, sizeof(int)));
	c.last_use = td_alloc(td_size_mul(values, sizeof(int)));
	c.n_uses = td_alloc(td_size_mul(values, sizeof(int)));
	c.live = td_alloc(steps);
	c.cyclic = td_alloc(steps);
	int before = d->errors;
	take_faults(&c);
	check_limits(&c);
	check_params(&c);
	td_check_know(&c);
	td_check_structure(&c);
	td_check_values(&c);
	td_check_alias(&c);
	td_check_trust(&c);
	td_diags_sort(d);
	free(c.first_use);
	free(c.last_use);
	free(c.n_uses);
	free(c.live);
	free(c.cyclic);
	free(c.known);
	return d->errors == before;
}
