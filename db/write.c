/* A run in one transaction. */
#include "store_inner.h"

#include "base/str.h"
#include "model/dtype.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define I TD_CELL_I
#define R TD_CELL_R
#define T TD_CELL_T

/* -- transactions --------------------------------------------------------- */

bool td_store_begin(td_store *s, td_err *e)
{
	td_env_git_answer(&s->session.arena, &s->session.git); /* not while others wait for us */
	return td_sql_exec(&s->sql, "BEGIN IMMEDIATE", e);
}

bool td_store_finish(td_store *s, bool ok, td_err *e)
{
	if (ok && td_sql_exec(&s->sql, "COMMIT", e))
		return true;
	sqlite3_exec(s->sql.db, "ROLLBACK", NULL, NULL, NULL);
	return false;
}

static bool put_git(td_store *s, int64_t session, const td_git *g, td_err *e)
{
	td_sha256 diff;
	if (!g->commit)
		return true;
	return (!g->dirty || td_store_text(s, g->diff, &diff, e)) &&
	       td_store_put(s, TD_PUT_GIT, e, I(session), T(g->folder), T(g->commit), I(g->dirty),
	                    g->dirty ? T(diff.hex) : TD_CELL_NONE);
}

/* The id of the session's row, which is made when the first of it is written. */
bool td_store_know_session(td_store *s, int64_t *id, td_err *e)
{
	const td_held_session *x = &s->session;
	int64_t environment;
	*id = x->id;
	if (*id)
		return true;
	bool ok = td_store_environment(s, &x->environment, &environment, e) &&
	          td_store_put(s, TD_PUT_SESSION, e, T(x->begun.command), T(x->begun.arguments),
	                       I(environment), T(x->started.text));
	*id = td_store_new_id(s);
	return ok && put_git(s, *id, &x->git, e);
}

/* -- times ---------------------------------------------------------------- */

/* The earliest moment on each clock; all times of a run are told from there. */
typedef struct {
	int64_t host, device;
} zeros;

static void earlier(int64_t *zero, int64_t t)
{
	if (t && (!*zero || t < *zero))
		*zero = t;
}

static zeros find_zeros(const td_held *run)
{
	zeros z = {0, 0};
	for (int i = 0; i < run->launches.n; i++) {
		earlier(&z.host, run->launches.items[i].t.host_begin_ns);
		earlier(&z.device, run->launches.items[i].t.queued_ns);
	}
	for (int i = 0; i < run->records.n; i++) {
		const td_record *r = run->records.items[i];
		if (r->kind != TD_REC_TRANSFER)
			continue;
		earlier(&z.host, r->as.transfer.t.host_begin_ns);
		earlier(&z.device, r->as.transfer.t.queued_ns);
	}
	return z;
}

/* A driver may say anything: the difference wraps instead of overflowing, so adding gives it back. */
static int64_t since(int64_t t, int64_t zero)
{
	return (int64_t)((uint64_t)t - (uint64_t)zero);
}

/* begin, host, queued, submit, wait, kernel */
static void time_cells(const td_times *t, const zeros *z, td_cell out[6])
{
	out[0] = I(t->host_begin_ns ? since(t->host_begin_ns, z->host) : 0);
	out[1] = I(since(t->host_end_ns, t->host_begin_ns));
	for (int i = 2; i < 6; i++)
		out[i] = TD_CELL_NONE;
	if (!t->end_ns)
		return;
	out[2] = I(since(t->queued_ns, z->device));
	out[3] = I(since(t->submit_ns, t->queued_ns));
	out[4] = I(since(t->start_ns, t->submit_ns));
	out[5] = I(since(t->end_ns, t->start_ns));
}

/* -- launches ------------------------------------------------------------- */

static bool know_kernel(td_store *s, const td_interned *key, int64_t *id, td_err *e)
{
	td_held_kernel k;
	memcpy(&k, key->bytes, sizeof k);
	const char *impl = (const char *)key->bytes + sizeof k, *name = impl + strlen(impl) + 1;
	const td_cell cells[] = {
		T(name),       T(impl),       T(k.place == TD_MAIN ? "device" : "host"),
		I(k.items[0]), I(k.items[1]), I(k.items[2]),
		I(k.local[0]), I(k.local[1]), I(k.local[2])};
	return td_store_put_n(s, TD_PUT_KERNEL, cells, TD_COUNT(cells), e) &&
	       td_store_find(s, TD_FIND_KERNEL, cells, TD_COUNT(cells), id, e);
}

