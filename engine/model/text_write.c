/* The text form of graphs, writing. The grammar stands in graph.h. */
#include "dtype.h"
#include "graph.h"
#include "scan.h"

#include <inttypes.h>

typedef struct {
	const td_graph *g;
	int *number; /* of each value in the text, in the order of definition; -1: not met */
	int next;
	int open; /* innermost loop that is open */
	td_str *out;
} writer;

static void define(writer *w, int value)
{
	if (w->number[value] < 0)
		w->number[value] = w->next++;
	td_str_addf(w->out, "%%%d ", w->number[value]);
}

static void use(writer *w, int value)
{
	if (value == TD_NONE || w->number[value] < 0)
		td_str_add(w->out, "-");
	else
		td_str_addf(w->out, "%%%d", w->number[value]);
}

/* -- what stands before the steps ----------------------------------------- */

static void write_dims(const td_graph *g, td_str *out)
{
	for (int i = 0; i < td_dims_count(g->dims); i++) {
		const td_symbol *s = td_dims_symbol_c(g->dims, i);
		if (s->late)
			continue; /* check derives it */
		td_str_addf(out, "dim %s %" PRId64 ":%" PRId64, s->name, s->lo, s->hi);
		if (s->rate > 0)
			td_str_addf(out, " rate=%s", td_number_text(s->rate).text);
		td_str_add(out, "\n");
	}
}

static void write_text(td_str *out, const char *key, const char *text)
{
	if (!text)
		return;
	td_str_addf(out, " %s=", key);
	td_scan_quote(out, text);
}

static void write_pick(td_str *out, const td_pick *p)
{
	write_text(out, "part", p->part);
	write_text(out, "except", p->except);
	write_text(out, "events", p->events);
	if (p->events)
		td_str_addf(out, " window=%s:%s", td_number_text(p->from).text,
		            td_number_text(p->until).text);
	if (p->samples)
		td_str_addf(out, " samples=%" PRId64, p->samples);
	if (p->count)
		td_str_addf(out, " count=%" PRId64, p->count);
	write_text(out, "like", p->like);
	write_text(out, "rows", p->rows);
}

static void write_input(writer *w, const td_input *in)
{
	const td_value *v = &w->g->values.items[in->value];
	td_shape shape = {.dtype = in->dtype, .rank = in->rank};
	for (int i = 0; i < in->rank; i++)
		shape.dim[i] = in->dim[i];
	define(w, in->value);
	td_str_add(w->out, "= input ");
	td_scan_quote(w->out, in->name);
	td_str_addf(w->out, " %s [", td_dtype_name(in->dtype));
	td_shape_text(w->g->dims, &shape, w->out);
	td_str_add(w->out, "]");
	if (v->unit.known)
		td_str_addf(w->out, " unit=\"%s\"", td_unit_text(&v->unit).text);
	if (v->lo <= v->hi)
		td_str_addf(w->out, " range=%s:%s", td_number_text(v->lo).text,
		            td_number_text(v->hi).text);
	write_text(w->out, "columns", in->columns);
	write_text(w->out, "tensor", in->tensor);
	write_pick(w->out, &in->pick);
	if (in->pin_bytes >= 0)
		td_str_addf(w->out, " bytes=%" PRId64, in->pin_bytes);
	write_text(w->out, "sha256", in->pin);
	td_str_add(w->out, "\n");
}

static void write_const(writer *w, int value)
{
	const td_constant *c = &w->g->constants.items[w->g->values.items[value].maker];
	define(w, value);
	td_str_addf(w->out, "= const %s [", td_dtype_name(c->dtype));
	for (int i = 0; i < c->rank; i++)
		td_str_addf(w->out, "%s%" PRId64, i ? " " : "", c->dim[i]);
	td_str_add(w->out, "]");
	for (int64_t i = 0; i < c->n; i++)
		td_str_addf(w->out, " %s", td_number_text(c->items[i]).text);
	td_str_add(w->out, "\n");
}

/* -- steps and loops ------------------------------------------------------ */

static void write_params(writer *w, const td_step *s)
{
	for (const td_param *p = s->node ? s->node->params : NULL; p && p->name; p++) {
		td_str_addf(w->out, " %s=", p->name);
		if (p->type == TD_CHOICE)
			td_scan_quote(w->out, td_param_choice(p, s->params));
		else
			td_param_text(p, s->params, w->out);
	}
}

static void write_option(writer *w, const char *key, const char *text)
{
	if (!text)
		return;
	td_str_addf(w->out, " %s ", key);
	td_scan_quote(w->out, text);
}

