/* An independent look at a finished plan: it replays the ops and knows nothing of how they were
 * made. Written for tests and fuzzing; every run asserts the same peaks. */
#include "plan.h"

#include <inttypes.h>
#include <stdlib.h>

typedef struct {
	const td_plan *p;
	bool *alive;
	int *memory; /* per buffer: the buffer whose memory it has now (SWAP moves it) */
	int64_t own[TD_N_PLACES], most_own[TD_N_PLACES];
} replay;

static bool overlaps(const td_plan *p, const td_buffer *a, const td_buffer *b)
{
	if (a->own || b->own || a->block != b->block)
		return false;
	return a->offset - p->guard_bytes < b->offset + b->bytes + p->guard_bytes &&
	       b->offset - p->guard_bytes < a->offset + a->bytes + p->guard_bytes;
}

static bool begin(replay *r, int b, td_err *e)
{
	const td_buffer *items = r->p->buffers.items, *x = &items[r->memory[b]];
	if (r->alive[b])
		return td_fail(e, TD_E_DEVICE, "buffer %d is allocated twice", b);
	if (!x->own &&
	    (x->block < 0 || x->offset < r->p->guard_bytes ||
	     x->offset + x->bytes + r->p->guard_bytes > r->p->blocks.items[x->block].bytes))
		return td_fail(e, TD_E_DEVICE, "buffer %d lies outside its block", b);
	for (int i = 0; i < r->p->buffers.n; i++)
		if (r->alive[i] && overlaps(r->p, x, &items[r->memory[i]]))
			return td_fail(e, TD_E_DEVICE, "buffers %d and %d are alive and overlap", i,
			               b);
	r->alive[b] = true;
	r->own[x->place] += x->own ? x->bytes : 0;
	if (r->own[x->place] > r->most_own[x->place])
		r->most_own[x->place] = r->own[x->place];
	return true;
}

static bool need(const replay *r, int b, td_err *e)
{
	return b == TD_NONE || r->alive[b] ||
	       td_fail(e, TD_E_DEVICE, "buffer %d is used but not alive", b);
}

static bool need_all(const replay *r, const int *ids, int n, td_err *e)
{
	for (int i = 0; i < n; i++)
		if (!need(r, ids[i], e))
			return false;
	return true;
}

static bool end(replay *r, int b, td_err *e)
{
	const td_buffer *x = &r->p->buffers.items[b];
	if (!need(r, b, e))
		return false;
	r->alive[b] = false;
	r->own[x->place] -= x->own ? x->bytes : 0;
	return true;
}

static bool swap(replay *r, int a, int b, td_err *e)
{
	if (!need(r, a, e) || !need(r, b, e))
		return false;
	int m = r->memory[a];
	r->memory[a] = r->memory[b];
	r->memory[b] = m;
	return r->p->buffers.items[a].bytes == r->p->buffers.items[b].bytes ||
	       td_fail(e, TD_E_DEVICE, "buffers %d and %d are exchanged but differ in size", a, b);
}

static bool run(const replay *r, const td_run_op *x, td_err *e)
{
	return need_all(r, x->in, x->n_in, e) && need_all(r, x->out, x->n_out, e) &&
	       need_all(r, x->scratch, x->n_scratch, e);
}

static bool step(replay *r, const td_op *o, td_err *e)
{
	switch (o->code) {
	case TD_OP_ALLOC:
		return begin(r, o->a, e);
	case TD_OP_FREE:
		return end(r, o->a, e);
	case TD_OP_SWAP:
		return swap(r, o->a, o->b, e);
	case TD_OP_RUN:
		return run(r, &r->p->runs.items[o->a], e);
	case TD_OP_UPLOAD:
	case TD_OP_DOWNLOAD:
		return need(r, o->a, e) && need(r, o->b, e);
	case TD_OP_BIND:
		return need(r, o->b, e);
	case TD_OP_LOOP:
	case TD_OP_END:
	default:
		return true;
	}
}

static bool peaks_hold(const replay *r, td_err *e)
{
	for (int place = 0; place < TD_N_PLACES; place++) {
		int64_t sum = r->most_own[place];
		for (int i = 0; i < r->p->blocks.n; i++)
			sum += (int)r->p->blocks.items[i].place == place
			               ? r->p->blocks.items[i].bytes
			               : 0;
		if (sum > r->p->peak_bytes[place])
			return td_fail(e, TD_E_DEVICE,
			               "the plan promises a peak of %" PRId64
			               " bytes and takes %" PRId64,
			               r->p->peak_bytes[place], sum);
	}
	return true;
}

bool td_plan_verify(const td_plan *p, td_err *e)
{
	replay r = {.p = p,
	            .alive = td_alloc((size_t)p->buffers.n),
	            .memory = td_alloc(td_size_mul((size_t)p->buffers.n, sizeof(int)))};
	bool ok = true;
	for (int i = 0; i < p->buffers.n; i++)
		r.memory[i] = i;
	/* twice: memory that a loop has exchanged must fit as well as memory that it has not */
	for (int round = 0; round < 2 && ok; round++) {
		for (int i = 0; i < p->ops.n && ok; i++)
			ok = step(&r, &p->ops.items[i], e) || td_within(e, "op %d", i);
		for (int i = 0; i < p->buffers.n && ok; i++)
			ok = !r.alive[i] || td_fail(e, TD_E_DEVICE, "buffer %d is never freed", i);
	}
	ok = ok && peaks_hold(&r, e);
	free(r.alive);
	free(r.memory);
	return ok;
}
