/* process.h: another program's output. Layer 0. */
#ifndef TD_BASE_PROCESS_H
#define TD_BASE_PROCESS_H

#include "str.h"

/* Runs argv[0] (found in $PATH; the list ends with NULL) and adds what it writes to stdout, up to `limit`
 * bytes; its stdin and stderr are /dev/null. True when it ended with 0. */
bool td_process_read(const char *const *argv, size_t limit, td_str *out);

#endif
