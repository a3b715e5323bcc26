#include "log.h"

#include "clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool hushed; /* set once by main, before any thread starts */

void td_log_quiet(bool quiet)
{
	hushed = quiet;
}

TD_PRINTF(2, 0)
static void say(const char *head, const char *fmt, va_list args)
{
	if (hushed)
		return;
	fputs(head, stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
}

void td_note(const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	say("tandem: ", fmt, args);
	va_end(args);
}

void td_warn(const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	say("tandem: warning: ", fmt, args);
	va_end(args);
}

void td_progress_show(td_progress *p, const char *what, int64_t done, int64_t total)
{
	int64_t now = td_now_ns();
	if (!p->began_ns)
		p->began_ns = p->shown_ns = now;
	if (hushed || now - p->began_ns < 1000000000 || now - p->shown_ns < 100000000 || !isatty(2))
		return;
	p->shown_ns = now;
	p->visible = true;
	double seconds = (double)(now - p->began_ns) / 1e9;
	if (total > 0)
		fprintf(stderr, "\r\033[K%s  %" PRId64 " of %" PRId64 "  %.0f s", what, done, total,
		        seconds);
	else
		fprintf(stderr, "\r\033[K%s  %" PRId64 "  %.0f s", what, done, seconds);
}

void td_progress_end(td_progress *p)
{
	if (p->visible)
		fputs("\r\033[K", stderr);
	*p = (td_progress){0};
}

bool td_colour(int fd)
{
	const char *no = getenv("NO_COLOR");
	return (!no || !*no) && isatty(fd);
}
