#include "base/file.h"
#include "base/str.h"
#include "model/caps.h"
#include "tempdir.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

static tempdir dir;

static int set_up(void **state)
{
	(void)state;
	dir = tempdir_make();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	tempdir_remove(&dir);
	return 0;
}

static void assert_same_caps(const td_caps *a, const td_caps *b)
{
	char *x = td_caps_json(a), *y = td_caps_json(b);
	assert_string_equal(x, y);
	free(x);
	free(y);
}

static void comes_back(void **state)
{
	(void)state;
	td_caps in = {.id = "x:y",
	              .name = "A \"name\" with \\ and \xc3\xa9",
	              .vendor = "v",
	              .platform = "p",
	              .driver = "1.2",
	              .version = "OpenCL 3.0",
	              .type = TD_DEVICE_CPU,
	              .unified = true,
	              .compute_units = 7,
	              .clock_mhz = 1234,
	              .global_bytes = INT64_MAX,
	              .max_alloc_bytes = 1,
	              .local_bytes = 3,
	              .constant_bytes = 4,
	              .max_arg_bytes = 5,
	              .max_group = 6,
	              .base_align = 8,
	              .vector_width = 9,
	              .f64 = true,
	              .i64_atomics = true,
	              .denormals = true,
	              .bandwidth = 0.1,
	              .flops = 67e12 / 3},
		out;
	td_err e = {0};
	char *json = td_caps_json(&in);
	temppath p = tempdir_write(&dir, "caps.json", json, strlen(json));
	free(json);
	if (!td_caps_read(&out, p.text, &e))
		fail_msg("%s", e.text);
	assert_same_caps(&in, &out);
	json = td_caps_json(&in);
	assert_true(td_caps_parse(&out, json, &e));
	assert_same_caps(&in, &out);
	free(json);
	assert_string_equal(out.name, in.name);
	assert_int_equal(out.type, TD_DEVICE_CPU);
	assert_int_equal(out.global_bytes, INT64_MAX);
	assert_int_equal(out.vector_width, 9);
	assert_true(out.unified && out.f64 && !out.f16 && out.i64_atomics && out.denormals &&
	            !out.fma && !out.correct_div_sqrt);
	assert_true(td_feq_exact(out.bandwidth, 0.1) && td_feq_exact(out.flops, in.flops));
}

static void survives_what_drivers_say(void **state)
{
	(void)state;
	td_caps in = td_caps_native(), out;
	td_err e = {0};
	snprintf(in.name, sizeof in.name, "Intel\xae Xeon\xae");
	in.flops = (double)NAN;
	char *json = td_caps_json(&in);
	temppath p = tempdir_write(&dir, "driver.json", json, strlen(json));
	free(json);
	if (!td_caps_read(&out, p.text, &e))
		fail_msg("%s", e.text);
	assert_string_equal(out.name, "Intel? Xeon?");
	assert_true(td_feq_exact(out.flops, 0));
}

static void knows_the_host(void **state)
{
	(void)state;
	td_caps c = td_caps_native();
	assert_string_equal(c.id, "native");
	assert_string_equal(td_device_type_name(c.type), "native");
	assert_true(c.compute_units >= 1 && c.compute_units <= sysconf(_SC_NPROCESSORS_CONF));
	assert_true(c.global_bytes > 64 << 20);
	assert_int_equal(c.max_alloc_bytes, c.global_bytes);
	assert_true(strlen(c.name) > 0);
	assert_true(c.f64 && c.unified && c.correct_div_sqrt && c.denormals);
	assert_true(c.vector_width >= 4);
	td_caps again = td_caps_native();
	assert_same_caps(&c, &again);
}

static void reads_the_samples(void **state)
{
	(void)state;
	td_caps c;
	td_err e = {0};
	if (!td_caps_read(&c, "tests/golden/h200.json", &e))
		fail_msg("%s", e.text);
	assert_string_equal(c.name, "NVIDIA H200");
	assert_int_equal(c.type, TD_DEVICE_GPU);
	assert_int_equal(c.compute_units, 132);
	assert_int_equal(c.max_alloc_bytes, c.global_bytes / 4);
	assert_true(c.f64 && !c.unified);
	if (!td_caps_read(&c, "tests/golden/small-gpu.json", &e))
		fail_msg("%s", e.text);
	assert_true(!c.f64 && c.unified);
}

