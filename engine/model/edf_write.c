/* Recordings, writing. */
#include "../base/file.h"
#include "edf.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	LEVELS = 32767,
	MOST_UV = 9999999,
	MOST_CHANNELS = 9998
}; /* and the annotations: four digits */

/* A channel's range, in the text that the header has. */
typedef struct {
	char text[9]; /* physical maximum, uV */
	double step;
} range;

typedef struct {
	const td_edf_out *o;
	int64_t epochs, channels, samples; /* of an epoch; a signal is one epoch */
	int64_t record, records;           /* samples of a channel in one; how many */
	char record_s[9];                  /* how long one is, as the header says it */
	int64_t list_bytes;                /* for annotations in a record, even */
	range *ranges;
} writer;

static int64_t total(const writer *w)
{
	return w->epochs * w->samples;
}

/* Sample `s` of a channel, counted through all epochs; beyond the end the last one. */
static double sample(const writer *w, int64_t channel, int64_t s)
{
	s = s < total(w) ? s : total(w) - 1;
	int64_t i = (s / w->samples * w->channels + channel) * w->samples + s % w->samples;
	const td_tensor *t = w->o->data;
	return t->dtype == TD_F32 ? (double)((const float *)t->data)[i]
	                          : ((const double *)t->data)[i];
}

/* -- ranges and records --------------------------------------------------- */

static bool set_range(writer *w, int64_t channel, td_err *e)
{
	range *r = &w->ranges[channel];
	double most = 0;
	for (int64_t s = 0; s < total(w); s++) {
		double x = fabs(sample(w, channel, s)) * 1e6;
		if (!(x <= MOST_UV))
			return td_fail(e, TD_E_DATA,
			               "sample %" PRId64 " of channel %" PRId64
			               " is %s V; an .edf file takes finite numbers up to 10 V",
			               s, channel + 1, td_number_text(sample(w, channel, s)).text);
		most = x > most ? x : most;
	}
	int digits = 0; /* behind the point, so that five count */
	while (digits < 5 && most > 0 && most * pow(10, digits) < 1e4)
		digits++;
	double unit = pow(10, digits), steps = fmax(ceil(most * unit), 1);
	td_clip(r->text, sizeof r->text, "%.*f", digits, steps / unit);
	r->step = steps / unit / LEVELS;
	return true;
}

static int level(const range *r, double volts)
{
	double x = rint(volts * 1e6 / r->step);
	return x > LEVELS ? LEVELS : x < -LEVELS ? -LEVELS : (int)x;
}

/* Can the header say how long n samples are, so that the rate comes out again? */
static bool fits(writer *w, int64_t n)
{
	double seconds;
	td_number text = td_number_text((double)n / w->o->rate);
	if (strlen(text.text) >= sizeof w->record_s || !td_read_real(text.text, &seconds) ||
	    !td_feq_exact((double)n / seconds, w->o->rate))
		return false;
	td_clip(w->record_s, sizeof w->record_s, "%s", text.text);
	w->record = n;
	w->records = (total(w) + n - 1) / n;
	return true;
}

/* Records are epochs, or seconds. */
static bool set_record(writer *w, td_err *e)
{
	double second = rint(w->o->rate);
	bool whole = w->o->rate >= 1 && second < 1e6 && td_feq_exact(second, w->o->rate);
	return (w->o->data->rank == 3 && fits(w, w->samples)) ||
	       (whole && fits(w, (int64_t)second)) || fits(w, w->samples) ||
	       td_fail(e, TD_E_DATA,
	               "an .edf file cannot hold %" PRId64
	               " samples at %s a second: the length of a "
	               "record has no more than 8 characters",
	               w->samples, td_number_text(w->o->rate).text);
}

/* -- annotations ---------------------------------------------------------- */

/* Seconds at a sample, to a tenth of a microsecond, as EDF+ wants them: no exponent. */
static void add_seconds(const writer *w, int64_t s, td_str *out)
{
	char text[40];
	size_t n = td_clip(text, sizeof text, "%.7f", (double)s / w->o->rate);
	while (n && text[n - 1] == '0')
		n--;
	td_str_add_n(out, text, n && text[n - 1] == '.' ? n - 1 : n);
}

static void annotate(const writer *w, int64_t from, int64_t n, const char *text, td_str *out)
{
	td_str_add(out, "+");
	add_seconds(w, from, out);
	td_str_add(out, "\x15");
	add_seconds(w, n, out);
	td_str_addf(out, "\x14%s\x14", text);
	td_str_add_n(out, "", 1);
}

/* What record r says: when it starts, and what starts in it. */
static void list_record(const writer *w, int64_t r, td_str *out)
{
	int64_t from = r * w->record, end = from + w->record;
	td_str_add(out, "+");
	add_seconds(w, from, out);
	td_str_add_n(out, "\x14\x14", 3);
	int64_t first = (from + w->samples - 1) / w->samples;
	for (int64_t i = first; w->o->data->rank == 3 && i < w->epochs && i * w->samples < end;
	     i++) {
		char name[32];
		td_clip(name, sizeof name, "epoch %" PRId64, i);
		annotate(w, i * w->samples, w->samples, name, out);
	}
	if (total(w) >= from && total(w) < end)
		annotate(w, total(w), end - total(w), "BAD_ACQ_SKIP", out);
}

