#include "cli.h"

#include "../../db/query.h"
#include "../base/file.h"
#include "../base/log.h"
#include "../base/str.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

/* What the probes found, a line a device: from the database, where there is one. */
static const char *const known =
	"SELECT device, group_concat(CASE WHEN bits AND verdict = 'other' THEN probe || ' ' || "
	"value END, "
	"', ') AS unlike, sum(bits AND verdict = 'ok') AS ok, max(CASE probe WHEN 'peak_flops' "
	"THEN "
	"number END) AS flops, max(CASE probe WHEN 'peak_bytes' THEN number END) AS bytes, "
	"max(seen_at) AS seen_at FROM v_personality WHERE latest GROUP BY device";

static json_int_t whole_of(const td_cell *c)
{
	return c->kind == TD_CELL_INT ? c->as.i : 0;
}

static double real_of(const td_cell *c)
{
	return c->kind == TD_CELL_REAL ? c->as.r : c->kind == TD_CELL_INT ? (double)c->as.i : 0;
}

static const char *text_of(const td_cell *c)
{
	return c->kind == TD_CELL_TEXT ? c->as.p : NULL;
}

static bool no_columns(void *arg, int n, const char *const *names, td_err *e)
{
	(void)arg;
	(void)n;
	(void)names;
	(void)e;
	return true;
}

static bool take_known(void *arg, int n, const td_cell *x, td_err *e)
{
	(void)e;
	if (n == 6)
		json_array_append_new(arg, json_pack("{s:s?, s:s?, s:I, s:f, s:f, s:s?}", "device",
		                                     text_of(&x[0]), "unlike", text_of(&x[1]), "ok",
		                                     whole_of(&x[2]), "peak_flops", real_of(&x[3]),
		                                     "peak_bytes_per_s", real_of(&x[4]), "seen_at",
		                                     text_of(&x[5])));
	return true;
}

/* A database that is not there yet, or that cannot be read, is no reason not to list devices, unless it was
 * asked for. */
static bool personalities(const td_cli *c, json_t *all, td_err *e)
{
	td_query *q;
	const td_rows rows = {all, no_columns, take_known};
	if (!c->db && !td_file_exists(td_cli_db(c)))
		return true;
	if (!td_query_open(td_cli_db(c), &q, e)) {
		if (!c->db)
			td_warn("%s", e->text);
		return !c->db;
	}
	bool ok = td_query_run(q, known, NULL, 0, &rows, e);
	td_query_close(q);
	return ok;
}

static void print_known(const json_t *all)
{
	json_t *x;
	size_t i;
	json_array_foreach(all, i, x)
	{
		const char *unlike = json_string_value(json_object_get(x, "unlike"));
		printf("%s%s: %s; %.3g operations/s, %.3g bytes/s at best; %lld probes, %s\n",
		       i ? "" : "\n", json_string_value(json_object_get(x, "device")),
		       unlike ? unlike : "rounds as native does",
		       json_real_value(json_object_get(x, "peak_flops")),
		       json_real_value(json_object_get(x, "peak_bytes_per_s")),
		       (long long)json_integer_value(json_object_get(x, "ok")),
		       json_string_value(json_object_get(x, "seen_at")));
	}
}

static void print_text(const td_device_list *list, const json_t *probed)
{
	printf("%-8s %-44s %6s %10s %5s %s\n", "kind", "id", "units", "memory", "f64", "name");
	for (int i = 0; i < list->n; i++) {
		const td_caps *c = &list->items[i];
		printf("%-8s %-44s %6d %10s %5s %s\n", td_device_type_name(c->type), c->id,
		       c->compute_units, td_bytes_text((double)c->global_bytes).text,
		       c->f64 ? "yes" : "no", c->name);
	}
	print_known(probed);
}

/* Each device is a profile that `tandem plan --profile` reads. */
static void print_json(const td_device_list *list, json_t *probed)
{
	json_t *devices = json_array();
	for (int i = 0; i < list->n; i++) {
		char *text = td_caps_json(&list->items[i]);
		json_array_append_new(devices, json_loads(text, 0, NULL));
		free(text);
	}
	json_t *j = json_pack("{s:s, s:o, s:O}", "schema", "tandem/devices/1", "devices", devices,
	                      "personalities", probed);
	td_cli_print_json(j);
	json_decref(j);
}

int td_cmd_devices(td_cli *c)
{
	static const char *const formats[] = {"text", "json", NULL};
	td_device_list list;
	td_err e;
	int format;
	if (!td_cli_format(c, formats, &format, &e) || !td_device_list_init(&list, &e))
		return td_cli_fail(&e);
	json_t *probed = json_array();
	bool ok = personalities(c, probed, &e);
	if (ok && format)
		print_json(&list, probed);
	else if (ok)
		print_text(&list, probed);
	json_decref(probed);
	td_device_list_fini(&list);
	return ok ? TD_OK : td_cli_fail(&e);
}
