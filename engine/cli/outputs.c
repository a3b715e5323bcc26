#include "cli.h"

#include "../base/file.h"
#include "../base/str.h"
#include "../model/npy.h"
#include "../run/exec.h"

#include <stdio.h>
#include <stdlib.h>

bool td_cli_write_outputs(const char *dir, const td_plan *p, const td_exec *x, td_err *e)
{
	if (!td_mkdirs(dir, e))
		return false;
	for (int i = 0; i < p->graph->outputs.n; i++) {
		td_str name = {0};
		td_str_addf(&name, "%s.npy", p->graph->outputs.items[i].name);
		char *path = td_path_join(dir, name.data);
		bool ok = td_npy_write(path, td_exec_output(x, i), e);
		free(path);
		td_str_fini(&name);
		if (!ok)
			return false;
	}
	return true;
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
	fwrite(td_str_text(text), 1, text->n, stdout);
	return true;
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
