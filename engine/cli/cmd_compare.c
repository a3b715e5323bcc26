#include "cli.h"

#include "../base/file.h"
#include "../base/log.h"
#include "../measure/compare.h"
#include "../model/dtype.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One output of one step on one device: the worst of all turns. */
typedef struct {
	td_rec_agreement worst;
	int64_t turns;
	bool bits, pass;
} line;

typedef struct {
	const td_cli *c;
	const td_graph *g;
	const char *names[8];
	TD_LIST(line) lines;
	td_arena arena;
	int *of; /* value and lane to line, -1: none yet */
} table;

static void take_row(void *arg, const td_rec_agreement *a)
{
	table *t = arg;
	int *at = &t->of[(size_t)a->value * 8 + (size_t)a->run];
	if (*at < 0) {
		*at = t->lines.n;
		TD_PUSH(&t->arena, t->lines, ((line){*a, 0, true, true}));
	}
	line *l = &t->lines.items[*at];
	l->turns++;
	l->bits &= a->bit_identical;
	l->pass &= a->pass;
	if (a->worst > l->worst.worst || (!a->pass && l->worst.pass))
		l->worst = *a;
}

static bool write_outputs(void *arg, int lane, const td_plan *p, const td_exec *x, td_err *e)
{
	const table *t = arg;
	if (!t->c->out)
		return true;
	char *dir = td_path_join(t->c->out, t->names[lane]);
	bool ok = td_cli_write_outputs(dir, p, x, e);
	free(dir);
	return ok;
}

/* "cpu", and "cpu.2" when it is asked for again. */
static void name_lanes(table *t)
{
	for (int i = 0; i < t->c->n_on; i++) {
		int times = 1;
		for (int k = 0; k < i; k++)
			times += td_same(t->c->on[k], t->c->on[i]);
		t->names[i] = times == 1 ? t->c->on[i]
		                         : td_arena_printf(&t->arena, "%s.%d", t->c->on[i], times);
	}
}

static json_t *number(double x)
{
	return isnan(x) ? json_null() : json_real(isinf(x) ? copysign(1e308, x) : x);
}

static const char *port_of(const table *t, const line *l)
{
	return t->g->steps.items[l->worst.step].node->out[l->worst.port].name;
}

static json_t *line_json(const table *t, const line *l)
{
	const td_rec_agreement *a = &l->worst;
	const td_step *s = &t->g->steps.items[a->step];
	json_t *isolated =
		json_pack("{s:o, s:o, s:o, s:o, s:I, s:o, s:o}", "worst", number(a->worst),
	                  "max_abs", number(a->max_abs), "max_ulp", number(a->max_ulp), "norm_rel",
	                  number(a->norm_rel), "worst_index", (json_int_t)a->worst_index,
	                  "worst_got", number(a->worst_got), "worst_ref", number(a->worst_ref));
	json_t *accumulated =
		json_pack("{s:o, s:o, s:o}", "max_abs", number(a->acc_max_abs), "norm_rel",
	                  number(a->acc_norm_rel), "baseline_max_abs", number(a->base_max_abs));
	json_t *decisions = json_pack("{s:I, s:I, s:I}", "at_risk", (json_int_t)a->at_risk, "flips",
	                              (json_int_t)a->flips, "wrong", (json_int_t)a->wrong);
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:o, s:o, s:o, s:o, s:b, s:b}",
	                 "device", t->names[a->run], "step", s->name, "node", s->node_name,
	                 "output", port_of(t, l), "kind", a->kind, "oracle", a->oracle, "n",
	                 (json_int_t)a->n, "turns", (json_int_t)l->turns, "limit", number(a->limit),
	                 "isolated", isolated, "accumulated", accumulated, "decisions", decisions,
	                 "bit_identical", l->bits, "pass", l->pass);
}

static const char *step_name(const table *t, int step)
{
	return step == TD_NONE ? NULL : t->g->steps.items[step].name;
}

static json_t *result_json(const table *t, const td_compare_result *r, int64_t session)
{
	json_t *rows = json_array(), *devices = json_array(), *candidates = json_array();
	for (int i = 0; i < t->lines.n; i++)
		json_array_append_new(rows, line_json(t, &t->lines.items[i]));
	for (int i = 0; i < t->c->n_on; i++) {
		json_array_append_new(devices, json_string(t->names[i]));
		if (i) /* no speed-up is stated: nothing was timed in pairs */
			json_array_append_new(candidates, json_pack("{s:s, s:n}", "device",
			                                            t->names[i], "speedup"));
	}
	return json_pack(
		"{s:s, s:o, s:s, s:s, s:o, s:s, s:b, s:s?, s:s?, s:o, s:o}", "schema",
		"tandem/compare/1", "session", session ? json_integer(session) : json_null(),
		"pipeline", t->g->name, "graph_sha256", td_graph_sha256(t->g).hex, "devices",
		devices, "verdict", r->agree ? "AGREE" : "DISAGREE", "bit_identical",
		r->bit_identical, "first_divergence", step_name(t, r->first_divergence), "guilty",
		step_name(t, r->first_guilty), "agreement", rows, "candidates", candidates);
}

