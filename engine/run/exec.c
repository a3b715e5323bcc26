#include "exec_inner.h"

#include "../base/log.h"

#include "../base/clock.h"
#include "convert.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { SETTLE_AFTER = 16384 }; /* launches kept before their times are read */

/* -- life ------------------------------------------------------------------------ */

static void take_arrays(td_exec *x)
{
	const td_plan *p = x->p;
	size_t buffers = (size_t)p->buffers.n + 1, outputs = (size_t)p->graph->outputs.n + 1;
	td_arena *a = &x->arena;
	x->block = td_arena_array(a, (size_t)p->blocks.n + 1, sizeof *x->block);
	x->mem = td_arena_array(a, buffers, sizeof *x->mem);
	x->tensor = td_arena_array(a, buffers, sizeof *x->tensor);
	x->memory = td_arena_array(a, buffers, sizeof *x->memory);
	x->alive = td_arena_array(a, buffers, sizeof *x->alive);
	x->symbols = td_arena_array(a, (size_t)p->n_symbols + 1, sizeof *x->symbols);
	x->open = td_arena_array(a, (size_t)p->graph->loops.n + 1, sizeof *x->open);
	x->output = td_arena_array(a, outputs, sizeof *x->output);
	x->output_owned = td_arena_array(a, outputs, sizeof *x->output_owned);
	x->times = td_arena_array(a, (size_t)p->runs.n + 1, sizeof *x->times);
	memcpy(x->symbols, p->symbols, (size_t)p->n_symbols * sizeof *x->symbols);
}

static bool build_kernels(td_exec *x, td_err *e)
{
	const td_impl **impls = td_alloc(td_size_mul((size_t)x->p->runs.n, sizeof(td_impl *)));
	for (int i = 0; i < x->p->runs.n; i++)
		impls[i] = x->p->runs.items[i].impl;
	bool ok = td_device_build(x->dev[TD_MAIN], impls, x->p->runs.n, &x->build, e);
	free(impls);
	td_record r = {.kind = TD_REC_BUILD, .as.build = {x->run, &x->build}};
	return ok && td_emit(x->sink, &r, e);
}

static bool needs_host(const td_plan *p)
{
	for (int i = 0; i < p->buffers.n; i++)
		if (p->buffers.items[i].place == TD_HOST)
			return true;
	for (int i = 0; i < p->runs.n; i++)
		if (p->runs.items[i].place == TD_HOST)
			return true;
	return false;
}

bool td_exec_new(const td_plan *p, td_device *dev, const td_run_inputs *in, const td_sink *sink,
                 int run, td_exec **out, td_err *e)
{
	td_exec *x = td_alloc(sizeof *x);
	*out = NULL;
	x->p = p;
	x->dev[TD_MAIN] = dev;
	x->inputs = in;
	x->sink = sink;
	x->run = run;
	take_arrays(x);
	bool ok = !needs_host(p) || td_device_open("native", &x->dev[TD_HOST], e);
	if (!ok || !build_kernels(x, e) || !td_exec_take_memory(x, e)) {
		td_exec_free(x);
		return false;
	}
	*out = x;
	return true;
}

void td_exec_hush(td_exec *x)
{
	x->hushed = true;
}

static void drop_outputs(td_exec *x)
{
	for (int i = 0; i < x->p->graph->outputs.n; i++) {
		if (x->output_owned[i])
			free(x->output[i].data);
		x->output[i].data = NULL;
		x->output_owned[i] = false;
	}
}

void td_exec_free(td_exec *x)
{
	if (!x)
		return;
	drop_outputs(x);
	if (x->dev[TD_MAIN])
		(void)!td_device_finish(x->dev[TD_MAIN],
		                        NULL); /* nothing may still write the memory */
	td_exec_give_memory(x);
	td_device_close(x->dev[TD_HOST]);
	for (size_t i = 0; i < TD_COUNT(x->look); i++)
		free(x->look[i].data);
	td_arena_fini(&x->arena);
	free(x);
}

