/* Unit tests of measure/twin.h: what it finds in an impl. */
#include "testing.h"

#include "measure/twin.h"
#include "model/registry.h"

#include <math.h>

/* What the impl under test does wrong from a call on. */
static struct {
	int calls, from;
	float by; /* a factor */
} fault;

static bool ref(const td_call *c, td_err *e)
{
	(void)e;
	for (int64_t i = 0; i < td_numel(&c->in[0]); i++)
		((double *)c->out[0].data)[i] = ((const double *)c->in[0].data)[i];
	return true;
}

static bool native(const td_call *c, td_err *e)
{
	(void)e;
	float by = ++fault.calls >= fault.from ? fault.by : 1;
	for (int64_t i = 0; i < td_numel(&c->in[0]); i++)
		((float *)c->out[0].data)[i] = by * ((const float *)c->in[0].data)[i];
	return true;
}

static const td_node same = {
	.abi = TD_ABI,
	.version = 1,
	.name = "test.same",
	.doc = "The same numbers.",
	.in = (const td_port[]){{"x", TD_SET_F32, "...", "?a", "numbers"}, {0}},
	.out = (const td_port[]){{"y", TD_SET_F32, "...", "?a", "the same", {TD_ULP, .ulp = 2}},
                                 {0}},
	.flags = TD_D1,
	.impls = (const td_impl[]){{"ref", TD_ON_HOST, ref}, {"native", TD_ON_HOST, native}, {0}},
};

static void take(void *arg, const td_twin_row *row)
{
	td_str *s = arg;
	td_str_addf(s, "%s on %s: %s\n", row->impl, row->device, row->pass ? "ok" : row->text);
}

/* Every row of the node with a fault in its native impl, as text. */
static td_str rows_of(int from, float by)
{
	float x[] = {1, 3};
	td_registry r = {0};
	td_device *dev[2];
	td_str s = {0};
	td_case c = {.name = "two",
	             .at = {.file = "here", .line = 1},
	             .node = &same,
	             .params = "",
	             .in = {{.dtype = TD_F32, .rank = 1, .dim = {2}, .data = x}},
	             .expect = {{.rank = -1}}};
	TD_PUSH(&r.arena, r, &same);
	assert_ok(td_device_open("native", &dev[0], e));
	assert_ok(td_device_open("ref", &dev[1], e));
	fault.calls = 0;
	fault.from = from;
	fault.by = by;
	assert_ok(td_twin_case(&r, &c, dev, 2, take, &s, e));
	td_device_close(dev[0]);
	td_device_close(dev[1]);
	td_arena_fini(&r.arena);
	return s;
}

static void an_impl_that_is_right(void **state)
{
	(void)state;
	td_str s = rows_of(1, 1);
	assert_text(&s, "ref on ref: ok\nnative on native: ok\n");
}

static void an_impl_that_is_wrong(void **state)
{
	(void)state;
	td_str s = rows_of(1, 1.5F);
	assert_text(&s,
	            "ref on ref: ok\n"
	            "native on native: y: ulp error 5242880, allowed 2; [1] is 4.5, ref says 3\n");
}

/* Each call is within its limit, but they do not have the same bits. */
static void an_impl_that_wavers(void **state)
{
	(void)state;
	td_str s = rows_of(2, 1 + 0x1p-23F);
	assert_text(
		&s,
		"ref on ref: ok\n"
		"native on native: gives other bits when it is done over, against its promise\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_impl_that_is_right),
		cmocka_unit_test(an_impl_that_is_wrong),
		cmocka_unit_test(an_impl_that_wavers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
