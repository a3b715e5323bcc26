/* log.h: what goes to stderr: notes, warnings, progress. Layer 0.
 *
 * Results go to stdout and are not the business of this file. Progress shows only on a terminal
 * and only for what takes longer than a second. */
#ifndef TD_BASE_LOG_H
#define TD_BASE_LOG_H

#include "err.h"

/* --quiet: only errors. */
void td_log_quiet(bool quiet);
void td_note(const char *fmt, ...) TD_PRINTF(1, 2);
void td_warn(const char *fmt, ...) TD_PRINTF(1, 2);

/* One line that is rewritten in place. {0} starts it; `total` 0 means unknown. */
typedef struct {
	int64_t began_ns, shown_ns;
	bool visible;
} td_progress;
void td_progress_show(td_progress *p, const char *what, int64_t done, int64_t total);
void td_progress_end(td_progress *p);

/* Colour on this stream? A terminal and no NO_COLOR. `fd`: 1 or 2. */
bool td_colour(int fd);

#endif
