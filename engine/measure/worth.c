#include "worth.h"

#include "../base/str.h"

#include <math.h>

static bool positive(double x)
{
	return x > 0 && x < HUGE_VAL;
}

/* -- calls ---------------------------------------------------------------- */

static bool check_price(const td_price *p, char who, td_err *e)
{
	if (positive(p->each) && p->once >= 0 && p->once < HUGE_VAL)
		return true;
	return td_fail(e, TD_E_DATA,
	               "%c costs %s s once and %s s a call: the first must not be negative, the "
	               "second must be positive, both finite",
	               who, td_number_text(p->once).text, td_number_text(p->each).text);
}

bool td_break_even_of(const td_price *a, const td_price *b, td_break_even *out, td_err *e)
{
	if (!check_price(a, 'A', e) || !check_price(b, 'B', e))
		return false;
	double extra = b->once - a->once, saved = a->each - b->each;
	*out = (td_break_even){TD_WINS_NEVER, 0};
	if (saved > extra && saved >= 0) /* wins the first call, and never loses later */
		out->when = TD_WINS_ALWAYS;
	else if (saved > 0)
		*out = (td_break_even){TD_WINS_FROM, floor(extra / saved) + 1};
	else if (saved > extra)
		*out = (td_break_even){TD_WINS_UNTIL, ceil(extra / saved) - 1};
	return true;
}

double td_speedup_after(const td_price *a, const td_price *b, double calls)
{
	return (a->once + calls * a->each) / (b->once + calls * b->each);
}

/* -- fit ------------------------------------------------------------------ */

static bool check_points(const double *size, const double *time, size_t count, td_err *e)
{
	size_t different = 0;
	for (size_t i = 0; i < count; i++) {
		if (!positive(size[i]) || !positive(time[i]))
			return td_fail(
				e, TD_E_DATA,
				"size %s took %s: sizes and times must be positive and finite",
				td_number_text(size[i]).text, td_number_text(time[i]).text);
		bool seen = false;
		for (size_t j = 0; j < i && !seen; j++)
			seen = td_feq_exact(size[j], size[i]);
		different += !seen;
	}
	if (different >= 4)
		return true;
	return td_fail(e, TD_E_DATA,
	               "%zu different sizes: a + b n^c has three unknowns, measure at least 4",
	               different);
}

/* For one c: minimises sum (a x + b y - 1)², x = 1 / T, y = (n / hi)^c / T, over a, b >= 0. Where the
 * free minimum has a negative part, that part is 0: the sum is convex. */
static td_fit fit_linear(const double *size, const double *time, size_t count, double hi, double c)
{
	double xx = 0, xy = 0, yy = 0, sx = 0, sy = 0, error = 0;
	for (size_t i = 0; i < count; i++) {
		double x = 1 / time[i], y = pow(size[i] / hi, c) * x;
		xx += x * x;
		xy += x * y;
		yy += y * y;
		sx += x;
		sy += y;
	}
	double det = xx * yy - xy * xy, a = sx / xx, b = 0;
	if (det > 1e-12 * xx * yy) { /* else the sizes are too close to tell a from b */
		a = (sx * yy - sy * xy) / det;
		b = (sy * xx - sx * xy) / det;
	}
	if (a < 0) {
		a = 0;
		b = sy / yy;
	} else if (b < 0) {
		a = sx / xx;
		b = 0;
	}
	for (size_t i = 0; i < count; i++) {
		double r = (a + b * pow(size[i] / hi, c)) / time[i] - 1;
		error += r * r;
	}
	return (td_fit){.a = a, .b = b, .c = c, .residual = sqrt(error / (double)count)};
}

/* The best c of from … to, in hundredths, every `step`. */
static td_fit fit_grid(const double *size, const double *time, size_t count, double hi, int from,
                       int to, int step)
{
	td_fit best = {.residual = HUGE_VAL};
	for (int c = from; c <= to; c += step) {
		td_fit f = fit_linear(size, time, count, hi, c / 100.0);
		if (f.residual < best.residual)
			best = f;
	}
	return best;
}

