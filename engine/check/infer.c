/* Pass 2: dtypes, shapes, units and ranges, step by step in the order of the graph. A value that
 * could not be inferred has rank TD_NONE; what depends on it is left alone, so that one mistake is
 * one finding. */
#include "../model/dtype.h"
#include "check_inner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

td_value *td_infer_in(const td_step_infer *x, int port)
{
	int v = x->s->in[port];
	return v < 0 ? NULL : &x->c->g->values.items[v];
}

/* "x" is f32 [6 40] in V: where the other end comes from. */
static void note_input(td_step_infer *x, td_diag *d, int port)
{
	const td_value *v = td_infer_in(x, port);
	td_str name = {0}, shape = {0};
	if (!v)
		return;
	td_value_text(x->c->g, x->s->in[port], &name);
	if (v->shape.rank >= 0)
		td_shape_text(x->c->g->dims, &v->shape, &shape);
	td_diag_other(x->c->d, d, v->at, "\"%s\" is %s [%s]%s%s", name.data,
	              v->shape.rank < 0 ? "unknown" : td_dtype_name(v->shape.dtype),
	              td_str_text(&shape), v->unit.known ? " in " : "",
	              v->unit.known ? td_unit_text(&v->unit).text : "");
	td_str_fini(&shape);
	td_str_fini(&name);
}

td_diag *td_infer_add(td_step_infer *x, const char *rule, int port, const char *fmt, ...)
{
	td_str text = {0};
	va_list args;
	va_start(args, fmt);
	td_str_addv(&text, fmt, args);
	va_end(args);
	td_diag *d = td_check_add(x->c, rule, x->s, "%s: %s", x->s->node->name, td_str_text(&text));
	if (port >= 0)
		note_input(x, d, port);
	td_str_fini(&text);
	x->broken |= d->level == TD_ERROR;
	return d;
}

/* -- dtypes ----------------------------------------------------------------- */

static bool several(unsigned set)
{
	return (set & (set - 1)) != 0;
}

static void infer_dtypes(td_step_infer *x)
{
	for (int i = 0; i < x->s->n_in; i++) {
		const td_port *p = &x->s->node->in[i];
		const td_value *v = td_infer_in(x, i);
		if (!v)
			continue;
		const char *have = td_dtype_name(v->shape.dtype);
		if (!(p->dtypes & TD_BIT(v->shape.dtype))) {
			td_diag *d =
				td_infer_add(x, "TD0201", i, "the input \"%s\" takes %s, not %s",
			                     p->name, td_dtypes_list(p->dtypes).text, have);
			unsigned first = p->dtypes & (~p->dtypes + 1);
			td_diag_fix(x->c->d, d, "convert it: t.tensor.cast { …, dtype = \"%s\" }",
			            td_dtypes_list(first).text);
		} else if (several(p->dtypes) && x->dtype_from == TD_NONE) {
			x->dtype = v->shape.dtype;
			x->dtype_from = i;
		} else if (several(p->dtypes) && x->dtype != v->shape.dtype) {
			td_diag *d = td_infer_add(
				x, "TD0201", i, "the input \"%s\" is %s, but \"%s\" is %s", p->name,
				have, x->s->node->in[x->dtype_from].name, td_dtype_name(x->dtype));
			td_diag_fix(x->c->d, d,
			            "nothing is converted silently: t.tensor.cast { …, dtype = "
			            "\"%s\" }",
			            td_dtype_name(x->dtype));
		}
	}
}

static td_dtype output_dtype(const td_step_infer *x, const td_port *p)
{
	const td_param *chosen = td_param_find(x->s->node, "dtype");
	td_dtype d = x->dtype;
	if (several(p->dtypes) && chosen && chosen->type == TD_CHOICE &&
	    td_dtype_parse(td_param_choice(chosen, x->s->params), &d))
		return d;
	if (several(p->dtypes) && x->dtype_from != TD_NONE)
		return x->dtype;
	for (unsigned i = 0; i < TD_N_DTYPES; i++)
		if (p->dtypes & TD_BIT(i))
			return (td_dtype)i;
	return d;
}

/* -- units and ranges ------------------------------------------------------- */

static void unify_unit(td_step_infer *x, int port)
{
	const td_port *p = &x->s->node->in[port];
	const td_value *v = td_infer_in(x, port);
	td_unit want;
	td_err e;
	if (!v || !p->unit || !v->unit.known)
		return;
	if (p->unit[0] == '?' && p->unit[1] && !p->unit[2]) {
		td_unit *var = &x->units.var[p->unit[1] - 'a'];
		if (!var->known) {
			*var = v->unit;
			return;
		}
		want = *var;
	} else {
		const td_param *named =
			p->unit[0] == '=' ? td_param_find(x->s->node, p->unit + 1) : NULL;
		const char *text = named ? td_param_choice(named, x->s->params) : p->unit;
		if (!td_unit_parse(text, &x->units, &want, &e) || !want.known)
			return;
	}
	if (td_unit_equal(&want, &v->unit))
		return;
	td_unit_name have = td_unit_text(&v->unit), need = td_unit_text(&want);
	td_diag *d = td_infer_add(x, "TD0301", port, "\"%s\" is in %s, expected %s", p->name,
	                          have.text, need.text);
	if (td_unit_alike(&want, &v->unit))
		td_diag_fix(x->c->d, d, "t.tensor.convert { …, from = \"%s\", to = \"%s\" }",
		            have.text, need.text);
}

