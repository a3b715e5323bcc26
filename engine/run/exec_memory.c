/* Memory of an executor: blocks, buffers, what moves between them and the host. */
#include "../base/clock.h"
#include "convert.h"
#include "exec_inner.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

td_device *td_exec_device(const td_exec *x, td_place place)
{
	return x->dev[place];
}

static const td_buffer *buffer_of(const td_exec *x, int buffer)
{
	return &x->p->buffers.items[buffer];
}

static void point_tensor(td_exec *x, int buffer)
{
	x->tensor[buffer].data = x->mem[buffer].host;
	x->tensor[buffer].mem = x->mem[buffer].cl;
}

bool td_exec_take_memory(td_exec *x, td_err *e)
{
	for (int i = 0; i < x->p->blocks.n; i++) {
		const td_block_size *b = &x->p->blocks.items[i];
		if (!td_mem_new(x->dev[b->place], b->bytes, &x->block[i], e))
			return td_within(e, "the plan's block %d of %" PRId64 " bytes", i,
			                 b->bytes);
		x->peak[b->place] += b->bytes;
	}
	for (int i = 0; i < x->p->buffers.n; i++) {
		const td_buffer *b = buffer_of(x, i);
		td_tensor *t = &x->tensor[i];
		t->dtype = b->shape.dtype;
		t->rank = b->shape.rank;
		x->memory[i] = i;
		if (!b->late && !td_exec_size(x, i, e))
			return false;
		if (b->block >= 0 && !td_mem_part(x->dev[b->place], &x->block[b->block], b->offset,
		                                  b->bytes, &x->mem[i], e))
			return false;
		point_tensor(x, i);
	}
	return true;
}

void td_exec_give_memory(td_exec *x)
{
	for (int i = 0; x->mem && i < x->p->buffers.n; i++)
		td_mem_free(x->dev[buffer_of(x, i)->place], &x->mem[i]);
	for (int i = 0; x->block && i < x->p->blocks.n; i++)
		td_mem_free(x->dev[x->p->blocks.items[i].place], &x->block[i]);
}

bool td_exec_size(td_exec *x, int buffer, td_err *e)
{
	const td_buffer *b = buffer_of(x, buffer);
	for (int i = 0; i < b->shape.rank; i++)
		if (!td_dim_eval(x->p->graph->dims, b->shape.dim[i], x->symbols,
		                 &x->tensor[buffer].dim[i]) ||
		    x->tensor[buffer].dim[i] < 0)
			return td_fail(e, TD_E_DATA,
			               "the size of an axis cannot be worked out or is negative");
	int64_t bytes = td_numel(&x->tensor[buffer]) * (int64_t)td_sizeof(b->shape.dtype);
	return bytes <= b->bytes ||
	       td_fail(e, TD_E_DEVICE, "a buffer needs %" PRId64 " bytes, planned are %" PRId64,
	               bytes, b->bytes);
}

/* The file data behind an input's buffer. */
static const td_input_data *data_of(const td_exec *x, const td_buffer *b)
{
	return &x->inputs->items[x->p->graph->values.items[b->value].maker];
}

bool td_exec_alloc(td_exec *x, int buffer, td_err *e)
{
	const td_buffer *b = buffer_of(x, buffer);
	x->alive[buffer] = true;
	if (b->own) {
		const td_input_data *d = data_of(x, b);
		if (!x->mem[buffer].bytes &&
		    !td_mem_wrap(x->dev[b->place], d->tensor.data, b->bytes, &x->mem[buffer], e))
			return false;
		point_tensor(x, buffer);
		x->own_bytes[b->place] += b->bytes;
		int64_t now = x->own_bytes[b->place];
		for (int i = 0; i < x->p->blocks.n; i++)
			now += x->p->blocks.items[i].place == b->place ? x->p->blocks.items[i].bytes
			                                               : 0;
		x->peak[b->place] = now > x->peak[b->place] ? now : x->peak[b->place];
	}
	if (x->peak[b->place] > x->p->peak_bytes[b->place])
		return td_fail(e, TD_E_DEVICE,
		               "the plan promised a peak of %" PRId64
		               " bytes, the run takes %" PRId64,
		               x->p->peak_bytes[b->place], x->peak[b->place]);
	return !x->p->guard_bytes || b->own || td_exec_arm(x, buffer, e);
}

void td_exec_drop(td_exec *x, int buffer)
{
	const td_buffer *b = buffer_of(x, buffer);
	x->alive[buffer] = false;
	if (b->own)
		x->own_bytes[b->place] -= b->bytes;
}

void td_exec_swap(td_exec *x, int a, int b)
{
	td_mem m = x->mem[a];
	int k = x->memory[a];
	x->mem[a] = x->mem[b];
	x->mem[b] = m;
	x->memory[a] = x->memory[b];
	x->memory[b] = k;
	point_tensor(x, a);
	point_tensor(x, b);
}

/* -- transfers ---------------------------------------------------------------- */

static bool emit_transfer(td_exec *x, int buffer, bool up, bool mapped, int64_t bytes,
                          const td_times *t, td_err *e)
{
	td_record r = {.kind = TD_REC_TRANSFER,
	               .as.transfer = {x->run, x->repeat, buffer_of(x, buffer)->value, up, mapped,
	                               bytes, *t}};
	return td_emit(x->sink, &r, e);
}

