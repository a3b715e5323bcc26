/* Unit tests of check/diag.c, diag_place.c and diag_text.c. */
#include "findings.h"
#include "testing.h"

#include "base/file.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

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
	column_is(f, "TD0203", 3, NULL, "\"k\" is a part of a word", 2);  /* whole words only */
	column_is(f, "TD0203", 3, NULL, "an \"open quote", 2);
	column_is(f, "TD0203", 3, NULL, "\"\" is empty", 2);
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
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