static void set_list_bytes(writer *w)
{
	td_str list = {0};
	for (int64_t r = 0; r < w->records; r++) {
		list.n = 0;
		list_record(w, r, &list);
		int64_t n = (int64_t)list.n;
		w->list_bytes = n > w->list_bytes ? n : w->list_bytes;
	}
	w->list_bytes += w->list_bytes % 2;
	td_str_fini(&list);
}

/* -- the file ------------------------------------------------------------- */

static void field(td_str *out, int width, const char *text)
{
	td_str_addf(out, "%-*.*s", width, width, text);
}

static void number(td_str *out, int width, int64_t x)
{
	char text[32];
	td_clip(text, sizeof text, "%" PRId64, x);
	field(out, width, text);
}

static void add_labels(const writer *w, td_str *out)
{
	for (const char *at = w->o->channels; *at; at += *at == ',') {
		size_t n = strcspn(at, ",");
		td_str_addf(out, "%-16.*s", (int)(n < 16 ? n : 16), at);
		at += n;
	}
	field(out, 16, "EDF Annotations");
}

static void add_header(const writer *w, td_str *out)
{
	int64_t all = w->channels + 1;
	field(out, 8, "0");
	field(out, 80, "X X X X");
	field(out, 80, "Startdate X X X X");
	field(out, 16, "01.01.8500.00.00");
	number(out, 8, TD_EDF_FIXED * (all + 1));
	field(out, 44, "EDF+C");
	number(out, 8, w->records);
	field(out, 8, w->record_s);
	number(out, 4, all);
	add_labels(w, out);
	for (int64_t i = 0; i < all; i++)
		field(out, 80, "");
	for (int64_t i = 0; i < all; i++)
		field(out, 8, i < w->channels ? "uV" : "");
	for (int sign = 0; sign < 2; sign++)
		for (int64_t i = 0; i < all; i++)
			td_str_addf(out, "%s%-*s", sign ? "" : "-", sign ? 8 : 7,
			            i < w->channels ? w->ranges[i].text : "1");
	for (int64_t i = 0; i < all; i++)
		number(out, 8, i < w->channels ? -LEVELS : -LEVELS - 1);
	for (int64_t i = 0; i < all; i++)
		number(out, 8, LEVELS);
	for (int64_t i = 0; i < all; i++)
		field(out, 80, "");
	for (int64_t i = 0; i < all; i++)
		number(out, 8, i < w->channels ? w->record : w->list_bytes / 2);
	for (int64_t i = 0; i < all; i++)
		field(out, 32, "");
}

static void add_record(const writer *w, int64_t r, td_str *out)
{
	td_str list = {0};
	for (int64_t c = 0; c < w->channels; c++)
		for (int64_t s = r * w->record; s < (r + 1) * w->record; s++) {
			int x = level(&w->ranges[c], sample(w, c, s));
			const char bytes[] = {(char)(x & 255), (char)(x >> 8 & 255)};
			td_str_add_n(out, bytes, 2);
		}
	list_record(w, r, &list);
	while ((int64_t)list.n < w->list_bytes)
		td_str_add_n(&list, "", 1);
	td_str_add_n(out, list.data, list.n);
	td_str_fini(&list);
}

static bool check(const writer *w, td_err *e)
{
	const td_tensor *t = w->o->data;
	int64_t names = 1;
	for (const char *s = w->o->channels; *s; s++)
		names += *s == ',';
	if ((t->dtype != TD_F32 && t->dtype != TD_F64) || t->rank < 2 || t->rank > 3)
		return td_fail(e, TD_E_USAGE,
		               "an .edf file holds f32 or f64, channels x samples or epochs x "
		               "channels x samples");
	if (w->channels != names)
		return td_fail(e, TD_E_DATA,
		               "it has %" PRId64 " channels, but the recording that names them has "
		               "%" PRId64,
		               w->channels, names);
	if (w->channels > MOST_CHANNELS)
		return td_fail(e, TD_E_DATA, "an .edf file takes %d channels, here are %" PRId64,
		               MOST_CHANNELS, w->channels);
	return total(w) > 0 || td_fail(e, TD_E_DATA, "there is no sample to write");
}

bool td_edf_write(const char *path, const td_edf_out *o, td_err *e)
{
	const td_tensor *t = o->data;
	writer w = {.o = o,
	            .epochs = t->rank == 3 ? t->dim[0] : 1,
	            .channels = t->rank >= 2 ? t->dim[t->rank - 2] : 0,
	            .samples = t->rank >= 2 ? t->dim[t->rank - 1] : 0};
	bool ok = check(&w, e) && set_record(&w, e);
	w.ranges = td_alloc(td_size_mul((size_t)w.channels, sizeof *w.ranges));
	for (int64_t c = 0; ok && c < w.channels; c++)
		ok = set_range(&w, c, e);
	if (ok) {
		td_str out = {0};
		set_list_bytes(&w);
		add_header(&w, &out);
		for (int64_t r = 0; r < w.records; r++)
			add_record(&w, r, &out);
		ok = td_file_write(path, out.data, out.n, e);
		td_str_fini(&out);
	}
	free(w.ranges);
	return ok || td_within(e, "%s", path);
}
