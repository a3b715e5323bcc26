/* The command line: one table of options, read by the parser and by --help. */
#include "cli.h"

#include "../base/log.h"
#include "../base/str.h"
#include "../measure/stats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum {
	SET_TEXT,
	SET_INT,
	SET_REAL,
	SET_FLAG,
	ADD_PARAM,
	ADD_SEED,
	ADD_ON,
	ADD_IMPL,
	ADD_GATE,
	ADD_PLUGIN
} action;

typedef struct {
	const char *name, *value, *doc; /* value NULL: takes none */
	action act;
	size_t offset; /* SET_*: into td_cli */
	double min;    /* SET_INT, SET_REAL: least value */
	int64_t max;   /* SET_INT: greatest, 0: any */
} option;

static const option options[] = {
	{"-p", "NAME=VALUE", "sets a parameter of the pipeline; lists are separated by commas",
         ADD_PARAM},
	{"--on", "DEVICE",
         "native, ref, cpu, gpu, auto, a name from `tandem devices`; compare takes several: A,B",
         ADD_ON},
	{"--seed", "N", "the same as -p seed=N", ADD_SEED},
	{"--repeat", "N",
         "runs it N times and reports the median (1); compare does all over so often", SET_INT,
         offsetof(td_cli, repeat), 1, TD_MOST_RUNS},
	{"--warmup", "N", "runs it N times beforehand (0)", SET_INT, offsetof(td_cli, warmup), 0,
         TD_MOST_RUNS},
	{"--pairs", "N", "timed pairs of runs; 0 compares results only", SET_INT,
         offsetof(td_cli, pairs), 0, TD_MAX_PAIRS},
	{"--budget", "SECONDS",
         "time for pairs, which end earlier when the interval is narrow (60)", SET_REAL,
         offsetof(td_cli, budget), 0.1},
	{"--seconds", "S", "of samples, in one worker (0.5)", SET_REAL, offsetof(td_cli, seconds),
         0},
	{"--impl", "NODE=IMPL",
         "an impl other than the default, if there is one; native: on the host", ADD_IMPL},
	{"--gate", "CONDITION",
         "fails unless it holds: agree, bit_identical, 'speedup>=1.5', 'norm_rel<=1e-6' …",
         ADD_GATE},
	{"--against", "SESSION", "is it slower than in that session of the database?", SET_INT,
         offsetof(td_cli, against), 1},
	{"--junit", "FILE", "writes the gates and every step's agreement as JUnit XML", SET_TEXT,
         offsetof(td_cli, junit)},
	{"--reduce", "DIR",
         "if a step fails: writes it alone, its inputs and results, and the command that shows it",
         SET_TEXT, offsetof(td_cli, reduce)},
	{"--out", "DIR",
         "writes every output to DIR/<output>.npy, and DIR/run.json; of FILE.safetensors, all to "
         "one "
         "file",
         SET_TEXT, offsetof(td_cli, out)},
	{"-o", "FILE", "writes to a file instead of stdout", SET_TEXT, offsetof(td_cli, output)},
	{"--db", "FILE", "the database ($TANDEM_DB, else tandem.db)", SET_TEXT,
         offsetof(td_cli, db)},
	{"--no-db", NULL, "records nothing", SET_FLAG, offsetof(td_cli, no_db)},
	{"--format", "FORMAT", "of the answer; `json` is always one", SET_TEXT,
         offsetof(td_cli, format)},
	{"--profile", "FILE", "a device profile instead of a device", SET_TEXT,
         offsetof(td_cli, profile)},
	{"--write-profile", "FILE", "writes the device's profile, for `plan --profile` elsewhere",
         SET_TEXT, offsetof(td_cli, write_profile)},
	{"--oracle-flops", "N", "steps that cost more are not put to the oracle (2e9)", SET_REAL,
         offsetof(td_cli, oracle_flops), 1},
	{"--grad", NULL, "tries gradient rules against differences of ref instead", SET_FLAG,
         offsetof(td_cli, grad)},
	{"--strict", NULL, "warnings count as errors", SET_FLAG, offsetof(td_cli, strict)},
	{"--guard", NULL, "puts guard zones around every buffer and looks at them after every step",
         SET_FLAG, offsetof(td_cli, guard)},
	{"--plugin", "FILE", "loads nodes from a shared object", ADD_PLUGIN},
	{"--quiet", NULL, "says nothing but errors", SET_FLAG, offsetof(td_cli, quiet)},
};

