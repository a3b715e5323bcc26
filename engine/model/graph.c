#include "graph.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- life ----------------------------------------------------------------- */

td_graph *td_graph_new(const td_registry *registry, const char *name)
{
	td_graph *g = td_alloc(sizeof *g);
	g->registry = registry;
	g->dims = td_dims_new();
	g->name = td_arena_strdup(&g->arena, name);
	g->open_loop = TD_NONE;
	return g;
}

void td_graph_free(td_graph *g)
{
	if (!g)
		return;
	td_dims_free(g->dims);
	td_arena_fini(&g->arena);
	free(g);
}

static const char *keep(td_graph *g, const char *s)
{
	return s ? td_arena_strdup(&g->arena, s) : NULL;
}

void td_graph_fault(td_graph *g, const char *rule, td_origin at, const char *fix, const char *fmt,
                    ...)
{
	td_fault f = {.rule = rule, .fix = keep(g, fix), .at = at};
	va_list args;
	va_start(args, fmt);
	f.text = td_arena_vprintf(&g->arena, fmt, args);
	va_end(args);
	TD_PUSH(&g->arena, g->faults, f);
}

static int add_value(td_graph *g, td_value_kind kind, int maker, int port, td_origin at)
{
	td_value v = {.kind = kind, .maker = maker, .port = port, .loop = g->open_loop, .at = at};
	v.shape.rank = TD_NONE;
	v.lo = 1;
	TD_PUSH(&g->arena, g->values, v);
	return g->values.n - 1;
}

/* -- inputs, constants, outputs, stages ----------------------------------- */

/* Words joined by dots, as weights are named: "enc.norm1.weight". */
static bool identifier(const char *s)
{
	bool begun = false;
	for (; *s; s++) {
		bool letter = isalpha((unsigned char)*s) || *s == '_';
		if (!letter && !(begun && (isdigit((unsigned char)*s) || *s == '.')))
			return false;
		begun = *s != '.' || isdigit((unsigned char)s[1]);
	}
	return begun;
}

int td_graph_input(td_graph *g, const td_input *in, const td_unit *unit, double lo, double hi)
{
	td_input x = *in;
	x.name = keep(g, in->name);
	x.path = keep(g, in->path);
	x.url = keep(g, in->url);
	x.pin = keep(g, in->pin);
	x.columns = keep(g, in->columns);
	x.pick.part = keep(g, in->pick.part);
	x.pick.except = keep(g, in->pick.except);
	x.pick.events = keep(g, in->pick.events);
	x.pick.like = keep(g, in->pick.like);
	x.pick.rows = keep(g, in->pick.rows);
	x.tensor = keep(g, in->tensor);
	int open = g->open_loop;
	g->open_loop = TD_NONE; /* an input is there before everything */
	x.value = add_value(g, TD_INPUT, g->inputs.n, 0, in->at);
	g->open_loop = open;
	TD_PUSH(&g->arena, g->inputs, x);
	td_value *v = &g->values.items[x.value];
	v->unit = *unit;
	v->lo = lo;
	v->hi = hi;
	return x.value;
}

int td_graph_const(td_graph *g, const td_constant *c, td_origin at)
{
	td_constant x = *c;
	double *items = td_arena_array(&g->arena, (size_t)c->n + 1, sizeof *items);
	if (c->n)
		memcpy(items, c->items, (size_t)c->n * sizeof *items);
	x.items = items;
	int open = g->open_loop;
	g->open_loop = TD_NONE;
	int value = add_value(g, TD_CONST, g->constants.n, 0, at);
	g->open_loop = open;
	TD_PUSH(&g->arena, g->constants, x);
	return value;
}

int td_graph_stage(td_graph *g, const char *name)
{
	int i = td_intern_add_text(&g->arena, &g->stage_names, name);
	if (i == g->stages.n)
		TD_PUSH(&g->arena, g->stages, td_intern_text(&g->stage_names, i));
	return i;
}

void td_graph_output(td_graph *g, const char *name, int value, td_origin at)
{
	if (!identifier(name) || strlen(name) > 63)
		td_graph_fault(g, "TD0105", at,
		               "use letters, digits, _ and dots between words, at most 63",
		               "the output name \"%s\" cannot be a file name", name);
	int i = td_intern_add_text(&g->arena, &g->output_names, name);
	if (i < g->outputs.n) {
		const td_origin *first = &g->outputs.items[i].at;
		td_graph_fault(g, "TD0103", at, "give each output its own name",
		               "the output \"%s\" is written twice; first at %s:%d", name,
		               first->file, first->line);
		return;
	}
	td_output o = {.name = td_intern_text(&g->output_names, i), .value = value, .at = at};
	TD_PUSH(&g->arena, g->outputs, o);
}

