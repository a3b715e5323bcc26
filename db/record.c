/* The sink: keeps records in memory until their run or session ends. */
#include "store_inner.h"

#include "base/str.h"

#include <stdlib.h>
#include <string.h>

/* -- life ----------------------------------------------------------------- */

void td_held_empty(td_held *run)
{
	td_arena_fini(&run->arena);
	td_str_fini(&run->key);
	free(run->launches.items);
	run->launches.items = NULL;
	run->launches.n = run->launches.cap = 0;
	run->records.items = NULL;
	run->records.n = run->records.cap = 0;
	run->kernels = (td_intern){0};
	run->state = (td_facts){0};
}

void td_held_forget(td_held_session *x)
{
	for (int i = 0; i < x->runs.n; i++)
		td_held_empty(x->runs.items[i]);
	td_env_git_answer(&x->arena, &x->git);
	td_arena_fini(&x->arena);
	*x = (td_held_session){0};
}

static const char *keep(td_arena *a, const char *text)
{
	return text ? td_arena_strdup(a, text) : NULL;
}

static td_held *find_run(td_held_session *x, int number)
{
	for (int i = x->runs.n - 1; i >= 0; i--)
		if (x->runs.items[i]->begun.run == number)
			return x->runs.items[i];
	return NULL;
}

/* -- session and runs ----------------------------------------------------- */

static bool begin_session(td_store *s, const td_rec_session *r, td_err *e)
{
	td_held_session *x = &s->session;
	if (x->open)
		return td_fail(e, TD_E_USAGE, "record: a session begins inside another");
	td_held_forget(x);
	x->open = true;
	x->started = td_date_now();
	x->begun =
		(td_rec_session){keep(&x->arena, r->command), keep(&x->arena, r->arguments), NULL};
	td_env_collect(&x->arena, &x->environment);
	if (r->folder)
		td_env_git_ask(&x->arena, r->folder, &x->git);
	return true;
}

static bool begin_run(td_store *s, const td_rec_run *r, td_err *e)
{
	td_held_session *x = &s->session;
	if (find_run(x, r->run))
		return td_fail(e, TD_E_USAGE, "record: run %d begins twice", r->run);
	td_held *h = td_arena_alloc(&x->arena, sizeof *h);
	h->begun = *r;
	h->begun.pipeline = keep(&h->arena, r->pipeline);
	h->begun.device_name = keep(&h->arena, r->device_name);
	h->started = td_date_now();
	td_env_state(&h->arena, &h->state);
	TD_PUSH(&x->arena, x->runs, h);
	return true;
}

static bool end_run(td_store *s, td_held *run, const td_rec_run_end *end, td_err *e)
{
	run->ended = true;
	bool ok = td_store_write_run(s, run, end, e);
	td_held_empty(run);
	return ok;
}

static bool end_session(td_store *s, const td_rec_session_end *end, td_err *e)
{
	td_held_session *x = &s->session;
	x->open = false;
	if (!td_store_write_end(s, end, e))
		return false;
	for (int i = 0; i < x->runs.n; i++)
		if (!x->runs.items[i]->ended)
			return td_fail(e, TD_E_USAGE, "record: run %d has not ended",
			               x->runs.items[i]->begun.run);
	return true;
}

/* -- what happens in a run ------------------------------------------------- */

static int kernel_number(td_held *run, const td_rec_launch *r)
{
	const td_launched *l = r->launched;
	td_held_kernel k;
	memset(&k, 0, sizeof k); /* padding is part of the key */
	memcpy(k.items, l->items, sizeof k.items);
	for (int i = 0; i < 3; i++)
		k.local[i] = l->local[i];
	k.place = (int32_t)r->place;
	run->key.n = 0;
	td_str_add_n(&run->key, (const char *)&k, sizeof k);
	td_str_add_n(&run->key, r->impl->name, strlen(r->impl->name) + 1);
	td_str_add_n(&run->key, l->kernel, strlen(l->kernel) + 1);
	return td_intern_add(&run->arena, &run->kernels, run->key.data, (int)run->key.n);
}

static void keep_launch(td_held *run, const td_rec_launch *r)
{
	if (run->launches.n == run->launches.cap) {
		run->launches.cap = run->launches.cap ? run->launches.cap * 2 : 256;
		run->launches.items =
			td_realloc(run->launches.items, td_size_mul((size_t)run->launches.cap,
		                                                    sizeof *run->launches.items));
	}
	int n = run->launches.n++;
	run->launches.items[n] = (td_held_launch){.step = r->step,
	                                          .repeat = r->repeat,
	                                          .kernel = kernel_number(run, r),
	                                          .n = n,
	                                          .turn = r->turn,
	                                          .t = r->launched->t};
}

