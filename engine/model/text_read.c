/* The text form of graphs, reading. The grammar stands in graph.h.
 *
 * One round over the lines builds the graph with labels, the numbers of the names after "%", where
 * it should have values; a second one over what was built puts the values in. So a value may be used
 * before it is defined, and cycles can be written down. */
#include "../base/str.h"
#include "text_inner.h"

#include <inttypes.h>
#include <string.h>

enum { MAX_STEPS = 100000, MAX_EDGES = 1000000, MAX_DEPTH = 64, MAX_BYTES = 1 << 30 };

typedef struct {
	int value; /* TD_NONE: a mistake that a fault tells about */
	int line;  /* of the definition, 0: none yet */
} label;

typedef struct {
	td_scan s;
	td_graph *g;
	const char *file; /* kept in the graph */
	td_arena arena;   /* words and lists, until the end of reading */
	td_intern names;  /* of labels */
	TD_LIST(label) labels;
	TD_LIST(int) left; /* labels of a definition */
	TD_LIST(td_binding) inputs;
	TD_LIST(td_setting) settings;
	int64_t n_edges;
	int depth;
	bool full; /* over a limit: the rest is not read */
} reader;

static td_origin here(reader *r)
{
	return (td_origin){r->file, r->s.line, td_scan_col(&r->s)};
}

/* -- labels --------------------------------------------------------------- */

/* "%name": its number. */
static bool read_label(reader *r, int *number)
{
	const char *name = td_scan_char(&r->s, '%') ? td_scan_word(&r->s) : NULL;
	if (!name)
		return td_scan_fail(&r->s, "a value like %%3 is expected");
	*number = td_intern_add_text(&r->arena, &r->names, name);
	if (*number == r->labels.n)
		TD_PUSH(&r->arena, r->labels, (label){.value = TD_NONE});
	return true;
}

/* "%name" or "-". */
static bool read_use(reader *r, int *number)
{
	*number = TD_NONE;
	return td_scan_char(&r->s, '-') || read_label(r, number);
}

static void define(reader *r, int number, int value, td_origin at)
{
	label *l = &r->labels.items[number];
	if (!l->line) {
		*l = (label){value, at.line};
		return;
	}
	td_graph_fault(r->g, "TD0103", at, "give each value its own name",
	               "the value %%%s has two writers; the first is at %s:%d",
	               td_intern_text(&r->names, number), r->file, l->line);
}

/* Definitions that make one value, or none because of a fault. */
static bool define_one(reader *r, int value, td_origin at)
{
	if (r->left.n != 1)
		return td_scan_fail(&r->s, "one value is made here, not %d", r->left.n);
	define(r, r->left.items[0], value, at);
	return true;
}

/* The value of a label, or TD_NONE with a fault. */
static int value_of(reader *r, int number, td_origin at)
{
	if (number == TD_NONE)
		return TD_NONE;
	const label *l = &r->labels.items[number];
	if (!l->line)
		td_graph_fault(r->g, "TD0102", at, NULL, "the value %%%s is defined nowhere",
		               td_intern_text(&r->names, number));
	return l->value;
}

static bool over_limit(reader *r, td_origin at, const char *what, int limit)
{
	td_graph_fault(r->g, "TD0108", at, NULL,
	               "the graph has more than %d %s; the rest is not read", limit, what);
	r->full = true;
	return true;
}

/* -- steps ---------------------------------------------------------------- */

/* "@1(%0 -)"; the version is TD_NONE when it is not there. */
static bool read_step_inputs(reader *r, int64_t *version)
{
	*version = TD_NONE;
	r->inputs.n = 0;
	if (td_scan_char(&r->s, '@') && !td_scan_int(&r->s, "(", version))
		return false;
	if (!td_scan_expect(&r->s, '('))
		return false;
	while (!td_scan_char(&r->s, ')')) {
		td_binding b = {0};
		if (!read_use(r, &b.value))
			return false;
		TD_PUSH(&r->arena, r->inputs, b);
	}
	return true;
}