void td_graph_output_edf(td_graph *g, const char *input)
{
	if (g->outputs.n)
		g->outputs.items[g->outputs.n - 1].channels_of = keep(g, input);
}

void td_graph_picture(td_graph *g, const char *spec, const char *const *outputs, int n,
                      td_origin at)
{
	td_picture p = {.spec = keep(g, spec)};
	for (int i = 0; i < n && i < TD_PICTURE_OUTPUTS; i++) {
		p.output[p.n++] = keep(g, outputs[i]);
		if (td_intern_find_text(&g->output_names, outputs[i]) < 0)
			td_graph_fault(g, "TD0102", at, "name an output that build returns",
			               "a picture shows \"%s\", which is no output", outputs[i]);
	}
	TD_PUSH(&g->arena, g->pictures, p);
}

bool td_output_shown(const td_graph *g, int output)
{
	for (int i = 0; i < g->pictures.n; i++)
		for (int k = 0; k < g->pictures.items[i].n; k++)
			if (td_same(g->pictures.items[i].output[k], g->outputs.items[output].name))
				return true;
	return false;
}

const char *td_output_channels(const td_graph *g, const td_output *o)
{
	for (int i = 0; i < g->inputs.n; i++) {
		const td_input *in = &g->inputs.items[i];
		if (td_same(in->name, o->channels_of))
			return in->columns ? in->columns : in->pick.rows;
	}
	return NULL;
}

void td_graph_param(td_graph *g, const td_pipeline_param *p)
{
	td_pipeline_param x = *p;
	x.name = keep(g, p->name);
	x.type = keep(g, p->type);
	x.value = keep(g, p->value);
	x.doc = keep(g, p->doc);
	TD_PUSH(&g->arena, g->params, x);
}

void td_graph_source(td_graph *g, const char *name, const char *text, size_t n)
{
	td_source s = {.name = keep(g, name),
	               .text = td_arena_strndup(&g->arena, text, n),
	               .sha = td_sha256_of(text, n)};
	TD_PUSH(&g->arena, g->sources, s);
}

/* -- steps ---------------------------------------------------------------- */

static void fault_unknown(td_graph *g, const char *what, const char *name, const char *owner,
                          const char *close, td_origin at)
{
	td_str fix = {0};
	if (close)
		td_str_addf(&fix, "did you mean %s?", close);
	else if (td_same(what, "node"))
		td_str_add(&fix, "`tandem nodes` lists them");
	else
		td_str_addf(&fix, "`tandem nodes %s` lists them", owner);
	td_graph_fault(g, "TD0104", at, fix.data, "%s%sno %s \"%s\"", owner ? owner : "there is",
	               owner ? " has " : " ", what, name);
	td_str_fini(&fix);
}

/* Tries to take a name for the step that comes next; false when a step has it already. Each step
 * adds one name, so the number of a name is that of its step. */
static bool take_name(td_graph *g, td_step *s, const char *name)
{
	int owner = td_intern_add_text(&g->arena, &g->step_names, name);
	s->name = td_intern_text(&g->step_names, owner);
	return owner == g->steps.n;
}

static void name_step(td_graph *g, td_step *s, const char *wanted)
{
	if (wanted) {
		s->named = true;
		if (take_name(g, s, wanted))
			return;
		int other = td_intern_find_text(&g->step_names, wanted);
		const td_origin *at = &g->steps.items[other].at;
		td_graph_fault(g, "TD0105", s->at, "give each step its own name",
		               "two steps are named \"%s\"; the other is at %s:%d", wanted,
		               at->file, at->line);
	}
	const char *dot = strchr(s->node_name, '.'), *base = dot ? dot + 1 : s->node_name;
	td_str name = {0};
	td_str_add(&name, base);
	/* the suffix grows from the step's number, so that 100 000 steps of one node stay cheap */
	for (int i = 0; !take_name(g, s, name.data); i++) {
		name.n = 0;
		td_str_addf(&name, i ? "%s_%d_%d" : "%s_%d", base, g->steps.n, i);
	}
	td_str_fini(&name);
}

