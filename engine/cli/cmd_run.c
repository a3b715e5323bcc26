#include "cli.h"

#include "../base/str.h"

#include <stdio.h>
#include <stdlib.h>

static const char *text_at(const json_t *row, const char *key)
{
	const char *s = json_string_value(json_object_get(row, key));
	return s ? s : "";
}

static double number_at(const json_t *row, const char *key)
{
	return json_number_value(json_object_get(row, key));
}

static void print_outputs(json_t *outputs)
{
	const char *name;
	json_t *o, *d;
	size_t i;
	json_object_foreach(outputs, name, o)
	{
		td_str dims = {0};
		json_array_foreach(json_object_get(o, "dims"), i, d) td_str_addf(
			&dims, "%s%lld", i ? " " : "", (long long)json_integer_value(d));
		printf("  %-16s %s [%s]  sha256 %.12s…\n", name, text_at(o, "dtype"),
		       td_str_text(&dims), text_at(o, "sha256"));
		td_str_fini(&dims);
	}
}

static void print_answer(const json_t *a, const td_cli *c)
{
	size_t i;
	json_t *s;
	printf("%s on %s: %s", text_at(a, "pipeline"), text_at(a, "device"),
	       td_ns_text(number_at(a, "wall_ns")).text);
	if (number_at(a, "repeats") > 1)
		printf(" (median of %.0f)", number_at(a, "repeats"));
	printf(", kernels built in %s, peak memory %s\n\n",
	       td_ns_text(number_at(a, "build_ns")).text,
	       td_bytes_text(number_at(a, "peak_bytes")).text);
	printf("  %-20s %-24s %-10s %12s %8s\n", "step", "node", "impl", "kernel", "launches");
	json_array_foreach(json_object_get(a, "steps"), i, s)
		printf("  %-20s %-24s %-10s %12s %8.0f\n", text_at(s, "name"), text_at(s, "node"),
	               text_at(s, "impl"), td_ns_text(number_at(s, "kernel_ns")).text,
	               number_at(s, "launches"));
	printf("\n");
	print_outputs(json_object_get(a, "outputs"));
	if (json_is_integer(json_object_get(a, "run")))
		printf("\nrecorded as run %.0f in %s\n", number_at(a, "run"), td_cli_db(c));
}

int td_cmd_run(td_cli *c)
{
	static const char *const formats[] = {"text", "json", NULL};
	td_job j = td_cli_job(c);
	json_t *answer = NULL;
	td_err e;
	int format;
	bool ok = td_cli_format(c, formats, &format, &e) && td_job_run(&j, &answer, &e);
	if (answer && format)
		td_cli_print_json(answer);
	else if (answer)
		print_answer(answer, c);
	json_decref(answer);
	return ok ? TD_OK : td_cli_fail(&e);
}