/* In the order of the table's key, so that rows are appended. */
static int by_key(const void *x, const void *y)
{
	const td_held_launch *a = x, *b = y;
	if (a->repeat != b->repeat)
		return a->repeat < b->repeat ? -1 : 1;
	if (a->step != b->step)
		return a->step < b->step ? -1 : 1;
	return a->n < b->n ? -1 : a->n > b->n;
}

static bool put_launches(td_store *s, td_held *run, int64_t id, const zeros *z, td_err *e)
{
	int64_t *kernel = td_arena_array(&run->arena, (size_t)run->kernels.n + 1, sizeof *kernel);
	for (int i = 0; i < run->kernels.n; i++)
		if (!know_kernel(s, &run->kernels.items[i], &kernel[i], e))
			return false;
	if (run->launches.n)
		qsort(run->launches.items, (size_t)run->launches.n, sizeof *run->launches.items,
		      by_key);
	for (int i = 0; i < run->launches.n; i++) {
		const td_held_launch *l = &run->launches.items[i];
		td_cell c[12] = {I(id),   I(l->repeat), I(l->step),
		                 I(l->n), I(l->turn),   I(kernel[l->kernel])};
		time_cells(&l->t, z, c + 6);
		if (!td_store_put_n(s, TD_PUT_LAUNCH, c, TD_COUNT(c), e))
			return false;
	}
	return true;
}

/* -- what a run is made of ------------------------------------------------ */

static bool put_params(td_store *s, const td_graph *g, int64_t id, td_err *e)
{
	for (int i = 0; i < g->params.n; i++) {
		const td_pipeline_param *p = &g->params.items[i];
		if (!td_store_put(s, TD_PUT_PARAM, e, I(id), T(p->name), T(p->type), T(p->value),
		                  I(p->given)))
			return false;
	}
	return true;
}

static bool put_sources(td_store *s, const td_graph *g, int64_t id, td_err *e)
{
	for (int i = 0; i < g->sources.n; i++) {
		const td_source *x = &g->sources.items[i];
		td_sha256 sha;
		if (!td_store_text(s, x->text, &sha, e) ||
		    !td_store_put(s, TD_PUT_SOURCE, e, I(id), I(i), T(x->name), T(sha.hex)))
			return false;
	}
	const td_registry *r = g->registry;
	for (int i = 0; i < r->plugins.n; i++) {
		const td_plugin_info *p = &r->plugins.items[i];
		if (!td_store_put(s, TD_PUT_PLUGIN, e, I(id), T(p->path), T(p->sha.hex),
		                  T(p->build)))
			return false;
	}
	return true;
}

/* Two runs that read the same bytes under the same names have the same. */
static td_sha256 inputs_sha(td_held *run)
{
	const td_graph *g = run->begun.plan->graph;
	const td_sha256 **sha =
		td_arena_array(&run->arena, (size_t)g->inputs.n + 1, sizeof(td_sha256 *));
	td_hasher *h = td_hasher_new();
	for (int i = 0; i < run->records.n; i++)
		if (run->records.items[i]->kind == TD_REC_INPUT &&
		    !run->records.items[i]->as.input.after)
			sha[run->records.items[i]->as.input.input] =
				run->records.items[i]->as.input.sha;
	for (int i = 0; i < g->inputs.n; i++) {
		if (!sha[i])
			continue;
		td_hasher_add(h, g->inputs.items[i].name, strlen(g->inputs.items[i].name) + 1);
		td_hasher_add(h, sha[i]->hex, 64);
	}
	td_sha256 all = td_hasher_end(h);
	td_hasher_free(h);
	return all;
}

/* -- records -------------------------------------------------------------- */

static bool put_input_after(td_store *s, int64_t id, const td_rec_input *r, td_err *e)
{
	const td_cell cells[] = {I(id), I(r->input), T(r->sha->hex)};
	return td_sql_change(&s->sql,
	                     "UPDATE run_input SET sha256_after = ?3 WHERE run = ?1 AND input = ?2",
	                     cells, TD_COUNT(cells), e);
}

