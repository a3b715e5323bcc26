/* timed.h: one timed run: a fresh process warms up one plan, then takes samples of it. Layer 5. */
#ifndef TD_MEASURE_TIMED_H
#define TD_MEASURE_TIMED_H

#include "../run/run.h"
#include "stats.h"

/* A run as it is told by its process. */
typedef struct {
	td_code code; /* TD_OK, or why there is no result */
	char error[256];
	int64_t build_ns, first_ns, peak_bytes;
	bool from_cache;
	char source_sha256[65], options[256];
	int64_t calibrated_before_ns, calibrated_after_ns;
	td_steadiness steadiness;
	int64_t involuntary; /* context switches while samples were taken */
	td_sample *samples;  /* warm-ups first; freed with td_timed_fini */
	int n_samples, n_warmup;
	char outputs_sha256[65]; /* of the digests of all outputs */
} td_timed;

typedef struct {
	double seconds; /* of samples, beside the warm-up; the default is 0.5 */
} td_timing;

/* Times a plan on its device, in this process. */
TD_MUST_USE bool td_timed_run(const td_plan *p, td_device *dev, const td_run_inputs *in,
                              const td_timing *how, td_timed *out, td_err *e);
void td_timed_fini(td_timed *t);

typedef enum { TD_END_TO_END, TD_KERNEL_ONLY, TD_N_SPANS } td_span_kind;
/* Median of the samples behind the warm-up, nanoseconds; 0 when there is none. */
double td_timed_median(const td_timed *t, td_span_kind what);
/* Do the parts of this sample stay within its wall time, but for 2 %? */
bool td_sample_adds_up(const td_sample *s);

#endif
