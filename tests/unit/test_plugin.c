/* Unit tests of model/plugin.c. */
#include "tempdir.h"
#include "testing.h"

#include "base/file.h"
#include "model/registry.h"

#include <stdlib.h>
#include <string.h>

static tempdir folder;

/* Builds tests/plugin/good.c with some macros; the path is freed by the caller. Skips the test when
 * there is no C compiler. */
static char *build(const char *name, const char *macros)
{
	td_str command = {0};
	char *path = td_path_join(folder.path, name);
	if (system("cc --version >/dev/null 2>&1") != 0) {
		print_message("skipped: no C compiler `cc`\n");
		free(path);
		skip();
	}
	td_str_addf(&command, "cc -std=c11 -fPIC -shared -Iengine %s tests/plugin/good.c -o '%s'",
	            macros, path);
	assert_int_equal(system(command.data), 0);
	td_str_fini(&command);
	return path;
}

static void plugin_good(void **state)
{
	(void)state;
	td_registry r;
	char *path = build("good.so", "");
	td_sha256 sha;
	int64_t bytes;
	td_registry_init(&r);
	int before = r.n;
	assert_ok(td_registry_load(&r, path, e));
	assert_int_equal(r.n, before + 1);
	assert_string_equal(td_registry_find(&r, "plugin.halve")->doc, "Halves: y = x / 2.");
	for (int i = 1; i < r.n; i++)
		assert_true(strcmp(r.items[i - 1]->name, r.items[i]->name) < 0);
	assert_int_equal(r.plugins.n, 1);
	assert_string_equal(r.plugins.items[0].build, "test 1.0");
	assert_string_equal(r.plugins.items[0].path, path);
	assert_ok(td_file_sha256(path, &sha, &bytes, e));
	assert_string_equal(r.plugins.items[0].sha.hex, sha.hex);
	td_registry_fini(&r);
	free(path);
}

static void refuse_plugin(const char *name, const char *macros, const char *want)
{
	td_registry r;
	td_str text = {0};
	char *path = build(name, macros);
	td_registry_init(&r);
	int before = r.n;
	td_str_addf(&text, "TD0804 plug-in %s: %s", path, want);
	assert_fails(td_registry_load(&r, path, e), TD_E_USAGE, text.data);
	assert_int_equal(r.n, before);
	assert_int_equal(r.plugins.n, 0);
	td_str_fini(&text);
	td_registry_fini(&r);
	free(path);
}

static void plugin_broken(void **state)
{
	(void)state;
	refuse_plugin(
		"abi.so", "-DABI=7",
		"it was built for ABI 7, this program has 1: build it again with this tandem.h");
	refuse_plugin("symbol.so", "-DSYMBOL=other", "it exports no `tandem_plugin`");
	refuse_plugin("build.so", "-DBUILD='\"\"'",
	              "its `build` is empty: say what it was built from, a version or a commit");
	refuse_plugin("nothing.so", "-DNODES=NULL", "it brings no nodes");
	refuse_plugin("builtin.so", "-DNAME='\"tensor.copy\"'",
	              "it brings tensor.copy, which is there already; give it another name");
	refuse_plugin("twice.so", "-DNODES='&halve, &halve'",
	              "it brings plugin.halve, which is there already; give it another name");
	refuse_plugin("name.so", "-DNAME='\"halve\"'",
	              "a node needs a name \"family.node\", a doc, a version and outputs");
	refuse_plugin(
		"text.so", "-DNO_TEXT",
		"node plugin.halve: the impl \"cl\" does not bring the text of its kernel source");
}

static void plugin_no_object(void **state)
{
	(void)state;
	td_registry r;
	td_registry_init(&r);
	assert_fails(td_registry_load(&r, "no/such.so", e), TD_E_DATA,
	             "plug-in no/such.so: cannot open no/such.so: No such file or directory");
	assert_fails(td_registry_load(&r, "LICENSE", e), TD_E_USAGE,
	             "plug-in LICENSE: ./LICENSE: invalid ELF header");
	td_registry_fini(&r);
}

static int make_folder(void **state)
{
	(void)state;
	folder = tempdir_make();
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	tempdir_remove(&folder);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plugin_good),
		cmocka_unit_test(plugin_broken),
		cmocka_unit_test(plugin_no_object),
	};
	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
