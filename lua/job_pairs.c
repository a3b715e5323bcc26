/* `compare`, second part: devices that agree are timed in pairs of fresh processes. */
#include "job.h"

#include "../engine/base/clock.h"
#include "../engine/base/file.h"
#include "../engine/base/log.h"
#include "../engine/measure/protocol.h"
#include "worker.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAX_DEVICES = 8, PROFILE_WARMUP = 3, PROFILE_REPEATS = 11 };
static const double default_budget_s = 60, default_sample_s = 0.5, least_sample_s = 0.05,
		    least_limit_s = 60;

typedef struct {
	const td_job_pairs *p;
	td_plan *plan[MAX_DEVICES];
	char *path[MAX_DEVICES]; /* the saved plans */
	td_protocol protocol;
	td_worker_options worker;
	double slowest_s; /* worker so far */
	int run;          /* number of the next run */
	td_progress progress;
} pairs;

/* -- plans for the workers -------------------------------------------------------- */

static bool save_plan(pairs *x, int i, td_err *e)
{
	td_str text = {0};
	td_job plain = *x->p->j;
	plain.guard = false;
	x->plan[i] = td_job_plan(&plain, x->p->l, td_device_caps(x->p->dev[i]), e);
	if (!x->plan[i])
		return false;
	const char *folder = getenv("TMPDIR");
	char name[32];
	td_clip(name, sizeof name, "tandem-%d-XXXXXX", i);
	char *path = td_path_join(folder && *folder ? folder : "/tmp", name);
	int fd = mkstemp(path);
	if (fd < 0) {
		td_fail(e, TD_E_DEVICE, "cannot make %s: %s (TMPDIR says where)", path,
		        strerror(errno));
		free(path);
		return false;
	}
	x->path[i] = path;
	td_plan_save(x->plan[i], &text);
	bool ok = td_fd_write(fd, text.data, text.n) ||
	          td_fail(e, TD_E_DEVICE, "cannot write %s", x->path[i]);
	close(fd);
	td_str_fini(&text);
	return ok;
}

static void drop_plans(pairs *x)
{
	for (int i = 0; i < x->p->j->n_on; i++) {
		td_plan_free(x->plan[i]);
		if (x->path[i])
			unlink(x->path[i]);
		free(x->path[i]);
	}
}

/* -- records ------------------------------------------------------------------------ */

static bool emit_begin(pairs *x, const td_place_in_pairs *w, td_err *e)
{
	td_record r = {.kind = TD_REC_RUN,
	               .as.run = {.run = x->run,
	                          .plan = x->plan[w->device],
	                          .device = x->p->dev[w->device],
	                          .pipeline = x->p->j->path,
	                          .device_name = x->p->names[w->device],
	                          .seed = td_job_seed(x->p->l->graph),
	                          .repeat = 1}};
	return td_emit(x->p->sink, &r, e);
}

static bool emit_build(const pairs *x, const td_timed *t, td_err *e)
{
	td_build b = {.build_ns = t->build_ns, .from_cache = t->from_cache};
	memcpy(b.source_sha256, t->source_sha256, sizeof b.source_sha256);
	memcpy(b.options, t->options, sizeof b.options);
	td_record r = {.kind = TD_REC_BUILD, .as.build = {x->run, &b}};
	return t->code != TD_OK || td_emit(x->p->sink, &r, e);
}