const td_build *td_exec_build(const td_exec *x)
{
	return &x->build;
}

int64_t td_exec_peak(const td_exec *x, td_place place)
{
	return x->peak[place];
}

int64_t td_exec_turn(const td_exec *x)
{
	return x->n_open ? x->open[x->n_open - 1].turn : 0;
}

const td_tensor *td_exec_output(const td_exec *x, int output)
{
	return &x->output[output];
}

const td_step_time *td_exec_times(const td_exec *x)
{
	return x->times;
}

void td_exec_restart(td_exec *x, int repeat)
{
	drop_outputs(x);
	x->pc = 0;
	x->n_open = 0;
	x->repeat = repeat;
	x->last_end_ns = 0;
	memset(x->times, 0, (size_t)x->p->runs.n * sizeof *x->times);
	memset(x->alive, 0, (size_t)x->p->buffers.n * sizeof *x->alive);
	x->own_bytes[TD_MAIN] = x->own_bytes[TD_HOST] = 0;
	memcpy(x->symbols, x->p->symbols, (size_t)x->p->n_symbols * sizeof *x->symbols);
}

const td_op *td_exec_next(const td_exec *x)
{
	return x->pc < x->p->ops.n ? &x->p->ops.items[x->pc] : NULL;
}

/* -- RUN ---------------------------------------------------------------------------- */

/* A launch's tag: which run of the plan, in which turn. */
static int64_t tag_of(const td_exec *x, int run)
{
	return td_exec_turn(x) << 20 | run;
}

static void gather(const td_exec *x, const int *ids, int n, td_tensor *out)
{
	for (int i = 0; i < n; i++)
		out[i] = ids[i] == TD_NONE ? (td_tensor){.rank = TD_NONE} : x->tensor[ids[i]];
}

/* Outputs whose late dim this very step fixes have their capacity: BIND comes after. */
static bool size_outputs(td_exec *x, const td_run_op *r, td_err *e)
{
	const td_step *s = &x->p->graph->steps.items[r->step];
	for (int i = 0; i < s->n_out; i++) {
		int late = td_step_late(x->p->graph, s, i);
		if (late < 0)
			continue;
		int64_t lo, hi;
		td_dim_range(x->p->graph->dims, td_dims_symbol_c(x->p->graph->dims, late)->capacity,
		             &lo, &hi);
		x->symbols[late] = hi;
	}
	for (int i = 0; i < r->n_out; i++)
		if (x->p->buffers.items[r->out[i]].late && !td_exec_size(x, r->out[i], e))
			return false;
	return true;
}

static bool prepare(td_exec *x, const td_run_op *r, td_err *e)
{
	for (int i = 0; i < r->n_in; i++)
		if (r->in[i] >= 0 && x->p->buffers.items[r->in[i]].late &&
		    !td_exec_size(x, r->in[i], e))
			return false;
	for (int i = 0; i < r->n_scratch; i++)
		if (x->p->buffers.items[r->scratch[i]].late && !td_exec_size(x, r->scratch[i], e))
			return false;
	if (!size_outputs(x, r, e))
		return false;
	for (int i = 0; x->p->guard_bytes && i < r->n_out; i++)
		if (!r->node->out[i].over && !td_exec_poison(x, r->out[i], e))
			return false;
	return true;
}

static void add_cost(td_step_time *t, const td_run_op *r, const td_call *c)
{
	td_cost cost = r->node->cost ? r->node->cost(c) : (td_cost){0};
	t->cost.flops += cost.flops;
	t->cost.bytes += cost.bytes;
}

