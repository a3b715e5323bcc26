/* Unit tests of model/registry.c. */
#include "testing.h"

#include "model/registry.h"
#include "nodes.h"

#include <string.h>

static void builtin_nodes_are_sound(void **state)
{
	(void)state;
	td_registry r;
	td_registry_init(&r);
	assert_true(r.n > 0);
	for (int i = 0; i < r.n; i++) {
		assert_ok(td_node_valid(r.items[i], e));
		assert_ptr_equal(td_registry_find(&r, r.items[i]->name), r.items[i]);
		assert_true(!i || strcmp(r.items[i - 1]->name, r.items[i]->name) < 0);
	}
	td_registry_fini(&r);
	td_registry_fini(&r);
}

static void finding(void **state)
{
	(void)state;
	td_registry r;
	test_registry(&r);
	assert_ptr_equal(td_registry_find(&r, "test.rich"), &test_rich);
	assert_null(td_registry_find(&r, "test.poor"));
	assert_null(td_registry_find(&r, ""));
	assert_string_equal(td_registry_closest(&r, "test.ad"), "test.add");
	assert_string_equal(td_registry_closest(&r, "tensor.add"), "test.add"); /* other family */
	assert_string_equal(td_registry_closest(&r, "draw"), "test.draw");      /* none */
	assert_null(td_registry_closest(&r, "something.else"));
	td_registry_fini(&r);
}

static void ports(void **state)
{
	(void)state;
	assert_int_equal(td_port_find(test_rich.in, "mask"), 1);
	assert_int_equal(td_port_find(test_rich.in, "max"), -1);
	assert_int_equal(td_port_find(NULL, "x"), -1);
	assert_int_equal(td_ports_count(test_rich.out), 2);
	assert_int_equal(td_ports_count(NULL), 0);
	assert_string_equal(td_port_closest(test_rich.in, "masks"), "mask");
	assert_null(td_port_closest(NULL, "x"));
	assert_string_equal(td_impl_find(&test_rich, "cl")->source, "test/rich.cl");
	assert_null(td_impl_find(&test_rich, "native"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(builtin_nodes_are_sound),
		cmocka_unit_test(finding),
		cmocka_unit_test(ports),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
