/* Any text as a pipeline: it must end within its limits, without a crash or a leak, and what it
 * builds must be fit for `check`. */
#include "../unit/lua_testing.h"

#include "base/log.h"
#include "check/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const td_option options[] = {{"k", "3"}, {"seed", "7"}, {"file", "x.npy"}};
	const td_limits limits = {200000, 8 << 20, 2};
	td_registry registry;
	td_err e;
	toy_registry(&registry, true);
	td_log_quiet(true);
	td_graph *g = td_lua_build_within(&registry, limits, NULL, "fuzz.lua", (const char *)data,
	                                  n, options, TD_COUNT(options), &e);
	if (g) {
		td_diags d = {0};
		td_check(g, &d);
		td_diags_fini(&d);
	}
	td_graph_free(g);
	td_registry_fini(&registry);
	return 0;
}
