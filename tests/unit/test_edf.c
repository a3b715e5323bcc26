#include "edf_files.h"
#include "model/edf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char *const names[] = {"Fc5.", "Cz", "O1.."};
static const char *const lists[] = {"+0.5~2|left|right|/-0.25|early|/", "", "+4|T0|/"};
static const edf_spec plain = {3, 3, 10, names, lists, 0};

static bool read_all(td_arena *a, const td_str *s, td_edf *h, td_edf_events *events, td_err *e)
{
	*events = (td_edf_events){0};
	if (!td_edf_header(a, s->data, (int64_t)s->n, h, e))
		return false;
	for (int64_t r = 0; r < h->records; r++)
		if (!td_edf_annotations(a, h, r, s->data + h->header_bytes + r * h->record_bytes,
		                        events, e))
			return false;
	return true;
}

static void assert_event(const td_edf_event *x, double onset, double duration, const char *text)
{
	assert_true(td_feq_exact(x->onset, onset) && td_feq_exact(x->duration, duration));
	assert_string_equal(x->text, text);
}

static void reads_headers(void **state)
{
	(void)state;
	td_arena a = {0};
	td_str s = edf_make(&plain);
	td_edf h;
	td_edf_events x;
	td_err e = {0};
	double scale, offset;
	if (!read_all(&a, &s, &h, &x, &e))
		fail_msg("%s", e.text);
	assert_true(h.plus && h.n == 4 && h.records == 3);
	assert_int_equal(h.header_bytes, 256 * 5);
	assert_int_equal(h.record_bytes, 2 * (30 + EDF_ANNOTATIONS));
	assert_string_equal(h.signals[0].label, "Fc5");
	assert_string_equal(h.signals[2].label, "O1");
	assert_true(!h.signals[2].annotations && h.signals[3].annotations);
	assert_int_equal(h.signals[2].first, 20);
	assert_true(td_feq_exact(td_edf_rate(&h, 0), 5));
	assert_true(td_edf_volts(&h.signals[0], &scale, &offset));
	assert_true(td_feq_exact(scale, 655.34 / 65534 * 1e-6) && td_feq_exact(offset, 0));
	assert_false(td_edf_volts(&h.signals[3], &scale, &offset));
	assert_int_equal(x.n, 4);
	assert_event(&x.items[0], 0.5, 2, "left");
	assert_event(&x.items[1], 0.5, 2, "right");
	assert_event(&x.items[2], -0.25, 0, "early");
	assert_event(&x.items[3], 4, 0, "T0");
	td_str_fini(&s);
	td_arena_fini(&a);
}

/* `text` at byte `at`; then nothing is read, for that reason. */
static void assert_refused(const edf_spec *spec, size_t at, const char *text, size_t n,
                           const char *why)
{
	td_arena a = {0};
	td_str s = edf_make(spec);
	td_edf h;
	td_edf_events x;
	td_err e = {0};
	memcpy(s.data + at, text, n);
	bool ok = read_all(&a, &s, &h, &x, &e);
	td_str_fini(&s);
	td_arena_fini(&a);
	assert_false(ok);
	assert_string_equal(e.text, why);
	assert_int_equal(e.code, TD_E_DATA);
}

#define REFUSED(at, text, why) assert_refused(&plain, at, text, sizeof(text) - 1, why)
/* where fields of the second signal of four begin */
enum {
	LABEL = 256 + 16,
	UNIT = 256 + 4 * 96 + 8,
	PHYSICAL_MIN = UNIT + 32,
	PHYSICAL_MAX = PHYSICAL_MIN + 32,
	DIGITAL_MIN = PHYSICAL_MAX + 32,
	SAMPLES = DIGITAL_MIN + 64 + 72 + 4 * 80 - 80 + 8,
	DATA = 1280,
	TIMES = DATA + 60 /* annotations of the first record */
};

static void refuses_headers(void **state)
{
	(void)state;
	REFUSED(0, "1",
	        "it is no EDF file: it does not start with the version, a 0 and seven blanks");
	REFUSED(0,
	        "\xFF"
	        "BIOSEMI",
	        "it is a BDF file (24-bit samples); save it as EDF");
	REFUSED(184, "1281    ",
	        "byte 184: the header says that it has 1281 bytes; with 4 signals it has 1280");
	REFUSED(192, "EDF+D",
	        "byte 192: it is discontinuous (EDF+D): records do not follow one another; split "
	        "it at its gaps into continuous files (EDF+C)");
	REFUSED(236, "-1      ",
	        "byte 236: the number of records is -1: the recording was never finished");
	REFUSED(236, "0       ", "byte 236: the number of records is 0: it is empty");
	REFUSED(236, "many    ", "byte 236: the number of records is \"many\", no whole number");
	REFUSED(236, "4       ",
	        "it is cut off: its header promises 4 records of 140 bytes, the file ends at byte "
	        "1700, in record 4");
	REFUSED(236, "2       ", "140 bytes follow the last record, at byte 1560");
	REFUSED(244, "0       ",
	        "byte 244: a record lasts 0 s; only recordings with a sampling rate are read");
	REFUSED(244, "1e999   ", "byte 244: the duration of a record is \"1e999\", no number");
	REFUSED(252, "0   ", "byte 252: the number of signals is 0, not 1 … 9999");
	REFUSED(252, "9999",
	        "byte 184: the header says that it has 1280 bytes; with 9999 signals it has "
	        "2560000");
}

