/* A case becomes a graph of one step, and that graph is compared like any other: same planner, same
 * executor, same guard zones, same limits. */
#include "twin.h"

#include "../check/check.h"
#include "../model/dtype.h"
#include "../run/convert.h"
#include "compare.h"
#include "one_step.h"
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
	const td_case *c;
	const char *impl;
	int step; /* the node under test */
	td_device *const *dev;
	int n_dev;
	void (*take)(void *arg, const td_twin_row *row);
	void *arg;
	td_twin_row row[8]; /* per device */
} twin;

enum { MAX_DEVICES = 8 };

/* -- the graph of a case ---------------------------------------------------------- */

int td_twin_input(td_graph *g, const char *name, const td_tensor *t, td_origin at,
                  td_run_inputs *data)
{
	td_input in = {.name = name,
	               .supplied = true,
	               .dtype = t->dtype,
	               .rank = t->rank,
	               .pin_bytes = -1,
	               .at = at};
	for (int a = 0; a < t->rank; a++)
		in.dim[a] = td_dim_int(g->dims, t->dim[a]);
	/* an aligned copy: OpenCL CPU devices use it in place */
	size_t bytes = td_size_mul((size_t)td_numel(t), td_sizeof(t->dtype));
	td_input_data *d = &data->items[g->inputs.n];
	d->tensor = *t;
	d->tensor.data = aligned_alloc(4096, (bytes / 4096 + 1) * 4096);
	if (!d->tensor.data)
		td_out_of_memory(bytes);
	memcpy(d->tensor.data, t->data, bytes);
	data->loaded[g->inputs.n] = true;
	data->n = g->inputs.n + 1;
	return td_graph_input(g, &in, &(td_unit){0}, 1, 0);
}

/* The node under test is the last step. */
td_graph *td_twin_graph(const td_registry *r, const td_case *c, td_run_inputs *data)
{
	td_graph *g = td_graph_new(r, c->node->name);
	td_binding in[TD_MAX_PORTS];
	int n = 0;
	*data = (td_run_inputs){.items = td_alloc((size_t)2 * TD_MAX_PORTS * sizeof *data->items),
	                        .loaded = td_alloc((size_t)2 * TD_MAX_PORTS)};
	for (int i = 0; i < td_ports_count(c->node->in); i++) {
		if (c->in[i].rank < 0)
			continue;
		int value = td_twin_input(g, c->node->in[i].name, &c->in[i], c->at, data);
		in[n++] = (td_binding){c->node->in[i].name,
		                       td_own_value(g, c->node, i, value, c->at)};
	}
	int s = td_graph_step(g, c->node->name, in, n, NULL, 0, &(td_step_options){0}, c->at);
	g->faults.n = 0; /* parameters come as a finished struct */
	memcpy(g->steps.items[s].params, c->params, c->node->params_size);
	for (int i = 0; i < g->steps.items[s].n_out; i++)
		td_graph_output(g, c->node->out[i].name, g->steps.items[s].out[i], c->at);
	return g;
}

/* -- ref against the answer worked out by hand --------------------------------------- */

static bool close_enough(double got, double want)
{
	if (isnan(want) || isinf(want))
		return isnan(want) ? isnan(got) : td_feq_exact(got, want);
	return fabs(got - want) <= 1e-12 * (1 + fabs(want));
}

static void check_expect(const td_case *c, const td_tensor *out, td_twin_row *row)
{
	for (int port = 0; port < td_ports_count(c->node->out); port++) {
		const td_tensor *want = &c->expect[port];
		if (want->rank < 0 || row->text[0])
			continue;
		int64_t n = td_numel(want);
		if (n > td_numel(&out[port])) {
			td_clip(row->text, sizeof row->text,
			        "ref: %s has %lld elements, expected %lld", c->node->out[port].name,
			        (long long)td_numel(&out[port]), (long long)n);
			continue;
		}
		for (int64_t i = 0; i < n && !row->text[0]; i++)
			if (!close_enough(td_element(&out[port], i), td_element(want, i)))
				td_clip(row->text, sizeof row->text,
				        "ref: %s[%lld] is %s, worked out by hand %s",
				        c->node->out[port].name, (long long)i,
				        td_number_text(td_element(&out[port], i)).text,
				        td_number_text(td_element(want, i)).text);
	}
	row->pass = !row->text[0];
}

static bool keep_outputs(void *arg, int lane, const td_plan *p, const td_exec *x, td_err *e)
{
	twin *t = arg;
	td_tensor out[TD_MAX_PORTS];
	(void)e;
	if (lane != 0 || !td_same(t->impl, "ref"))
		return true;
	for (int i = 0; i < p->graph->outputs.n; i++)
		out[i] = *td_exec_output(x, i);
	check_expect(t->c, out, &t->row[0]);
	return true;
}

/* -- impls -------------------------------------------------------------------------------- */

static void take_agreement(void *arg, const td_rec_agreement *a)
{
	twin *t = arg;
	if (a->step != t->step) /* a copy that the node works on */
		return;
	td_twin_row *row = &t->row[a->run];
	const char *port = t->c->node->out[a->port].name;
	double ratio = a->limit > 0 ? a->worst / a->limit : a->worst;
	row->worst = ratio > row->worst ? ratio : row->worst;
	row->bit_identical &= a->bit_identical;
	if (a->pass || row->text[0])
		return;
	td_clip(row->text, sizeof row->text,
	        "%s: %s error %s, allowed %s; [%lld] is %s, ref says %s", port, a->kind,
	        td_number_text(a->worst).text, td_number_text(a->limit).text,
	        (long long)a->worst_index, td_number_text(a->worst_got).text,
	        td_number_text(a->worst_ref).text);
	row->pass = false;
}

