/* git.c: commit and changes of the folder that a pipeline lies in. Layer 6. */
#include "env.h"

#include "base/process.h"

#include <string.h>

enum { LARGEST = 1 << 20 }; /* of a diff */

/* Output of `git -C folder …`, without the newline at its end; NULL when it fails. */
static const char *ask(td_arena *a, const char *folder, const char *const *words, int n)
{
	const char *argv[12] = {"git", "--no-optional-locks", "-C", folder};
	td_str s = {0};
	for (int i = 0; i < n; i++)
		argv[4 + i] = words[i];
	const char *text = NULL;
	if (td_process_read(argv, LARGEST, &s)) {
		while (s.n && s.data[s.n - 1] == '\n')
			s.n--;
		text = td_arena_strndup(a, s.n ? s.data : "", s.n);
	}
	td_str_fini(&s);
	return text;
}

#define ASK(a, folder, ...)                                \
	ask(a, folder, (const char *const[]){__VA_ARGS__}, \
	    (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)))

/* The rest of the line that begins with `key`, or NULL. */
static const char *after(td_arena *a, const char *text, const char *key)
{
	const char *at = strstr(text, key);
	return at ? td_arena_strndup(a, at + strlen(key), strcspn(at + strlen(key), "\n")) : NULL;
}

/* One process where nothing has changed: it takes milliseconds. */
void td_env_git(td_arena *a, const char *folder, td_git *g)
{
	*g = (td_git){0};
	const char *status = ASK(a, folder, "status", "--porcelain=v2", "--branch", "--", ".");
	const char *commit = status ? after(a, status, "# branch.oid ") : NULL;
	if (!commit || *commit == '(') /* (initial) */
		return;
	g->commit = commit;
	g->folder = td_arena_strdup(a, folder);
	while (*status == '#') { /* the rest is changes */
		status += strcspn(status, "\n");
		status += *status == '\n';
	}
	g->dirty = *status != '\0';
	if (!g->dirty)
		return;
	const char *diff = ASK(a, folder, "diff", "HEAD", "--", ".");
	g->diff = td_arena_printf(a, "%s\n%s\n", status, diff ? diff : "");
}
