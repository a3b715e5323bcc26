/* err.h: how failures travel. Layer 0.
 *
 * Every function that can fail returns bool, takes a `td_err *` last and is marked must-check.
 * The message names what was wrong, with the value, and what to do. td_fail and td_within are in
 * the node ABI (tandem.h), because nodes use them too. */
#ifndef TD_BASE_ERR_H
#define TD_BASE_ERR_H

#include "../tandem.h"

#include <stdarg.h>

/* td_fail with a va_list. */
bool td_fail_v(td_err *e, td_code code, const char *fmt, va_list args) TD_PRINTF(3, 0);
/* "what: strerror(errno)" with the code given; returns false. */
bool td_fail_errno(td_err *e, td_code code, const char *fmt, ...) TD_PRINTF(3, 4);
/* Out of memory is reported and ends the program (exit code 4): tandem plans its big buffers and
 * asks the device for them with a checked error; what is left are small blocks. */
_Noreturn void td_out_of_memory(size_t bytes);

#endif
