/* Shapes of one step: the dims of its inputs against the shape strings of their ports, and the dims
 * of its outputs from what that bound. */
#include "../model/dtype.h"
#include "check_inner.h"

#include <string.h>

static void dim_text(const td_step_infer *x, td_dim dim, td_str *out)
{
	int64_t n;
	td_dim_text(x->c->g->dims, dim, out);
	if (!td_dim_const(x->c->g->dims, dim, &n) && td_check_number(x->c, dim, &n))
		td_str_addf(out, " = %lld", (long long)n);
}

/* Would two axes of the input, exchanged, fit the expected dims? */
static bool fits_exchanged(const td_step_infer *x, const td_shape *have, const td_dim *want, int n)
{
	for (int a = 0; a < n; a++)
		for (int b = a + 1; b < n; b++) {
			bool fits = true;
			for (int i = 0; i < n && fits; i++) {
				int j = i == a ? b : i == b ? a : i;
				fits = want[i] == TD_DIM_BAD ||
				       td_check_same(x->c, have->dim[have->rank - n + j],
				                     want[i]) == TD_SAME;
			}
			if (fits && want[a] != TD_DIM_BAD && want[b] != want[a])
				return true;
		}
	return false;
}

static void report_dim(td_step_infer *x, int port, int axis, td_dim have, td_dim want,
                       td_sameness how, bool exchanged)
{
	const td_port *p = &x->s->node->in[port];
	td_str a = {0}, b = {0}, diff = {0};
	dim_text(x, have, &a);
	dim_text(x, want, &b);
	const char *rule = exchanged                ? "TD0207"
	                   : how == TD_LATE_MIX     ? "TD0206"
	                   : how == TD_RATES_DIFFER ? "TD0302"
	                   : how == TD_DIFFERENT    ? "TD0203"
	                                            : "TD0204";
	bool lead = td_starts(p->shape, "..."); /* says nothing of this axis */
	td_diag *d = lead ? td_infer_add(x, rule, port,
	                                 "axis %d of \"%s\" is %s, the inputs before it have %s",
	                                 axis + 1, p->name, a.data, b.data)
	                  : td_infer_add(x, rule, port,
	                                 "axis %d of \"%s\" is %s, expected %s (\"%s\" is [%s])",
	                                 axis + 1, p->name, a.data, b.data, p->name, p->shape);
	if (exchanged) {
		td_diag_fix(x->c->d, d, "two axes are exchanged: t.tensor.transpose { … }");
	} else if (how == TD_LATE_MIX) {
		td_diag_fix(
			x->c->d, d,
			"a late dim is known only during the run: compact or gather both sides");
	} else if (how == TD_RATES_DIFFER) {
		td_diag_fix(x->c->d, d,
		            "the two axes are sampled at different rates: resample one");
	} else if (how == TD_UNPROVED) {
		td_dim_text(x->c->g->dims, td_dim_sub(x->c->g->dims, have, want), &diff);
		td_diag_fix(x->c->d, d,
		            "give both axes one name in t.input if they are the same; the "
		            "difference is %s",
		            diff.data);
	}
	td_str_fini(&a);
	td_str_fini(&b);
	td_str_fini(&diff);
}

/* Dims that the port expects, TD_DIM_BAD where the port binds a name; false: a bad expression. */
static bool expected_dims(td_step_infer *x, const td_shape_spec *spec, td_dim *want)
{
	td_err e;
	for (int i = 0; i < spec->n; i++) {
		const td_shape_word *w = &spec->word[i];
		want[i] = TD_DIM_BAD;
		if (td_shape_word_plain(w))
			want[i] = td_shape_scope_get(&x->scope, w->text, w->n);
		else if (!td_shape_scope_eval(&x->scope, w->text, w->n, &want[i], &e))
			return false;
	}
	return true;
}

static bool is_one(const td_step_infer *x, td_dim dim)
{
	int64_t n;
	return td_check_number(x->c, dim, &n) && n == 1;
}

