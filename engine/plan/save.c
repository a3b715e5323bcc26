/* The saved plan. It holds what planning started from (device, guard zones, input files, the graph's
 * text) and what came out (symbols, memory, ops). Reading it plans again and compares: a plan that
 * this program would not make today is refused, never run half-understood. */
#include "../model/dtype.h"
#include "../model/input.h"
#include "../model/scan.h"
#include "plan_inner.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char head[] = "tandem plan 1\n";

static void save_source(td_str *out, const char *kind, const char *input, const char *source)
{
	if (!source)
		return;
	td_str_addf(out, "%s ", kind);
	td_scan_quote(out, input);
	td_str_add(out, " ");
	td_scan_quote(out, source);
	td_str_add(out, "\n");
}

static void save_inputs(const td_plan *p, td_str *out)
{
	for (int i = 0; i < p->graph->inputs.n; i++) {
		const td_input *in = &p->graph->inputs.items[i];
		save_source(out, "path", in->name, in->path);
		save_source(out, "url", in->name, in->url);
	}
}

static void save_result(const td_plan *p, td_str *out)
{
	for (int i = 0; i < p->n_symbols; i++)
		td_str_addf(out, "symbol %d %" PRId64 "\n", i, p->symbols[i]);
	for (int i = 0; i < p->blocks.n; i++)
		td_str_addf(out, "block %d %d %" PRId64 "\n", i, (int)p->blocks.items[i].place,
		            p->blocks.items[i].bytes);
	for (int i = 0; i < p->buffers.n; i++) {
		const td_buffer *b = &p->buffers.items[i];
		td_str_addf(out, "buffer %d %s %" PRId64 " %d %" PRId64 "\n", i,
		            td_dtype_name(b->shape.dtype), b->bytes, b->block, b->offset);
	}
	for (int i = 0; i < p->runs.n; i++)
		td_str_addf(out, "run %d %s %s %d\n", i, p->runs.items[i].node->name,
		            p->runs.items[i].impl->name, (int)p->runs.items[i].place);
	for (int i = 0; i < p->ops.n; i++)
		td_str_addf(out, "op %d %d %d\n", (int)p->ops.items[i].code, p->ops.items[i].a,
		            p->ops.items[i].b);
}

void td_plan_save(const td_plan *p, td_str *out)
{
	char *caps = td_caps_json(&p->caps);
	for (char *c = caps; *c; c++) /* one line */
		*c = *c == '\n' ? ' ' : *c;
	td_str_add(out, head);
	td_str_addf(out, "device %s\n", caps);
	free(caps);
	td_str_addf(out, "guard %" PRId64 "\n", p->guard_bytes);
	for (int i = 0; i < p->n_impls; i++)
		td_str_addf(out, "impl %s\n", p->impls[i]);
	save_inputs(p, out);
	save_result(p, out);
	td_str_add(out, "graph\n");
	td_graph_text(p->graph, out);
}

td_sha256 td_plan_sha256(const td_plan *p)
{
	td_str s = {0};
	td_plan_save(p, &s);
	td_sha256 sha = td_sha256_of(td_str_text(&s), s.n);
	td_str_fini(&s);
	return sha;
}

bool td_plan_is_saved(const char *text, size_t n)
{
	return n >= sizeof head - 1 && memcmp(text, head, sizeof head - 1) == 0;
}

/* -- reading ------------------------------------------------------------------ */

typedef struct {
	const char *input, *source;
} given;

typedef TD_LIST(given) given_list;

typedef struct {
	td_arena arena; /* holds the strings */
	td_caps caps;
	bool device; /* was there one? */
	int64_t guard;
	TD_LIST(const char *) impls;
	given_list paths, urls;
	const char *graph; /* text behind the line "graph" */
} saved;

static bool read_source(saved *x, td_scan *s, given_list *list)
{
	given g;
	if (!td_scan_string(s, &g.input) || !td_scan_string(s, &g.source))
		return false;
	TD_PUSH(&x->arena, *list, g);
	return true;
}

static bool read_impl(saved *x, td_scan *s)
{
	const char *impl = td_scan_until(s, "");
	if (impl)
		TD_PUSH(&x->arena, x->impls, impl);
	return impl;
}

static bool read_device(saved *x, td_scan *s)
{
	td_err why;
	char *json = td_arena_strndup(&x->arena, s->at, (size_t)(s->end - s->at));
	x->device = td_caps_parse(&x->caps, json, &why);
	return x->device || td_scan_fail(s, "%s", why.text);
}

