#include "cli.h"

#include "../../lua/driver.h"

int td_cmd_lua(td_cli *c)
{
	td_err e;
	bool ok = td_driver_run(&c->registry, c->args[0], c->args + 1, c->n_args - 1, td_cli_db(c),
	                        &e);
	return ok ? TD_OK : td_cli_fail(&e);
}
