/* Pass 4: can the result be trusted and had again? Pins, paths, determinism, and what happens to
 * numbers on their way to a decision. */
#include "../base/embed.h"
#include "../model/dtype.h"
#include "check_inner.h"

#include <stdlib.h>
#include <string.h>

/* -- inputs ------------------------------------------------------------------ */

/* A part or tensor of a file of which an earlier input is another: what is wrong has been said. */
static bool known_file(const td_graph *g, int input)
{
	const td_input *in = &g->inputs.items[input];
	for (int i = 0; (in->pick.part || in->tensor) && i < input; i++) {
		const td_input *x = &g->inputs.items[i];
		if (td_same(in->path, x->path) && td_same(in->url, x->url) &&
		    td_same(in->pin, x->pin))
			return true;
	}
	return false;
}

static void check_pins(td_checker *c)
{
	for (int i = 0; i < c->g->inputs.n; i++) {
		const td_input *in = &c->g->inputs.items[i];
		td_diag *x = NULL;
		if (known_file(c->g, i))
			continue;
		if ((in->path || in->url) && (!in->pin || (in->url && in->pin_bytes < 0))) {
			x = td_diag_add(c->d, "TD0801", in->at,
			                "the input \"%s\" (%s) is not pinned", in->name,
			                in->url ? in->url : in->path);
			td_diag_fix(c->d, x,
			            in->url ? "t.fetch { url = …, sha256 = \"…\", bytes = … }"
			                    : "t.file { path = …, sha256 = \"…\" }; `sha256sum` "
			                      "prints it");
			td_diag_path(c->d, x, "input %s", in->name);
		}
		if (in->pin && !td_sha256_valid(in->pin)) {
			x = td_diag_add(c->d, "TD0801", in->at,
			                "the pin of \"%s\" is no SHA-256: %s", in->name, in->pin);
			td_diag_level(c->d, x, TD_ERROR);
			td_diag_fix(c->d, x, "64 lower-case hex digits");
		}
		if (in->literal && in->path && strchr("/~$", in->path[0])) {
			x = td_diag_add(c->d, "TD0802", in->at,
			                "the path of \"%s\" fits one machine only: %s", in->name,
			                in->path);
			td_diag_fix(c->d, x,
			            "use a path beside the pipeline, a file parameter, or t.fetch");
		}
	}
}

/* -- determinism -------------------------------------------------------------- */

/* The level a step reaches with the impl it asks for: a vendor library promises D1 at most. */
static int level_of(const td_step *s)
{
	int level = (int)(s->node->flags & TD_D_MASK);
	const td_impl *impl = s->impl ? td_impl_find(s->node, s->impl) : NULL;
	return impl && (impl->needs & TD_NEEDS_LIBRARY) && level > TD_D1 ? TD_D1 : level;
}

static void check_determinism(td_checker *c)
{
	for (int i = 0; i < c->g->steps.n; i++) {
		const td_step *s = &c->g->steps.items[i];
		if (!s->node || level_of(s) >= c->g->determinism)
			continue;
		td_diag *x = td_check_add(c, "TD0601", s,
		                          "%s%s%s promises D%d, the pipeline demands D%d",
		                          s->node->name, s->impl ? " with impl " : "",
		                          s->impl ? s->impl : "", level_of(s), c->g->determinism);
		td_diag_fix(c->d, x, "choose another impl, or demand less: determinism = \"D%d\"",
		            level_of(s));
	}
}

/* -- before decisions ----------------------------------------------------------- */

static bool decides(const td_step *s)
{
	for (const td_port *p = s->node ? s->node->out : NULL; p && p->name; p++)
		if (p->tol.kind == TD_DECISION)
			return true;
	return false;
}

/* A float made narrower by this step alone: its output is smaller than its input. */
static bool narrows(const td_graph *g, const td_step *s)
{
	if (!s->node || s->n_in < 1 || s->n_out < 1 || s->in[0] < 0)
		return false;
	const td_shape *in = &g->values.items[s->in[0]].shape,
		       *out = &g->values.items[s->out[0]].shape;
	return in->rank >= 0 && out->rank >= 0 && td_dtype_of(in->dtype)->is_float &&
	       td_dtype_of(out->dtype)->is_float && td_sizeof(out->dtype) < td_sizeof(in->dtype) &&
	       td_param_find(s->node, "dtype");
}

