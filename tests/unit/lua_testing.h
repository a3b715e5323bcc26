/* lua_testing.h: what the tests of lua/ share: a registry with a few nodes of known ports, and a
 * text of a graph. */
#ifndef TD_LUA_TESTING_H
#define TD_LUA_TESTING_H

#include "../../lua/script.h"
#include "model/dtype.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* -- nodes; they are never run -------------------------------------------- */

static inline bool toy_run(const td_call *c, td_err *e)
{
	(void)c;
	(void)e;
	return true;
}

#define TOY_IMPLS \
	((const td_impl[]){{"ref", TD_ON_HOST, toy_run}, {"native", TD_ON_HOST, toy_run}, {0}})
#define TOY_OUT(name)                                      \
	{                                                  \
		name, TD_SET_FLOAT, "...", "?a", "result", \
		{                                          \
			TD_ULP, 1                          \
		}                                          \
	}

typedef struct {
	int64_t k;
	double sigma;
	int32_t mode;
	bool causal;
} toy_blur_params;

static const char *const toy_modes[] = {"box", "gauss", NULL};

static inline bool toy_validate(const void *params, td_err *e)
{
	const toy_blur_params *p = params;
	return p->k % 2 || !p->causal || td_fail(e, TD_E_USAGE, "a causal blur needs an odd k");
}

static const td_node toy_blur = {
	.abi = TD_ABI,
	.version = 1,
	.name = "toy.blur",
	.doc = "Smooths rows.\nSecond line.",
	.in =
		(const td_port[]){
			{"x", TD_SET_FLOAT, "N T", "?a", "rows"},
			{"mask", TD_SET_U8, "N", NULL, "rows to leave out", .flags = TD_OPTIONAL},
			{"weight", TD_SET_FLOAT, "k", NULL, "of neighbours", .flags = TD_OPTIONAL},
			{0}},
	.out = (const td_port[]){{"y", TD_SET_FLOAT, "N T", "?a", "smooth rows", {TD_ULP, 1}},
                                 {"rest", TD_SET_FLOAT, "N T", "?a", "x - y", {TD_ULP, 1}},
                                 {0}},
	.params = (const td_param[]){{"k", NULL, "window", TD_INT, offsetof(toy_blur_params, k), 3,
                                      1, 99},
                                     {"sigma", "s", "width", TD_REAL,
                                      offsetof(toy_blur_params, sigma), 1.5, 0, 5},
                                     {"mode", NULL, "shape of the window", TD_CHOICE,
                                      offsetof(toy_blur_params, mode), 0, .choices = toy_modes},
                                     {"causal", NULL, "only the past", TD_FLAG,
                                      offsetof(toy_blur_params, causal), 0},
                                     {0}},
	.params_size = sizeof(toy_blur_params),
	.validate = toy_validate,
	.flags = TD_D3,
	.impls = TOY_IMPLS,
};

typedef struct {
	int64_t n, t, seed;
} toy_synth_params;

static const td_node toy_synth = {
	.abi = TD_ABI,
	.version = 1,
	.name = "toy.synth",
	.doc = "Makes rows up.",
	.out = (const td_port[]){{"x", TD_SET_F32, "n t", "V", "rows", {TD_EXACT}}, {0}},
	.params =
		(const td_param[]){
			{"n", NULL, "rows", TD_INT, offsetof(toy_synth_params, n), 2, 1, 1e6},
			{"t", NULL, "columns", TD_INT, offsetof(toy_synth_params, t), 3, 1, 1e6},
			{"seed", NULL, "which rows", TD_INT, offsetof(toy_synth_params, seed),
                         TD_REQUIRED, 0, 0x1p53},
			{0}},
	.params_size = sizeof(toy_synth_params),
	.flags = TD_D3 | TD_RANDOM,
	.impls = TOY_IMPLS,
};

