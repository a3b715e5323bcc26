#include "cli.h"

#include "../base/str.h"

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
	       is_true(row, "pass") ? "ok" : "FAIL");
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
	if (json_integer_value(json_object_get(a, "unjudged")))
		printf("%lld comparisons were too costly for the oracle (--oracle-flops): there "
		       "only the baseline's bits "
		       "pass\n",
		       (long long)json_integer_value(json_object_get(a, "unjudged")));
	if (json_is_integer(json_object_get(a, "session")))
		printf("recorded as session %lld in %s\n",
		       (long long)json_integer_value(json_object_get(a, "session")), td_cli_db(c));
}

int td_cmd_compare(td_cli *c)
{
	static const char *const formats[] = {"text", "json", NULL};
	td_job j = td_cli_job(c);
	json_t *answer = NULL;
	td_err e;
	int format, code;
	bool ok = td_cli_format(c, formats, &format, &e);
	if (ok && c->pairs > 0)
		ok = td_fail(&e, TD_E_USAGE, "this version compares results only: --pairs 0");
	ok = ok && td_job_compare(&j, &answer, &e);
	if (answer && format)
		td_cli_print_json(answer);
	else if (answer)
		print_answer(answer, c);
	code = !ok                                            ? td_cli_fail(&e)
	       : td_same(text_at(answer, "verdict"), "AGREE") ? TD_OK
	                                                      : TD_E_DISAGREE;
	json_decref(answer);
	return code;
}
