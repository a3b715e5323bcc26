/* env.h: the machine, the program and its libraries, as facts for the record. Layer 6.
 *
 * Facts stay the same from one command to the next unless something that may change results or
 * times has changed: no load, no free memory, no process number. */
#ifndef TD_DB_ENV_H
#define TD_DB_ENV_H

#include "base/arena.h"
#include "base/hash.h"

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

/* Sorted by field. The host's name is in it as a hash only; of the environment variables those that
 * OpenCL drivers, BLAS libraries and tandem read. */
void td_env_collect(td_arena *a, td_facts *f);

#endif
