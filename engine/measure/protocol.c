#include "protocol.h"

#include "../base/str.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What remains of a run once its samples are handed on. */
typedef struct {
	double median[TD_N_SPANS]; /* ns */
	double calibrated_ns, once_s;
	bool unsteady;
} arm;

typedef struct {
	int a, b;
	int asked, lost; /* pairs tried; those without a result */
	arm *arms;       /* two a pair: of a, of b */
	int n, cap;      /* pairs with results */
} series;

typedef struct {
	const td_protocol *p;
	series *all; /* candidates, then controls */
	int n, n_candidates;
	int64_t began_ns;
} session;

/* -- running pairs ---------------------------------------------------------------- */

static double spent(const session *s)
{
	return (double)(s->p->now_ns() - s->began_ns) / 1e9;
}

/* One run; false in *got when it has no result. */
static bool one_run(session *s, const td_place_in_pairs *where, arm *out, bool *got, td_err *e)
{
	td_timed t = {0};
	bool ok = s->p->run(s->p->arg, where, &t, e);
	*got = ok && t.code == TD_OK && td_timed_median(&t, TD_END_TO_END) > 0;
	if (*got) {
		for (int what = 0; what < TD_N_SPANS; what++)
			out->median[what] = td_timed_median(&t, (td_span_kind)what);
		out->calibrated_ns = 0.5 * (double)(t.calibrated_before_ns + t.calibrated_after_ns);
		out->once_s = (double)(t.build_ns + t.first_ns) / 1e9;
		out->unsteady = t.steadiness == TD_UNSTEADY;
	}
	td_timed_fini(&t);
	return ok;
}

static bool one_pair(session *s, series *x, td_err *e)
{
	bool a_first = td_a_first(s->p->seed + (uint64_t)(x - s->all), (size_t)x->asked),
	     got[2] = {false, false};
	arm arms[2] = {{{0}}};
	for (int order = 0; order < 2; order++) {
		int which = a_first ? order : 1 - order;
		td_place_in_pairs where = {.a = x->a,
		                           .b = x->b,
		                           .pair = x->asked,
		                           .is_b = which == 1,
		                           .device = which ? x->b : x->a,
		                           .order = order};
		if (!one_run(s, &where, &arms[which], &got[which], e))
			return false;
	}
	x->asked++;
	if (!got[0] || !got[1]) {
		x->lost++;
		return true;
	}
	if (x->n == x->cap) {
		x->cap = x->cap ? 2 * x->cap : 16;
		x->arms = td_realloc(x->arms, td_size_mul((size_t)x->cap, sizeof arms));
	}
	memcpy(x->arms + 2 * (size_t)x->n++, arms, sizeof arms);
	return true;
}

/* -- what pairs say ------------------------------------------------------------------ */

static double median_of(double *x, size_t n)
{
	td_sort(x, n);
	return n ? td_quantile(x, n, 0.5) : 0;
}

/* Median calibration of a device over the whole session, 0: unknown. */
static double calibration(const session *s, int device)
{
	size_t n = 0, most = 0;
	for (int i = 0; i < s->n; i++)
		most += 2 * (size_t)s->all[i].n;
	double *x = td_alloc(td_size_mul(most + 1, sizeof *x));
	for (int i = 0; i < s->n; i++)
		for (int k = 0; k < 2 * s->all[i].n; k++)
			if ((k % 2 ? s->all[i].b : s->all[i].a) == device &&
			    s->all[i].arms[k].calibrated_ns > 0)
				x[n++] = s->all[i].arms[k].calibrated_ns;
	double m = median_of(x, n);
	free(x);
	return m;
}

/* The speed-up of one series; clock[0], clock[1] > 0: times divided by calibration / clock. */
static bool speedup_of(const series *x, td_span_kind what, const double clock[2], td_speedup *out,
                       td_err *e)
{
	double *t[2];
	for (int k = 0; k < 2; k++) {
		t[k] = td_alloc(td_size_mul((size_t)x->n + 1, sizeof *t[k]));
		for (int i = 0; i < x->n; i++) {
			const arm *a = &x->arms[2 * i + k];
			double factor = clock && clock[k] > 0 && a->calibrated_ns > 0
			                        ? a->calibrated_ns / clock[k]
			                        : 1;
			t[k][i] = a->median[what] / factor;
		}
	}
	bool ok = td_speedup_of(t[0], t[1], (size_t)x->n, out, e);
	free(t[0]);
	free(t[1]);
	return ok;
}

static double half_width_of(const series *x)
{
	td_speedup s;
	td_err e;
	return x->n >= 2 && speedup_of(x, TD_END_TO_END, NULL, &s, &e) ? s.half_width : HUGE_VAL;
}

static double typical(const series *x, int k, bool once)
{
	double *v = td_alloc(td_size_mul((size_t)x->n + 1, sizeof *v));
	for (int i = 0; i < x->n; i++)
		v[i] = once ? x->arms[2 * i + k].once_s
		            : x->arms[2 * i + k].median[TD_END_TO_END] / 1e9;
	double m = median_of(v, (size_t)x->n);
	free(v);
	return m;
}

