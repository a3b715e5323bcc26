/* Rows that exist once a content: texts, graphs, plans, devices, environments. */
#include "store_inner.h"

#include "base/str.h"

#define I TD_CELL_I
#define R TD_CELL_R
#define T TD_CELL_T

static bool find_sha(td_store *s, td_find which, const td_sha256 *sha, int64_t *id, td_err *e)
{
	td_cell key = T(sha->hex);
	return td_store_find(s, which, &key, 1, id, e);
}

bool td_store_text(td_store *s, const char *text, td_sha256 *sha, td_err *e)
{
	*sha = td_sha256_text(text);
	return td_store_put(s, TD_PUT_TEXT, e, T(sha->hex), T(text));
}

/* -- graphs --------------------------------------------------------------- */

static void params_text(const td_step *x, td_str *out)
{
	for (const td_param *p = x->node ? x->node->params : NULL; p && p->name; p++) {
		td_str_addf(out, "%s%s=", out->n ? " " : "", p->name);
		td_param_text(p, x->params, out);
	}
}

static bool put_step(td_store *s, int64_t graph, const td_graph *g, int step, td_err *e)
{
	const td_step *x = &g->steps.items[step];
	td_str params = {0};
	params_text(x, &params);
	bool ok = td_store_put(s, TD_PUT_STEP, e, I(graph), I(step), T(x->name),
	                       T(x->node ? x->node->name : x->node_name),
	                       I(x->node ? x->node->version : 0),
	                       T(x->stage == TD_NONE ? NULL : g->stages.items[x->stage]),
	                       x->loop == TD_NONE ? TD_CELL_NONE : I(x->loop),
	                       T(td_str_text(&params)), R(x->tol_factor), T(x->tol_reason),
	                       T(x->at.file), x->at.file ? I(x->at.line) : TD_CELL_NONE);
	td_str_fini(&params);
	return ok;
}

static bool put_graph(td_store *s, const td_graph *g, const td_sha256 *sha, int64_t *id, td_err *e)
{
	bool ok = td_store_put(s, TD_PUT_GRAPH, e, T(sha->hex), T(g->name));
	*id = td_store_new_id(s);
	for (int i = 0; ok && i < g->steps.n; i++)
		ok = put_step(s, *id, g, i, e);
	for (int i = 0; ok && i < g->values.n; i++) {
		td_str name = {0};
		td_value_text(g, i, &name);
		ok = td_store_put(s, TD_PUT_GRAPH_VALUE, e, I(*id), I(i), T(td_str_text(&name)));
		td_str_fini(&name);
	}
	return ok;
}

static bool know_graph(td_store *s, const td_graph *g, int64_t *id, td_err *e)
{
	td_str text = {0};
	td_sha256 sha;
	td_graph_text(g, &text);
	bool ok = td_store_text(s, td_str_text(&text), &sha, e) &&
	          find_sha(s, TD_FIND_GRAPH, &sha, id, e) && (*id || put_graph(s, g, &sha, id, e));
	td_str_fini(&text);
	return ok;
}

/* -- plans ---------------------------------------------------------------- */

static bool put_plan(td_store *s, const td_plan *p, const char *text, int64_t *id, td_err *e)
{
	int64_t graph;
	td_sha256 sha;
	bool ok = know_graph(s, p->graph, &graph, e) && td_store_text(s, text, &sha, e) &&
	          td_store_put(s, TD_PUT_PLAN, e, T(sha.hex), I(graph), I(p->peak_bytes[TD_MAIN]),
	                       I(p->peak_bytes[TD_HOST]), I(p->lower_bytes[TD_MAIN]),
	                       I(p->transfer_bytes));
	*id = td_store_new_id(s);
	return ok;
}

