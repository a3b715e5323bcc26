#include "edf.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

enum {
	MAX_RECORD = 1 << 28,
	LABEL = 16, /* widths of the fields of a signal, which stand signal after signal */
	TRANSDUCER = 80,
	NUMBER = 8,
	FILTER = 80,
	RESERVED = 32,
};

/* Without the dots and blanks that fill it. */
static size_t name_length(const char *s)
{
	size_t n = strlen(s);
	while (n > 1 && (s[n - 1] == '.' || s[n - 1] == ' '))
		n--;
	return n;
}

/* -- fields --------------------------------------------------------------- */

typedef struct {
	td_arena *arena;
	const char *bytes;
	td_err *e;
} reader;

static bool printable(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] < ' ' || s[i] > '~')
			return false;
	return true;
}

/* The text of a field without the blanks around it; NULL when it is no plain ASCII. */
static char *text_at(const reader *r, int64_t at, size_t width, const char *what)
{
	const char *s = r->bytes + at;
	if (!printable(s, width)) {
		td_fail(r->e, TD_E_DATA, "byte %" PRId64 ": the %s is no plain ASCII text", at,
		        what);
		return NULL;
	}
	while (width && *s == ' ') {
		s++;
		width--;
	}
	while (width && s[width - 1] == ' ')
		width--;
	return td_arena_strndup(r->arena, s, width);
}

static bool real_at(const reader *r, int64_t at, const char *what, double *x)
{
	const char *s = text_at(r, at, NUMBER, what);
	return s && ((td_read_real(s, x) && isfinite(*x)) ||
	             td_fail(r->e, TD_E_DATA, "byte %" PRId64 ": the %s is \"%s\", no number", at,
	                     what, s));
}

static bool int_at(const reader *r, int64_t at, size_t width, const char *what, int64_t lo,
                   int64_t hi, int64_t *x)
{
	const char *s = text_at(r, at, width, what);
	if (!s)
		return false;
	if (!td_read_int(s, x))
		return td_fail(r->e, TD_E_DATA,
		               "byte %" PRId64 ": the %s is \"%s\", no whole number", at, what, s);
	return (*x >= lo && *x <= hi) ||
	       td_fail(r->e, TD_E_DATA,
	               "byte %" PRId64 ": the %s is %" PRId64 ", not %" PRId64 " … %" PRId64, at,
	               what, *x, lo, hi);
}

/* -- the header ----------------------------------------------------------- */

bool td_edf_size(const void *bytes, int64_t file_bytes, int64_t *header_bytes, td_err *e)
{
	td_arena arena = {0};
	const reader r = {&arena, bytes, e};
	int64_t n;
	if (file_bytes < TD_EDF_FIXED)
		return td_fail(e, TD_E_DATA,
		               "it is no EDF file: it has %" PRId64
		               " bytes, the header alone has %d",
		               file_bytes, TD_EDF_FIXED);
	if (memcmp(bytes,
	           "\xFF"
	           "BIOSEMI",
	           8) == 0)
		return td_fail(e, TD_E_DATA, "it is a BDF file (24-bit samples); save it as EDF");
	if (memcmp(bytes, "0       ", 8) != 0)
		return td_fail(e, TD_E_DATA,
		               "it is no EDF file: it does not start with the version, a 0 and "
		               "seven blanks");
	bool ok = int_at(&r, 252, 4, "number of signals", 1, 9999, &n) &&
	          int_at(&r, 184, NUMBER, "length of the header", 0, INT32_MAX, header_bytes);
	td_arena_fini(&arena);
	if (!ok)
		return false;
	if (*header_bytes != TD_EDF_FIXED * (n + 1))
		return td_fail(e, TD_E_DATA,
		               "byte 184: the header says that it has %" PRId64
		               " bytes; with %" PRId64 " signals it has %" PRId64,
		               *header_bytes, n, TD_EDF_FIXED * (n + 1));
	return *header_bytes <= file_bytes || td_fail(e, TD_E_DATA,
	                                              "it is cut off: its header has %" PRId64
	                                              " bytes, the file ends at byte %" PRId64,
	                                              *header_bytes, file_bytes);
}

