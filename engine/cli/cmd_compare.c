#include "cli.h"

#include "../base/file.h"
#include "../base/str.h"
#include "junit.h"

#include <stdio.h>

static const char *text_at(const json_t *row, const char *key)
{
	const char *s = json_string_value(json_object_get(row, key));
	return s ? s : "";
}

static double number_in(const json_t *row, const char *part, const char *key)
{
	return json_number_value(json_object_get(json_object_get(row, part), key));
}

static bool is_true(const json_t *row, const char *key)
{
	return json_is_true(json_object_get(row, key));
}

static void print_line(const json_t *row)
{
	char isolated[64], accumulated[32] = "-";
	if (td_same(text_at(row, "oracle"), "none"))
		td_clip(isolated, sizeof isolated, "not asked");
	else if (td_same(text_at(row, "kind"), "decision"))
		td_clip(isolated, sizeof isolated, "%.0f wrong, %.0f flips",
		        number_in(row, "decisions", "wrong"), number_in(row, "decisions", "flips"));
	else
		td_clip(isolated, sizeof isolated, "%.3g of %.3g",
		        number_in(row, "isolated", "worst"),
		        json_number_value(json_object_get(row, "limit")));
	if (json_is_number(json_object_get(json_object_get(row, "accumulated"), "max_abs")))
		td_clip(accumulated, sizeof accumulated, "%.3g",
		        number_in(row, "accumulated", "max_abs"));
	printf("  %-10s %-16s %-14s %-9s %-20s %-12s %-5s %s\n", text_at(row, "device"),
	       text_at(row, "step"), text_at(row, "output"), text_at(row, "kind"), isolated,
	       accumulated, is_true(row, "bit_identical") ? "same" : "other",
	       is_true(row, "pass") ? "ok"
	       : is_true(row, "promised") && !is_true(row, "bit_identical")
	               ? "FAIL: D3 promises the same bits"
	               : "FAIL");
}

/* "1.23 (1.20 to 1.26)", or why there is none. */
static void ratio_text_of(const json_t *m, const char *key, char *out, size_t n)
{
	const json_t *low = json_object_get(m, "low");
	if (!json_is_number(json_object_get(m, key)))
		td_clip(out, n, "no result");
	else if (json_is_number(low))
		td_clip(out, n, "%.3g (%.3g to %.3g)", json_number_value(json_object_get(m, key)),
		        json_number_value(low), json_number_value(json_object_get(m, "high")));
	else
		td_clip(out, n, "%.3g", json_number_value(json_object_get(m, key)));
}

static void ratio_text(const json_t *m, char *out, size_t n)
{
	ratio_text_of(m, "value", out, n);
}

static void print_candidate(const json_t *x)
{
	const json_t *s = json_object_get(x, "speedup"), *end = json_object_get(s, "end_to_end"),
		     *kernel = json_object_get(s, "kernel_only");
	char whole[64], inner[64];
	ratio_text(end, whole, sizeof whole);
	ratio_text(kernel, inner, sizeof inner);
	printf("  %-12s %-24s %-24s %5lld  %s%s%s\n", text_at(x, "device"), whole, inner,
	       (long long)json_integer_value(json_object_get(end, "pairs")),
	       text_at(end, "verdict"), *text_at(end, "why") ? ": " : "", text_at(end, "why"));
}

static void print_speed(const json_t *a)
{
	const json_t *p = json_object_get(a, "protocol");
	json_t *x;
	size_t i;
	char ratio[64];
	printf("\nspeed-up over %s, end to end and of the kernels alone, 95 %% intervals\n\n  "
	       "%-12s %-24s %-24s %5s\n",
	       json_string_value(json_array_get(json_object_get(a, "devices"), 0)), "device",
	       "end to end", "kernels", "pairs");
	json_array_foreach(json_object_get(a, "candidates"), i, x) print_candidate(x);
	json_array_foreach(json_object_get(a, "controls"), i, x)
	{
		ratio_text(x, ratio, sizeof ratio);
		printf("  control: %s beside itself %s %s\n", text_at(x, "device"), ratio,
		       text_at(x, "verdict"));
	}
	printf("  stopped: %s, after %.0f s%s\n", text_at(p, "stop"),
	       json_number_value(json_object_get(p, "spent_s")),
	       is_true(p, "biased") ? "; BIASED: nothing is decided" : "");
}

static void print_against(const json_t *a)
{
	const json_t *x = json_object_get(a, "against"),
		     *changes = json_object_get(x, "environment");
	json_t *row;
	size_t i;
	char ratio[64];
	if (!x)
		return;
	printf("\nbeside session %lld, not in pairs (above 1: faster now)\n",
	       (long long)json_integer_value(json_object_get(x, "session")));
	json_array_foreach(json_object_get(x, "devices"), i, row)
	{
		ratio_text_of(row, "ratio", ratio, sizeof ratio);
		printf("  %-12s %-24s %s%s%s\n", text_at(row, "device"), ratio,
		       text_at(row, "verdict"), *text_at(row, "why") ? ": " : "",
		       text_at(row, "why"));
	}
	json_array_foreach(changes, i, row)
		printf("  changed: %s was %s, is %s\n", text_at(row, "field"), text_at(row, "was"),
	               text_at(row, "is_now"));
	if (!json_array_size(changes))
		puts("  nothing else changed on the machine");
}

