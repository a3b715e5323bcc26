/* against.h: runs of today beside runs of an earlier session. Layer 5.
 *
 * They are not pairs: what changed between the sessions (other load, other clocks) cannot be told from
 * what changed in the program. The clock witness helps against the second; nothing helps against the
 * first, so a verdict here is an alarm to be followed up by pairs, not a proof. */
#ifndef TD_MEASURE_AGAINST_H
#define TD_MEASURE_AGAINST_H

#include <stddef.h>

/* One run: median time, and what the calibration kernel took around it (0: unknown), in ns. */
typedef struct {
	double ns, calibrated_ns;
} td_past_run;

typedef enum { TD_NOT_TOLD, TD_IMPROVED, TD_UNCHANGED, TD_REGRESSED } td_change;

typedef struct {
	double ratio, low,
		high;     /* before / now, above 1: faster now; NaN with fewer than 3 runs a side */
	double corrected; /* the same with each time divided by its calibration; NaN: unknown */
	td_change change;
	const char *why; /* of TD_NOT_TOLD, else "" */
} td_against;

/* Welch's t interval (95 %) of the difference of mean log times, and a verdict with the margin. */
td_against td_against_of(const td_past_run *before, size_t n_before, const td_past_run *now,
                         size_t n_now, double margin);
const char *td_change_name(td_change c); /* "IMPROVED", … "UNDECIDED" */

#endif
