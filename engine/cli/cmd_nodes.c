/* The nodes as text, Markdown, JSON, and annotations for editors: all from the descriptors. */
#include "cli.h"

#include "../base/str.h"
#include "../model/dtype.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const closeness[] = {"", "exact", "ulp", "sum", "decision"};

static void list_text(const td_cli *c, td_str *out)
{
	for (int i = 0; i < c->registry.n; i++) {
		const td_node *n = c->registry.items[i];
		td_str_addf(out, "%-22s %.*s\n", n->name, (int)strcspn(n->doc, "\n"), n->doc);
	}
}

static void range_text(const td_param *p, td_str *out)
{
	if (p->type == TD_CHOICE) {
		for (int i = 0; p->choices[i]; i++)
			td_str_addf(out, "%s%s", i ? ", " : "", p->choices[i]);
	} else if (p->type != TD_FLAG) {
		td_str_addf(out, "%s … %s", td_number_text(p->min).text,
		            td_number_text(p->max).text);
	}
}

static void default_text(const td_param *p, td_str *out)
{
	if (isnan(p->def))
		td_str_add(out, "required");
	else if (p->type == TD_CHOICE)
		td_str_add(out, p->choices[(int)p->def]);
	else if (p->type == TD_FLAG)
		td_str_add(out, p->def > 0 ? "true" : "false");
	else
		td_str_add(out, td_number_text(p->def).text);
}

/* The text of a cell, in which a "|" is none of the table's. */
static void add_cell(td_str *out, const char *text)
{
	for (; *text; text++)
		td_str_add_n(out, *text == '|' ? "\\|" : text, *text == '|' ? 2 : 1);
}

static void port_row(const td_port *p, bool output, td_str *out)
{
	td_str_addf(out, "| `%s` | %s | `[", p->name, td_dtypes_list(p->dtypes).text);
	add_cell(out, p->shape);
	td_str_addf(out, "]` | %s | %s", p->unit ? p->unit : "",
	            p->flags & TD_OPTIONAL ? "optional; " : "");
	add_cell(out, p->doc);
	if (output)
		td_str_addf(out, " | %s%s%s", closeness[p->tol.kind],
		            p->tol.kind == TD_ULP ? " " : "",
		            p->tol.kind == TD_ULP ? td_number_text(p->tol.ulp).text : "");
	td_str_add(out, " |\n");
}

static void params_table(const td_node *n, td_str *out)
{
	if (!n->params || !n->params->name)
		return;
	td_str_add(out, "\n| parameter | default | values | unit | |\n|---|---|---|---|---|\n");
	for (const td_param *p = n->params; p->name; p++) {
		td_str_addf(out, "| `%s` | ", p->name);
		default_text(p, out);
		td_str_add(out, " | ");
		range_text(p, out);
		td_str_addf(out, " | %s | ", p->unit ? p->unit : "");
		add_cell(out, p->doc);
		td_str_add(out, " |\n");
	}
}

/* One node as Markdown; it reads well as plain text too. */
static void node_md(const td_node *n, td_str *out)
{
	td_str_addf(out, "## %s\n\n%s\n\n", n->name, n->doc);
	if (n->in && n->in->name) {
		td_str_add(out, "| input | dtype | shape | unit | |\n|---|---|---|---|---|\n");
		for (const td_port *p = n->in; p->name; p++)
			port_row(p, false, out);
		td_str_add(out, "\n");
	}
	td_str_add(out,
	           "| output | dtype | shape | unit | | closeness |\n|---|---|---|---|---|---|\n");
	for (const td_port *p = n->out; p->name; p++)
		port_row(p, true, out);
	params_table(n, out);
	td_str_addf(out, "\nVersion %u, determinism D%u; impls:", n->version, n->flags & TD_D_MASK);
	for (const td_impl *i = n->impls; i->name; i++)
		td_str_addf(out, " %s", i->name);
	td_str_add(out, "\n\n");
}

