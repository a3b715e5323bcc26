/* Findings as JSON ("tandem/check/1") and as SARIF 2.1.0 (OASIS). */
#include "build.h"
#include "diag_place.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* -- strings -------------------------------------------------------------- */

/* Length of the UTF-8 character at `s`, 0 when there is none (RFC 3629). */
static size_t utf8_length(const unsigned char *s)
{
	size_t n = s[0] < 0x80                    ? 1
	           : s[0] >= 0xC2 && s[0] <= 0xDF ? 2
	           : (s[0] & 0xF0) == 0xE0        ? 3
	           : s[0] >= 0xF0 && s[0] <= 0xF4 ? 4
	                                          : 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xC0) != 0x80)
			return 0;
	if ((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F) ||
	    (s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] > 0x8F))
		return 0;
	return n;
}

/* A JSON string; bytes that are no UTF-8 become U+FFFD. NULL becomes null. */
static json_t *string_n(const char *s, size_t n)
{
	td_str clean = {0};
	for (size_t i = 0; i < n;) {
		unsigned char c[4] = {0};
		memcpy(c, s + i, n - i < 4 ? n - i : 4);
		size_t k = utf8_length(c);
		td_str_add_n(&clean, k ? s + i : "\xEF\xBF\xBD", k ? k : 3);
		i += k ? k : 1;
	}
	json_t *j = json_stringn(td_str_text(&clean), clean.n);
	td_str_fini(&clean);
	return j;
}

static json_t *string(const char *s)
{
	return s ? string_n(s, strlen(s)) : json_null();
}

static void put(json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value) != 0)
		td_out_of_memory(0);
}

static void append(json_t *array, json_t *value)
{
	if (json_array_append_new(array, value) != 0)
		td_out_of_memory(0);
}

/* { "text": … }, the form of every SARIF message */
static json_t *message(json_t *text)
{
	json_t *m = json_object();
	put(m, "text", text);
	return m;
}

static void write_json(json_t *root, td_str *out)
{
	char *text = json_dumps(root, JSON_INDENT(2));
	if (!text)
		td_out_of_memory(0);
	td_str_add(out, text);
	td_str_add(out, "\n");
	free(text);
	json_decref(root);
}

/* -- fingerprints --------------------------------------------------------- */

/* How often each (rule, path) came before. */
typedef struct {
	td_arena arena;
	td_intern keys;
	int *seen;
	int cap;
} prints;

/* SHA-256 of rule and path: stays when lines move. The second of one rule and path ends in ":2". */
static json_t *fingerprint(prints *p, const td_diag *x)
{
	const char *path = x->path ? x->path : x->at.file ? x->at.file : "";
	td_str key = {0};
	td_str_addf(&key, "%s\n%s", x->rule->id, path);
	int i = td_intern_add_text(&p->arena, &p->keys, key.data);
	p->seen = td_arena_grow(&p->arena, p->seen, i, &p->cap, sizeof *p->seen);
	td_sha256 sha = td_sha256_text(key.data);
	td_str_fini(&key);
	return ++p->seen[i] == 1 ? json_string(sha.hex)
	                         : json_sprintf("%s:%d", sha.hex, p->seen[i]);
}

/* -- JSON ----------------------------------------------------------------- */

static json_t *finding_json(const td_diag *x, td_lines *lines, prints *prints_of)
{
	td_place_of p = td_diag_place(lines, x);
	json_t *f = json_object(), *related = json_array();
	put(f, "rule", json_string(x->rule->id));
	put(f, "level", json_string(td_level_name(x->level)));
	put(f, "title", json_string(x->rule->title));
	put(f, "message", string(x->text));
	put(f, "fix", string(x->fix));
	put(f, "file", string(x->at.file));
	put(f, "line", json_integer(x->at.line));
	put(f, "column", json_integer(p.col));
	put(f, "path", string(x->path));
	put(f, "fingerprint", fingerprint(prints_of, x));
	if (x->other_text) {
		json_t *other = json_object();
		put(other, "message", string(x->other_text));
		put(other, "file", string(x->other.file));
		put(other, "line", json_integer(x->other.line));
		append(related, other);
	}
	put(f, "related", related);
	return f;
}

void td_diags_json(const td_diags *d, const td_graph *g, td_str *out)
{
	td_lines lines = {.g = g};
	prints p = {0};
	json_t *root = json_object(), *findings = json_array();
	put(root, "schema", json_string("tandem/check/1"));
	put(root, "errors", json_integer(d->errors));
	put(root, "warnings", json_integer(d->warnings));
	for (int i = 0; i < d->n; i++)
		append(findings, finding_json(&d->items[i], &lines, &p));
	put(root, "findings", findings);
	write_json(root, out);
	td_arena_fini(&p.arena);
}

/* -- SARIF ---------------------------------------------------------------- */

static const char *sarif_level(td_level level)
{
	return level == TD_INFO ? "note" : td_level_name(level);
}

/* A path as a URI reference: relative ones stay relative. */
static json_t *uri(const char *path)
{
	td_str s = {0};
	td_str_add(&s, path[0] == '/' ? "file://" : "");
	for (; *path; path++) {
		unsigned char c = (unsigned char)*path;
		if (c < 128 && (isalnum(c) || strchr("-._~/", c)))
			td_str_addf(&s, "%c", c);
		else
			td_str_addf(&s, "%%%02X", c);
	}
	json_t *location = json_object();
	put(location, "uri", json_string(td_str_text(&s)));
	td_str_fini(&s);
	return location;
}

