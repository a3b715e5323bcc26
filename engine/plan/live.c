/* From steps to events, and from uses to the lives of buffers. */
#include "../model/dtype.h"
#include "plan_inner.h"

#include <string.h>

/* -- events ------------------------------------------------------------------ */

static void add_event(td_planner *x, td_event_kind kind, int id, int loop)
{
	TD_PUSH(&x->arena, x->events, ((td_event){kind, id, loop}));
}

static void close_loops(td_planner *x, int *open, int step)
{
	const td_loop *loops = x->g->loops.items;
	while (*open != TD_NONE && loops[*open].last <= step) {
		x->loop_end[*open] = x->events.n;
		add_event(x, TD_EV_END, *open, *open);
		*open = loops[*open].parent;
	}
}

/* Does a live step stand in the loop's body? */
static bool loop_live(const td_planner *x, int loop)
{
	const td_loop *l = &x->g->loops.items[loop];
	for (int s = l->first; s < l->last; s++)
		if (x->live_step[s])
			return true;
	return false;
}

static void make_events(td_planner *x)
{
	const td_graph *g = x->g;
	int open = TD_NONE, next = 0;
	for (int s = 0; s <= g->steps.n; s++) {
		close_loops(x, &open, s);
		for (; next < g->loops.n && g->loops.items[next].first <= s; next++) {
			x->loop_begin[next] = x->loop_end[next] = TD_NONE;
			if (!loop_live(x, next))
				continue;
			open = next;
			x->loop_begin[next] = x->events.n;
			add_event(x, TD_EV_LOOP, next, next);
		}
		if (s == g->steps.n)
			break;
		x->step_event[s] = x->live_step[s] ? x->events.n : TD_NONE;
		if (x->live_step[s])
			add_event(x, TD_EV_STEP, s, g->steps.items[s].loop);
	}
}

/* -- buffers ------------------------------------------------------------------ */

/* Values that share one buffer: a carry lives in its initial value's, an output that is written over
 * an input in that input's. */
static void find_roots(td_planner *x)
{
	const td_graph *g = x->g;
	for (int v = 0; v < g->values.n; v++) {
		const td_value *val = &g->values.items[v];
		x->root[v] = v;
		if (val->kind == TD_CARRY)
			x->root[v] = x->root[g->loops.items[val->maker].items[val->port].init];
		if (val->kind != TD_OUTPUT_OF || !x->live_step[val->maker])
			continue;
		const td_step *s = &g->steps.items[val->maker];
		const char *over = s->node->out[val->port].over;
		int port = over ? td_port_find(s->node->in, over) : TD_NONE;
		if (port < 0)
			continue;
		x->root[v] = x->root[s->in[port]];
		if (td_plan_home(x, v) != x->place[val->maker])
			td_diag_add(x->d, "TD0501", s->at,
			            "%s writes over a value that lies on another device",
			            s->node->name);
	}
}

td_place td_plan_home(const td_planner *x, int value)
{
	const td_value *v = &x->g->values.items[x->root[value]];
	return v->kind == TD_OUTPUT_OF ? x->place[v->maker] : TD_MAIN;
}

int td_plan_buffer(const td_planner *x, int value, td_place place)
{
	return x->p->value_buffer[place][place == td_plan_home(x, value) ? x->root[value] : value];
}

/* The oracle knows two dtypes only. */
static td_dtype dtype_on(const td_planner *x, td_dtype d)
{
	if (x->p->caps.type != TD_DEVICE_REF)
		return d;
	return td_dtype_of(d)->is_float ? TD_F64 : TD_I64;
}

static int64_t bytes_of(td_planner *x, const td_shape *s, td_place place)
{
	int64_t align = place == TD_MAIN && x->p->caps.base_align > 0 ? x->p->caps.base_align : 128;
	int64_t bytes = (int64_t)td_sizeof(s->dtype), lo, hi;
	bool overflow = false;
	for (int i = 0; i < s->rank; i++) {
		td_dim_range(x->g->dims, s->dim[i], &lo, &hi);
		overflow |= __builtin_mul_overflow(bytes, hi > 0 ? hi : 0, &bytes);
	}
	overflow |= __builtin_add_overflow(bytes, align - 1, &bytes);
	if (overflow)
		return INT64_MAX / 2 / align * align; /* TD0404 or TD0405 will say so */
	return bytes / align * align + (bytes / align == 0 ? align : 0);
}

