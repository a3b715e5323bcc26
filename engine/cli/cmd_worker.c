#include "cli.h"

/* One timed run of a saved plan: what `compare` starts for each arm of a pair. */
int td_cmd_worker(td_cli *c)
{
	td_job j = td_cli_job(c);
	json_t *answer = NULL;
	td_err e;
	j.db = NULL;
	if (!td_job_timed(&j, c->seconds, &answer, &e))
		return td_cli_fail(&e);
	td_cli_print_json(answer);
	json_decref(answer);
	return TD_OK;
}