/* SARIF counts characters; bytes before byte number `col` (from 1) of the line. */
static int characters(const td_place_of *p, int col)
{
	int n = 1;
	for (int i = 0; i < col - 1; i++)
		n += !p->line || (size_t)i >= p->n_line ||
		     ((unsigned char)p->line[i] & 0xC0) != 0x80;
	return n;
}

static json_t *region(const td_diag *x, const td_place_of *p)
{
	json_t *r = json_object();
	put(r, "startLine", json_integer(x->at.line));
	put(r, "startColumn", json_integer(characters(p, p->col)));
	put(r, "endColumn", json_integer(characters(p, p->col + p->n_marked)));
	return r;
}

/* A location; `area` may be NULL and is taken over. */
static json_t *location(const char *file, json_t *area)
{
	json_t *physical = json_object(), *l = json_object();
	put(physical, "artifactLocation", uri(file));
	if (area)
		put(physical, "region", area);
	put(l, "physicalLocation", physical);
	return l;
}

static json_t *related_location(const td_diag *x)
{
	json_t *area = NULL;
	if (x->other.line > 0) {
		area = json_object();
		put(area, "startLine", json_integer(x->other.line));
	}
	json_t *l = location(x->other.file, area);
	put(l, "message", message(string(x->other_text)));
	return l;
}

/* The replacement of one word by another. */
static json_t *replacement(const td_diag *x, const td_place_of *p)
{
	json_t *r = json_object(), *list = json_array(), *change = json_object(),
	       *changes = json_array(), *fix = json_object();
	put(r, "deletedRegion", region(x, p));
	put(r, "insertedContent", message(string_n(p->better, p->n_better)));
	append(list, r);
	put(change, "artifactLocation", uri(x->at.file));
	put(change, "replacements", list);
	append(changes, change);
	put(fix, "description", message(string(x->fix)));
	put(fix, "artifactChanges", changes);
	return fix;
}

/* What has no place of its own is part of the message: a note without a file, a fix that no editor
 * can make. */
static json_t *result_message(const td_diag *x, const td_place_of *p)
{
	td_str s = {0};
	td_str_add(&s, x->text);
	if (x->other_text && !x->other.file)
		td_str_addf(&s, "\nnote: %s", x->other_text);
	if (x->fix && !p->better)
		td_str_addf(&s, "\nfix: %s", x->fix);
	json_t *m = message(string(s.data));
	td_str_fini(&s);
	return m;
}

static json_t *one(json_t *item)
{
	json_t *list = json_array();
	append(list, item);
	return list;
}

static json_t *result(const td_diag *x, td_lines *lines, prints *prints_of)
{
	int n;
	td_place_of p = td_diag_place(lines, x);
	json_t *r = json_object(), *print = json_object();
	put(r, "ruleId", json_string(x->rule->id));
	put(r, "ruleIndex", json_integer(x->rule - td_rules(&n)));
	put(r, "level", json_string(sarif_level(x->level)));
	put(r, "message", result_message(x, &p));
	if (x->at.file)
		put(r, "locations",
		    one(location(x->at.file, x->at.line > 0 ? region(x, &p) : NULL)));
	if (x->other_text && x->other.file)
		put(r, "relatedLocations", one(related_location(x)));
	put(print, "tandem/1", fingerprint(prints_of, x));
	put(r, "partialFingerprints", print);
	if (p.better && x->at.file)
		put(r, "fixes", one(replacement(x, &p)));
	return r;
}

static json_t *driver(void)
{
	int n;
	const td_rule *rules = td_rules(&n);
	json_t *d = json_object(), *list = json_array();
	for (int i = 0; i < n; i++) {
		json_t *r = json_object(), *configuration = json_object();
		put(r, "id", json_string(rules[i].id));
		put(r, "shortDescription", message(string(rules[i].title)));
		put(r, "fullDescription", message(string(rules[i].cause)));
		put(r, "help", message(string(rules[i].cure)));
		put(configuration, "level", json_string(sarif_level(rules[i].level)));
		put(r, "defaultConfiguration", configuration);
		append(list, r);
	}
	put(d, "name", json_string("tandem"));
	put(d, "version", json_string(TD_VERSION));
	put(d, "rules", list);
	return d;
}

void td_diags_sarif(const td_diags *d, const td_graph *g, td_str *out)
{
	td_lines lines = {.g = g};
	prints p = {0};
	json_t *root = json_object(), *run = json_object(), *tool = json_object(),
	       *results = json_array();
	for (int i = 0; i < d->n; i++)
		append(results, result(&d->items[i], &lines, &p));
	put(tool, "driver", driver());
	put(run, "tool", tool);
	put(run, "columnKind", json_string("unicodeCodePoints"));
	put(run, "results", results);
	put(root, "$schema", json_string("https://json.schemastore.org/sarif-2.1.0.json"));
	put(root, "version", json_string("2.1.0"));
	put(root, "runs", one(run));
	write_json(root, out);
	td_arena_fini(&p.arena);
}
