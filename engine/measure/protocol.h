/* protocol.h: pairs of timed runs: which comes next, when to stop, what follows. Layer 5.
 *
 * The unit is the process. Pairs of a baseline run and a candidate run stand in blocks AB BA or BA AB, by a
 * seeded coin; pairs of the baseline with itself and of the candidate with itself are spread between them
 * as controls. A run that crashes or hangs is a run without a result: its pair is lost, the session goes
 * on. The protocol starts no processes: it asks for runs (docs/measuring.md). */
#ifndef TD_MEASURE_PROTOCOL_H
#define TD_MEASURE_PROTOCOL_H

#include "timed.h"
#include "verdict.h"
#include "worth.h"

/* Where a run belongs. A control pairs a device with itself: a == b. */
typedef struct {
	int a, b;   /* devices of the pair, by number */
	int pair;   /* number among the pairs of (a, b), from 0 */
	bool is_b;  /* this run is the second arm's */
	int device; /* the one to run on */
	int order;  /* 0: first of its pair */
} td_place_in_pairs;

typedef struct {
	int n_devices; /* the first is the baseline */
	td_stop_rule stop;
	int controls; /* pairs of each device with itself; 0: none */
	double margin;
	uint64_t seed;
	int64_t (*now_ns)(void);
	/* Makes one run. False ends the session (the caller cannot go on); a run without a result is
	 * true with t->code set. */
	bool (*run)(void *arg, const td_place_in_pairs *where, td_timed *t, td_err *e);
	/* After each pair, for progress; may be NULL. */
	void (*after)(void *arg, int done, int at_most, double half_width);
	void *arg;
} td_protocol;

/* Of one pair of devices, in one measure. */
typedef struct {
	bool known; /* fewer than two pairs have results: nothing below is set */
	td_speedup speedup,
		corrected; /* corrected: each time divided by its run's calibration factor */
	double p;          /* of "no further than the margin" */
	td_judgement judgement;
} td_measured;

typedef struct {
	int a, b;
	int pairs, lost; /* with results; without */
	bool unsteady;
	td_measured of[TD_N_SPANS];
	bool ok; /* of a control: its interval contains 1, or it is within a third of the margin */
	double once_a, once_b; /* seconds: medians of build and first execution */
	double each_a, each_b; /* seconds: medians of the medians */
	bool has_worth;
	td_break_even worth; /* calls from which b wins in spite of its build */
} td_series;

typedef struct {
	td_series *
		items; /* candidates first, in their order, then controls; freed by td_protocol_fini */
	int n, n_candidates;
	td_stop stop;
	double spent_s;
	bool biased; /* a control does not contain 1: nothing is decided */
} td_outcome;

TD_MUST_USE bool td_protocol_run(const td_protocol *p, td_outcome *out, td_err *e);
void td_protocol_fini(td_outcome *out);

#endif
