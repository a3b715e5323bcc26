#include "grad_case.h"

#include "base/rng.h"
#include "measure/oracle.h"
#include "model/dtype.h"
#include "run/convert.h"
#include "run/run.h"
#include "script.h"

#include <lauxlib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ELEMENTS = 400, MOST_OUTPUTS = 4000, MOST_TRIED = 24 };

/* One case on its way from a graph to derivatives. */
typedef struct {
	td_script script; /* first: the script is found from the sandbox, and this from it */
	const td_case *c;
	td_graph *g;
	td_run_inputs data;
	int step;               /* the node under test */
	int in[TD_MAX_PORTS];   /* value of each input port, TD_NONE: absent */
	int seed[TD_MAX_PORTS]; /* value of the weights of each output port, TD_NONE: whole numbers */
	int grad[TD_MAX_PORTS]; /* output of the graph: gradient of each input port, TD_NONE: none */
	td_tensor made[TD_MAX_PORTS]; /* … as it came out, f64 */
	td_plan *plan;
	td_oracle *oracle;
	td_tensor at[TD_MAX_PORTS];                         /* inputs of the oracle, f64 and i64 */
	td_tensor out[TD_MAX_PORTS], scratch[TD_MAX_PORTS]; /* dims */
	double *weight[TD_MAX_PORTS];
	bool counts[TD_MAX_PORTS]; /* gradients go back through that output */
	td_grad_row *row;
	td_err *e;
} trial;

static bool is_float(const td_tensor *t)
{
	return t->rank >= 0 && td_dtype_of(t->dtype)->is_float;
}

bool td_grad_case_fits(const td_case *c)
{
	int64_t n = 0;
	for (int i = 0; i < td_ports_count(c->node->in); i++) {
		if (!is_float(&c->in[i]))
			continue;
		n += td_numel(&c->in[i]);
		for (int64_t k = 0; k < td_numel(&c->in[i]) && n <= MOST_ELEMENTS; k++)
			if (!isfinite(td_element(&c->in[i], k)))
				return false;
	}
	for (const td_port *p = c->node->out; p->name; p++)
		if (p->shape && strstr(p->shape, "<="))
			return false;
	return n > 0 && n <= MOST_ELEMENTS;
}

/* -- the graph: the case, weights of its outputs, gradients ---------------------------- */

/* The size of an output, which all inputs of a case fix; false when it is not known or too large. */
static bool dims_of(const td_graph *g, const td_shape *s, td_tensor *t)
{
	*t = (td_tensor){.dtype = s->dtype, .rank = s->rank};
	for (int i = 0; i < s->rank; i++)
		if (!td_dim_const(g->dims, s->dim[i], &t->dim[i]))
			return false;
	return s->rank >= 0 && td_numel(t) <= MOST_OUTPUTS;
}

/* Adds an input with random weights for each output of real numbers. */
static bool add_weights(trial *t)
{
	const td_step *s = &t->g->steps.items[t->step];
	for (int i = 0; i < TD_MAX_PORTS; i++)
		t->seed[i] = TD_NONE;
	for (int i = 0; i < s->n_out; i++) {
		td_tensor w;
		if (!dims_of(t->g, &t->g->values.items[s->out[i]].shape, &w))
			return false;
		if (!is_float(&w))
			continue;
		td_rng rng = td_rng_make(1, (uint64_t)i);
		int64_t n = td_numel(&w);
		t->weight[i] = td_alloc(td_size_mul((size_t)n + 1, sizeof(double)));
		for (int64_t k = 0; k < n; k++)
			t->weight[i][k] = (double)(float)td_rng_normal(&rng);
		w.data = td_alloc(td_size_mul((size_t)n + 1, sizeof(double)));
		td_convert(w.data, w.dtype, t->weight[i], TD_F64, n);
		td_convert(t->weight[i], TD_F64, w.data, w.dtype, n); /* as they are stored */
		td_str name = {0};
		td_str_addf(&name, "weight_%d", i);
		const char *kept = td_arena_strdup(&t->g->arena, name.data);
		td_str_fini(&name);
		t->seed[i] = td_twin_input(t->g, kept, &w, t->c->at, &t->data);
		free(w.data);
	}
	return true;
}