static void bind_inputs(td_graph *g, td_step *s, const td_binding *in, int n)
{
	s->n_in = s->node ? td_ports_count(s->node->in) : n;
	s->in = td_arena_array(&g->arena, (size_t)s->n_in + 1, sizeof *s->in);
	for (int i = 0; i < s->n_in; i++)
		s->in[i] = TD_NONE;
	for (int i = 0; i < n; i++) {
		int port = i;
		if (!s->node) {
			s->in[i] = in[i].value;
			continue;
		}
		if (in[i].port) {
			port = td_port_find(s->node->in, in[i].port);
			if (port < 0) {
				fault_unknown(g, "input", in[i].port, s->node->name,
				              td_port_closest(s->node->in, in[i].port), s->at);
				continue;
			}
		} else if (i >= s->n_in) {
			td_graph_fault(g, "TD0104", s->at, NULL,
			               "%s takes %d inputs, here is a number %d", s->node->name,
			               s->n_in, i + 1);
			break;
		}
		if (s->in[port] != TD_NONE)
			td_graph_fault(g, "TD0107", s->at, "give it once",
			               "the input \"%s\" of %s is given twice",
			               s->node->in[port].name, s->node->name);
		s->in[port] = in[i].value;
	}
}

static void set_params(td_graph *g, td_step *s, const td_setting *set, int n)
{
	uint64_t given = 0;
	if (!s->node)
		return;
	s->params = td_arena_alloc(&g->arena, s->node->params_size + 1);
	td_params_default(s->node, s->params);
	for (int i = 0; i < n; i++) {
		const td_param *p = td_param_find(s->node, set[i].name);
		td_err e;
		if (!p) {
			const char *close = td_param_closest(s->node, set[i].name);
			fault_unknown(g, "parameter", set[i].name, s->node->name,
			              close ? close : td_port_closest(s->node->in, set[i].name),
			              s->at);
			continue;
		}
		uint64_t bit = 1ull << ((p - s->node->params) & 63);
		if (given & bit)
			td_graph_fault(g, "TD0107", s->at, "give it once",
			               "the parameter \"%s\" of %s is given twice", p->name,
			               s->node->name);
		given |= bit;
		if (!td_param_set(p, s->params, &set[i].value, &e))
			td_graph_fault(g, "TD0107", s->at, p->doc, "%s: %s", s->node->name, e.text);
	}
	for (const td_param *p = s->node->params; p && p->name; p++)
		if (isnan(p->def) && !(given & (1ull << ((p - s->node->params) & 63))))
			td_graph_fault(g,
			               (s->node->flags & TD_RANDOM) && td_same(p->name, "seed")
			                       ? "TD0602"
			                       : "TD0107",
			               s->at, p->doc, "%s needs the parameter \"%s\"",
			               s->node->name, p->name);
	td_err e;
	if (s->node->validate && !s->node->validate(s->params, &e))
		td_graph_fault(g, "TD0107", s->at, NULL, "%s: %s", s->node->name, e.text);
}

static void set_options(td_graph *g, td_step *s, const td_step_options *o)
{
	s->impl = keep(g, o->impl);
	s->tol_reason = keep(g, o->tol_reason);
	s->tol_factor = o->tol_factor > 0 ? o->tol_factor : 1;
	s->native_allowed = o->native_allowed;
	if (s->impl && s->node && !td_impl_find(s->node, s->impl))
		fault_unknown(g, "impl", s->impl, s->node->name, NULL, s->at);
	if (s->impl && s->node && td_same(s->impl, s->node->impls[0].name))
		td_graph_fault(g, "TD0104", s->at,
		               "`--on ref` runs a whole pipeline on the oracles",
		               "ref is the oracle of %s, and no impl to choose", s->node->name);
	if (!td_feq_exact(o->tol_factor, 0) && !(o->tol_factor >= 1 && o->tol_factor <= 1e9))
		td_graph_fault(g, "TD0703", s->at, NULL,
		               "the limit of a step can be widened by a factor of 1 … 1e9, not %s",
		               td_number_text(o->tol_factor).text);
	if (o->tol_factor > 1 && (!s->tol_reason || !*s->tol_reason))
		td_graph_fault(g, "TD0703", s->at, "write tol = { factor = …, reason = \"why\" }",
		               "the limit of this step is widened without a reason");
}

