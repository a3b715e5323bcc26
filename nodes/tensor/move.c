/* tensor.transpose, flatten, split, slice, concat, pad, expand: elements in other places, unchanged.
 *
 *   transpose  axes a and b change places
 *   flatten    axes first … last become one           [A B C] -> [A B*C]
 *   split      an axis of n*k becomes n and k         [A n*k] -> [A n k]
 *   slice      an axis without its first `skip` and last `drop`, every `step`-th of what is left; with
 *              `count`, that many from `skip` on
 *   concat     b behind a along an axis
 *   pad        `before` and `after` elements of `value` around an axis
 *   expand     x repeated to the shape of `like`: axes of 1, and missing ones at the front
 * Axes count from 0, and from -1 at the end. */
#include "tandem.h"

#include "move.h"

#include <math.h>

typedef struct {
	int64_t a, b; /* transpose: a, b; flatten: first, last; split: axis, n; others: axis */
	int64_t before, after; /* slice: skip, drop; pad: before, after */
	int64_t step, count;
	double value;
} move_params;

static const move_params *params_of(const td_call *c)
{
	return c->params;
}

/* -- boxes: from each node's parameters, for all impls ----------------------------- */

typedef bool make_boxes(const td_call *c, tensor_box box[2], int *n, td_err *e);

static bool whole(const td_call *c, tensor_box box[2], int *n, td_err *e)
{
	(void)e;
	box[0] = box_of(&c->out[0], &c->in[0], 1, (int64_t[1]){td_numel(&c->in[0])});
	box[0].w.step[0][0] = box[0].w.step[1][0] = 1;
	*n = 1;
	return true;
}

static bool transposed(const td_call *c, tensor_box box[2], int *n, td_err *e)
{
	const td_tensor *x = &c->in[0], *y = &c->out[0];
	const move_params *p = params_of(c);
	int a, b;
	if (!axis_of(p->a, x->rank, &a) || !axis_of(p->b, x->rank, &b))
		return no_axis(axis_of(p->a, x->rank, &a) ? p->b : p->a, x->rank, e);
	box[0] = box_of(y, x, y->rank, y->dim);
	walk_strides(y, box[0].w.step[0]);
	walk_strides(x, box[0].w.step[1]);
	int64_t step = box[0].w.step[1][a];
	box[0].w.step[1][a] = box[0].w.step[1][b];
	box[0].w.step[1][b] = step;
	*n = 1;
	return true;
}

static bool sliced(const td_call *c, tensor_box box[2], int *n, td_err *e)
{
	const td_tensor *x = &c->in[0], *y = &c->out[0];
	const move_params *p = params_of(c);
	int axis;
	if (!axis_of(p->a, x->rank, &axis))
		return no_axis(p->a, x->rank, e);
	int64_t last = p->before + (y->dim[axis] - 1) * p->step;
	if (y->dim[axis] > 0 && last >= x->dim[axis])
		return td_fail(e, TD_E_USAGE, "element %lld of axis %d is wanted, which has %lld",
		               (long long)last, axis, (long long)x->dim[axis]);
	box[0] = box_of(y, x, y->rank, y->dim);
	walk_strides(y, box[0].w.step[0]);
	walk_strides(x, box[0].w.step[1]);
	box[0].from = p->before * box[0].w.step[1][axis];
	box[0].w.step[1][axis] *= p->step;
	*n = 1;
	return true;
}

/* All of in[k] into y, from element `at` of an axis on. */
static tensor_box laid(const td_call *c, int k, int axis, int64_t at)
{
	const td_tensor *x = &c->in[k], *y = &c->out[0];
	tensor_box b = box_of(y, x, x->rank, x->dim);
	walk_strides(y, b.w.step[0]);
	walk_strides(x, b.w.step[1]);
	b.to = at * b.w.step[0][axis];
	return b;
}