/* grad.case({ { output, weights }, … }, { input, … }) in the sandbox; keeps what it returns. */
static int build_gradients(lua_State *L)
{
	trial *t = td_sandbox_of(L)->owner;
	const td_step *s = &t->g->steps.items[t->step];
	int n = 0;
	td_script_open(L);
	lua_pushcfunction(L, td_script_require);
	lua_pushliteral(L, "tandem.grad");
	lua_call(L, 1, 1);
	lua_getfield(L, -1, "case");
	lua_newtable(L);
	for (int i = 0; i < s->n_out; i++) {
		if (t->seed[i] == TD_NONE)
			continue;
		lua_createtable(L, 2, 0);
		td_bind_push_value(L, t->g->steps.items[t->step].out[i]);
		lua_rawseti(L, -2, 1);
		td_bind_push_value(L, t->seed[i]);
		lua_rawseti(L, -2, 2);
		lua_rawseti(L, -2, ++n);
	}
	lua_newtable(L);
	for (int i = n = 0; i < TD_MAX_PORTS; i++)
		if (t->in[i] != TD_NONE) {
			td_bind_push_value(L, t->in[i]);
			lua_rawseti(L, -2, ++n);
		}
	lua_call(L, 2, 2);
	for (int i = n = 0; i < TD_MAX_PORTS; i++) {
		t->grad[i] = TD_NONE;
		if (t->in[i] == TD_NONE)
			continue;
		lua_rawgeti(L, -2, ++n);
		t->grad[i] = td_bind_value(L, -1);
		lua_pop(L, 1);
	}
	for (int i = n = 0; i < TD_MAX_PORTS; i++) {
		if (t->seed[i] == TD_NONE)
			continue;
		lua_rawgeti(L, -1, ++n);
		t->counts[i] = lua_toboolean(L, -1);
		lua_pop(L, 1);
	}
	return 0;
}

/* Outputs of the graph are the gradients alone. */
static void name_outputs(trial *t)
{
	t->g->outputs.n = 0;
	for (int i = 0; i < TD_MAX_PORTS; i++) {
		if (t->grad[i] == TD_NONE)
			continue;
		int value = t->grad[i];
		t->grad[i] = t->g->outputs.n;
		td_str name = {0};
		td_str_addf(&name, "grad_of_%s", t->c->node->in[i].name);
		td_graph_output(t->g, name.data, value, t->c->at);
		td_str_fini(&name);
	}
}

static bool check_graph(trial *t)
{
	td_diags d = {0};
	bool ok = td_check(t->g, &d);
	if (!ok) {
		td_str text = {0};
		td_diags_text(&d, NULL, false, &text);
		td_clip(t->row->text, sizeof t->row->text, "the rule makes a wrong graph: %s",
		        td_str_text(&text));
		td_str_fini(&text);
	}
	td_diags_fini(&d);
	return ok;
}

/* The values that stand for the inputs of real numbers: a copy where the node writes over its input. */
static void find_inputs(trial *t)
{
	const td_step *s = &t->g->steps.items[t->step];
	for (int i = 0; i < TD_MAX_PORTS; i++)
		t->in[i] = i < s->n_in && is_float(&t->c->in[i]) ? s->in[i] : TD_NONE;
}

static bool make_graph(trial *t, const td_registry *r)
{
	td_diags d = {0};
	t->g = t->script.graph = td_twin_graph(r, t->c, &t->data);
	t->script.registry = r;
	t->step = t->g->steps.n - 1;
	bool ok = td_check(t->g, &d);
	td_diags_fini(&d);
	if (!ok || !add_weights(t))
		return td_fail(t->e, TD_E_USAGE, "its outputs have no known size");
	find_inputs(t);
	for (int i = 0; i < TD_MAX_PORTS; i++)
		t->grad[i] = TD_NONE;
	td_script_add(&t->script, t->c->at.file, "", 0);
	if (!td_script_run(&t->script, TD_LIMITS, build_gradients, t->e)) {
		td_clip(t->row->text, sizeof t->row->text, "%s", t->e->text);
		return true;
	}
	name_outputs(t);
	return true;
}

/* -- the rule, on ref ---------------------------------------------------------------- */

