/* process.h: another program's output. Layer 0. */
#ifndef TD_BASE_PROCESS_H
#define TD_BASE_PROCESS_H

#include "str.h"

#include <sys/types.h>

/* A program at work; {0} is none. */
typedef struct {
	pid_t pid; /* 0: none, or it could not be started */
	int out;   /* what it writes */
} td_process;

/* Starts argv[0] (found in $PATH; the list ends with NULL); its stdin and stderr are /dev/null. Every start wants
 * its td_process_end. */
td_process td_process_start(const char *const *argv);
/* Waits for its end and adds what it writes to stdout, up to `limit` bytes. True when it ended with 0. */
bool td_process_end(td_process *p, size_t limit, td_str *out);
/* Both. */
bool td_process_read(const char *const *argv, size_t limit, td_str *out);

#endif