#define TOY_PAIR(id, full)                                                           \
	static const td_node id = {                                                  \
		.abi = TD_ABI,                                                       \
		.version = 1,                                                        \
		.name = full,                                                        \
		.doc = "Combines two tensors.",                                      \
		.in = (const td_port[]){{"a", TD_SET_FLOAT, "...", "?a", "one"},     \
	                                {"b", TD_SET_FLOAT, "...", "?a", "another"}, \
	                                {0}},                                        \
		.out = (const td_port[]){TOY_OUT("y"), {0}},                         \
		.flags = TD_D3,                                                      \
		.impls = TOY_IMPLS,                                                  \
	}
TOY_PAIR(toy_add, "tensor.add");
TOY_PAIR(toy_sub, "tensor.sub");
TOY_PAIR(toy_mul, "tensor.mul");
TOY_PAIR(toy_div, "tensor.div");

typedef struct {
	double mul, add;
} toy_affine_params;

static const td_node toy_affine = {
	.abi = TD_ABI,
	.version = 1,
	.name = "tensor.affine",
	.doc = "y = x * mul + add",
	.in = (const td_port[]){{"x", TD_SET_FLOAT, "...", "?a", "anything"}, {0}},
	.out = (const td_port[]){TOY_OUT("y"), {0}},
	.params = (const td_param[]){{"mul", NULL, "factor", TD_REAL,
                                      offsetof(toy_affine_params, mul), 1, -1e300, 1e300},
                                     {"add", NULL, "summand", TD_REAL,
                                      offsetof(toy_affine_params, add), 0, -1e300, 1e300},
                                     {0}},
	.params_size = sizeof(toy_affine_params),
	.flags = TD_D3,
	.impls = TOY_IMPLS,
};

static const td_node toy_put = {
	.abi = TD_ABI,
	.version = 1,
	.name = "tensor.put",
	.doc = "Puts a row into a tensor.",
	.in = (const td_port[]){{"over", TD_SET_FLOAT, "n m", "?a", "the tensor"},
                                {"value", TD_SET_FLOAT, "m", "?a", "the row"},
                                {"index", TD_SET_I64, "1", NULL, "which row"},
                                {0}},
	.out =
		(const td_port[]){
			{"y", TD_SET_FLOAT, "n m", "?a", "the same", {TD_EXACT}, .over = "over"},
			{0}},
	.flags = TD_D3,
	.impls = TOY_IMPLS,
};

/* What docs/pipelines.md uses. */
typedef struct {
	int64_t k;
	double threshold;
} toy_knn_params;

static const td_node toy_corr = {
	.abi = TD_ABI,
	.version = 1,
	.name = "graph.corr",
	.doc = "Correlates rows.",
	.in = (const td_port[]){{"x", TD_SET_FLOAT, "N T", NULL, "rows"}, {0}},
	.out = (const td_port[]){{"weight", TD_SET_FLOAT, "N N", "1", "correlations", {TD_ULP, 1}},
                                 {"bad", TD_SET_I32, "N", NULL, "rows left out", {TD_EXACT}},
                                 {0}},
	.flags = TD_D3,
	.impls = TOY_IMPLS,
};

static const td_node toy_knn = {
	.abi = TD_ABI,
	.version = 1,
	.name = "graph.knn",
	.doc = "Keeps the strongest links.",
	.in = (const td_port[]){{"weight", TD_SET_FLOAT, "N N", "1", "links"}, {0}},
	.out = (const td_port[]){{"src", TD_SET_I32, "N k", NULL, "from", {TD_EXACT}},
                                 {"dst", TD_SET_I32, "N k", NULL, "to", {TD_EXACT}},
                                 {"weight", TD_SET_FLOAT, "N k", "1", "strength", {TD_EXACT}},
                                 {0}},
	.params = (const td_param[]){{"k", NULL, "links a row", TD_INT, offsetof(toy_knn_params, k),
                                      10, 1, 1e6},
                                     {"threshold", NULL, "weakest", TD_REAL,
                                      offsetof(toy_knn_params, threshold), 0, 0, 1},
                                     {0}},
	.params_size = sizeof(toy_knn_params),
	.flags = TD_D3,
	.impls = TOY_IMPLS,
};