/* Shows a node's `accept` the outputs that it asks for. */
static bool accepted(td_exec *x, const td_run_op *r, const td_call *c, td_err *e)
{
	enum { SLOT = 3 * TD_MAX_PORTS };
	td_tensor out[TD_MAX_PORTS];
	td_call seen = {.in = c->in, .out = out, .params = c->params};
	td_err warning = {0};
	for (int i = 0; i < r->n_out; i++) {
		out[i] = c->out[i];
		out[i].data = NULL;
		if ((r->node->out[i].flags & TD_READ) &&
		    !td_exec_look(x, r->out[i], SLOT + i, &out[i], e))
			return false;
	}
	if (!r->node->accept(&seen, &warning)) {
		*e = warning;
		return false;
	}
	if (warning.text[0] && x->repeat == 0 && !x->hushed)
		td_warn("%s", warning.text);
	return true;
}

static bool op_run(td_exec *x, int run, td_err *e)
{
	const td_run_op *r = &x->p->runs.items[run];
	const td_step *s = &x->p->graph->steps.items[r->step];
	double *mag[TD_MAX_PORTS] = {0};
	td_call c = {
		.in = x->in, .out = x->out, .scratch = x->scratch, .params = r->params, .mag = mag};
	bool ok = prepare(x, r, e);
	if (ok) {
		gather(x, r->in, r->n_in, x->in);
		gather(x, r->out, r->n_out, x->out);
		gather(x, r->scratch, r->n_scratch, x->scratch);
		add_cost(&x->times[run], r, &c);
		ok = td_device_run(x->dev[r->place], r->impl, &c, tag_of(x, run), e);
	}
	ok = ok && (!x->p->guard_bytes || td_exec_watch(x, r, e)) &&
	     (!r->node->accept || accepted(x, r, &c, e));
	if (!ok)
		return td_within(e, "%s:%d: step %s (%s/%s)", s->at.file, s->at.line, s->name,
		                 r->node->name, r->impl->name);
	return ++x->unsettled < SETTLE_AFTER || td_exec_settle(x, e);
}

/* -- LOOP, BIND ------------------------------------------------------------------------ */

static bool write_index(td_exec *x, int loop, int64_t turn, td_err *e)
{
	int index = x->p->graph->loops.items[loop].index;
	for (int place = 0; index != TD_NONE && place < TD_N_PLACES; place++) {
		int b = x->p->value_buffer[place][index];
		if (b != TD_NONE &&
		    !td_mem_fill(x->dev[place], &x->mem[b], 0, sizeof turn, &turn, sizeof turn, e))
			return false;
	}
	return true;
}

static bool op_loop(td_exec *x, const td_op *o, td_err *e)
{
	if (x->p->graph->loops.items[o->a].trips == 0) {
		x->pc = o->b;
		return true;
	}
	x->open[x->n_open++] = (td_open_loop){o->a, 0};
	x->pc++;
	return write_index(x, o->a, 0, e);
}

static bool op_end(td_exec *x, const td_op *o, td_err *e)
{
	td_open_loop *l = &x->open[x->n_open - 1];
	if (++l->turn < x->p->graph->loops.items[o->a].trips) {
		x->pc = o->b + 1;
		return write_index(x, o->a, l->turn, e);
	}
	x->n_open--;
	x->pc++;
	return true;
}

static bool op_bind(td_exec *x, int symbol, int buffer, td_err *e)
{
	const td_symbol *s = td_dims_symbol_c(x->p->graph->dims, symbol);
	td_tensor t;
	int64_t lo, capacity;
	if (!td_exec_look(x, buffer, 0, &t, e) || !t.data)
		return false;
	int64_t n = t.dtype == TD_I64 ? *(const int64_t *)t.data : *(const int32_t *)t.data;
	td_dim_range(x->p->graph->dims, s->capacity, &lo, &capacity);
	if (n < 0 || n > capacity)
		return td_fail(e, TD_E_DISAGREE,
		               "the late dim %s is %" PRId64 ", its capacity is %" PRId64, s->name,
		               n, capacity);
	x->symbols[symbol] = n;
	td_record r = {.kind = TD_REC_BIND, .as.bind = {x->run, x->repeat, s->name, n, capacity}};
	return td_emit(x->sink, &r, e);
}

