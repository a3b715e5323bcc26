/* Unit tests of check/diag.c and the writers of findings. */
#include "tempdir.h"
#include "testing.h"

#include "base/file.h"
#include "check/diag.h"
#include "nodes.h"

#include <glob.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static const char source[] = "local t = require \"tandem\"\n"
			     "\n"
			     "\tlocal e = t.graph.knn { x, kk = 3 }\n"
			     "local f = t.graph.corr { y }  -- f\xC3\xBCnf \"kk\" kk\n"
			     "return { edge_src = e.src }";

typedef struct {
	td_registry registry;
	td_graph *g;
	td_diags d;
} fixture;

static int set_up(void **state)
{
	static fixture f;
	f = (fixture){.d = {.strict = false}};
	test_registry(&f.registry);
	f.g = td_graph_new(&f.registry, "pipe");
	td_graph_source(f.g, "p.lua", source, sizeof source - 1);
	*state = &f;
	return 0;
}

static int tear_down(void **state)
{
	fixture *f = *state;
	td_diags_fini(&f->d);
	td_graph_free(f->g);
	td_registry_fini(&f->registry);
	return 0;
}

static td_origin at(int line, int col)
{
	return (td_origin){"p.lua", line, col};
}

static void text_is(fixture *f, const char *want)
{
	td_str s = {0};
	td_diags_text(&f->d, f->g, false, &s);
	assert_text(&s, want);
}

/* -- rules ---------------------------------------------------------------- */

static void rules(void **state)
{
	(void)state;
	int n;
	const td_rule *r = td_rules(&n);
	assert_int_equal(n, 38);
	for (int i = 0; i < n; i++) {
		assert_ptr_equal(td_rule_find(r[i].id), &r[i]);
		assert_int_equal(strlen(r[i].id), 6);
		assert_true(!i || strcmp(r[i - 1].id, r[i].id) < 0);
		assert_true(td_ends(r[i].cause, ".") && td_ends(r[i].cure, "."));
		assert_false(td_ends(r[i].title, "."));
	}
	assert_null(td_rule_find("TD0999"));
	assert_null(td_rule_find(""));
	assert_int_equal(td_rule_find("TD0801")->level, TD_WARNING);
	assert_int_equal(td_rule_find("TD0502")->level, TD_INFO);
}

/* Every id in a file is one of a rule. */
static int ids_known(const char *path)
{
	char *text;
	size_t n;
	int found = 0;
	assert_ok(td_file_read(path, 1 << 20, &text, &n, e));
	for (const char *s = text; (s = strstr(s, "\"TD0")); s++) {
		char id[7] = "";
		memcpy(id, s + 1, strnlen(s + 1, 6));
		if (strspn(id + 2, "0123456789") == 4 && s[7] == '"') {
			found++;
			if (!td_rule_find(id))
				fail_msg("%s: there is no rule %s", path, id);
		}
	}
	free(text);
	return found;
}

static void sources_use_known_rules(void **state)
{
	(void)state;
	static const char *const patterns[] = {"engine/*/*.c", "lua/*.c", "lua/tandem/*.lua"};
	int found = 0;
	for (size_t i = 0; i < TD_COUNT(patterns); i++) {
		glob_t files;
		if (glob(patterns[i], 0, NULL, &files) != 0)
			continue;
		for (size_t k = 0; k < files.gl_pathc; k++)
			found += ids_known(files.gl_pathv[k]);
		globfree(&files);
	}
	assert_true(found > 20);
}

/* -- adding --------------------------------------------------------------- */

static void counts(void **state)
{
	fixture *f = *state;
	td_diag_add(&f->d, "TD0203", at(1, 1), "a");
	td_diag *x = td_diag_add(&f->d, "TD0106", at(1, 1), "b");
	td_diag_add(&f->d, "TD0502", at(1, 1), "c");
	assert_true(f->d.n == 3 && f->d.errors == 1 && f->d.warnings == 1);
	assert_int_equal(x->level, TD_WARNING);
	td_diag_level(&f->d, x, TD_ERROR);
	assert_true(f->d.errors == 2 && f->d.warnings == 0);
	td_diag_level(&f->d, x, TD_INFO);
	assert_true(f->d.errors == 1 && f->d.warnings == 0);
	td_diag_level(&f->d, x, TD_WARNING);
	assert_true(f->d.errors == 1 && f->d.warnings == 1);
}

