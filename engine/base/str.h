/* str.h: building and reading text. Layer 0. */
#ifndef TD_BASE_STR_H
#define TD_BASE_STR_H

#include "err.h"

/* A growing string; {0} is empty. `data` is NULL until something is added, else NUL-terminated. */
typedef struct {
	char *data;
	size_t n, cap;
} td_str;

void td_str_fini(td_str *s);
void td_str_add(td_str *s, const char *text);
void td_str_add_n(td_str *s, const char *text, size_t n);
void td_str_addv(td_str *s, const char *fmt, va_list args) TD_PRINTF(2, 0);
void td_str_addf(td_str *s, const char *fmt, ...) TD_PRINTF(2, 3);
/* A blank and a word of a command, quoted where a shell needs it. */
void td_str_add_word(td_str *s, const char *word);
/* The text, "" when empty. Valid until the next change. */
const char *td_str_text(const td_str *s);

/* The fewest digits that read back as the same double: "0.3", "160", "1e-12", "inf", "nan"; plain
 * from 0.0001 up to below 1e16. */
typedef struct {
	char text[32];
} td_number;
td_number td_number_text(double x);
/* "1.5 GiB", "12 B". */
td_number td_bytes_text(double bytes);
/* "1.23 ms", "45 us". */
td_number td_ns_text(double ns);

/* Whole-string readers: the text must be one number and nothing else, and fit the type. */
bool td_read_int(const char *text, int64_t *value);
bool td_read_real(const char *text, double *value);

/* The closest of `n` candidates to `word` within edit distance 2 (less than the word's length, at
 * most the candidate's), or NULL. candidate(arg, i) gives the i-th. */
const char *td_closest(const char *word, int n, const char *(*candidate)(const void *arg, int i),
                       const void *arg);

/* snprintf that clips silently and gives the length it wrote. */
size_t td_clip(char *out, size_t cap, const char *fmt, ...) TD_PRINTF(3, 4);

bool td_same(const char *a, const char *b); /* strcmp == 0; NULL equals NULL only */
bool td_starts(const char *text, const char *prefix);
bool td_ends(const char *text, const char *suffix);
/* Case-insensitive substring test. */
bool td_contains(const char *text, const char *part);

/* Exact comparison of floating point values, where that is meant. */
static inline bool td_feq_exact(double a, double b)
{
	return a <= b && a >= b; /* NaN equals nothing */
}

#endif