/* "name=value" */
static bool read_setting(reader *r, const char *name)
{
	td_setting set = {.name = name, .value.kind = TD_LIT_TEXT};
	if (!td_scan_expect(&r->s, '='))
		return false;
	if (td_scan_peek(&r->s) == '"') {
		if (!td_scan_string(&r->s, &set.value.as.s))
			return false;
	} else {
		set.value = td_lit_read(td_scan_until(&r->s, ""));
	}
	TD_PUSH(&r->arena, r->settings, set);
	return true;
}

static bool read_tol(reader *r, td_step_options *o)
{
	return td_scan_real(&r->s, "", &o->tol_factor) &&
	       (td_scan_peek(&r->s) != '"' || td_scan_string(&r->s, &o->tol_reason));
}

static bool read_option(reader *r, const char *word, td_step_options *o, const char **stage)
{
	if (td_same(word, "as"))
		return td_scan_string(&r->s, &o->name);
	if (td_same(word, "stage"))
		return td_scan_string(&r->s, stage);
	if (td_same(word, "impl"))
		return td_scan_string(&r->s, &o->impl);
	if (td_same(word, "tol"))
		return read_tol(r, o);
	o->native_allowed = td_same(word, "native");
	return o->native_allowed || td_scan_fail(&r->s, "'=' is expected after \"%s\"", word);
}

/* What follows the inputs: parameters, which have a "=", and options. */
static bool read_step_rest(reader *r, td_step_options *o, const char **stage)
{
	r->settings.n = 0;
	while (!td_scan_done(&r->s)) {
		const char *word = td_scan_word(&r->s);
		if (!word)
			return td_scan_fail(&r->s, "name=value is expected");
		if (!(td_scan_peek(&r->s) == '=' ? read_setting(r, word)
		                                 : read_option(r, word, o, stage)))
			return false;
	}
	return true;
}

static void define_outputs(reader *r, int step, int64_t version)
{
	const td_step *s = &r->g->steps.items[step];
	if (s->node && version != TD_NONE && version != (int64_t)s->node->version)
		td_graph_fault(r->g, "TD0104", s->at, "write the graph again with this program",
		               "%s is version %u here, the text has version %" PRId64,
		               s->node->name, s->node->version, version);
	if (s->node && r->left.n != s->n_out)
		td_graph_fault(r->g, "TD0104", s->at, NULL, "%s has %d outputs, here are %d",
		               s->node->name, s->n_out, r->left.n);
	for (int i = 0; i < r->left.n; i++) {
		char port[16]; /* an unknown node has the outputs that are asked for */
		td_clip(port, sizeof port, "%d", i);
		int value = i < s->n_out ? s->out[i] : TD_NONE;
		if (!s->node)
			value = td_graph_out(r->g, step, port, s->at);
		define(r, r->left.items[i], value, s->at);
	}
}

static bool read_step(reader *r, const char *node, td_origin at)
{
	td_step_options options = {0};
	const char *stage = NULL;
	int64_t version;
	if (!read_step_inputs(r, &version) || !read_step_rest(r, &options, &stage))
		return false;
	r->n_edges += r->inputs.n;
	if (r->g->steps.n == MAX_STEPS)
		return over_limit(r, at, "steps", MAX_STEPS);
	if (r->n_edges > MAX_EDGES)
		return over_limit(r, at, "edges", MAX_EDGES);
	int step = td_graph_step(r->g, node, r->inputs.items, r->inputs.n, r->settings.items,
	                         r->settings.n, &options, at);
	if (stage)
		r->g->steps.items[step].stage = td_graph_stage(r->g, stage);
	define_outputs(r, step, version);
	return true;
}

/* -- loops ---------------------------------------------------------------- */

static bool read_loop(reader *r, td_origin at)
{
	int64_t trips;
	if (!td_scan_int(&r->s, "", &trips))
		return false;
	if (r->depth == MAX_DEPTH)
		return over_limit(r, at, "loops inside each other", MAX_DEPTH);
	r->depth++;
	td_graph_loop(r->g, trips, at);
	return true;
}

static bool read_end(reader *r)
{
	if (r->g->open_loop == TD_NONE)
		return td_scan_fail(&r->s, "no loop is open that could end");
	r->depth--;
	td_graph_loop_end(r->g);
	return true;
}

static bool read_index(reader *r, td_origin at)
{
	return define_one(r, td_graph_index(r->g, r->g->open_loop), at);
}

