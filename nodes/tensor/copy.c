/* tensor.copy: y = x, in memory of its own.
 *
 *   x [...] -> y [...]   any dtype, bit for bit
 *
 * This is the node to copy when you write your own: docs/adding-a-node.md walks through it. The
 * order is always the same: formula and shapes, params, shared helpers, ref, native, cl, cost,
 * tables, descriptor. */
#include "tandem.h"

#include <string.h>

/* `ref` knows f64 and i64 only, both 8 bytes: it is called with widened inputs. */
static bool ref(const td_call *c, td_err *e)
{
	(void)e;
	memcpy(c->out[0].data, c->in[0].data,
	       (size_t)td_numel(&c->in[0]) * td_sizeof(c->in[0].dtype));
	return true;
}

static void copy_bytes(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	memcpy((char *)c->out[0].data + lo, (const char *)c->in[0].data + lo, (size_t)(hi - lo));
}

static bool native(const td_call *c, td_err *e)
{
	(void)e;
	int64_t bytes = td_numel(&c->in[0]) * (int64_t)td_sizeof(c->in[0].dtype);
	td_parallel(c, bytes, 1 << 20, copy_bytes, c);
	return true;
}

/* One kernel an element size: the bits do not care what they mean. */
static bool cl(const td_call *c, td_err *e)
{
	int64_t n = td_numel(&c->in[0]);
	size_t size = td_sizeof(c->in[0].dtype);
	const char *kernel = size == 8   ? "tensor_copy_8"
	                     : size == 4 ? "tensor_copy_4"
	                                 : "tensor_copy_1";
	const td_arg args[] = {TD_T(&c->in[0]), TD_T(&c->out[0]), TD_L(n)};
	return td_launch(c, kernel, (int64_t[3]){(n + 15) / 16, 1, 1}, args, TD_COUNT(args), e);
}

static td_cost cost(const td_call *c)
{
	return (td_cost){.bytes = td_bytes(&c->in[0]) + td_bytes(&c->out[0])};
}

TD_DEFINE_NODE(td_tensor_copy) = {
	.abi = TD_ABI,
	.version = 1,
	.name = "tensor.copy",
	.doc = "Copies a tensor, bit for bit.",
	.in = (const td_port[]){{"x", TD_SET_ANY, "...", "?a", "anything"}, {0}},
	.out = (const td_port[]){{"y", TD_SET_ANY, "...", "?a", "the same", {TD_EXACT}}, {0}},
	.cost = cost,
	.flags = TD_D3,
	.impls =
		(const td_impl[]){
			{"ref", TD_ON_HOST, ref},
			{"native", TD_ON_HOST, native},
			{"cl", TD_ON_OPENCL, cl, "tensor/copy.cl"},
			{0},
		},
};
