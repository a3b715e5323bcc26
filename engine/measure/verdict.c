#include "verdict.h"

#include "../base/arena.h"
#include "../base/str.h"

#include <math.h>
#include <stdlib.h>

static const double significant = 0.05;

static double limit_of(double margin)
{
	return 1 + fmax(margin, 0);
}

/* -- one row -------------------------------------------------------------- */

static td_verdict by_interval(const td_interval *i, double limit)
{
	if (i->lo > limit)
		return TD_FASTER;
	if (i->hi < 1 / limit)
		return TD_SLOWER;
	return i->lo >= 1 / limit && i->hi <= limit ? TD_SAME : TD_UNDECIDED;
}

/* What the pairs alone say. */
static td_judgement by_pairs(const td_speedup *s, double limit)
{
	if (!s->rank.exists)
		return (td_judgement){.why = TD_WHY_FEW_PAIRS};
	if (!s->t.exists)
		return (td_judgement){.why = TD_WHY_NO_SPREAD};
	td_verdict v = by_interval(&s->t, limit);
	if (v == TD_UNDECIDED)
		return (td_judgement){.why = TD_WHY_WIDE};
	if (v != by_interval(&s->rank, limit))
		return (td_judgement){.why = TD_WHY_RANKS};
	td_judgement j = {.verdict = v};
	if (v == TD_SAME)
		j.lean = (s->t.lo > 1 && s->rank.lo > 1) - (s->t.hi < 1 && s->rank.hi < 1);
	return j;
}

static bool one_sign(const td_speedup *s)
{
	return s->smallest > 1 || s->largest < 1;
}

td_judgement td_judge(const td_speedup *s, const td_conditions *c)
{
	double limit = limit_of(c->margin);
	if (c->biased)
		return (td_judgement){.why = TD_WHY_BIASED};
	td_judgement j = by_pairs(s, limit);
	bool no_interval = j.why == TD_WHY_FEW_PAIRS || j.why == TD_WHY_NO_SPREAD;
	if (c->unsteady && !one_sign(s) && !no_interval)
		return (td_judgement){.why = TD_WHY_UNSTEADY};
	if (j.verdict != TD_UNDECIDED && c->corrected &&
	    by_pairs(c->corrected, limit).verdict != j.verdict)
		return (td_judgement){.why = TD_WHY_CLOCK};
	return j;
}

bool td_control_ok(const td_speedup *control)
{
	return control->t.exists && control->t.lo <= 1 && control->t.hi >= 1;
}

const char *td_verdict_name(td_verdict v)
{
	static const char *const name[] = {
		[TD_UNDECIDED] = "UNDECIDED",
		[TD_FASTER] = "FASTER",
		[TD_SLOWER] = "SLOWER",
		[TD_SAME] = "SAME",
	};
	return name[v];
}

const char *td_why_text(td_why w)
{
	static const char *const text[] = {
		[TD_WHY_DECIDED] = "",
		[TD_WHY_BIASED] = "biased session: a control (A/A or B/B) does not contain 1",
		[TD_WHY_FEW_PAIRS] = "fewer than 6 pairs: no exact 95 % interval exists",
		[TD_WHY_NO_SPREAD] = "all pairs are equal: the clock is too coarse",
		[TD_WHY_UNSTEADY] = "a run never became steady, and the pairs differ in sign",
		[TD_WHY_WIDE] = "the interval reaches across a limit: more pairs are needed",
		[TD_WHY_RANKS] = "the t interval and the signed-rank interval disagree",
		[TD_WHY_CLOCK] = "corrected for the clock, the verdict differs",
		[TD_WHY_MANY_ROWS] = "not significant among the rows of this report (Holm)",
	};
	return text[w];
}

/* -- many rows ------------------------------------------------------------ */

double td_p_beyond(const td_speedup *s, double margin)
{
	if (!s->t.exists)
		return 1;
	double t = (fabs(s->mean) - log(limit_of(margin))) * sqrt((double)s->n) / s->sd;
	return fmin(1, 2 * td_t_tail(t, (double)(s->n - 1)));
}

typedef struct {
	double p;
	size_t row;
} ranked;

static int by_p(const void *a, const void *b)
{
	const ranked *x = a, *y = b;
	return (x->p > y->p) - (x->p < y->p);
}

void td_holm(const double *p, size_t n, double *adjusted)
{
	ranked *r = td_alloc(td_size_mul(n, sizeof *r));
	for (size_t i = 0; i < n; i++)
		r[i] = (ranked){isnan(p[i]) ? 1 : p[i], i};
	if (n > 1)
		qsort(r, n, sizeof *r, by_p);
	double running = 0;
	for (size_t i = 0; i < n; i++) {
		running = fmax(running, fmin(1, (double)(n - i) * r[i].p));
		adjusted[r[i].row] = running;
	}
	free(r);
}

void td_judge_rows(td_judgement *rows, const double *p, size_t n)
{
	double *adjusted = td_alloc(td_size_mul(n, sizeof *adjusted));
	td_holm(p, n, adjusted);
	for (size_t i = 0; i < n; i++) {
		bool claims = rows[i].verdict == TD_FASTER || rows[i].verdict == TD_SLOWER;
		if (claims && adjusted[i] > significant)
			rows[i] = (td_judgement){.why = TD_WHY_MANY_ROWS};
	}
	free(adjusted);
}

bool td_overall_of(const double *speedup, size_t n, td_overall *o, td_err *e)
{
	double sum = 0;
	size_t worst = 0;
	if (!n)
		return td_fail(e, TD_E_DATA, "no speed-ups to average");
	for (size_t i = 0; i < n; i++) {
		if (!(speedup[i] > 0 && speedup[i] < HUGE_VAL))
			return td_fail(e, TD_E_DATA,
			               "speed-up %zu of %zu is %s: it must be positive and finite",
			               i + 1, n, td_number_text(speedup[i]).text);
		sum += log(speedup[i]);
		worst = speedup[i] < speedup[worst] ? i : worst;
	}
	*o = (td_overall){exp(sum / (double)n), speedup[worst], worst};
	return true;
}

double td_fast_p(const double *speedup, const bool *correct, size_t n, double p)
{
	size_t fast = 0;
	for (size_t i = 0; i < n; i++)
		fast += correct[i] && speedup[i] >= p;
	return n ? (double)fast / (double)n : 0;
}