static const option *find_option(const char *name)
{
	for (size_t i = 0; i < TD_COUNT(options); i++)
		if (td_same(options[i].name, name))
			return &options[i];
	return NULL;
}

/* Does the command take it? --plugin and --quiet fit everywhere. */
static bool allowed(const td_command *cmd, const option *o)
{
	if (o->act == ADD_PLUGIN || td_same(o->name, "--quiet"))
		return true;
	size_t n = strlen(o->name);
	for (const char *at = cmd->options; *at; at += strcspn(at, " "), at += strspn(at, " "))
		if (strcspn(at, " ") == n && strncmp(at, o->name, n) == 0)
			return true;
	return false;
}

static const char *option_name(const void *arg, int i)
{
	(void)arg;
	return options[i].name;
}

static bool unknown(const td_command *cmd, const char *name, td_err *e)
{
	const char *close = find_option(name)
	                            ? NULL
	                            : td_closest(name, (int)TD_COUNT(options), option_name, NULL);
	return td_fail(e, TD_E_USAGE, "%s takes no option %s%s%s; `tandem %s --help` lists them",
	               cmd->name, name, close ? ", did you mean " : "", close ? close : "",
	               cmd->name);
}

static bool set_number(td_cli *c, const option *o, const char *value, td_err *e)
{
	int64_t i;
	double r;
	char *field = (char *)c + o->offset;
	if (o->act == SET_INT) {
		if (!td_read_int(value, &i) || (double)i < o->min || (o->max && i > o->max))
			return td_fail(e, TD_E_USAGE,
			               "%s takes a whole number from %s%s%s, not \"%s\"", o->name,
			               td_number_text(o->min).text, o->max ? " to " : "",
			               o->max ? td_number_text((double)o->max).text : "", value);
		memcpy(field, &i, sizeof i);
		return true;
	}
	if (!td_read_real(value, &r) || !(r >= o->min))
		return td_fail(e, TD_E_USAGE, "%s takes a number from %s, not \"%s\"", o->name,
		               td_number_text(o->min).text, value);
	memcpy(field, &r, sizeof r);
	return true;
}

static bool add_param(td_cli *c, const char *name, const char *value, td_err *e)
{
	if (c->n_params == TD_CLI_MAX)
		return td_fail(e, TD_E_USAGE, "more than %d parameters", TD_CLI_MAX);
	c->params[c->n_params++] = (td_option){name, value};
	return true;
}

static bool add_pair(td_cli *c, const char *text, td_err *e)
{
	const char *eq = strchr(text, '=');
	if (!eq || eq == text)
		return td_fail(e, TD_E_USAGE, "-p takes NAME=VALUE, not \"%s\"", text);
	return add_param(c, td_arena_strndup(&c->arena, text, (size_t)(eq - text)), eq + 1, e);
}

static bool add_seed(td_cli *c, const char *text, td_err *e)
{
	int64_t seed;
	if (!td_read_int(text, &seed) || seed < 0)
		return td_fail(e, TD_E_USAGE, "--seed takes a whole number from 0, not \"%s\"",
		               text);
	return add_param(c, "seed", text, e);
}

/* "a,b" to two devices; "cpu,cpu" is fine. */
static bool add_devices(td_cli *c, const char *text, td_err *e)
{
	for (const char *at = text;; at++) {
		size_t n = strcspn(at, ",");
		if (!n || c->n_on == 8)
			return td_fail(e, TD_E_USAGE,
			               n ? "--on takes at most 8 devices"
			                 : "--on holds an empty name: \"%s\"",
			               text);
		c->on[c->n_on++] = td_arena_strndup(&c->arena, at, n);
		at += n;
		if (!*at)
			return true;
	}
}

/* `value` is never NULL. */
static bool apply(td_cli *c, const option *o, const char *value, td_err *e)
{
	switch (o->act) {
	case SET_TEXT:
		memcpy((char *)c + o->offset, &value, sizeof value);
		return true;
	case ADD_PARAM:
		return add_pair(c, value, e);
	case ADD_SEED:
		return add_seed(c, value, e);
	case ADD_ON:
		return add_devices(c, value, e);
	case ADD_IMPL:
		if (!strchr(value, '=') || c->n_impls == TD_CLI_MAX)
			return td_fail(e, TD_E_USAGE, "--impl takes NODE=IMPL, not \"%s\"", value);
		c->impls[c->n_impls++] = value;
		return true;
	case ADD_GATE:
		if (c->n_gates == TD_CLI_MAX)
			return td_fail(e, TD_E_USAGE, "more than %d gates", TD_CLI_MAX);
		return td_gate_parse(value, &c->gates[c->n_gates++], e);
	case ADD_PLUGIN:
		return td_registry_load(&c->registry, value, e);
	case SET_INT:
	case SET_REAL:
	case SET_FLAG:
	default:
		return set_number(c, o, value, e);
	}
}

