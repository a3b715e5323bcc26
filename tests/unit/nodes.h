/* nodes.h: a few nodes that tests and fuzzers build graphs with. They are never run; what matters
 * are their ports and parameters. */
#ifndef TESTS_NODES_H
#define TESTS_NODES_H

#include "base/err.h"
#include "model/registry.h"

static inline bool test_run(const td_call *c, td_err *e)
{
	(void)c;
	(void)e;
	return true;
}

#define TEST_IMPLS ((const td_impl[]){{"ref", TD_ON_HOST, test_run}, {0}})

/* test.add: z = x + y */
static const td_node test_add = {
	.abi = TD_ABI,
	.version = 1,
	.name = "test.add",
	.doc = "Adds.",
	.in = (const td_port[]){{"x", TD_SET_FLOAT, "...", "?a", "one"},
                                {"y", TD_SET_FLOAT, "...", "?a", "another"},
                                {0}},
	.out = (const td_port[]){{"z", TD_SET_FLOAT, "...", "?a", "sum", {TD_ULP, 1}}, {0}},
	.flags = TD_D3,
	.impls = TEST_IMPLS,
};

/* test.draw: random numbers, without inputs */
typedef struct {
	int64_t seed, n;
} test_draw_params;

static const td_node test_draw = {
	.abi = TD_ABI,
	.version = 1,
	.name = "test.draw",
	.doc = "Draws.",
	.out = (const td_port[]){{"x", TD_SET_F32, "n", NULL, "numbers", {TD_EXACT}}, {0}},
	.params = (const td_param[]){{"seed", NULL, "which numbers", TD_INT,
                                      offsetof(test_draw_params, seed), TD_REQUIRED, 0, 0x1p53},
                                     {"n", NULL, "how many", TD_INT, offsetof(test_draw_params, n),
                                      16, 1, 1e6},
                                     {0}},
	.params_size = sizeof(test_draw_params),
	.flags = TD_D3 | TD_RANDOM,
	.impls = TEST_IMPLS,
};

/* test.rich: every kind of parameter, an optional input, two outputs, two impls */
typedef struct {
	int64_t k;
	double eps, scale;
	int32_t mode;
	bool causal;
} test_rich_params;

static inline bool test_rich_validate(const void *params, td_err *e)
{
	const test_rich_params *p = params;
	return p->eps <= p->scale || td_fail(e, TD_E_USAGE, "eps must not be above scale");
}

static const char *const test_rich_modes[] = {"plain", "two words", "inf", "true", "7", NULL};

static const td_node test_rich = {
	.abi = TD_ABI,
	.version = 3,
	.name = "test.rich",
	.doc = "Has everything.",
	.in = (const td_port[]){{"x", TD_SET_FLOAT, "N T", "V", "data"},
                                {"mask", TD_SET_U8, "N", NULL, "rows to leave out",
                                 .flags = TD_OPTIONAL},
                                {0}},
	.out = (const td_port[]){{"hi", TD_SET_FLOAT, "N k", "V", "largest", {TD_EXACT}},
                                 {"lo", TD_SET_FLOAT, "N k", "V", "smallest", {TD_EXACT}},
                                 {0}},
	.params =
		(const td_param[]){
			{"k", NULL, "how many", TD_INT, offsetof(test_rich_params, k), 3, 1, 1000},
			{"eps", "V", "smallest step", TD_REAL, offsetof(test_rich_params, eps),
                         1e-12, 0, 1},
			{"scale", NULL, "factor", TD_REAL, offsetof(test_rich_params, scale), 1,
                         -__builtin_inf(), __builtin_inf()},
			{"mode", NULL, "how", TD_CHOICE, offsetof(test_rich_params, mode), 0,
                         .choices = test_rich_modes},
			{"causal", NULL, "only the past", TD_FLAG,
                         offsetof(test_rich_params, causal), 0},
			{0}},
	.params_size = sizeof(test_rich_params),
	.validate = test_rich_validate,
	.flags = TD_D1,
	.impls = (const td_impl[]){{"ref", TD_ON_HOST, test_run},
                                   {"cl", TD_ON_OPENCL, test_run, "test/rich.cl", ""},
                                   {0}},
};

/* A registry with these nodes alone. */
static inline void test_registry(td_registry *r)
{
	static const td_node *const nodes[] = {&test_add, &test_draw, &test_rich};
	*r = (td_registry){0};
	for (size_t i = 0; i < TD_COUNT(nodes); i++) /* sorted by name */
		TD_PUSH(&r->arena, *r, nodes[i]);
}

#endif