static bool emit_end(const pairs *x, const td_place_in_pairs *w, const td_timed *t, td_err *e)
{
	bool ended = t->code == TD_OK;
	td_record timed = {
		.kind = TD_REC_TIMED,
		.as.timed = {.run = x->run,
	                     .a = w->a,
	                     .b = w->b,
	                     .pair = w->pair,
	                     .is_b = w->is_b,
	                     .order = w->order,
	                     .ended = ended,
	                     .steady = t->steadiness == TD_STEADY ? "steady" : "unsteady",
	                     .first_ns = t->first_ns,
	                     .calibrated_before_ns = t->calibrated_before_ns,
	                     .calibrated_after_ns = t->calibrated_after_ns,
	                     .involuntary = t->involuntary,
	                     .outputs_sha256 = t->outputs_sha256}};
	td_record end = {.kind = TD_REC_RUN_END,
	                 .as.run_end = {.run = x->run,
	                                .code = t->code,
	                                .error = ended ? NULL : t->error,
	                                .wall_ns = llrint(td_timed_median(t, TD_END_TO_END)),
	                                .build_ns = t->build_ns,
	                                .peak_bytes = t->peak_bytes,
	                                .samples = t->samples,
	                                .n_samples = t->n_samples,
	                                .n_warmup = t->n_warmup}};
	return td_emit(x->p->sink, &timed, e) && td_emit(x->p->sink, &end, e);
}

/* What is timed must be what agreed: a run with other kernels or other outputs has no result. */
static void hold_to(const td_made *made, td_timed *t)
{
	if (t->code != TD_OK)
		return;
	if (!td_same(t->source_sha256, made->source_sha256))
		td_clip(t->error, sizeof t->error,
		        "it ran other kernels (%.12s) than those that agree (%.12s)",
		        t->source_sha256, made->source_sha256);
	else if (made->same_each_time && !td_same(t->outputs_sha256, made->outputs_sha256))
		td_clip(t->error, sizeof t->error, "its outputs are not those that agree");
	else
		return;
	t->code = TD_E_DISAGREE;
}

static bool one_run(void *arg, const td_place_in_pairs *w, td_timed *t, td_err *e)
{
	pairs *x = arg;
	td_worker_options o = x->worker;
	int64_t began = td_now_ns();
	o.limit_s = fmax(o.limit_s, 20 * x->slowest_s);
	if (!emit_begin(x, w, e) ||
	    !td_worker_run(x->path[w->device], td_device_caps(x->p->dev[w->device])->id, &o, t, e))
		return false;
	hold_to(&x->p->made[w->device], t);
	if (t->code == TD_OK)
		x->slowest_s = fmax(x->slowest_s, (double)(td_now_ns() - began) / 1e9);
	else
		td_warn("a run on %s is lost: %s", x->p->names[w->device], t->error);
	bool ok = emit_build(x, t, e) && emit_end(x, w, t, e);
	x->run++;
	return ok;
}

static void after(void *arg, int done, int at_most, double half_width)
{
	pairs *x = arg;
	char what[64];
	td_clip(what, sizeof what, "timing pairs, interval now +-%.1f %%", 100 * expm1(half_width));
	td_progress_show(&x->progress, isfinite(half_width) ? what : "timing pairs", done, at_most);
}

static const char *worth_name(td_wins w)
{
	static const char *const names[] = {[TD_WINS_NEVER] = "never",
	                                    [TD_WINS_ALWAYS] = "always",
	                                    [TD_WINS_FROM] = "from",
	                                    [TD_WINS_UNTIL] = "until"};
	return names[w];
}

static const char *const span_names[TD_N_SPANS] = {"end_to_end", "kernel_only"};

/* A control's verdict: does it hold? */
static const char *verdict_of(const td_series *s, int what, bool control)
{
	if (!control)
		return td_verdict_name(s->of[what].judgement.verdict);
	return s->pairs < 2 ? "unknown" : s->ok ? "holds" : "FAILS";
}

