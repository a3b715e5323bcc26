#include "cli.h"

#include "../base/fetch.h"
#include "../model/input.h"

#include <stdio.h>

int td_cmd_fetch(td_cli *c)
{
	td_job j = td_cli_job(c);
	td_loaded l = {0};
	td_err e;
	int code = TD_OK, n = 0;
	if (!td_job_load(&j, &l, &e)) {
		td_job_unload(&l);
		return td_cli_fail(&e);
	}
	for (int i = 0; i < l.graph->inputs.n; i++) {
		const td_input *in = &l.graph->inputs.items[i];
		n += in->url != NULL;
	}
	if (!td_inputs_fetch(l.graph, &e))
		code = td_cli_fail(&e);
	else
		printf("%d input%s by URL, all in the cache\n", n, n == 1 ? "" : "s");
	td_job_unload(&l);
	return code;
}
