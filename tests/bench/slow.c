/* A plug-in whose node takes as long as it is told: for tests/bench/bench_verdicts.py. Each element is the end
 * of a chain of `rounds` dependent fma that change nothing, and $SLOW_PERCENT makes the chain that much longer,
 * with the kernel and the answer the same. */
#include "tandem.h"

#include <stdlib.h>

typedef struct {
	int64_t rounds;
} slow_params;

static int64_t rounds_of(const td_call *c)
{
	const char *percent = getenv("SLOW_PERCENT");
	int64_t n = ((const slow_params *)c->params)->rounds;
	return n + n * (percent ? atoll(percent) : 0) / 100;
}

static bool ref(const td_call *c, td_err *e)
{
	(void)e;
	for (int64_t i = 0; i < td_numel(&c->out[0]); i++)
		((double *)c->out[0].data)[i] = ((const double *)c->in[0].data)[i] + 1;
	return true;
}

static bool cl(const td_call *c, td_err *e)
{
	const td_arg args[] = {TD_T(&c->in[0]), TD_T(&c->out[0]), TD_L(rounds_of(c)), TD_F(1)};
	return td_launch(c, "slow_chain", (int64_t[3]){td_numel(&c->in[0]), 1, 1}, args,
	                 TD_COUNT(args), e);
}

static const char text[] = "#include \"tandem.clh\"\n"
			   "TD_WG(16) __kernel void slow_chain(__global const float *x, __global "
			   "float *y, long rounds, float one)\n"
			   "{\n"
			   "	size_t i = get_global_id(0);\n"
			   "	float s = x[i];\n"
			   "	for (long k = 0; k < rounds; k++)\n"
			   "		s = fma(s, one, 1.0f - one);\n"
			   "	y[i] = s + 1.0f;\n"
			   "}\n";

static const td_node chain = {
	.abi = TD_ABI,
	.version = 1,
	.name = "slow.chain",
	.doc = "Adds 1, slowly.",
	.in = (const td_port[]){{"x", TD_SET_F32, "...", "?a", "numbers"}, {0}},
	.out = (const td_port[]){{"y", TD_SET_F32, "...", "?a", "x + 1", {TD_ULP, .ulp = 1}}, {0}},
	.params = (const td_param[]){{"rounds", NULL, "of the chain", TD_INT,
                                      offsetof(slow_params, rounds), 1, 1, 1e12},
                                     {0}},
	.params_size = sizeof(slow_params),
	.flags = TD_D1,
	.impls = (const td_impl[]){{"ref", TD_ON_HOST, ref},
                                   {"cl", TD_ON_OPENCL, cl, "slow/chain.cl", .text = text},
                                   {0}},
};

extern const td_plugin tandem_plugin;
const td_plugin tandem_plugin = {TD_ABI, "tests/bench", (const td_node *const[]){&chain, NULL}};