static bool joined(const td_call *c, tensor_box box[2], int *n, td_err *e)
{
	int axis;
	if (!axis_of(params_of(c)->a, c->in[0].rank, &axis))
		return no_axis(params_of(c)->a, c->in[0].rank, e);
	box[0] = laid(c, 0, axis, 0);
	box[1] = laid(c, 1, axis, c->in[0].dim[axis]);
	*n = 2;
	return true;
}

static bool padded(const td_call *c, tensor_box box[2], int *n, td_err *e)
{
	int axis;
	if (!axis_of(params_of(c)->a, c->in[0].rank, &axis))
		return no_axis(params_of(c)->a, c->in[0].rank, e);
	box[0] = laid(c, 0, axis, params_of(c)->before);
	*n = 1;
	return true;
}

static bool expanded(const td_call *c, tensor_box box[2], int *n, td_err *e)
{
	(void)e;
	const td_tensor *x = &c->in[0], *y = &c->out[0];
	box[0] = box_of(y, x, y->rank, y->dim);
	box[0].w = walk_broadcast(y, x, 1);
	*n = 1;
	return true;
}

/* -- impls ------------------------------------------------------------------------- */

/* The value of pad in the bits of a dtype. */
static int64_t bits_of(double value, td_dtype d)
{
	int64_t bits = 0;
	float single = (float)value;
	if (d == TD_F32)
		memcpy(&bits, &single, sizeof single);
	else if (d == TD_F64)
		memcpy(&bits, &value, sizeof value);
	else
		bits = (int64_t)value;
	return bits;
}

static void fill(const td_call *c)
{
	size_t size = td_sizeof(c->out[0].dtype);
	int64_t bits = bits_of(params_of(c)->value, c->out[0].dtype);
	for (int64_t i = 0; i < td_numel(&c->out[0]);
	     i++) /* little-endian: the lower bytes come first */
		memcpy((char *)c->out[0].data + (size_t)i * size, &bits, size);
}

static bool fill_cl(const td_call *c, td_err *e)
{
	int64_t n = td_numel(&c->out[0]);
	size_t size = td_sizeof(c->out[0].dtype);
	const td_arg args[] = {TD_T(&c->out[0]), TD_L(n),
	                       TD_L(bits_of(params_of(c)->value, c->out[0].dtype))};
	return td_launch(c, box_fill_kernel(size), (int64_t[3]){(n + 15) / 16, 1, 1}, args,
	                 TD_COUNT(args), e);
}

static bool host(const td_call *c, make_boxes *make, td_err *e)
{
	tensor_box box[2];
	int n = 0;
	if (make == padded)
		fill(c);
	if (!make(c, box, &n, e))
		return false;
	for (int i = 0; i < n; i++)
		box_native(c, box[i]);
	return true;
}

static bool device(const td_call *c, make_boxes *make, td_err *e)
{
	tensor_box box[2];
	int n = 0;
	if ((make == padded && !fill_cl(c, e)) || !make(c, box, &n, e))
		return false;
	for (int i = 0; i < n; i++)
		if (!box_cl(c, box[i], e))
			return false;
	return true;
}

/* -- ref: element by element, from coordinates --------------------------------------- */

/* Coordinates of y's element in x, for a node whose boxes are made by `make`; false: it is no part of x. */
static bool place_in(const td_call *c, make_boxes *make, const int64_t *at, int64_t *in)
{
	const td_tensor *x = &c->in[0], *y = &c->out[0];
	const move_params *p = params_of(c);
	int a = 0, b = 0;
	if (make == expanded) {
		for (int i = 0; i < x->rank; i++)
			in[i] = x->dim[i] == 1 ? 0 : at[y->rank - x->rank + i];
		return true;
	}
	memcpy(in, at, sizeof *in * TD_MAX_RANK);
	(void)axis_of(p->a, x->rank, &a);
	(void)axis_of(p->b, x->rank, &b);
	if (make == transposed) {
		in[a] = at[b];
		in[b] = at[a];
	} else if (make == sliced) {
		in[a] = p->before + at[a] * p->step;
	} else if (make == padded) {
		in[a] = at[a] - p->before;
		return in[a] >= 0 && in[a] < x->dim[a];
	} else {
		return in[a] < x->dim[a];
	}
	return true;
}