static bool read_kind(const reader *r, td_edf *h)
{
	const char *kind = text_at(r, 192, 44, "reserved field");
	if (!kind)
		return false;
	h->plus = td_starts(kind, "EDF+C");
	return !td_starts(kind, "EDF+D") ||
	       td_fail(r->e, TD_E_DATA,
	               "byte 192: it is discontinuous (EDF+D): records do not follow one another; "
	               "split it at its gaps into continuous files (EDF+C)");
}

static bool read_records(const reader *r, td_edf *h)
{
	if (!int_at(r, 236, NUMBER, "number of records", -1, INT32_MAX, &h->records) ||
	    !real_at(r, 244, "duration of a record", &h->record_s))
		return false;
	if (h->records < 1)
		return td_fail(r->e, TD_E_DATA,
		               "byte 236: the number of records is %" PRId64 ": %s", h->records,
		               h->records ? "the recording was never finished" : "it is empty");
	return h->record_s > 0 || td_fail(r->e, TD_E_DATA,
	                                  "byte 244: a record lasts %s s; only recordings with a "
	                                  "sampling rate are read",
	                                  td_number_text(h->record_s).text);
}

static bool fail_signal(const reader *r, int64_t at, const td_edf_signal *s, const char *why)
{
	return td_fail(r->e, TD_E_DATA, "byte %" PRId64 ": channel \"%s\": %s", at, s->label, why);
}

/* The fields of signal `i`: field f of all signals stands together, before field f+1 of all. */
static bool read_signal(const reader *r, td_edf *h, int i)
{
	td_edf_signal *s = &h->signals[i];
	int64_t n = h->n, at = TD_EDF_FIXED, lo, hi, samples;
	char *label = text_at(r, at + LABEL * (int64_t)i, LABEL, "label of a channel");
	if (!label)
		return false;
	s->label = label;
	s->annotations = td_same(label, "EDF Annotations");
	label[name_length(label)] = '\0';
	at += (LABEL + TRANSDUCER) * n;
	s->unit = text_at(r, at + NUMBER * (int64_t)i, NUMBER, "unit of a channel");
	at += NUMBER * n + NUMBER * (int64_t)i;
	if (!s->unit || !real_at(r, at, "physical minimum", &s->physical_min) ||
	    !real_at(r, at + NUMBER * n, "physical maximum", &s->physical_max) ||
	    !int_at(r, at + 2 * (NUMBER * n), NUMBER, "digital minimum", INT16_MIN, INT16_MAX,
	            &lo) ||
	    !int_at(r, at + 3 * (NUMBER * n), NUMBER, "digital maximum", INT16_MIN, INT16_MAX,
	            &hi) ||
	    !int_at(r, at + (4 * NUMBER + FILTER) * n, NUMBER, "number of samples in a record", 1,
	            MAX_RECORD / 2, &samples))
		return false;
	s->digital_min = (int)lo;
	s->digital_max = (int)hi;
	s->samples = (int)samples;
	s->first = h->record_bytes / 2;
	h->record_bytes += 2 * samples;
	if (lo >= hi)
		return fail_signal(r, at + 2 * (NUMBER * n), s,
		                   "the digital minimum is not below the maximum");
	if (td_feq_exact(s->physical_min, s->physical_max))
		return fail_signal(r, at, s, "the physical minimum is the maximum");
	return h->record_bytes <= MAX_RECORD || fail_signal(r, at, s, "a record is too long");
}

