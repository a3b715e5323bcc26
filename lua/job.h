/* job.h: what a command does, for the program and for driver scripts alike. Layer 7.
 *
 * A job names a pipeline and how to treat it. Answers are JSON objects ("schema": "tandem/run/1" …)
 * that the program prints and Lua gets as tables. Findings, notes and progress go to stderr. */
#ifndef TD_LUA_JOB_H
#define TD_LUA_JOB_H

#include "../db/store.h"
#include "../engine/run/exec.h"
#include "td_lua.h"

#include <jansson.h>

enum { TD_MOST_RUNS = 1000000000 }; /* warm-ups and repeats together fit an int */

typedef struct {
	const td_registry *registry;
	const char *path; /* a pipeline (.lua), a graph text or a saved plan */
	const td_option *params;
	int n_params;
	const char *const *on; /* devices as asked for; run: at most one */
	int n_on;
	const char *const *impls; /* "node=impl" */
	int n_impls;
	const char *db;                  /* NULL: record nothing */
	const char *out;                 /* folder for outputs, NULL: none */
	const char *reduce;              /* compare: folder for the step that fails, NULL: none */
	const char *command, *arguments; /* for the record */
	int warmup, repeat;
	int pairs; /* compare: timed pairs; 0: results only, -1: until the interval is narrow */
	int64_t against;     /* compare: an earlier session, 0: none */
	double budget_s;     /* … seconds for pairs, 0: the default */
	double oracle_flops; /* 0: the default */
	bool strict, guard;
	bool replan; /* a saved plan is planned again, for the device that is there */
} td_job;

/* A pipeline on its way. */
typedef struct {
	td_graph *graph;
	td_plan *plan; /* when the file was a saved plan */
	td_diags diags;
} td_loaded;

/* Reads the pipeline. Freed with td_job_unload, also after an error. */
TD_MUST_USE bool td_job_load(const td_job *j, td_loaded *l, td_err *e);
/* … brings what it names by URL (`fetch`), opens its inputs and checks it. Errors among the findings
 * are printed. */
TD_MUST_USE bool td_job_prove(const td_job *j, bool fetch, td_loaded *l, td_err *e);
/* All findings so far, to stderr. */
void td_job_print_findings(const td_loaded *l);
/* Plans for a device; errors among the findings are printed. NULL: `e` says why. */
td_plan *td_job_plan(const td_job *j, td_loaded *l, const td_caps *caps, td_err *e);
void td_job_unload(td_loaded *l);

/* Is the plan for this device? Its memory may be another, as long as the plan fits. */
TD_MUST_USE bool td_job_fits_device(const td_plan *p, td_device *dev, td_err *e);

/* Runs on one device, repeats, records, writes outputs and run.json. */
TD_MUST_USE bool td_job_run(const td_job *j, json_t **answer, td_err *e);
/* Compares on all devices of `on`. True when it was carried out: the verdict is in the answer. */
TD_MUST_USE bool td_job_compare(const td_job *j, json_t **answer, td_err *e);
/* One timed run of a saved plan, for a parent that pairs it with others (worker.h). */
TD_MUST_USE bool td_job_timed(const td_job *j, double seconds, json_t **answer, td_err *e);

/* -- job_pairs.c ---------------------------------------------------------------- */

/* With which kernels a device made which outputs, when it was compared. */
typedef struct {
	char source_sha256[65], outputs_sha256[65];
	bool same_each_time; /* the outputs must come again */
} td_made;

/* Devices that agree, to be timed in pairs; the first is the baseline. */
typedef struct {
	const td_job *j;
	td_loaded *l;
	td_device *const *dev;
	const char *const *names;
	const td_made *made; /* by device */
	const td_sink *sink;
	int first_run; /* number of the first run in the sink's session */
} td_job_pairs;

/* Times them, records, and adds "candidates", "controls" and "protocol" to the answer. */
TD_MUST_USE bool td_job_time_pairs(const td_job_pairs *p, json_t *answer, td_err *e);

/* -- job_against.c ------------------------------------------------------------------ */

/* Is j->against in the database? */
TD_MUST_USE bool td_job_against_known(const td_job *j, td_err *e);
/* Holds the timed runs of the answer's session against those of j->against, in the database that both are
 * in, and adds "against" to the answer. */
TD_MUST_USE bool td_job_against(const td_job *j, json_t *answer, td_err *e);

/* -- session.c: a command that leaves records --------------------------------- */

typedef struct {
	td_store *store; /* NULL: nothing is recorded */
	td_sink sink;
	const td_sink *to; /* &sink, or NULL */
} td_session;

/* Opens the database and begins a session. */
TD_MUST_USE bool td_session_begin(const td_job *j, td_session *s, td_err *e);
/* Probes the devices that the database does not know in this environment. `unlike` (may be NULL): which of
 * them round otherwise than C does. */
TD_MUST_USE bool td_session_probe(td_session *s, td_device *const *dev, int n, bool *unlike,
                                  td_err *e);
/* Ends it with what came out and closes the database. `ok` and `e` are those of the work done; an
 * error of the ending itself counts when the work had none. */
TD_MUST_USE bool td_session_end(td_session *s, bool ok, const char *verdict, td_err *e);

/* The seed parameter of a pipeline, -1: it has none. */
int64_t td_job_seed(const td_graph *g);
/* Is --out the name of one file for all outputs? */
bool td_job_one_file(const char *out);
/* DIR/<output>.npy for every output, and DIR/<output>.edf for those that are recordings, or
 * FILE.safetensors with all of them. */
TD_MUST_USE bool td_job_write_outputs(const char *dir, const td_plan *p, const td_exec *x,
                                      td_err *e);
/* Writes DIR/<name> with the JSON text. */
TD_MUST_USE bool td_job_write_json(const char *dir, const char *name, const json_t *j, td_err *e);

#endif