/* The golden profile with `from` replaced by `to`, read. */
static void assert_refused(const char *from, const char *to, const char *why)
{
	char *text, want[512];
	size_t n;
	td_caps c;
	td_err e = {0};
	td_str s = {0};
	assert_true(td_file_read("tests/golden/h200.json", 1 << 20, &text, &n, &e));
	const char *at = strstr(text, from);
	if (!at)
		fail_msg("no %s", from);
	td_str_add_n(&s, text, (size_t)(at - text));
	td_str_add(&s, to);
	td_str_add(&s, at + strlen(from));
	temppath p = tempdir_write(&dir, "bad.json", s.data, s.n);
	assert_false(td_caps_read(&c, p.text, &e));
	snprintf(want, sizeof want, "profile %s: %s", p.text, why);
	assert_string_equal(e.text, want);
	assert_int_equal(e.code, TD_E_DATA);
	td_str_fini(&s);
	free(text);
}

static void is_strict(void **state)
{
	(void)state;
	assert_refused("\"f64\"", "\"f46\"",
	               "it has the unknown key \"f46\"; did you mean \"f64\"?");
	assert_refused("\"f64\"", "\"quantum\"", "it has the unknown key \"quantum\"");
	assert_refused("  \"f64\": true,\n", "", "it lacks \"f64\"");
	assert_refused("  \"max_group\": 1024,\n  \"base_align\": 512,\n", "",
	               "it lacks \"max_group\", \"base_align\"");
	assert_refused("\"f64\": true", "\"f64\": 1", "\"f64\" must be true or false");
	assert_refused("\"gpu\"", "\"tpu\"",
	               "\"type\" must be \"native\", \"ref\", \"cpu\", \"gpu\" or \"other\"");
	assert_refused("132", "132.0", "\"compute_units\" must be an integer from 1 to 2147483647");
	assert_refused("132", "0", "\"compute_units\" must be an integer from 1 to 2147483647");
	assert_refused("132", "2147483648",
	               "\"compute_units\" must be an integer from 1 to 2147483647");
	assert_refused("49152", "-1",
	               "\"local_bytes\" must be an integer from 0 to 9223372036854775807");
	assert_refused("\"NVIDIA H200\"", "7", "\"name\" must be a text of at most 127 bytes");
	assert_refused("\"flops\": 0.0", "\"flops\": -1",
	               "\"flops\" must be a number that is not negative");
	assert_refused("\"flops\": 0.0", "\"flops\": \"fast\"",
	               "\"flops\" must be a number that is not negative");
}

static void refuses_a_long_text(void **state)
{
	(void)state;
	char text[160];
	memset(text, 'x', sizeof text);
	text[0] = text[129] = '"';
	text[130] = '\0';
	assert_refused("\"NVIDIA H200\"", text, "\"name\" must be a text of at most 127 bytes");
}

static void refuses_other_files(void **state)
{
	(void)state;
	assert_refused("tandem/profile/1", "tandem/profile/2",
	               "its \"schema\" is \"tandem/profile/2\"; this program reads "
	               "\"tandem/profile/1\"");
	assert_refused("\"schema\": \"tandem/profile/1\",", "",
	               "its \"schema\" is missing; this program reads \"tandem/profile/1\"");
	assert_refused("\"fma\": true,", "\"fma\": true, \"fma\": true,",
	               "line 26, column 20: duplicate object key near '\"fma\"'");
	td_caps c;
	td_err e = {0};
	char want[512];
	temppath p = tempdir_write(&dir, "list.json", "[1]", 3);
	assert_false(td_caps_read(&c, p.text, &e));
	snprintf(want, sizeof want, "profile %s: it is no JSON object", p.text);
	assert_string_equal(e.text, want);
	assert_false(td_caps_parse(&c, "{", &e));
	assert_string_equal(e.text, "line 1, column 1: string or '}' expected near end of file");
	assert_false(td_caps_read(&c, "tests/golden/none.json", &e));
	assert_string_equal(e.text,
	                    "cannot open tests/golden/none.json: No such file or directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comes_back),          cmocka_unit_test(survives_what_drivers_say),
		cmocka_unit_test(knows_the_host),      cmocka_unit_test(reads_the_samples),
		cmocka_unit_test(is_strict),           cmocka_unit_test(refuses_a_long_text),
		cmocka_unit_test(refuses_other_files),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
