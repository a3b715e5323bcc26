#include "cli.h"

#include "../base/fetch.h"
#include "../model/input.h"

#include <stdio.h>

/* What a wrong pipeline names need not be all. */
static bool load(const td_job *j, td_loaded *l, td_err *e)
{
	if (!td_job_load(j, l, e))
		return false;
	if (!l->graph->faults.n || td_check(l->graph, &l->diags))
		return true;
	td_job_print_findings(l);
	return td_fail(e, TD_E_USAGE, "%s does not pass check", j->path);
}

int td_cmd_fetch(td_cli *c)
{
	td_job j = td_cli_job(c);
	td_loaded l = {0};
	td_err e;
	int n = 0;
	bool ok = load(&j, &l, &e);
	for (int i = 0; ok && i < l.graph->inputs.n; i++) {
		const td_input *in = &l.graph->inputs.items[i];
		n += in->url != NULL;
		if (in->url && in->pin && td_sha256_valid(in->pin))
			ok = td_fetch_drop_damaged(in->pin, &e);
	}
	ok = ok && td_inputs_fetch(l.graph, &e);
	if (ok)
		printf("%d input%s by URL, all in the cache\n", n, n == 1 ? "" : "s");
	td_job_unload(&l);
	return ok ? TD_OK : td_cli_fail(&e);
}
