/* Does the plan fit the device? With numbers, so that the user can choose. */
#include "plan_inner.h"

#include <stdlib.h>

enum { MOST_CROSSINGS = 3 }; /* of data on its way: from here on it is a finding */

/* What a buffer is for, in the user's words. */
static void buffer_text(const td_planner *x, const td_buffer *b, td_str *out)
{
	if (b->value >= 0)
		td_value_text(x->g, b->value, out);
	else
		td_str_add(out, "scratch memory");
	td_str dims = {0};
	td_shape_text(x->g->dims, &b->shape, &dims);
	td_str_addf(out, " [%s]", td_str_text(&dims));
	td_str_fini(&dims);
}

static td_origin origin_of(const td_planner *x, const td_buffer *b)
{
	if (b->value >= 0)
		return x->g->values.items[b->value].at;
	for (int r = 0; r < x->p->runs.n; r++)
		for (int i = 0; i < x->p->runs.items[r].n_scratch; i++)
			if (&x->p->buffers.items[x->p->runs.items[r].scratch[i]] == b)
				return x->g->steps.items[x->p->runs.items[r].step].at;
	return (td_origin){.file = x->g->name, .line = 1};
}

static void check_buffers(td_planner *x)
{
	int64_t limit = x->p->caps.max_alloc_bytes;
	for (int i = 0; i < x->p->buffers.n; i++) {
		const td_buffer *b = &x->p->buffers.items[i];
		if (b->place != TD_MAIN || limit <= 0 || b->bytes <= limit)
			continue;
		td_str text = {0};
		buffer_text(x, b, &text);
		td_diag *d = td_diag_add(x->d, "TD0404", origin_of(x, b),
		                         "%s needs %s in one buffer, %s allows %s", text.data,
		                         td_bytes_text((double)b->bytes).text, x->p->caps.name,
		                         td_bytes_text((double)limit).text);
		td_diag_fix(x->d, d, "use smaller inputs, or a device with more memory");
		td_str_fini(&text);
	}
}

static void check_peak(td_planner *x)
{
	double have = 0.9 * (double)x->p->caps.global_bytes,
	       need = (double)x->p->peak_bytes[TD_MAIN];
	if (have <= 0 || need <= have)
		return;
	td_origin at = {.file = x->g->sources.n ? x->g->sources.items[0].name : x->g->name,
	                .line = 1};
	td_diag *d =
		td_diag_add(x->d, "TD0405", at,
	                    "the plan needs %s at its peak, 90 %% of the memory of %s is %s",
	                    td_bytes_text(need).text, x->p->caps.name, td_bytes_text(have).text);
	td_diag_fix(x->d, d, "no order of these steps needs less than %s",
	            td_bytes_text((double)x->p->lower_bytes[TD_MAIN]).text);
}

static void check_alignment(td_planner *x)
{
	int align = x->p->caps.base_align;
	if (align >= 8 && align <= 65536 && !(align & (align - 1)))
		return;
	td_origin at = {.file = x->g->sources.n ? x->g->sources.items[0].name : x->g->name,
	                .line = 1};
	td_diag *d = td_diag_add(x->d, "TD0406", at,
	                         "%s lets parts of a buffer start at multiples of %d bytes; a "
	                         "power of two from 8 to "
	                         "65536 is needed",
	                         x->p->caps.name, align);
	td_diag_fix(x->d, d, "the profile is wrong or the device cannot be used");
}

/* Where a crossing happens and how much it moves. */
static void check_crossings(td_planner *x)
{
	for (int i = 0; i < x->crossings.n; i++) {
		const td_crossing *k = &x->crossings.items[i];
		const td_value *v = &x->g->values.items[k->value];
		int64_t bytes = x->p->buffers.items[x->p->value_buffer[k->to][k->value]].bytes;
		td_str name = {0};
		td_value_text(x->g, k->value, &name);
		td_diag *d = td_diag_add(x->d, "TD0502", v->at, "\"%s\" (%s) crosses to %s",
		                         name.data, td_bytes_text((double)bytes).text,
		                         k->to == TD_HOST ? "the host" : x->p->caps.name);
		if (x->p->caps.bandwidth > 0)
			td_diag_fix(x->d, d, "about %s at %s/s",
			            td_ns_text((double)bytes / x->p->caps.bandwidth * 1e9).text,
			            td_bytes_text(x->p->caps.bandwidth).text);
		td_str_fini(&name);
	}
}

/* Data that goes to and fro: crossings along the way from the inputs to each value. */
static void check_ping_pong(td_planner *x)
{
	int *crossings = td_alloc(td_size_mul((size_t)x->g->values.n, sizeof *crossings));
	for (int i = 0; i < x->p->runs.n; i++) {
		const td_run_op *r = &x->p->runs.items[i];
		const td_step *s = &x->g->steps.items[r->step];
		int most = 0, before = 0;
		for (int k = 0; k < s->n_in; k++) {
			int value = s->in[k];
			if (value < 0)
				continue;
			int n = crossings[value] + (td_plan_home(x, value) != r->place);
			before = crossings[value] > before ? crossings[value] : before;
			most = n > most ? n : most;
		}
		for (int k = 0; k < s->n_out; k++)
			crossings[s->out[k]] = most;
		if (most >= MOST_CROSSINGS && before < MOST_CROSSINGS) {
			td_diag *d = td_diag_add(x->d, "TD0503", s->at,
			                         "what \"%s\" works on has crossed between the "
			                         "devices %d times",
			                         s->name, most);
			td_diag_fix(x->d, d, "let neighbouring steps run in one place");
		}
	}
	free(crossings);
}

static void count_transfers(td_planner *x)
{
	for (int i = 0; i < x->p->ops.n; i++) {
		const td_op *o = &x->p->ops.items[i];
		if (o->code == TD_OP_UPLOAD || o->code == TD_OP_DOWNLOAD)
			x->p->transfer_bytes += x->p->buffers.items[o->a].bytes;
	}
}

void td_plan_fit(td_planner *x)
{
	check_buffers(x);
	check_peak(x);
	check_alignment(x);
	check_crossings(x);
	check_ping_pong(x);
	count_transfers(x);
}
