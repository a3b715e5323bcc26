#include "cli.h"

#include "../base/str.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

static void print_text(const td_device_list *list)
{
	printf("%-8s %-44s %6s %10s %5s %s\n", "kind", "id", "units", "memory", "f64", "name");
	for (int i = 0; i < list->n; i++) {
		const td_caps *c = &list->items[i];
		printf("%-8s %-44s %6d %10s %5s %s\n", td_device_type_name(c->type), c->id,
		       c->compute_units, td_bytes_text((double)c->global_bytes).text,
		       c->f64 ? "yes" : "no", c->name);
	}
}

/* Each device is a profile that `tandem plan --profile` reads. */
static void print_json(const td_device_list *list)
{
	json_t *devices = json_array();
	for (int i = 0; i < list->n; i++) {
		char *text = td_caps_json(&list->items[i]);
		json_array_append_new(devices, json_loads(text, 0, NULL));
		free(text);
	}
	json_t *j = json_pack("{s:s, s:o}", "schema", "tandem/devices/1", "devices", devices);
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
	(format ? print_json : print_text)(&list);
	td_device_list_fini(&list);
	return TD_OK;
}