static int64_t flat_of(const td_tensor *t, const int64_t *at)
{
	int64_t flat = 0;
	for (int i = 0; i < t->rank; i++)
		flat = flat * t->dim[i] + at[i];
	return flat;
}

/* Oracle tensors have 8 bytes an element. */
static bool ref(const td_call *c, make_boxes *make, td_err *e)
{
	tensor_box box[2];
	int n = 0, axis = 0;
	if (!make(c, box, &n, e)) /* bad axes */
		return false;
	int64_t *y = c->out[0].data;
	if (make != expanded && make != whole)
		(void)axis_of(params_of(c)->a, c->in[0].rank, &axis);
	for (int64_t i = 0; i < td_numel(&c->out[0]); i++) {
		int64_t at[TD_MAX_RANK] = {0}, in[TD_MAX_RANK] = {0}, left = i;
		for (int k = c->out[0].rank; k-- > 0; left /= c->out[0].dim[k])
			at[k] = left % c->out[0].dim[k];
		if (make == whole) {
			y[i] = ((const int64_t *)c->in[0].data)[i];
		} else if (place_in(c, make, at, in)) {
			y[i] = ((const int64_t *)c->in[0].data)[flat_of(&c->in[0], in)];
		} else if (make == padded) {
			y[i] = bits_of(params_of(c)->value, c->out[0].dtype);
		} else {
			in[axis] -= c->in[0].dim[axis];
			y[i] = ((const int64_t *)c->in[1].data)[flat_of(&c->in[1], in)];
		}
	}
	return true;
}

static td_cost cost(const td_call *c)
{
	return (td_cost){.bytes = 2 * td_bytes(&c->out[0])};
}

/* -- shapes --------------------------------------------------------------------------- */

static bool shape_same(const td_infer *s, int axis_given, td_err *e)
{
	int axis;
	if (!axis_of(axis_given, s->in[0].rank, &axis))
		return no_axis(axis_given, s->in[0].rank, e);
	s->out[0].rank = s->in[0].rank;
	memcpy(s->out[0].dim, s->in[0].dim, sizeof s->in[0].dim);
	return true;
}

static bool shape_transpose(const td_infer *s, td_err *e)
{
	const move_params *p = s->params;
	int a, b;
	if (!shape_same(s, (int)p->a, e) || !shape_same(s, (int)p->b, e))
		return false;
	(void)axis_of(p->a, s->in[0].rank, &a);
	(void)axis_of(p->b, s->in[0].rank, &b);
	s->out[0].dim[a] = s->in[0].dim[b];
	s->out[0].dim[b] = s->in[0].dim[a];
	return true;
}

static bool shape_flatten(const td_infer *s, td_err *e)
{
	const move_params *p = s->params;
	int a, b;
	if (!shape_same(s, (int)p->a, e) || !shape_same(s, (int)p->b, e))
		return false;
	(void)axis_of(p->a, s->in[0].rank, &a);
	(void)axis_of(p->b, s->in[0].rank, &b);
	if (a > b)
		return td_fail(e, TD_E_USAGE, "axis %d stands behind axis %d", a, b);
	for (int i = a + 1; i <= b; i++)
		s->out[0].dim[a] = td_dim_mul(s->dims, s->out[0].dim[a], s->in[0].dim[i]);
	for (int i = b + 1; i < s->in[0].rank; i++)
		s->out[0].dim[a + i - b] = s->in[0].dim[i];
	s->out[0].rank -= b - a;
	return true;
}

