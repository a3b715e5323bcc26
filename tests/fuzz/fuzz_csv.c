/* fuzz_csv.c: tables. An input that starts with '@' has the columns to read on its first line. What is
 * accepted must read back from the numbers alone; what is refused must have a message. */
#include "model/csv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static bool same(double a, double b)
{
	return td_feq_exact(a, b) || (isnan(a) && isnan(b));
}

/* Writes the numbers as a table and reads it. */
static void check_table(const td_csv *t)
{
	td_str s = {0};
	td_csv again;
	td_err e = {0};
	for (int c = 0; c < t->columns; c++)
		td_str_addf(&s, "%sc%d", c ? "," : "", c);
	for (int64_t i = 0; i < t->rows * t->columns; i++)
		td_str_addf(&s, "%s\"%s\"", i % t->columns ? "," : "\r\n",
		            td_number_text(t->items[i]).text);
	require(td_csv_parse(s.data, s.n, NULL, &again, &e));
	require(again.rows == t->rows && again.columns == t->columns);
	for (int64_t i = 0; i < t->rows * t->columns; i++)
		require(same(again.items[i], t->items[i]));
	td_csv_fini(&again);
	td_str_fini(&s);
}

/* Without quotes the numbers stand between commas and line ends, in order, after the first line. */
static void check_numbers(const td_csv *t, const char *text, size_t n)
{
	char *copy = calloc(1, n + 1), *at = copy;
	require(copy != NULL);
	memcpy(copy, text, n);
	at += strcspn(at, "\n");
	for (int64_t i = 0; i < t->rows * t->columns; i++) {
		at++; /* the line end or comma before */
		require(same(strtod(at, NULL), t->items[i]));
		at += strcspn(at, ",\n");
	}
	require(!*at || !at[1]);
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *text = (const char *)data;
	char columns[256];
	bool some = false;
	if (n && text[0] == '@') {
		const char *end = memchr(text, '\n', n);
		size_t length = end ? (size_t)(end - text) - 1 : sizeof columns;
		some = length < sizeof columns;
		if (some) {
			memcpy(columns, text + 1, length);
			columns[length] = '\0';
			text = end + 1;
			n -= length + 2;
		}
	}
	td_csv t;
	td_err e = {0};
	if (td_csv_parse(text, n, some ? columns : NULL, &t, &e)) {
		require(t.columns >= 1 && t.rows >= 0);
		check_table(&t);
		if (!some && !memchr(text, '"', n))
			check_numbers(&t, text, n);
		td_csv_fini(&t);
		return 0;
	}
	require(e.code == TD_E_DATA && e.text[0] && !t.items && !t.rows);
	for (const char *s = e.text; *s && !some; s++)
		require((unsigned char)*s >= ' ');
	return 0;
}
