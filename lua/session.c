#include "job.h"

#include "../engine/base/file.h"
#include "../engine/base/log.h"
#include "../engine/measure/personality.h"

#include <stdlib.h>

bool td_session_begin(const td_job *j, td_session *s, td_err *e)
{
	*s = (td_session){0};
	if (!j->db)
		return true;
	if (!td_store_open(j->db, &s->store, e))
		return false;
	s->sink = td_store_sink(s->store);
	s->to = &s->sink;
	char *folder = td_path_dir(j->path);
	td_record r = {.kind = TD_REC_SESSION, .as.session = {j->command, j->arguments, folder}};
	bool ok = td_emit(s->to, &r, e);
	free(folder);
	return ok;
}

/* A device whose probes fail is used nevertheless: they prove nothing then, and it is said. */
static bool probe(td_session *s, td_device *dev, td_err *e)
{
	td_personality *p = td_alloc(sizeof *p);
	td_record r = {.kind = TD_REC_PERSONALITY, .as.personality = {dev, p}};
	td_err why;
	bool known = td_personality_probe(dev, p, &why);
	if (!known)
		td_warn("%s; its personality is not known", why.text);
	bool ok = !known || td_emit(s->to, &r, e);
	free(p);
	return ok;
}

bool td_session_probe(td_session *s, td_device *const *dev, int n, bool *unlike, td_err *e)
{
	for (int i = 0; i < n && s->store; i++) {
		bool known = td_device_caps(dev[i])->type == TD_DEVICE_REF;
		if (!known && !td_store_knows(s->store, dev[i], &known, e))
			return false;
		if (!known && !probe(s, dev[i], e))
			return false;
		if (unlike && !td_store_unlike(s->store, dev[i], &unlike[i], e))
			return false;
	}
	return true;
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
