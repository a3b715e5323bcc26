/* edf_files.h: recordings for tests, made byte by byte. */
#ifndef TESTS_EDF_FILES_H
#define TESTS_EDF_FILES_H

#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A recording of `channels` signals and one of annotations; sample s of channel c is 100 c + s, +-32767
 * stand for +-327.67 uV. */
typedef struct {
	int channels, records, samples; /* in a record, which lasts 2 s */
	const char *const *labels;
	const char *const *lists; /* annotations by record, after its own time; NULL: none */
	double gap;               /* seconds before the last record */
} edf_spec;

enum { EDF_ANNOTATIONS = 40 }; /* samples of that signal */

static inline void edf_field(td_str *s, int width, const char *text)
{
	td_str_addf(s, "%-*.*s", width, width, text);
}

static inline void edf_number(td_str *s, int width, long x)
{
	char text[32];
	td_clip(text, sizeof text, "%ld", x);
	edf_field(s, width, text);
}

static inline void edf_sample(td_str *s, int x)
{
	char bytes[2] = {(char)(x & 255), (char)(x >> 8 & 255)};
	td_str_add_n(s, bytes, 2);
}

static inline void edf_head(td_str *s, const edf_spec *x)
{
	int n = x->channels + 1;
	edf_field(s, 8, "0");
	edf_field(s, 80, "X X X X");
	edf_field(s, 80, "Startdate X X X X");
	edf_field(s, 16, "01.01.0000.00.00");
	edf_number(s, 8, 256 * (n + 1));
	edf_field(s, 44, "EDF+C");
	edf_number(s, 8, x->records);
	edf_field(s, 8, "2");
	edf_number(s, 4, n);
	for (int i = 0; i < x->channels; i++)
		edf_field(s, 16, x->labels[i]);
	edf_field(s, 16, "EDF Annotations");
	edf_field(s, 80 * n, "");
	for (int i = 0; i < n; i++)
		edf_field(s, 8, i < x->channels ? "uV" : "");
	static const char *const lo[] = {"-327.67", "-1"}, *const hi[] = {"327.67", "1"};
	for (int i = 0; i < n; i++)
		edf_field(s, 8, lo[i == x->channels]);
	for (int i = 0; i < n; i++)
		edf_field(s, 8, hi[i == x->channels]);
	for (int i = 0; i < n; i++)
		edf_field(s, 8, i < x->channels ? "-32767" : "-32768");
	for (int i = 0; i < n; i++)
		edf_field(s, 8, "32767");
	edf_field(s, 80 * n, "");
	for (int i = 0; i < n; i++)
		edf_number(s, 8, i < x->channels ? x->samples : EDF_ANNOTATIONS);
	edf_field(s, 32 * n, "");
}

static inline void edf_record(td_str *s, const edf_spec *x, int r)
{
	char list[2 * EDF_ANNOTATIONS] = {0}, *at = list;
	double time = 2 * r + (r == x->records - 1 ? x->gap : 0);
	at += snprintf(at, 20, "+%g\x14\x14", time) + 1;
	for (int c = 0; c < x->channels; c++)
		for (int i = 0; i < x->samples; i++)
			edf_sample(s, 100 * c + r * x->samples + i);
	for (const char *t = x->lists && x->lists[r] ? x->lists[r] : ""; *t; t++)
		*at++ = *t == '|' ? '\x14' : *t == '~' ? '\x15' : *t == '/' ? '\0' : *t;
	td_str_add_n(s, list, sizeof list);
}

/* Lists: "+0.5~2|left|/" is onset 0.5, duration 2, text left. */
static inline td_str edf_make(const edf_spec *x)
{
	td_str s = {0};
	edf_head(&s, x);
	for (int r = 0; r < x->records; r++)
		edf_record(&s, x, r);
	return s;
}

#endif
