/* edf.h: EDF and EDF+ recordings. Layer 1.
 *
 * A recording is a header and records of equal length; a record holds each signal's samples one after
 * the other, 16-bit little endian. In EDF+ signals named "EDF Annotations" hold text: when a record
 * starts, and what happened when (https://www.edfplus.info/specs/edfplus.html). Nothing is guessed: a
 * field that is not what the format says is refused with its byte offset in the file. */
#ifndef TD_MODEL_EDF_H
#define TD_MODEL_EDF_H

#include "../base/arena.h"
#include "../base/str.h"

enum { TD_EDF_FIXED = 256 }; /* bytes of the header before the signals, and of each signal's */

typedef struct {
	const char *label,
		*unit; /* without the blanks around; the label also without dots at its end */
	double physical_min, physical_max; /* in `unit` … */
	int digital_min, digital_max;      /* … at these numbers */
	int samples;                       /* in a record */
	int64_t first;                     /* of them, counted from the start of the record */
	bool annotations;
} td_edf_signal;

typedef struct {
	bool plus; /* EDF+C: records follow one another without a gap, and say when they start */
	int64_t records;
	double record_s;
	int n;
	td_edf_signal *signals;
	int64_t header_bytes, record_bytes;
} td_edf;

typedef struct {
	double onset, duration; /* in seconds from the first sample; duration 0: none given */
	const char *text;
	int64_t at; /* byte in the file */
} td_edf_event;

typedef struct {
	double start; /* of the first record, in the time of the annotations */
	td_edf_event *items;
	int n, cap;
} td_edf_events;

/* How long the whole header is, from the first TD_EDF_FIXED bytes of a file of `file_bytes`. */
TD_MUST_USE bool td_edf_size(const void *bytes, int64_t file_bytes, int64_t *header_bytes,
                             td_err *e);
/* Reads the header. Strings and signals live in the arena. Discontinuous files (EDF+D), 24-bit files
 * (BDF), unfinished, truncated and lying ones are refused: TD_E_DATA. */
TD_MUST_USE bool td_edf_header(td_arena *a, const void *bytes, int64_t file_bytes, td_edf *h,
                               td_err *e);
/* Appends the annotations of record `number`, whose bytes these are. Records are given in order, from 0;
 * one that does not start where the one before it ends is refused. */
TD_MUST_USE bool td_edf_annotations(td_arena *a, const td_edf *h, int64_t number,
                                    const void *record, td_edf_events *out, td_err *e);

/* Samples a second. */
double td_edf_rate(const td_edf *h, int signal);
/* volts = number * scale + offset; false: the signal is not in volts. */
bool td_edf_volts(const td_edf_signal *s, double *scale, double *offset);
/* Are two channel names the same? Case, and dots and blanks at the end, do not count. */
bool td_edf_same_name(const char *a, const char *b);

/* -- writing (edf_write.c) ------------------------------------------------- */

typedef struct {
	const td_tensor *data; /* f32 or f64 volts, on the host: [C S], or epochs [E C T] */
	const char *channels;  /* their names, separated by commas */
	double rate;           /* samples a second */
} td_edf_out;

/* Writes EDF+C, whole or not at all: epochs one after the other, each with an annotation "epoch 0", … at its
 * start. Each channel has a range of its own, of which a step is 1/32767. Where records cannot end with
 * the data, the last one is filled up with each channel's last sample and annotated BAD_ACQ_SKIP. NaN,
 * infinities and volts above 10 are refused: TD_E_DATA. */
TD_MUST_USE bool td_edf_write(const char *path, const td_edf_out *o, td_err *e);

#endif