static void strict(void **state)
{
	fixture *f = *state;
	f->d.strict = true;
	td_diag_add(&f->d, "TD0106", at(1, 7), "a");
	td_diag *x = td_diag_add(&f->d, "TD0107", at(1, 7), "b");
	td_diag_level(&f->d, x, TD_WARNING);
	assert_true(f->d.errors == 2 && f->d.warnings == 0);
	td_diag_add(&f->d, "TD0502", at(1, 7), "c");
	text_is(f, "p.lua:1:7: error[TD0106]: a\n"
	           "    1 | local t = require \"tandem\"\n"
	           "      |       ^\n"
	           "p.lua:1:7: error[TD0107]: b\n"
	           "    1 | local t = require \"tandem\"\n"
	           "      |       ^\n"
	           "p.lua:1:7: info[TD0502]: c\n"
	           "    1 | local t = require \"tandem\"\n"
	           "      |       ^\n"
	           "2 errors, 1 info\n");
}

static void strings_are_copied(void **state)
{
	fixture *f = *state;
	char file[] = "q.lua", path[] = "step a";
	td_diag *x = td_diag_add(&f->d, "TD0203", (td_origin){file, 1, 1}, "%s", path);
	td_diag_path(&f->d, x, "%s", path);
	td_diag_other(&f->d, x, (td_origin){file, 2, 0}, "%s", path);
	td_diag_fix(&f->d, x, "%s", path);
	memset(file, 'x', 3);
	memset(path, 'x', 3);
	text_is(f, "q.lua:1:1: error[TD0203]: step a\n"
	           "    note: q.lua:2: step a\n"
	           "    fix: step a\n"
	           "1 error\n");
}

static void sorting(void **state)
{
	fixture *f = *state;
	td_diags_sort(&f->d); /* nothing to sort is fine */
	td_diag_add(&f->d, "TD0203", (td_origin){"b.lua", 1, 1}, "6");
	td_diag_add(&f->d, "TD0203", (td_origin){"a.lua", 10, 0}, "5");
	td_diag_add(&f->d, "TD0203", (td_origin){"a.lua", 2, 8}, "4");
	td_diag_add(&f->d, "TD0203", (td_origin){"a.lua", 2, 3}, "3");
	td_diag_add(&f->d, "TD0203", (td_origin){"a.lua", 2, 3}, "2");
	td_diag_add(&f->d, "TD0102", (td_origin){"a.lua", 2, 3}, "1");
	td_diag_add(&f->d, "TD0405", (td_origin){NULL, 0, 0}, "0");
	td_diags_sort(&f->d);
	for (int i = 0; i < f->d.n; i++)
		assert_int_equal(f->d.items[i].text[0], '0' + i);
}

/* -- text ----------------------------------------------------------------- */

static void nothing_found(void **state)
{
	text_is(*state, "no findings\n");
}

static void a_whole_finding(void **state)
{
	fixture *f = *state;
	td_diag *x = td_diag_add(&f->d, "TD0104", at(3, 0), "graph.knn has no parameter \"kk\"");
	td_diag_fix(&f->d, x, "did you mean k?");
	td_diag_other(&f->d, x, at(4, 0), "the other end");
	td_diag_add(&f->d, "TD0106", at(5, 0), "no output needs the step \"corr\" (graph.corr)");
	text_is(f, "p.lua:3:29: error[TD0104]: graph.knn has no parameter \"kk\"\n"
	           "    note: p.lua:4: the other end\n"
	           "    fix: did you mean k?\n"
	           "    3 |  local e = t.graph.knn { x, kk = 3 }\n"
	           "      |                             ^~\n"
	           "p.lua:5:1: warning[TD0106]: no output needs the step \"corr\" (graph.corr)\n"
	           "    5 | return { edge_src = e.src }\n"
	           "      | ^\n"
	           "1 error, 1 warning\n");
}