static void write_step(writer *w, const td_step *s)
{
	for (int i = 0; i < s->n_out; i++)
		define(w, s->out[i]);
	td_str_addf(w->out, "= %s", s->node_name);
	if (s->node)
		td_str_addf(w->out, "@%u", s->node->version);
	for (int i = 0; i < s->n_in; i++) {
		td_str_add(w->out, i ? " " : "(");
		use(w, s->in[i]);
	}
	td_str_add(w->out, s->n_in ? ")" : "()");
	write_params(w, s);
	write_option(w, "as", s->name);
	write_option(w, "stage", s->stage == TD_NONE ? NULL : w->g->stages.items[s->stage]);
	write_option(w, "impl", s->impl);
	if (s->native_allowed)
		td_str_add(w->out, " native");
	if (s->tol_reason || !td_feq_exact(s->tol_factor, 1))
		td_str_addf(w->out, " tol %s", td_number_text(s->tol_factor).text);
	if (s->tol_reason) {
		td_str_add(w->out, " ");
		td_scan_quote(w->out, s->tol_reason);
	}
	td_str_add(w->out, "\n");
}

static void close_loops(writer *w, int until)
{
	for (; w->open != until && w->open != TD_NONE; w->open = w->g->loops.items[w->open].parent)
		td_str_add(w->out, "end\n");
}

static void open_loop(writer *w, int loop)
{
	const td_loop *l = &w->g->loops.items[loop];
	close_loops(w, l->parent);
	w->open = loop;
	td_str_addf(w->out, "loop %" PRId64 "\n", l->trips);
	if (l->index != TD_NONE) {
		define(w, l->index);
		td_str_add(w->out, "= index\n");
	}
	for (int i = 0; i < l->n; i++) {
		define(w, l->items[i].value);
		td_str_add(w->out, "= carry ");
		use(w, l->items[i].init);
		td_str_add(w->out, " next ");
		use(w, l->items[i].next);
		td_str_add(w->out, "\n");
	}
}

static void write_body(writer *w)
{
	const td_graph *g = w->g;
	int loop = 0;
	for (int i = 0; i <= g->steps.n; i++) {
		for (; loop < g->loops.n && g->loops.items[loop].first == i; loop++)
			open_loop(w, loop);
		if (i == g->steps.n)
			break;
		close_loops(w, g->steps.items[i].loop);
		write_step(w, &g->steps.items[i]);
	}
	close_loops(w, TD_NONE);
}

static void write_picture(writer *w, const td_picture *p)
{
	td_str_add(w->out, "picture ");
	td_scan_quote(w->out, p->spec);
	for (int i = 0; i < p->n; i++) {
		td_str_add(w->out, " ");
		td_scan_quote(w->out, p->output[i]);
	}
	td_str_add(w->out, "\n");
}

/* -- the whole ------------------------------------------------------------ */

static void write_graph(writer *w)
{
	const td_graph *g = w->g;
	td_str_add(w->out, "tandem graph 1\nname ");
	td_scan_quote(w->out, g->name);
	td_str_addf(w->out, "\ndeterminism D%d\n", g->determinism);
	write_dims(g, w->out);
	for (int i = 0; i < g->inputs.n; i++)
		write_input(w, &g->inputs.items[i]);
	for (int i = 0; i < g->values.n; i++)
		if (g->values.items[i].kind == TD_CONST)
			write_const(w, i);
	write_body(w);
	for (int i = 0; i < g->outputs.n; i++) {
		td_str_add(w->out, "output ");
		td_scan_quote(w->out, g->outputs.items[i].name);
		td_str_add(w->out, " = ");
		use(w, g->outputs.items[i].value);
		write_option(w, "edf", g->outputs.items[i].channels_of);
		td_str_add(w->out, "\n");
	}
	for (int i = 0; i < g->pictures.n; i++)
		write_picture(w, &g->pictures.items[i]);
}

void td_graph_text(const td_graph *g, td_str *out)
{
	td_arena arena = {0};
	writer w = {.g = g, .open = TD_NONE, .out = out};
	size_t begin = out->n;
	w.number = td_arena_array(&arena, (size_t)g->values.n + 1, sizeof *w.number);
	for (int i = 0; i < g->values.n; i++)
		w.number[i] = -1;
	write_graph(&w); /* values may be used before they are defined: the first round numbers */
	out->n = begin;
	write_graph(&w);
	td_arena_fini(&arena);
}

td_sha256 td_graph_sha256(const td_graph *g)
{
	td_str text = {0};
	td_graph_text(g, &text);
	td_sha256 sha = td_sha256_of(text.data, text.n);
	td_str_fini(&text);
	return sha;
}
