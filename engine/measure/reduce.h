/* reduce.h: a failing comparison cut down to the one step that fails. Layer 5.
 *
 * The folder holds all that it takes to see it again, here or elsewhere: the step as a graph of its
 * own (step.graph), the inputs that it had, what the device made of them, what the oracle says, the
 * kernels as they were, and a README with the one command. */
#ifndef TD_MEASURE_REDUCE_H
#define TD_MEASURE_REDUCE_H

#include "compare.h"

typedef struct {
	const char *dir;
	const char *baseline, *device; /* as --on takes them */
	const char *const *impls;      /* wishes "node=impl" */
	int n_impls;
	double oracle_flops; /* 0: the default */
} td_reduce;

TD_MUST_USE bool td_reduce_write(const td_reduce *r, const td_failure *f, td_err *e);

/* Of the bundle's files: .npy, but .safetensors for what .npy files cannot hold. */
const char *td_reduce_ending(td_dtype d);

/* Halves the dims of the step in r->dir, one after the other, as long as it still fails on these devices
 * (baseline first), for some seconds at most; the folder then holds the smallest that failed. */
TD_MUST_USE bool td_reduce_shrink(const td_reduce *r, const td_registry *registry,
                                  td_device *const dev[2], td_err *e);

#endif