static const char *name_of(td_device *dev)
{
	const td_caps *c = td_device_caps(dev);
	return td_device_type_name(c->type);
}

/* Does the device of the last lane lack what the step needs? */
static bool lacks(const td_graph *g, const td_impl *impl, td_device *const *dev, int n)
{
	const td_caps *c = td_device_caps(dev[n - 1]);
	return impl->on == TD_ON_OPENCL &&
	       td_impl_lacks(g, &g->steps.items[g->steps.n - 1], impl, c) != NULL;
}

/* Compares one impl on the devices it runs on; the baseline is the first device's own impl. *ran is false where
 * the device lacks what the case needs. */
static bool run_lanes(twin *t, const td_registry *r, td_device **dev, int n, const td_impl *impl,
                      bool *ran, td_err *e)
{
	td_run_inputs data;
	td_diags d = {0};
	td_compare_result result = {.unrepeatable = TD_NONE};
	const char *names[MAX_DEVICES];
	td_str wish = {0};
	td_graph *g = td_twin_graph(r, t->c, &data);
	t->step = g->steps.n - 1;
	for (int i = 0; i < n; i++) {
		names[i] = name_of(dev[i]);
		t->row[i] = (td_twin_row){.c = t->c,
		                          .impl = impl->name,
		                          .device = names[i],
		                          .pass = true,
		                          .bit_identical = true};
	}
	t->impl = impl->name;
	td_str_addf(&wish, "%s=%s", t->c->node->name, impl->name);
	const char *wishes[] = {wish.data};
	td_compare_options o = {.dev = dev,
	                        .names = names,
	                        .n = n,
	                        .impls = wishes,
	                        .n_impls = 1,
	                        .oracle_flops = 1e12,
	                        .trial = true,
	                        .take = take_agreement,
	                        .arg = t,
	                        .outputs = keep_outputs};
	bool ok = td_check(g, &d);
	if (!ok) {
		td_str text = {0};
		td_diags_text(&d, NULL, false, &text);
		td_fail(e, TD_E_USAGE, "%s", td_str_text(&text));
		td_str_fini(&text);
	}
	*ran = ok && !lacks(g, impl, dev, n);
	ok = ok && (!*ran || td_compare(g, &data, &o, &d, &result, e));
	if (!ok && e->code == TD_E_DISAGREE) { /* a guard zone: a finding, not an accident */
		td_clip(t->row[n - 1].text, sizeof t->row[n - 1].text, "%s", e->text);
		t->row[n - 1].pass = false;
		ok = true;
	}
	if (ok && *ran && result.unrepeatable == t->step && t->row[n - 1].pass) {
		t->row[n - 1].pass = false;
		td_clip(t->row[n - 1].text, sizeof t->row[n - 1].text,
		        "gives other bits when it is done over, against its promise");
	}
	td_str_fini(&wish);
	td_run_inputs_fini(&data);
	td_diags_fini(&d);
	td_graph_free(g);
	return ok;
}

/* The impl that a backend takes by itself. */
static const td_impl *default_impl(const td_node *node, td_backend on)
{
	for (const td_impl *i = node->impls + 1; i->name; i++)
		if (i->on == on && !(i->needs & TD_NEEDS_LIBRARY))
			return i;
	return NULL;
}

static bool runs_on(const td_impl *i, const td_caps *c, bool oracle)
{
	if (c->type == TD_DEVICE_REF)
		return oracle;
	bool host = c->type == TD_DEVICE_NATIVE;
	return !oracle && host == (i->on == TD_ON_HOST);
}

static bool takes(const td_impl *impl, const td_case *c)
{
	bool all = true;
	for (int i = 0; i < td_ports_count(c->node->in); i++)
		all &= c->in[i].rank < 0 || td_impl_takes(impl, &c->node->in[i], c->in[i].dtype);
	return all;
}

static bool try_impl(twin *t, const td_registry *r, const td_impl *impl, td_device *dev, td_err *e)
{
	const td_caps *caps = td_device_caps(dev);
	const td_impl *base = default_impl(t->c->node, TD_ON_HOST);
	bool oracle = impl == &t->c->node->impls[0], beside = t->dev[0] != dev && base && !oracle;
	td_device *lanes[2] = {beside ? t->dev[0] : dev, dev};
	if (!runs_on(impl, caps, oracle) || !takes(impl, t->c))
		return true;
	int n = beside ? 2 : 1;
	bool ran;
	if (!run_lanes(t, r, lanes, n, impl, &ran, e))
		return td_within(e, "%s, case \"%s\", %s on %s", t->c->node->name, t->c->name,
		                 impl->name, caps->name);
	td_twin_row *row = &t->row[n - 1];
	row->left_out = !ran;
	bool promised =
		(t->c->node->flags & TD_D_MASK) >= TD_D3 && !(impl->needs & TD_NEEDS_LIBRARY);
	if (ran && beside && promised && row->pass && !row->bit_identical) {
		row->pass = false;
		td_clip(row->text, sizeof row->text,
		        "promises the same bits everywhere (D3), but differs from %s",
		        name_of(lanes[0]));
	}
	t->take(t->arg, row);
	return true;
}

bool td_twin_case(const td_registry *r, const td_case *c, td_device *const *dev, int n_dev,
                  void (*take)(void *arg, const td_twin_row *row), void *arg, td_err *e)
{
	twin *t = td_alloc(sizeof *t);
	*t = (twin){.c = c, .dev = dev, .n_dev = n_dev, .take = take, .arg = arg};
	bool ok = true;
	for (const td_impl *impl = c->node->impls; impl->name && ok; impl++)
		for (int i = 0; i < n_dev && ok; i++)
			ok = try_impl(t, r, impl, dev[i], e);
	free(t);
	return ok;
}
