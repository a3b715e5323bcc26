/* attention.positions, rotary: where a row stands, as sines and cosines, and rows turned by that.
 *
 *   positions  like [... T D] -> y [T D]             y_t,2i = sin(a), y_t,2i+1 = cos(a),
 *                                                    a = (first + t) base^(-2 i / D)
 *   rotary     x [... T D], places [T D] -> y [... T D]   each pair of a row turned by its angle:
 *              y_a = x_a cos - x_b sin, y_b = x_b cos + x_a sin
 *
 * Vaswani and others 2017, "Attention is all you need", 3.5; Su and others 2021, "RoFormer". Its gradient is the turn
 * back. Angles are double, so that late places are as exact as early ones. */
#include "tandem.h"

#include "rotary.h"

#include <math.h>

/* -- positions ---------------------------------------------------------------------- */

typedef struct {
	double base;
	int64_t first;
} positions_params;

static const positions_params *positions_of(const td_call *c)
{
	return c->params;
}

static bool positions_ref(const td_call *c, td_err *e)
{
	(void)e;
	int64_t d = c->out[0].dim[1];
	for (int64_t k = 0; k < td_numel(&c->out[0]); k++) {
		int64_t t = k / d, i = k % d / 2;
		double turn = (double)(positions_of(c)->first + t) *
		              exp(-(double)(2 * i) / (double)d * log(positions_of(c)->base));
		((double *)c->out[0].data)[k] = k % d % 2 ? cos(turn) : sin(turn);
		if (c->mag[0]) /* rounded once, from an angle that is good to 2^-53 of itself */
			c->mag[0][k] = 1e-7 * (1 + fabs(turn) * 1e-8);
	}
	return true;
}

static void positions_rows(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	int64_t d = c->out[0].dim[1];
	for (int64_t t = lo; t < hi; t++)
		for (int64_t i = 0; 2 * i < d; i++)
			rotary_place((float *)c->out[0].data + t * d, positions_of(c)->first + t, i, d,
			             log(positions_of(c)->base));
}

static bool positions_native(const td_call *c, td_err *e)
{
	(void)e;
	td_parallel(c, c->out[0].dim[0], 16, positions_rows, c);
	return true;
}

static bool positions_cl(const td_call *c, td_err *e)
{
	int64_t t = c->out[0].dim[0], d = c->out[0].dim[1];
	const td_arg args[] = {TD_T(&c->out[0]), TD_L(positions_of(c)->first), TD_L(d),
	                       TD_D(log(positions_of(c)->base))};
	return td_launch(c, "attention_positions", (int64_t[3]){(d + 1) / 2, t, 1}, args, TD_COUNT(args), e);
}

static td_cost positions_cost(const td_call *c)
{
	return (td_cost){.flops = 40 * td_elements(&c->out[0]), .bytes = td_bytes(&c->out[0])};
}

/* -- rotary ------------------------------------------------------------------------- */

typedef struct {
	bool halves, back;
} rotary_params;

enum { X, PLACES };

/* Rows, places and numbers of a row. */
typedef struct {
	int64_t rows, t, d;
	int halves, back;
} rotary_sizes;

static bool sizes_of(const td_call *c, rotary_sizes *z, td_err *e)
{
	const rotary_params *p = c->params;
	*z = (rotary_sizes){td_span(&c->in[X], 0, -1), c->in[PLACES].dim[0], c->in[PLACES].dim[1], p->halves,
	                    p->back};
	return z->d % 2 == 0 || td_fail(e, TD_E_USAGE, "rows of %lld numbers cannot be taken in pairs",
	                                (long long)z->d);
}

static bool rotary_ref(const td_call *c, td_err *e)
{
	rotary_sizes z;
	if (!sizes_of(c, &z, e))
		return false;
	for (int64_t k = 0; k < z.rows * z.d / 2; k++) {
		int64_t row = k / (z.d / 2), i = k % (z.d / 2);
		int64_t a = row * z.d + (z.halves ? i : 2 * i), b = z.halves ? a + z.d / 2 : a + 1;
		const double *x = c->in[X].data;
		const double *place = (const double *)c->in[PLACES].data + row % z.t * z.d + 2 * i;
		double sine = z.back ? -place[0] : place[0];
		((double *)c->out[0].data)[a] = x[a] * place[1] - x[b] * sine;
		((double *)c->out[0].data)[b] = x[b] * place[1] + x[a] * sine;
		if (c->mag[0]) {
			c->mag[0][a] = fabs(x[a] * place[1]) + fabs(x[b] * sine);
			c->mag[0][b] = fabs(x[b] * place[1]) + fabs(x[a] * sine);
		}
	}
	return true;
}

