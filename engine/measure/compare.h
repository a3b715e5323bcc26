/* compare.h: one graph on several devices, step beside step. Layer 5.
 *
 * All devices (lanes) carry out the same steps in the same order. After each step every lane's
 * outputs are held against the oracle on that lane's own inputs (isolated error), against the
 * oracle's own course through the graph (accumulated error), and bit for bit against the first lane. */
#ifndef TD_MEASURE_COMPARE_H
#define TD_MEASURE_COMPARE_H

#include "../run/run.h"
#include "agree.h"

/* A step that does not hold, as it lies in the executors at that moment. */
typedef struct {
	const td_graph *g;
	int lane;
	const td_plan *plan; /* the lane's */
	const td_run_op *run;
	const td_tensor *in, *out;          /* what the device had and made */
	const td_tensor *base;              /* the baseline's outputs */
	const td_tensor *ref[TD_MAX_PORTS]; /* the oracle's; NULL: it was not asked */
	const td_rec_agreement *row;        /* the output that fails; NULL: it gave other bits when
	                                         it was done over */
} td_failure;

typedef struct {
	td_device *const *dev;    /* the first is the baseline */
	const char *const *names; /* "native", "cpu", "cpu.2" */
	/* by lane: its arithmetic is not what its driver says, so that bits cannot be promised; or NULL */
	const bool *unlike;
	int n;
	const char *const *impls; /* wishes "node=impl" */
	int n_impls;
	int repeats; /* everything is done over so often; 0: up to four times, as time allows */
	double oracle_flops; /* a step that costs more is not put to the oracle; 0: 2e9 */
	const td_sink *sink; /* may be NULL */
	int first_run;       /* number of the first lane's run in the sink's session */
	const char *pipeline, *arguments; /* for the record */
	int64_t seed;
	bool progress; /* show it on a terminal */
	bool trial;    /* of nodes, not of a user's data: nodes do not warn of it */
	/* Called for every output of every step and lane, in order; may be NULL. */
	void (*take)(void *arg, const td_rec_agreement *row);
	void *arg;
	/* Called for the first step that does not hold; may be NULL. */
	bool (*failed)(void *arg, const td_failure *f, td_err *e);
	/* Called at the end, while the lanes' outputs are still there; may be NULL. */
	bool (*outputs)(void *arg, int lane, const td_plan *p, const td_exec *x, td_err *e);
} td_compare_options;

typedef struct {
	bool agree, bit_identical;
	int first_divergence; /* step whose bits first differ from the baseline's, TD_NONE: none */
	int first_guilty; /* first step whose isolated error is beyond its limit, TD_NONE: none */
	int unrepeatable; /* first step that does not keep the determinism it declares, TD_NONE: none */
	int repeats;      /* how often everything was done over, at least */
	int rows, failed_rows;
	int unjudged; /* rows too costly for the oracle */
} td_compare_result;

/* The graph must have passed check. Findings of planning go to `d`. Returns false when it could not
 * be carried out (does not fit, device error, guard zone broken: then `e` says which step). */
TD_MUST_USE bool td_compare(td_graph *g, const td_run_inputs *in, const td_compare_options *o,
                            td_diags *d, td_compare_result *result, td_err *e);

#endif
