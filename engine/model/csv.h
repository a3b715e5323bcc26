/* csv.h: tables of numbers with named columns. Layer 1.
 *
 * RFC 4180 with a header row; fields may be quoted; CRLF and a missing last line end are fine, and so
 * are a UTF-8 byte order mark, blanks around numbers and names, "nan" and "inf". A cell that should
 * be a number and is none is an error that names row and column; the header is row 1. A column "name" that
 * is not asked for names the rows: two of one name are an error. */
#ifndef TD_MODEL_CSV_H
#define TD_MODEL_CSV_H

#include "../base/arena.h"
#include "../base/str.h"

typedef struct {
	int64_t rows;
	int columns;
	double *items;      /* rows x columns, owned */
	const char **names; /* one a row, from the column `key`, else "name"; NULL without one */
	int32_t *numbers;   /* of the rows in the file, from 0, after td_csv_drop; in the arena */
	td_arena arena;     /* of the names */
} td_csv;

/* Reads the named columns (separated by commas; NULL: all) from the text of a file, in the order of
 * `columns`. TD_E_DATA; `out` is {0} then. */
TD_MUST_USE bool td_csv_parse(const char *text, size_t n, const char *columns, td_csv *out,
                              td_err *e);
/* … and the texts of the column `key`, which is none of numbers, as names of the rows. */
TD_MUST_USE bool td_csv_parse_named(const char *text, size_t n, const char *columns,
                                    const char *key, td_csv *out, td_err *e);
/* Drops the rows of these names; one that is not there is an error. (csv_rows.c) */
TD_MUST_USE bool td_csv_drop(td_csv *c, const char *names, td_err *e);
/* Brings the rows into the order of `names` (separated by commas), and drops the others. A name without
 * a row is an error that lists all of those, and the rows without a name; two rows of one name are one,
 * too. Names compare as those of channels do (edf.h). (csv_rows.c) */
TD_MUST_USE bool td_csv_match(td_csv *c, const char *names, td_err *e);
/* The same from a file of at most 1 GiB. */
TD_MUST_USE bool td_csv_read(const char *path, const char *columns, td_csv *out, td_err *e);
void td_csv_fini(td_csv *c);

#endif
