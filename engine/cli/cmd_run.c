#include "cli.h"

#include "../base/file.h"
#include "../base/log.h"
#include "../model/dtype.h"
#include "../run/run.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is shown at the end, gathered while the executor is still there. */
typedef struct {
	const td_cli *c;
	json_t *outputs, *steps, *stages;
} gathered;

static json_t *dims_json(const td_tensor *t)
{
	json_t *a = json_array();
	for (int i = 0; i < t->rank; i++)
		json_array_append_new(a, json_integer(t->dim[i]));
	return a;
}

static const char *stage_of(const td_graph *g, const td_step *s)
{
	return s->stage == TD_NONE ? NULL : g->stages.items[s->stage];
}

/* Adds a step's figures to its stage's row; stages keep the order of their first step. */
static void add_to_stage(json_t *stages, const char *name, const td_step_time *t)
{
	json_t *row = NULL, *r;
	size_t i;
	json_array_foreach(stages, i, r) if (td_same(json_string_value(json_object_get(r, "name")),
	                                             name)) row = r;
	if (!row) {
		row = json_pack("{s:s, s:i, s:i, s:i, s:f, s:f}", "name", name, "kernel_ns", 0,
		                "wall_ns", 0, "launches", 0, "flops", 0.0, "bytes", 0.0);
		json_array_append_new(stages, row);
	}
	const struct {
		const char *key;
		int64_t value;
	} whole[] = {
		{"kernel_ns", t->kernel_ns}, {"wall_ns", t->wall_ns}, {"launches", t->launches}};
	for (size_t k = 0; k < TD_COUNT(whole); k++)
		json_object_set_new(
			row, whole[k].key,
			json_integer(json_integer_value(json_object_get(row, whole[k].key)) +
		                     whole[k].value));
	json_object_set_new(
		row, "flops",
		json_real(json_real_value(json_object_get(row, "flops")) + t->cost.flops));
	json_object_set_new(
		row, "bytes",
		json_real(json_real_value(json_object_get(row, "bytes")) + t->cost.bytes));
}

static bool gather(void *arg, const td_plan *p, const td_exec *x, td_err *e)
{
	gathered *g = arg;
	for (int i = 0; i < p->graph->outputs.n; i++) {
		const td_tensor *t = td_exec_output(x, i);
		td_sha256 sha = td_tensor_sha256(t);
		json_object_set_new(g->outputs, p->graph->outputs.items[i].name,
		                    json_pack("{s:s, s:o, s:s}", "dtype", td_dtype_name(t->dtype),
		                              "dims", dims_json(t), "sha256", sha.hex));
	}
	for (int i = 0; i < p->runs.n; i++) {
		const td_run_op *r = &p->runs.items[i];
		const td_step *s = &p->graph->steps.items[r->step];
		const td_step_time *t = &td_exec_times(x)[i];
		const char *stage = stage_of(p->graph, s);
		json_array_append_new(
			g->steps,
			json_pack("{s:s, s:s, s:s, s:s, s:s?, s:I, s:I, s:i, s:f, s:f}", "name",
		                  s->name, "node", r->node->name, "impl", r->impl->name, "device",
		                  r->place == TD_HOST ? "native" : p->caps.id, "stage", stage,
		                  "kernel_ns", (json_int_t)t->kernel_ns, "wall_ns",
		                  (json_int_t)t->wall_ns, "launches", t->launches, "flops",
		                  t->cost.flops, "bytes", t->cost.bytes));
		add_to_stage(g->stages, stage ? stage : "other", t);
	}
	return !g->c->out || td_cli_write_outputs(g->c->out, p, x, e);
}

static json_t *result_json(const gathered *g, const td_plan *p, const td_run_result *res,
                           int64_t run_id)
{
	json_t *seed =
		td_cli_seed(p->graph) < 0 ? json_null() : json_integer(td_cli_seed(p->graph));
	json_t *id = run_id ? json_integer(run_id) : json_null();
	return json_pack(
		"{s:s, s:o, s:s, s:s, s:s, s:s, s:o, s:I, s:I, s:I, s:i, s:I, s:I, s:O, s:O, s:O}",
		"schema", "tandem/run/1", "run", id, "pipeline", p->graph->name, "graph_sha256",
		td_graph_sha256(p->graph).hex, "plan_sha256", td_plan_sha256(p).hex, "device",
		p->caps.id, "seed", seed, "wall_ns", (json_int_t)res->wall_ns, "build_ns",
		(json_int_t)res->build_ns, "first_ns", (json_int_t)res->first_ns, "repeats",
		res->repeats, "peak_bytes", (json_int_t)res->peak_bytes[TD_MAIN],
		"planned_peak_bytes", (json_int_t)p->peak_bytes[TD_MAIN], "outputs", g->outputs,
		"stages", g->stages, "steps", g->steps);
}

