/* Watching a run: each buffer has a zone of a known pattern on both sides, and outputs are filled
 * with signalling NaNs before a step writes them. A store outside a buffer breaks a zone; an element
 * that was never written is still a signalling NaN when it is compared with the oracle. */
#include "exec_inner.h"

#include <stdlib.h>
#include <string.h>

static const uint32_t guard_word = 0xA5C3965A;
static const uint32_t poison_word = 0x7FA00D1E; /* signalling NaN as f32, and as f64 in pairs */

static bool fill(td_exec *x, const td_buffer *b, int64_t offset, int64_t bytes, uint32_t word,
                 td_err *e)
{
	return td_mem_fill(x->dev[b->place], &x->block[b->block], offset, bytes, &word, sizeof word,
	                   e);
}

/* Where a buffer lies now; swaps have moved it. */
static const td_buffer *place_of(const td_exec *x, int buffer)
{
	return &x->p->buffers.items[x->memory[buffer]];
}

bool td_exec_arm(td_exec *x, int buffer, td_err *e)
{
	const td_buffer *b = place_of(x, buffer);
	int64_t guard = x->p->guard_bytes;
	return fill(x, b, b->offset - guard, guard, guard_word, e) &&
	       fill(x, b, b->offset + b->bytes, guard, guard_word, e);
}

bool td_exec_poison(td_exec *x, int buffer, td_err *e)
{
	const td_buffer *b = place_of(x, buffer);
	return b->own || fill(x, b, b->offset, b->bytes, poison_word, e);
}

static bool zone_whole(td_exec *x, const td_buffer *b, int64_t offset, uint32_t *zone, bool *whole,
                       td_err *e)
{
	int64_t guard = x->p->guard_bytes;
	if (!td_mem_read(x->dev[b->place], &x->block[b->block], offset, zone, guard, NULL, e))
		return false;
	for (int64_t i = 0; i < guard / 4; i++)
		*whole &= zone[i] == guard_word;
	return true;
}

static bool check_buffer(td_exec *x, const td_run_op *r, int buffer, const char *role,
                         const char *port, td_err *e)
{
	const td_buffer *b = buffer < 0 ? NULL : place_of(x, buffer);
	if (!b || b->own)
		return true;
	uint32_t *zone = td_alloc((size_t)x->p->guard_bytes);
	bool before = true, after = true;
	bool ok = zone_whole(x, b, b->offset - x->p->guard_bytes, zone, &before, e) &&
	          zone_whole(x, b, b->offset + b->bytes, zone, &after, e);
	free(zone);
	if (!ok || (before && after))
		return ok;
	return td_fail(e, TD_E_DISAGREE,
	               "%s/%s wrote outside a buffer: %s the %s \"%s\" of step %s", r->node->name,
	               r->impl->name, before ? "behind" : "before", role, port,
	               x->p->graph->steps.items[r->step].name);
}

bool td_exec_watch(td_exec *x, const td_run_op *r, td_err *e)
{
	if (!td_device_finish(x->dev[r->place], e))
		return false;
	for (int i = 0; i < r->n_out; i++)
		if (!check_buffer(x, r, r->out[i], "output", r->node->out[i].name, e))
			return false;
	for (int i = 0; i < r->n_scratch; i++)
		if (!check_buffer(x, r, r->scratch[i], "scratch", r->node->scratch[i].name, e))
			return false;
	for (int i = 0; i < r->n_in; i++)
		if (!check_buffer(x, r, r->in[i], "input", r->node->in[i].name, e))
			return false;
	return true;
}