/* Which of two would count? */
static bool check_impls(const td_cli *c, td_err *e)
{
	for (int i = 0; i < c->n_impls; i++) {
		size_t n = strcspn(c->impls[i], "=") + 1;
		for (int k = 0; k < i; k++)
			if (strncmp(c->impls[i], c->impls[k], n) == 0)
				return td_fail(e, TD_E_USAGE,
				               "--impl %s comes after --impl %s: one a node",
				               c->impls[i], c->impls[k]);
	}
	return true;
}

static void keep_line(td_cli *c, const char *command, int argc, char **argv)
{
	td_str line = {0};
	td_str_addf(&line, "tandem %s", command);
	for (int i = 0; i < argc; i++)
		td_str_add_word(&line, argv[i]);
	c->arguments = td_arena_strdup(&c->arena, line.data);
	td_str_fini(&line);
}

/* One option at argv[*i], "--name value" or "--name=value". */
static bool parse_option(td_cli *c, const td_command *cmd, int argc, char **argv, int *i, td_err *e)
{
	const char *eq = td_starts(argv[*i], "--") ? strchr(argv[*i], '=') : NULL;
	const char *name =
		eq ? td_arena_strndup(&c->arena, argv[*i], (size_t)(eq - argv[*i])) : argv[*i];
	const option *o = find_option(name);
	if (!o || !allowed(cmd, o))
		return unknown(cmd, name, e);
	const char *value = eq ? eq + 1 : NULL;
	if (!o->value) {
		*((bool *)((char *)c + o->offset)) = true;
		return !value || td_fail(e, TD_E_USAGE, "%s takes no value", o->name);
	}
	if (!value && *i + 1 < argc)
		value = argv[++*i];
	if (!value)
		return td_fail(e, TD_E_USAGE, "%s needs a value: %s %s", o->name, o->name,
		               o->value);
	return apply(c, o, value, e);
}

bool td_cli_parse(td_cli *c, const td_command *cmd, int argc, char **argv, td_err *e)
{
	bool options_end = false;
	c->repeat = 1;
	c->pairs = -1;
	c->command = cmd->name;
	keep_line(c, cmd->name, argc, argv);
	for (int i = 0; i < argc; i++) {
		if (!options_end && td_same(argv[i], "--")) {
			options_end = true;
		} else if (!options_end && argv[i][0] == '-' && argv[i][1]) {
			if (!parse_option(c, cmd, argc, argv, &i, e))
				return false;
		} else if (c->n_args == TD_CLI_MAX) {
			return td_fail(e, TD_E_USAGE, "more than %d arguments", TD_CLI_MAX);
		} else {
			c->args[c->n_args++] = argv[i];
		}
	}
	if (c->n_args < cmd->min_args || c->n_args > cmd->max_args)
		return td_fail(e, TD_E_USAGE, "usage: tandem %s %s", cmd->name, cmd->usage);
	if (c->db && c->no_db)
		return td_fail(e, TD_E_USAGE, "--db and --no-db exclude each other");
	td_log_quiet(c->quiet);
	return check_impls(c, e);
}

void td_cli_help(const td_command *cmd)
{
	if (!cmd) {
		puts("tandem: numeric pipelines proved, run, compared and remembered\n");
		for (const td_command *x = td_commands; x->name && x->doc; x++)
			printf("  tandem %-10s %s\n", x->name, x->doc);
		puts("\n`tandem COMMAND --help` says more. Exit codes: 0 ok, 1 disagreement, 2 "
		     "usage or a failed check,\n"
		     "3 undecided, 4 device or resource, 5 input data.");
		return;
	}
	printf("usage: tandem %s %s\n\n%s\n\n", cmd->name, cmd->usage,
	       cmd->doc ? cmd->doc : "One timed run, for `tandem compare`.");
	for (size_t i = 0; i < TD_COUNT(options); i++)
		if (allowed(cmd, &options[i])) {
			char left[40];
			td_clip(left, sizeof left, "%s %s", options[i].name,
			        options[i].value ? options[i].value : "");
			printf("  %-22s %s\n", left, options[i].doc);
		}
}
