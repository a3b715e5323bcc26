/* scan.h: reading a line-based text word by word. Layer 1.
 *
 * Every failing function has put "file:line:col: what is expected or wrong" into `e`. */
#ifndef TD_MODEL_SCAN_H
#define TD_MODEL_SCAN_H

#include "../base/arena.h"
#include "../base/str.h"

typedef struct {
	const char *file;
	const char *at, *end, *text_end; /* in the current line; end of the whole text */
	const char *begin;               /* of the current line */
	int line;                        /* from 1 */
	td_arena *arena;                 /* of what is read: words and strings */
	td_err *e;
} td_scan;

void td_scan_init(td_scan *s, const char *file, const char *text, size_t n, td_arena *arena,
                  td_err *e);
/* Goes to the next line; false at the end of the text. */
bool td_scan_line(td_scan *s);
/* Column of the next word, from 1. */
int td_scan_col(td_scan *s);
/* Nothing left in the line? */
bool td_scan_done(td_scan *s);
/* "file:line:col: …" with the column of the next word; returns false. */
bool td_scan_fail(td_scan *s, const char *fmt, ...) TD_PRINTF(2, 3);

/* The next character that is no blank, 0 at the end of the line. */
char td_scan_peek(td_scan *s);
/* Takes `c` when it is next. */
bool td_scan_char(td_scan *s, char c);
TD_MUST_USE bool td_scan_expect(td_scan *s, char c);
/* Takes a word of letters, digits, _ and . when it is next; NULL when there is none. */
const char *td_scan_word(td_scan *s);
/* Takes everything up to a blank or one of `stops`; "" when there is nothing. */
const char *td_scan_until(td_scan *s, const char *stops);
/* A string in quotes: \" \\ and \xHH (not 00). */
TD_MUST_USE bool td_scan_string(td_scan *s, const char **text);
/* Writes what td_scan_string reads. */
void td_scan_quote(td_str *out, const char *text);
/* Numbers, up to a blank or one of `stops`. */
TD_MUST_USE bool td_scan_int(td_scan *s, const char *stops, int64_t *value);
TD_MUST_USE bool td_scan_real(td_scan *s, const char *stops, double *value);

#endif