static json_t *ports_json(const td_port *p, bool output)
{
	json_t *a = json_array();
	for (; p && p->name; p++) {
		json_t *j = json_pack("{s:s, s:s, s:s, s:s?, s:s, s:b}", "name", p->name, "dtypes",
		                      td_dtypes_list(p->dtypes).text, "shape", p->shape, "unit",
		                      p->unit, "doc", p->doc ? p->doc : "", "optional",
		                      (p->flags & TD_OPTIONAL) != 0);
		if (output)
			json_object_set_new(j, "closeness", json_string(closeness[p->tol.kind]));
		json_array_append_new(a, j);
	}
	return a;
}

static json_t *params_json(const td_param *p)
{
	static const char *const types[] = {"int", "real", "flag", "choice"};
	json_t *a = json_array();
	for (; p && p->name; p++) {
		td_str def = {0}, range = {0};
		default_text(p, &def);
		range_text(p, &range);
		json_array_append_new(a, json_pack("{s:s, s:s, s:s, s:s, s:s?, s:s}", "name",
		                                   p->name, "type", types[p->type], "default",
		                                   td_str_text(&def), "values", td_str_text(&range),
		                                   "unit", p->unit, "doc", p->doc));
		td_str_fini(&def);
		td_str_fini(&range);
	}
	return a;
}

static json_t *node_json(const td_node *n)
{
	json_t *impls = json_array();
	for (const td_impl *i = n->impls; i->name; i++)
		json_array_append_new(impls, json_string(i->name));
	return json_pack("{s:s, s:i, s:s, s:i, s:o, s:o, s:o, s:o}", "name", n->name, "version",
	                 (int)n->version, "doc", n->doc, "determinism", (int)(n->flags & TD_D_MASK),
	                 "inputs", ports_json(n->in, false), "outputs", ports_json(n->out, true),
	                 "params", params_json(n->params), "impls", impls);
}

static void nodes_json(const td_cli *c, const td_node *only, td_str *out)
{
	json_t *a = json_array();
	for (int i = 0; i < c->registry.n; i++)
		if (!only || only == c->registry.items[i])
			json_array_append_new(a, node_json(c->registry.items[i]));
	json_t *j = json_pack("{s:s, s:o}", "schema", "tandem/nodes/1", "nodes", a);
	char *text = json_dumps(j, JSON_INDENT(2));
	td_str_addf(out, "%s\n", text);
	free(text);
	json_decref(j);
}

static void nodes_md(const td_cli *c, const td_node *only, td_str *out)
{
	if (!only)
		td_str_add(out, "# Nodes\n\nMade by `tandem nodes --format md`.\n\n");
	for (int i = 0; i < c->registry.n; i++)
		if (!only || only == c->registry.items[i])
			node_md(c->registry.items[i], out);
}

int td_cmd_nodes(td_cli *c)
{
	static const char *const formats[] = {"text", "md", "luals", "json", NULL};
	const td_node *only = c->n_args ? td_registry_find(&c->registry, c->args[0]) : NULL;
	td_str text = {0};
	td_err e;
	int format;
	if (!td_cli_format(c, formats, &format, &e))
		return td_cli_fail(&e);
	if (c->n_args && !only) {
		const char *close = td_registry_closest(&c->registry, c->args[0]);
		td_fail(&e, TD_E_USAGE, "there is no node \"%s\"%s%s; `tandem nodes` lists them",
		        c->args[0], close ? ", did you mean " : "", close ? close : "");
		return td_cli_fail(&e);
	}
	if (format == 2 && only) {
		td_fail(&e, TD_E_USAGE, "--format luals is of all nodes: leave out %s", only->name);
		return td_cli_fail(&e);
	}
	if (format == 2)
		td_luals_text(&c->registry, &text);
	else if (format == 3)
		nodes_json(c, only, &text);
	else if (format == 1 || only)
		nodes_md(c, only, &text);
	else
		list_text(c, &text);
	bool ok = td_cli_write(c, &text, &e);
	td_str_fini(&text);
	return ok ? TD_OK : td_cli_fail(&e);
}
