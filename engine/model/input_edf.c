/* A recording as an input: its signal, the calibration of that, or where its epochs lie. */
#include "input_inner.h"

#include "../base/log.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE = 1 << 20 };

typedef enum { SIGNAL, CALIBRATION, STARTS, CODES, TIMES } part;

/* -- channels ------------------------------------------------------------- */

static const char *label_at(const void *arg, int i)
{
	return ((const td_edf *)arg)->signals[i].label;
}

static int find_channel(const td_edf *h, const char *name)
{
	for (int i = 0; i < h->n; i++)
		if (!h->signals[i].annotations && td_edf_same_name(h->signals[i].label, name))
			return i;
	return -1;
}

static bool fail_channel(const td_edf *h, const char *name, td_err *e)
{
	td_str all = {0};
	const char *close = td_closest(name, h->n, label_at, h);
	for (int i = 0; i < h->n; i++)
		if (!h->signals[i].annotations)
			td_str_addf(&all, "%s%s", all.n ? ", " : "", h->signals[i].label);
	td_fail(e, TD_E_DATA, "it has no channel \"%s\"%s%s%s; its channels are %.600s", name,
	        close ? ", did you mean " : "", close ? close : "", close ? "?" : "",
	        td_str_text(&all));
	td_str_fini(&all);
	return false;
}

/* Calls `take` for each name of a list; stops when it returns false. */
static bool each_name(td_recording *r, const char *list, td_err *e,
                      bool (*take)(td_recording *r, int channel, td_err *e))
{
	for (const char *at = list; *at; at += *at == ',') {
		size_t n = strcspn(at, ",");
		char *name = td_arena_strndup(&r->arena, at, n);
		int channel = find_channel(&r->h, name);
		at += n;
		if (channel < 0)
			return fail_channel(&r->h, name, e);
		if (!take(r, channel, e))
			return false;
	}
	return true;
}

static bool choose(td_recording *r, int channel, td_err *e)
{
	for (int i = 0; i < r->n_channels; i++)
		if (r->channel[i] == channel)
			return td_fail(e, TD_E_DATA, "the channel \"%s\" is asked for twice",
			               r->h.signals[channel].label);
	r->channel[r->n_channels++] = channel;
	return true;
}

static bool leave_out(td_recording *r, int channel, td_err *e)
{
	int n = 0;
	(void)e;
	for (int i = 0; i < r->n_channels; i++)
		if (r->channel[i] != channel)
			r->channel[n++] = r->channel[i];
	r->n_channels = n;
	return true;
}

static bool choose_channels(td_recording *r, const td_input *in, td_err *e)
{
	const td_edf *h = &r->h;
	const char *wanted = in->columns ? in->columns : in->pick.rows;
	r->channel = td_arena_array(&r->arena, (size_t)h->n, sizeof *r->channel);
	if (wanted && !each_name(r, wanted, e, choose))
		return false;
	for (int i = 0; !wanted && i < h->n; i++)
		if (!h->signals[i].annotations)
			r->channel[r->n_channels++] = i;
	if (in->pick.except && !each_name(r, in->pick.except, e, leave_out))
		return false;
	if (!r->n_channels)
		return td_fail(e, TD_E_DATA, "no channel is left of it");
	const td_edf_signal *first = &h->signals[r->channel[0]];
	for (int i = 1; i < r->n_channels; i++) {
		const td_edf_signal *s = &h->signals[r->channel[i]];
		if (s->samples != first->samples)
			return td_fail(
				e, TD_E_DATA,
				"channel \"%s\" has %s samples a second, \"%s\" has %s: read "
				"them apart, with columns or except",
				first->label, td_number_text(td_edf_rate(h, r->channel[0])).text,
				s->label, td_number_text(td_edf_rate(h, r->channel[i])).text);
	}
	return true;
}

const char *td_edf_chosen(td_source_file *s)
{
	td_recording *r = &s->edf;
	td_str names = {0};
	for (int i = 0; i < r->n_channels; i++)
		td_str_addf(&names, "%s%s", i ? "," : "", r->h.signals[r->channel[i]].label);
	const char *kept = td_arena_strdup(&r->arena, td_str_text(&names));
	td_str_fini(&names);
	return kept;
}

