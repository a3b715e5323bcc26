/* The ops, event by event: what begins, what crosses, the event itself, what ends. */
#include "plan_inner.h"

#include <stdlib.h>

/* Buffers by the event at which they begin or end: a chain per event, ascending. */
typedef struct {
	int *first, *next;
} chains;

static chains chain_up(td_planner *x, bool begins)
{
	int n = x->p->buffers.n, n_events = x->events.n + 1;
	chains c = {td_arena_array(&x->arena, (size_t)n_events, sizeof(int)),
	            td_arena_array(&x->arena, (size_t)n + 1, sizeof(int))};
	for (int e = 0; e < n_events; e++)
		c.first[e] = TD_NONE;
	for (int b = n - 1; b >= 0; b--) {
		int e = begins ? x->lives.items[b].begin : x->lives.items[b].end;
		c.next[b] = c.first[e];
		c.first[e] = b;
	}
	return c;
}

static void op(td_planner *x, td_opcode code, int a, int b)
{
	TD_PUSH(&x->p->arena, x->p->ops, ((td_op){code, a, b}));
}

static void begin_buffers(td_planner *x, const chains *c, int e)
{
	for (int b = c->first[e]; b != TD_NONE; b = c->next[b]) {
		int value = x->p->buffers.items[b].value;
		td_value_kind kind = value < 0 ? TD_OUTPUT_OF : x->g->values.items[value].kind;
		op(x, TD_OP_ALLOC, b, TD_NONE);
		if (kind == TD_INPUT || kind == TD_CONST)
			op(x, TD_OP_UPLOAD, b, TD_NONE);
	}
}

static void cross(td_planner *x, int *next, int e)
{
	for (; *next < x->crossings.n && x->crossings.items[*next].event == e; ++*next) {
		const td_crossing *k = &x->crossings.items[*next];
		int home = td_plan_buffer(x, k->value, td_plan_home(x, k->value));
		int away = x->p->value_buffer[k->to][k->value];
		bool up = k->to == TD_MAIN;
		op(x, up ? TD_OP_UPLOAD : TD_OP_DOWNLOAD, up ? away : home, up ? home : away);
	}
}

static void emit_step(td_planner *x, int step)
{
	const td_step *s = &x->g->steps.items[step];
	const td_run_op *r = &x->p->runs.items[x->run_of[step]];
	op(x, TD_OP_RUN, x->run_of[step], TD_NONE);
	for (int i = 0; i < s->n_out; i++) {
		int late = td_step_late(x->g, s, i);
		if (late >= 0)
			op(x, TD_OP_BIND, late, r->out[i]);
	}
}

static void emit_end(td_planner *x, int loop, const int *loop_op)
{
	const td_loop *l = &x->g->loops.items[loop];
	for (int i = 0; i < l->n; i++) {
		const td_carry *k = &l->items[i];
		if (!x->live_value[k->value])
			continue;
		td_place home = td_plan_home(x, k->value);
		int a = td_plan_buffer(x, k->value, home), b = td_plan_buffer(x, k->next, home);
		if (a != b)
			op(x, TD_OP_SWAP, a, b);
	}
	op(x, TD_OP_END, loop, loop_op[loop]);
	x->p->ops.items[loop_op[loop]].b = x->p->ops.n;
}

static void emit_outputs(td_planner *x)
{
	for (int i = 0; i < x->g->outputs.n; i++) {
		int value = x->g->outputs.items[i].value;
		op(x, TD_OP_DOWNLOAD, td_plan_buffer(x, value, td_plan_home(x, value)), TD_NONE);
	}
}

void td_plan_emit(td_planner *x)
{
	chains begins = chain_up(x, true), ends = chain_up(x, false);
	int *loop_op = td_arena_array(&x->arena, (size_t)x->g->loops.n + 1, sizeof *loop_op);
	int crossing = 0;
	for (int e = 0; e <= x->events.n; e++) {
		begin_buffers(x, &begins, e);
		cross(x, &crossing, e);
		if (e == x->events.n) {
			emit_outputs(x);
		} else if (x->events.items[e].kind == TD_EV_STEP) {
			emit_step(x, x->events.items[e].id);
		} else if (x->events.items[e].kind == TD_EV_LOOP) {
			loop_op[x->events.items[e].id] = x->p->ops.n;
			op(x, TD_OP_LOOP, x->events.items[e].id, TD_NONE);
		} else {
			emit_end(x, x->events.items[e].id, loop_op);
		}
		for (int b = ends.first[e]; b != TD_NONE; b = ends.next[b])
			op(x, TD_OP_FREE, b, TD_NONE);
	}
}