/* TD0202: `from[v]` is the cast that made value v or what it came from narrow, or TD_NONE. */
static void check_narrowing(td_checker *c)
{
	const td_graph *g = c->g;
	int *from = td_alloc(td_size_mul((size_t)g->values.n, sizeof *from));
	for (int i = 0; i < g->values.n; i++)
		from[i] = TD_NONE;
	for (int i = 0; i < g->steps.n; i++) {
		const td_step *s = &g->steps.items[i];
		int cast = narrows(g, s) ? i : TD_NONE;
		for (int k = 0; k < s->n_in && cast == TD_NONE; k++)
			cast = s->in[k] < 0 ? TD_NONE : from[s->in[k]];
		for (int k = 0; k < s->n_out; k++)
			from[s->out[k]] = cast;
		if (cast == TD_NONE || !decides(s))
			continue;
		td_diag *x = td_check_add(c, "TD0202", s,
		                          "%s decides on numbers that were made narrower",
		                          s->node->name);
		td_diag_other(c->d, x, g->steps.items[cast].at, "narrowed here");
		td_diag_fix(c->d, x, "decide first and narrow afterwards");
	}
	free(from);
}

/* -- kernel sources --------------------------------------------------------------- */

static const char *source_of(const td_impl *impl)
{
	if (impl->text || !impl->source)
		return impl->text;
	char path[128];
	td_clip(path, sizeof path, "nodes/%s", impl->source);
	const td_embedded *f = td_embedded_find(path);
	return f ? f->text : NULL;
}

/* What in the source may give other numbers on another device. */
static const char *inexact_call(const char *text)
{
	static const char *const words[] = {
		"native_",  "half_exp",    "half_log", "half_sqrt", "half_rsqrt",      "half_sin",
		"half_cos", "half_divide", "fast_",    "mad(",      "atomic_add_float"};
	for (size_t i = 0; i < TD_COUNT(words); i++)
		if (strstr(text, words[i]))
			return words[i];
	return NULL;
}

/* Is nodes/NAME, or the file beside the source, part of the program? */
static bool is_embedded(const char *source, const char *name, size_t n)
{
	char path[256];
	const char *slash = strrchr(source, '/');
	td_clip(path, sizeof path, "nodes/%.*s/%.*s", slash ? (int)(slash - source) : 0, source,
	        (int)n, name);
	if (td_embedded_find(path))
		return true;
	td_clip(path, sizeof path, "nodes/%.*s", (int)n, name);
	return td_embedded_find(path) != NULL;
}

/* TD0803: the key of a cached kernel holds all that its source includes, so all must be known. */
static void check_includes(td_checker *c, const td_step *s, const td_impl *impl, const char *text)
{
	static const char word[] = "#include \"";
	for (const char *at = text; (at = strstr(at, word)) != NULL;) {
		at += sizeof word - 1;
		size_t n = strcspn(at, "\"\n");
		if (is_embedded(impl->source, at, n))
			continue;
		td_diag *x =
			td_check_add(c, "TD0803", s, "%s: %s includes \"%.*s\", which is not known",
		                     s->node->name, impl->source, (int)n, at);
		td_diag_fix(c->d, x,
		            "include only what the program holds: nodes/*.h, or put the text into "
		            "the file");
	}
}

static void check_source(td_checker *c, const td_step *s, const td_impl *impl)
{
	const char *text = source_of(impl);
	if (!text)
		return;
	if (!strstr(text, "FP_CONTRACT OFF") && !strstr(text, "#include \"tandem.clh\"")) {
		td_diag *x = td_check_add(c, "TD0604", s,
		                          "%s: its kernels leave contraction to the compiler",
		                          s->node->name);
		td_diag_fix(c->d, x, "begin %s with #include \"tandem.clh\"", impl->source);
	}
	check_includes(c, s, impl, text);
	const char *word = decides(s) ? inexact_call(text) : NULL;
	if (word) {
		td_diag *x = td_check_add(c, "TD0603", s, "%s decides, but its kernels use %s…",
		                          s->node->name, word);
		td_diag_fix(c->d, x, "use the functions of td_math.h");
	}
}

static void check_sources(td_checker *c)
{
	const td_node *last = NULL; /* runs of one node are common: look at a source once */
	for (int i = 0; i < c->g->steps.n; i++) {
		const td_step *s = &c->g->steps.items[i];
		if (!s->node || s->node == last)
			continue;
		last = s->node;
		for (const td_impl *impl = s->node->impls; impl->name; impl++)
			if (impl->on == TD_ON_OPENCL)
				check_source(c, s, impl);
	}
}

void td_check_trust(td_checker *c)
{
	check_pins(c);
	check_determinism(c);
	check_narrowing(c);
	check_sources(c);
}