/* Samples of each chosen channel. */
static int64_t samples_of(const td_recording *r)
{
	return r->h.records * r->h.signals[r->channel[0]].samples;
}

static bool volts_of(const td_recording *r, int i, double *scale, double *offset, td_err *e)
{
	const td_edf_signal *s = &r->h.signals[r->channel[i]];
	return td_edf_volts(s, scale, offset) ||
	       td_fail(e, TD_E_DATA,
	               "channel \"%s\" is in \"%s\", not in V, mV, uV or nV: leave it out with "
	               "except = { \"%s\" }",
	               s->label, s->unit, s->label);
}

/* -- records -------------------------------------------------------------- */

/* Reads all records: their annotations, and what `take` makes of their samples. */
static bool read_records(td_source_file *s, const td_tensor *t,
                         void (*take)(const td_recording *r, int64_t record,
                                      const unsigned char *bytes, const td_tensor *t),
                         td_err *e)
{
	td_recording *r = &s->edf;
	size_t one = (size_t)r->h.record_bytes, most = PIECE / one ? PIECE / one : 1;
	unsigned char *piece = td_alloc(most * one);
	bool ok = true;
	for (int64_t done = 0; ok && done < r->h.records;) {
		int64_t left = r->h.records - done, n = left < (int64_t)most ? left : (int64_t)most;
		ok = td_source_read(s, piece, (size_t)n * one, e);
		for (int64_t i = 0; ok && i < n; i++) {
			const unsigned char *bytes = piece + (size_t)i * one;
			ok = td_edf_annotations(&r->arena, &r->h, done + i, bytes, &r->events, e);
			if (ok && take)
				take(r, done + i, bytes, t);
		}
		done += n;
	}
	free(piece);
	r->at_end = true;
	return ok;
}

static void take_samples(const td_recording *r, int64_t record, const unsigned char *bytes,
                         const td_tensor *t)
{
	int64_t all = samples_of(r);
	for (int c = 0; c < r->n_channels; c++) {
		const td_edf_signal *x = &r->h.signals[r->channel[c]];
		const unsigned char *from = bytes + 2 * x->first;
		int64_t to = c * all + record * x->samples;
		double scale = 1, offset = 0;
		td_edf_volts(x, &scale, &offset);
		for (int64_t i = 0; i < x->samples; i++) {
			int d = (int16_t)(from[2 * i] | from[2 * i + 1] << 8);
			if (t->dtype == TD_I32)
				((int32_t *)t->data)[to + i] = d;
			else if (t->dtype == TD_F64)
				((double *)t->data)[to + i] = d * scale + offset;
			else
				((float *)t->data)[to + i] = (float)(d * scale + offset);
		}
	}
}

/* -- epochs --------------------------------------------------------------- */

static int64_t whole(double x)
{
	double near = rint(x);
	return fabs(near) < 9e15 ? (int64_t)near : INT64_MAX / 4;
}

static bool set_window(td_source_file *s, const td_pick *p, td_err *e)
{
	td_recording *r = &s->edf;
	if (!p->events == !p->samples)
		return td_fail(e, TD_E_USAGE,
		               "its epochs need either samples, or events and a window");
	r->n_times = p->samples;
	if (!p->events)
		return true;
	int64_t all = samples_of(r);
	r->first = whole(p->from * s->rate);
	r->n_times = whole(p->until * s->rate) - r->first + 1;
	return (p->from <= p->until && r->n_times <= all) ||
	       td_fail(e, TD_E_DATA,
	               "the window from %s to %s s has no place in a recording of %s s",
	               td_number_text(p->from).text, td_number_text(p->until).text,
	               td_number_text((double)all / s->rate).text);
}