static int add_buffer(td_planner *x, int value, const td_shape *shape, td_place place, int begin,
                      int end)
{
	td_buffer b = {.value = value, .place = place, .shape = *shape, .block = TD_NONE};
	b.shape.dtype = dtype_on(x, shape->dtype);
	for (int i = 0; i < shape->rank; i++)
		b.late |= td_dim_late(x->g->dims, shape->dim[i]);
	b.bytes = bytes_of(x, &b.shape, place);
	bool input = value >= 0 && x->g->values.items[value].kind == TD_INPUT;
	bool host = place == TD_HOST || x->p->caps.unified;
	b.own = input && host && x->p->caps.type != TD_DEVICE_REF;
	TD_PUSH(&x->p->arena, x->p->buffers, b);
	TD_PUSH(&x->arena, x->lives, ((td_span_of_life){begin, end}));
	return x->p->buffers.n - 1;
}

/* The buffer of `owner` at a place, made on first use, alive at least over [begin, end]. */
static int live_over(td_planner *x, int owner, td_place place, int begin, int end)
{
	int *b = &x->p->value_buffer[place][owner];
	if (*b == TD_NONE)
		*b = add_buffer(x, owner, &x->g->values.items[owner].shape, place, begin, end);
	td_span_of_life *l = &x->lives.items[*b];
	l->begin = begin < l->begin ? begin : l->begin;
	l->end = end > l->end ? end : l->end;
	return *b;
}

/* -- uses ------------------------------------------------------------------------ */

/* The event until which a value made in loop `made` is needed when event `e` in loop `used` reads it:
 * the end of the outermost loop between the two, whose every turn reads it again. */
static int needed_until(const td_planner *x, int e, int used, int made)
{
	for (int l = used; l != made && l != TD_NONE; l = x->g->loops.items[l].parent)
		e = x->loop_end[l];
	return e;
}

static int needed_from(const td_planner *x, int e, int used)
{
	for (int l = used; l != TD_NONE; l = x->g->loops.items[l].parent)
		e = x->loop_begin[l];
	return e;
}

/* Event `e` reads `value` at `place`. `epoch` counts loop events so far: a value that crossed since
 * the last one is still fresh on the other side. Returns the buffer to read. */
static int use(td_planner *x, int value, td_place place, int e, int epoch)
{
	const td_value *v = &x->g->values.items[value];
	int loop = x->events.items[e].loop;
	if (x->events.items[e].kind == TD_EV_LOOP)
		loop = x->g->loops.items[loop].parent;
	if (v->kind == TD_INPUT || v->kind == TD_CONST)
		return live_over(x, value, place, needed_from(x, e, loop),
		                 needed_until(x, e, loop, TD_NONE));
	if (v->kind == TD_INDEX)
		return live_over(x, value, place, x->loop_begin[v->maker], x->loop_end[v->maker]);
	td_place home = td_plan_home(x, value);
	int until = needed_until(x, e, loop, v->loop);
	if (place == home) {
		int root = x->root[value];
		return live_over(x, root, home,
		                 x->lives.items[x->p->value_buffer[home][root]].begin, until);
	}
	live_over(x, x->root[value], home,
	          x->lives.items[x->p->value_buffer[home][x->root[value]]].begin, until);
	if (x->fresh[place][value] != epoch) {
		x->fresh[place][value] = epoch;
		TD_PUSH(&x->arena, x->crossings, ((td_crossing){e, value, place}));
	}
	return live_over(x, value, place, e, e);
}