/* "carry %2 next %9" */
static bool read_carry(reader *r, td_origin at)
{
	int init = TD_NONE, next = TD_NONE, loop = r->g->open_loop;
	if (!read_label(r, &init))
		return false;
	const char *from = r->s.at;
	if (!td_same(td_scan_word(&r->s), "next")) {
		r->s.at = from;
		return td_scan_fail(&r->s, "a carry has \"next\" and a value");
	}
	if (!read_use(r, &next))
		return false;
	if (!define_one(r, td_graph_carry(r->g, loop, init, at), at))
		return false;
	td_graph_next(r->g, loop, r->g->loops.items[loop].n - 1, next);
	return true;
}

/* -- lines ---------------------------------------------------------------- */

/* "output "edge_src" = %4", "output "clean" = %4 edf "recording"" */
static bool read_output(reader *r, td_origin at)
{
	const char *name;
	int value = TD_NONE;
	if (!td_scan_string(&r->s, &name) || !td_scan_expect(&r->s, '=') || !read_label(r, &value))
		return false;
	td_graph_output(r->g, name, value, at);
	if (td_scan_done(&r->s))
		return true;
	const char *from = r->s.at, *input;
	if (!td_same(td_scan_word(&r->s), "edf")) {
		r->s.at = from;
		return td_scan_fail(&r->s, "only edf \"…\" can follow an output");
	}
	if (!td_scan_string(&r->s, &input))
		return false;
	td_graph_output_edf(r->g, input);
	return true;
}

/* "picture "kind=matrix" "loss" "best"": outputs stand before it. */
static bool read_picture(reader *r, td_origin at)
{
	const char *spec, *outputs[TD_PICTURE_OUTPUTS];
	int n = 0;
	if (!td_scan_string(&r->s, &spec))
		return false;
	while (!td_scan_done(&r->s)) {
		if (n == TD_PICTURE_OUTPUTS)
			return td_scan_fail(&r->s, "a picture shows at most %d outputs",
			                    TD_PICTURE_OUTPUTS);
		if (!td_scan_string(&r->s, &outputs[n++]))
			return false;
	}
	td_graph_picture(r->g, spec, outputs, n, at);
	return true;
}

static bool read_name(reader *r)
{
	const char *name;
	if (!td_scan_string(&r->s, &name))
		return false;
	r->g->name = td_arena_strdup(&r->g->arena, name);
	return true;
}

static bool read_determinism(reader *r)
{
	const char *from = r->s.at, *word = td_scan_word(&r->s);
	if (word && word[0] == 'D' && word[1] >= '0' && word[1] <= '3' && !word[2]) {
		r->g->determinism = word[1] - '0';
		return true;
	}
	r->s.at = from;
	return td_scan_fail(&r->s, "a determinism level is expected: D0 to D3");
}

/* What follows "=" in a definition. */
static bool read_maker(reader *r, td_origin at)
{
	td_origin step_at = here(r);
	const char *from = r->s.at, *word = td_scan_word(&r->s);
	bool loops = td_same(word, "index") || td_same(word, "carry");
	int value;
	if (loops && r->g->open_loop == TD_NONE) {
		r->s.at = from;
		return td_scan_fail(&r->s, "\"%s\" belongs into a loop", word);
	}
	if (td_same(word, "input"))
		return td_text_input(&r->s, r->g, at, &value) && define_one(r, value, at);
	if (td_same(word, "const"))
		return td_text_const(&r->s, r->g, at, &value) && define_one(r, value, at);
	if (td_same(word, "index"))
		return read_index(r, at);
	if (td_same(word, "carry"))
		return read_carry(r, at);
	return word ? read_step(r, word, step_at)
	            : td_scan_fail(&r->s, "the name of a node is expected");
}

/* "%2 %3 = …" */
static bool read_definition(reader *r)
{
	td_origin at = here(r);
	r->left.n = 0;
	while (!td_scan_char(&r->s, '=')) {
		int number = TD_NONE;
		if (r->left.n == TD_MAX_PORTS)
			return td_scan_fail(&r->s, "a step has at most %d outputs", TD_MAX_PORTS);
		if (!read_label(r, &number))
			return false;
		TD_PUSH(&r->arena, r->left, number);
	}
	return read_maker(r, at);
}

