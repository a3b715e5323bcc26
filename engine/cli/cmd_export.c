#include "cli.h"

#include "../../lua/driver.h"

/* The exporter is a driver script of our own: lua/drivers/export.lua. */
int td_cmd_export(td_cli *c)
{
	td_err e;
	const char *args[] = {c->args[0], c->args[1]};
	return td_driver_run_embedded(&c->registry, "lua/drivers/export.lua", args, 2, td_cli_db(c),
	                              &e)
	               ? TD_OK
	               : td_cli_fail(&e);
}
