#include "cli.h"

#include "../../lua/bind_cases.h"
#include "../../lua/grad_case.h"
#include "../base/log.h"
#include "../measure/twin.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
	int passed, failed, left_out;
	json_t *rows; /* NULL: text */
} tally;

static void take_row(void *arg, const td_twin_row *row)
{
	tally *t = arg;
	if (row->left_out) {
		t->left_out++;
		return;
	}
	*(row->pass ? &t->passed : &t->failed) += 1;
	if (t->rows) {
		json_array_append_new(t->rows,
		                      json_pack("{s:s, s:s, s:s, s:s, s:b, s:b, s:f, s:s}", "node",
		                                row->c->node->name, "case", row->c->name, "impl",
		                                row->impl, "device", row->device, "pass", row->pass,
		                                "bit_identical", row->bit_identical, "worst",
		                                row->worst < 1e300 ? row->worst : 1e300, "text",
		                                row->text));
	} else if (!row->pass) {
		printf("FAIL %s \"%s\" %s on %s (%s:%d)\n     %s\n", row->c->node->name,
		       row->c->name, row->impl, row->device, row->c->at.file, row->c->at.line,
		       row->text);
	}
}

static bool run_node(td_cli *c, const td_node *node, td_device *const *dev, int n_dev, tally *t,
                     td_err *e)
{
	td_cases cases = {0};
	tally before = *t;
	bool ok = td_cases_load(&c->registry, node, &cases, e);
	for (int i = 0; i < cases.n && ok; i++)
		ok = td_twin_case(&c->registry, &cases.items[i], dev, n_dev, take_row, t, e);
	if (ok && !t->rows)
		printf("%s %-24s %3d cases, %4d comparisons%s\n",
		       cases.n && t->failed == before.failed ? "ok  " : "FAIL", node->name, cases.n,
		       t->passed + t->failed - before.passed - before.failed,
		       cases.n ? "" : "  (no cases!)");
	if (ok && !cases.n)
		t->failed++;
	td_arena_fini(&cases.arena);
	return ok;
}

/* -- gradients ---------------------------------------------------------------------- */

static void take_grad(tally *t, const td_grad_row *row)
{
	*(row->pass ? &t->passed : &t->failed) += 1;
	if (t->rows)
		json_array_append_new(t->rows, json_pack("{s:s, s:s, s:b, s:i, s:i, s:f, s:s}",
		                                         "node", row->c->node->name, "case",
		                                         row->c->name, "pass", row->pass, "checked",
		                                         row->checked, "kinks", row->kinks, "worst",
		                                         row->worst < 1e300 ? row->worst : 1e300,
		                                         "text", row->text));
	else if (!row->pass)
		printf("FAIL %s \"%s\" (%s:%d)\n     %s\n", row->c->node->name, row->c->name,
		       row->c->at.file, row->c->at.line, row->text);
}

/* A rule that no case tries is a failure; a node without a rule is none. */
static bool run_rule(td_cli *c, const td_node *node, td_device *ref, tally *t, td_err *e)
{
	td_cases cases = {0};
	int tried = 0, checked = 0, failed = t->failed;
	bool ok = td_cases_load(&c->registry, node, &cases, e);
	for (int i = 0; i < cases.n && ok && cases.has_grad; i++) {
		td_grad_row row;
		if (!td_grad_case_fits(&cases.items[i]))
			continue;
		ok = td_grad_case(&c->registry, &cases.items[i], ref, &row, e);
		if (ok)
			take_grad(t, &row);
		tried++;
		checked += row.checked;
	}
	if (ok && cases.has_grad && !t->rows)
		printf("%s %-24s %3d cases, %4d derivatives%s\n",
		       t->failed == failed && checked ? "ok  " : "FAIL", node->name, tried, checked,
		       checked ? "" : "  (no small case!)");
	t->failed += ok && cases.has_grad && !checked;
	td_arena_fini(&cases.arena);
	return ok;
}

/* -- which nodes ---------------------------------------------------------------------- */

/* Is the node, or its family, asked for? */
static bool wanted(const td_cli *c, const td_node *node)
{
	for (int i = 0; i < c->n_args; i++) {
		size_t n = strlen(c->args[i]);
		if (td_same(c->args[i], node->name) ||
		    (strncmp(c->args[i], node->name, n) == 0 && node->name[n] == '.'))
			return true;
	}
	return c->n_args == 0;
}

static bool run_nodes(td_cli *c, td_device *const *dev, int n_dev, tally *t, td_err *e)
{
	for (int i = 0; i < c->registry.n; i++) {
		const td_node *node = c->registry.items[i];
		if (wanted(c, node) && !(c->grad ? run_rule(c, node, dev[1], t, e)
		                                 : run_node(c, node, dev, n_dev, t, e)))
			return false;
	}
	return true;
}

static bool names_known(const td_cli *c, td_err *e)
{
	for (int k = 0; k < c->n_args; k++) {
		bool found = false;
		size_t n = strlen(c->args[k]);
		for (int i = 0; i < c->registry.n; i++) {
			const char *name = c->registry.items[i]->name;
			found |= td_same(name, c->args[k]) ||
			         (strncmp(name, c->args[k], n) == 0 && name[n] == '.');
		}
		const char *close = found ? NULL : td_registry_closest(&c->registry, c->args[k]);
		if (!found)
			return td_fail(e, TD_E_USAGE, "there is no node or family \"%s\"%s%s",
			               c->args[k], close ? "; did you mean " : "",
			               close ? close : "");
	}
	return true;
}

/* native is always there as the baseline, ref as the oracle under test; --on adds devices. */
static int open_devices(td_cli *c, td_device **dev, td_err *e)
{
	const char *names[TD_CLI_MAX + 2] = {"native", "ref"};
	int n = 2, opened = 0;
	for (int i = 0; i < c->n_on; i++)
		if (!td_same(c->on[i], "native") && !td_same(c->on[i], "ref"))
			names[n++] = c->on[i];
	if (!c->n_on && !c->grad)
		names[n++] = "cpu";
	while (opened < n && td_device_open(names[opened], &dev[opened], e))
		opened++;
	return opened == n ? n : -opened;
}

int td_cmd_twin(td_cli *c)
{
	static const char *const formats[] = {"text", "json", NULL};
	td_device *dev[TD_CLI_MAX + 2] = {NULL};
	tally t = {0};
	td_err e;
	int format, n = 0;
	bool ok = td_cli_format(c, formats, &format, &e) && names_known(c, &e) &&
	          (n = open_devices(c, dev, &e)) > 0;
	if (ok && format)
		t.rows = json_array();
	ok = ok && run_nodes(c, dev, n, &t, &e);
	if (ok && t.rows) {
		json_t *j = json_pack("{s:s, s:i, s:i, s:i, s:O}", "schema", "tandem/twin/1",
		                      "passed", t.passed, "failed", t.failed, "left_out",
		                      t.left_out, "rows", t.rows);
		td_cli_print_json(j);
		json_decref(j);
	} else if (ok) {
		if (t.left_out)
			printf("%d comparisons were left out: the device lacks what they need, "
			       "double precision say\n",
			       t.left_out);
		printf("%d passed, %d failed\n", t.passed, t.failed);
	}
	json_decref(t.rows);
	for (int i = 0; i < TD_CLI_MAX + 2; i++)
		td_device_close(dev[i]);
	return !ok ? td_cli_fail(&e) : t.failed ? TD_E_DISAGREE : TD_OK;
}