static void print_outputs(const gathered *g)
{
	const char *name;
	json_t *o;
	json_object_foreach(g->outputs, name, o)
	{
		td_str dims = {0};
		size_t i;
		json_t *d;
		json_array_foreach(json_object_get(o, "dims"), i, d) td_str_addf(
			&dims, "%s%lld", i ? " " : "", (long long)json_integer_value(d));
		printf("  %-16s %s [%s]  sha256 %.12s…\n", name,
		       json_string_value(json_object_get(o, "dtype")), td_str_text(&dims),
		       json_string_value(json_object_get(o, "sha256")));
		td_str_fini(&dims);
	}
}

static void print_text(const gathered *g, const td_plan *p, const td_run_result *res,
                       const td_cli *c, int64_t run_id)
{
	size_t i;
	json_t *s;
	printf("%s on %s: %s", p->graph->name, p->caps.id, td_ns_text((double)res->wall_ns).text);
	if (res->repeats > 1)
		printf(" (median of %d)", res->repeats);
	printf(", kernels built in %s, peak %s\n\n", td_ns_text((double)res->build_ns).text,
	       td_bytes_text((double)res->peak_bytes[TD_MAIN]).text);
	printf("  %-20s %-24s %-10s %12s %8s\n", "step", "node", "impl", "kernel", "launches");
	json_array_foreach(g->steps, i, s) printf(
		"  %-20s %-24s %-10s %12s %8lld\n", json_string_value(json_object_get(s, "name")),
		json_string_value(json_object_get(s, "node")),
		json_string_value(json_object_get(s, "impl")),
		td_ns_text((double)json_integer_value(json_object_get(s, "kernel_ns"))).text,
		(long long)json_integer_value(json_object_get(s, "launches")));
	printf("\n");
	print_outputs(g);
	if (run_id)
		printf("\nrecorded as run %lld in %s\n", (long long)run_id, td_cli_db(c));
}

static bool show(const td_cli *c, int format, const gathered *g, const td_plan *p,
                 const td_run_result *res, int64_t run_id, td_err *e)
{
	json_t *j = result_json(g, p, res, run_id);
	char *text = json_dumps(j, JSON_INDENT(2));
	bool ok = true;
	if (c->out) {
		char *path = td_path_join(c->out, "run.json");
		ok = td_file_write(path, text, strlen(text), e);
		free(path);
	}
	if (format)
		puts(text);
	else
		print_text(g, p, res, c, run_id);
	free(text);
	json_decref(j);
	return ok;
}

/* A saved plan runs on the device it was made for and on no other. */
static bool fits_device(const td_plan *p, td_device *dev, td_err *e)
{
	char *made = td_caps_json(&p->caps), *here = td_caps_json(td_device_caps(dev));
	bool same = td_same(made, here);
	free(made);
	free(here);
	return same || td_fail(e, TD_E_DEVICE,
	                       "the plan was made for %s (driver %s), this is %s (driver %s); make "
	                       "the plan again",
	                       p->caps.id, p->caps.driver, td_device_caps(dev)->id,
	                       td_device_caps(dev)->driver);
}

static bool run_it(td_cli *c, td_loaded *l, td_device *dev, int format, td_session *s, td_err *e)
{
	td_run_inputs in;
	td_run_result res;
	gathered g = {c, json_object(), json_array(), json_array()};
	if (l->plan ? !fits_device(l->plan, dev, e)
	            : !(l->plan = td_cli_plan(c, l, td_device_caps(dev), e)))
		return false;
	if (!td_run_inputs_load(l->graph, &in, e))
		return false;
	td_run_options o = {.warmup = (int)c->warmup,
	                    .repeat = (int)c->repeat,
	                    .sink = s->to,
	                    .pipeline = c->args[0],
	                    .device_name = c->n_on ? c->on[0] : "auto",
	                    .seed = td_cli_seed(l->graph),
	                    .progress = true,
	                    .done = gather,
	                    .arg = &g};
	bool ok = td_run(l->plan, dev, &in, &o, &res, e);
	ok = ok &&
	     show(c, format, &g, l->plan, &res, s->store ? td_store_run_id(s->store, 0) : 0, e);
	json_decref(g.outputs);
	json_decref(g.steps);
	json_decref(g.stages);
	td_run_inputs_fini(&in);
	return ok;
}

int td_cmd_run(td_cli *c)
{
	static const char *const formats[] = {"text", "json", NULL};
	td_loaded l = {0};
	td_session s = {0};
	td_device *dev = NULL;
	td_err e;
	int format;
	bool ok =
		td_cli_format(c, formats, &format, &e) &&
		(c->n_on <= 1 ||
	         td_fail(&e, TD_E_USAGE, "run takes one device; `tandem compare` takes several")) &&
		td_cli_prove(c, c->args[0], true, &l, &e) &&
		td_device_open(c->n_on  ? c->on[0]
	                       : l.plan ? l.plan->caps.id
	                                : "auto",
	                       &dev, &e) &&
		td_session_begin(c, &s, &e) && run_it(c, &l, dev, format, &s, &e);
	int code = ok ? TD_OK : td_cli_fail(&e);
	code = td_session_end(&s, code, NULL, ok ? NULL : &e);
	td_device_close(dev);
	td_cli_unload(&l);
	return code;
}
