#include "str.h"

#include "arena.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void td_str_fini(td_str *s)
{
	free(s->data);
	*s = (td_str){0};
}

/* Room for n more characters and the NUL. */
static void reserve(td_str *s, size_t n)
{
	if (s->data && s->cap - s->n > n)
		return;
	size_t cap = s->cap ? s->cap : 64;
	while (cap - s->n <= n)
		cap = td_size_mul(cap, 2);
	s->data = td_realloc(s->data, cap);
	s->cap = cap;
}

void td_str_add_n(td_str *s, const char *text, size_t n)
{
	reserve(s, n);
	memcpy(s->data + s->n, text, n);
	s->n += n;
	s->data[s->n] = '\0';
}

void td_str_add(td_str *s, const char *text)
{
	td_str_add_n(s, text, strlen(text));
}

void td_str_addv(td_str *s, const char *fmt, va_list args)
{
	va_list again;
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, fmt, args);
	if (n > 0) {
		reserve(s, (size_t)n);
		vsnprintf(s->data + s->n, (size_t)n + 1, fmt, again);
		s->n += (size_t)n;
	}
	va_end(again);
}

void td_str_addf(td_str *s, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	td_str_addv(s, fmt, args);
	va_end(args);
}

void td_str_add_word(td_str *s, const char *word)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%+,-./:=@_";
	if (*word && strspn(word, plain) == strlen(word)) {
		td_str_addf(s, " %s", word);
		return;
	}
	td_str_add(s, " '");
	for (; *word; word++)
		td_str_add_n(s, *word == '\'' ? "'\\''" : word, *word == '\'' ? 4 : 1);
	td_str_add(s, "'");
}

const char *td_str_text(const td_str *s)
{
	return s->data ? s->data : "";
}

td_number td_number_text(double x)
{
	td_number t = {""};
	int decimals = 0; /* of the mantissa in "d.ddde+xx" */
	if (isnan(x))
		return (td_number){"nan"};
	if (isinf(x))
		return x > 0 ? (td_number){"inf"} : (td_number){"-inf"};
	for (; decimals < 17; decimals++) {
		snprintf(t.text, sizeof t.text, "%.*e", decimals, x);
		if (td_feq_exact(strtod(t.text, NULL), x))
			break;
	}
	char *e = strchr(t.text, 'e');
	int exponent = (int)strtol(e + 1, NULL, 10);
	if (exponent >= -4 && exponent < 16)
		td_clip(t.text, sizeof t.text, "%.*f",
		        decimals > exponent ? decimals - exponent : 0, x);
	else
		td_clip(e + 1, sizeof t.text - (size_t)(e + 1 - t.text), "%d", exponent);
	return t;
}

td_number td_bytes_text(double bytes)
{
	static const char *const unit[] = {"B", "KiB", "MiB", "GiB", "TiB"};
	size_t i = 0;
	while (bytes >= 1024 && i + 1 < TD_COUNT(unit)) {
		bytes /= 1024;
		i++;
	}
	td_number t;
	snprintf(t.text, sizeof t.text, i ? "%.1f %s" : "%.0f %s", bytes, unit[i]);
	return t;
}

td_number td_ns_text(double ns)
{
	static const char *const unit[] = {"ns", "us", "ms", "s"};
	size_t i = 0;
	while (ns >= 999.5 && i + 1 < TD_COUNT(unit)) {
		ns /= 1000;
		i++;
	}
	td_number t;
	snprintf(t.text, sizeof t.text,
	         ns < 10 && i    ? "%.2f %s"
	         : ns < 100 && i ? "%.1f %s"
	                         : "%.0f %s",
	         ns, unit[i]);
	return t;
}

bool td_read_int(const char *text, int64_t *value)
{
	char *end;
	if (!*text || isspace((unsigned char)*text))
		return false;
	errno = 0;
	long long x = strtoll(text, &end, 10);
	*value = x;
	return !errno && !*end;
}

bool td_read_real(const char *text, double *value)
{
	char *end;
	if (!*text || isspace((unsigned char)*text))
		return false;
	errno = 0;
	*value = strtod(text, &end);
	return !*end && !(errno == ERANGE && isinf(*value));
}

/* Levenshtein distance with swapped neighbours counted once; > limit is reported as limit + 1. */
static int distance(const char *a, const char *b, int limit)
{
	enum { LONGEST = 64 };
	int row[3][LONGEST + 1];
	size_t na = strlen(a), nb = strlen(b);
	if (na > LONGEST || nb > LONGEST)
		return limit + 1;
	for (size_t j = 0; j <= nb; j++)
		row[0][j] = (int)j;
	for (size_t i = 1; i <= na; i++) {
		int *now = row[i % 3], *last = row[(i + 2) % 3], *older = row[(i + 1) % 3];
		now[0] = (int)i;
		for (size_t j = 1; j <= nb; j++) {
			int best = last[j - 1] + (tolower((unsigned char)a[i - 1]) !=
			                          tolower((unsigned char)b[j - 1]));
			if (last[j] + 1 < best)
				best = last[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    older[j - 2] + 1 < best)
				best = older[j - 2] + 1;
			now[j] = best;
		}
	}
	return row[na % 3][nb];
}

const char *td_closest(const char *word, int n, const char *(*candidate)(const void *arg, int i),
                       const void *arg)
{
	const char *found = NULL;
	size_t len = strlen(word);
	int best = len < 3 ? (int)len : 3;
	for (int i = 0; i < n; i++) {
		const char *c = candidate(arg, i);
		int d = distance(word, c, 2);
		if (d < best && (size_t)d <= strlen(c)) {
			best = d;
			found = c;
		}
	}
	return found;
}

size_t td_clip(char *out, size_t cap, const char *fmt, ...)
{
	va_list args;
	if (!cap)
		return 0;
	va_start(args, fmt);
	int n = vsnprintf(out, cap, fmt, args);
	va_end(args);
	return n < 0 ? 0 : (size_t)n < cap ? (size_t)n : cap - 1;
}

bool td_same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool td_starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool td_ends(const char *text, const char *suffix)
{
	size_t n = strlen(text), m = strlen(suffix);
	return n >= m && strcmp(text + n - m, suffix) == 0;
}

bool td_contains(const char *text, const char *part)
{
	size_t m = strlen(part);
	for (; *text; text++)
		if (strncasecmp(text, part, m) == 0)
			return true;
	return m == 0;
}
