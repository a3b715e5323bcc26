/* record.h: what a run leaves behind. Layer 4.
 *
 * The executor emits records to a sink and knows nothing of databases; db/store.c is one sink, a
 * test's array another. Strings in a record live until emit returns; the plan and the device of a run
 * until its RUN_END, which comes for each RUN, also for one that fails, and after which only
 * AGREEMENT may name the run. Runs of one session may overlap. */
#ifndef TD_RUN_RECORD_H
#define TD_RUN_RECORD_H

#include "../device/device.h"
#include "../plan/plan.h"

typedef enum {
	TD_REC_SESSION, /* first: a command begins */
	TD_REC_RUN,     /* a run begins */
	TD_REC_INPUT,   /* a file that was read */
	TD_REC_BUILD,   /* kernels built or loaded */
	TD_REC_LAUNCH,  /* a kernel or native call */
	TD_REC_TRANSFER,
	TD_REC_BIND,          /* a late dim found its extent */
	TD_REC_COST,          /* what a step has to do, at least */
	TD_REC_VALUE,         /* an output, or a step's output looked at */
	TD_REC_AGREEMENT,     /* an output of one device beside another's and the oracle's */
	TD_REC_REPEATABILITY, /* an output made again */
	TD_REC_BLAME,         /* how much of the outputs' errors a step has made */
	TD_REC_TIMED,         /* a run that is one arm of a pair */
	TD_REC_RUN_END,
	TD_REC_PROTOCOL,    /* how the pairs of a session were made */
	TD_REC_SPEEDUP,     /* what pairs of two devices say, in one measure */
	TD_REC_PERSONALITY, /* what a device's arithmetic and clocks do; at any time in a session */
	TD_REC_SESSION_END,
} td_record_kind;

typedef struct {
	const char *command;   /* "run", "compare" */
	const char *arguments; /* the command line */
	const char *folder;    /* of the pipeline; NULL: there is none */
} td_rec_session;

typedef struct {
	int run;             /* number within the session, from 0 */
	const td_plan *plan; /* its graph, device caps and texts are stored once per hash */
	const td_device *device;
	const char *pipeline;    /* path as given */
	const char *device_name; /* as asked for: "cpu", "cpu.2" */
	int64_t seed;            /* -1: the pipeline has none */
	int warmup, repeat;
} td_rec_run;

typedef struct {
	int run, input; /* number in the graph */
	const char *path;
	const td_sha256 *sha;
	int64_t bytes;
	bool after; /* hashed again when the run had ended */
} td_rec_input;

typedef struct {
	int run;
	const td_build *build;
} td_rec_build;

typedef struct {
	int run, repeat; /* repeat < 0: warm-up */
	int64_t turn;    /* of the innermost loop, 0 outside */
	int step;
	const td_launched *launched;
	const td_impl *impl;
	td_place place;
} td_rec_launch;

typedef struct {
	int run, repeat;
	int value;
	bool up;     /* to the device */
	bool mapped; /* zero-copy: bytes are counted, nothing moved */
	int64_t bytes;
	td_times t;
} td_rec_transfer;

typedef struct {
	int run, repeat;
	const char *symbol;
	int64_t extent, capacity;
} td_rec_bind;

/* In one repeat, all turns; with the dims that late ones came to. */
typedef struct {
	int run, step;
	td_cost cost;
} td_rec_cost;

/* What a value looks like without keeping it. */
typedef struct {
	int64_t n, n_nan, n_inf, n_zero, n_subnormal;
	double min, max, mean; /* of the finite elements; NaN when there are none */
} td_summary;

typedef struct {
	int run, repeat;
	int value;
	const char *output; /* name of the graph's output, NULL: inside the graph */
	td_tensor tensor;   /* with actual dims; .data on the host */
	td_sha256 sha;      /* of the element bytes */
	td_summary summary;
	const char *
		numbers; /* its elements, separated by blanks, when a picture shows it; else NULL */
} td_rec_value;

/* More about one output's errors; numbers that are not known are NaN. */
typedef struct {
	double prop_max_abs, prop_norm_rel; /* what came in wrong and went on: F(x') - F(x) */
	double gap; /* E - (I + P), in roundings: a self-test that stays near 1 */
	double rho_50, rho_99, rho_999, rho_max; /* quantiles of |I| / (u c) */
	double cosine;                           /* 1 - cos of the angle to the oracle's output */
	int64_t nan, inf, other_class;           /* in the output; not where the oracle has them */
	int64_t sign, zero_sign, flushed; /* other sign; -0 for 0 or 0 for -0; 0 for a subnormal */
} td_errors;

/* One output of one step on one device. Isolated error: against the oracle on the very inputs that
 * the device had. Accumulated error: against the oracle's own course through the graph. */
