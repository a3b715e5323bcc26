/* A plug-in whose nodes have what no shipped node has: for the pipelines in tests/bad/cases. With -DOTHER it
 * says that it was built for another ABI. */
#include "tandem.h"

#include <string.h>

typedef struct {
	int64_t kib;
	bool exact;
} bad_params;

static bool ref(const td_call *c, td_err *e)
{
	(void)e;
	memmove(c->out[0].data, c->in[0].data,
	        (size_t)td_numel(&c->in[0]) * td_sizeof(c->in[0].dtype));
	return true;
}

static bool cl(const td_call *c, td_err *e)
{
	return td_fail(e, TD_E_DEVICE, "this node is only looked at");
}

static bool decide(const td_call *r, const td_call *got, td_decisions *d, td_err *e)
{
	(void)r;
	(void)got;
	(void)e;
	*d = (td_decisions){.worst = -1};
	return true;
}

static const td_param params[] = {
	{"kib", NULL, "local memory", TD_INT, offsetof(bad_params, kib), 1, 1, 1024},
	{"exact", NULL, "nothing", TD_FLAG, offsetof(bad_params, exact), 0},
	{0},
};

#define KERNEL "__kernel void f(__global float *x) { x[0] = "
#define NODE(id, tolerance, over_what, ...)                                                \
	static const td_node id = {                                                        \
		.abi = TD_ABI,                                                             \
		.version = 1,                                                              \
		.name = "bad." #id,                                                        \
		.doc = "Copies.",                                                          \
		.in = (const td_port[]){{"x", TD_SET_FLOAT, "...", "?a", "numbers"}, {0}}, \
		.out = (const td_port[]){{"y",                                             \
	                                  TD_SET_FLOAT,                                    \
	                                  "...",                                           \
	                                  "?a",                                            \
	                                  "the same",                                      \
	                                  {tolerance},                                     \
	                                  .over = over_what},                              \
	                                 {0}},                                             \
		.params = params,                                                          \
		.params_size = sizeof(bad_params),                                         \
		.decide = decide,                                                          \
		.flags = TD_D3,                                                            \
		.impls = (const td_impl[]){{"ref", TD_ON_HOST, ref},                       \
	                                   {"native", TD_ON_HOST, ref},                    \
	                                   __VA_ARGS__{0}},                                \
	};
#define CL(file, code) {"cl", TD_ON_OPENCL, cl, "bad/" file ".cl", .text = code},

NODE(host, TD_EXACT, NULL, )
NODE(over, TD_EXACT, "x", )
NODE(over_device, TD_EXACT, "x", CL("over", "#include \"tandem.clh\"\n" KERNEL "1; }"))
NODE(greedy, TD_EXACT, NULL,
     {"cl", TD_ON_OPENCL, cl, "bad/greedy.cl", .text = "#include \"tandem.clh\"\n" KERNEL "1; }",
      .local_bytes = "kib*1024"}, )
NODE(decides, TD_DECISION, NULL,
     CL("decides", "#include \"tandem.clh\"\n#include \"td_math.h\"\n" KERNEL "td_exp(x[1]); }"))
NODE(decides_roughly, TD_DECISION, NULL,
     CL("roughly", "#include \"tandem.clh\"\n" KERNEL "native_exp(x[1]); }"))
NODE(contracts, TD_EXACT, NULL, CL("contracts", KERNEL "x[1] * x[2] + x[3]; }"))
NODE(includes, TD_EXACT, NULL,
     CL("includes", "#include \"tandem.clh\"\n#include \"mine.h\"\n" KERNEL "1; }"))

extern const td_plugin tandem_plugin;
const td_plugin tandem_plugin = {
#ifdef OTHER
	TD_ABI + 1,
#else
	TD_ABI,
#endif
	"tests/bad",
	(const td_node *const[]){&host, &over, &over_device, &greedy, &decides, &decides_roughly,
                                 &contracts, &includes, NULL},
};
