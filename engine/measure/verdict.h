/* verdict.h: from intervals to words: FASTER, SLOWER, SAME, UNDECIDED. Layer 5.
 *
 * Pure functions. A verdict needs two intervals that agree, and conditions in which they mean
 * something; "undecided" is a proper answer and comes with its reason (docs/measuring.md). */
#ifndef TD_MEASURE_VERDICT_H
#define TD_MEASURE_VERDICT_H

#include "stats.h"

#define TD_MARGIN 0.03 /* within 3 % counts as the same */

typedef enum { TD_UNDECIDED, TD_FASTER, TD_SLOWER, TD_SAME } td_verdict;

/* Why a verdict is UNDECIDED, strongest reason first. */
typedef enum {
	TD_WHY_DECIDED,
	TD_WHY_BIASED,    /* a control (A/A, B/B) does not contain 1 */
	TD_WHY_FEW_PAIRS, /* fewer than 6: no exact 95 % interval exists */
	TD_WHY_NO_SPREAD, /* all pairs are equal: the clock is too coarse */
	TD_WHY_UNSTEADY,  /* a run never became steady, and the pairs differ in sign */
	TD_WHY_WIDE,      /* the t interval holds both sides of a limit */
	TD_WHY_RANKS,     /* the t interval decides, the exact one says otherwise */
	TD_WHY_CLOCK,     /* corrected for the clock, the verdict differs */
	TD_WHY_MANY_ROWS, /* not significant among the rows of this report (Holm) */
} td_why;

/* What else is known of a measurement. */
typedef struct {
	double margin; /* equivalence margin m >= 0; TD_MARGIN */
	bool biased;   /* !td_control_ok of the session's controls */
	bool unsteady; /* some run was TD_UNSTEADY */
	/* the same pairs with each time divided by its run's calibration factor; NULL: not measured */
	const td_speedup *corrected;
} td_conditions;

typedef struct {
	td_verdict verdict;
	td_why why;
	/* SAME with both intervals on one side of 1: 1 faster, -1 slower, by less than the margin.
	 * Show the value. 0: neither. */
	int lean;
} td_judgement;

/* By one interval [lo, hi] of S: FASTER if lo > 1+m, SLOWER if hi < 1/(1+m), SAME if it lies inside
 * [1/(1+m), 1+m], else UNDECIDED. Both intervals must agree, and the corrected times too. */
td_judgement td_judge(const td_speedup *s, const td_conditions *c);
/* A control compares a device with itself: its t interval must exist and contain 1. (By chance 1 in 20
 * does not.) */
bool td_control_ok(const td_speedup *control);

/* "FASTER", … and a clause such as "fewer than 6 pairs: …"; "" for TD_WHY_DECIDED. */
const char *td_verdict_name(td_verdict v);
const char *td_why_text(td_why w);

/* -- many rows ------------------------------------------------------------ */

/* Two-sided p of "|ln S| <= ln(1+m)": min(1, 2 P(T > (|mean d| - ln(1+m)) sqrt n / sd)), n-1 degrees of
 * freedom; at most 0.05 exactly when the t interval lies beyond the margin. 1 when there is none. */
double td_p_beyond(const td_speedup *s, double margin);
/* Adjusted p: with p(1) <= p(2) <= …, the running maximum of min(1, (n-i+1) p(i)). NaN counts as 1.
 * Source: Holm, "A simple sequentially rejective multiple test procedure", Scand. J. Stat. 6, 1979. */
void td_holm(const double *p, size_t n, double *adjusted);
/* Takes the words FASTER and SLOWER back (TD_WHY_MANY_ROWS) where the adjusted p is above 0.05.
 * p[i] = td_p_beyond of row i; give all rows of a report, whatever their verdict. */
void td_judge_rows(td_judgement *rows, const double *p, size_t n);

typedef struct {
	double geomean; /* exp(mean ln S) */
	double worst;   /* the smallest S, and its row: never show one without the other */
	size_t worst_row;
} td_overall;
/* Over the speed-ups of several shapes or nodes. Fails for no rows and for a speed-up that is not
 * positive and finite. The speed-up of a pipeline is measured end to end, not made from these. */
TD_MUST_USE bool td_overall_of(const double *speedup, size_t n, td_overall *o, td_err *e);
/* fast_p: share of the rows that are correct and at least p times faster; 0 for no rows.
 * Source: KernelBench (Ouyang et al., 2025), there with ">". */
double td_fast_p(const double *speedup, const bool *correct, size_t n, double p);

#endif
