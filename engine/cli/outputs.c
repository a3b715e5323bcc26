#include "cli.h"

#include "../base/file.h"
#include "../base/str.h"

#include <stdio.h>
#include <stdlib.h>

td_job td_cli_job(const td_cli *c)
{
	return (td_job){.registry = &c->registry,
	                .path = c->args[0],
	                .params = c->params,
	                .n_params = c->n_params,
	                .on = c->on,
	                .n_on = c->n_on,
	                .impls = c->impls,
	                .n_impls = c->n_impls,
	                .db = c->no_db ? NULL : td_cli_db(c),
	                .out = c->out,
	                .reduce = c->reduce,
	                .command = c->command,
	                .arguments = c->arguments,
	                .warmup = (int)c->warmup,
	                .repeat = (int)c->repeat,
	                .pairs = (int)c->pairs,
	                .against = c->against,
	                .budget_s = c->budget,
	                .oracle_flops = c->oracle_flops,
	                .strict = c->strict,
	                .guard = c->guard};
}

const char *td_cli_db(const td_cli *c)
{
	const char *env = getenv("TANDEM_DB");
	return c->db ? c->db : env && *env ? env : "tandem.db";
}

bool td_cli_write(const td_cli *c, const td_str *text, td_err *e)
{
	if (c->output)
		return td_file_write(c->output, td_str_text(text), text->n, e);
	return fwrite(td_str_text(text), 1, text->n, stdout) == text->n ||
	       td_fail_errno(e, TD_E_DEVICE, "stdout cannot be written");
}

bool td_cli_format(const td_cli *c, const char *const *formats, int *which, td_err *e)
{
	*which = 0;
	for (int i = 0; formats[i]; i++)
		if (c->format && td_same(c->format, formats[i])) {
			*which = i;
			return true;
		}
	if (!c->format)
		return true;
	td_str all = {0};
	for (int i = 0; formats[i]; i++)
		td_str_addf(&all, "%s%s", i ? ", " : "", formats[i]);
	td_fail(e, TD_E_USAGE, "--format takes %s here, not \"%s\"", td_str_text(&all), c->format);
	td_str_fini(&all);
	return false;
}

void td_cli_print_json(const json_t *j)
{
	char *text = json_dumps(j, JSON_INDENT(2));
	puts(text);
	free(text);
}
