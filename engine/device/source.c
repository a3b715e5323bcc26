/* source.c: one text out of the sources of many impls. Layer 3.
 *
 * `#include "x"` is put in place from the files that are embedded in the program: x beside the file
 * that asks, else under nodes/. A header comes once in a program; a template, named *_body.h, comes
 * each time. Conditionals are not looked at: an #include in an #if counts. #line directives keep the
 * compiler's messages true. $TANDEM_KERNELS/x is read instead of nodes/x where it exists. */
#include "inner.h"

#include "../base/embed.h"
#include "../base/file.h"
#include "../base/log.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DEEPEST = 16, LARGEST = 16 << 20 };

/* One file on its way into the text. */
typedef struct {
	const char *path;  /* under nodes/: "graph/corr.cl" */
	const char *shown; /* in #line: "nodes/graph/corr.cl" */
	const char *at;    /* what is left of its text */
	bool own;          /* of TANDEM_KERNELS */
	int line;          /* lines read */
} reading;

typedef struct {
	const char **items;
	int n, cap;
} strings;

typedef struct {
	td_arena arena;
	td_str *out;
	const char *folder; /* TANDEM_KERNELS or NULL */
	reading stack[DEEPEST];
	int depth;
	strings seen;  /* paths of headers that are in */
	strings noted; /* files of TANDEM_KERNELS that were spoken of */
} assembly;

/* Is the text in the list? Else it is from now on. */
static bool listed(assembly *a, strings *list, const char *text)
{
	for (int i = 0; i < list->n; i++)
		if (td_same(list->items[i], text))
			return true;
	TD_PUSH(&a->arena, *list, text);
	return false;
}

/* The file of TANDEM_KERNELS for `path`; *text stays NULL when there is none. */
static bool read_override(assembly *a, const char *path, reading *r, td_err *e)
{
	char *file = td_path_join(a->folder, path), *text = NULL;
	size_t n;
	bool ok = true;
	if (td_file_exists(file)) {
		ok = td_file_read(file, LARGEST, &text, &n, e);
		if (ok) {
			r->shown = td_arena_strdup(&a->arena, file);
			r->at = td_arena_strndup(&a->arena, text, n);
			r->own = true;
		}
	}
	free(text);
	free(file);
	return ok;
}

/* Finds nodes/path; r->at stays NULL when there is no such file. */
static bool find(assembly *a, const char *path, reading *r, td_err *e)
{
	*r = (reading){.path = path};
	if (a->folder && !read_override(a, path, r, e))
		return td_within(e, "TANDEM_KERNELS");
	if (r->at)
		return true;
	r->shown = td_arena_printf(&a->arena, "nodes/%s", path);
	const td_embedded *f = td_embedded_find(r->shown);
	r->at = f ? f->text : NULL;
	return true;
}

static bool push(assembly *a, const reading *r, td_err *e)
{
	if (a->depth == DEEPEST)
		return td_fail(e, TD_E_USAGE, "TD0803: %s: includes are nested more than %d deep",
		               r->shown, DEEPEST);
	if (r->own && !listed(a, &a->noted, r->shown))
		td_note("kernels: %s is used instead of what is built in", r->shown);
	a->stack[a->depth++] = *r;
	td_str_addf(a->out, "#line 1 \"%s\"\n", r->shown);
	return true;
}

/* Behind `word`, where it follows after blanks; else NULL. */
static const char *past(const char *p, const char *end, const char *word)
{
	size_t n = strlen(word);
	while (p && p < end && (*p == ' ' || *p == '\t'))
		p++;
	return p && (size_t)(end - p) >= n && memcmp(p, word, n) == 0 ? p + n : NULL;
}

/* The x of `#include "x"`, or NULL for any other line. */
static const char *included(assembly *a, const char *line, size_t n)
{
	const char *end = line + n;
	const char *name = past(past(past(line, end, "#"), end, "include"), end, "\"");
	const char *quote = name ? memchr(name, '"', (size_t)(end - name)) : NULL;
	return quote ? td_arena_strndup(&a->arena, name, (size_t)(quote - name)) : NULL;
}

/* "graph" of "graph/corr.cl". */
static const char *folder_of(assembly *a, const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash ? td_arena_strndup(&a->arena, path, (size_t)(slash - path)) : "";
}

static bool include(assembly *a, const char *name, td_err *e)
{
	const reading *from = &a->stack[a->depth - 1];
	const char *folder = folder_of(a, from->path);
	reading r = {0};
	if (*folder && !find(a, td_arena_printf(&a->arena, "%s/%s", folder, name), &r, e))
		return false;
	if (!r.at && !find(a, name, &r, e))
		return false;
	if (!r.at)
		return td_fail(
			e, TD_E_USAGE,
			"TD0803: %s:%d: no file \"%s\" to include%s%s%s; kernels can include "
			"what is under nodes/ only",
			from->shown, from->line, name, *folder ? " in nodes/" : "", folder,
			*folder ? "/ or nodes/" : " in nodes/");
	if (!td_ends(r.path, "_body.h") && listed(a, &a->seen, r.path)) {
		td_str_add(a->out, "\n");
		return true;
	}
	return push(a, &r, e);
}

/* The file on top is at its end: back to the one that asked for it. */
static void pop(assembly *a)
{
	if (--a->depth == 0)
		return;
	const reading *r = &a->stack[a->depth - 1];
	td_str_addf(a->out, "#line %d \"%s\"\n", r->line + 1, r->shown);
}

static bool next_line(assembly *a, td_err *e)
{
	reading *r = &a->stack[a->depth - 1];
	const char *line = r->at;
	size_t n = strcspn(line, "\n");
	r->at += n + (line[n] != '\0');
	r->line++;
	const char *name = included(a, line, n);
	if (name)
		return include(a, name, e);
	td_str_add_n(a->out, line, n);
	td_str_add(a->out, "\n");
	return true;
}

static bool add_impl(assembly *a, const td_impl *impl, td_err *e)
{
	reading r = {.path = impl->source, .shown = impl->source, .at = impl->text};
	if (!r.at && !find(a, impl->source, &r, e))
		return false;
	if (!r.at)
		return td_fail(e, TD_E_USAGE, "TD0803: %s: no such kernel file in the program",
		               r.shown);
	if (!push(a, &r, e))
		return false;
	while (a->depth) {
		if (*a->stack[a->depth - 1].at == '\0')
			pop(a);
		else if (!next_line(a, e))
			return false;
	}
	return true;
}

bool td_source_assemble(const td_impl *const *impls, int n, td_str *out, td_err *e)
{
	assembly a = {.out = out, .folder = getenv("TANDEM_KERNELS")};
	struct stat st;
	bool ok = true;
	if (a.folder && !*a.folder)
		a.folder = NULL;
	if (a.folder && (stat(a.folder, &st) != 0 || !S_ISDIR(st.st_mode)))
		return td_fail(e, TD_E_USAGE,
		               "TANDEM_KERNELS is \"%s\", which is no folder: the kernels that are "
		               "built in would be used",
		               a.folder);
	for (int i = 0; i < n && ok; i++)
		ok = add_impl(&a, impls[i], e);
	td_arena_fini(&a.arena);
	return ok;
}