static void print_line(const table *t, const line *l)
{
	const td_rec_agreement *a = &l->worst;
	char isolated[64];
	if (td_same(a->oracle, "none"))
		td_clip(isolated, sizeof isolated, "not asked");
	else if (td_same(a->kind, "decision"))
		td_clip(isolated, sizeof isolated, "%lld wrong, %lld flips", (long long)a->wrong,
		        (long long)a->flips);
	else
		td_clip(isolated, sizeof isolated, "%.3g of %.3g", a->worst, a->limit);
	printf("  %-10s %-16s %-14s %-9s %-20s %-12s %-5s %s\n", t->names[a->run],
	       t->g->steps.items[a->step].name, port_of(t, l), a->kind, isolated,
	       isnan(a->acc_max_abs) ? "-" : td_number_text((double)(float)a->acc_max_abs).text,
	       l->bits ? "same" : "other", l->pass ? "ok" : "FAIL");
}

static void print_text(const table *t, const td_compare_result *r, int64_t session)
{
	printf("%s on", t->g->name);
	for (int i = 0; i < t->c->n_on; i++)
		printf("%s %s%s", i ? "," : "", t->names[i], i ? "" : " (baseline)");
	printf("\n\n  %-10s %-16s %-14s %-9s %-20s %-12s %-5s %s\n", "device", "step", "output",
	       "limit", "isolated error", "accumulated", "bits", "");
	for (int i = 0; i < t->lines.n; i++)
		print_line(t, &t->lines.items[i]);
	printf("\n%s%s: %d outputs compared on %d devices\n", r->agree ? "AGREE" : "DISAGREE",
	       r->bit_identical ? ", bit-identical" : "", r->rows, t->c->n_on);
	if (r->first_guilty != TD_NONE)
		printf("first step beyond its limit: %s\n", step_name(t, r->first_guilty));
	if (r->first_divergence != TD_NONE)
		printf("first step whose bits differ from the baseline's: %s\n",
		       step_name(t, r->first_divergence));
	if (r->unjudged)
		printf("%d outputs were too costly for the oracle (--oracle-flops): they pass only "
		       "with the baseline's bits\n",
		       r->unjudged);
	if (session)
		printf("recorded as session %lld in %s\n", (long long)session, td_cli_db(t->c));
}

static bool show(table *t, int format, const td_compare_result *r, int64_t session, td_err *e)
{
	json_t *j = result_json(t, r, session);
	char *text = json_dumps(j, JSON_INDENT(2));
	bool ok = true;
	if (t->c->out) {
		char *path = td_path_join(t->c->out, "compare.json");
		ok = td_file_write(path, text, strlen(text), e);
		free(path);
	}
	if (format)
		puts(text);
	else
		print_text(t, r, session);
	free(text);
	json_decref(j);
	return ok;
}

static bool open_devices(const td_cli *c, td_device **dev, td_err *e)
{
	for (int i = 0; i < c->n_on; i++)
		if (!td_device_open(c->on[i], &dev[i], e))
			return false;
	return true;
}

static bool compare_it(td_cli *c, td_loaded *l, td_device *const *dev, td_session *s, table *t,
                       td_compare_result *r, td_err *e)
{
	td_run_inputs in;
	t->c = c;
	t->g = l->graph;
	size_t cells = td_size_mul((size_t)l->graph->values.n + 1, 8);
	t->of = td_arena_array(&t->arena, cells, sizeof *t->of);
	memset(t->of, -1, cells * sizeof *t->of);
	name_lanes(t);
	if (!td_run_inputs_load(l->graph, &in, e))
		return false;
	td_compare_options o = {.dev = dev,
	                        .names = t->names,
	                        .n = c->n_on,
	                        .impls = c->impls,
	                        .n_impls = c->n_impls,
	                        .oracle_flops = c->oracle_flops,
	                        .sink = s->to,
	                        .pipeline = c->args[0],
	                        .seed = td_cli_seed(l->graph),
	                        .progress = true,
	                        .take = take_row,
	                        .arg = t,
	                        .outputs = write_outputs};
	bool ok = td_compare(l->graph, &in, &o, &l->diags, r, e);
	td_run_inputs_fini(&in);
	return ok;
}

static bool usage(const td_cli *c, int *format, td_err *e)
{
	static const char *const formats[] = {"text", "json", NULL};
	if (!td_cli_format(c, formats, format, e))
		return false;
	if (c->n_on < 2)
		return td_fail(e, TD_E_USAGE, "compare needs two or more devices: --on native,cpu");
	if (c->pairs > 0)
		return td_fail(e, TD_E_USAGE, "this version compares results only: --pairs 0");
	return true;
}

int td_cmd_compare(td_cli *c)
{
	td_loaded l = {0};
	td_session s = {0};
	td_device *dev[8] = {NULL};
	td_compare_result r = {0};
	table t = {0};
	td_err e;
	int format;
	bool ok = usage(c, &format, &e) && td_cli_prove(c, c->args[0], true, &l, &e) &&
	          open_devices(c, dev, &e) && td_session_begin(c, &s, &e) &&
	          compare_it(c, &l, dev, &s, &t, &r, &e);
	ok = ok && show(&t, format, &r, s.store ? td_store_session_id(s.store) : 0, &e);
	int code = !ok ? td_cli_fail(&e) : r.agree ? TD_OK : TD_E_DISAGREE;
	code = td_session_end(&s, code,
	                      !ok       ? NULL
	                      : r.agree ? "AGREE"
	                                : "DISAGREE",
	                      ok ? NULL : &e);
	for (int i = 0; i < 8; i++)
		td_device_close(dev[i]);
	td_arena_fini(&t.arena);
	td_cli_unload(&l);
	return code;
}
