/* run.h: a plan carried out, repeated, timed and recorded. Layer 4. */
#ifndef TD_RUN_RUN_H
#define TD_RUN_RUN_H

#include "exec.h"

typedef struct {
	int warmup, repeat;  /* repeat >= 1 */
	const td_sink *sink; /* may be NULL */
	int run;             /* number within the sink's session */
	const char *pipeline, *device_name;
	int64_t seed; /* -1: none */
	bool progress;
	/* Called once after the last repeat, while outputs and step times are there; may be NULL. */
	bool (*done)(void *arg, const td_plan *p, const td_exec *x, td_err *e);
	void *arg;
} td_run_options;

typedef struct {
	int repeats;      /* finished ones */
	int64_t wall_ns;  /* median over the repeats: inputs on the host to outputs on the host */
	int64_t build_ns; /* kernels: compiled or loaded */
	int64_t first_ns; /* wall time of the very first execution, warm-up or not */
	int64_t peak_bytes[TD_N_PLACES];
} td_run_result;

/* Emits TD_REC_RUN … TD_REC_RUN_END, also when it fails. */
TD_MUST_USE bool td_run(const td_plan *p, td_device *dev, const td_run_inputs *in,
                        const td_run_options *o, td_run_result *result, td_err *e);

/* Records of what a run read and made, for those who carry out plans themselves; only sink and run of the
 * options count. */
TD_MUST_USE bool td_run_emit_inputs(const td_plan *p, const td_run_inputs *in,
                                    const td_run_options *o, td_err *e);
/* Hashes the files again: one that has changed since it was loaded makes the run unusable (TD_E_DATA). */
TD_MUST_USE bool td_run_check_inputs(const td_graph *g, const td_run_inputs *in,
                                     const td_run_options *o, td_err *e);
TD_MUST_USE bool td_run_emit_outputs(const td_plan *p, const td_exec *x, const td_run_options *o,
                                     int repeat, td_err *e);

/* Counts, range and mean of a host tensor. */
td_summary td_summarise(const td_tensor *t);
/* SHA-256 of a host tensor's elements. */
td_sha256 td_tensor_sha256(const td_tensor *t);

/* Of the digests of all outputs, after the end of a run. */
td_sha256 td_outputs_sha256(const td_plan *p, const td_exec *x);

#endif
