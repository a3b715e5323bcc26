/* The saved plan. It holds what planning started from (device, guard zones, input files, the graph's
 * text) and what came out (symbols, memory, ops). Reading it plans again and compares: a plan that
 * this program would not make today is refused, never run half-understood. */
#include "../model/dtype.h"
#include "../model/input.h"
#include "plan_inner.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char head[] = "tandem plan 1\n";

static void save_inputs(const td_plan *p, td_str *out)
{
	for (int i = 0; i < p->graph->inputs.n; i++) {
		const td_input *in = &p->graph->inputs.items[i];
		if (in->path)
			td_str_addf(out, "path %s %s\n", in->name, in->path);
		if (in->url)
			td_str_addf(out, "url %s %s\n", in->name, in->url);
	}
}

static void save_result(const td_plan *p, td_str *out)
{
	for (int i = 0; i < p->n_symbols; i++)
		td_str_addf(out, "symbol %s %" PRId64 "\n",
		            td_dims_symbol_c(p->graph->dims, i)->name, p->symbols[i]);
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
	td_caps caps;
	int64_t guard;
	const char *impls[64];
	int n_impls;
	const char *paths[256][2], *urls[256][2]; /* name, value */
	int n_paths, n_urls;
	const char *graph; /* text behind the line "graph" */
	int graph_line;
} saved;

static bool split_input(char *line, const char *pair[2])
{
	char *gap = strchr(line, ' ');
	if (!gap)
		return false;
	*gap = '\0';
	pair[0] = line;
	pair[1] = gap + 1;
	return true;
}

/* One line of what planning started from; other lines are compared as a whole later. */
static bool read_line(saved *s, char *line, td_err *e)
{
	if (td_starts(line, "device "))
		return td_caps_parse(&s->caps, line + 7, e);
	if (td_starts(line, "guard "))
		return td_read_int(line + 6, &s->guard) && s->guard >= 0 && s->guard <= 1 << 20;
	if (td_starts(line, "impl "))
		return s->n_impls < 64 && (s->impls[s->n_impls++] = line + 5);
	if (td_starts(line, "path "))
		return s->n_paths < 256 && split_input(line + 5, s->paths[s->n_paths++]);
	if (td_starts(line, "url "))
		return s->n_urls < 256 && split_input(line + 4, s->urls[s->n_urls++]);
	return td_starts(line, "symbol ") || td_starts(line, "block ") ||
	       td_starts(line, "buffer ") || td_starts(line, "run ") || td_starts(line, "op ") ||
	       td_same(line, "tandem plan 1");
}

/* `text` is a copy that is cut into lines. */
static bool read_head(saved *s, const char *file, char *text, td_err *e)
{
	int line = 1;
	bool device = false;
	for (char *at = text; *at; line++) {
		char *end = strchr(at, '\n');
		if (!end)
			return td_fail(e, TD_E_USAGE, "%s:%d: the plan ends too early", file, line);
		*end = '\0';
		if (td_same(at, "graph")) {
			s->graph = end + 1;
			s->graph_line = line;
			return device ||
			       td_fail(e, TD_E_USAGE, "%s: the plan names no device", file);
		}
		device |= td_starts(at, "device ");
		td_err inner = {.code = TD_OK, .text = "not understood"};
		if (!read_line(s, at, &inner))
			return td_fail(e, TD_E_USAGE, "%s:%d: %s", file, line, inner.text);
		at = end + 1;
	}
	return td_fail(e, TD_E_USAGE, "%s: the plan holds no graph", file);
}

static void give_files(td_graph *g, const saved *s)
{
	for (int i = 0; i < g->inputs.n; i++) {
		td_input *in = &g->inputs.items[i];
		for (int k = 0; k < s->n_paths; k++)
			if (td_same(s->paths[k][0], in->name))
				in->path = td_arena_strdup(&g->arena, s->paths[k][1]);
		for (int k = 0; k < s->n_urls; k++)
			if (td_same(s->urls[k][0], in->name))
				in->url = td_arena_strdup(&g->arena, s->urls[k][1]);
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
	                     .impls = s->impls,
	                     .n_impls = s->n_impls};
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
	char *copy = td_alloc(n + 1);
	td_plan *p = NULL;
	*graph = NULL;
	memcpy(copy, text, n);
	if (read_head(s, file, copy, e))
		*graph = td_graph_read(r, file, s->graph, n - (size_t)(s->graph - copy), e);
	if (*graph)
		p = plan_again(*graph, s, file, text, n, d, e);
	free(copy);
	free(s);
	return p;
}
