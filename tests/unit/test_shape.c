/* Unit tests of model/shape.c. */
#include "testing.h"

#include "model/shape.h"
#include "nodes.h"

#include <string.h>

static void word_is(const td_shape_word *w, const char *text, const char *late, bool plain)
{
	assert_int_equal(w->n, strlen(text));
	assert_memory_equal(w->text, text, w->n);
	assert_int_equal(w->late != NULL, late != NULL);
	if (late) {
		assert_int_equal(w->late_n, strlen(late));
		assert_memory_equal(w->late, late, w->late_n);
	}
	assert_int_equal(td_shape_word_plain(w), plain);
}

static void splitting(void **state)
{
	(void)state;
	td_shape_spec s;
	assert_ok(td_shape_spec_read("", &s, e));
	assert_true(s.n == 0 && !s.any_lead);
	assert_ok(td_shape_spec_read("...", &s, e));
	assert_true(s.n == 0 && s.any_lead);
	assert_ok(td_shape_spec_read("... N_1  (T-win)/hop+1 kept<=E 3", &s, e));
	assert_true(s.n == 4 && s.any_lead);
	word_is(&s.word[0], "N_1", NULL, true);
	word_is(&s.word[1], "(T-win)/hop+1", NULL, false);
	word_is(&s.word[2], "E", "kept", true);
	word_is(&s.word[3], "3", NULL, false);
	assert_false(s.word[1].or_one);
	assert_ok(td_shape_spec_read("1|N 1 1|2*T", &s, e));
	word_is(&s.word[0], "N", NULL, true);
	assert_true(s.n == 3 && s.word[0].or_one && !s.word[1].or_one && s.word[2].or_one);
	word_is(&s.word[2], "2*T", NULL, false);
	assert_ok(td_shape_spec_read("A B C D E F G H", &s, e));
	assert_int_equal(s.n, 8);
	assert_fails(td_shape_spec_read("A B C D E F G H I", &s, e), TD_E_USAGE,
	             "the shape \"A B C D E F G H I\" has more than 8 dims");
}

static void scopes(void **state)
{
	(void)state;
	td_dims *d = td_dims_new();
	test_rich_params params = {.k = 5};
	td_shape_scope s;
	td_dim out;
	td_dim n = td_dim_of(d, td_dims_declare(d, "N", 1, 9));
	td_shape_scope_init(&s, d, &test_rich, &params);
	assert_int_equal(s.n_lead, -1);
	assert_int_equal(td_shape_scope_get(&s, "rows", 4), TD_DIM_BAD);
	td_shape_scope_bind(&s, "rows", 4, n);
	assert_int_equal(td_shape_scope_get(&s, "rows and more", 4), n);
	assert_int_equal(td_shape_scope_get(&s, "row", 3), TD_DIM_BAD);
	assert_ok(td_shape_scope_eval(&s, "rows*k+1 T", 8, &out, e));
	assert_int_equal(out, td_dim_add(d, td_dim_mul(d, n, td_dim_int(d, 5)), td_dim_int(d, 1)));
	assert_int_equal(td_shape_scope_get(&s, "k", 1), td_dim_int(d, 5));
	assert_int_equal(td_shape_scope_get(&s, "eps", 3), TD_DIM_BAD); /* no integer */
	assert_fails(td_shape_scope_eval(&s, "rows*T", 6, &out, e), TD_E_USAGE,
	             "unknown dim \"T\" in \"rows*T\"");
	td_dims_free(d);
}

static void full_scope(void **state)
{
	(void)state;
	td_dims *d = td_dims_new();
	td_shape_scope s;
	td_shape_scope_init(&s, d, NULL, NULL);
	for (int i = 0; i < TD_MAX_NAMES + 1; i++) { /* one too many is left out */
		char name[8];
		td_clip(name, sizeof name, "n%d", i);
		td_shape_scope_bind(&s, name, strlen(name), td_dim_int(d, i));
	}
	assert_int_equal(s.n, TD_MAX_NAMES);
	assert_int_equal(td_shape_scope_get(&s, "n23", 3), td_dim_int(d, 23));
	assert_int_equal(td_shape_scope_get(&s, "n24", 3), TD_DIM_BAD);
	td_dims_free(d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(splitting),
		cmocka_unit_test(scopes),
		cmocka_unit_test(full_scope),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
