#include "cli.h"

#include "../base/log.h"
#include "../model/input.h"

/* A script that builds, whose input files fit, and whose graph holds: all findings at once. */
int td_cmd_check(td_cli *c)
{
	static const char *const formats[] = {"text", "json", "sarif", NULL};
	td_job j = td_cli_job(c);
	td_loaded l = {0};
	td_str text = {0};
	td_err e;
	int format, code = TD_OK;
	if (!td_cli_format(c, formats, &format, &e) || !td_job_load(&j, &l, &e)) {
		td_job_unload(&l);
		return td_cli_fail(&e);
	}
	bool opened = td_inputs_open(l.graph, &e);
	if (!td_check(l.graph, &l.diags))
		code = TD_E_USAGE;
	if (format == 0)
		td_diags_text(&l.diags, l.graph, !c->output && td_colour(1), &text);
	else
		(format == 1 ? td_diags_json : td_diags_sarif)(&l.diags, l.graph, &text);
	if (!opened) /* the graph may be right; its data is not */
		code = td_cli_fail(&e);
	if (!td_cli_write(c, &text, &e))
		code = td_cli_fail(&e);
	td_str_fini(&text);
	td_job_unload(&l);
	return code;
}