/* TD_BROADCAST: axes matched from the last one on, those of extent 1 and missing ones fit any. */
static void broadcast_lead(td_step_infer *x, int port, const td_shape *have, int n)
{
	td_shape_scope *sc = &x->scope;
	const td_dim one = td_dim_int(x->c->g->dims, 1);
	int rank = n > sc->n_lead ? n : sc->n_lead;
	td_dim lead[TD_MAX_RANK] = {0};
	for (int i = 0; i < rank; i++) {
		int mine = i - rank + n, before = i - rank + sc->n_lead;
		td_dim a = before < 0 ? one : sc->lead[before],
		       b = mine < 0 ? one : have->dim[mine];
		td_sameness how =
			is_one(x, a) || is_one(x, b) ? TD_SAME : td_check_same(x->c, b, a);
		lead[i] = is_one(x, a) ? b : a;
		if (how == TD_SAME)
			continue;
		report_dim(x, port, mine, b, a, how,
		           n == sc->n_lead && fits_exchanged(x, have, sc->lead, n));
		return;
	}
	sc->n_lead = rank;
	memcpy(sc->lead, lead, (size_t)rank * sizeof *lead);
}

/* The "..." of a port against the leading dims met before. */
static void unify_lead(td_step_infer *x, int port, const td_shape *have, int n)
{
	td_shape_scope *sc = &x->scope;
	if (sc->n_lead < 0) {
		sc->n_lead = n;
		memcpy(sc->lead, have->dim, (size_t)n * sizeof *sc->lead);
		return;
	}
	if (x->s->node->in[port].flags & TD_FREE)
		return;
	if (x->s->node->in[port].flags & TD_BROADCAST) {
		broadcast_lead(x, port, have, n);
		return;
	}
	if (n != sc->n_lead) {
		td_shape lead = {.rank = sc->n_lead};
		td_str text = {0};
		memcpy(lead.dim, sc->lead, (size_t)lead.rank * sizeof *sc->lead);
		td_shape_text(x->c->g->dims, &lead, &text);
		td_diag *d = td_infer_add(
			x, "TD0203", port,
			"\"%s\" has %d leading axes, the inputs before it have %d: [%s]",
			x->s->node->in[port].name, n, sc->n_lead, td_str_text(&text));
		td_diag_fix(x->c->d, d, "both need the same shape");
		td_str_fini(&text);
		return;
	}
	for (int i = 0; i < n; i++) {
		td_sameness how = td_check_same(x->c, have->dim[i], sc->lead[i]);
		if (how == TD_SAME)
			continue;
		report_dim(x, port, i, have->dim[i], sc->lead[i], how,
		           fits_exchanged(x, have, sc->lead, n));
		return;
	}
}

static void unify_input(td_step_infer *x, int port, const td_shape *have)
{
	const td_port *p = &x->s->node->in[port];
	td_shape_spec spec;
	td_dim want[TD_MAX_RANK];
	td_err e;
	if (!td_shape_spec_read(p->shape, &spec, &e) || !expected_dims(x, &spec, want)) {
		td_infer_add(x, "TD0203", port,
		             "the shape \"%s\" of \"%s\" cannot be worked out here", p->shape,
		             p->name);
		return;
	}
	int lead = have->rank - spec.n;
	if (lead < 0 || (lead > 0 && !spec.any_lead)) {
		td_diag *d =
			td_infer_add(x, "TD0203", port, "\"%s\" needs %s%d ax%s [%s], here are %d",
		                     p->name, spec.any_lead ? "at least " : "", spec.n,
		                     spec.n == 1 ? "is" : "es", p->shape, have->rank);
		td_diag_fix(x->c->d, d, "%s: %s", p->name, p->doc);
		return;
	}
	if (spec.any_lead)
		unify_lead(x, port, have, lead);
	for (int i = 0; i < spec.n && !x->broken; i++) {
		td_dim dim = have->dim[lead + i];
		if (want[i] == TD_DIM_BAD) /* a name may stand twice in one port: look again */
			want[i] = td_shape_scope_get(&x->scope, spec.word[i].text, spec.word[i].n);
		td_sameness how = want[i] == TD_DIM_BAD || (spec.word[i].or_one && is_one(x, dim))
		                          ? TD_SAME
		                          : td_check_same(x->c, dim, want[i]);
		if (want[i] == TD_DIM_BAD)
			td_shape_scope_bind(&x->scope, spec.word[i].text, spec.word[i].n, dim);
		if (how == TD_SAME)
			continue;
		report_dim(x, port, lead + i, dim, want[i], how,
		           fits_exchanged(x, have, want, spec.n));
		return;
	}
}

