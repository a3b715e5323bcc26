/* cli.h: the `tandem` program: one file a command. Layer 8.
 *
 * Results go to stdout, everything else to stderr. A command returns the exit code. */
#ifndef TD_CLI_CLI_H
#define TD_CLI_CLI_H

#include "../../db/store.h"
#include "../../lua/td_lua.h"
#include "../check/check.h"
#include "../device/device.h"
#include "../plan/plan.h"
#include "../run/exec.h"

enum { TD_CLI_MAX = 64 }; /* params, impls, plug-ins, devices, positional arguments */

/* The command line, parsed. Strings point into argv. */
typedef struct {
	const char *args[TD_CLI_MAX];
	int n_args;
	td_option params[TD_CLI_MAX]; /* -p k=v; names are in `arena` */
	int n_params;
	const char *on[TD_CLI_MAX]; /* --on a,b,c */
	int n_on;
	const char *impls[TD_CLI_MAX]; /* --impl node=impl */
	int n_impls;
	const char *db, *out, *output, *format, *profile;
	int64_t seed, repeat, warmup, pairs;
	double oracle_flops;
	bool has_seed, strict, guard, quiet, no_db;
	const char *arguments; /* the whole line, for the record */
	td_registry registry;
	td_arena arena;
} td_cli;

typedef struct {
	const char *name, *usage, *doc;
	const char *options; /* letters and names allowed, separated by blanks */
	int min_args, max_args;
	int (*run)(td_cli *c);
} td_command;

/* All commands, ending with a NULL name. */
extern const td_command td_commands[];

/* Reads argv behind the command's name. */
TD_MUST_USE bool td_cli_parse(td_cli *c, const td_command *command, int argc, char **argv,
                              td_err *e);
/* Usage of one command with its options; of the program when NULL. */
void td_cli_help(const td_command *command);

/* "tandem: message" to stderr; returns the exit code of the error. */
int td_cli_fail(const td_err *e);

/* -- pipeline.c --------------------------------------------------------------- */

/* A pipeline on its way: read, its inputs opened, checked. */
typedef struct {
	td_graph *graph;
	td_plan *plan; /* when the file was a saved plan */
	td_diags diags;
} td_loaded;

/* Reads a pipeline (.lua), a graph text or a saved plan. */
TD_MUST_USE bool td_cli_load(td_cli *c, const char *path, td_loaded *l, td_err *e);
/* … brings what it names by URL (`fetch`), opens its inputs, checks it. Findings are printed. */
TD_MUST_USE bool td_cli_prove(td_cli *c, const char *path, bool fetch, td_loaded *l, td_err *e);
/* Plans for a device; findings of level error are printed. NULL: `e` says why. */
td_plan *td_cli_plan(td_cli *c, td_loaded *l, const td_caps *caps, td_err *e);
void td_cli_unload(td_loaded *l);
/* The pipeline's seed parameter, -1: it has none. */
int64_t td_cli_seed(const td_graph *g);

/* -- session.c ---------------------------------------------------------------- */

/* A command that leaves records. */
typedef struct {
	td_store *store; /* NULL: --no-db */
	td_sink sink;
	const td_sink *to; /* &sink, or NULL */
} td_session;

/* Opens the database and begins a session. */
TD_MUST_USE bool td_session_begin(const td_cli *c, td_session *s, td_err *e);
/* Ends it with what came out; `failed` is NULL when all went well. Returns the exit code, and prints
 * an error of its own. Frees the store. */
int td_session_end(td_session *s, int code, const char *verdict, const td_err *failed);

/* -- outputs.c ---------------------------------------------------------------- */

/* Writes text to -o FILE, else to stdout. */
TD_MUST_USE bool td_cli_write(const td_cli *c, const td_str *text, td_err *e);
/* Which of `formats` (ends with NULL; the first is the default) --format names. */
TD_MUST_USE bool td_cli_format(const td_cli *c, const char *const *formats, int *which, td_err *e);
/* DIR/<output>.npy for every output. */
TD_MUST_USE bool td_cli_write_outputs(const char *dir, const td_plan *p, const td_exec *x,
                                      td_err *e);
/* Path of the database: --db, $TANDEM_DB, tandem.db. */
const char *td_cli_db(const td_cli *c);

int td_cmd_check(td_cli *c);
int td_cmd_plan(td_cli *c);
int td_cmd_run(td_cli *c);
int td_cmd_compare(td_cli *c);
int td_cmd_report(td_cli *c);
int td_cmd_query(td_cli *c);
int td_cmd_devices(td_cli *c);
int td_cmd_nodes(td_cli *c);
int td_cmd_twin(td_cli *c);
int td_cmd_fetch(td_cli *c);
int td_cmd_lua(td_cli *c);

#endif
