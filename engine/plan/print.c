/* A plan as text for people and golden tests, and as JSON. */
#include "../model/dtype.h"
#include "plan_inner.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

static const char *const op_names[] = {"alloc", "upload", "run",  "download", "free",
                                       "loop",  "end",    "swap", "bind"};

/* "weight", "scratch" */
static void name_of(const td_plan *p, int buffer, td_str *out)
{
	if (buffer == TD_NONE)
		td_str_add(out, "-");
	else if (p->buffers.items[buffer].value < 0)
		td_str_addf(out, "scratch %d", buffer);
	else
		td_value_text(p->graph, p->buffers.items[buffer].value, out);
}

/* "[94 355]", late dims by their expression. */
static void dims_of(const td_plan *p, const td_shape *s, td_str *out)
{
	td_str_add(out, "[");
	for (int i = 0; i < s->rank; i++) {
		int64_t n;
		td_str_add(out, i ? " " : "");
		if (td_dim_eval(p->graph->dims, s->dim[i], p->symbols, &n))
			td_str_addf(out, "%" PRId64, n);
		else
			td_dim_text(p->graph->dims, s->dim[i], out);
	}
	td_str_add(out, "]");
}

static void print_alloc(const td_plan *p, int buffer, td_str *out)
{
	const td_buffer *b = &p->buffers.items[buffer];
	name_of(p, buffer, out);
	td_str_addf(out, " %s ", td_dtype_name(b->shape.dtype));
	dims_of(p, &b->shape, out);
	if (b->own)
		td_str_addf(out, "  %" PRId64 " bytes of their own", b->bytes);
	else
		td_str_addf(out, "  %" PRId64 " bytes at %d+%" PRId64, b->bytes, b->block,
		            b->offset);
	if (b->place == TD_HOST)
		td_str_add(out, ", host");
}

static void print_run(const td_plan *p, const td_run_op *r, td_str *out)
{
	td_str_addf(out, "%s: %s/%s%s (", p->graph->steps.items[r->step].name, r->node->name,
	            r->impl->name, r->place == TD_HOST ? " on the host" : "");
	for (int i = 0; i < r->n_in; i++) {
		td_str_add(out, i ? ", " : "");
		name_of(p, r->in[i], out);
	}
	td_str_add(out, ") -> ");
	for (int i = 0; i < r->n_out; i++) {
		td_str_add(out, i ? ", " : "");
		name_of(p, r->out[i], out);
	}
}

static void print_transfer(const td_plan *p, const td_op *o, td_str *out)
{
	name_of(p, o->a, out);
	if (o->b != TD_NONE)
		td_str_add(out, o->code == TD_OP_UPLOAD ? " from the host" : " to the host");
	else if (o->code == TD_OP_UPLOAD && p->buffers.items[o->a].own)
		td_str_add(out, " (in place)");
}

static void print_op(const td_plan *p, const td_op *o, td_str *out)
{
	switch (o->code) {
	case TD_OP_ALLOC:
		print_alloc(p, o->a, out);
		break;
	case TD_OP_RUN:
		print_run(p, &p->runs.items[o->a], out);
		break;
	case TD_OP_UPLOAD:
	case TD_OP_DOWNLOAD:
		print_transfer(p, o, out);
		break;
	case TD_OP_LOOP:
		td_str_addf(out, "%" PRId64 " times", p->graph->loops.items[o->a].trips);
		break;
	case TD_OP_END:
		td_str_addf(out, "back to %d", o->b);
		break;
	case TD_OP_SWAP:
		name_of(p, o->a, out);
		td_str_add(out, " <-> ");
		name_of(p, o->b, out);
		break;
	case TD_OP_BIND:
		td_str_addf(out, "%s = ", td_dims_symbol_c(p->graph->dims, o->a)->name);
		name_of(p, o->b, out);
		break;
	case TD_OP_FREE:
	default:
		name_of(p, o->a, out);
		break;
	}
}

void td_plan_print(const td_plan *p, td_str *out)
{
	int depth = 0;
	td_str_addf(out, "plan of %s for %s: %d ops, %d runs\n", p->graph->name, p->caps.id,
	            p->ops.n, p->runs.n);
	for (int i = 0; i < p->ops.n; i++) {
		const td_op *o = &p->ops.items[i];
		depth -= o->code == TD_OP_END;
		td_str_addf(out, "%4d  %*s%-8s ", i, 2 * depth, "", op_names[o->code]);
		print_op(p, o, out);
		td_str_add(out, "\n");
		depth += o->code == TD_OP_LOOP;
	}
	for (int place = 0; place < TD_N_PLACES; place++)
		if (p->peak_bytes[place] || place == TD_MAIN)
			td_str_addf(out,
			            "%s: %" PRId64 " bytes at the peak, %" PRId64
			            " are the least possible\n",
			            place == TD_MAIN ? p->caps.id : "host", p->peak_bytes[place],
			            p->lower_bytes[place]);
	td_str_addf(out, "transfers: %" PRId64 " bytes\n", p->transfer_bytes);
}

static json_t *op_json(const td_plan *p, const td_op *o)
{
	td_str text = {0};
	print_op(p, o, &text);
	json_t *j = json_pack("{s:s, s:s}", "op", op_names[o->code], "text", td_str_text(&text));
	td_str_fini(&text);
	if (o->code == TD_OP_RUN) {
		const td_run_op *r = &p->runs.items[o->a];
		json_object_set_new(j, "step", json_string(p->graph->steps.items[r->step].name));
		json_object_set_new(j, "node", json_string(r->node->name));
		json_object_set_new(j, "impl", json_string(r->impl->name));
		json_object_set_new(j, "on",
		                    json_string(r->place == TD_HOST ? "host" : p->caps.id));
	} else if (o->code == TD_OP_ALLOC || o->code == TD_OP_UPLOAD || o->code == TD_OP_DOWNLOAD) {
		json_object_set_new(j, "bytes", json_integer(p->buffers.items[o->a].bytes));
	}
	return j;
}

void td_plan_json(const td_plan *p, td_str *out)
{
	json_t *ops = json_array();
	for (int i = 0; i < p->ops.n; i++)
		json_array_append_new(ops, op_json(p, &p->ops.items[i]));
	json_t *j =
		json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I, s:o}", "schema",
	                  "tandem/plan/1", "pipeline", p->graph->name, "device", p->caps.id,
	                  "graph_sha256", td_graph_sha256(p->graph).hex, "plan_sha256",
	                  td_plan_sha256(p).hex, "peak_bytes", (json_int_t)p->peak_bytes[TD_MAIN],
	                  "lower_bound_bytes", (json_int_t)p->lower_bytes[TD_MAIN],
	                  "host_peak_bytes", (json_int_t)p->peak_bytes[TD_HOST], "transfer_bytes",
	                  (json_int_t)p->transfer_bytes, "ops", ops);
	char *text = json_dumps(j, JSON_INDENT(2));
	td_str_add(out, text);
	td_str_add(out, "\n");
	free(text);
	json_decref(j);
}