static void print_gates(const json_t *a)
{
	json_t *x;
	size_t i;
	json_array_foreach(json_object_get(a, "gates"), i, x)
		printf("%sgate %s: %s%s%s\n", i ? "" : "\n", text_at(x, "gate"),
	               text_at(x, "result"), *text_at(x, "why") ? ", " : "", text_at(x, "why"));
}

static void print_answer(const json_t *a, const td_cli *c)
{
	json_t *x;
	size_t i;
	printf("%s on", text_at(a, "pipeline"));
	json_array_foreach(json_object_get(a, "devices"), i, x)
		printf("%s %s%s", i ? "," : "", json_string_value(x), i ? "" : " (baseline)");
	printf("\n\n  %-10s %-16s %-14s %-9s %-20s %-12s %-5s %s\n", "device", "step", "output",
	       "limit", "isolated error", "accumulated", "bits", "");
	json_array_foreach(json_object_get(a, "agreement"), i, x) print_line(x);
	printf("\n%s%s: %zu rows, one a step, output and device\n", text_at(a, "verdict"),
	       is_true(a, "bit_identical") ? ", bit-identical" : "",
	       json_array_size(json_object_get(a, "agreement")));
	if (*text_at(a, "guilty"))
		printf("first step beyond its limit: %s\n", text_at(a, "guilty"));
	if (*text_at(a, "first_divergence"))
		printf("first step whose bits differ from the baseline's: %s\n",
		       text_at(a, "first_divergence"));
	if (*text_at(a, "unrepeatable"))
		printf("first step that gives other bits when it is done over, against its "
		       "promise: %s\n",
		       text_at(a, "unrepeatable"));
	if (*text_at(a, "reduced"))
		printf("that step alone, with its inputs: %s/README.md\n", text_at(a, "reduced"));
	if (json_integer_value(json_object_get(a, "unjudged")))
		printf("%lld comparisons were too costly for the oracle (--oracle-flops): there "
		       "only the baseline's bits "
		       "pass\n",
		       (long long)json_integer_value(json_object_get(a, "unjudged")));
	if (json_object_get(a, "protocol"))
		print_speed(a);
	print_against(a);
	print_gates(a);
	if (json_is_integer(json_object_get(a, "session")))
		printf("recorded as session %lld in %s\n",
		       (long long)json_integer_value(json_object_get(a, "session")), td_cli_db(c));
}

/* Adds "gates" to the answer. */
static void judge_gates(const td_cli *c, json_t *a)
{
	json_t *all = json_array();
	char why[160];
	for (int i = 0; i < c->n_gates; i++) {
		td_gate_result r = td_gate_judge(&c->gates[i], a, why, sizeof why);
		json_array_append_new(all, json_pack("{s:s, s:s, s:s}", "gate", c->gates[i].text,
		                                     "result", td_gate_result_name(r), "why", why));
	}
	json_object_set_new(a, "gates", all);
}

/* Does a row of the list say that? */
static bool any(const json_t *list, const char *key, const char *what)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (td_same(text_at(json_array_get(list, i), key), what))
			return true;
	return false;
}

static bool speed_undecided(const json_t *a)
{
	const json_t *all = json_object_get(a, "candidates");
	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *s = json_object_get(json_array_get(all, i), "speedup");
		if (td_same(text_at(json_object_get(s, "end_to_end"), "verdict"), "UNDECIDED"))
			return true;
	}
	return false;
}

/* Disagreement, regression and failed gates first, then what could not be decided; gates and an earlier
 * session, where they are given, say alone what had to be decided. */
static int code_of(const json_t *a)
{
	const json_t *gates = json_object_get(a, "gates"),
		     *past = json_object_get(json_object_get(a, "against"), "devices");
	if (!td_same(text_at(a, "verdict"), "AGREE") || any(gates, "result", "FAIL") ||
	    any(past, "verdict", "REGRESSED"))
		return TD_E_DISAGREE;
	if (any(gates, "result", "undecided") || any(past, "verdict", "UNDECIDED"))
		return TD_E_UNDECIDED;
	return !json_array_size(gates) && !past && speed_undecided(a) ? TD_E_UNDECIDED : TD_OK;
}

static bool write_junit(const td_cli *c, const json_t *a, td_err *e)
{
	td_str xml = {0};
	if (!c->junit)
		return true;
	td_junit(a, &xml);
	bool ok = td_file_write(c->junit, td_str_text(&xml), xml.n, e);
	td_str_fini(&xml);
	return ok;
}

int td_cmd_compare(td_cli *c)
{
	static const char *const formats[] = {"text", "json", NULL};
	td_job j = td_cli_job(c);
	json_t *answer = NULL;
	td_err e;
	int format, code;
	bool ok = td_cli_format(c, formats, &format, &e);
	if (ok && c->pairs >= 0 && c->budget > 0)
		ok = td_fail(&e, TD_E_USAGE, "--pairs and --budget exclude each other");
	ok = ok && td_job_compare(&j, &answer, &e);
	if (answer)
		judge_gates(c, answer);
	ok = ok && write_junit(c, answer, &e);
	if (answer && format)
		td_cli_print_json(answer);
	else if (answer)
		print_answer(answer, c);
	code = ok ? code_of(answer) : td_cli_fail(&e);
	json_decref(answer);
	return code;
}
