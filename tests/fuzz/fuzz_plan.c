/* Fuzzes the planner. A graph text that passes check is planned for a small GPU: the plan must stand the
 * independent proof, and what is saved of it must read back as the same plan. Any other text is read as
 * a saved plan, which must be refused or be whole. */
#include "check/check.h"
#include "model/registry.h"
#include "plan/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const td_caps small_gpu = {
	.id = "test:gpu",
	.name = "a small GPU",
	.vendor = "test",
	.platform = "test",
	.driver = "1",
	.version = "OpenCL 3.0",
	.type = TD_DEVICE_GPU,
	.compute_units = 4,
	.clock_mhz = 1000,
	.global_bytes = 1 << 26,
	.max_alloc_bytes = 1 << 24,
	.local_bytes = 1 << 14,
	.constant_bytes = 1 << 16,
	.max_arg_bytes = 1024,
	.max_group = 256,
	.base_align = 128,
	.vector_width = 4,
	.f64 = true,
	.correct_div_sqrt = true,
	.denormals = true,
	.fma = true,
};

static void must(bool ok, const char *what, const char *text)
{
	if (ok)
		return;
	fprintf(stderr, "%s:\n%s\n", what, text);
	abort();
}

static void load(const td_registry *r, const char *text, size_t n, const td_plan *same)
{
	td_diags d = {0};
	td_graph *g;
	td_err e = {.code = TD_OK, .text = ""};
	td_plan *p = td_plan_load(r, "fuzz", text, n, &g, &d, &e);
	must(p || !same, "a saved plan does not read back", e.text);
	must(!p || td_plan_verify(p, &e), "a plan that was read does not hold", e.text);
	td_plan_free(p);
	td_graph_free(g);
	td_diags_fini(&d);
}

static void plan(const td_registry *r, td_graph *g)
{
	td_diags d = {0};
	td_str text = {0};
	td_err e = {.code = TD_OK, .text = ""};
	td_plan_options o = {.caps = &small_gpu, .guard_bytes = g->steps.n % 2 ? 128 : 0};
	td_plan *p = td_check(g, &d) ? td_plan_new(g, &o, &d) : NULL;
	if (p) {
		must(td_plan_verify(p, &e), "a plan does not hold", e.text);
		td_plan_save(p, &text);
		load(r, td_str_text(&text), text.n, p);
	}
	td_plan_free(p);
	td_str_fini(&text);
	td_diags_fini(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	td_registry r;
	td_err e;
	td_registry_init(&r);
	td_graph *g = td_graph_read(&r, "fuzz", (const char *)data, size, &e);
	if (g)
		plan(&r, g);
	else if (!memmem(data, size, "\npath ", 6)) /* no file is to be opened */
		load(&r, (const char *)data, size, NULL);
	td_graph_free(g);
	td_registry_fini(&r);
	return 0;
}