static const td_node toy_series = {
	.abi = TD_ABI,
	.version = 1,
	.name = "graph.synth",
	.doc = "Makes rows up.",
	.out = (const td_port[]){{"x", TD_SET_F32, "n t", NULL, "rows", {TD_EXACT}}, {0}},
	.params =
		(const td_param[]){
			{"n", NULL, "rows", TD_INT, offsetof(toy_synth_params, n), 2, 1, 1e6},
			{"t", NULL, "columns", TD_INT, offsetof(toy_synth_params, t), 3, 1, 1e6},
			{"seed", NULL, "which rows", TD_INT, offsetof(toy_synth_params, seed),
                         TD_REQUIRED, 0, 0x1p53},
			{0}},
	.params_size = sizeof(toy_synth_params),
	.flags = TD_D3 | TD_RANDOM,
	.impls = TOY_IMPLS,
};

static inline int toy_by_name(const void *a, const void *b)
{
	const td_node *const *x = a, *const *y = b;
	return strcmp((*x)->name, (*y)->name);
}

/* The built-in nodes and these. `instead`: also of those whose name is the same, so that tests of
 * texts depend on no other node. */
static inline void toy_registry(td_registry *r, bool instead)
{
	static const td_node *const nodes[] = {&toy_blur, &toy_synth, &toy_add,    &toy_sub,
	                                       &toy_mul,  &toy_div,   &toy_affine, &toy_put,
	                                       &toy_corr, &toy_knn,   &toy_series};
	td_registry_init(r);
	for (size_t i = 0; i < TD_COUNT(nodes); i++) {
		bool there = td_registry_find(r, nodes[i]->name) != NULL;
		for (int k = 0; k < r->n && instead; k++)
			if (td_same(r->items[k]->name, nodes[i]->name))
				r->items[k] = nodes[i];
		if (there)
			continue;
		TD_PUSH(&r->arena, *r, nodes[i]);
		qsort(r->items, (size_t)r->n, sizeof(const td_node *), toy_by_name);
	}
}

/* -- a graph as text ------------------------------------------------------ */

static inline void toy_value(const td_graph *g, int value, td_str *out)
{
	td_str_addf(out, value == TD_NONE ? " -" : " %d", value);
	(void)g;
}

static inline void toy_step(const td_graph *g, const td_step *s, td_str *out)
{
	td_str_addf(out, "%s = %s(", s->name, s->node_name);
	for (int i = 0; i < s->n_in; i++)
		toy_value(g, s->in[i], out);
	td_str_add(out, " ) ->");
	for (int i = 0; i < s->n_out; i++)
		toy_value(g, s->out[i], out);
	for (const td_param *p = s->node ? s->node->params : NULL; p && p->name; p++) {
		td_str_addf(out, " %s=", p->name);
		td_param_text(p, s->params, out);
	}
	if (s->stage != TD_NONE)
		td_str_addf(out, " stage %s", g->stages.items[s->stage]);
	if (s->loop != TD_NONE)
		td_str_addf(out, " loop %d", s->loop);
	if (s->impl)
		td_str_addf(out, " impl %s", s->impl);
	if (s->tol_factor > 1)
		td_str_addf(out, " tol %s %s", td_number_text(s->tol_factor).text, s->tol_reason);
	if (s->native_allowed)
		td_str_add(out, " native");
	td_str_addf(out, " @%d:%d\n", s->at.line, s->at.col);
}

