/* A plug-in with one node. The test builds it as it is, and broken in several ways by macros. */
#include "tandem.h"

#ifndef ABI
#define ABI TD_ABI
#endif
#ifndef BUILD
#define BUILD "test 1.0"
#endif
#ifndef NAME
#define NAME "plugin.halve"
#endif
#ifndef NODES
#define NODES &halve
#endif
#ifndef SYMBOL
#define SYMBOL tandem_plugin
#endif

static bool ref(const td_call *c, td_err *e)
{
	(void)e;
	const double *x = c->in[0].data;
	double *y = c->out[0].data;
	for (int64_t i = 0; i < td_numel(&c->in[0]); i++)
		y[i] = x[i] / 2;
	return true;
}

static const td_node halve = {
	.abi = TD_ABI,
	.version = 1,
	.name = NAME,
	.doc = "Halves: y = x / 2.",
	.in = (const td_port[]){{"x", TD_SET_FLOAT, "...", "?a", "numbers"}, {0}},
	.out = (const td_port[]){{"y", TD_SET_FLOAT, "...", "?a", "halves", {TD_EXACT}}, {0}},
	.flags = TD_D3,
	.impls =
		(const td_impl[]){
			{"ref", TD_ON_HOST, ref},
#ifdef NO_TEXT
			{"cl", TD_ON_OPENCL, ref, "plugin/halve.cl"},
#endif
			{0},
		},
};

extern const td_plugin SYMBOL;
const td_plugin SYMBOL = {ABI, BUILD, (const td_node *const[]){NODES, NULL}};