static bool put_input(td_store *s, int64_t id, const td_graph *g, const td_rec_input *r, td_err *e)
{
	const td_input *in = &g->inputs.items[r->input];
	if (r->after)
		return put_input_after(s, id, r, e);
	return td_store_put(s, TD_PUT_INPUT, e, I(id), I(r->input), T(in->name), T(r->path),
	                    T(in->url), T(r->sha->hex), I(r->bytes), I(in->pin != NULL));
}

static bool put_build(td_store *s, int64_t id, const td_build *b, td_err *e)
{
	return td_store_put(s, TD_PUT_BUILD, e, I(id), I(b->build_ns), I(b->from_cache),
	                    T(b->options), T(b->source_sha256), T(b->binary_sha256));
}

static bool put_transfer(td_store *s, int64_t id, const td_rec_transfer *r, const zeros *z,
                         td_err *e)
{
	td_cell c[12] = {I(id), I(r->repeat), I(r->value), I(r->up), I(r->mapped), I(r->bytes)};
	time_cells(&r->t, z, c + 6);
	return td_store_put_n(s, TD_PUT_TRANSFER, c, TD_COUNT(c), e);
}

static bool put_shown(td_store *s, const char *numbers, td_err *e)
{
	int64_t value = td_store_new_id(s);
	td_sha256 sha;
	return td_store_text(s, numbers, &sha, e) &&
	       td_store_put(s, TD_PUT_SHOWN, e, I(value), T(sha.hex));
}

static bool put_value(td_store *s, int64_t id, const td_rec_value *r, td_err *e)
{
	const td_summary *m = &r->summary;
	td_str dims = {0};
	for (int i = 0; i < r->tensor.rank; i++)
		td_str_addf(&dims, "%s%" PRId64, i ? "," : "[", r->tensor.dim[i]);
	td_str_add(&dims, r->tensor.rank ? "]" : "[]");
	bool ok = td_store_put(s, TD_PUT_VALUE, e, I(id), I(r->repeat), I(r->value), T(r->output),
	                       T(td_dtype_name(r->tensor.dtype)), T(dims.data), T(r->sha.hex),
	                       I(m->n), I(m->n_nan), I(m->n_inf), I(m->n_zero), I(m->n_subnormal),
	                       R(m->min), R(m->max), R(m->mean));
	td_str_fini(&dims);
	return ok && (!r->numbers || put_shown(s, r->numbers, e));
}

static bool put_repeatability(td_store *s, int64_t id, const td_rec_repeatability *r, td_err *e)
{
	return td_store_put(s, TD_PUT_REPEATABILITY, e, I(id), I(r->step), I(r->port), I(r->level),
	                    I(r->repeats), I(r->differing));
}

static bool put_timed(td_store *s, int64_t id, const td_rec_timed *r, td_err *e)
{
	td_cell c[12] = {I(id), I(r->a), I(r->b), I(r->pair), T(r->is_b ? "b" : "a"), I(r->order)};
	const td_cell result[] = {T(r->steady),
	                          I(r->first_ns),
	                          I(r->calibrated_before_ns),
	                          I(r->calibrated_after_ns),
	                          I(r->involuntary),
	                          T(r->outputs_sha256)};
	for (size_t i = 0; i < TD_COUNT(result); i++)
		c[6 + i] = r->ended ? result[i] : TD_CELL_NONE;
	return td_store_put_n(s, TD_PUT_TIMED, c, TD_COUNT(c), e);
}

