/* tensor.reshape, part, place, extent: the shape of one tensor taken from another. Gradients are made of
 * these, because they know no numbers, only tensors of the shape they need.
 *
 *   reshape  x [...], like [...] -> y [like]          the same elements in the shape of `like`
 *   part     x [...], like [...] -> y [like]          x along an axis, as long as `like`: its start or end
 *   place    x [...], like [...] -> y [like]          zeros, with x along an axis at skip, skip + step, …; or at its end
 *   extent   x [...] -> n [1]                         how long an axis is, as a number
 *
 * part undoes concat, place undoes slice, reshape undoes flatten and split. */
#include "tandem.h"

#include "move.h"

typedef struct {
	int64_t axis, skip, step;
	bool last;
	int32_t dtype;
} like_params;

static const like_params *params_of(const td_call *c)
{
	return c->params;
}

/* -- boxes: from each node's parameters, for all impls ------------------------------ */

typedef bool make_box(const td_call *c, tensor_box *box, td_err *e);

static bool whole(const td_call *c, tensor_box *box, td_err *e)
{
	(void)e;
	*box = box_of(&c->out[0], &c->in[0], 1, (int64_t[1]){td_numel(&c->in[0])});
	box->w.step[0][0] = box->w.step[1][0] = 1;
	return true;
}

static bool part(const td_call *c, tensor_box *box, td_err *e)
{
	const td_tensor *x = &c->in[0], *y = &c->out[0];
	int axis;
	if (!axis_of(params_of(c)->axis, x->rank, &axis))
		return no_axis(params_of(c)->axis, x->rank, e);
	int64_t rest = x->dim[axis] - y->dim[axis];
	if (rest < 0)
		return td_fail(e, TD_E_USAGE, "axis %d of \"like\" is longer: %lld, not up to %lld",
		               axis, (long long)y->dim[axis], (long long)x->dim[axis]);
	*box = box_of(y, x, y->rank, y->dim);
	walk_strides(y, box->w.step[0]);
	walk_strides(x, box->w.step[1]);
	box->from = params_of(c)->last ? rest * box->w.step[1][axis] : 0;
	return true;
}

static bool place(const td_call *c, tensor_box *box, td_err *e)
{
	const td_tensor *x = &c->in[0], *y = &c->out[0];
	const like_params *p = params_of(c);
	int axis;
	if (!axis_of(p->axis, x->rank, &axis))
		return no_axis(p->axis, x->rank, e);
	int64_t skip = p->last ? y->dim[axis] - x->dim[axis] : p->skip;
	int64_t last = skip + (x->dim[axis] - 1) * p->step;
	if (skip < 0)
		return td_fail(e, TD_E_USAGE, "axis %d of \"like\" is shorter: %lld, not from %lld",
		               axis, (long long)y->dim[axis], (long long)x->dim[axis]);
	if (x->dim[axis] > 0 && last >= y->dim[axis])
		return td_fail(e, TD_E_USAGE,
		               "the last element goes to %lld of axis %d, which has %lld",
		               (long long)last, axis, (long long)y->dim[axis]);
	*box = box_of(y, x, x->rank, x->dim);
	walk_strides(y, box->w.step[0]);
	walk_strides(x, box->w.step[1]);
	box->to = skip * box->w.step[0][axis];
	box->w.step[0][axis] *= p->step;
	return true;
}

/* -- impls -------------------------------------------------------------------------- */

/* Element by element in the order of coordinates; oracle tensors have 8 bytes an element. */
static bool ref(const td_call *c, make_box *make, td_err *e)
{
	tensor_box b = {.y = &c->out[0], .x = &c->in[0]};
	if (!make(c, &b, e))
		return false;
	int64_t *y = c->out[0].data;
	memset(y, 0, (size_t)td_numel(&c->out[0]) * sizeof *y);
	for (int64_t i = 0; i < walk_count(&b.w, b.w.rank); i++) {
		int64_t at[WALK_OPERANDS];
		walk_at(&b.w, b.w.rank, i, at);
		y[b.to + at[0]] = ((const int64_t *)c->in[0].data)[b.from + at[1]];
	}
	return true;
}