static void column_is(fixture *f, const char *rule, int line, const char *path, const char *text,
                      int want)
{
	td_str s = {0}, head = {0};
	td_diag *x = td_diag_add(&f->d, rule, at(line, 0), "%s", text);
	if (path)
		td_diag_path(&f->d, x, "%s", path);
	td_diags_text(&f->d, f->g, false, &s);
	td_str_addf(&head, "p.lua:%d:%d: ", line, want);
	if (!td_starts(s.data, head.data))
		fail_msg("%s\n%s", head.data, s.data);
	td_str_fini(&s);
	td_str_fini(&head);
	td_diags_fini(&f->d);
}

static void columns(void **state)
{
	fixture *f = *state;
	column_is(f, "TD0203", 3, NULL, "the \"kk\" of \"knn\"", 29);   /* the first quoted word */
	column_is(f, "TD0203", 3, NULL, "the \"none\" of \"knn\"", 20); /* that is there */
	column_is(f, "TD0203", 3, NULL, "graph.knn: k = 0", 14);        /* a node */
	column_is(f, "TD0203", 4, NULL, "no.node, then graph.corr.", 13); /* that is there */
	column_is(f, "TD0203", 4, "step corr", "axes differ", 19);        /* the path */
	column_is(f, "TD0203", 4, NULL, "axes differ", 1);                /* nothing */
	column_is(f, "TD0203", 3, NULL, "\"k\" is a part of a word", 1);  /* whole words only */
	column_is(f, "TD0203", 3, NULL, "an \"open quote", 1);
	column_is(f, "TD0203", 3, NULL, "\"\" is empty", 1);
	column_is(f, "TD0203", 99, NULL, "\"kk\" in no line", 1);
	column_is(f, "TD0203", 2, NULL, "\"kk\" in an empty line", 1);
}

static void given_columns(void **state)
{
	fixture *f = *state;
	td_diag_add(&f->d, "TD0203", at(3, 14), "the \"kk\" is not looked for");
	td_diag_add(&f->d, "TD0203", at(4, 33), "after more bytes than characters");
	td_diag_add(&f->d, "TD0203", at(4, 99), "behind the line");
	text_is(f, "p.lua:3:14: error[TD0203]: the \"kk\" is not looked for\n"
	           "    3 |  local e = t.graph.knn { x, kk = 3 }\n"
	           "      |              ^~~~~~~~~\n"
	           "p.lua:4:33: error[TD0203]: after more bytes than characters\n"
	           "    4 | local f = t.graph.corr { y }  -- f\xC3\xBCnf \"kk\" kk\n"
	           "      |                                 ^\n"
	           "p.lua:4:99: error[TD0203]: behind the line\n"
	           "3 errors\n");
}

static void places_that_are_not_known(void **state)
{
	fixture *f = *state;
	td_diag *x = td_diag_add(&f->d, "TD0405", (td_origin){NULL, 0, 0}, "too much");
	td_diag_other(&f->d, x, (td_origin){NULL, 0, 0}, "somewhere");
	td_diag_add(&f->d, "TD0405", (td_origin){"pipe", 0, 0}, "too much");
	td_diag_add(&f->d, "TD0405", (td_origin){"pipe", 1, 0}, "too much");
	text_is(f, "error[TD0405]: too much\n"
	           "    note: somewhere\n"
	           "pipe: error[TD0405]: too much\n"
	           "pipe:1:1: error[TD0405]: too much\n"
	           "3 errors\n");
	td_str s = {0};
	td_diags_text(&f->d, NULL, false, &s);
	td_str_fini(&s);
}

static void control_characters(void **state)
{
	fixture *f = *state;
	td_diag *x = td_diag_add(&f->d, "TD0105", (td_origin){"a\nb", 1, 1}, "\"a\033[2Jb\"");
	td_diag_fix(&f->d, x, "a\rb");
	text_is(f, "a b:1:1: error[TD0105]: \"a [2Jb\"\n"
	           "    fix: a b\n"
	           "1 error\n");
}

