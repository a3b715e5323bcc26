/* compare_inner.h: shared by the files of compare. Layer 5. */
#ifndef TD_MEASURE_COMPARE_INNER_H
#define TD_MEASURE_COMPARE_INNER_H

#include "compare.h"
#include "oracle.h"

/* Digests of all outputs of all steps, in the order in which they were done. */
typedef struct {
	td_sha256 *items;
	int64_t n, cap;
} digests;

/* One device under comparison. The last lane is the oracle's own course, when it is run. */
typedef struct {
	td_plan *plan;
	td_exec *exec;
	td_device *dev;
	/* the step just done; the tensors' data lies in the executor */
	const td_run_op *run;
	td_tensor in[TD_MAX_PORTS], out[TD_MAX_PORTS];
	digests seen;
	/* by step: worst relative isolated error and amplification so far, any turn; NaN: not known */
	double *isolated, *amplified;
} lane;

typedef struct {
	td_graph *g;
	const td_compare_options *o;
	td_compare_result *result;
	lane *lanes;
	int n;           /* devices */
	bool has_course; /* lanes[n] is the oracle's own course */
	td_device *ref;
	td_oracle *oracle;
	double oracle_flops;
	td_sink sink; /* to the given one, while nothing is done over */
	bool replaying;
	bool told; /* o->failed was called */
	int64_t began_ns;
} comparison;

/* Carries a lane on until it has done its next RUN and what BINDs follow it; looks at inputs before
 * and outputs after. `run` is NULL when there was no further RUN. */
TD_MUST_USE bool td_compare_next(lane *l, td_err *e);

/* Cost of a step with the dims known before the run. */
double td_compare_flops(const td_plan *p, const td_run_op *r);

/* Holds the step that lane i has just done against the oracle, its course and the baseline. */
TD_MUST_USE bool td_compare_step(comparison *c, int i, td_err *e);

/* Tells o->failed, once, of the step that lane i has just done. */
TD_MUST_USE bool td_compare_tell(comparison *c, int i, const td_rec_agreement *row, td_err *e);

/* Says how much of the outputs' errors each step of lane i has made. */
TD_MUST_USE bool td_compare_blame(comparison *c, int i, td_err *e);

/* Keeps the digests of the outputs of the step just done. */
void td_compare_remember(lane *l);
/* Does all steps of each device over and over, and holds every output against the bits of the first
 * time: is what a node declares about its determinism true here? */
TD_MUST_USE bool td_compare_repeat(comparison *c, td_err *e);

#endif
