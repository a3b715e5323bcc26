#include "cli.h"

#include <string.h>

bool td_session_begin(const td_cli *c, td_session *s, td_err *e)
{
	*s = (td_session){0};
	if (c->no_db)
		return true;
	if (!td_store_open(td_cli_db(c), &s->store, e))
		return false;
	s->sink = td_store_sink(s->store);
	s->to = &s->sink;
	size_t n = strcspn(c->arguments + 7, " "); /* behind "tandem " */
	char command[32] = "";
	memcpy(command, c->arguments + 7, n < sizeof command - 1 ? n : sizeof command - 1);
	td_record r = {.kind = TD_REC_SESSION, .as.session = {command, c->arguments}};
	return td_emit(s->to, &r, e);
}

int td_session_end(td_session *s, int code, const char *verdict, const td_err *failed)
{
	td_err e;
	td_record r = {.kind = TD_REC_SESSION_END,
	               .as.session_end = {(td_code)code, verdict, failed ? failed->text : NULL}};
	if (!td_emit(s->to, &r, &e)) {
		int own = td_cli_fail(&e);
		code = code == TD_OK ? own : code;
	}
	td_store_close(s->store);
	*s = (td_session){0};
	return code;
}