/* A copy with all that it points to. */
static td_record *keep_record(td_arena *a, const td_record *r)
{
	td_record *x = td_arena_alloc(a, sizeof *x);
	*x = *r;
	switch (r->kind) {
	case TD_REC_INPUT:
		x->as.input.path = keep(a, r->as.input.path);
		x->as.input.sha = memcpy(td_arena_alloc(a, sizeof(td_sha256)), r->as.input.sha,
		                         sizeof(td_sha256));
		break;
	case TD_REC_BUILD:
		x->as.build.build = memcpy(td_arena_alloc(a, sizeof(td_build)), r->as.build.build,
		                           sizeof(td_build));
		break;
	case TD_REC_BIND:
		x->as.bind.symbol = keep(a, r->as.bind.symbol);
		break;
	case TD_REC_VALUE:
		x->as.value.output = keep(a, r->as.value.output);
		x->as.value.numbers = keep(a, r->as.value.numbers);
		break;
	case TD_REC_TIMED:
		x->as.timed.steady = keep(a, r->as.timed.steady);
		x->as.timed.outputs_sha256 = keep(a, r->as.timed.outputs_sha256);
		break;
	case TD_REC_PROTOCOL:
		x->as.protocol.stop = keep(a, r->as.protocol.stop);
		break;
	case TD_REC_SPEEDUP:
		x->as.speedup.what = keep(a, r->as.speedup.what);
		x->as.speedup.verdict = keep(a, r->as.speedup.verdict);
		x->as.speedup.why = keep(a, r->as.speedup.why);
		x->as.speedup.worth = keep(a, r->as.speedup.worth);
		break;
	case TD_REC_AGREEMENT:
		x->as.agreement.kind = keep(a, r->as.agreement.kind);
		x->as.agreement.oracle = keep(a, r->as.agreement.oracle);
		x->as.agreement.worst_inputs = keep(a, r->as.agreement.worst_inputs);
		break;
	case TD_REC_SESSION:
	case TD_REC_RUN:
	case TD_REC_LAUNCH:
	case TD_REC_TRANSFER:
	case TD_REC_COST:
	case TD_REC_BLAME:
	case TD_REC_REPEATABILITY:
	case TD_REC_RUN_END:
	case TD_REC_PERSONALITY:
	case TD_REC_SESSION_END:
	default:
		break;
	}
	return x;
}

/* -- the sink ------------------------------------------------------------- */

static int run_of(const td_record *r)
{
	switch (r->kind) {
	case TD_REC_INPUT:
		return r->as.input.run;
	case TD_REC_BUILD:
		return r->as.build.run;
	case TD_REC_LAUNCH:
		return r->as.launch.run;
	case TD_REC_TRANSFER:
		return r->as.transfer.run;
	case TD_REC_BIND:
		return r->as.bind.run;
	case TD_REC_COST:
		return r->as.cost.run;
	case TD_REC_VALUE:
		return r->as.value.run;
	case TD_REC_REPEATABILITY:
		return r->as.repeatability.run;
	case TD_REC_BLAME:
		return r->as.blame.run;
	case TD_REC_TIMED:
		return r->as.timed.run;
	case TD_REC_RUN_END:
		return r->as.run_end.run;
	case TD_REC_AGREEMENT:
		return r->as.agreement.run;
	case TD_REC_RUN:
	case TD_REC_PROTOCOL:
	case TD_REC_SPEEDUP:
	case TD_REC_SESSION:
	case TD_REC_PERSONALITY:
	case TD_REC_SESSION_END:
	default:
		return -1;
	}
}

static bool emit_in_run(td_store *s, const td_record *r, td_err *e)
{
	td_held_session *x = &s->session;
	td_held *run = find_run(x, run_of(r));
	if (!run)
		return td_fail(e, TD_E_USAGE, "record: run %d has not begun", run_of(r));
	if (r->kind == TD_REC_AGREEMENT) {
		TD_PUSH(&x->arena, x->tail, keep_record(&x->arena, r));
		return true;
	}
	if (run->ended)
		return td_fail(e, TD_E_USAGE, "record: run %d has ended", run_of(r));
	if (r->kind == TD_REC_RUN_END)
		return end_run(s, run, &r->as.run_end, e);
	if (r->kind == TD_REC_LAUNCH)
		keep_launch(run, &r->as.launch);
	else
		TD_PUSH(&run->arena, run->records, keep_record(&run->arena, r));
	return true;
}

static bool emit(void *ctx, const td_record *r, td_err *e)
{
	td_store *s = ctx;
	if (r->kind == TD_REC_SESSION)
		return begin_session(s, &r->as.session, e);
	if (!s->session.open)
		return td_fail(e, TD_E_USAGE, "record: there is no session");
	if (r->kind == TD_REC_RUN)
		return begin_run(s, &r->as.run, e);
	if (r->kind == TD_REC_SESSION_END)
		return end_session(s, &r->as.session_end, e);
	if (r->kind == TD_REC_PERSONALITY)
		return td_store_write_personality(s, &r->as.personality, e);
	if (r->kind == TD_REC_PROTOCOL || r->kind == TD_REC_SPEEDUP) {
		TD_PUSH(&s->session.arena, s->session.tail, keep_record(&s->session.arena, r));
		return true;
	}
	return emit_in_run(s, r, e);
}

td_sink td_store_sink(td_store *s)
{
	return (td_sink){s, emit};
}