static bool host(const td_call *c, make_box *make, td_err *e)
{
	tensor_box b = {.y = &c->out[0], .x = &c->in[0]};
	if (!make(c, &b, e))
		return false;
	if (make == place)
		memset(c->out[0].data, 0,
		       (size_t)td_numel(&c->out[0]) * td_sizeof(c->out[0].dtype));
	box_native(c, b);
	return true;
}

static bool device(const td_call *c, make_box *make, td_err *e)
{
	tensor_box b = {.y = &c->out[0], .x = &c->in[0]};
	int64_t n = td_numel(&c->out[0]);
	const td_arg zeros[] = {TD_T(&c->out[0]), TD_L(n), TD_L(0)};
	return make(c, &b, e) &&
	       (make != place ||
	        td_launch(c, box_fill_kernel(td_sizeof(c->out[0].dtype)),
	                  (int64_t[3]){(n + 15) / 16, 1, 1}, zeros, TD_COUNT(zeros), e)) &&
	       box_cl(c, b, e);
}

/* -- extent ------------------------------------------------------------------------- */

static bool extent_of(const td_call *c, int64_t *n, td_err *e)
{
	int axis;
	if (!axis_of(params_of(c)->axis, c->in[0].rank, &axis))
		return no_axis(params_of(c)->axis, c->in[0].rank, e);
	*n = c->in[0].dim[axis];
	return true;
}

static bool extent_ref(const td_call *c, td_err *e)
{
	int64_t n = 0;
	bool ok = extent_of(c, &n, e);
	*(double *)c->out[0].data = (double)n;
	return ok;
}

static bool extent_native(const td_call *c, td_err *e)
{
	int64_t n = 0;
	bool ok = extent_of(c, &n, e);
	if (c->out[0].dtype == TD_F64)
		*(double *)c->out[0].data = (double)n;
	else
		*(float *)c->out[0].data = (float)n;
	return ok;
}

static bool extent_cl(const td_call *c, td_err *e)
{
	int64_t n = 0;
	bool single = c->out[0].dtype == TD_F32;
	if (!extent_of(c, &n, e))
		return false;
	const td_arg args[] = {TD_T(&c->out[0]), TD_L(1), single ? TD_F(n) : TD_D((double)n)};
	return td_launch(c, single ? "tensor_full_float" : "tensor_full_double",
	                 (int64_t[3]){1, 1, 1}, args, TD_COUNT(args), e);
}

static td_cost cost(const td_call *c)
{
	return (td_cost){.bytes = 2 * td_bytes(&c->out[0])};
}

/* -- shapes --------------------------------------------------------------------------- */

static bool shape_like(const td_infer *s)
{
	s->out[0].rank = s->in[1].rank;
	memcpy(s->out[0].dim, s->in[1].dim, sizeof s->in[1].dim);
	return true;
}

static td_dim elements(const td_infer *s, const td_shape *x)
{
	td_dim n = td_dim_int(s->dims, 1);
	for (int i = 0; i < x->rank; i++)
		n = td_dim_mul(s->dims, n, x->dim[i]);
	return n;
}

static bool shape_reshape(const td_infer *s, td_err *e)
{
	return elements(s, &s->in[0]) == elements(s, &s->in[1])
	               ? shape_like(s)
	               : td_fail(e, TD_E_USAGE,
	                         "\"x\" and \"like\" are not known to have as many elements");
}

static bool shape_along(const td_infer *s, td_err *e)
{
	const like_params *p = s->params;
	const td_shape *x = &s->in[0], *like = &s->in[1];
	int axis;
	if (!axis_of(p->axis, x->rank, &axis))
		return no_axis(p->axis, x->rank, e);
	if (like->rank != x->rank)
		return td_fail(e, TD_E_USAGE, "\"like\" has %d axes, \"x\" has %d", like->rank,
		               x->rank);
	for (int i = 0; i < x->rank; i++)
		if (i != axis && x->dim[i] != like->dim[i])
			return td_fail(e, TD_E_USAGE,
			               "axis %d of \"x\" and of \"like\" are not known to be equal",
			               i);
	return shape_like(s);
}