bool td_fit_of(const double *size, const double *time, size_t count, td_fit *fit, td_err *e)
{
	if (!check_points(size, time, count, e))
		return false;
	double lo = size[0], hi = size[0];
	for (size_t i = 1; i < count; i++) {
		lo = fmin(lo, size[i]);
		hi = fmax(hi, size[i]);
	}
	td_fit coarse = fit_grid(size, time, count, hi, 10, 400, 10);
	int c = (int)lround(coarse.c * 100);
	*fit = fit_grid(size, time, count, hi, c - 9, c + 9, 1);
	fit->lo = lo;
	fit->hi = hi;
	return true;
}

static double time_at(const td_fit *f, double size)
{
	return f->a + f->b * pow(size / f->hi, f->c);
}

bool td_fit_at(const td_fit *fit, double size, double *time, td_err *e)
{
	if (!(size >= fit->lo && size <= fit->hi))
		return td_fail(e, TD_E_DATA,
		               "size %s lies outside the sizes measured, %s to %s: measure it, a "
		               "fit says nothing there",
		               td_number_text(size).text, td_number_text(fit->lo).text,
		               td_number_text(fit->hi).text);
	*time = time_at(fit, size);
	return true;
}

static bool b_wins(const td_fit *a, const td_fit *b, double size)
{
	return time_at(b, size) < time_at(a, size);
}

/* Between lo and hi, where the winner differs, the size at which it changes. */
static double bisect(const td_fit *a, const td_fit *b, double lo, double hi)
{
	bool at_lo = b_wins(a, b, lo);
	for (int i = 0; i < 60; i++) {
		double middle = lo + (hi - lo) / 2;
		if (b_wins(a, b, middle) == at_lo)
			lo = middle;
		else
			hi = middle;
	}
	return hi;
}

bool td_crossing_of(const td_fit *a, const td_fit *b, td_crossing *out, td_err *e)
{
	double lo = fmax(a->lo, b->lo), hi = fmin(a->hi, b->hi), size = lo;
	if (!(lo <= hi))
		return td_fail(e, TD_E_DATA,
		               "A was measured for sizes %s to %s, B for %s to %s: measure both "
		               "over a common range",
		               td_number_text(a->lo).text, td_number_text(a->hi).text,
		               td_number_text(b->lo).text, td_number_text(b->hi).text);
	bool wins = b_wins(a, b, lo);
	*out = (td_crossing){.when = wins ? TD_WINS_ALWAYS : TD_WINS_NEVER, .lo = lo, .hi = hi};
	enum { STEPS = 1000 };
	for (int i = 1; i <= STEPS; i++) { /* two such fits cross at most twice */
		double next = i == STEPS ? hi : lo * pow(hi / lo, i / (double)STEPS);
		bool now = b_wins(a, b, next);
		if (now != wins && !out->crossings++) {
			out->when = wins ? TD_WINS_UNTIL : TD_WINS_FROM;
			out->size = bisect(a, b, size, next);
		}
		wins = now;
		size = next;
	}
	return true;
}

/* -- ceilings ------------------------------------------------------------- */

/* Seconds for `work` at `rate`, -1 when the rate is unknown; no work takes none, whatever the rate. */
static double seconds(double work, double rate)
{
	return work > 0 ? (rate > 0 ? work / rate : -1) : 0;
}

td_ceiling td_ceiling_of(td_cost work, const td_peaks *peaks, double t_s)
{
	double compute = seconds(work.flops, peaks->flops_per_s),
	       memory = seconds(work.bytes, peaks->bytes_per_s),
	       least = (compute > memory ? compute : memory) + peaks->launch_s;
	bool known = compute >= 0 && memory >= 0 && peaks->launch_s >= 0 && least < HUGE_VAL;
	if (!known || !positive(t_s))
		return (td_ceiling){0};
	return (td_ceiling){true, t_s < 0.95 * least, least, least / t_s};
}

/* -- where the time went -------------------------------------------------- */

bool td_split_adds_up(const td_split *s, double *idle_s)
{
	const double part[] = {s->host_s, s->h2d_s, s->launch_s, s->kernel_s, s->d2h_s};
	double sum = 0;
	bool ok = true;
	for (size_t i = 0; i < TD_COUNT(part); i++) {
		ok = ok && part[i] >= 0;
		sum += part[i];
	}
	*idle_s = s->wall_s - sum;
	return ok && fabs(*idle_s) <= 0.02 * s->wall_s;
}