static bool shape_split(const td_infer *s, td_err *e)
{
	const move_params *p = s->params;
	td_dim n = td_dim_int(s->dims, p->b);
	int axis;
	if (!shape_same(s, (int)p->a, e))
		return false;
	if (s->in[0].rank == TD_MAX_RANK)
		return td_fail(e, TD_E_USAGE, "the result would have more than %d axes",
		               TD_MAX_RANK);
	(void)axis_of(p->a, s->in[0].rank, &axis);
	td_dim rest = td_dim_div(s->dims, s->in[0].dim[axis], n);
	if (td_dim_mul(s->dims, rest, n) != s->in[0].dim[axis])
		return td_fail(e, TD_E_USAGE, "axis %d is not known to be a multiple of n = %lld",
		               axis, (long long)p->b);
	for (int i = s->in[0].rank; i > axis + 1; i--)
		s->out[0].dim[i] = s->in[0].dim[i - 1];
	s->out[0].dim[axis] = n;
	s->out[0].dim[axis + 1] = rest;
	s->out[0].rank++;
	return true;
}

static bool shape_slice(const td_infer *s, td_err *e)
{
	const move_params *p = s->params;
	int axis;
	if (!shape_same(s, (int)p->a, e))
		return false;
	(void)axis_of(p->a, s->in[0].rank, &axis);
	td_dim left =
		td_dim_sub(s->dims, s->in[0].dim[axis], td_dim_int(s->dims, p->before + p->after));
	if (p->count > 0)
		s->out[0].dim[axis] = td_dim_int(s->dims, p->count);
	else if (p->step == 1)
		s->out[0].dim[axis] = left;
	else
		s->out[0].dim[axis] = td_dim_div(
			s->dims, td_dim_add(s->dims, left, td_dim_int(s->dims, p->step - 1)),
			td_dim_int(s->dims, p->step));
	return true;
}

static bool shape_concat(const td_infer *s, td_err *e)
{
	const move_params *p = s->params;
	int axis;
	if (!shape_same(s, (int)p->a, e))
		return false;
	(void)axis_of(p->a, s->in[0].rank, &axis);
	if (s->in[1].rank != s->in[0].rank)
		return td_fail(e, TD_E_USAGE, "\"b\" has %d axes, \"a\" has %d", s->in[1].rank,
		               s->in[0].rank);
	for (int i = 0; i < s->in[0].rank; i++)
		if (i != axis && s->in[0].dim[i] != s->in[1].dim[i])
			return td_fail(e, TD_E_USAGE,
			               "axis %d of \"a\" and of \"b\" are not known to be equal",
			               i);
	s->out[0].dim[axis] = td_dim_add(s->dims, s->in[0].dim[axis], s->in[1].dim[axis]);
	return true;
}

/* Can an element of this dtype be that number? */
static bool holds(td_dtype d, double x)
{
	if (d == TD_F32)
		return isinf(x) || isfinite((float)x);
	if (d == TD_F64)
		return true;
	double lo = d == TD_U8 ? 0 : d == TD_I32 ? -0x1p31 : -0x1p63;
	double above = d == TD_U8 ? 0x1p8 : d == TD_I32 ? 0x1p31 : 0x1p63;
	return x >= lo && x < above && rint(x) >= x && rint(x) <= x;
}

static bool shape_pad(const td_infer *s, td_err *e)
{
	const move_params *p = s->params;
	int axis;
	if (!holds(s->in[0].dtype, p->value))
		return td_fail(e, TD_E_USAGE, "the elements of \"x\" cannot be value = %g",
		               p->value);
	if (!shape_same(s, (int)p->a, e))
		return false;
	(void)axis_of(p->a, s->in[0].rank, &axis);
	s->out[0].dim[axis] =
		td_dim_add(s->dims, s->in[0].dim[axis], td_dim_int(s->dims, p->before + p->after));
	return true;
}

/* -- nodes ------------------------------------------------------------------------------ */

static bool slice_valid(const void *params, td_err *e)
{
	const move_params *p = params;
	return !p->count || !p->after || td_fail(e, TD_E_USAGE, "give `drop` or `count`, not both");
}

/* clang-format off */
#define INT(name, field, doc, def, lo, hi) {name, NULL, doc, TD_INT, offsetof(move_params, field), def, lo, hi}
#define AXIS INT("axis", a, "which axis; -1 is the last", -1, -8, 7)
enum { FAR = 1 << 30 };

