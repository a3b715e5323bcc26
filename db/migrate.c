#include "migrate.h"

#include "base/embed.h"
#include "base/str.h"

#include <string.h>

const td_migration *td_migrations(td_arena *a, int *n)
{
	static const char folder[] = "db/migrations/";
	struct {
		td_migration *items;
		int n, cap;
	} list = {0};
	for (const td_embedded *f = td_embedded_files; f->path; f++)
		if (td_starts(f->path, folder))
			TD_PUSH(a, list, ((td_migration){f->path + strlen(folder), f->text}));
	*n = list.n;
	return list.items;
}

static bool apply(const td_sql *q, const td_migration *m, int version, td_err *e)
{
	char mark[64];
	td_clip(mark, sizeof mark, "PRAGMA user_version = %d", version);
	return (td_sql_exec(q, m->sql, e) && td_sql_exec(q, mark, e)) ||
	       td_within(e, "migration %s", m->name);
}

/* One migration, chosen inside the transaction: another program may have been faster. */
static bool migrate_once(const td_sql *q, const td_migration *list, int n, bool *done, td_err *e)
{
	td_sql_mark m;
	if (!td_sql_exec(q, "BEGIN IMMEDIATE", e))
		return false;
	bool ok = td_sql_look(q, &m, e);
	*done = ok && m.version >= n;
	if (ok && !*done)
		ok = apply(q, &list[m.version], (int)m.version + 1, e);
	if (ok && td_sql_exec(q, "COMMIT", e))
		return true;
	sqlite3_exec(q->db, "ROLLBACK", NULL, NULL, NULL); /* the error that counts is kept */
	return false;
}

bool td_migrate(const td_sql *q, const td_migration *list, int n, td_err *e)
{
	bool done = false;
	while (!done)
		if (!migrate_once(q, list, n, &done, e))
			return false;
	return true;
}