static void measure(const session *s, const series *x, td_series *out)
{
	const double clock[2] = {calibration(s, x->a), calibration(s, x->b)};
	td_err e;
	*out = (td_series){.a = x->a, .b = x->b, .pairs = x->n, .lost = x->lost};
	for (int k = 0; k < 2 * x->n; k++)
		out->unsteady |= x->arms[k].unsteady;
	for (int what = 0; what < TD_N_SPANS && x->n >= 2; what++) {
		td_measured *m = &out->of[what];
		m->known = speedup_of(x, (td_span_kind)what, NULL, &m->speedup, &e) &&
		           speedup_of(x, (td_span_kind)what, clock, &m->corrected, &e);
		m->p = m->known ? td_p_beyond(&m->speedup, s->p->margin) : 1;
	}
	const td_speedup *whole = &out->of[TD_END_TO_END].speedup;
	out->ok = out->of[TD_END_TO_END].known &&
	          (td_control_ok(whole) || fabs(whole->mean) <= log1p(s->p->margin) / 3);
	out->once_a = typical(x, 0, true);
	out->once_b = typical(x, 1, true);
	out->each_a = typical(x, 0, false);
	out->each_b = typical(x, 1, false);
	out->has_worth = td_break_even_of(&(td_price){out->once_a, out->each_a},
	                                  &(td_price){out->once_b, out->each_b}, &out->worth, &e);
}

/* Verdicts of all candidates in both measures, as rows of one report. */
static void judge(const session *s, td_outcome *out)
{
	size_t n = 0, most = (size_t)s->n_candidates * TD_N_SPANS;
	td_judgement *rows = td_alloc(td_size_mul(most + 1, sizeof *rows));
	double *p = td_alloc(td_size_mul(most + 1, sizeof *p));
	for (int i = 0; i < s->n_candidates; i++)
		for (int what = 0; what < TD_N_SPANS; what++) {
			const td_series *x = &out->items[i];
			td_conditions c = {s->p->margin, out->biased, x->unsteady,
			                   &x->of[what].corrected};
			p[n] = x->of[what].known ? x->of[what].p : 1;
			rows[n++] = x->of[what].known ? td_judge(&x->of[what].speedup, &c)
			                              : (td_judgement){.why = TD_WHY_FEW_PAIRS};
		}
	td_judge_rows(rows, p, n);
	for (size_t i = 0; i < n; i++)
		out->items[i / TD_N_SPANS].of[i % TD_N_SPANS].judgement = rows[i];
	free(rows);
	free(p);
}

/* -- the session ------------------------------------------------------------------------ */

/* Candidates, then a control for each device that takes part, unless the comparison is one itself. */
static void make_series(session *s)
{
	const td_protocol *p = s->p;
	s->all = td_alloc(td_size_mul((size_t)p->n_devices * 2, sizeof *s->all));
	for (int i = 1; i < p->n_devices; i++)
		s->all[s->n++] = (series){.a = 0, .b = i};
	s->n_candidates = s->n;
	for (int i = 0; i < p->n_devices && p->controls > 0; i++)
		s->all[s->n++] = (series){.a = i, .b = i};
}

/* Round r: a pair of each candidate, and controls where they are due: spread over the first rounds. */
static bool one_round(session *s, int r, td_err *e)
{
	int first = (int)s->p->stop.first;
	for (int i = 0; i < s->n; i++) {
		series *x = &s->all[i];
		bool due = i < s->n_candidates || (r < first && (r + 1) * s->p->controls / first >
		                                                        r * s->p->controls / first);
		if (due && !one_pair(s, x, e))
			return false;
	}
	return true;
}

static double widest(const session *s)
{
	double w = 0;
	for (int i = 0; i < s->n_candidates; i++)
		w = fmax(w, half_width_of(&s->all[i]));
	return w;
}

static bool all_rounds(session *s, td_outcome *out, td_err *e)
{
	for (int r = 0; out->stop == TD_GO_ON; r++) {
		if (!one_round(s, r, e))
			return false;
		double w = widest(s);
		out->stop = td_should_stop(&s->p->stop, (size_t)r + 1, w, spent(s));
		if (s->p->after)
			s->p->after(s->p->arg, r + 1, (int)s->p->stop.max_pairs, w);
	}
	return true;
}

bool td_protocol_run(const td_protocol *p, td_outcome *out, td_err *e)
{
	session s = {.p = p, .began_ns = p->now_ns()};
	*out = (td_outcome){0};
	make_series(&s);
	bool ok = all_rounds(&s, out, e);
	if (ok) {
		out->n = s.n;
		out->n_candidates = s.n_candidates;
		out->spent_s = spent(&s);
		out->items = td_alloc(td_size_mul((size_t)s.n, sizeof *out->items));
		for (int i = 0; i < s.n; i++) {
			measure(&s, &s.all[i], &out->items[i]);
			out->biased |= i >= s.n_candidates && out->items[i].pairs >= 2 &&
			               !out->items[i].ok;
		}
		judge(&s, out);
	}
	for (int i = 0; i < s.n; i++)
		free(s.all[i].arms);
	free(s.all);
	return ok;
}

void td_protocol_fini(td_outcome *out)
{
	free(out->items);
	*out = (td_outcome){0};
}
