/* junit.h: a comparison as JUnit XML, which CI servers show. Layer 8. */
#ifndef TD_CLI_JUNIT_H
#define TD_CLI_JUNIT_H

#include "../base/str.h"

#include <jansson.h>

/* One test case a gate ("gates" of the answer), and one a step, output and device; what could not be
 * decided counts as skipped. */
void td_junit(const json_t *answer, td_str *out);

#endif