static bool check_names(const reader *r, const td_edf *h)
{
	for (int i = 0; i < h->n; i++) {
		const char *label = h->signals[i].label;
		if (h->signals[i].annotations)
			continue;
		if (!*label || strchr(label, ','))
			return td_fail(r->e, TD_E_DATA,
			               "byte %d: channel %d is named \"%s\"; a name is not empty "
			               "and has no comma",
			               TD_EDF_FIXED + LABEL * i, i + 1, label);
		for (int j = 0; j < i; j++)
			if (td_edf_same_name(h->signals[j].label, label))
				return td_fail(r->e, TD_E_DATA,
				               "byte %d: channels %d and %d are both named \"%s\"",
				               TD_EDF_FIXED + LABEL * i, j + 1, i + 1, label);
	}
	return true;
}

static bool check_length(const td_edf *h, int64_t file_bytes, td_err *e)
{
	int64_t data = file_bytes - h->header_bytes, want = h->records * h->record_bytes;
	if (data < want)
		return td_fail(e, TD_E_DATA,
		               "it is cut off: its header promises %" PRId64 " records of %" PRId64
		               " bytes, the file ends at byte %" PRId64 ", in record %" PRId64,
		               h->records, h->record_bytes, file_bytes, data / h->record_bytes + 1);
	return data == want ||
	       td_fail(e, TD_E_DATA, "%" PRId64 " bytes follow the last record, at byte %" PRId64,
	               data - want, h->header_bytes + want);
}

bool td_edf_header(td_arena *a, const void *bytes, int64_t file_bytes, td_edf *h, td_err *e)
{
	const reader r = {a, bytes, e};
	*h = (td_edf){0};
	if (!td_edf_size(bytes, file_bytes, &h->header_bytes, e))
		return false;
	h->n = (int)(h->header_bytes / TD_EDF_FIXED) - 1;
	h->signals = td_arena_array(a, (size_t)h->n, sizeof *h->signals);
	if (!read_kind(&r, h) || !read_records(&r, h))
		return false;
	bool annotated = false;
	for (int i = 0; i < h->n; i++) {
		if (!read_signal(&r, h, i))
			return false;
		annotated = annotated || h->signals[i].annotations;
	}
	if (h->plus && !annotated)
		return td_fail(e, TD_E_DATA,
		               "byte 192: it says that it is EDF+, but has no signal named \"EDF "
		               "Annotations\"");
	return check_names(&r, h) && check_length(h, file_bytes, e);
}

/* -- annotations ---------------------------------------------------------- */

/* The annotations of one signal in one record: "+0\x14\x14\0+4.2\x154.1\x14T0\x14\0\0…" */
typedef struct {
	td_arena *arena;
	const char *at, *end, *begin;
	int64_t offset; /* of `begin` in the file */
	td_err *e;
} scanner;

static bool fail_at(const scanner *s, const char *at, const char *why)
{
	return td_fail(s->e, TD_E_DATA, "byte %" PRId64 ": annotation: %s",
	               s->offset + (at - s->begin), why);
}

/* What stands before one of the two marks, which must be there; NULL: it is not. */
static char *take(scanner *s, char mark, char other)
{
	const char *from = s->at;
	while (s->at < s->end && *s->at && *s->at != mark && *s->at != other)
		s->at++;
	if (s->at < s->end && *s->at)
		return td_arena_strndup(s->arena, from, (size_t)(s->at - from));
	fail_at(s, s->at < s->end ? s->at : from,
	        s->at < s->end ? "it ends in its middle" : "it has no end");
	return NULL;
}

static bool read_time(const scanner *s, const char *from, const char *text, double *x)
{
	const char *digits = text + (*text == '+' || *text == '-');
	return (isdigit((unsigned char)*digits) && !digits[strspn(digits, "0123456789.")] &&
	        td_read_real(digits, x)) ||
	       fail_at(s, from, "its time is no number");
}

/* Onset, duration where there is one; `s` then stands behind the mark that ends them. */
static bool read_times(scanner *s, td_edf_event *x)
{
	const char *from = s->at;
	if (*from != '+' && *from != '-')
		return fail_at(s, from, "it does not start with + or -");
	const char *text = take(s, '\x14', '\x15');
	if (!text || !read_time(s, from, text, &x->onset))
		return false;
	if (*from == '-')
		x->onset = -x->onset;
	if (*s->at++ == '\x14')
		return true;
	from = s->at;
	text = take(s, '\x14', '\x14');
	if (!text || !read_time(s, from, text, &x->duration))
		return false;
	s->at++;
	return true;
}