typedef struct {
	int run, base_run;
	int step, port, value;
	int64_t turn;
	const char *kind;   /* "exact", "ulp", "sum", "decision" */
	const char *oracle; /* "full", or "none": too costly, then only the same bits pass */
	int64_t n;
	double limit,
		worst; /* worst error in units of what is allowed, times limit: worst <= limit passes */
	double max_abs, max_ulp, norm_rel; /* isolated */
	double acc_max_abs, acc_norm_rel;  /* accumulated; NaN: the oracle was not run */
	double base_max_abs;               /* against the baseline device */
	int64_t worst_index;               /* -1: no error anywhere */
	double worst_got, worst_ref;
	const char *worst_inputs; /* "x=1.5 gain=0.25": the elements it was made of; or NULL */
	td_errors errors;
	double amplification;          /* relative P over what came in; NaN: nothing wrong did */
	int64_t at_risk, flips, wrong; /* decisions */
	bool bit_identical;            /* to the baseline device */
	bool promised; /* it had to be: D3, the same inputs, two devices that round correctly */
	bool pass;
} td_rec_agreement;

/* One output of one step, done over and over on the same inputs. */
typedef struct {
	int run, step, port;
	int level;                  /* what the node declares: 0 … 4 */
	int64_t repeats, differing; /* outputs made again; those with other bits than at first */
} td_rec_repeatability;

/* Relative isolated error of the step times the amplifications on the way to the outputs, over the sum of
 * that for all steps. */
typedef struct {
	int run, step;
	double isolated; /* relative to the oracle's norm, worst output and turn */
	double weight;   /* amplification from here to the outputs, all ways together */
	double share;
} td_rec_blame;

/* What one sample says; times of one execution of the plan. The rest of the wall time is the host's. */
typedef struct {
	int64_t wall_ns;   /* inputs on the host to outputs on the host */
	int64_t kernel_ns; /* device time of the launches, host time of native calls */
	int64_t upload_ns, download_ns;
	int32_t warmup;     /* before the steady point */
	int32_t executions; /* of the plan, which the times are the mean of */
} td_sample;

typedef struct {
	int run;
	int a, b;   /* devices of the pair, by their number in the session; a == b: a control */
	int pair;   /* number among the pairs of (a, b), from 0 */
	bool is_b;  /* the second arm */
	int order;  /* 0: first of its pair */
	bool ended; /* there is a result; what follows is its */
	const char *steady; /* "steady", "unsteady" */
	int64_t first_ns, calibrated_before_ns, calibrated_after_ns, involuntary;
	const char *outputs_sha256; /* of the digests of all outputs */
} td_rec_timed;

typedef struct {
	uint64_t seed;
	const char *stop; /* why it ended */
	double spent_s, margin, sample_s;
	int controls;
	bool biased;
} td_rec_protocol;

/* Times in seconds, speed-ups above 1 when b is faster. */
typedef struct {
	int a, b;
	const char *what; /* "end_to_end", "kernel_only" */
	int pairs, lost;
	bool known; /* else nothing follows but verdict and why */
	double value, low, high, rank_low, rank_high, hodges_lehmann, sd, smallest, largest;
	double corrected, p;
	const char *verdict, *why;
	double once_a, once_b, each_a, each_b;
	const char *worth; /* "always", "never", "from", "until" */
	double worth_calls;
} td_rec_speedup;

/* One answer about a device (measure/personality.h). */
typedef struct {
	char name[32];       /* "division", "peak_flops" */
	char value[96];      /* in words */
	const char *verdict; /* "ok", "other", "absent", "measured" */
	bool bits;           /* part of the personality: a fact of its arithmetic */
	double number;       /* NaN: there is none */
} td_probe;

enum { TD_MAX_PROBES = 64 };

typedef struct {
	td_probe items[TD_MAX_PROBES];
	int n;
	td_sha256 sha; /* of the answers about bits */
	int64_t took_ns;
} td_personality;

typedef struct {
	const td_device *device;
	const td_personality *what;
} td_rec_personality;

typedef struct {
	int run;
	td_code code;
	const char *error; /* NULL: fine */
	int64_t wall_ns, build_ns, peak_bytes;
	int repeats;              /* finished ones; wall_ns is the median of them */
	const int64_t *repeat_ns; /* wall time of each; or NULL and */
	const td_sample *samples; /* … warm-ups first */
	int n_samples, n_warmup;
} td_rec_run_end;

typedef struct {
	td_code code;
	const char *verdict; /* "AGREE", … or NULL */
	const char *error;
} td_rec_session_end;

typedef struct {
	td_record_kind kind;
	union {
		td_rec_session session;
		td_rec_run run;
		td_rec_input input;
		td_rec_build build;
		td_rec_launch launch;
		td_rec_transfer transfer;
		td_rec_bind bind;
		td_rec_cost cost;
		td_rec_value value;
		td_rec_agreement agreement;
		td_rec_repeatability repeatability;
		td_rec_blame blame;
		td_rec_timed timed;
		td_rec_run_end run_end;
		td_rec_protocol protocol;
		td_rec_speedup speedup;
		td_rec_personality personality;
		td_rec_session_end session_end;
	} as;
} td_record;

typedef struct {
	void *ctx;
	bool (*emit)(void *ctx, const td_record *r, td_err *e);
} td_sink;

/* Emits to a sink; NULL sink: nothing happens. */
static inline bool td_emit(const td_sink *s, const td_record *r, td_err *e)
{
	return !s || s->emit(s->ctx, r, e);
}

#endif
