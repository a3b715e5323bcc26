#include "cli.h"

#include "../base/str.h"
#include "build.h"

#include <stdio.h>
#include <stdlib.h>

const td_command td_commands[] = {
	{"check", "PIPELINE", "Proves a pipeline without touching a device.",
         "-p --seed --strict --format -o", 1, 1, td_cmd_check},
	{"plan", "PIPELINE",
         "Shows what would run, where, and how much memory it takes; -o saves a plan that runs "
         "without Lua.",
         "-p --seed --on --profile --impl --guard --format -o", 1, 1, td_cmd_plan},
	{"run", "PIPELINE|PLAN", "Runs a pipeline on one device and records it.",
         "-p --on --seed --repeat --warmup --impl --guard --out --db --no-db --format", 1, 1,
         td_cmd_run},
	{"compare", "PIPELINE", "Runs a pipeline on two or more devices and compares every step.",
         "-p --on --seed --pairs --budget --repeat --impl --out --db --no-db --format "
         "--oracle-flops --gate "
         "--against --junit --reduce",
         1, 1, td_cmd_compare},
	{"reproduce", "[RUN]",
         "Runs a recorded run again, from the database alone, and compares what comes out.",
         "--db --format", 0, 1, td_cmd_reproduce},
	{"report", "[SESSION]", "Writes what a session found as one HTML page.", "--db -o --format",
         0, 1, td_cmd_report},
	{"export", "SESSION|run:RUN DIR",
         "Writes what the database holds of it as an RO-Crate, CSV and JSON lines.", "--db", 2, 2,
         td_cmd_export},
	{"query", "[NAME | SQL] [ARG...]",
         "Asks the database; without an argument it lists the named queries.", "--db --format -o",
         0, 16, td_cmd_query},
	{"devices", "",
         "Lists the devices of this machine, and what the database knows of their arithmetic.",
         "--db --format", 0, 0, td_cmd_devices},
	{"doctor", "",
         "Is this machine fit to measure on, and does its device work from end to end?",
         "--on --write-profile --db --format", 0, 0, td_cmd_doctor},
	{"nodes", "[NODE]", "Lists the nodes, or shows one.", "--format -o", 0, 1, td_cmd_nodes},
	{"twin", "[NODE...]",
         "Tests impls against ref and against each other on the nodes' own cases.",
         "--on --grad --format", 0, TD_CLI_MAX, td_cmd_twin},
	{"fetch", "PIPELINE", "Brings and verifies every pinned input.", "-p --seed", 1, 1,
         td_cmd_fetch},
	{"lua", "SCRIPT [ARG...]", "Runs a driver script with `require \"tandem\"`.", "--db", 1,
         TD_CLI_MAX, td_cmd_lua},
	{"worker", "PLAN", NULL, "--on --seconds", 1, 1, td_cmd_worker},
	{0},
};

static const char *command_name(const void *arg, int i)
{
	(void)arg;
	return td_commands[i].name;
}

static const td_command *find_command(const char *name)
{
	for (const td_command *c = td_commands; c->name; c++)
		if (td_same(c->name, name))
			return c;
	return NULL;
}

static int no_command(const char *name)
{
	const char *close = td_closest(name, (int)TD_COUNT(td_commands) - 2, command_name, NULL);
	fprintf(stderr, "tandem: there is no command \"%s\"%s%s; `tandem --help` lists them\n",
	        name, close ? ", did you mean " : "", close ? close : "");
	return TD_E_USAGE;
}

int td_cli_fail(const td_err *e)
{
	fprintf(stderr, "tandem: %s\n", e->text);
	return e->code == TD_OK ? TD_E_DEVICE : (int)e->code;
}

/* Is the option, or its short form, among the words before "--"? */
static bool wants(int argc, char **argv, const char *name, const char *letter)
{
	for (int i = 0; i < argc && !td_same(argv[i], "--"); i++)
		if (td_same(argv[i], name) || td_same(argv[i], letter))
			return true;
	return false;
}

static int version(void)
{
	puts("tandem " TD_VERSION);
	return TD_OK;
}

static int run_command(const td_command *cmd, int argc, char **argv)
{
	td_cli *c = td_alloc(sizeof *c);
	td_err e;
	td_registry_init(&c->registry);
	int code = td_cli_parse(c, cmd, argc, argv, &e) ? cmd->run(c) : td_cli_fail(&e);
	td_registry_fini(&c->registry);
	td_arena_fini(&c->arena);
	free(c);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, "tandem: stdout cannot be written\n");
		return TD_E_DEVICE;
	}
	return code;
}

static int help(const char *name)
{
	const td_command *cmd = name ? find_command(name) : NULL;
	if (name && !cmd)
		return no_command(name);
	td_cli_help(cmd);
	return TD_OK;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		td_cli_help(NULL);
		return TD_E_USAGE;
	}
	if (td_same(argv[1], "--help") || td_same(argv[1], "-h") || td_same(argv[1], "help"))
		return help(argv[2]);
	if (td_same(argv[1], "--version"))
		return version();
	const td_command *cmd = find_command(argv[1]);
	if (!cmd)
		return no_command(argv[1]);
	if (wants(argc - 2, argv + 2, "--version", NULL))
		return version();
	if (wants(argc - 2, argv + 2, "--help", "-h")) {
		td_cli_help(cmd);
		return TD_OK;
	}
	return run_command(cmd, argc - 2, argv + 2);
}
