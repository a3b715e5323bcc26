#include "cli.h"

#include "../../lua/driver.h"

/* The work is a driver script of our own: lua/drivers/reproduce.lua. */
int td_cmd_reproduce(td_cli *c)
{
	static const char *const formats[] = {"text", "json", NULL};
	td_err e;
	int format;
	if (!td_cli_format(c, formats, &format, &e))
		return td_cli_fail(&e);
	const char *args[] = {c->n_args ? c->args[0] : "", formats[format]};
	bool ok = td_driver_run_embedded(&c->registry, "lua/drivers/reproduce.lua", args, 2,
	                                 td_cli_db(c), &e);
	return ok ? TD_OK : td_cli_fail(&e);
}
