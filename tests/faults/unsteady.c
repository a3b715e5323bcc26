/* A plug-in with a node that promises the same bits each time and does not give them: within its limit it
 * alternates between two neighbours. */
#include "tandem.h"

#include <math.h>

static bool ref(const td_call *c, td_err *e)
{
	(void)e;
	for (int64_t i = 0; i < td_numel(&c->in[0]); i++)
		((double *)c->out[0].data)[i] = ((const double *)c->in[0].data)[i];
	return true;
}

static bool native(const td_call *c, td_err *e)
{
	static int calls;
	(void)e;
	calls++;
	for (int64_t i = 0; i < td_numel(&c->in[0]); i++) {
		float x = ((const float *)c->in[0].data)[i];
		((float *)c->out[0].data)[i] = calls > 2 ? nextafterf(x, 2 * x) : x;
	}
	return true;
}

static const td_node unsteady = {
	.abi = TD_ABI,
	.version = 1,
	.name = "faults.unsteady",
	.doc = "Copies, with other last bits from the third call on.",
	.in = (const td_port[]){{"x", TD_SET_F32, "...", "?a", "numbers"}, {0}},
	.out =
		(const td_port[]){
			{"y", TD_SET_F32, "...", "?a", "nearly the same", {TD_ULP, .ulp = 2}}, {0}},
	.flags = TD_D1,
	.impls = (const td_impl[]){{"ref", TD_ON_HOST, ref}, {"native", TD_ON_HOST, native}, {0}},
};

extern const td_plugin tandem_plugin;
const td_plugin tandem_plugin = {TD_ABI, "tests/faults", (const td_node *const[]){&unsteady, NULL}};
