#include "cli.h"

#include "../../db/query.h"
#include "../base/file.h"

#include <stdio.h>
#include <stdlib.h>

static void list_queries(void)
{
	td_arena a = {0};
	int n;
	const td_named_query *q = td_named_queries(&a, &n);
	for (int i = 0; i < n; i++) {
		char left[48];
		td_clip(left, sizeof left, "%s %s", q[i].name, q[i].args);
		printf("  %-28s %s\n", left, q[i].doc);
	}
	td_arena_fini(&a);
}

static bool answer(td_cli *c, int format, FILE *out, td_err *e)
{
	td_query *q;
	if (!td_query_open(td_cli_db(c), &q, e))
		return false;
	bool ok = td_query_print(q, c->args[0], c->args + 1, c->n_args - 1, (td_format)format, out,
	                         e);
	td_query_close(q);
	return ok;
}

/* A file that is there keeps what it holds when the query fails. */
static bool answer_to(td_cli *c, int format, td_err *e)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	if (!out)
		return td_fail_errno(e, TD_E_DEVICE, "there is no memory for the answer");
	bool ok = answer(c, format, out, e);
	if (fclose(out) != 0 && ok)
		ok = td_fail_errno(e, TD_E_DEVICE, "there is no memory for the answer");
	ok = ok && td_file_write(c->output, text, n, e);
	free(text);
	return ok;
}

int td_cmd_query(td_cli *c)
{
	static const char *const formats[] = {"table", "csv", "json", NULL};
	td_err e;
	int format;
	if (!td_cli_format(c, formats, &format, &e))
		return td_cli_fail(&e);
	if (!c->n_args) {
		list_queries();
		return TD_OK;
	}
	bool ok = c->output ? answer_to(c, format, &e) : answer(c, format, stdout, &e);
	return ok ? TD_OK : td_cli_fail(&e);
}