static bool emit_series(const pairs *x, const td_series *s, bool control, td_err *e)
{
	for (int what = 0; what < TD_N_SPANS; what++) {
		const td_measured *m = &s->of[what];
		td_record r = {
			.kind = TD_REC_SPEEDUP,
			.as.speedup = {.a = s->a,
		                       .b = s->b,
		                       .what = span_names[what],
		                       .pairs = s->pairs,
		                       .lost = s->lost,
		                       .known = m->known,
		                       .value = m->speedup.value,
		                       .low = m->speedup.t.lo,
		                       .high = m->speedup.t.hi,
		                       .rank_low = m->speedup.rank.lo,
		                       .rank_high = m->speedup.rank.hi,
		                       .hodges_lehmann = m->speedup.hodges_lehmann,
		                       .sd = m->speedup.sd,
		                       .smallest = m->speedup.smallest,
		                       .largest = m->speedup.largest,
		                       .corrected = m->corrected.value,
		                       .p = m->p,
		                       .verdict = verdict_of(s, what, control),
		                       .why = control ? "" : td_why_text(m->judgement.why),
		                       .once_a = s->once_a,
		                       .once_b = s->once_b,
		                       .each_a = s->each_a,
		                       .each_b = s->each_b,
		                       .worth = s->has_worth ? worth_name(s->worth.when) : NULL,
		                       .worth_calls = s->worth.calls}};
		if (!td_emit(x->p->sink, &r, e))
			return false;
	}
	return true;
}

static bool emit_outcome(const pairs *x, const td_outcome *o, td_err *e)
{
	td_record r = {.kind = TD_REC_PROTOCOL,
	               .as.protocol = {.seed = x->protocol.seed,
	                               .stop = td_stop_text(o->stop),
	                               .spent_s = o->spent_s,
	                               .margin = x->protocol.margin,
	                               .sample_s = x->worker.seconds,
	                               .controls = x->protocol.controls,
	                               .biased = o->biased}};
	bool ok = td_emit(x->p->sink, &r, e);
	for (int i = 0; i < o->n && ok; i++)
		ok = emit_series(x, &o->items[i], i >= o->n_candidates, e);
	return ok;
}

/* -- the answer --------------------------------------------------------------------------- */

static json_t *real(double v)
{
	return isfinite(v) ? json_real(v) : json_null();
}

static json_t *measured_json(const td_series *s, int what, bool control)
{
	const td_measured *m = &s->of[what];
	json_t *j = json_pack("{s:i, s:i, s:s, s:s}", "pairs", s->pairs, "lost", s->lost, "verdict",
	                      verdict_of(s, what, control), "why",
	                      control ? "" : td_why_text(m->judgement.why));
	const struct {
		const char *key;
		double value;
	} numbers[] = {{"value", m->speedup.value},       {"low", m->speedup.t.lo},
	               {"high", m->speedup.t.hi},         {"rank_low", m->speedup.rank.lo},
	               {"rank_high", m->speedup.rank.hi}, {"corrected", m->corrected.value}};
	for (size_t i = 0; i < TD_COUNT(numbers); i++)
		json_object_set_new(j, numbers[i].key,
		                    m->known ? real(numbers[i].value) : json_null());
	return j;
}

static json_t *candidate_json(const pairs *x, const td_series *s)
{
	json_t *worth = s->has_worth ? json_pack("{s:s, s:f}", "when", worth_name(s->worth.when),
	                                         "calls", s->worth.calls)
	                             : json_null();
	return json_pack(
		"{s:s, s:{s:o, s:o}, s:o, s:f, s:f, s:f, s:f}", "device", x->p->names[s->b],
		"speedup", "end_to_end", measured_json(s, TD_END_TO_END, false), "kernel_only",
		measured_json(s, TD_KERNEL_ONLY, false), "break_even", worth, "baseline_once_s",
		s->once_a, "once_s", s->once_b, "baseline_each_s", s->each_a, "each_s", s->each_b);
}