/* -- the op loop --------------------------------------------------------------------------- */

static int output_of_op(const td_exec *x)
{
	int output = -1;
	for (int i = x->pc;
	     i >= 0 && x->p->ops.items[i].code == TD_OP_DOWNLOAD && x->p->ops.items[i].b == TD_NONE;
	     i--)
		output++;
	return output;
}

bool td_exec_op(td_exec *x, td_err *e)
{
	const td_op *o = &x->p->ops.items[x->pc];
	bool ok = true;
	switch (o->code) {
	case TD_OP_LOOP:
		return op_loop(x, o, e);
	case TD_OP_END:
		return op_end(x, o, e);
	case TD_OP_ALLOC:
		ok = td_exec_alloc(x, o->a, e);
		break;
	case TD_OP_UPLOAD:
		ok = td_exec_upload(x, o->a, o->b, e);
		break;
	case TD_OP_RUN:
		ok = op_run(x, o->a, e);
		break;
	case TD_OP_DOWNLOAD:
		ok = td_exec_download(x, o->a, o->b, output_of_op(x), e);
		break;
	case TD_OP_FREE:
		td_exec_drop(x, o->a);
		break;
	case TD_OP_SWAP:
		td_exec_swap(x, o->a, o->b);
		break;
	case TD_OP_BIND:
	default:
		ok = op_bind(x, o->a, o->b, e);
		break;
	}
	x->pc += ok;
	return ok;
}

/* -- what was launched ------------------------------------------------------------------------ */

static bool take_launch(void *arg, const td_launched *l, td_err *e)
{
	td_exec *x = arg;
	int run = (int)(l->tag & 0xfffff);
	const td_run_op *r = &x->p->runs.items[run];
	td_step_time *t = &x->times[run];
	bool device = l->t.end_ns != 0;
	int64_t begin = device ? l->t.start_ns : l->t.host_begin_ns,
		end = device ? l->t.end_ns : l->t.host_end_ns;
	int64_t after = x->last_end_ns ? x->last_end_ns : device ? l->t.queued_ns : begin;
	t->kernel_ns += end - begin;
	t->wall_ns += end > after ? end - after : 0;
	t->launches++;
	x->last_end_ns = end > after ? end : after;
	td_record rec = {
		.kind = TD_REC_LAUNCH,
		.as.launch = {x->run, x->repeat, l->tag >> 20, r->step, l, r->impl, r->place}};
	return td_emit(x->sink, &rec, e);
}

bool td_exec_settle(td_exec *x, td_err *e)
{
	x->unsettled = 0;
	for (int place = 0; place < TD_N_PLACES; place++)
		if (x->dev[place] && (!td_device_finish(x->dev[place], e) ||
		                      !td_device_collect(x->dev[place], take_launch, x, e)))
			return false;
	return true;
}

bool td_exec_run(td_exec *x, td_err *e)
{
	while (td_exec_next(x))
		if (!td_exec_op(x, e))
			return false;
	return td_exec_settle(x, e);
}

bool td_exec_look(td_exec *x, int buffer, int slot, td_tensor *out, td_err *e)
{
	if (buffer == TD_NONE) {
		*out = (td_tensor){.rank = TD_NONE};
		return true;
	}
	const td_buffer *b = &x->p->buffers.items[buffer];
	if (b->late && !td_exec_size(x, buffer, e))
		return false;
	*out = x->tensor[buffer];
	size_t bytes = td_size_mul((size_t)td_numel(out), td_sizeof(out->dtype));
	if (x->look[slot].bytes < bytes || !x->look[slot].data) {
		free(x->look[slot].data);
		x->look[slot].data = td_alloc(bytes);
		x->look[slot].bytes = bytes;
	}
	out->data = x->look[slot].data;
	out->mem = NULL;
	return td_mem_read(x->dev[b->place], &x->mem[buffer], 0, out->data, (int64_t)bytes, NULL,
	                   e);
}