static bool read_guard(saved *x, td_scan *s)
{
	if (!td_scan_int(s, "", &x->guard))
		return false;
	return (x->guard >= 0 && x->guard <= 1 << 20) ||
	       td_scan_fail(s, "guard zones have 0 to 1 MiB");
}

/* One line of what planning started from; what came out is compared as a whole later. */
static bool read_line(saved *x, td_scan *s)
{
	static const char *const results[] = {"tandem", "symbol", "block", "buffer", "run", "op"};
	const char *word = td_scan_until(s, "");
	if (td_same(word, "device"))
		return read_device(x, s);
	if (td_same(word, "guard"))
		return read_guard(x, s);
	if (td_same(word, "impl"))
		return read_impl(x, s);
	if (td_same(word, "path"))
		return read_source(x, s, &x->paths);
	if (td_same(word, "url"))
		return read_source(x, s, &x->urls);
	for (size_t i = 0; i < TD_COUNT(results); i++)
		if (td_same(word, results[i]))
			return true;
	return td_scan_fail(s, "not understood");
}

static bool read_head(saved *x, const char *file, const char *text, size_t n, td_err *e)
{
	td_scan s;
	td_scan_init(&s, file, text, n, &x->arena, e);
	while (td_scan_line(&s)) {
		if (s.end - s.begin == 5 && memcmp(s.begin, "graph", 5) == 0) {
			x->graph = s.end < s.text_end ? s.end + 1 : s.end;
			return x->device ||
			       td_fail(e, TD_E_USAGE, "%s: the plan names no device", file);
		}
		if (!read_line(x, &s))
			return false;
	}
	return td_fail(e, TD_E_USAGE, "%s: the plan holds no graph", file);
}

static void give_files(td_graph *g, const saved *s)
{
	for (int i = 0; i < g->inputs.n; i++) {
		td_input *in = &g->inputs.items[i];
		for (int k = 0; k < s->paths.n; k++)
			if (td_same(s->paths.items[k].input, in->name))
				in->path = td_arena_strdup(&g->arena, s->paths.items[k].source);
		for (int k = 0; k < s->urls.n; k++)
			if (td_same(s->urls.items[k].input, in->name))
				in->url = td_arena_strdup(&g->arena, s->urls.items[k].source);
	}
}

/* The first line in which what was saved and what is planned today differ. */
static bool compare(const td_plan *p, const char *file, const char *text, size_t n, td_err *e)
{
	td_str now = {0};
	td_plan_save(p, &now);
	size_t i = 0;
	int line = 1;
	while (i < n && i < now.n && text[i] == now.data[i])
		line += text[i++] == '\n';
	bool same = i == n && i == now.n;
	td_str_fini(&now);
	return same || td_fail(e, TD_E_USAGE,
	                       "%s:%d: this program plans it differently today (other input sizes, "
	                       "another tandem?); "
	                       "make the plan again",
	                       file, line);
}

static td_plan *plan_again(td_graph *g, const saved *s, const char *file, const char *text,
                           size_t n, td_diags *d, td_err *e)
{
	give_files(g, s);
	if (!td_inputs_open(g, e))
		return NULL;
	if (!td_check(g, d)) {
		td_fail(e, TD_E_USAGE, "%s: the graph of the plan does not pass check", file);
		return NULL;
	}
	td_plan_options o = {.caps = &s->caps,
	                     .guard_bytes = s->guard,
	                     .impls = s->impls.items,
	                     .n_impls = s->impls.n};
	td_plan *p = td_plan_new(g, &o, d);
	if (!p) {
		td_fail(e, TD_E_DEVICE, "%s: the plan does not fit its device", file);
		return NULL;
	}
	if (compare(p, file, text, n, e))
		return p;
	td_plan_free(p);
	return NULL;
}

td_plan *td_plan_load(const td_registry *r, const char *file, const char *text, size_t n,
                      td_graph **graph, td_diags *d, td_err *e)
{
	saved *s = td_alloc(sizeof *s);
	td_plan *p = NULL;
	*graph = NULL;
	if (read_head(s, file, text, n, e))
		*graph = td_graph_read(r, file, s->graph, n - (size_t)(s->graph - text), e);
	if (*graph)
		p = plan_again(*graph, s, file, text, n, d, e);
	td_arena_fini(&s->arena);
	free(s);
	return p;
}