static void make_run(td_planner *x, int step, int e, int epoch)
{
	const td_step *s = &x->g->steps.items[step];
	td_place place = x->place[step];
	td_run_op r = {.step = step,
	               .node = s->node,
	               .impl = x->impl[step],
	               .place = place,
	               .params = s->params,
	               .n_in = s->n_in,
	               .n_out = s->n_out,
	               .n_scratch = td_ports_count(s->node->scratch)};
	int *ids = td_arena_array(&x->p->arena, (size_t)(r.n_in + r.n_out + r.n_scratch) + 1,
	                          sizeof *ids);
	r.in = ids;
	r.out = ids + r.n_in;
	r.scratch = r.out + r.n_out;
	for (int i = 0; i < r.n_in; i++)
		r.in[i] = s->in[i] < 0 ? TD_NONE : use(x, s->in[i], place, e, epoch);
	for (int i = 0; i < r.n_out; i++) {
		int root = x->root[s->out[i]];
		r.out[i] = live_over(
			x, root, place,
			root == s->out[i] ? e
					  : x->lives.items[x->p->value_buffer[place][root]].begin,
			e);
	}
	for (int i = 0; i < r.n_scratch; i++) {
		td_shape shape;
		td_err err;
		if (!td_step_scratch(x->g, s, &s->node->scratch[i], &shape, &err)) {
			td_diag_add(x->d, "TD0203", s->at, "%s", err.text);
			shape = (td_shape){.dtype = TD_U8};
		}
		r.scratch[i] = add_buffer(x, TD_NONE, &shape, place, e, e);
	}
	x->run_of[step] = x->p->runs.n;
	TD_PUSH(&x->p->arena, x->p->runs, r);
}

/* At the end of a turn each next value is exchanged with its carry. Both buffers live as long as
 * either: after the exchange each lies in the other's memory. */
static void end_loop(td_planner *x, int loop, int e, int epoch)
{
	const td_loop *l = &x->g->loops.items[loop];
	for (int i = 0; i < l->n; i++) {
		const td_carry *k = &l->items[i];
		if (!x->live_value[k->value])
			continue;
		td_place home = td_plan_home(x, k->value);
		int cb = use(x, k->value, home, e, epoch), nb = use(x, k->next, home, e, epoch);
		if (cb == nb)
			continue;
		td_span_of_life *c = &x->lives.items[cb], *n = &x->lives.items[nb];
		c->begin = n->begin =
			c->begin < x->loop_begin[loop] ? c->begin : x->loop_begin[loop];
	}
}

/* Lives of exchanged pairs end together; a carry may be read after its loop. */
static void join_pairs(td_planner *x)
{
	for (int l = x->g->loops.n - 1; l >= 0; l--)
		for (int i = 0; i < x->g->loops.items[l].n; i++) {
			const td_carry *k = &x->g->loops.items[l].items[i];
			if (!x->live_value[k->value] || x->loop_begin[l] == TD_NONE)
				continue;
			td_place home = td_plan_home(x, k->value);
			int cb = td_plan_buffer(x, k->value, home),
			    nb = td_plan_buffer(x, k->next, home);
			if (cb == nb || cb < 0 || nb < 0)
				continue;
			td_span_of_life *c = &x->lives.items[cb], *n = &x->lives.items[nb];
			c->begin = n->begin = c->begin < n->begin ? c->begin : n->begin;
			c->end = n->end = c->end > n->end ? c->end : n->end;
		}
}

void td_plan_live(td_planner *x)
{
	int epoch = 1;
	make_events(x);
	find_roots(x);
	for (int e = 0; e < x->events.n; e++) {
		const td_event *ev = &x->events.items[e];
		epoch += ev->kind != TD_EV_STEP;
		if (ev->kind == TD_EV_STEP)
			make_run(x, ev->id, e, epoch);
		else if (ev->kind == TD_EV_END)
			end_loop(x, ev->id, e, epoch - 1);
	}
	for (int i = 0; i < x->g->outputs.n; i++) {
		int root = x->root[x->g->outputs.items[i].value];
		live_over(x, root, td_plan_home(x, root), x->events.n, x->events.n);
	}
	join_pairs(x);
}