static bool fixed_epochs(td_recording *r, const td_pick *p, td_err *e)
{
	int64_t all = samples_of(r), fit = all / p->samples, n = p->count ? p->count : fit;
	if (n > fit || !n)
		return td_fail(e, TD_E_DATA,
		               "it has %" PRId64 " samples a channel: room for %" PRId64
		               " epochs of %" PRId64 ", not for %" PRId64,
		               all, fit, p->samples, n ? n : 1);
	r->start = td_arena_array(&r->arena, (size_t)n, sizeof *r->start);
	r->code = td_arena_array(&r->arena, (size_t)n, sizeof *r->code);
	for (r->n_starts = 0; r->n_starts < n; r->n_starts++)
		r->start[r->n_starts] = r->n_starts * p->samples;
	return true;
}

/* Which line of `list` the text is, -1: none. */
static int32_t line_of(const char *list, const char *text)
{
	size_t n = strlen(text);
	for (int32_t i = 0;; i++) {
		size_t m = strcspn(list, "\n");
		if (m == n && memcmp(list, text, n) == 0)
			return i;
		if (!list[m])
			return -1;
		list += m + 1;
	}
}

static bool fail_events(const td_recording *r, const td_pick *p, int64_t outside, td_err *e)
{
	td_str all = {0};
	char wanted[120];
	for (int i = 0; i < r->events.n && all.n < 400; i++) {
		int before = 0, n = 0;
		for (int j = 0; j < r->events.n; j++) {
			bool same = td_same(r->events.items[j].text, r->events.items[i].text);
			before += same && j < i;
			n += same;
		}
		if (!before)
			td_str_addf(&all, "%s%s (%d)", all.n ? ", " : "", r->events.items[i].text,
			            n);
	}
	size_t n = td_clip(wanted, sizeof wanted, "%s", p->events);
	for (size_t i = 0; i < n; i++)
		if (wanted[i] == '\n')
			wanted[i] = ',';
	if (outside)
		td_fail(e, TD_E_DATA,
		        "no window around %s lies inside of it: %" PRId64 " pass an end", wanted,
		        outside);
	else
		td_fail(e, TD_E_DATA, "it has no annotation %s; %s%s", wanted,
		        all.n ? "its annotations are " : "it has none at all", td_str_text(&all));
	td_str_fini(&all);
	return false;
}