static bool keep_gradients(void *arg, const td_plan *p, const td_exec *x, td_err *e)
{
	trial *t = arg;
	(void)p;
	(void)e;
	for (int i = 0; i < TD_MAX_PORTS; i++) {
		if (t->grad[i] == TD_NONE)
			continue;
		const td_tensor *got = td_exec_output(x, t->grad[i]);
		int64_t n = td_numel(got);
		t->made[i] = *got;
		t->made[i].dtype = TD_F64;
		t->made[i].data = td_alloc(td_size_mul((size_t)n + 1, sizeof(double)));
		td_convert(t->made[i].data, TD_F64, got->data, got->dtype, n);
	}
	return true;
}

static bool run_rule(trial *t, td_device *ref)
{
	td_diags d = {0};
	td_plan_options po = {.caps = td_device_caps(ref)};
	td_run_options ro = {.repeat = 1, .done = keep_gradients, .arg = t, .seed = -1};
	td_run_result res;
	t->plan = td_plan_new(t->g, &po, &d);
	td_diags_fini(&d);
	if (!t->plan)
		return td_fail(t->e, TD_E_DEVICE, "the gradient cannot be planned");
	return td_run(t->plan, ref, &t->data, &ro, &res, t->e);
}

/* -- differences ------------------------------------------------------------------------ */

static void take_dims(const td_plan *p, const int *buffers, int n, td_tensor *dims)
{
	for (int i = 0; i < n; i++) {
		const td_shape *s = &p->buffers.items[buffers[i]].shape;
		int64_t lo;
		dims[i] = (td_tensor){.dtype = s->dtype, .rank = s->rank};
		for (int a = 0; a < s->rank; a++)
			td_dim_range(p->graph->dims, s->dim[a], &lo, &dims[i].dim[a]);
	}
}

/* A graph of the case alone, planned for the sizes of its scratch buffers. */
static bool prepare(trial *t, const td_registry *r, td_device *ref)
{
	td_diags d = {0};
	td_run_inputs unused;
	td_plan_options po = {.caps = td_device_caps(ref)};
	td_graph *g = td_twin_graph(r, t->c, &unused);
	bool ok = td_check(g, &d);
	td_plan *p = ok ? td_plan_new(g, &po, &d) : NULL;
	for (int i = 0; p && i < p->runs.n; i++) {
		const td_run_op *run = &p->runs.items[i];
		if (run->step != t->step)
			continue;
		take_dims(p, run->out, run->n_out, t->out);
		take_dims(p, run->scratch, run->n_scratch, t->scratch);
	}
	ok = p != NULL;
	td_plan_free(p);
	td_graph_free(g);
	td_run_inputs_fini(&unused);
	td_diags_fini(&d);
	for (int i = 0; i < td_ports_count(t->c->node->in); i++) {
		const td_tensor *from = &t->c->in[i];
		t->at[i] = *from;
		if (from->rank < 0)
			continue;
		t->at[i].dtype = td_wide(from->dtype);
		t->at[i].data = td_alloc(td_size_mul((size_t)td_numel(from) + 1, 8));
		td_convert(t->at[i].data, t->at[i].dtype, from->data, from->dtype, td_numel(from));
	}
	t->oracle = td_oracle_new();
	return ok || td_fail(t->e, TD_E_DEVICE, "the case cannot be planned");
}

static bool loss(trial *t, double *sum)
{
	const td_case *c = t->c;
	*sum = 0;
	if (!td_oracle_run(t->oracle, c->node, c->params, t->at, t->out, t->scratch, t->e))
		return false;
	for (int i = 0; i < td_ports_count(c->node->out); i++) {
		const td_tensor *y = td_oracle_output(t->oracle, i);
		for (int64_t k = 0; t->counts[i] && k < td_numel(y); k++)
			*sum += t->weight[i][k] * ((const double *)y->data)[k];
	}
	return true;
}

/* What differences say at one element. */
typedef struct {
	double slope, doubt;
	bool kink; /* no derivative here: both sides differ, or a jump or pole is near */
} derivative;

/* Slopes over the step h: to the left, to the right, and both. */
static bool slopes(trial *t, double *x, double h, double middle, double slope[3])
{
	double was = *x, above = 0, below = 0;
	volatile double hi = was + h, lo = was - h; /* as they are stored */
	*x = hi;
	bool ok = loss(t, &above);
	*x = lo;
	ok = ok && loss(t, &below);
	*x = was;
	slope[0] = (middle - below) / (was - lo);
	slope[1] = (above - middle) / (hi - was);
	slope[2] = (above - below) / (hi - lo);
	return ok;
}

