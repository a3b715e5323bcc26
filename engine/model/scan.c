#include "scan.h"

#include "../base/str.h"

#include <ctype.h>
#include <string.h>

void td_scan_init(td_scan *s, const char *file, const char *text, size_t n, td_arena *arena,
                  td_err *e)
{
	*s = (td_scan){.file = file,
	               .at = text,
	               .begin = text,
	               .end = text,
	               .text_end = text + n,
	               .arena = arena,
	               .e = e};
}

bool td_scan_line(td_scan *s)
{
	if (s->line && s->end < s->text_end)
		s->end++; /* over the line feed */
	if (s->end == s->text_end)
		return false;
	s->begin = s->at = s->end;
	const char *feed = memchr(s->at, '\n', (size_t)(s->text_end - s->at));
	s->end = feed ? feed : s->text_end;
	s->line++;
	return true;
}

static void skip_blanks(td_scan *s)
{
	while (s->at < s->end && (*s->at == ' ' || *s->at == '\t' || *s->at == '\r'))
		s->at++;
}

int td_scan_col(td_scan *s)
{
	skip_blanks(s);
	return (int)(s->at - s->begin) + 1;
}

bool td_scan_done(td_scan *s)
{
	skip_blanks(s);
	return s->at == s->end;
}

bool td_scan_fail(td_scan *s, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	td_fail_v(s->e, TD_E_USAGE, fmt, args);
	va_end(args);
	return td_within(s->e, "%s:%d:%d", s->file, s->line, td_scan_col(s));
}

char td_scan_peek(td_scan *s)
{
	skip_blanks(s);
	return s->at == s->end ? '\0' : *s->at;
}

bool td_scan_char(td_scan *s, char c)
{
	if (td_scan_done(s) || *s->at != c)
		return false;
	s->at++;
	return true;
}

bool td_scan_expect(td_scan *s, char c)
{
	return td_scan_char(s, c) || td_scan_fail(s, "'%c' is expected", c);
}

static const char *take(td_scan *s, size_t n)
{
	const char *from = s->at;
	s->at += n;
	return td_arena_strndup(s->arena, from, n);
}

const char *td_scan_word(td_scan *s)
{
	size_t n = 0;
	skip_blanks(s);
	while (s->at + n < s->end &&
	       (isalnum((unsigned char)s->at[n]) || s->at[n] == '_' || s->at[n] == '.'))
		n++;
	return n ? take(s, n) : NULL;
}

const char *td_scan_until(td_scan *s, const char *stops)
{
	size_t n = 0;
	skip_blanks(s);
	while (s->at + n < s->end && !strchr(" \t\r", s->at[n]) && !strchr(stops, s->at[n]))
		n++;
	return take(s, n);
}

static int hex_digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *d = c ? strchr(digits, c) : NULL;
	return d ? (int)(d - digits) : -1;
}

/* One character of a string, at a backslash or not; -1: no escape known here. */
static int string_char(td_scan *s)
{
	char c = *s->at++;
	if (c != '\\')
		return (unsigned char)c;
	if (s->at < s->end && (*s->at == '"' || *s->at == '\\'))
		return *s->at++;
	if (s->end - s->at < 3 || s->at[0] != 'x')
		return -1;
	int hi = hex_digit(s->at[1]), lo = hex_digit(s->at[2]);
	s->at += 3;
	return hi < 0 || lo < 0 || hi + lo == 0 ? -1 : hi * 16 + lo;
}

bool td_scan_string(td_scan *s, const char **text)
{
	if (!td_scan_char(s, '"'))
		return td_scan_fail(s, "a string in quotes is expected");
	size_t n = 0, room = (size_t)(s->end - s->at);
	while (n < room && s->at[n] != '"')
		n += s->at[n] == '\\' ? 2 : 1;
	char *out = td_arena_alloc(s->arena, n + 1);
	*text = out;
	while (s->at < s->end && *s->at != '"') {
		const char *from = s->at;
		int c = string_char(s);
		if (c < 0) {
			s->at = from;
			return td_scan_fail(
				s,
				"a string knows \\\", \\\\ and \\x01 to \\xff after a backslash");
		}
		*out++ = (char)c;
	}
	return td_scan_expect(s, '"');
}

bool td_scan_int(td_scan *s, const char *stops, int64_t *value)
{
	skip_blanks(s);
	const char *from = s->at, *word = td_scan_until(s, stops);
	if (td_read_int(word, value))
		return true;
	s->at = from;
	return td_scan_fail(s, "an integer is expected, not \"%s\"", word);
}

bool td_scan_real(td_scan *s, const char *stops, double *value)
{
	skip_blanks(s);
	const char *from = s->at, *word = td_scan_until(s, stops);
	if (td_read_real(word, value))
		return true;
	s->at = from;
	return td_scan_fail(s, "a number is expected, not \"%s\"", word);
}

void td_scan_quote(td_str *out, const char *s)
{
	td_str_add(out, "\"");
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		if (c == '"' || c == '\\')
			td_str_addf(out, "\\%c", c);
		else if (c < ' ' || c == 127)
			td_str_addf(out, "\\x%02x", c);
		else
			td_str_add_n(out, s, 1);
	}
	td_str_add(out, "\"");
}
