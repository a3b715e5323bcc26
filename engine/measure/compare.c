#include "compare_inner.h"

#include "../base/clock.h"
#include "../base/log.h"

#include <math.h>
#include <stdlib.h>

enum { GUARD_BYTES = 256 };

/* -- lanes ----------------------------------------------------------------------- */

/* So many numbers that are not known. */
static double *unknown(int n)
{
	double *x = td_alloc(td_size_mul((size_t)n + 1, sizeof *x));
	for (int i = 0; i < n; i++)
		x[i] = (double)NAN;
	return x;
}

static bool open_lane(comparison *c, int i, td_device *dev, const td_run_inputs *in,
                      const td_sink *sink, td_diags *d, td_err *e)
{
	lane *l = &c->lanes[i];
	td_plan_options po = {.caps = td_device_caps(dev),
	                      .guard_bytes = i < c->n ? GUARD_BYTES : 0,
	                      .impls = c->o->impls,
	                      .n_impls = c->o->n_impls};
	l->isolated = unknown(c->g->steps.n);
	l->amplified = unknown(c->g->steps.n);
	l->dev = dev;
	l->plan = td_plan_new(c->g, &po, d);
	if (!l->plan)
		return td_fail(e, TD_E_DEVICE, "the pipeline cannot be planned for %s",
		               td_device_caps(dev)->name);
	td_record r = {.kind = TD_REC_RUN,
	               .as.run = {.run = c->o->first_run + i,
	                          .plan = l->plan,
	                          .device = dev,
	                          .pipeline = c->o->pipeline,
	                          .device_name = i < c->n ? c->o->names[i] : "ref",
	                          .seed = c->o->seed,
	                          .repeat = 1}};
	td_run_options ro = {.sink = sink, .run = c->o->first_run + i};
	bool ok = td_emit(sink, &r, e) && td_run_emit_inputs(l->plan, in, &ro, e) &&
	          td_exec_new(l->plan, dev, in, sink ? &c->sink : NULL, c->o->first_run + i,
	                      &l->exec, e);
	if (ok && (i > 0 || c->o->trial))
		td_exec_hush(l->exec);
	return ok;
}

/* What is only done over leaves no records. */
static bool pass_on(void *ctx, const td_record *r, td_err *e)
{
	const comparison *c = ctx;
	return c->replaying || td_emit(c->o->sink, r, e);
}

static void close_lanes(comparison *c)
{
	for (int i = 0; c->lanes && i <= c->n; i++) {
		td_exec_free(c->lanes[i].exec);
		td_plan_free(c->lanes[i].plan);
		free(c->lanes[i].seen.items);
		free(c->lanes[i].isolated);
		free(c->lanes[i].amplified);
	}
	td_device_close(c->ref);
	td_oracle_free(c->oracle);
	free(c->lanes);
}

/* The oracle's own course is run only if every step of it is affordable. */
static bool affordable(const comparison *c)
{
	const td_plan *p = c->lanes[0].plan;
	for (int i = 0; i < p->runs.n; i++)
		if (td_compare_flops(p, &p->runs.items[i]) > c->oracle_flops)
			return false;
	return true;
}

static bool open_all(comparison *c, const td_run_inputs *in, td_diags *d, td_err *e)
{
	c->lanes = td_alloc(td_size_mul((size_t)c->n + 1, sizeof *c->lanes));
	c->oracle = td_oracle_new();
	for (int i = 0; i < c->n; i++)
		if (!open_lane(c, i, c->o->dev[i], in, c->o->sink, d, e))
			return false;
	c->has_course = affordable(c);
	return !c->has_course ||
	       (td_device_open("ref", &c->ref, e) && open_lane(c, c->n, c->ref, in, NULL, d, e));
}

/* -- the whole -------------------------------------------------------------- */

