/* `run`: one device, repeated, recorded, and its answer. */
#include "job.h"

#include "../engine/model/dtype.h"
#include "../engine/run/run.h"

#include <stdlib.h>

/* Gathered while the executor is still there. */
typedef struct {
	const td_job *j;
	json_t *outputs, *steps, *stages;
} gathered;

static json_t *dims_json(const td_tensor *t)
{
	json_t *a = json_array();
	for (int i = 0; i < t->rank; i++)
		json_array_append_new(a, json_integer(t->dim[i]));
	return a;
}

static void add_whole(json_t *row, const char *key, int64_t value)
{
	json_int_t sum = json_integer_value(json_object_get(row, key)) + value;
	json_object_set_new(row, key, json_integer(sum));
}

static void add_real(json_t *row, const char *key, double value)
{
	json_object_set_new(row, key,
	                    json_real(json_real_value(json_object_get(row, key)) + value));
}

/* Adds a step's figures to its stage's row; stages keep the order of their first step. */
static void add_to_stage(json_t *stages, const char *name, const td_step_time *t)
{
	json_t *row = NULL, *r;
	size_t i;
	json_array_foreach(stages, i, r) if (td_same(json_string_value(json_object_get(r, "name")),
	                                             name)) row = r;
	if (!row) {
		row = json_pack("{s:s}", "name", name);
		json_array_append_new(stages, row);
	}
	add_whole(row, "kernel_ns", t->kernel_ns);
	add_whole(row, "wall_ns", t->wall_ns);
	add_whole(row, "launches", t->launches);
	add_real(row, "flops", t->cost.flops);
	add_real(row, "bytes", t->cost.bytes);
}

static json_t *step_json(const td_plan *p, const td_run_op *r, const char *stage,
                         const td_step_time *t)
{
	return json_pack("{s:s, s:s, s:s, s:s, s:s?, s:I, s:I, s:i, s:f, s:f}", "name",
	                 p->graph->steps.items[r->step].name, "node", r->node->name, "impl",
	                 r->impl->name, "device", r->place == TD_HOST ? "native" : p->caps.id,
	                 "stage", stage, "kernel_ns", (json_int_t)t->kernel_ns, "wall_ns",
	                 (json_int_t)t->wall_ns, "launches", t->launches, "flops", t->cost.flops,
	                 "bytes", t->cost.bytes);
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
		const td_step *s = &p->graph->steps.items[p->runs.items[i].step];
		const char *stage = s->stage == TD_NONE ? NULL : p->graph->stages.items[s->stage];
		json_array_append_new(g->steps,
		                      step_json(p, &p->runs.items[i], stage, &td_exec_times(x)[i]));
		add_to_stage(g->stages, stage ? stage : "other", &td_exec_times(x)[i]);
	}
	return !g->j->out || td_job_write_outputs(g->j->out, p, x, e);
}

static json_t *answer_of(const gathered *g, const td_plan *p, const td_run_result *res,
                         int64_t run_id)
{
	int64_t seed = td_job_seed(p->graph);
	return json_pack(
		"{s:s, s:o, s:s, s:s, s:s, s:s, s:o, s:I, s:I, s:I, s:i, s:I, s:I, s:O, s:O, s:O}",
		"schema", "tandem/run/1", "run", run_id ? json_integer(run_id) : json_null(),
		"pipeline", p->graph->name, "graph_sha256", td_graph_sha256(p->graph).hex,
		"plan_sha256", td_plan_sha256(p).hex, "device", p->caps.id, "seed",
		seed < 0 ? json_null() : json_integer(seed), "wall_ns", (json_int_t)res->wall_ns,
		"build_ns", (json_int_t)res->build_ns, "first_ns", (json_int_t)res->first_ns,
		"repeats", res->repeats, "peak_bytes", (json_int_t)res->peak_bytes[TD_MAIN],
		"planned_peak_bytes", (json_int_t)p->peak_bytes[TD_MAIN], "outputs", g->outputs,
		"stages", g->stages, "steps", g->steps);
}

static bool run_planned(const td_job *j, td_loaded *l, td_device *dev, td_session *s,
                        json_t **answer, td_err *e)
{
	td_run_inputs in;
	td_run_result res;
	gathered g = {j, json_object(), json_array(), json_array()};
	bool loaded = td_run_inputs_load(l->graph, &in, e);
	td_run_options o = {.warmup = j->warmup,
	                    .repeat = j->repeat,
	                    .sink = s->to,
	                    .pipeline = j->path,
	                    .device_name = j->n_on ? j->on[0] : "auto",
	                    .seed = td_job_seed(l->graph),
	                    .progress = true,
	                    .done = gather,
	                    .arg = &g};
	bool ok = loaded && td_run(l->plan, dev, &in, &o, &res, e);
	if (ok)
		*answer = answer_of(&g, l->plan, &res, s->store ? td_store_run_id(s->store, 0) : 0);
	ok = ok && (!j->out || td_job_one_file(j->out) ||
	            td_job_write_json(j->out, "run.json", *answer, e));
	json_decref(g.outputs);
	json_decref(g.steps);
	json_decref(g.stages);
	if (loaded)
		td_run_inputs_fini(&in);
	return ok;
}

static bool plan_for(const td_job *j, td_loaded *l, td_device *dev, td_err *e)
{
	if (l->plan && (j->n_impls || j->guard))
		return td_fail(e, TD_E_USAGE,
		               "%s is a saved plan, whose impls and buffers are settled: --impl "
		               "and --guard are for pipelines",
		               j->path);
	if (l->plan)
		return td_job_fits_device(l->plan, dev, e);
	l->plan = td_job_plan(j, l, td_device_caps(dev), e);
	return l->plan != NULL;
}

bool td_job_run(const td_job *j, json_t **answer, td_err *e)
{
	td_loaded l = {0};
	td_session s = {0};
	td_device *dev = NULL;
	*answer = NULL;
	if (j->n_on > 1)
		return td_fail(e, TD_E_USAGE,
		               "run takes one device; `tandem compare` takes several");
	bool ok = td_job_prove(j, true, &l, e) &&
	          td_device_open(j->n_on  ? j->on[0]
	                         : l.plan ? l.plan->caps.id
	                                  : "auto",
	                         &dev, e) &&
	          td_session_begin(j, &s, e);
	ok = ok && td_session_probe(&s, &dev, 1, NULL, e);
	if (ok)
		ok = plan_for(j, &l, dev, e) && run_planned(j, &l, dev, &s, answer, e);
	ok = td_session_end(&s, ok, NULL, e);
	td_device_close(dev);
	td_job_unload(&l);
	return ok;
}
