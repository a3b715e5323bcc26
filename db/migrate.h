/* migrate.h: brings a database to this tandem's schema. Layer 6.
 *
 * Migrations are the files db/migrations/NNNN_what.sql, numbered from 0001 without gaps, embedded in
 * the program. PRAGMA user_version says how many a database has had. */
#ifndef TD_DB_MIGRATE_H
#define TD_DB_MIGRATE_H

#include "sql_inner.h"

typedef struct {
	const char *name, *sql;
} td_migration;

/* Those of the program, in order; the list lives in the arena. */
const td_migration *td_migrations(td_arena *a, int *n);

/* Applies the migrations that the database has not had, each in a transaction of its own: one that
 * fails leaves the schema of the one before it. Other programs may be migrating the same file. */
TD_MUST_USE bool td_migrate(const td_sql *q, const td_migration *list, int n, td_err *e);

#endif