/* Two steps, h and h/2: the error goes with h^2, so that both together give a better slope and say how
 * far to trust it. */
static bool differentiate(trial *t, double *x, double middle, derivative *d)
{
	double wide[3], near[3], h = 1e-5 * (1 + fabs(*x));
	if (!slopes(t, x, h, middle, wide) || !slopes(t, x, h / 2, middle, near))
		return false;
	double size = 1 + fabs(near[2]);
	d->slope = (4 * near[2] - wide[2]) / 3;
	d->doubt = fabs(near[2] - wide[2]);
	d->kink = !(d->doubt <= 1e-3 * size) || fabs(near[0] - near[1]) > 0.01 * size;
	return true;
}

/* The largest |gradient| of an input, at least 1: what small differences are measured by. */
static double scale_of(const td_tensor *made)
{
	double largest = 1;
	for (int64_t k = 0; made->data && k < td_numel(made); k++)
		largest = fmax(largest, fabs(((const double *)made->data)[k]));
	return largest;
}

/* u: what the rounding of the gradient itself may cost */
static void judge(td_grad_row *row, const char *port, int64_t k, double got, const derivative *d,
                  double scale, double u)
{
	double allowed = 1e-6 * scale + (1e-5 + u) * fabs(d->slope) + d->doubt;
	double ratio = fabs(got - d->slope) / allowed;
	row->checked++;
	row->worst = fmax(row->worst, ratio);
	if (!(ratio <= 1))
		td_clip(row->text, sizeof row->text,
		        "the gradient of %s[%lld] is %s, differences of ref say %s", port,
		        (long long)k, td_number_text(got).text, td_number_text(d->slope).text);
}

static bool check_input(trial *t, int port, double middle)
{
	const td_tensor *x = &t->at[port], *made = &t->made[port];
	const char *name = t->c->node->in[port].name;
	int64_t n = td_numel(x), stride = (n + MOST_TRIED - 1) / MOST_TRIED;
	double scale = scale_of(made) + 1e-3 * fabs(middle);
	if (made->data && td_numel(made) != n)
		td_clip(t->row->text, sizeof t->row->text,
		        "%s has %lld elements, its gradient %lld", name, (long long)n,
		        (long long)td_numel(made));
	for (int64_t k = 0; k < n && !t->row->text[0]; k += stride) {
		derivative d;
		if (!differentiate(t, (double *)x->data + k, middle, &d))
			return false;
		if (d.kink)
			t->row->kinks++;
		else
			judge(t->row, name, k, made->data ? ((const double *)made->data)[k] : 0, &d,
			      scale, td_dtype_of(t->c->in[port].dtype)->unit_roundoff);
	}
	return true;
}

static bool take_differences(trial *t, const td_registry *r, td_device *ref)
{
	double middle = 0;
	if (!prepare(t, r, ref) || !loss(t, &middle))
		return false;
	for (int i = 0; i < td_ports_count(t->c->node->in); i++)
		if (is_float(&t->c->in[i]) && !check_input(t, i, middle))
			return false;
	return true;
}

static void free_trial(trial *t)
{
	for (int i = 0; i < TD_MAX_PORTS; i++) {
		free(t->made[i].data);
		free(t->weight[i]);
		if (i < td_ports_count(t->c->node->in) && t->c->in[i].rank >= 0 && t->oracle)
			free(t->at[i].data);
	}
	td_oracle_free(t->oracle);
	td_plan_free(t->plan);
	if (t->g)
		td_run_inputs_fini(&t->data);
	td_graph_free(t->g);
	td_arena_fini(&t->script.arena);
	free(t);
}

bool td_grad_case(const td_registry *r, const td_case *c, td_device *ref, td_grad_row *row,
                  td_err *e)
{
	trial *t = td_alloc(sizeof *t);
	*row = (td_grad_row){.c = c};
	t->c = c;
	t->row = row;
	t->e = e;
	bool ok = make_graph(t, r);
	if (ok && !row->text[0] && check_graph(t))
		ok = (!t->g->outputs.n || run_rule(t, ref)) && take_differences(t, r, ref);
	row->pass = ok && !row->text[0];
	free_trial(t);
	return ok || td_within(e, "%s, case \"%s\"", c->node->name, c->name);
}
