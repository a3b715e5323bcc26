/* `compare`: several devices step beside step, and its answer. */
#include "job.h"

#include "../engine/base/file.h"
#include "../engine/measure/reduce.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DEVICES = 8 };

/* One output of one step on one device: the worst of all turns. */
typedef struct {
	td_rec_agreement worst;
	int64_t turns;
	bool bits, pass;
} line;

typedef struct {
	const td_job *j;
	const td_graph *g;
	const char *names[MAX_DEVICES];
	TD_LIST(line) lines;
	td_arena arena;
	td_made made[MAX_DEVICES];
	td_run_inputs in;
	bool reduced, wavers, unlike[MAX_DEVICES];
	td_reduce reduce;
	int failing; /* the lane of the step that was reduced */
	int *of;     /* value and device to line, -1: none yet */
} table;

static void take_row(void *arg, const td_rec_agreement *a)
{
	table *t = arg;
	int *at = &t->of[(size_t)a->value * MAX_DEVICES + (size_t)a->run];
	if (*at < 0) {
		*at = t->lines.n;
		TD_PUSH(&t->arena, t->lines, ((line){*a, 0, true, true}));
	}
	line *l = &t->lines.items[*at];
	l->turns++;
	l->bits &= a->bit_identical;
	l->pass &= a->pass;
	if (a->worst > l->worst.worst || (!a->pass && l->worst.pass))
		l->worst = *a;
}

static bool take_outputs(void *arg, int lane, const td_plan *p, const td_exec *x, td_err *e)
{
	table *t = arg;
	td_made *made = &t->made[lane];
	td_sha256 outputs = td_outputs_sha256(p, x);
	memcpy(made->source_sha256, td_exec_build(x)->source_sha256, sizeof made->source_sha256);
	memcpy(made->outputs_sha256, outputs.hex, sizeof made->outputs_sha256);
	made->same_each_time = true;
	for (int i = 0; i < p->runs.n; i++)
		made->same_each_time &= (p->runs.items[i].node->flags & TD_D_MASK) > TD_D0;
	if (!t->j->out)
		return true;
	char *dir = td_path_join(t->j->out, t->names[lane]);
	bool ok = td_job_write_outputs(dir, p, x, e);
	free(dir);
	return ok;
}

/* --reduce: the step that fails, with all that it takes to see it again. */
static bool take_failure(void *arg, const td_failure *f, td_err *e)
{
	table *t = arg;
	const td_job *j = t->j;
	td_reduce r = {.dir = j->reduce,
	               .baseline = j->on[f->lane ? 0 : 1],
	               .device = j->on[f->lane],
	               .impls = j->impls,
	               .n_impls = j->n_impls,
	               .oracle_flops = j->oracle_flops};
	t->reduced = true;
	t->failing = f->lane;
	t->wavers = !f->row;
	t->reduce = r;
	return td_reduce_write(&r, f, e);
}

/* Then with as little data as it takes. */
static bool shrink(table *t, td_device *const *dev, td_err *e)
{
	td_device *const two[] = {dev[t->failing ? 0 : 1], dev[t->failing]};
	return !t->reduced || t->wavers || td_reduce_shrink(&t->reduce, t->j->registry, two, e);
}

/* "cpu", and "cpu.2" when it is asked for again. */
static void name_devices(table *t)
{
	for (int i = 0; i < t->j->n_on; i++) {
		int times = 1;
		for (int k = 0; k < i; k++)
			times += td_same(t->j->on[k], t->j->on[i]);
		t->names[i] = times == 1 ? t->j->on[i]
		                         : td_arena_printf(&t->arena, "%s.%d", t->j->on[i], times);
	}
}

/* JSON has no infinity and no NaN: null stands for "not known", 1e308 for infinite. */
static json_t *number(double x)
{
	return isnan(x) ? json_null() : json_real(isinf(x) ? copysign(1e308, x) : x);
}

