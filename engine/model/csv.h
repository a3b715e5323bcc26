/* csv.h: tables of numbers with named columns. Layer 1.
 *
 * RFC 4180 with a header row; fields may be quoted; CRLF and a missing last line end are fine, and so
 * are a UTF-8 byte order mark, blanks around numbers and names, "nan" and "inf". A cell that should
 * be a number and is none is an error that names row and column; the header is row 1. A column "name" that
 * is not asked for names the rows: two of one name are an error. */
#ifndef TD_MODEL_CSV_H
#define TD_MODEL_CSV_H

#include "../base/str.h"

typedef struct {
	int64_t rows;
	int columns;
	double *items; /* rows x columns, owned */
} td_csv;

/* Reads the named columns (separated by commas; NULL: all) from the text of a file, in the order of
 * `columns`. TD_E_DATA; `out` is {0} then. */
TD_MUST_USE bool td_csv_parse(const char *text, size_t n, const char *columns, td_csv *out,
                              td_err *e);
/* The same from a file of at most 1 GiB. */
TD_MUST_USE bool td_csv_read(const char *path, const char *columns, td_csv *out, td_err *e);
void td_csv_fini(td_csv *c);

#endif