static void colours(void **state)
{
	fixture *f = *state;
	td_str s = {0};
	td_diag_add(&f->d, "TD0106", at(1, 7), "dead");
	td_diags_text(&f->d, f->g, true, &s);
	assert_text(&s, "\033[1mp.lua:1:7: \033[0m\033[1;33mwarning[TD0106]: \033[0mdead\n"
	                "    1 | local t = require \"tandem\"\n"
	                "      |       \033[32m^\033[0m\n"
	                "1 warning\n");
}

static void long_lines(void **state)
{
	fixture *f = *state;
	td_str s = {0}, text = {0};
	for (int i = 0; i < 2000; i++)
		td_str_addf(&s, "%d ", i);
	td_graph_source(f->g, "long", s.data, s.n);
	td_diag_add(&f->d, "TD0203", (td_origin){"long", 1, 0}, "\"500\"");
	td_diag_add(&f->d, "TD0203", (td_origin){"long", 1, 0}, "\"1999\" is too far away");
	td_diags_text(&f->d, f->g, false, &text);
	assert_text(
		&text,
		"long:1:1891: error[TD0203]: \"500\"\n"
		"    1 | …485 486 487 488 489 490 491 492 493 494 495 496 497 498 499 500 501 "
		"502 503 504 505 506 507 508 509 510 511 512 513 514 515 516 517 518 519 520 521 "
		"522 523 524 …\n"
		"      |                                                              ^~~\n"
		"long:1:1: error[TD0203]: \"1999\" is too far away\n"
		"    1 | 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 "
		"28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 "
		"55 56…\n"
		"      | ^\n"
		"2 errors\n");
	td_str_fini(&s);
}

/* Long lines are not cut inside of a character, lines may end in CR LF. */
static void long_lines_of_letters(void **state)
{
	static const char group[] = "\xC3\xBC\xE2\x82\xAC\xE2\x82\xAC"; /* an u umlaut, two euros */
	fixture *f = *state;
	td_str s = {0}, text = {0}, want = {0};
	for (int i = 0; i < 60; i++)
		td_str_add(&s, group);
	td_str_add(&s, "\r\nshort\r\n");
	td_graph_source(f->g, "long", s.data, s.n);
	td_diag_add(&f->d, "TD0203", (td_origin){"long", 1, 105}, "here");
	td_diag_add(&f->d, "TD0203", (td_origin){"long", 2, 1}, "there");
	td_diags_text(&f->d, f->g, false, &text);
	td_str_add(&want, "long:1:105: error[TD0203]: here\n    1 | …\xE2\x82\xAC\xE2\x82\xAC");
	for (int i = 0; i < 19; i++)
		td_str_add(&want, group);
	td_str_addf(&want, "%.5s…\n      | %25s\n", group, "^");
	td_str_add(&want, "long:2:1: error[TD0203]: there\n    2 | short\n"
	                  "      | ^~~~~\n2 errors\n");
	assert_text(&text, want.data);
	td_str_fini(&want);
	td_str_fini(&s);
}

/* -- JSON ----------------------------------------------------------------- */

static json_t *json_of(fixture *f, void (*write)(const td_diags *, const td_graph *, td_str *))
{
	td_str s = {0};
	json_error_t e;
	write(&f->d, f->g, &s);
	json_t *root = json_loads(s.data, JSON_REJECT_DUPLICATES, &e);
	if (!root)
		fail_msg("%s\n%s", e.text, s.data);
	td_str_fini(&s);
	return root;
}

static const char *text_of(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));
	return s ? s : "(none)";
}

static json_int_t int_of(const json_t *object, const char *key)
{
	return json_integer_value(json_object_get(object, key));
}

