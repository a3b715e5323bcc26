/* clock.h: time. Layer 0. Intervals come from CLOCK_MONOTONIC_RAW, which nothing adjusts. */
#ifndef TD_BASE_CLOCK_H
#define TD_BASE_CLOCK_H

#include <stdint.h>

int64_t td_now_ns(void);
/* The finest step td_now_ns can show, in ns. */
int64_t td_clock_resolution_ns(void);
/* "2026-11-20T11:10:48.123Z" now. */
typedef struct {
	char text[32];
} td_date;
td_date td_date_now(void);

#endif