bool td_compare_next(lane *l, td_err *e)
{
	const td_op *op;
	l->run = NULL;
	while (!l->run && (op = td_exec_next(l->exec)) != NULL) {
		const td_run_op *r = op->code == TD_OP_RUN ? &l->plan->runs.items[op->a] : NULL;
		for (int i = 0; r && i < r->n_in; i++)
			if (!td_exec_look(l->exec, r->in[i], TD_MAX_PORTS + i, &l->in[i], e))
				return false;
		if (!td_exec_op(l->exec, e))
			return false;
		l->run = r;
	}
	while (l->run && (op = td_exec_next(l->exec)) != NULL && op->code == TD_OP_BIND)
		if (!td_exec_op(l->exec, e))
			return false;
	for (int i = 0; l->run && i < l->run->n_out; i++)
		if (!td_exec_look(l->exec, l->run->out[i], 2 * TD_MAX_PORTS + i, &l->out[i], e))
			return false;
	return true;
}

static bool all_steps(comparison *c, td_err *e)
{
	td_progress progress = {0};
	bool ok = true;
	for (int64_t step = 0; ok; step++) {
		for (int i = 0; i < c->n + c->has_course && ok; i++)
			ok = td_compare_next(&c->lanes[i], e);
		if (!ok || !c->lanes[0].run)
			break;
		for (int i = 0; i < c->n && ok; i++) {
			td_compare_remember(&c->lanes[i]);
			ok = td_compare_step(c, i, e);
		}
		if (c->o->progress)
			td_progress_show(&progress, "comparing steps", step,
			                 c->lanes[0].plan->runs.n);
	}
	td_progress_end(&progress);
	return ok;
}

static bool emit_outputs(const comparison *c, int i, td_err *e)
{
	td_run_options o = {.sink = c->o->sink, .run = c->o->first_run + i};
	return td_run_emit_outputs(c->lanes[i].plan, c->lanes[i].exec, &o, 0, e);
}

static bool finish_lane(comparison *c, int i, td_err *e)
{
	lane *l = &c->lanes[i];
	if (!td_exec_run(l->exec, e) || !emit_outputs(c, i, e) || !td_compare_blame(c, i, e))
		return false;
	return !c->o->outputs || c->o->outputs(c->o->arg, i, l->plan, l->exec, e);
}

static bool check_inputs(const comparison *c, const td_run_inputs *in, td_err *e)
{
	for (int i = 0; i < c->n; i++) {
		td_run_options o = {.sink = c->o->sink, .run = c->o->first_run + i};
		if (!td_run_check_inputs(c->g, in, &o, e))
			return false;
	}
	return true;
}

static bool end_run(comparison *c, int i, td_code code, const char *error, td_err *e)
{
	const lane *l = &c->lanes[i];
	td_record r = {.kind = TD_REC_RUN_END,
	               .as.run_end = {.run = c->o->first_run + i,
	                              .code = code,
	                              .error = error,
	                              .build_ns = l->exec ? td_exec_build(l->exec)->build_ns : 0,
	                              .peak_bytes = l->exec ? td_exec_peak(l->exec, TD_MAIN) : 0}};
	return td_emit(c->o->sink, &r, e);
}

bool td_compare(td_graph *g, const td_run_inputs *in, const td_compare_options *o, td_diags *d,
                td_compare_result *result, td_err *e)
{
	comparison c = {.g = g,
	                .o = o,
	                .result = result,
	                .n = o->n,
	                .oracle_flops = o->oracle_flops > 0 ? o->oracle_flops : 2e9};
	*result = (td_compare_result){.bit_identical = true,
	                              .first_divergence = TD_NONE,
	                              .first_guilty = TD_NONE,
	                              .unrepeatable = TD_NONE};
	c.sink = (td_sink){&c, pass_on};
	c.began_ns = td_now_ns();
	bool ok = open_all(&c, in, d, e);
	for (int i = 0; i < c.n + c.has_course && ok; i++)
		td_exec_restart(c.lanes[i].exec, 0);
	ok = ok && all_steps(&c, e);
	for (int i = 0; i < c.n && ok; i++)
		ok = finish_lane(&c, i, e);
	ok = ok && td_compare_repeat(&c, e) && check_inputs(&c, in, e);
	td_err ignored; /* the first error is the one to tell */
	for (int i = 0; i < c.n && c.lanes[i].plan; i++)
		ok = end_run(&c, i, ok ? TD_OK : e->code, ok ? NULL : e->text, ok ? e : &ignored) &&
		     ok;
	close_lanes(&c);
	result->agree = ok && result->failed_rows == 0 && result->unrepeatable == TD_NONE;
	return ok;
}