void td_infer_inputs(td_step_infer *x)
{
	for (int i = 0; i < x->s->n_in && !x->broken; i++) {
		const td_port *p = &x->s->node->in[i];
		const td_value *v = td_infer_in(x, i);
		if (!v)
			continue;
		unify_input(x, i, &v->shape);
		int last = v->shape.rank
		                   ? td_dim_symbol(x->c->g->dims, v->shape.dim[v->shape.rank - 1])
		                   : -1;
		bool timed = last >= 0 && td_dims_symbol_c(x->c->g->dims, last)->rate > 0;
		if ((p->flags & TD_TIMED) && !timed) {
			td_diag *d = td_infer_add(x, "TD0302", i,
			                          "the last axis of \"%s\" has no sampling rate",
			                          p->name);
			td_diag_fix(
				x->c->d, d,
				"declare it where the data comes in: t.input { …, rate = 160 }");
		}
	}
}

/* Declares the late symbol "kept" of this step and gives its dim. Named after the step, so that two
 * steps of one node have two symbols. */
static td_dim late_dim(td_step_infer *x, const td_shape_word *w, td_dim capacity)
{
	td_dims *dims = x->c->g->dims;
	td_dim dim = td_shape_scope_get(&x->scope, w->late, w->late_n);
	if (dim != TD_DIM_BAD)
		return dim;
	td_str name = {0};
	td_str_addf(&name, "%s.%.*s", x->s->name, (int)w->late_n, w->late);
	int symbol = td_dims_late(dims, name.data, capacity);
	td_str_fini(&name);
	td_check_know(x->c);
	dim = td_dim_of(dims, symbol);
	td_shape_scope_bind(&x->scope, w->late, w->late_n, dim);
	return dim;
}

bool td_infer_output(td_step_infer *x, const td_port *p, td_shape *out, td_err *e)
{
	td_shape_spec spec;
	if (!td_shape_spec_read(p->shape, &spec, e))
		return false;
	int lead = spec.any_lead && x->scope.n_lead > 0 ? x->scope.n_lead : 0;
	if (lead + spec.n > TD_MAX_RANK)
		return td_fail(e, TD_E_USAGE, "the output \"%s\" would have more than %d axes",
		               p->name, TD_MAX_RANK);
	out->rank = lead + spec.n;
	memcpy(out->dim, x->scope.lead, (size_t)lead * sizeof *out->dim);
	for (int i = 0; i < spec.n; i++) {
		td_dim *dim = &out->dim[lead + i];
		if (!td_shape_scope_eval(&x->scope, spec.word[i].text, spec.word[i].n, dim, e))
			return false;
		if (spec.word[i].late)
			*dim = late_dim(x, &spec.word[i], *dim);
	}
	return true;
}

void td_infer_extents(td_step_infer *x, const td_port *p, const td_shape *out)
{
	int64_t bytes = (int64_t)td_sizeof(out->dtype);
	bool overflow = false;
	for (int i = 0; i < out->rank && !x->broken; i++) {
		int64_t lo, hi, n;
		if (out->dim[i] == TD_DIM_BAD) /* that has been said */
			continue;
		td_dim_range(x->c->g->dims, out->dim[i], &lo, &hi);
		bool known = td_check_number(x->c, out->dim[i], &n);
		if (known)
			lo = hi = n;
		if (lo < 0) {
			td_str text = {0};
			dim_text(x, out->dim[i], &text);
			td_diag *d = td_infer_add(
				x, "TD0205", TD_NONE,
				"axis %d of the output \"%s\" is %s, which can be as low as %lld",
				i + 1, p->name, text.data, (long long)lo);
			td_diag_fix(x->c->d, d,
			            "declare how large the input is at least: t.input { …, dims = "
			            "{ T = { 512, 100000 } } }");
			td_str_fini(&text);
		}
		overflow |= __builtin_mul_overflow(bytes, lo > 0 ? lo : known ? 0 : 1, &bytes);
	}
	if (overflow && !x->broken)
		td_infer_add(x, "TD0205", TD_NONE,
		             "the output \"%s\" would take more than 2^63 bytes", p->name);
}

