#include "cli.h"

#include "../../lua/driver.h"

/* The report is a driver script of our own: lua/drivers/report.lua. */
int td_cmd_report(td_cli *c)
{
	static const char *const formats[] = {"html", "md", "csv", "json", NULL};
	td_err e;
	int format;
	if (!td_cli_format(c, formats, &format, &e))
		return td_cli_fail(&e);
	const char *args[] = {formats[format], c->output ? c->output : "",
	                      c->n_args ? c->args[0] : ""};
	bool ok = td_driver_run_embedded(&c->registry, "lua/drivers/report.lua", args, 3,
	                                 td_cli_db(c), &e);
	return ok ? TD_OK : td_cli_fail(&e);
}
