/* A plug-in with a node that writes to the file $MEDDLE while it computes, as another program might. */
#include "tandem.h"

#include <stdio.h>
#include <stdlib.h>

static bool ref(const td_call *c, td_err *e)
{
	(void)e;
	for (int64_t i = 0; i < td_numel(&c->in[0]); i++)
		((double *)c->out[0].data)[i] = ((const double *)c->in[0].data)[i];
	return true;
}

static bool native(const td_call *c, td_err *e)
{
	const char *path = getenv("MEDDLE");
	FILE *f = path ? fopen(path, "r+b") : NULL;
	for (int64_t i = 0; i < td_numel(&c->in[0]); i++)
		((float *)c->out[0].data)[i] = ((const float *)c->in[0].data)[i];
	if (!f)
		return true;
	bool ok = fseek(f, -1, SEEK_END) == 0 && fputc('!', f) == '!';
	return fclose(f) == 0 && (ok || td_fail(e, TD_E_DATA, "cannot meddle"));
}

static const td_node meddler = {
	.abi = TD_ABI,
	.version = 1,
	.name = "faults.meddler",
	.doc = "Copies, and changes the file $MEDDLE.",
	.in = (const td_port[]){{"x", TD_SET_F32, "...", "?a", "numbers"}, {0}},
	.out = (const td_port[]){{"y", TD_SET_F32, "...", "?a", "the same", {TD_EXACT}}, {0}},
	.flags = TD_D3,
	.impls = (const td_impl[]){{"ref", TD_ON_HOST, ref}, {"native", TD_ON_HOST, native}, {0}},
};

extern const td_plugin tandem_plugin;
const td_plugin tandem_plugin = {TD_ABI, "tests/faults", (const td_node *const[]){&meddler, NULL}};