static const td_param transpose_params[] = {INT("a", a, "an axis", -2, -8, 7), INT("b", b, "another", -1, -8, 7), {0}};
static const td_param flatten_params[] = {INT("first", a, "first axis", 0, -8, 7), INT("last", b, "last axis", -1, -8, 7), {0}};
static const td_param split_params[] = {AXIS, INT("n", b, "extent of the first of the two", TD_REQUIRED, 1, FAR), {0}};
static const td_param slice_params[] = {AXIS, INT("skip", before, "elements left out at the start", 0, 0, FAR),
	INT("drop", after, "elements left out at the end", 0, 0, FAR), INT("step", step, "takes every step-th", 1, 1, FAR),
	INT("count", count, "elements taken; 0: all", 0, 0, FAR), {0}};
static const td_param concat_params[] = {AXIS, {0}};
static const td_param pad_params[] = {AXIS, INT("before", before, "elements in front", 0, 0, FAR),
	INT("after", after, "elements behind", 0, 0, FAR),
	{"value", NULL, "of the new elements", TD_REAL, offsetof(move_params, value), 0, -HUGE_VAL, HUGE_VAL}, {0}};

#define NODE(op, boxes, infer, text, ...)                                                         \
	static bool op##_ref(const td_call *c, td_err *e) { return ref(c, boxes, e); }           \
	static bool op##_native(const td_call *c, td_err *e) { return host(c, boxes, e); }       \
	static bool op##_cl(const td_call *c, td_err *e) { return device(c, boxes, e); }         \
	TD_DEFINE_NODE(td_tensor_##op) = {                                                        \
		.abi = TD_ABI, .version = 1, .name = "tensor." #op, .doc = text,                  \
		.out = (const td_port[]){{"y", TD_SET_ANY, "...", "?a", "the same elements", {TD_EXACT}, .lo = __builtin_nan(""), .hi = __builtin_nan("")}, {0}}, \
		.params_size = sizeof(move_params), .shape = infer, .cost = cost, .flags = TD_D3, \
		.impls = (const td_impl[]){{"ref", TD_ON_HOST, op##_ref}, {"native", TD_ON_HOST, op##_native}, \
		                           {"cl", TD_ON_OPENCL, op##_cl, "tensor/move.cl"}, {0}}, \
		__VA_ARGS__                                                                       \
	};

#define ONE .in = (const td_port[]){{"x", TD_SET_ANY, "...", "?a", "anything"}, {0}}

NODE(transpose, transposed, shape_transpose, "Two axes change places.", ONE, .params = transpose_params)
NODE(flatten, whole, shape_flatten, "Axes from `first` to `last` become one.", ONE, .params = flatten_params)
NODE(split, whole, shape_split, "An axis of n*k becomes two, n and k; n = 1 adds an axis.", ONE, .params = split_params)
NODE(slice, sliced, shape_slice, "A part of an axis: without its first `skip` and last `drop`, every `step`-th; or "
     "`count` from `skip` on.", ONE, .params = slice_params, .validate = slice_valid)
NODE(concat, joined, shape_concat, "b behind a along an axis; the other axes are the same.",
     .in = (const td_port[]){{"a", TD_SET_ANY, "...", "?a", "first", .flags = TD_FREE},
                             {"b", TD_SET_ANY, "...", "?a", "second", .flags = TD_FREE}, {0}},
     .params = concat_params)
NODE(pad, padded, shape_pad, "An axis made longer, with `value` in front and behind.", ONE, .params = pad_params)
NODE(expand, expanded, NULL, "x repeated to the shape of `like`: its axes of 1, and missing ones at the front.",
     .in = (const td_port[]){{"x", TD_SET_ANY, "...", "?a", "what is repeated", .flags = TD_BROADCAST},
                             {"like", TD_SET_ANY, "...", NULL, "only its shape counts", .flags = TD_BROADCAST}, {0}})
/* clang-format on */
