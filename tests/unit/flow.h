/* flow.h: a small graph built, checked, planned and run on one device: for tests of nodes. */
#ifndef TESTS_FLOW_H
#define TESTS_FLOW_H

#include "testing.h"

#include "check/check.h"
#include "run/exec.h"

#include <stdlib.h>
#include <string.h>

enum { FLOW_INPUTS = 8 };

typedef struct {
	td_registry registry;
	td_graph *g;
	td_plan *plan;
	td_exec *exec;
	td_run_inputs in;
	td_input_data data[FLOW_INPUTS];
	bool loaded[FLOW_INPUTS];
} flow;

static const td_origin flow_at = {"test", 1, 0};

static inline void flow_start(flow *f)
{
	memset(f, 0, sizeof *f);
	td_registry_init(&f->registry);
	f->g = td_graph_new(&f->registry, "test");
}

/* An input with a copy of these data, which stay the caller's; returns its value. */
static inline int flow_input(flow *f, const char *name, const td_tensor *t)
{
	int i = f->g->inputs.n;
	td_input in = {.name = name,
	               .supplied = true,
	               .dtype = t->dtype,
	               .rank = t->rank,
	               .pin_bytes = -1,
	               .at = flow_at};
	for (int a = 0; a < t->rank; a++)
		in.dim[a] = td_dim_int(f->g->dims, t->dim[a]);
	size_t bytes = (size_t)td_numel(t) * td_sizeof(t->dtype);
	assert_in_range(i, 0, FLOW_INPUTS - 1);
	f->data[i].tensor = *t;
	f->data[i].tensor.data = aligned_alloc(4096, (bytes / 4096 + 1) * 4096);
	assert_non_null(f->data[i].tensor.data);
	memcpy(f->data[i].tensor.data, t->data, bytes);
	f->loaded[i] = true;
	return td_graph_input(f->g, &in, &(td_unit){0}, 1, 0);
}

/* A step with inputs by position; returns its number. */
static inline int flow_step(flow *f, const char *node, const int *in, int n_in,
                            const td_setting *set, int n_set)
{
	td_binding b[TD_MAX_PORTS];
	for (int i = 0; i < n_in; i++)
		b[i] = (td_binding){NULL, in[i]};
	return td_graph_step(f->g, node, b, n_in, set, n_set, &(td_step_options){0}, flow_at);
}

/* The value of a step's output. */
static inline int flow_value(flow *f, int step, const char *port)
{
	return td_graph_out(f->g, step, port, flow_at);
}

/* Makes it an output of the whole, "step.port"; returns the output's number. */
static inline int flow_output(flow *f, int step, const char *port)
{
	char name[80];
	td_clip(name, sizeof name, "%s_%s", f->g->steps.items[step].name, port);
	td_graph_output(f->g, name, flow_value(f, step, port), flow_at);
	return f->g->outputs.n - 1;
}

static inline void flow_findings(const flow *f, td_diags *d)
{
	td_str text = {0};
	td_diags_text(d, f->g, false, &text);
	fail_msg("%s", td_str_text(&text));
}

static inline void flow_run(flow *f, td_device *dev)
{
	td_diags d = {0};
	if (!td_check(f->g, &d))
		flow_findings(f, &d);
	f->plan = td_plan_new(f->g, &(td_plan_options){.caps = td_device_caps(dev)}, &d);
	if (!f->plan)
		flow_findings(f, &d);
	f->in = (td_run_inputs){f->data, f->loaded, f->g->inputs.n};
	assert_ok(td_exec_new(f->plan, dev, &f->in, NULL, 0, &f->exec, e));
	td_exec_restart(f->exec, 0);
	assert_ok(td_exec_run(f->exec, e));
	td_diags_fini(&d);
}

static inline const td_tensor *flow_result(const flow *f, int output)
{
	return td_exec_output(f->exec, output);
}

static inline void flow_end(flow *f)
{
	td_exec_free(f->exec);
	td_plan_free(f->plan);
	for (int i = 0; i < FLOW_INPUTS; i++)
		free(f->data[i].tensor.data);
	td_graph_free(f->g);
	td_registry_fini(&f->registry);
}

#endif