static bool put_record(td_store *s, const td_held *run, int64_t id, const td_record *r,
                       const zeros *z, td_err *e)
{
	switch (r->kind) {
	case TD_REC_INPUT:
		return put_input(s, id, run->begun.plan->graph, &r->as.input, e);
	case TD_REC_BUILD:
		return put_build(s, id, r->as.build.build, e);
	case TD_REC_TRANSFER:
		return put_transfer(s, id, &r->as.transfer, z, e);
	case TD_REC_BIND:
		return td_store_put(s, TD_PUT_BIND, e, I(id), I(r->as.bind.repeat),
		                    T(r->as.bind.symbol), I(r->as.bind.extent),
		                    I(r->as.bind.capacity));
	case TD_REC_COST:
		return td_store_put(s, TD_PUT_COST, e, I(id), I(r->as.cost.step),
		                    R(r->as.cost.cost.flops), R(r->as.cost.cost.bytes));
	case TD_REC_VALUE:
		return put_value(s, id, &r->as.value, e);
	case TD_REC_BLAME:
		return td_store_put(s, TD_PUT_BLAME, e, I(id), I(r->as.blame.step),
		                    R(r->as.blame.isolated), R(r->as.blame.weight),
		                    R(r->as.blame.share));
	case TD_REC_REPEATABILITY:
		return put_repeatability(s, id, &r->as.repeatability, e);
	case TD_REC_TIMED:
		return put_timed(s, id, &r->as.timed, e);
	case TD_REC_SESSION:
	case TD_REC_RUN:
	case TD_REC_LAUNCH:
	case TD_REC_AGREEMENT:
	case TD_REC_PROTOCOL:
	case TD_REC_SPEEDUP:
	case TD_REC_RUN_END:
	case TD_REC_PERSONALITY:
	case TD_REC_SESSION_END:
	default:
		return true; /* kept elsewhere */
	}
}

/* -- runs ----------------------------------------------------------------- */

static bool put_run_row(td_store *s, td_held *run, const td_rec_run_end *end, int64_t session,
                        const zeros *z, int64_t *id, td_err *e)
{
	const td_rec_run *r = &run->begun;
	int64_t plan, device;
	td_sha256 inputs = inputs_sha(run);
	bool ok = td_store_plan(s, r->plan, &plan, e) &&
	          td_store_device(s, &r->plan->caps, r->device, &device, e) &&
	          td_store_put(s, TD_PUT_RUN, e, I(session), I(r->run), I(plan), I(device),
	                       T(r->pipeline), T(r->device_name), I(td_device_threads(r->device)),
	                       r->seed < 0 ? TD_CELL_NONE : I(r->seed), I(r->warmup), I(r->repeat),
	                       T(inputs.hex), I(end->code), T(end->error), T(run->started.text),
	                       I(end->wall_ns), I(end->build_ns), I(end->peak_bytes), I(z->host),
	                       I(z->device));
	*id = td_store_new_id(s);
	return ok;
}

/* Wall times alone, or the samples of a timed run; warm-ups have numbers below 0. */
static bool put_repeats(td_store *s, int64_t id, const td_rec_run_end *end, td_err *e)
{
	for (int i = 0; i < end->repeats && end->repeat_ns; i++)
		if (!td_store_put(s, TD_PUT_REPEAT, e, I(id), I(i), I(end->repeat_ns[i]),
		                  TD_CELL_NONE, TD_CELL_NONE, TD_CELL_NONE, TD_CELL_NONE))
			return false;
	for (int i = 0; i < end->n_samples; i++) {
		const td_sample *x = &end->samples[i];
		if (!td_store_put(s, TD_PUT_REPEAT, e, I(id), I(i - end->n_warmup), I(x->wall_ns),
		                  I(x->kernel_ns), I(x->upload_ns), I(x->download_ns),
		                  I(x->executions)))
			return false;
	}
	return true;
}

static bool put_run(td_store *s, td_held *run, const td_rec_run_end *end, int64_t session,
                    int64_t *id, td_err *e)
{
	const td_graph *g = run->begun.plan->graph;
	zeros z = find_zeros(run);
	if (!put_run_row(s, run, end, session, &z, id, e) || !put_params(s, g, *id, e) ||
	    !td_store_facts(s, TD_PUT_STATE, *id, &run->state, e) || !put_sources(s, g, *id, e) ||
	    !put_launches(s, run, *id, &z, e))
		return false;
	for (int i = 0; i < run->records.n; i++)
		if (!put_record(s, run, *id, run->records.items[i], &z, e))
			return false;
	return put_repeats(s, *id, end, e);
}

bool td_store_write_run(td_store *s, td_held *run, const td_rec_run_end *end, td_err *e)
{
	int64_t session, id = 0;
	if (!td_store_begin(s, e))
		return false;
	bool ok = td_store_know_session(s, &session, e) && put_run(s, run, end, session, &id, e);
	if (!td_store_finish(s, ok, e))
		return false;
	s->session.id = session;
	run->id = id;
	return true;
}