static void some_findings(fixture *f)
{
	td_diag *x = td_diag_add(&f->d, "TD0104", at(3, 0), "graph.knn has no parameter \"kk\"");
	td_diag_fix(&f->d, x, "did you mean k?");
	x = td_diag_add(&f->d, "TD0203", at(4, 0), "axes differ");
	td_diag_path(&f->d, x, "step corr");
	td_diag_other(&f->d, x, at(3, 0), "made here");
	td_diag_fix(&f->d, x, "transpose it");
	x = td_diag_add(&f->d, "TD0203", at(4, 0), "more axes differ");
	td_diag_path(&f->d, x, "step corr");
	td_diag_add(&f->d, "TD0106", (td_origin){NULL, 0, 0}, "not \xFF UTF-8 \xE2\x82");
	td_diag_add(&f->d, "TD0502", (td_origin){"/a b/\xC3\xBC.lua", 0, 0}, "crosses");
}

static void json(void **state)
{
	fixture *f = *state;
	some_findings(f);
	json_t *root = json_of(f, td_diags_json), *list = json_object_get(root, "findings");
	assert_string_equal(text_of(root, "schema"), "tandem/check/1");
	assert_int_equal(int_of(root, "errors"), 3);
	assert_int_equal(int_of(root, "warnings"), 1);
	assert_int_equal(json_array_size(list), 5);
	const json_t *x = json_array_get(list, 0);
	assert_string_equal(text_of(x, "rule"), "TD0104");
	assert_string_equal(text_of(x, "level"), "error");
	assert_string_equal(text_of(x, "title"), "no such node, port or parameter");
	assert_string_equal(text_of(x, "message"), "graph.knn has no parameter \"kk\"");
	assert_string_equal(text_of(x, "fix"), "did you mean k?");
	assert_string_equal(text_of(x, "file"), "p.lua");
	assert_int_equal(int_of(x, "line"), 3);
	assert_int_equal(int_of(x, "column"), 29);
	assert_true(json_is_null(json_object_get(x, "path")));
	assert_int_equal(json_array_size(json_object_get(x, "related")), 0);
	x = json_array_get(list, 1);
	assert_string_equal(text_of(x, "path"), "step corr");
	x = json_array_get(json_object_get(x, "related"), 0);
	assert_string_equal(text_of(x, "message"), "made here");
	assert_string_equal(text_of(x, "file"), "p.lua");
	assert_int_equal(int_of(x, "line"), 3);
	x = json_array_get(list, 3);
	assert_string_equal(text_of(x, "message"),
	                    "not \xEF\xBF\xBD UTF-8 \xEF\xBF\xBD\xEF\xBF\xBD");
	assert_true(json_is_null(json_object_get(x, "file")));
	json_decref(root);
}

static void json_of_nothing(void **state)
{
	fixture *f = *state;
	td_str s = {0};
	td_diags_json(&f->d, NULL, &s);
	assert_text(&s, "{\n"
	                "  \"schema\": \"tandem/check/1\",\n"
	                "  \"errors\": 0,\n"
	                "  \"warnings\": 0,\n"
	                "  \"findings\": []\n"
	                "}\n");
}

static void fingerprints(void **state)
{
	fixture *f = *state;
	td_str second = {0};
	some_findings(f);
	json_t *root = json_of(f, td_diags_json), *list = json_object_get(root, "findings");
	td_sha256 sha = td_sha256_text("TD0203\nstep corr");
	assert_string_equal(text_of(json_array_get(list, 1), "fingerprint"), sha.hex);
	td_str_addf(&second, "%s:2", sha.hex);
	assert_string_equal(text_of(json_array_get(list, 2), "fingerprint"), second.data);
	assert_string_equal(text_of(json_array_get(list, 0), "fingerprint"),
	                    td_sha256_text("TD0104\np.lua").hex);
	td_str_fini(&second);
	json_decref(root);
	for (int i = 0; i < f->d.n; i++)
		f->d.items[i].at.line += 10; /* lines move, findings stay what they are */
	root = json_of(f, td_diags_json);
	list = json_object_get(root, "findings");
	assert_string_equal(text_of(json_array_get(list, 1), "fingerprint"), sha.hex);
	json_decref(root);
}

/* -- SARIF ---------------------------------------------------------------- */

