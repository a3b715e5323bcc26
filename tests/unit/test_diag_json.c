/* Unit tests of check/diag_json.c: findings as JSON and SARIF. */
#include "findings.h"
#include "tempdir.h"
#include "testing.h"

#include "base/file.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
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