static td_unit output_unit(const td_step_infer *x, const td_port *p)
{
	td_unit u = {0};
	td_err e;
	const td_param *named =
		p->unit && p->unit[0] == '=' ? td_param_find(x->s->node, p->unit + 1) : NULL;
	const char *text = named ? td_param_choice(named, x->s->params) : p->unit;
	if (!text || !td_unit_parse(text, &x->units, &u, &e))
		return (td_unit){0};
	return u;
}

static bool has_range(const td_port *p)
{
	return !isnan(p->lo) && (p->lo < 0 || p->lo > 0 || p->hi < 0 || p->hi > 0);
}

static void check_range(td_step_infer *x, int port)
{
	const td_port *p = &x->s->node->in[port];
	const td_value *v = td_infer_in(x, port);
	if (!v || !has_range(p) || v->lo > v->hi || (v->lo >= p->lo && v->hi <= p->hi))
		return;
	td_diag *d =
		td_infer_add(x, "TD0303", port, "\"%s\" may be %s … %s, the input takes %s … %s",
	                     p->name, td_number_text(v->lo).text, td_number_text(v->hi).text,
	                     td_number_text(p->lo).text, td_number_text(p->hi).text);
	td_diag_fix(x->c->d, d, "clip or shift the values before this step");
}

/* -- one step --------------------------------------------------------------- */

static bool inputs_known(const td_step_infer *x)
{
	for (int i = 0; i < x->s->n_in; i++) {
		const td_value *v = td_infer_in(x, i);
		bool absent = !v && x->s->node && (x->s->node->in[i].flags & TD_OPTIONAL);
		if (!absent && (!v || v->shape.rank < 0))
			return false;
	}
	return x->s->node != NULL;
}

/* The node's own shape function. */
static bool call_shape(td_step_infer *x, td_shape *out, td_err *e)
{
	td_shape in[TD_MAX_PORTS];
	for (int i = 0; i < x->s->n_in; i++) {
		const td_value *v = td_infer_in(x, i);
		in[i] = v ? v->shape : (td_shape){.rank = TD_NONE};
	}
	return x->s->node->shape(
		&(td_infer){.dims = x->c->g->dims, .in = in, .out = out, .params = x->s->params},
		e);
}

/* The shape function refused: the shapes of all inputs have to do with it. */
static void add_shape_error(td_step_infer *x, const td_err *e)
{
	td_str shapes = {0};
	for (int i = 0; i < x->s->n_in && x->s->n_in > 1; i++) {
		const td_value *v = td_infer_in(x, i);
		if (!v)
			continue;
		td_str_addf(&shapes, "%s\"%s\" is [", shapes.n ? ", " : "; ",
		            x->s->node->in[i].name);
		td_shape_text(x->c->g->dims, &v->shape, &shapes);
		td_str_add(&shapes, "]");
	}
	td_infer_add(x, "TD0203", x->s->n_in ? 0 : TD_NONE, "%s%s", e->text, td_str_text(&shapes));
	td_str_fini(&shapes);
}

static void infer_outputs(td_step_infer *x)
{
	const td_node *node = x->s->node;
	const td_value *first = x->s->n_in ? td_infer_in(x, 0) : NULL;
	td_shape out[TD_MAX_PORTS];
	td_err e;
	for (int i = 0; i < x->s->n_out; i++)
		out[i] = (td_shape){.dtype = output_dtype(x, &node->out[i])};
	bool ok = !node->shape || call_shape(x, out, &e);
	for (int i = 0; ok && !node->shape && i < x->s->n_out; i++)
		ok = td_infer_output(x, &node->out[i], &out[i], &e);
	if (!ok)
		add_shape_error(x, &e);
	for (int i = 0; ok && i < x->s->n_out; i++)
		td_infer_extents(x, &node->out[i], &out[i]);
	for (int i = 0; i < x->s->n_out && !x->broken; i++) {
		td_value *v = &x->c->g->values.items[x->s->out[i]];
		const td_port *p = &node->out[i];
		v->shape = out[i];
		v->unit = output_unit(x, p);
		if (has_range(p)) {
			v->lo = p->lo;
			v->hi = p->hi;
		} else if (isnan(p->lo) && first) {
			v->lo = first->lo;
			v->hi = first->hi;
		}
	}
}

