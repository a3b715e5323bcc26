/* git.c: commit and changes of the folder that a pipeline lies in. Layer 6. */
#include "env.h"

#include "base/process.h"

#include <string.h>

enum { LARGEST = 1 << 20 }; /* of an answer, a diff say */

/* `git -C folder …`, at work. */
static td_process start(const char *folder, const char *const *words, int n)
{
	const char *argv[12] = {"git", "--no-optional-locks", "-C", folder};
	for (int i = 0; i < n; i++)
		argv[4 + i] = words[i];
	return td_process_start(argv);
}

#define START(folder, ...)                                \
	start(folder, (const char *const[]){__VA_ARGS__}, \
	      (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)))

/* What it says, without the newline at its end; NULL when it fails. */
static const char *end(td_arena *a, td_process *p)
{
	td_str s = {0};
	const char *text = NULL;
	if (td_process_end(p, LARGEST, &s)) {
		if (s.n == LARGEST)
			td_str_addf(&s, "\n(the rest is left out: only %d bytes are kept)",
			            LARGEST);
		while (s.n && s.data[s.n - 1] == '\n')
			s.n--;
		text = td_arena_strndup(a, s.n ? s.data : "", s.n);
	}
	td_str_fini(&s);
	return text;
}

/* The rest of the line that begins with `key`, or NULL. */
static const char *after(td_arena *a, const char *text, const char *key)
{
	const char *at = strstr(text, key);
	return at ? td_arena_strndup(a, at + strlen(key), strcspn(at + strlen(key), "\n")) : NULL;
}

void td_env_git_ask(td_arena *a, const char *folder, td_git *g)
{
	*g = (td_git){.folder = td_arena_strdup(a, folder)};
	g->status = START(folder, "status", "--porcelain=v2", "--branch", "--", ".");
	g->difference = START(folder, "diff", "--no-color", "--no-ext-diff", "HEAD", "--",
	                      "."); /* of now, not of the end */
}

void td_env_git_answer(td_arena *a, td_git *g)
{
	if (!g->status.pid && !g->difference.pid)
		return;
	const char *status = end(a, &g->status), *diff = end(a, &g->difference);
	const char *commit = status ? after(a, status, "# branch.oid ") : NULL;
	if (!commit || *commit == '(') /* (initial) */
		return;
	g->commit = commit;
	while (*status == '#') { /* the rest is changes */
		status += strcspn(status, "\n");
		status += *status == '\n';
	}
	g->dirty = *status != '\0';
	if (g->dirty)
		g->diff = td_arena_printf(a, "%s\n%s\n", status, diff ? diff : "");
}