static void rotary_rows(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	rotary_sizes z;
	if (!sizes_of(c, &z, NULL))
		return;
	for (int64_t row = lo; row < hi; row++)
		for (int64_t i = 0; i < z.d / 2; i++)
			rotary_turn((const float *)c->in[X].data + row * z.d,
			            (const float *)c->in[PLACES].data + row % z.t * z.d, i, z.d, z.halves,
			            z.back, (float *)c->out[0].data + row * z.d);
}

static bool rotary_native(const td_call *c, td_err *e)
{
	rotary_sizes z;
	if (!sizes_of(c, &z, e))
		return false;
	td_parallel(c, z.rows, 8192 / (z.d + 1) + 1, rotary_rows, c);
	return true;
}

static bool rotary_cl(const td_call *c, td_err *e)
{
	rotary_sizes z;
	if (!sizes_of(c, &z, e))
		return false;
	const td_arg args[] = {TD_T(&c->in[X]), TD_T(&c->in[PLACES]), TD_T(&c->out[0]), TD_L(z.t), TD_L(z.d),
	                       TD_I(z.halves), TD_I(z.back)};
	return td_launch(c, "attention_rotary", (int64_t[3]){z.d / 2, z.rows, 1}, args, TD_COUNT(args), e);
}

static td_cost rotary_cost(const td_call *c)
{
	return (td_cost){.flops = 3 * td_elements(&c->in[X]), .bytes = 2 * td_bytes(&c->in[X])};
}

/* -- nodes -------------------------------------------------------------------------- */

/* clang-format off */
#define IMPLS(op, what) \
	(const td_impl[]){{"ref", TD_ON_HOST, op##_ref}, {"native", TD_ON_HOST, op##_native}, \
	                  {"cl", TD_ON_OPENCL, op##_cl, "attention/rotary.cl", .needs = (what)}, {0}}

TD_DEFINE_NODE(td_attention_positions) = {
	.abi = TD_ABI, .version = 1, .name = "attention.positions",
	.doc = "Sines and cosines of the place of each row: sin in even columns, cos in odd ones, of place base^(-2 i / D).",
	.in = (const td_port[]){{"like", TD_SET_F32, "... T D", NULL, "only its shape counts"}, {0}},
	.out = (const td_port[]){{"y", TD_SET_F32, "T D", "1", "to be added to rows, or for attention.rotary", {TD_SUM, 0.5, "1"}, .lo = -1, .hi = 1}, {0}},
	.params = (const td_param[]){
		{"base", NULL, "how much slower the last pair turns than the first", TD_REAL, offsetof(positions_params, base), 10000, 1, 1e9},
		{"first", NULL, "the place of the first row", TD_INT, offsetof(positions_params, first), 0, 0, 1 << 30}, {0}},
	.params_size = sizeof(positions_params), .cost = positions_cost, .flags = TD_D3,
	.impls = IMPLS(positions, TD_NEEDS_F64),
};

TD_DEFINE_NODE(td_attention_rotary) = {
	.abi = TD_ABI, .version = 1, .name = "attention.rotary",
	.doc = "Turns each pair of numbers of a row by the angle of its place, so that products of two rows depend on how far "
	       "apart they stand.",
	.in = (const td_port[]){{"x", TD_SET_F32, "... T D", "?a", "queries or keys; D is even"},
	                        {"places", TD_SET_F32, "T D", NULL, "from attention.positions"}, {0}},
	.out = (const td_port[]){{"y", TD_SET_F32, "... T D", "?a", "turned rows", {TD_SUM, 0, "3"}}, {0}},
	.params = (const td_param[]){
		{"halves", NULL, "pairs are numbers i and i + D / 2, not neighbours", TD_FLAG, offsetof(rotary_params, halves), 0},
		{"back", NULL, "turn back", TD_FLAG, offsetof(rotary_params, back), 0}, {0}},
	.params_size = sizeof(rotary_params), .cost = rotary_cost, .flags = TD_D3, .impls = IMPLS(rotary, 0),
};
/* clang-format on */