/* -- for plan, run and measure ---------------------------------------------- */

static void bind_input(td_shape_scope *scope, const td_port *p, const td_shape *have)
{
	td_shape_spec spec;
	td_err e;
	if (have->rank < 0 || !td_shape_spec_read(p->shape, &spec, &e) || have->rank < spec.n)
		return;
	int lead = have->rank - spec.n;
	if (spec.any_lead && scope->n_lead < 0) {
		scope->n_lead = lead;
		memcpy(scope->lead, have->dim, (size_t)lead * sizeof *scope->lead);
	}
	for (int i = 0; i < spec.n; i++) {
		const td_shape_word *w = &spec.word[i];
		if (td_shape_word_plain(w) &&
		    td_shape_scope_get(scope, w->text, w->n) == TD_DIM_BAD)
			td_shape_scope_bind(scope, w->text, w->n, have->dim[lead + i]);
	}
}

int td_step_late(const td_graph *g, const td_step *s, int port)
{
	const td_port *p = &s->node->out[port];
	if (!td_same(p->shape, "1") || (p->dtypes & ~(unsigned)(TD_SET_I32 | TD_SET_I64)))
		return -1;
	td_str name = {0};
	td_str_addf(&name, "%s.%s", s->name, p->name);
	int symbol = td_dims_find(g->dims, name.data);
	td_str_fini(&name);
	return symbol >= 0 && td_dims_symbol_c(g->dims, symbol)->late ? symbol : -1;
}

void td_step_scope(td_graph *g, const td_step *s, td_shape_scope *scope)
{
	td_shape_scope_init(scope, g->dims, s->node, s->params);
	for (int i = 0; i < s->n_in; i++)
		if (s->in[i] >= 0)
			bind_input(scope, &s->node->in[i], &g->values.items[s->in[i]].shape);
	for (int i = 0; i < s->n_out; i++) {
		int late = td_step_late(g, s, i);
		const char *name = s->node->out[i].name;
		if (late >= 0)
			td_shape_scope_bind(scope, name, strlen(name), td_dim_of(g->dims, late));
	}
}

static bool several(unsigned set)
{
	return (set & (set - 1)) != 0;
}

/* The dtype of a scratch port: its only one, or T of the node. */
static td_dtype scratch_dtype(const td_graph *g, const td_step *s, const td_port *p)
{
	for (int i = 0; several(p->dtypes) && i < s->n_in; i++)
		if (s->in[i] >= 0 && several(s->node->in[i].dtypes))
			return g->values.items[s->in[i]].shape.dtype;
	unsigned d = 0;
	while (!(p->dtypes & TD_BIT(d)))
		d++;
	return (td_dtype)d;
}

bool td_step_scratch(td_graph *g, const td_step *s, const td_port *p, td_shape *out, td_err *e)
{
	td_shape_scope scope;
	td_shape_spec spec;
	td_step_scope(g, s, &scope);
	if (!td_shape_spec_read(p->shape, &spec, e))
		return false;
	int lead = spec.any_lead && scope.n_lead > 0 ? scope.n_lead : 0;
	if (lead + spec.n > TD_MAX_RANK)
		return td_fail(e, TD_E_USAGE, "%s: scratch \"%s\" has more than %d dims",
		               s->node->name, p->name, TD_MAX_RANK);
	*out = (td_shape){.dtype = scratch_dtype(g, s, p), .rank = lead + spec.n};
	memcpy(out->dim, scope.lead, (size_t)lead * sizeof *out->dim);
	for (int i = 0; i < spec.n; i++)
		if (!td_shape_scope_eval(&scope, spec.word[i].text, spec.word[i].n,
		                         &out->dim[lead + i], e))
			return td_within(e, "%s: scratch \"%s\"", s->node->name, p->name);
	return true;
}