/* "a/0/b": walks down objects and arrays. */
static const json_t *walk(const json_t *j, const char *path)
{
	for (; *path; path += strspn(path, "/")) {
		char key[64] = "";
		size_t n = strcspn(path, "/");
		memcpy(key, path, n);
		j = json_is_array(j) ? json_array_get(j, (size_t)atoi(key))
		                     : json_object_get(j, key);
		path += n;
	}
	return j;
}

static void sarif(void **state)
{
	fixture *f = *state;
	some_findings(f);
	json_t *root = json_of(f, td_diags_sarif);
	int n;
	const td_rule *r = td_rules(&n);
	const json_t *list = walk(root, "runs/0/tool/driver/rules");
	assert_int_equal(json_array_size(list), n);
	assert_string_equal(text_of(json_array_get(list, 3), "id"), r[3].id);
	assert_string_equal(text_of(walk(list, "3/help"), "text"), r[3].cure);
	assert_string_equal(text_of(root, "version"), "2.1.0");
	list = walk(root, "runs/0/results");
	assert_int_equal(json_array_size(list), 5);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *x = json_array_get(list, i);
		assert_string_equal(r[int_of(x, "ruleIndex")].id, text_of(x, "ruleId"));
	}
	assert_string_equal(text_of(json_array_get(list, 3), "level"), "warning");
	assert_string_equal(text_of(json_array_get(list, 4), "level"), "note");
	assert_null(walk(list, "3/locations"));
	const json_t *place = walk(list, "0/locations/0/physicalLocation");
	assert_string_equal(text_of(walk(place, "artifactLocation"), "uri"), "p.lua");
	assert_int_equal(int_of(walk(place, "region"), "startLine"), 3);
	assert_int_equal(int_of(walk(place, "region"), "startColumn"), 29);
	assert_int_equal(int_of(walk(place, "region"), "endColumn"), 31);
	place = walk(list, "4/locations/0/physicalLocation");
	assert_string_equal(text_of(walk(place, "artifactLocation"), "uri"),
	                    "file:///a%20b/%C3%BC.lua");
	assert_null(walk(place, "region"));
	assert_string_equal(text_of(walk(list, "1/message"), "text"),
	                    "axes differ\nfix: transpose it");
	assert_string_equal(text_of(walk(list, "1/relatedLocations/0/message"), "text"),
	                    "made here");
	assert_string_equal(text_of(walk(list, "1/partialFingerprints"), "tandem/1"),
	                    td_sha256_text("TD0203\nstep corr").hex);
	json_decref(root);
}

static void sarif_fixes(void **state)
{
	fixture *f = *state;
	static const struct {
		int line;
		const char *text, *fix;
		bool known;
	} table[] = {
		{3, "graph.knn has no parameter \"kk\"", "did you mean k?", true},
		{4, "graph.knn has no parameter \"kk\"", "did you mean k?",
	         false},                                                           /* twice there */
		{3, "graph.knn has no parameter \"q\"", "did you mean k?", false}, /* not there */
		{3, "graph.knn has no parameter \"kk\"", "write k", false},
		{3, "graph.knn has no parameter", "did you mean k?", false},
	};
	for (size_t i = 0; i < TD_COUNT(table); i++) {
		td_diag *x =
			td_diag_add(&f->d, "TD0104", at(table[i].line, 0), "%s", table[i].text);
		td_diag_fix(&f->d, x, "%s", table[i].fix);
	}
	json_t *root = json_of(f, td_diags_sarif);
	for (size_t i = 0; i < TD_COUNT(table); i++) {
		const json_t *x = json_array_get(walk(root, "runs/0/results"), i);
		assert_int_equal(walk(x, "fixes") != NULL, table[i].known);
		assert_int_equal(strstr(text_of(walk(x, "message"), "text"), "\nfix: ") == NULL,
		                 table[i].known);
	}
	const json_t *fix = walk(root, "runs/0/results/0/fixes/0/artifactChanges/0/replacements/0");
	assert_string_equal(text_of(walk(fix, "insertedContent"), "text"), "k");
	assert_int_equal(int_of(walk(fix, "deletedRegion"), "startColumn"), 29);
	assert_int_equal(int_of(walk(fix, "deletedRegion"), "endColumn"), 31);
	json_decref(root);
}

