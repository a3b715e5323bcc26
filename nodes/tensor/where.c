/* tensor.where: one of two numbers, by a mask; tensor.fill: one number everywhere.
 *
 *   where  mask [...], a [...], b [...] -> y [...]   a where mask is not 0, else b; broadcast as tensor.add
 *   fill   like [...] -> y [...]                     `value` */
#include "tandem.h"

#include "walk.h"

#include <math.h>

/* -- where ------------------------------------------------------------------------ */

static bool where_ref(const td_call *c, td_err *e)
{
	(void)e;
	tensor_walk w = walk_broadcast(&c->out[0], c->in, 3);
	for (int64_t i = 0; i < walk_count(&w, w.rank); i++) {
		int64_t at[WALK_OPERANDS];
		walk_at(&w, w.rank, i, at);
		bool take = ((const int64_t *)c->in[0].data)[at[1]] != 0;
		((int64_t *)c->out[0].data)[at[0]] = take ? ((const int64_t *)c->in[1].data)[at[2]]
		                                          : ((const int64_t *)c->in[2].data)[at[3]];
	}
	return true;
}

#define PIECE(name, T)                                                                            \
	static void name(const td_call *c, const tensor_walk *w, const int64_t at[WALK_OPERANDS], \
	                 int64_t n)                                                               \
	{                                                                                         \
		const uint8_t *mask = (const uint8_t *)c->in[0].data + at[1];                     \
		const T *a = (const T *)c->in[1].data + at[2],                                    \
			*b = (const T *)c->in[2].data + at[3];                                    \
		T *restrict y = (T *)c->out[0].data + at[0];                                      \
		const int last = w->rank - 1;                                                     \
		const int64_t m = w->step[1][last], s = w->step[2][last], t = w->step[3][last];   \
		for (int64_t i = 0; i < n; i++)                                                   \
			y[i] = mask[i * m] ? a[i * s] : b[i * t];                                 \
	}
PIECE(where_1, uint8_t)
PIECE(where_4, uint32_t)
PIECE(where_8, uint64_t)

static bool where_native(const td_call *c, td_err *e)
{
	(void)e;
	size_t size = td_sizeof(c->in[1].dtype);
	tensor_walk w = walk_broadcast(&c->out[0], c->in, 3);
	walk_native(c, &w, size == 8 ? where_8 : size == 4 ? where_4 : where_1);
	return true;
}

static bool where_cl(const td_call *c, td_err *e)
{
	size_t size = td_sizeof(c->in[1].dtype);
	tensor_walk w = walk_broadcast(&c->out[0], c->in, 3);
	const td_arg own[] = {TD_T(&c->in[0]), TD_T(&c->in[1]), TD_T(&c->in[2]), TD_T(&c->out[0])};
	return walk_launch(c, &w,
	                   size == 8   ? "tensor_where_ulong"
	                   : size == 4 ? "tensor_where_uint"
	                               : "tensor_where_uchar",
	                   16, own, TD_COUNT(own), e);
}

static td_cost where_cost(const td_call *c)
{
	return (td_cost){.bytes = td_bytes(&c->in[0]) + td_bytes(&c->in[1]) + td_bytes(&c->in[2]) +
	                          td_bytes(&c->out[0])};
}

/* -- fill ------------------------------------------------------------------------- */

typedef struct {
	double value;
} fill_params;

static bool fill_ref(const td_call *c, td_err *e)
{
	(void)e;
	for (int64_t i = 0; i < td_numel(&c->out[0]); i++)
		((double *)c->out[0].data)[i] = ((const fill_params *)c->params)->value;
	return true;
}

static bool fill_native(const td_call *c, td_err *e)
{
	float single = (float)((const fill_params *)c->params)->value;
	if (c->out[0].dtype == TD_F64)
		return fill_ref(c, e);
	for (int64_t i = 0; i < td_numel(&c->out[0]); i++)
		((float *)c->out[0].data)[i] = single;
	return true;
}

static bool fill_cl(const td_call *c, td_err *e)
{
	double value = ((const fill_params *)c->params)->value;
	int64_t n = td_numel(&c->out[0]);
	bool single = c->out[0].dtype == TD_F32;
	const td_arg args[] = {TD_T(&c->out[0]), TD_L(n), single ? TD_F(value) : TD_D(value)};
	return td_launch(c, single ? "tensor_full_float" : "tensor_full_double",
	                 (int64_t[3]){(n + 15) / 16, 1, 1}, args, TD_COUNT(args), e);
}

static td_cost fill_cost(const td_call *c)
{
	return (td_cost){.bytes = td_bytes(&c->out[0])};
}

/* -- nodes ------------------------------------------------------------------------- */

/* clang-format off */
#define IMPLS(op) \
	(const td_impl[]){{"ref", TD_ON_HOST, op##_ref}, {"native", TD_ON_HOST, op##_native}, \
	                  {"cl", TD_ON_OPENCL, op##_cl, "tensor/where.cl", .needs_wide = TD_NEEDS_F64}, {0}}

TD_DEFINE_NODE(td_tensor_where) = {
	.abi = TD_ABI, .version = 1, .name = "tensor.where",
	.doc = "a where the mask is not 0, else b.",
	.in = (const td_port[]){{"mask", TD_SET_U8, "...", NULL, "0: b", .flags = TD_BROADCAST},
	                        {"a", TD_SET_ANY, "...", "?a", "taken where mask is not 0", .flags = TD_BROADCAST},
	                        {"b", TD_SET_ANY, "...", "?a", "taken elsewhere", .flags = TD_BROADCAST}, {0}},
	.out = (const td_port[]){{"y", TD_SET_ANY, "...", "?a", "the result", {TD_EXACT}}, {0}},
	.cost = where_cost, .flags = TD_D3, .impls = IMPLS(where),
};

TD_DEFINE_NODE(td_tensor_fill) = {
	.abi = TD_ABI, .version = 1, .name = "tensor.fill",
	.doc = "A tensor of the shape of `like` that holds one number.",
	.in = (const td_port[]){{"like", TD_SET_FLOAT, "...", NULL, "only its shape and dtype count"}, {0}},
	.out = (const td_port[]){{"y", TD_SET_FLOAT, "...", NULL, "the number everywhere", {TD_EXACT}}, {0}},
	.params = (const td_param[]){{"value", NULL, "the number", TD_REAL, offsetof(fill_params, value), 0, -HUGE_VAL, HUGE_VAL}, {0}},
	.params_size = sizeof(fill_params), .cost = fill_cost, .flags = TD_D3, .impls = IMPLS(fill),
};
/* clang-format on */
