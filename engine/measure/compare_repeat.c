#include "compare_inner.h"

#include "../base/clock.h"

#include <stdlib.h>
#include <string.h>

/* Five times in all, as long as that takes no longer than the comparison itself, or a second. */
enum { REPEATS = 4 };
static const int64_t least_ns = 1000000000;

/* By step and port. */
typedef struct {
	int64_t *repeats, *differing;
} tallies;

void td_compare_remember(lane *l)
{
	for (int port = 0; port < l->run->n_out; port++) {
		digests *d = &l->seen;
		if (d->n == d->cap) {
			d->cap = d->cap ? 2 * d->cap : 64;
			d->items =
				td_realloc(d->items, td_size_mul((size_t)d->cap, sizeof *d->items));
		}
		d->items[d->n++] = td_tensor_sha256(&l->out[port]);
	}
}

static bool once_more(comparison *c, int i, int repeat, const tallies *t, td_err *e)
{
	lane *l = &c->lanes[i];
	int64_t at = 0;
	td_exec_restart(l->exec, repeat);
	while (td_compare_next(l, e)) {
		if (!l->run)
			return true;
		for (int port = 0; port < l->run->n_out && at < l->seen.n; port++, at++) {
			size_t k = (size_t)l->run->step * TD_MAX_PORTS + (size_t)port;
			td_sha256 sha = td_tensor_sha256(&l->out[port]);
			bool differs = strcmp(sha.hex, l->seen.items[at].hex) != 0;
			t->repeats[k]++;
			t->differing[k] += differs;
			if (differs && (l->run->node->flags & TD_D_MASK) >= TD_D1 &&
			    !td_compare_tell(c, i, NULL, e))
				return false;
		}
	}
	return false;
}

static bool emit_step(comparison *c, int i, int step, const tallies *t, td_err *e)
{
	const td_node *node = c->g->steps.items[step].node;
	for (int port = 0; port < td_ports_count(node->out); port++) {
		size_t k = (size_t)step * TD_MAX_PORTS + (size_t)port;
		if (!t->repeats[k])
			continue;
		td_rec_repeatability row = {.run = c->o->first_run + i,
		                            .step = step,
		                            .port = port,
		                            .level = (int)(node->flags & TD_D_MASK),
		                            .repeats = t->repeats[k],
		                            .differing = t->differing[k]};
		if (row.differing && row.level >= 1 && c->result->unrepeatable == TD_NONE)
			c->result->unrepeatable = step;
		td_record r = {.kind = TD_REC_REPEATABILITY, .as.repeatability = row};
		if (!td_emit(c->o->sink, &r, e))
			return false;
	}
	return true;
}

static bool repeat_lane(comparison *c, int i, int64_t until_ns, td_err *e)
{
	size_t n = td_size_mul((size_t)c->g->steps.n + 1, TD_MAX_PORTS);
	tallies t = {td_alloc(td_size_mul(n, sizeof(int64_t))),
	             td_alloc(td_size_mul(n, sizeof(int64_t)))};
	bool ok = true;
	int done = 0;
	int wanted = c->o->repeats ? c->o->repeats : REPEATS;
	while (ok && done < wanted && (c->o->repeats || !done || td_now_ns() < until_ns))
		ok = once_more(c, i, ++done, &t, e);
	if (!i || done < c->result->repeats)
		c->result->repeats = done;
	for (int step = 0; ok && step < c->g->steps.n; step++)
		ok = emit_step(c, i, step, &t, e);
	free(t.repeats);
	free(t.differing);
	return ok;
}

bool td_compare_repeat(comparison *c, td_err *e)
{
	int64_t spent = td_now_ns() - c->began_ns, each = spent > least_ns ? spent : least_ns;
	bool ok = true;
	for (int i = 0; i < c->n && ok; i++) {
		c->replaying = true;
		ok = repeat_lane(c, i, td_now_ns() + each / c->n, e);
		c->replaying = false;
	}
	return ok;
}