/* Writes n elements of a host array into a buffer, in the buffer's dtype. */
static bool fill_buffer(td_exec *x, int buffer, const void *from, td_dtype dtype, int64_t n,
                        td_times *t, td_err *e)
{
	const td_buffer *b = buffer_of(x, buffer);
	td_device *dev = x->dev[b->place];
	int64_t bytes = n * (int64_t)td_sizeof(b->shape.dtype);
	if (dtype == b->shape.dtype)
		return td_mem_write(dev, &x->mem[buffer], 0, from, bytes, t, e);
	void *temp = td_alloc((size_t)bytes);
	td_convert(temp, b->shape.dtype, from, dtype, n);
	bool ok = td_mem_write(dev, &x->mem[buffer], 0, temp, bytes, t, e);
	free(temp);
	return ok;
}

static bool upload_const(td_exec *x, int buffer, td_times *t, td_err *e)
{
	const td_constant *c =
		&x->p->graph->constants
			 .items[x->p->graph->values.items[buffer_of(x, buffer)->value].maker];
	void *own = td_alloc(td_size_mul((size_t)c->n, 8));
	if (td_dtype_of(c->dtype)->is_float) {
		td_convert(own, c->dtype, c->items, TD_F64, c->n);
	} else {
		int64_t *whole = td_alloc(td_size_mul((size_t)c->n, sizeof *whole));
		for (int64_t i = 0; i < c->n; i++)
			whole[i] = (int64_t)c->items[i];
		td_convert(own, c->dtype, whole, TD_I64, c->n);
		free(whole);
	}
	bool ok = fill_buffer(x, buffer, own, c->dtype, c->n, t, e);
	free(own);
	return ok;
}

bool td_exec_upload(td_exec *x, int to, int from, td_err *e)
{
	const td_buffer *b = buffer_of(x, to);
	td_times t = {0};
	if (from != TD_NONE) { /* from the host's buffer */
		if (!td_exec_size(x, to, e))
			return false;
		int64_t bytes = td_numel(&x->tensor[to]) * (int64_t)td_sizeof(b->shape.dtype);
		return td_mem_write(x->dev[b->place], &x->mem[to], 0, x->mem[from].host, bytes, &t,
		                    e) &&
		       emit_transfer(x, to, true, false, bytes, &t, e);
	}
	const td_value *v = &x->p->graph->values.items[b->value];
	int64_t n = td_numel(&x->tensor[to]), bytes = n * (int64_t)td_sizeof(b->shape.dtype);
	bool ok = true;
	if (v->kind == TD_CONST)
		ok = upload_const(x, to, &t, e);
	else if (!b->own)
		ok = fill_buffer(x, to, data_of(x, b)->tensor.data, data_of(x, b)->tensor.dtype, n,
		                 &t, e);
	else
		t.host_begin_ns = t.host_end_ns = td_now_ns();
	return ok && emit_transfer(x, to, true, b->own, bytes, &t, e);
}

/* To the output's host tensor: in place on unified memory, else copied. */
static bool download_output(td_exec *x, int from, int output, td_times *t, bool *mapped, td_err *e)
{
	const td_buffer *b = buffer_of(x, from);
	td_device *dev = x->dev[b->place];
	td_tensor *out = &x->output[output];
	td_dtype want =
		x->p->graph->values.items[x->p->graph->outputs.items[output].value].shape.dtype;
	int64_t n = td_numel(&x->tensor[from]), bytes = n * (int64_t)td_sizeof(b->shape.dtype);
	if (x->output_owned[output])
		free(out->data);
	*out = x->tensor[from];
	*mapped = x->mem[from].host && want == b->shape.dtype;
	x->output_owned[output] = !*mapped;
	if (*mapped) {
		t->host_begin_ns = td_now_ns();
		bool ok = td_mem_map(dev, &x->mem[from], bytes, e) &&
		          td_mem_unmap(dev, &x->mem[from], e);
		t->host_end_ns = td_now_ns();
		out->data = x->mem[from].host;
		return ok;
	}
	out->dtype = want;
	out->data = td_alloc(td_size_mul((size_t)n, 8));
	if (!td_mem_read(dev, &x->mem[from], 0, out->data, bytes, t, e))
		return false;
	if (want != b->shape.dtype) { /* narrowing in place: elements only move down */
		void *narrow = td_alloc(td_size_mul((size_t)n, td_sizeof(want)));
		td_convert(narrow, want, out->data, b->shape.dtype, n);
		free(out->data);
		out->data = narrow;
	}
	return true;
}

bool td_exec_download(td_exec *x, int from, int to, int output, td_err *e)
{
	const td_buffer *b = buffer_of(x, from);
	td_times t = {0};
	bool mapped = false;
	if (b->late && !td_exec_size(x, from, e))
		return false;
	int64_t bytes = td_numel(&x->tensor[from]) * (int64_t)td_sizeof(b->shape.dtype);
	bool ok = to != TD_NONE ? td_mem_read(x->dev[b->place], &x->mem[from], 0, x->mem[to].host,
	                                      bytes, &t, e)
	                        : download_output(x, from, output, &t, &mapped, e);
	return ok && emit_transfer(x, from, false, mapped, bytes, &t, e);
}