static void refuses_signals(void **state)
{
	(void)state;
	REFUSED(LABEL, "\x01", "byte 272: the label of a channel is no plain ASCII text");
	REFUSED(LABEL, "A,B",
	        "byte 272: channel 2 is named \"A,B\"; a name is not empty and has no comma");
	REFUSED(LABEL, "FC5", "byte 272: channels 1 and 2 are both named \"FC5\"");
	REFUSED(PHYSICAL_MIN, "327.67 ",
	        "byte 680: channel \"Cz\": the physical minimum is the maximum");
	REFUSED(PHYSICAL_MIN, "1,5    ", "byte 680: the physical minimum is \"1,5\", no number");
	REFUSED(PHYSICAL_MAX, "nan    ", "byte 712: the physical maximum is \"nan\", no number");
	REFUSED(DIGITAL_MIN, "32767  ",
	        "byte 744: channel \"Cz\": the digital minimum is not below the maximum");
	REFUSED(DIGITAL_MIN, "-99999 ",
	        "byte 744: the digital minimum is -99999, not -32768 … 32767");
	REFUSED(SAMPLES, "0       ",
	        "byte 1128: the number of samples in a record is 0, not 1 … 134217728");
	REFUSED(SAMPLES, "99999999",
	        "it is cut off: its header promises 3 records of 200000118 bytes, the file ends "
	        "at byte 1700, in record 1");
	REFUSED(256 + 48, "X",
	        "byte 192: it says that it is EDF+, but has no signal named \"EDF Annotations\"");
}

static void refuses_annotations(void **state)
{
	(void)state;
	REFUSED(TIMES, "0", "byte 1340: annotation: it does not start with + or -");
	REFUSED(TIMES, "+x", "byte 1340: annotation: its time is no number");
	REFUSED(TIMES, "+1e5\x14\x14", "byte 1340: annotation: its time is no number");
	REFUSED(TIMES, "\0", "byte 1340: annotation: the record does not say when it starts");
	REFUSED(TIMES + 3, "x", "byte 1344: annotation: it ends in its middle");
	REFUSED(TIMES, "+0\x14x\x14",
	        "byte 1340: annotation: a record does not begin with its own time");
	REFUSED(TIMES + 5, "0", "byte 1345: annotation: it does not start with + or -");
	char endless[2 * EDF_ANNOTATIONS];
	memset(endless, 'x', sizeof endless);
	memcpy(endless, "+0\x14\x14", 4);
	assert_refused(&plain, TIMES, endless, sizeof endless,
	               "byte 1344: annotation: it has no end");
	edf_spec gap = plain;
	gap.gap = 1;
	assert_refused(&gap, 0, "0", 1,
	               "byte 1620: record 3 starts at 5 s, not at 4 s: there is a gap; split the "
	               "file there");
}

static void refuses_short_files(void **state)
{
	(void)state;
	td_str s = edf_make(&plain);
	td_arena a = {0};
	td_edf h;
	td_err e = {0};
	int64_t n;
	assert_false(td_edf_size(s.data, 255, &n, &e));
	assert_string_equal(e.text,
	                    "it is no EDF file: it has 255 bytes, the header alone has 256");
	assert_false(td_edf_header(&a, s.data, 1000, &h, &e));
	assert_string_equal(e.text,
	                    "it is cut off: its header has 1280 bytes, the file ends at byte 1000");
	for (size_t i = 256; i < s.n; i++) {
		/* a copy, so that a sanitizer sees what is read beyond the end */
		char *cut = malloc(i);
		assert_non_null(cut);
		memcpy(cut, s.data, i);
		assert_false(td_edf_header(&a, cut, (int64_t)i, &h, &e));
		free(cut);
	}
	td_str_fini(&s);
	td_arena_fini(&a);
}

/* The first record of a file may start within its first second: events are told from it on. */
static void counts_from_the_first_sample(void **state)
{
	(void)state;
	td_arena a = {0};
	td_str s = edf_make(&plain);
	td_edf h;
	td_edf_events x;
	td_err e = {0};
	memcpy(s.data + TIMES + 140, "+2.5\x14\x14\0", 7);
	memcpy(s.data + TIMES + 280, "+4.5\x14\x14\0\0", 8);
	memcpy(s.data + TIMES, "+0.5\x14\x14\0+1\x14go\x14\0\0", 15);
	if (!read_all(&a, &s, &h, &x, &e))
		fail_msg("%s", e.text);
	assert_event(&x.items[0], 0.5, 0, "go");
	td_str_fini(&s);
	td_arena_fini(&a);
}

static void compares_names(void **state)
{
	(void)state;
	assert_true(td_edf_same_name("Fc5.", "FC5"));
	assert_true(td_edf_same_name("Cz..", "cz "));
	assert_false(td_edf_same_name("Fc5", "Fc6"));
	assert_false(td_edf_same_name("Fc5", "Fc"));
	assert_true(td_edf_same_name(".", ".."));
}

/* Four digits say how many signals there are. */
static void writes_so_many_channels_at_most(void **state)
{
	(void)state;
	enum { MANY = 9999 };
	td_str channels = {0};
	td_err e = {0};
	for (int i = 0; i < MANY; i++)
		td_str_addf(&channels, "%s%d", i ? "," : "", i);
	static float volts[MANY];
	td_tensor t = {.dtype = TD_F32, .rank = 2, .dim = {MANY, 1}, .data = volts};
	assert_false(td_edf_write("no/such.edf", &(td_edf_out){&t, channels.data, 1}, &e));
	assert_string_equal(e.text, "no/such.edf: an .edf file takes 9998 channels, here are 9999");
	td_str_fini(&channels);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_headers),
		cmocka_unit_test(refuses_headers),
		cmocka_unit_test(refuses_signals),
		cmocka_unit_test(refuses_annotations),
		cmocka_unit_test(refuses_short_files),
		cmocka_unit_test(counts_from_the_first_sample),
		cmocka_unit_test(compares_names),
		cmocka_unit_test(writes_so_many_channels_at_most),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
