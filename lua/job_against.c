/* `compare --against SESSION`: the timed runs of a session beside those of an earlier one. */
#include "job.h"

#include "../db/query.h"
#include "../engine/measure/against.h"
#include "../engine/measure/verdict.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_RUNS = 4096 };

typedef struct {
	td_past_run items[MOST_RUNS];
	size_t n;
} runs;

static double number_of(const td_cell *c)
{
	return c->kind == TD_CELL_INT ? (double)c->as.i : c->kind == TD_CELL_REAL ? c->as.r : 0;
}

static bool no_columns(void *arg, int n, const char *const *names, td_err *e)
{
	(void)arg;
	(void)n;
	(void)names;
	(void)e;
	return true;
}

static bool take_run(void *arg, int n, const td_cell *cells, td_err *e)
{
	runs *r = arg;
	(void)e;
	if (n == 2 && r->n < MOST_RUNS)
		r->items[r->n++] = (td_past_run){number_of(&cells[0]), number_of(&cells[1])};
	return true;
}

static bool take_session(void *arg, int n, const td_cell *cells, td_err *e)
{
	(void)n;
	(void)cells;
	(void)e;
	*(bool *)arg = true;
	return true;
}

bool td_job_against_known(const td_job *j, td_err *e)
{
	td_query *q;
	bool known = false;
	char session[32];
	const char *args[] = {session};
	td_rows rows = {&known, no_columns, take_session};
	td_clip(session, sizeof session, "%lld", (long long)j->against);
	if (!td_query_open(j->db, &q, e))
		return false;
	bool ok = td_query_run(q, "SELECT id FROM session WHERE id = ?1", args, 1, &rows, e);
	td_query_close(q);
	return ok && (known || td_fail(e, TD_E_USAGE,
	                               "--against %s: there is no such session in %s; `tandem "
	                               "query sessions` lists them",
	                               session, j->db));
}

/* The runs of one device in a session, for the graph of another; same process, same plan of pairs. */
static bool ask_runs(td_query *q, const char *session, const char *now, const char *device, runs *r,
                     td_err *e)
{
	const char *args[] = {session, now, device};
	td_rows rows = {r, no_columns, take_run};
	return td_query_run(
		q,
		"SELECT wall_ns, calibrated_ns FROM v_timed WHERE session = ?1 AND "
		"asked = ?3 AND graph IN (SELECT graph FROM v_timed WHERE session = ?2) "
		"AND device IN (SELECT device FROM v_timed WHERE session = ?2)",
		args, 3, &rows, e);
}

static bool take_change(void *arg, int n, const td_cell *cells, td_err *e)
{
	json_t *all = arg;
	(void)e;
	if (n == 3)
		json_array_append_new(
			all,
			json_pack("{s:s, s:s?, s:s?}", "field", cells[0].as.p, "was",
		                  cells[1].kind == TD_CELL_TEXT ? cells[1].as.p : NULL, "is_now",
		                  cells[2].kind == TD_CELL_TEXT ? cells[2].as.p : NULL));
	return true;
}

static bool ask_changes(td_query *q, const char *session, const char *now, json_t *all, td_err *e)
{
	const char *args[] = {session, now};
	td_rows rows = {all, no_columns, take_change};
	return td_query_run(
		q,
		"WITH a AS (SELECT f.* FROM session s JOIN environment_field f USING (environment) "
		"WHERE s.id = ?1), b AS (SELECT f.* FROM session s JOIN environment_field f USING "
		"(environment) WHERE s.id = ?2) SELECT coalesce(a.field, b.field), a.value, "
		"b.value FROM "
		"a FULL OUTER JOIN b ON a.field = b.field WHERE a.value IS NOT b.value ORDER BY 1",
		args, 2, &rows, e);
}

static json_t *number(double x)
{
	return isfinite(x) ? json_real(x) : json_null();
}

static bool add_device(td_query *q, const char *session, const char *now, const char *device,
                       json_t *all, td_err *e)
{
	runs *before = td_alloc(sizeof *before), *after = td_alloc(sizeof *after);
	bool ok = ask_runs(q, session, now, device, before, e) &&
	          ask_runs(q, now, now, device, after, e);
	td_against x = td_against_of(before->items, before->n, after->items, after->n, TD_MARGIN);
	if (ok)
		json_array_append_new(
			all,
			json_pack("{s:s, s:I, s:I, s:o, s:o, s:o, s:o, s:s, s:s}", "device", device,
		                  "runs_before", (json_int_t)before->n, "runs_now",
		                  (json_int_t)after->n, "ratio", number(x.ratio), "low",
		                  number(x.low), "high", number(x.high), "corrected",
		                  number(x.corrected), "verdict", td_change_name(x.change), "why",
		                  before->n
		                          ? x.why
		                          : "that session did not time this graph on this device"));
	free(before);
	free(after);
	return ok;
}

bool td_job_against(const td_job *j, json_t *answer, td_err *e)
{
	td_query *q;
	char session[32], now[32];
	const json_t *names = json_object_get(answer, "devices");
	json_t *devices = json_array(), *changes = json_array();
	td_clip(session, sizeof session, "%lld", (long long)j->against);
	td_clip(now, sizeof now, "%lld",
	        (long long)json_integer_value(json_object_get(answer, "session")));
	bool ok = td_query_open(j->db, &q, e);
	for (size_t i = 0; ok && i < json_array_size(names); i++)
		ok = add_device(q, session, now, json_string_value(json_array_get(names, i)),
		                devices, e);
	ok = ok && ask_changes(q, session, now, changes, e);
	td_query_close(q);
	json_object_set_new(answer, "against",
	                    json_pack("{s:I, s:o, s:o}", "session", (json_int_t)j->against,
	                              "devices", devices, "environment", changes));
	return ok;
}