static bool shape_extent(const td_infer *s, td_err *e)
{
	const like_params *p = s->params;
	int axis;
	if (!axis_of(p->axis, s->in[0].rank, &axis))
		return no_axis(p->axis, s->in[0].rank, e);
	s->out[0].rank = 1;
	s->out[0].dim[0] = td_dim_int(s->dims, 1);
	return true;
}

/* -- nodes ---------------------------------------------------------------------------- */

static bool place_valid(const void *params, td_err *e)
{
	const like_params *p = params;
	return !p->last || (!p->skip && p->step == 1) ||
	       td_fail(e, TD_E_USAGE, "give `last`, or `skip` and `step`");
}

/* clang-format off */
#define INT(name, field, doc, def, lo, hi) {name, NULL, doc, TD_INT, offsetof(like_params, field), def, lo, hi}
#define AXIS INT("axis", axis, "which axis; -1 is the last", -1, -8, 7)
enum { FAR = 1 << 30 };

static const char *const extent_dtypes[] = {"f32", "f64", NULL};
static const td_param part_params[] = {AXIS, {"last", NULL, "the end of x, not its start", TD_FLAG, offsetof(like_params, last), 0}, {0}};
static const td_param place_params[] = {AXIS, INT("skip", skip, "where the first element goes", 0, 0, FAR),
	INT("step", step, "from one element to the next", 1, 1, FAR), {"last", NULL, "at the end", TD_FLAG, offsetof(like_params, last), 0}, {0}};
static const td_param extent_params[] = {AXIS, {"dtype", NULL, "of the result", TD_CHOICE, offsetof(like_params, dtype), 0, 0, 0, extent_dtypes}, {0}};

#define NODE(op, box, infer, text, ...)                                                           \
	static bool op##_ref(const td_call *c, td_err *e) { return ref(c, box, e); }             \
	static bool op##_native(const td_call *c, td_err *e) { return host(c, box, e); }         \
	static bool op##_cl(const td_call *c, td_err *e) { return device(c, box, e); }           \
	TD_DEFINE_NODE(td_tensor_##op) = {                                                        \
		.abi = TD_ABI, .version = 1, .name = "tensor." #op, .doc = text,                  \
		.in = (const td_port[]){{"x", TD_SET_ANY, "...", "?a", "anything", .flags = TD_FREE}, \
		                        {"like", TD_SET_ANY, "...", NULL, "only its shape counts", .flags = TD_FREE}, {0}}, \
		.out = (const td_port[]){{"y", TD_SET_ANY, "...", "?a", "elements of x", {TD_EXACT}}, {0}}, \
		.params_size = sizeof(like_params), .shape = infer, .cost = cost, .flags = TD_D3, \
		.impls = (const td_impl[]){{"ref", TD_ON_HOST, op##_ref}, {"native", TD_ON_HOST, op##_native}, \
		                           {"cl", TD_ON_OPENCL, op##_cl, "tensor/move.cl"}, {0}}, \
		__VA_ARGS__                                                                       \
	};

NODE(reshape, whole, shape_reshape, "The same elements in the shape of `like`.", .params = NULL)
NODE(part, part, shape_along, "x as long as `like` along an axis: its start, or with `last` its end.", .params = part_params)
NODE(place, place, shape_along, "Zeros in the shape of `like`, with x at skip, skip + step, … of an axis.", .params = place_params, .validate = place_valid)

TD_DEFINE_NODE(td_tensor_extent) = {
	.abi = TD_ABI, .version = 1, .name = "tensor.extent",
	.doc = "How long an axis is, as a number.",
	.in = (const td_port[]){{"x", TD_SET_ANY, "...", NULL, "only its shape counts"}, {0}},
	.out = (const td_port[]){{"n", TD_SET_FLOAT, "1", NULL, "how long", {TD_EXACT}, .lo = 0, .hi = 2147483647}, {0}},
	.params = extent_params, .params_size = sizeof(like_params), .shape = shape_extent, .cost = cost, .flags = TD_D3,
	.impls = (const td_impl[]){{"ref", TD_ON_HOST, extent_ref}, {"native", TD_ON_HOST, extent_native},
	                           {"cl", TD_ON_OPENCL, extent_cl, "tensor/where.cl", .needs_wide = TD_NEEDS_F64}, {0}},
};
/* clang-format on */