static json_t *line_json(const table *t, const line *l)
{
	const td_rec_agreement *a = &l->worst;
	const td_step *s = &t->g->steps.items[a->step];
	json_t *isolated =
		json_pack("{s:o, s:o, s:o, s:o, s:I, s:o, s:o}", "worst", number(a->worst),
	                  "max_abs", number(a->max_abs), "max_ulp", number(a->max_ulp), "norm_rel",
	                  number(a->norm_rel), "worst_index", (json_int_t)a->worst_index,
	                  "worst_got", number(a->worst_got), "worst_ref", number(a->worst_ref));
	json_t *accumulated =
		json_pack("{s:o, s:o, s:o}", "max_abs", number(a->acc_max_abs), "norm_rel",
	                  number(a->acc_norm_rel), "baseline_max_abs", number(a->base_max_abs));
	json_t *errors = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "propagated",
	                           number(a->errors.prop_norm_rel), "amplification",
	                           number(a->amplification), "rho_50", number(a->errors.rho_50),
	                           "rho_99", number(a->errors.rho_99), "rho_max",
	                           number(a->errors.rho_max), "cosine", number(a->errors.cosine));
	json_t *decisions = json_pack("{s:I, s:I, s:I}", "at_risk", (json_int_t)a->at_risk, "flips",
	                              (json_int_t)a->flips, "wrong", (json_int_t)a->wrong);
	return json_pack(
		"{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:o, s:f, s:s?, s:o, s:o, s:o, s:o, "
		"s:b, s:b, s:b}",
		"device", t->names[a->run], "step", s->name, "node", s->node_name, "output",
		s->node->out[a->port].name, "kind", a->kind, "oracle", a->oracle, "n",
		(json_int_t)a->n, "turns", (json_int_t)l->turns, "limit", number(a->limit),
		"tol_factor", s->tol_factor, "tol_reason", s->tol_reason, "isolated", isolated,
		"accumulated", accumulated, "errors", errors, "decisions", decisions,
		"bit_identical", l->bits, "promised", a->promised, "pass", l->pass);
}

static const char *step_name(const table *t, int step)
{
	return step == TD_NONE ? NULL : t->g->steps.items[step].name;
}

static json_t *answer_of(const table *t, const td_compare_result *r, int64_t session)
{
	json_t *rows = json_array(), *devices = json_array(), *candidates = json_array();
	for (int i = 0; i < t->lines.n; i++)
		json_array_append_new(rows, line_json(t, &t->lines.items[i]));
	for (int i = 0; i < t->j->n_on; i++) {
		json_array_append_new(devices, json_string(t->names[i]));
		if (i) /* no speed-up is stated: nothing was timed in pairs */
			json_array_append_new(candidates, json_pack("{s:s, s:n}", "device",
			                                            t->names[i], "speedup"));
	}
	return json_pack(
		"{s:s, s:o, s:s, s:s, s:o, s:s, s:b, s:s?, s:s?, s:s?, s:i, s:i, s:s?, s:o, s:o}",
		"schema", "tandem/compare/1", "session",
		session ? json_integer(session) : json_null(), "pipeline", t->g->name,
		"graph_sha256", td_graph_sha256(t->g).hex, "devices", devices, "verdict",
		r->agree ? "AGREE" : "DISAGREE", "bit_identical", r->bit_identical,
		"first_divergence", step_name(t, r->first_divergence), "guilty",
		step_name(t, r->first_guilty), "unrepeatable", step_name(t, r->unrepeatable),
		"repeats", r->repeats, "unjudged", r->unjudged, "reduced",
		t->reduced ? t->j->reduce : NULL, "agreement", rows, "candidates", candidates);
}

static bool open_devices(const td_job *j, td_device **dev, td_err *e)
{
	for (int i = 0; i < j->n_on; i++)
		if (!td_device_open(j->on[i], &dev[i], e))
			return false;
	return true;
}

