#include "junit.h"

static const char *text_at(const json_t *row, const char *key)
{
	const char *s = json_string_value(json_object_get(row, key));
	return s ? s : "";
}

/* Text of an attribute; control characters, which XML forbids, become blanks. */
static void escape(td_str *out, const char *s)
{
	for (; *s; s++) {
		const char *special = *s == '&'   ? "&amp;"
		                      : *s == '<' ? "&lt;"
		                      : *s == '>' ? "&gt;"
		                      : *s == '"' ? "&quot;"
		                                  : NULL;
		if (special)
			td_str_add(out, special);
		else
			td_str_add_n(out, (unsigned char)*s < ' ' ? " " : s, 1);
	}
}

static void attribute(td_str *out, const char *name, const char *value)
{
	td_str_addf(out, " %s=\"", name);
	escape(out, value);
	td_str_add(out, "\"");
}

/* `outcome`: "pass", "undecided", anything else has failed. */
static void add_case(td_str *out, const char *class, const char *name, const char *outcome,
                     const char *message)
{
	td_str_add(out, "  <testcase");
	attribute(out, "classname", class);
	attribute(out, "name", name);
	if (td_same(outcome, "pass")) {
		td_str_add(out, "/>\n");
		return;
	}
	td_str_add(out, td_same(outcome, "undecided") ? "><skipped" : "><failure");
	attribute(out, "message", message);
	td_str_add(out, "/></testcase>\n");
}

static void add_row(td_str *out, const json_t *row)
{
	td_str name = {0}, message = {0};
	td_str_addf(&name, "%s.%s", text_at(row, "step"), text_at(row, "output"));
	bool promise = json_is_true(json_object_get(row, "promised")) &&
	               !json_is_true(json_object_get(row, "bit_identical"));
	if (promise)
		td_str_add(&message, "D3 promises the same bits");
	else
		td_str_addf(&message, "%s error %g, allowed %g", text_at(row, "kind"),
		            json_number_value(
				    json_object_get(json_object_get(row, "isolated"), "worst")),
		            json_number_value(json_object_get(row, "limit")));
	add_case(out, text_at(row, "device"), td_str_text(&name),
	         json_is_true(json_object_get(row, "pass")) ? "pass" : "failed",
	         td_str_text(&message));
	td_str_fini(&name);
	td_str_fini(&message);
}

void td_junit(const json_t *answer, td_str *out)
{
	const json_t *rows = json_object_get(answer, "agreement"),
		     *gates = json_object_get(answer, "gates");
	td_str cases = {0};
	size_t failures = 0, skipped = 0;
	for (size_t i = 0; i < json_array_size(gates); i++) {
		const json_t *g = json_array_get(gates, i);
		const char *result = text_at(g, "result");
		failures += td_same(result, "FAIL");
		skipped += td_same(result, "undecided");
		add_case(&cases, "gate", text_at(g, "gate"), result, text_at(g, "why"));
	}
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		failures += !json_is_true(json_object_get(row, "pass"));
		add_row(&cases, row);
	}
	td_str_add(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite");
	attribute(out, "name", text_at(answer, "pipeline"));
	td_str_addf(out, " tests=\"%zu\" failures=\"%zu\" skipped=\"%zu\">\n",
	            json_array_size(gates) + json_array_size(rows), failures, skipped);
	td_str_add(out, td_str_text(&cases));
	td_str_add(out, "</testsuite>\n");
	td_str_fini(&cases);
}