static void add_to_answer(const pairs *x, const td_outcome *o, json_t *answer)
{
	json_t *candidates = json_array(), *controls = json_array();
	for (int i = 0; i < o->n_candidates; i++)
		json_array_append_new(candidates, candidate_json(x, &o->items[i]));
	for (int i = o->n_candidates; i < o->n; i++) {
		json_t *c = measured_json(&o->items[i], TD_END_TO_END, true);
		json_object_set_new(c, "device", json_string(x->p->names[o->items[i].a]));
		json_array_append_new(controls, c);
	}
	json_object_set_new(answer, "candidates", candidates);
	json_object_set_new(answer, "controls", controls);
	json_object_set_new(answer, "protocol",
	                    json_pack("{s:s, s:f, s:b, s:f, s:f, s:I}", "stop",
	                              td_stop_text(o->stop), "spent_s", o->spent_s, "biased",
	                              o->biased, "margin", x->protocol.margin, "sample_s",
	                              x->worker.seconds, "seed", (json_int_t)x->protocol.seed));
}

/* -- the whole ------------------------------------------------------------------------------ */

static bool all_the_same(const td_job *j)
{
	for (int i = 1; i < j->n_on; i++)
		if (!td_same(j->on[i], j->on[0]))
			return false;
	return true;
}

static double seconds_of(const char *variable, double otherwise)
{
	double v;
	const char *text = getenv(variable);
	return text && td_read_real(text, &v) && v > 0 ? v : otherwise;
}

/* Samples are shorter where the budget would not do for ten pairs and their controls. */
static void set_up(pairs *x)
{
	const td_job *j = x->p->j;
	td_stop_rule stop = TD_STOP_DEFAULT;
	if (j->pairs > 0)
		stop.first = stop.max_pairs = (size_t)j->pairs;
	else
		stop.budget_s = j->budget_s > 0 ? j->budget_s : default_budget_s;
	x->protocol = (td_protocol){.n_devices = j->n_on,
	                            .stop = stop,
	                            .controls = all_the_same(j)        ? 0
	                                        : (int)stop.first < 10 ? (int)stop.first
	                                                               : 10,
	                            .margin = TD_MARGIN,
	                            .seed = 1,
	                            .now_ns = td_now_ns,
	                            .run = one_run,
	                            .after = after,
	                            .arg = x};
	double runs =
		2.0 * (double)stop.first * (j->n_on - 1) + 2.0 * x->protocol.controls * j->n_on;
	double share = stop.budget_s > 0 ? 0.5 * stop.budget_s / runs : default_sample_s;
	x->worker =
		(td_worker_options){.registry = j->registry,
	                            .seconds = fmin(default_sample_s, fmax(least_sample_s, share)),
	                            .limit_s = seconds_of("TANDEM_WORKER_LIMIT", least_limit_s)};
}

/* Where the time of a run goes, step by step: a run of each device in this process, its launches kept. */
static bool profile(pairs *x, td_err *e)
{
	const td_job_pairs *p = x->p;
	td_run_inputs in;
	bool ok = td_run_inputs_load(p->l->graph, &in, e);
	for (int i = 0; i < p->j->n_on && ok; i++) {
		td_run_result res;
		td_run_options o = {.warmup = PROFILE_WARMUP,
		                    .repeat = PROFILE_REPEATS,
		                    .sink = p->sink,
		                    .run = x->run++,
		                    .pipeline = p->j->path,
		                    .device_name = p->names[i],
		                    .seed = td_job_seed(p->l->graph)};
		ok = td_run(x->plan[i], p->dev[i], &in, &o, &res, e);
	}
	td_run_inputs_fini(&in);
	return ok;
}

bool td_job_time_pairs(const td_job_pairs *p, json_t *answer, td_err *e)
{
	pairs *x = td_alloc(sizeof *x);
	td_outcome o = {0};
	x->p = p;
	x->run = p->first_run;
	set_up(x);
	bool ok = true;
	for (int i = 0; i < p->j->n_on && ok; i++)
		ok = save_plan(x, i, e);
	ok = ok && td_protocol_run(&x->protocol, &o, e) && (!p->sink || profile(x, e));
	td_progress_end(&x->progress);
	if (ok && (ok = emit_outcome(x, &o, e)))
		add_to_answer(x, &o, answer);
	td_protocol_fini(&o);
	drop_plans(x);
	free(x);
	return ok;
}