static bool compare_all(table *t, td_loaded *l, td_device *const *dev, const td_session *s,
                        td_compare_result *r, td_err *e)
{
	size_t cells = td_size_mul((size_t)l->graph->values.n + 1, MAX_DEVICES);
	t->g = l->graph;
	t->of = td_arena_array(&t->arena, cells, sizeof *t->of);
	memset(t->of, -1, cells * sizeof *t->of);
	name_devices(t);
	if (!td_run_inputs_load(l->graph, &t->in, e))
		return false;
	td_compare_options o = {.dev = dev,
	                        .names = t->names,
	                        .unlike = t->unlike,
	                        .n = t->j->n_on,
	                        .impls = t->j->impls,
	                        .n_impls = t->j->n_impls,
	                        .oracle_flops = t->j->oracle_flops,
	                        .repeats = t->j->repeat > 1 ? t->j->repeat : 0,
	                        .sink = s->to,
	                        .pipeline = t->j->path,
	                        .seed = td_job_seed(l->graph),
	                        .progress = true,
	                        .take = take_row,
	                        .arg = t,
	                        .failed = t->j->reduce ? take_failure : NULL,
	                        .outputs = take_outputs};
	return td_compare(l->graph, &t->in, &o, &l->diags, r, e);
}

/* Is what is asked for something that can be done? */
static bool fits_together(const td_job *j, td_err *e)
{
	if (j->n_on < 2 || j->n_on > MAX_DEVICES)
		return td_fail(e, TD_E_USAGE, "compare needs 2 to %d devices: --on native,cpu",
		               MAX_DEVICES);
	if (j->against && (!j->db || j->pairs == 0))
		return td_fail(e, TD_E_USAGE, "--against needs timed pairs and a database");
	if (j->out && td_job_one_file(j->out))
		return td_fail(e, TD_E_USAGE,
		               "compare writes a folder for each device: --out DIR, not %s",
		               j->out);
	return !j->against || td_job_against_known(j, e);
}

bool td_job_compare(const td_job *j, json_t **answer, td_err *e)
{
	td_loaded l = {0};
	td_session s = {0};
	td_device *dev[MAX_DEVICES] = {NULL};
	td_compare_result r = {0};
	table t = {.j = j};
	*answer = NULL;
	if (!fits_together(j, e))
		return false;
	bool ok = td_job_prove(j, true, &l, e) && open_devices(j, dev, e) &&
	          td_session_begin(j, &s, e);
	ok = ok && td_session_probe(&s, dev, j->n_on, t.unlike, e);
	for (int i = 0; ok && i < j->n_on; i++) /* the oracle computes in double: other bits */
		t.unlike[i] |= td_device_caps(dev[i])->type == TD_DEVICE_REF;
	if (ok && (ok = compare_all(&t, &l, dev, &s, &r, e)))
		*answer = answer_of(&t, &r, s.store ? td_store_session_id(s.store) : 0);
	ok = ok && shrink(&t, dev, e);
	/* what does not agree is not timed */
	const td_run_options unrecorded = {0}; /* the runs that read the files have ended */
	if (ok && r.agree && j->pairs != 0)
		ok = td_job_time_pairs(&(td_job_pairs){j, &l, dev, t.names, t.made, s.to, j->n_on},
		                       *answer, e) &&
		     td_run_check_inputs(l.graph, &t.in, &unrecorded, e);
	ok = ok && (!j->out || td_job_write_json(j->out, "compare.json", *answer, e));
	ok = td_session_end(&s, ok, !ok ? NULL : r.agree ? "AGREE" : "DISAGREE", e);
	if (ok && r.agree && j->against)
		ok = td_job_against(j, *answer, e);
	for (int i = 0; i < MAX_DEVICES; i++)
		td_device_close(dev[i]);
	td_run_inputs_fini(&t.in);
	td_arena_fini(&t.arena);
	td_job_unload(&l);
	return ok;
}
