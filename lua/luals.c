/* luals.c: what editors and linters know of pipelines. Layer 7. */
#include "base/embed.h"
#include "model/dtype.h"
#include "sandbox.h"
#include "td_lua.h"

#include <math.h>
#include <string.h>

/* Text on one line. */
static void add_line(td_str *out, const char *text)
{
	for (; *text; text++)
		td_str_add_n(out, *text == '\n' ? " " : text, 1);
}

/* " in V, 1 … 10, default 3" */
static void add_limits(td_str *out, const td_param *p)
{
	bool number = p->type == TD_INT || p->type == TD_REAL;
	if (p->unit)
		td_str_addf(out, ", in %s", p->unit);
	if (number && (isfinite(p->min) || isfinite(p->max)))
		td_str_addf(out, ", %s … %s", td_number_text(p->min).text,
		            td_number_text(p->max).text);
	if (isnan(p->def))
		return;
	td_str_add(out, ", default ");
	if (number)
		td_str_add(out, td_number_text(p->def).text);
	else if (p->type == TD_FLAG)
		td_str_add(out, p->def > 0 ? "true" : "false");
	else
		td_str_addf(out, "\"%s\"", p->choices[(int)p->def]);
}

static void add_type(td_str *out, const td_param *p)
{
	switch (p->type) {
	case TD_INT:
		td_str_add(out, "integer");
		break;
	case TD_REAL:
		td_str_add(out, "number");
		break;
	case TD_FLAG:
		td_str_add(out, "boolean");
		break;
	case TD_CHOICE:
	default:
		for (int i = 0; p->choices[i]; i++)
			td_str_addf(out, "%s\"%s\"", i ? "|" : "", p->choices[i]);
		break;
	}
}

/* "f32 or f64 [N T] in V: what it is" */
static void add_port(td_str *out, const td_port *p)
{
	td_str_addf(out, "%s [%s]", td_dtypes_list(p->dtypes).text, p->shape);
	if (p->unit)
		td_str_addf(out, " in %s", p->unit);
	td_str_add(out, ": ");
	add_line(out, p->doc);
	td_str_add(out, p->flags & TD_OPTIONAL ? " (optional)\n" : "\n");
}

static void add_args(td_str *out, const td_node *n)
{
	td_str_addf(out, "\n---@class tandem.args.%s: tandem.StepOptions\n", n->name);
	for (int i = 0; i < td_ports_count(n->in); i++) {
		td_str_addf(out, "---@field [%d]? tandem.Value %s: ", i + 1, n->in[i].name);
		add_port(out, &n->in[i]);
		td_str_addf(out, "---@field %s? tandem.Value ", n->in[i].name);
		add_port(out, &n->in[i]);
	}
	for (const td_param *p = n->params; p && p->name; p++) {
		td_str_addf(out, "---@field %s%s ", p->name, isnan(p->def) ? "" : "?");
		add_type(out, p);
		td_str_add(out, " ");
		add_line(out, p->doc);
		add_limits(out, p);
		td_str_add(out, "\n");
	}
}

static void add_node(td_str *out, const td_node *n)
{
	add_args(out, n);
	td_str_addf(out, "\n---@class tandem.step.%s: tandem.Value\n", n->name);
	for (int i = 0; i < td_ports_count(n->out); i++) {
		td_str_addf(out, "---@field %s tandem.Value ", n->out[i].name);
		add_port(out, &n->out[i]);
	}
	td_str_add(out, "\n---");
	add_line(out, n->doc);
	td_str_addf(out,
	            "\n---@param args tandem.args.%s\n---@return tandem.step.%s\n"
	            "function t.%s(args) end\n",
	            n->name, n->name, n->name);
}

void td_luals_text(const td_registry *r, td_str *out)
{
	static const char end[] = "return t\n";
	const td_embedded *meta = td_embedded_find("lua/tandem/meta.lua");
	const char *family = "";
	td_str_add_n(out, meta->text, meta->n - (td_ends(meta->text, end) ? strlen(end) : 0));
	for (int i = 0; i < r->n; i++) {
		const td_node *n = r->items[i];
		size_t length = strcspn(n->name, ".");
		if (strncmp(n->name, family, length + 1) != 0)
			td_str_addf(out, "%st.%.*s = {}\n", i ? "\n" : "", (int)length, n->name);
		family = n->name;
		add_node(out, n);
	}
	td_str_addf(out, "\n%s", end);
}

/* "a b" as quoted words separated by commas. */
static void add_words(td_str *out, const char *words)
{
	for (size_t n; *words; words += n + (words[n] == ' ')) {
		n = strcspn(words, " ");
		td_str_addf(out, "\"%.*s\"%s", (int)n, words, words[n] ? ", " : "");
	}
}

void td_luacheck_text(td_str *out)
{
	td_str_add(out,
	           "-- What luacheck holds pipelines to: the globals of the sandbox and nothing "
	           "else.\n-- A test keeps it equal to what lua/luals.c prints.\n"
	           "stds.sandbox = {\n  read_globals = {\n");
	for (const td_sandbox_names *n = td_sandbox_library(); n->library; n++) {
		td_str_addf(out, *n->library ? "    %s = { fields = { " : "    %s", n->library);
		add_words(out, n->names);
		td_str_add(out, *n->library ? " } },\n" : ",\n");
	}
	td_str_add(out, "  },\n}\nstd = \"sandbox\"\nmax_line_length = false\nunused_args = "
	                "false\n");
}
