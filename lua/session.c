#include "job.h"

bool td_session_begin(const td_job *j, td_session *s, td_err *e)
{
	*s = (td_session){0};
	if (!j->db)
		return true;
	if (!td_store_open(j->db, &s->store, e))
		return false;
	s->sink = td_store_sink(s->store);
	s->to = &s->sink;
	td_record r = {.kind = TD_REC_SESSION, .as.session = {j->command, j->arguments}};
	return td_emit(s->to, &r, e);
}

bool td_session_end(td_session *s, bool ok, const char *verdict, td_err *e)
{
	td_err own = {.code = TD_OK};
	td_code code = !ok ? e->code : td_same(verdict, "DISAGREE") ? TD_E_DISAGREE : TD_OK;
	td_record r = {.kind = TD_REC_SESSION_END,
	               .as.session_end = {code, verdict, ok ? NULL : e->text}};
	bool ended = !s->store || td_emit(s->to, &r, &own);
	td_store_close(s->store);
	*s = (td_session){0};
	if (ok && !ended)
		*e = own;
	return ok && ended;
}