static bool read_line(reader *r)
{
	td_origin at = here(r);
	if (td_scan_peek(&r->s) == '%')
		return read_definition(r);
	const char *from = r->s.at, *word = td_scan_word(&r->s);
	if (td_same(word, "output"))
		return read_output(r, at);
	if (td_same(word, "picture"))
		return read_picture(r, at);
	if (td_same(word, "loop"))
		return read_loop(r, at);
	if (td_same(word, "end"))
		return read_end(r);
	if (td_same(word, "dim"))
		return td_text_dim(&r->s, r->g, at);
	if (td_same(word, "name"))
		return read_name(r);
	if (td_same(word, "determinism"))
		return read_determinism(r);
	r->s.at = from;
	return td_scan_fail(&r->s, "no line begins like this");
}

static bool line_ends(reader *r)
{
	return td_scan_done(&r->s) || td_scan_fail(&r->s, "the line should end here");
}

static bool read_first(reader *r)
{
	const char *tandem = td_scan_line(&r->s) ? td_scan_word(&r->s) : NULL;
	int64_t version;
	if (!td_same(tandem, "tandem") || !td_same(td_scan_word(&r->s), "graph")) {
		r->s.at = r->s.begin;
		return td_scan_fail(&r->s, "this is no graph: the first line of one is "
		                           "\"tandem graph 1\"");
	}
	if (!td_scan_int(&r->s, "", &version))
		return false;
	if (version != 1)
		return td_scan_fail(
			&r->s, "the graph has the format %" PRId64 ", this program reads format 1",
			version);
	return line_ends(r);
}

static bool read_lines(reader *r)
{
	if (!read_first(r))
		return false;
	while (!r->full && td_scan_line(&r->s)) {
		char first = td_scan_peek(&r->s);
		if (first && first != '#' && (!read_line(r) || (!r->full && !line_ends(r))))
			return false;
	}
	int open = r->g->open_loop;
	return r->full || open == TD_NONE ||
	       td_scan_fail(&r->s, "the loop of line %d has no end",
	                    r->g->loops.items[open].at.line);
}

/* -- from labels to values ------------------------------------------------ */

static void link_loop(reader *r, td_loop *l)
{
	for (int i = 0; i < l->n; i++) {
		td_carry *c = &l->items[i];
		td_origin at = r->g->values.items[c->value].at;
		c->next = value_of(r, c->next, at);
		c->init = value_of(r, c->init, at);
		if (c->init == TD_NONE) /* each carry has one, even in a faulty graph */
			c->init = td_graph_const(r->g, &(td_constant){.dtype = TD_F32}, at);
	}
}

static void link_outputs(reader *r)
{
	int n = 0;
	for (int i = 0; i < r->g->outputs.n; i++) {
		td_output o = r->g->outputs.items[i];
		o.value = value_of(r, o.value, o.at);
		if (o.value != TD_NONE)
			r->g->outputs.items[n++] = o;
	}
	r->g->outputs.n = n;
}

static void link_values(reader *r)
{
	for (int i = 0; i < r->g->steps.n; i++) {
		td_step *s = &r->g->steps.items[i];
		for (int k = 0; k < s->n_in; k++)
			s->in[k] = value_of(r, s->in[k], s->at);
	}
	for (int i = 0; i < r->g->loops.n; i++)
		link_loop(r, &r->g->loops.items[i]);
	link_outputs(r);
}

td_graph *td_graph_read(const td_registry *registry, const char *file, const char *text, size_t n,
                        td_err *e)
{
	reader r = {.g = td_graph_new(registry, "")};
	r.file = td_arena_strdup(&r.g->arena, file);
	td_scan_init(&r.s, r.file, text, n, &r.arena, e);
	bool ok = n < MAX_BYTES && !memchr(text, 0, n);
	if (!ok)
		td_fail(e, TD_E_USAGE, "%s: this is no graph: it is %s", file,
		        n < MAX_BYTES ? "no text" : "too large");
	else
		ok = read_lines(&r);
	if (ok) {
		link_values(&r);
		td_graph_source(r.g, file, text, n);
	} else {
		td_graph_free(r.g);
	}
	td_arena_fini(&r.arena);
	return ok ? r.g : NULL;
}