/* Bytes of UTF-8 are kept; control characters become blanks. */
static char *clean(char *text)
{
	for (char *c = text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	return text;
}

/* One annotation list: times and the texts that share them. `keeping`: the first one of a record, whose
 * first text is empty and whose onset is that of the record. */
static bool read_list(scanner *s, bool keeping, double *start, td_edf_events *out)
{
	td_edf_event x = {.at = s->offset + (s->at - s->begin)};
	const char *from = s->at;
	if (!read_times(s, &x))
		return false;
	for (bool first = true; s->at < s->end && *s->at; first = false) {
		char *text = take(s, '\x14', '\x14');
		if (!text)
			return false;
		s->at++;
		x.text = clean(text);
		if (keeping && first && *text)
			return fail_at(s, from, "a record does not begin with its own time");
		if (*text)
			TD_PUSH(s->arena, *out, x);
	}
	if (s->at == s->end)
		return fail_at(s, from, "it has no end");
	if (keeping)
		*start = x.onset;
	s->at++;
	return true;
}

static bool check_start(const td_edf *h, int64_t number, double start, int64_t offset,
                        td_edf_events *out, td_err *e)
{
	double want = out->start + (double)number * h->record_s;
	if (number == 0)
		out->start = start;
	return number == 0 || fabs(start - want) <= 1e-3 * h->record_s ||
	       td_fail(e, TD_E_DATA,
	               "byte %" PRId64 ": record %" PRId64
	               " starts at %s s, not at %s s: there is a "
	               "gap; split the file there",
	               offset, number + 1, td_number_text(start).text, td_number_text(want).text);
}

bool td_edf_annotations(td_arena *a, const td_edf *h, int64_t number, const void *record,
                        td_edf_events *out, td_err *e)
{
	bool keeping = h->plus;
	int before = out->n;
	for (int i = 0; i < h->n; i++) {
		const td_edf_signal *x = &h->signals[i];
		if (!x->annotations)
			continue;
		const char *from = (const char *)record + 2 * x->first;
		scanner s = {a,
		             from,
		             from + (size_t)x->samples * 2,
		             from,
		             h->header_bytes + number * h->record_bytes + 2 * x->first,
		             e};
		double start = 0;
		while (s.at < s.end && *s.at) {
			bool first = keeping;
			if (!read_list(&s, keeping, &start, out) ||
			    (first && !check_start(h, number, start, s.offset, out, e)))
				return false;
			keeping = false;
		}
		if (keeping)
			return fail_at(&s, from, "the record does not say when it starts");
	}
	for (int i = before; i < out->n; i++)
		out->items[i].onset -= out->start;
	return true;
}

/* -- what signals mean ---------------------------------------------------- */

double td_edf_rate(const td_edf *h, int signal)
{
	return h->signals[signal].samples / h->record_s;
}

bool td_edf_volts(const td_edf_signal *s, double *scale, double *offset)
{
	static const struct {
		const char *unit;
		double volts;
	} units[] = {{"V", 1}, {"mV", 1e-3}, {"uV", 1e-6}, {"nV", 1e-9}};
	for (size_t i = 0; i < TD_COUNT(units); i++) {
		if (!td_same(s->unit, units[i].unit))
			continue;
		double step =
			(s->physical_max - s->physical_min) / (s->digital_max - s->digital_min);
		*scale = step * units[i].volts;
		*offset = (s->physical_min - step * s->digital_min) * units[i].volts;
		return true;
	}
	return false;
}

bool td_edf_same_name(const char *a, const char *b)
{
	size_t n = name_length(a);
	if (n != name_length(b))
		return false;
	for (size_t i = 0; i < n; i++)
		if (tolower((unsigned char)a[i]) != tolower((unsigned char)b[i]))
			return false;
	return true;
}