static inline void toy_input(const td_graph *g, const td_input *in, td_str *out)
{
	const td_value *v = &g->values.items[in->value];
	td_shape shape = {.dtype = in->dtype, .rank = in->rank};
	memcpy(shape.dim, in->dim, sizeof shape.dim);
	td_str_addf(out, "input %s =%d %s [", in->name, in->value, td_dtype_name(in->dtype));
	td_shape_text(g->dims, &shape, out);
	td_str_addf(out, "] %s", in->path ? in->path : in->url ? in->url : "-");
	if (in->pin)
		td_str_addf(out, " pin %.8s", in->pin);
	if (in->pin_bytes >= 0)
		td_str_addf(out, " bytes %lld", (long long)in->pin_bytes);
	if (in->columns)
		td_str_addf(out, " columns %s", in->columns);
	if (v->unit.known)
		td_str_addf(out, " unit %s", td_unit_text(&v->unit).text);
	if (v->lo <= v->hi)
		td_str_addf(out, " range %s:%s", td_number_text(v->lo).text,
		            td_number_text(v->hi).text);
	td_str_addf(out, "%s @%d:%d\n", in->literal ? " literal" : "", in->at.line, in->at.col);
}

static inline void toy_loop(const td_graph *g, int loop, td_str *out)
{
	const td_loop *l = &g->loops.items[loop];
	td_str_addf(out, "loop %d: %lld turns in %d, steps %d to %d, index %d:", loop,
	            (long long)l->trips, l->parent, l->first, l->last, l->index);
	for (int i = 0; i < l->n; i++)
		td_str_addf(out, " (%d %d %d)", l->items[i].init, l->items[i].value,
		            l->items[i].next);
	td_str_add(out, "\n");
}

/* Everything that scripts decide, with places. */
static inline void toy_graph(const td_graph *g, td_str *out)
{
	td_str_addf(out, "graph %s D%d\n", g->name, g->determinism);
	for (int i = 0; i < td_dims_count(g->dims); i++) {
		const td_symbol *s = td_dims_symbol_c(g->dims, i);
		td_str_addf(out, "dim %s %lld:%lld rate %s\n", s->name, (long long)s->lo,
		            (long long)s->hi, td_number_text(s->rate).text);
	}
	for (int i = 0; i < g->inputs.n; i++)
		toy_input(g, &g->inputs.items[i], out);
	for (int i = 0; i < g->constants.n; i++) {
		const td_constant *c = &g->constants.items[i];
		td_str_addf(out, "const %s [", td_dtype_name(c->dtype));
		for (int k = 0; k < c->rank; k++)
			td_str_addf(out, "%s%lld", k ? " " : "", (long long)c->dim[k]);
		td_str_add(out, "]");
		for (int64_t k = 0; k < c->n; k++)
			td_str_addf(out, " %s", td_number_text(c->items[k]).text);
		td_str_add(out, "\n");
	}
	for (int i = 0; i < g->steps.n; i++)
		toy_step(g, &g->steps.items[i], out);
	for (int i = 0; i < g->loops.n; i++)
		toy_loop(g, i, out);
	for (int i = 0; i < g->outputs.n; i++)
		td_str_addf(out, "output %s = %d @%d:%d\n", g->outputs.items[i].name,
		            g->outputs.items[i].value, g->outputs.items[i].at.line,
		            g->outputs.items[i].at.col);
	for (int i = 0; i < g->params.n; i++) {
		const td_pipeline_param *p = &g->params.items[i];
		td_str_addf(out, "param %s %s = %s%s%s @%d:%d\n", p->name, p->type, p->value,
		            p->given ? " given" : "", p->used ? "" : " unused", p->at.line,
		            p->at.col);
	}
}

/* The faults, one or two lines each. */
static inline void toy_faults(const td_graph *g, td_str *out)
{
	for (int i = 0; i < g->faults.n; i++) {
		const td_fault *f = &g->faults.items[i];
		td_str_addf(out, "%s:%d:%d %s %s\n", f->at.file, f->at.line, f->at.col, f->rule,
		            f->text);
		if (f->fix)
			td_str_addf(out, "  fix: %s\n", f->fix);
	}
}

#endif
