#include "err.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool td_fail_v(td_err *e, td_code code, const char *fmt, va_list args)
{
	if (e) {
		e->code = code;
		vsnprintf(e->text, sizeof e->text, fmt, args);
	}
	return false;
}

bool td_fail(td_err *e, td_code code, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	td_fail_v(e, code, fmt, args);
	va_end(args);
	return false;
}

/* Puts the text of `head` and ": " before what `e` says, cutting the end off if it gets too long. */
static void put_before(td_err *e, const char *head)
{
	char old[sizeof e->text];
	memcpy(old, e->text, sizeof old);
	size_t n = strlen(head);
	if (n + 3 > sizeof e->text)
		return;
	memcpy(e->text, head, n);
	memcpy(e->text + n, ": ", 2);
	size_t room = sizeof e->text - n - 3, rest = strlen(old);
	memcpy(e->text + n + 2, old, rest < room ? rest : room);
	e->text[n + 2 + (rest < room ? rest : room)] = '\0';
}

bool td_within(td_err *e, const char *fmt, ...)
{
	if (!e)
		return false;
	char head[512];
	va_list args;
	va_start(args, fmt);
	vsnprintf(head, sizeof head, fmt, args);
	va_end(args);
	put_before(e, head);
	return false;
}

bool td_fail_errno(td_err *e, td_code code, const char *fmt, ...)
{
	char head[512];
	int saved = errno;
	va_list args;
	va_start(args, fmt);
	vsnprintf(head, sizeof head, fmt, args);
	va_end(args);
	return td_fail(e, code, "%s: %s", head, strerror(saved));
}

void td_out_of_memory(size_t bytes)
{
	fprintf(stderr, "tandem: out of memory: %zu bytes asked for\n", bytes);
	exit(TD_E_DEVICE);
}