int td_graph_step(td_graph *g, const char *node, const td_binding *in, int n_in,
                  const td_setting *set, int n_set, const td_step_options *options, td_origin at)
{
	int index = g->steps.n;
	td_step s = {.node_name = td_arena_strdup(&g->arena, node),
	             .node = td_registry_find(g->registry, node),
	             .stage = TD_NONE,
	             .loop = g->open_loop,
	             .at = at};
	if (!s.node)
		fault_unknown(g, "node", node, NULL, td_registry_closest(g->registry, node), at);
	name_step(g, &s, options->name);
	bind_inputs(g, &s, in, n_in);
	set_params(g, &s, set, n_set);
	set_options(g, &s, options);
	s.n_out = s.node ? td_ports_count(s.node->out) : 0;
	s.out = td_arena_array(&g->arena, (size_t)s.n_out + 1, sizeof *s.out);
	for (int i = 0; i < s.n_out; i++) {
		s.out[i] = add_value(g, TD_OUTPUT_OF, index, i, at);
		g->values.items[s.out[i]].port_name = s.node->out[i].name;
	}
	TD_PUSH(&g->arena, g->steps, s);
	return index;
}

int td_graph_out(td_graph *g, int step, const char *port, td_origin at)
{
	td_step *s = &g->steps.items[step];
	if (s->node && (!port || td_port_find(s->node->out, port) >= 0))
		return s->out[port ? td_port_find(s->node->out, port) : 0];
	for (int i = 0; !s->node && i < s->n_out; i++)
		if (td_same(g->values.items[s->out[i]].port_name, port))
			return s->out[i];
	if (s->node)
		fault_unknown(g, "output", port, s->node->name, td_port_closest(s->node->out, port),
		              at);
	int value = add_value(g, TD_OUTPUT_OF, step, TD_NONE, at);
	g->values.items[value].port_name = keep(g, port);
	if (!s->node) { /* an unknown node grows the outputs it is asked for */
		int *out = td_arena_array(&g->arena, (size_t)s->n_out + 2, sizeof *out);
		if (s->n_out)
			memcpy(out, s->out, (size_t)s->n_out * sizeof *out);
		out[s->n_out++] = value;
		s->out = out;
	}
	return value;
}

/* -- loops ---------------------------------------------------------------- */

int td_graph_loop(td_graph *g, int64_t trips, td_origin at)
{
	td_loop l = {.trips = trips,
	             .parent = g->open_loop,
	             .index = TD_NONE,
	             .first = g->steps.n,
	             .last = g->steps.n,
	             .at = at};
	if (trips < 0)
		td_graph_fault(g, "TD0107", at, NULL, "a loop of %" PRId64 " turns", trips);
	TD_PUSH(&g->arena, g->loops, l);
	g->open_loop = g->loops.n - 1;
	return g->open_loop;
}

int td_graph_carry(td_graph *g, int loop, int init, td_origin at)
{
	td_loop *l = &g->loops.items[loop];
	int inside = g->open_loop;
	g->open_loop = l->parent; /* seen inside, and after the loop */
	td_carry c = {
		.init = init, .value = add_value(g, TD_CARRY, loop, l->n, at), .next = TD_NONE};
	g->open_loop = inside;
	l->items = td_arena_grow(&g->arena, l->items, l->n, &l->cap, sizeof *l->items);
	l->items[l->n++] = c;
	return c.value;
}

int td_graph_index(td_graph *g, int loop)
{
	td_loop *l = &g->loops.items[loop];
	if (l->index == TD_NONE)
		l->index = add_value(g, TD_INDEX, loop, 0, l->at);
	return l->index;
}

void td_graph_next(td_graph *g, int loop, int carry, int next)
{
	g->loops.items[loop].items[carry].next = next;
}

void td_graph_loop_end(td_graph *g)
{
	td_loop *l = &g->loops.items[g->open_loop];
	l->last = g->steps.n;
	g->open_loop = l->parent;
}

/* -- asking --------------------------------------------------------------- */

void td_value_text(const td_graph *g, int value, td_str *out)
{
	if (value < 0) {
		td_str_add(out, "nothing");
		return;
	}
	const td_value *v = &g->values.items[value];
	switch (v->kind) {
	case TD_INPUT:
		td_str_add(out, g->inputs.items[v->maker].name);
		break;
	case TD_CONST:
		td_str_addf(out, "constant %d", v->maker);
		break;
	case TD_OUTPUT_OF: {
		const td_step *s = &g->steps.items[v->maker];
		td_str_add(out, s->name);
		if (v->port_name && !(s->node && s->n_out == 1))
			td_str_addf(out, ".%s", v->port_name);
		break;
	}
	case TD_CARRY:
		td_str_addf(out, "carry %d of loop %d", v->port + 1, v->maker + 1);
		break;
	case TD_INDEX:
	default:
		td_str_add(out, "loop index");
		break;
	}
}

bool td_loop_within(const td_graph *g, int inner, int outer)
{
	while (inner != TD_NONE && inner != outer)
		inner = g->loops.items[inner].parent;
	return inner == outer;
}