bool td_store_plan(td_store *s, const td_plan *p, int64_t *id, td_err *e)
{
	td_str text = {0};
	td_plan_save(p, &text);
	td_sha256 sha = td_sha256_text(td_str_text(&text));
	bool ok = find_sha(s, TD_FIND_PLAN, &sha, id, e) &&
	          (*id || put_plan(s, p, td_str_text(&text), id, e));
	td_str_fini(&text);
	return ok;
}

/* -- devices and environments --------------------------------------------- */

bool td_store_facts(td_store *s, td_put which, int64_t id, const td_facts *f, td_err *e)
{
	for (int i = 0; i < f->n; i++)
		if (!td_store_put(s, which, e, I(id), T(f->items[i].field), T(f->items[i].value)))
			return false;
	return true;
}

typedef struct {
	td_arena arena;
	td_facts facts;
} collector;

static void take_field(void *arg, const char *field, const char *value)
{
	collector *c = arg;
	if (!td_env_is_state(field))
		td_facts_add(&c->arena, &c->facts, field, value);
}

/* What is in the row of a device. Measured peaks are not: they vary from time to time. */
static td_sha256 device_sha(const td_caps *c, const td_facts *fields)
{
	td_str text = {0};
	td_str_addf(&text, "%s\n%s\n%s\n%s\n%s\n%s\n%s\n", c->id, c->name,
	            td_device_type_name(c->type), c->vendor, c->platform, c->driver, c->version);
	const int64_t numbers[] = {c->unified,
	                           c->compute_units,
	                           c->clock_mhz,
	                           c->global_bytes,
	                           c->max_alloc_bytes,
	                           c->local_bytes,
	                           c->constant_bytes,
	                           c->f64,
	                           c->f16,
	                           c->i64_atomics,
	                           c->correct_div_sqrt,
	                           c->denormals,
	                           c->fma};
	for (size_t i = 0; i < TD_COUNT(numbers); i++)
		td_str_addf(&text, "%lld\n", (long long)numbers[i]);
	td_str_add(&text, td_facts_sha256(fields).hex);
	td_sha256 sha = td_sha256_text(text.data);
	td_str_fini(&text);
	return sha;
}

static bool put_device(td_store *s, const td_caps *c, const td_sha256 *sha, td_err *e)
{
	return td_store_put(s, TD_PUT_DEVICE, e, T(sha->hex), T(c->id), T(c->name),
	                    T(td_device_type_name(c->type)), T(c->vendor), T(c->platform),
	                    T(c->driver), T(c->version), I(c->unified), I(c->compute_units),
	                    I(c->clock_mhz), I(c->global_bytes), I(c->max_alloc_bytes),
	                    I(c->local_bytes), I(c->constant_bytes), I(c->f64), I(c->f16),
	                    I(c->i64_atomics), I(c->correct_div_sqrt), I(c->denormals), I(c->fma));
}

bool td_store_device(td_store *s, const td_caps *c, const td_device *dev, int64_t *id, td_err *e)
{
	collector x = {0};
	td_device_fields(dev, take_field, &x);
	td_sha256 sha = device_sha(c, &x.facts);
	bool ok = find_sha(s, TD_FIND_DEVICE, &sha, id, e);
	if (ok && !*id) {
		ok = put_device(s, c, &sha, e);
		*id = td_store_new_id(s);
		ok = ok && td_store_facts(s, TD_PUT_DEVICE_FIELD, *id, &x.facts, e);
	}
	td_arena_fini(&x.arena);
	return ok;
}

bool td_store_environment(td_store *s, const td_facts *f, int64_t *id, td_err *e)
{
	td_sha256 sha = td_facts_sha256(f);
	if (!find_sha(s, TD_FIND_ENVIRONMENT, &sha, id, e))
		return false;
	if (*id)
		return true;
	bool ok = td_store_put(s, TD_PUT_ENVIRONMENT, e, T(sha.hex));
	*id = td_store_new_id(s);
	return ok && td_store_facts(s, TD_PUT_ENVIRONMENT_FIELD, *id, f, e);
}
