/* cli.h: the `tandem` program: one file a command. Layer 8.
 *
 * Results go to stdout, everything else to stderr. A command returns the exit code. */
#ifndef TD_CLI_CLI_H
#define TD_CLI_CLI_H

#include "../../lua/job.h"
#include "gate.h"

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
	td_gate gates[TD_CLI_MAX]; /* --gate speedup>=1.5 */
	int n_gates;
	const char *db, *out, *output, *format, *profile, *write_profile, *junit, *reduce;
	int64_t repeat, warmup, against, pairs; /* pairs: -1 when not given */
	double oracle_flops, budget, seconds;
	bool strict, guard, quiet, no_db, grad;
	const char *command, *arguments; /* the whole line, for the record */
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

/* The job that the command line asks for, on its first argument. */
td_job td_cli_job(const td_cli *c);

/* A JSON object on stdout, indented. */
void td_cli_print_json(const json_t *j);
/* Writes text to -o FILE, else to stdout. */
TD_MUST_USE bool td_cli_write(const td_cli *c, const td_str *text, td_err *e);
/* Which of `formats` (ends with NULL; the first is the default) --format names. */
TD_MUST_USE bool td_cli_format(const td_cli *c, const char *const *formats, int *which, td_err *e);
/* Path of the database: --db, $TANDEM_DB, tandem.db. */
const char *td_cli_db(const td_cli *c);

int td_cmd_check(td_cli *c);
int td_cmd_plan(td_cli *c);
int td_cmd_run(td_cli *c);
int td_cmd_compare(td_cli *c);
int td_cmd_reproduce(td_cli *c);
int td_cmd_report(td_cli *c);
int td_cmd_export(td_cli *c);
int td_cmd_query(td_cli *c);
int td_cmd_devices(td_cli *c);
int td_cmd_doctor(td_cli *c);
int td_cmd_nodes(td_cli *c);
int td_cmd_twin(td_cli *c);
int td_cmd_fetch(td_cli *c);
int td_cmd_lua(td_cli *c);
int td_cmd_worker(td_cli *c);

#endif
