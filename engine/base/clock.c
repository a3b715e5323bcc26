#include "clock.h"

#include <stdio.h>
#include <time.h>

int64_t td_now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t td_clock_resolution_ns(void)
{
	struct timespec t;
	clock_getres(CLOCK_MONOTONIC_RAW, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

td_date td_date_now(void)
{
	struct timespec t;
	struct tm utc;
	td_date d;
	char head[24];
	clock_gettime(CLOCK_REALTIME, &t);
	gmtime_r(&t.tv_sec, &utc);
	strftime(head, sizeof head, "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(d.text, sizeof d.text, "%.19s.%03dZ", head, (int)(t.tv_nsec / 1000000) % 1000);
	return d;
}
