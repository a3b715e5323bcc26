/* env.h: the machine, the program and its libraries, as facts for the record. Layer 6.
 *
 * An environment stays the same from one command to the next unless something has changed that may
 * change results or times; what changes by itself is state, and is recorded with each run. */
#ifndef TD_DB_ENV_H
#define TD_DB_ENV_H

#include "base/arena.h"
#include "base/hash.h"
#include "base/process.h"

typedef struct {
	const char *field, *value;
} td_fact;

/* A growing list of facts; {0} is empty. Text is copied into the arena. */
typedef struct {
	td_fact *items;
	int n, cap;
} td_facts;

/* Adds a fact; a NULL or empty value is left out, newlines at the end too. */
void td_facts_add(td_arena *a, td_facts *f, const char *field, const char *value);
/* SHA-256 of all fields and values, in their order. */
td_sha256 td_facts_sha256(const td_facts *f);

/* What the machine, the program and its libraries are. Sorted by field. The host's name is in it as a
 * hash only; of the environment variables those that OpenCL drivers, BLAS libraries and tandem read. */
void td_env_collect(td_arena *a, td_facts *f);

/* What changes from moment to moment: load, free memory, clock. Known by the name of the field. */
void td_env_state(td_arena *a, td_facts *f);
bool td_env_is_state(const char *field);

/* The state of the pipeline's code. */
typedef struct {
	td_process status, difference; /* git at work, until it has answered */
	const char *folder;            /* as the pipeline was given: "pipelines" */
	const char *commit;            /* HEAD; NULL: no repository, or no git */
	bool dirty;
	const char *diff; /* dirty: what `git status` and `git diff HEAD` say of that folder */
} td_git;

/* Asks git about the folder (git.c), which answers while the work goes on. Every question wants its answer. */
void td_env_git_ask(td_arena *a, const char *folder, td_git *g);
/* Files that git does not know are named in the diff, not shown. Once only: later calls change nothing. */
void td_env_git_answer(td_arena *a, td_git *g);

#endif