static int by_start(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

static bool event_epochs(td_source_file *s, const td_pick *p, bool tell, td_err *e)
{
	td_recording *r = &s->edf;
	int64_t outside = 0, last = samples_of(r) - r->n_times, n = 0;
	int64_t(*found)[2] = td_arena_array(&r->arena, (size_t)r->events.n + 1, sizeof *found);
	for (int i = 0; i < r->events.n; i++) {
		int32_t code = line_of(p->events, r->events.items[i].text);
		int64_t start = whole(r->events.items[i].onset * s->rate) + r->first;
		if (code < 0)
			continue;
		if (start < 0 || start > last)
			outside++;
		else
			memcpy(found[n++], (int64_t[2]){start, code}, sizeof *found);
	}
	if (!n)
		return fail_events(r, p, outside, e);
	if (outside && tell)
		td_note("%" PRId64 " of %" PRId64
		        " epochs are left out: their windows pass an end of "
		        "the recording",
		        outside, outside + n);
	qsort(found, (size_t)n, sizeof *found, by_start);
	r->start = td_arena_array(&r->arena, (size_t)n, sizeof *r->start);
	r->code = td_arena_array(&r->arena, (size_t)n, sizeof *r->code);
	for (int64_t i = 0; i < n; i++) {
		r->start[i] = found[i][0];
		r->code[i] = (int32_t)found[i][1];
	}
	r->n_starts = n;
	return true;
}

/* -- parts ---------------------------------------------------------------- */

static const struct {
	const char *name;
	td_dtype dtype;
} parts[] = {[SIGNAL] = {"signal", TD_F32},
             [CALIBRATION] = {"calibration", TD_F64},
             [STARTS] = {"starts", TD_I64},
             [CODES] = {"codes", TD_I32},
             [TIMES] = {"times", TD_F64}};

static bool find_part(const td_input *in, part *which, td_err *e)
{
	*which = SIGNAL;
	for (size_t i = 0; i < TD_COUNT(parts); i++) {
		if (in->pick.part && !td_same(in->pick.part, parts[i].name))
			continue;
		*which = (part)i;
		return true;
	}
	return td_fail(e, TD_E_USAGE,
	               "a recording has no part \"%s\"; there are signal, calibration, starts, "
	               "codes, times",
	               in->pick.part);
}

static bool read_header(td_source_file *s, td_err *e)
{
	td_recording *r = &s->edf;
	int64_t n;
	if (s->bytes < TD_EDF_FIXED)
		return td_edf_size(NULL, (int64_t)s->bytes, &n, e);
	char *fixed = td_arena_alloc(&r->arena, TD_EDF_FIXED);
	if (!td_source_read(s, fixed, TD_EDF_FIXED, e) ||
	    !td_edf_size(fixed, (int64_t)s->bytes, &n, e))
		return false;
	char *all = td_arena_alloc(&r->arena, (size_t)n);
	memcpy(all, fixed, TD_EDF_FIXED);
	return td_source_read(s, all + TD_EDF_FIXED, (size_t)n - TD_EDF_FIXED, e) &&
	       td_edf_header(&r->arena, all, (int64_t)s->bytes, &r->h, e);
}

/* All chosen channels are in volts, unless numbers are read as they stand. */
static bool check_volts(const td_recording *r, part which, td_dtype dtype, td_err *e)
{
	double scale, offset;
	if (which != CALIBRATION && (which != SIGNAL || dtype == TD_I32))
		return true;
	for (int i = 0; i < r->n_channels; i++)
		if (!volts_of(r, i, &scale, &offset, e))
			return false;
	return true;
}

bool td_edf_look(td_source_file *s, const td_input *in, td_tensor *t, td_err *e)
{
	td_recording *r = &s->edf;
	part which;
	if (!find_part(in, &which, e) || !read_header(s, e) || !choose_channels(r, in, e) ||
	    !check_volts(r, which, in->dtype, e))
		return false;
	double rate = td_edf_rate(&r->h, r->channel[0]);
	bool real = in->dtype == TD_F32 || in->dtype == TD_F64 || in->dtype == TD_I32;
	*t = (td_tensor){.dtype = which == SIGNAL && real ? in->dtype : parts[which].dtype,
	                 .rank = which == SIGNAL || which == CALIBRATION ? 2 : 1};
	s->rate = rate;
	if (which == SIGNAL || which == CALIBRATION) {
		t->dim[0] = r->n_channels;
		t->dim[1] = which == SIGNAL ? samples_of(r) : 2;
		s->rate = which == SIGNAL ? rate : 0;
		return true;
	}
	if (!set_window(s, &in->pick, e))
		return false;
	t->dim[0] = r->n_times;
	if (which == TIMES)
		return true;
	bool ok = in->pick.events
	                  ? read_records(s, NULL, NULL, e) && event_epochs(s, &in->pick, false, e)
	                  : fixed_epochs(r, &in->pick, e);
	t->dim[0] = r->n_starts;
	s->rate = 0;
	return ok;
}

static void fill(const td_recording *r, part which, double rate, const td_tensor *t)
{
	for (int64_t i = 0; i < t->dim[0]; i++) {
		if (which == STARTS)
			((int64_t *)t->data)[i] = r->start[i];
		if (which == CODES)
			((int32_t *)t->data)[i] = r->code[i];
		if (which == TIMES)
			((double *)t->data)[i] = (double)(r->first + i) / rate;
		if (which == CALIBRATION)
			td_edf_volts(&r->h.signals[r->channel[i]], (double *)t->data + 2 * i,
			             (double *)t->data + 2 * i + 1);
	}
}

bool td_edf_read(td_source_file *s, const td_input *in, const td_tensor *t, td_err *e)
{
	td_recording *r = &s->edf;
	part which;
	if (!find_part(in, &which, e) ||
	    (!r->at_end && !read_records(s, t, which == SIGNAL ? take_samples : NULL, e)))
		return false;
	if (which != SIGNAL)
		fill(r, which, td_edf_rate(&r->h, r->channel[0]), t);
	return true;
}
