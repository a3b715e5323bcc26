/* `worker`: one timed run in a process of its own, and its answer; the other end is worker.c. */
#include "job.h"

#include "../engine/measure/timed.h"

#include <stdlib.h>

static json_t *samples_json(const td_timed *t)
{
	json_t *rows = json_array();
	for (int i = 0; i < t->n_samples; i++) {
		const td_sample *s = &t->samples[i];
		json_array_append_new(rows,
		                      json_pack("[I, I, I, I, i]", (json_int_t)s->wall_ns,
		                                (json_int_t)s->kernel_ns, (json_int_t)s->upload_ns,
		                                (json_int_t)s->download_ns, (int)s->executions));
	}
	return rows;
}

static json_t *timed_json(const td_timed *t)
{
	return json_pack("{s:s, s:I, s:b, s:s, s:s, s:I, s:I, s:I, s:I, s:i, s:I, s:s, s:i, s:o}",
	                 "schema", "tandem/worker/1", "build_ns", (json_int_t)t->build_ns,
	                 "from_cache", t->from_cache, "source_sha256", t->source_sha256, "options",
	                 t->options, "first_ns", (json_int_t)t->first_ns, "peak_bytes",
	                 (json_int_t)t->peak_bytes, "calibrated_before_ns",
	                 (json_int_t)t->calibrated_before_ns, "calibrated_after_ns",
	                 (json_int_t)t->calibrated_after_ns, "steadiness", (int)t->steadiness,
	                 "involuntary", (json_int_t)t->involuntary, "outputs_sha256",
	                 t->outputs_sha256, "n_warmup", t->n_warmup, "samples", samples_json(t));
}

bool td_job_timed(const td_job *j, double seconds, json_t **answer, td_err *e)
{
	td_loaded l = {0};
	td_device *dev = NULL;
	td_run_inputs in;
	td_timed t = {0};
	*answer = NULL;
	bool ok = td_job_prove(j, false, &l, e);
	if (ok && !l.plan)
		ok = td_fail(e, TD_E_USAGE, "%s is no saved plan", j->path);
	ok = ok && td_device_open(j->n_on ? j->on[0] : l.plan->caps.id, &dev, e) &&
	     td_job_fits_device(l.plan, dev, e);
	bool loaded = ok && td_run_inputs_load(l.graph, &in, e);
	ok = loaded && td_timed_run(l.plan, dev, &in, &(td_timing){.seconds = seconds}, &t, e);
	if (ok)
		*answer = timed_json(&t);
	td_timed_fini(&t);
	if (loaded)
		td_run_inputs_fini(&in);
	td_device_close(dev);
	td_job_unload(&l);
	return ok;
}