static void infer_step(td_step_infer *x, td_step *s)
{
	*x = (td_step_infer){.c = x->c, .s = s, .dtype_from = TD_NONE};
	if (!inputs_known(x))
		return;
	td_shape_scope_init(&x->scope, x->c->g->dims, s->node, s->params);
	infer_dtypes(x);
	td_infer_inputs(x);
	for (int i = 0; i < s->n_in; i++) {
		unify_unit(x, i);
		check_range(x, i);
	}
	if (!x->broken)
		infer_outputs(x);
}

/* -- values that no step makes ---------------------------------------------- */

static void seed_values(td_checker *c)
{
	td_graph *g = c->g;
	for (int i = 0; i < g->values.n; i++) {
		td_value *v = &g->values.items[i];
		if (v->kind == TD_INPUT) {
			const td_input *in = &g->inputs.items[v->maker];
			v->shape = (td_shape){.dtype = in->dtype, .rank = in->rank};
			memcpy(v->shape.dim, in->dim, sizeof in->dim);
		} else if (v->kind == TD_CONST) {
			const td_constant *k = &g->constants.items[v->maker];
			v->shape = (td_shape){.dtype = k->dtype, .rank = k->rank};
			for (int a = 0; a < k->rank; a++)
				v->shape.dim[a] = td_dim_int(g->dims, k->dim[a]);
		} else if (v->kind == TD_INDEX) {
			v->shape = (td_shape){
				.dtype = TD_I64, .rank = 1, .dim = {td_dim_int(g->dims, 1)}};
		}
	}
}

/* A carry has the shape of its initial value; known when its loop begins. */
static void start_loop(td_checker *c, const td_loop *l)
{
	for (int i = 0; i < l->n; i++) {
		td_value *v = &c->g->values.items[l->items[i].value];
		const td_value *init = &c->g->values.items[l->items[i].init];
		v->shape = init->shape;
		v->unit = init->unit;
	}
}

static void check_next(td_checker *c, const td_loop *l, const td_carry *k)
{
	if (k->next < 0) {
		td_diag_add(c->d, "TD0102", l->at, "a carried value has no next value");
		return;
	}
	const td_value *v = &c->g->values.items[k->value], *next = &c->g->values.items[k->next];
	if (v->shape.rank < 0 || next->shape.rank < 0)
		return;
	td_sameness how = v->shape.rank == next->shape.rank ? TD_SAME : TD_DIFFERENT;
	for (int i = 0; i < v->shape.rank && how == TD_SAME; i++)
		how = td_check_same(c, v->shape.dim[i], next->shape.dim[i]);
	bool dtype = v->shape.dtype == next->shape.dtype;
	bool unit = !v->unit.known || !next->unit.known || td_unit_equal(&v->unit, &next->unit);
	if (how == TD_SAME && dtype && unit)
		return;
	td_str a = {0}, b = {0}, name = {0};
	td_shape_text(c->g->dims, &v->shape, &a);
	td_shape_text(c->g->dims, &next->shape, &b);
	td_value_text(c->g, k->next, &name);
	td_diag *x = td_diag_add(
		c->d,
		!dtype               ? "TD0201"
		: how == TD_SAME     ? "TD0301"
		: how == TD_UNPROVED ? "TD0204"
				     : "TD0203",
		next->at, "the loop carries %s [%s] %s, but its next value \"%s\" is %s [%s] %s",
		td_dtype_name(v->shape.dtype), td_str_text(&a), td_unit_text(&v->unit).text,
		name.data, td_dtype_name(next->shape.dtype), td_str_text(&b),
		td_unit_text(&next->unit).text);
	td_diag_other(c->d, x, l->at, "the loop begins here");
	td_diag_fix(c->d, x, "a carried value keeps its dtype, shape and unit from turn to turn");
	td_str_fini(&a);
	td_str_fini(&b);
	td_str_fini(&name);
}

void td_check_values(td_checker *c)
{
	td_graph *g = c->g;
	int next_loop = 0;
	td_step_infer *x = td_alloc(sizeof *x); /* too big for the stack */
	x->c = c;
	seed_values(c);
	for (int s = 0; s < g->steps.n; s++) {
		while (next_loop < g->loops.n && g->loops.items[next_loop].first <= s)
			start_loop(c, &g->loops.items[next_loop++]);
		infer_step(x, &g->steps.items[s]);
	}
	while (next_loop < g->loops.n)
		start_loop(c, &g->loops.items[next_loop++]);
	free(x);
	for (int l = 0; l < g->loops.n; l++)
		for (int i = 0; i < g->loops.items[l].n; i++)
			check_next(c, &g->loops.items[l], &g->loops.items[l].items[i]);
}