/* A note that has no place goes into the message. */
static void sarif_notes(void **state)
{
	fixture *f = *state;
	td_diag *x = td_diag_add(&f->d, "TD0203", at(4, 1), "axes differ");
	td_diag_other(&f->d, x, (td_origin){NULL, 0, 0}, "elsewhere");
	json_t *root = json_of(f, td_diags_sarif);
	assert_string_equal(text_of(walk(root, "runs/0/results/0/message"), "text"),
	                    "axes differ\nnote: elsewhere");
	assert_null(walk(root, "runs/0/results/0/relatedLocations"));
	json_decref(root);
}

/* Columns count characters, not bytes. */
static void sarif_characters(void **state)
{
	fixture *f = *state;
	td_diag_add(&f->d, "TD0104", at(4, 41), "behind an umlaut");
	json_t *root = json_of(f, td_diags_sarif);
	const json_t *area = walk(root, "runs/0/results/0/locations/0/physicalLocation/region");
	assert_int_equal(int_of(area, "startColumn"), 40);
	assert_int_equal(int_of(area, "endColumn"), 42);
	json_decref(root);
}

static const char validator[] =
	"/usr/bin/python3 -c '\n"
	"import sys\n"
	"try:\n"
	"    import json, jsonschema\n"
	"except ImportError:\n"
	"    sys.exit(77)\n"
	"schema = json.load(open(sys.argv[1]))\n"
	"validator = jsonschema.validators.validator_for(schema)(schema)\n"
	"errors = list(validator.iter_errors(json.load(open(sys.argv[2]))))\n"
	"for e in errors[:5]:\n"
	"    print(list(e.path), e.message[:200])\n"
	"sys.exit(bool(errors))' ";

static void sarif_is_valid(void **state)
{
	fixture *f = *state;
	static const char schema[] = "../shared/data/schemas/sarif-schema-2.1.0.json";
	td_str command = {0}, text = {0};
	if (!td_file_exists(schema)) {
		print_message("skipped: there is no %s\n", schema);
		skip();
	}
	some_findings(f);
	td_diags_sarif(&f->d, f->g, &text);
	tempdir folder = tempdir_make();
	temppath path = tempdir_write(&folder, "findings.sarif", text.data, text.n);
	td_str_addf(&command, "%s%s %s", validator, schema, path.text);
	int status = system(command.data);
	tempdir_remove(&folder);
	td_str_fini(&command);
	td_str_fini(&text);
	if (WEXITSTATUS(status) == 77 || WEXITSTATUS(status) == 127) {
		print_message("skipped: /usr/bin/python3 has no jsonschema\n");
		skip();
	}
	assert_int_equal(status, 0);
}

#define WITH_FIXTURE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules),
		cmocka_unit_test(sources_use_known_rules),
		WITH_FIXTURE(counts),
		WITH_FIXTURE(strict),
		WITH_FIXTURE(strings_are_copied),
		WITH_FIXTURE(sorting),
		WITH_FIXTURE(nothing_found),
		WITH_FIXTURE(a_whole_finding),
		WITH_FIXTURE(columns),
		WITH_FIXTURE(given_columns),
		WITH_FIXTURE(places_that_are_not_known),
		WITH_FIXTURE(control_characters),
		WITH_FIXTURE(colours),
		WITH_FIXTURE(long_lines),
		WITH_FIXTURE(long_lines_of_letters),
		WITH_FIXTURE(json),
		WITH_FIXTURE(json_of_nothing),
		WITH_FIXTURE(fingerprints),
		WITH_FIXTURE(sarif),
		WITH_FIXTURE(sarif_fixes),
		WITH_FIXTURE(sarif_notes),
		WITH_FIXTURE(sarif_characters),
		WITH_FIXTURE(sarif_is_valid),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
