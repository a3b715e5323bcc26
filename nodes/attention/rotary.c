/* attention.positions, rotary: where a row stands, as sines and cosines, and rows turned by that.
 *
 *   positions  like [... T D] -> y [T D]        y_t,2i = sin(a), y_t,2i+1 = cos(a),
 *                                               a = (first + t) base^(-2 i / D)
 *   rotary     x [... T D] -> y [... T D]       each pair of a row turned by its angle:
 *                                               y_a = x_a cos - x_b sin, y_b = x_b cos + x_a sin
 *
 * Vaswani and others 2017, "Attention is all you need", 3.5; Su and others 2021, "RoFormer". The gradient of rotary is
 * the turn back. Angles are double, so that late places are as exact as early ones. */
#include "tandem.h"

#include "rotary.h"

#include <math.h>

/* -- positions ---------------------------------------------------------------------- */

typedef struct {
	double base;
	int64_t first;
	bool halves, back; /* of rotary alone */
} rotary_params;

static const rotary_params *params_of(const td_call *c)
{
	return c->params;
}

static double ref_angle(const td_call *c, int64_t t, int64_t i, int64_t d)
{
	return (double)(params_of(c)->first + t) *
	       exp(-(double)(2 * i) / (double)d * log(params_of(c)->base));
}

static bool positions_ref(const td_call *c, td_err *e)
{
	(void)e;
	int64_t d = c->out[0].dim[1];
	for (int64_t k = 0; k < td_numel(&c->out[0]); k++) {
		int64_t t = k / d, i = k % d / 2;
		double turn = ref_angle(c, t, i, d);
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
			rotary_place((float *)c->out[0].data + t * d, params_of(c)->first + t, i, d,
			             log(params_of(c)->base));
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
	const td_arg args[] = {TD_T(&c->out[0]), TD_L(params_of(c)->first), TD_L(d),
	                       TD_D(log(params_of(c)->base))};
	return td_launch(c, "attention_positions", (int64_t[3]){(d + 1) / 2, t, 1}, args,
	                 TD_COUNT(args), e);
}

static td_cost positions_cost(const td_call *c)
{
	return (td_cost){.flops = 40 * td_elements(&c->out[0]), .bytes = td_bytes(&c->out[0])};
}

/* -- rotary ------------------------------------------------------------------------- */

/* Places, and what an item does at one of them. */
static bool sizes_of(const td_call *c, int64_t *places, rotary_pairs *p, td_err *e)
{
	const td_tensor *x = &c->in[0];
	int64_t t = x->dim[x->rank - 2], d = x->dim[x->rank - 1];
	*places = t;
	*p = (rotary_pairs){
		td_span(x, 0, -2), t * d, d, log(params_of(c)->base), params_of(c)->halves,
		params_of(c)->back};
	return d % 2 == 0 || td_fail(e, TD_E_USAGE, "rows of %lld numbers cannot be taken in pairs",
	                             (long long)d);
}

static bool rotary_ref(const td_call *c, td_err *e)
{
	int64_t places;
	rotary_pairs p;
	if (!sizes_of(c, &places, &p, e))
		return false;
	for (int64_t k = 0; k < td_numel(&c->in[0]) / 2; k++) {
		int64_t row = k / (p.d / 2), i = k % (p.d / 2);
		int64_t a = row * p.d + (p.halves ? i : 2 * i), b = p.halves ? a + p.d / 2 : a + 1;
		const double *x = c->in[0].data;
		double turn = ref_angle(c, row % places, i, p.d);
		double cosine = cos(turn), sine = p.back ? -sin(turn) : sin(turn);
		((double *)c->out[0].data)[a] = x[a] * cosine - x[b] * sine;
		((double *)c->out[0].data)[b] = x[b] * cosine + x[a] * sine;
		if (c->mag[0])
			c->mag[0][a] = c->mag[0][b] = fabs(x[a]) + fabs(x[b]);
	}
	return true;
}

static void rotary_places(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	int64_t places;
	rotary_pairs p;
	if (!sizes_of(c, &places, &p, NULL))
		return;
	for (int64_t t = lo; t < hi; t++)
		for (int64_t i = 0; i < p.d / 2; i++)
			rotary_turn((const float *)c->in[0].data + t * p.d, p,
			            params_of(c)->first + t, i, (float *)c->out[0].data + t * p.d);
}

static bool rotary_native(const td_call *c, td_err *e)
{
	int64_t places;
	rotary_pairs p;
	if (!sizes_of(c, &places, &p, e))
		return false;
	td_parallel(c, places, 4, rotary_places, c);
	return true;
}

static bool rotary_cl(const td_call *c, td_err *e)
{
	int64_t places;
	rotary_pairs p;
	if (!sizes_of(c, &places, &p, e))
		return false;
	const td_arg args[] = {TD_T(&c->in[0]),  TD_T(&c->out[0]), TD_L(params_of(c)->first),
	                       TD_L(p.rows),     TD_L(p.apart),    TD_L(p.d),
	                       TD_D(p.log_base), TD_I(p.halves),   TD_I(p.back)};
	return td_launch(c, "attention_rotary", (int64_t[3]){p.d / 2, places, p.rows ? 1 : 0}, args,
	                 TD_COUNT(args), e);
}

static td_cost rotary_cost(const td_call *c)
{
	return (td_cost){.flops = 3 * td_elements(&c->in[0]), .bytes = 2 * td_bytes(&c->in[0])};
}

/* -- nodes -------------------------------------------------------------------------- */

/* clang-format off */
#define IMPLS(op) \
	(const td_impl[]){{"ref", TD_ON_HOST, op##_ref}, {"native", TD_ON_HOST, op##_native}, \
	                  {"cl", TD_ON_OPENCL, op##_cl, "attention/rotary.cl", .needs = TD_NEEDS_F64}, {0}}
#define PLACE \
	{"base", NULL, "how much slower the last pair turns than the first", TD_REAL, offsetof(rotary_params, base), 10000, 1, 1e9}, \
	{"first", NULL, "the place of the first row", TD_INT, offsetof(rotary_params, first), 0, 0, 1 << 30}

TD_DEFINE_NODE(td_attention_positions) = {
	.abi = TD_ABI, .version = 1, .name = "attention.positions",
	.doc = "Sines and cosines of the place of each row, to be added to rows: sin in even columns, cos in odd ones, of "
	       "place base^(-2 i / D).",
	.in = (const td_port[]){{"like", TD_SET_F32, "... T D", NULL, "only its shape counts"}, {0}},
	.out = (const td_port[]){{"y", TD_SET_F32, "T D", "1", "sines and cosines", {TD_SUM, 0.5, "1"}, .lo = -1, .hi = 1}, {0}},
	.params = (const td_param[]){PLACE, {0}},
	.params_size = sizeof(rotary_params), .cost = positions_cost, .flags = TD_D3, .impls = IMPLS(positions),
};

TD_DEFINE_NODE(td_attention_rotary) = {
	.abi = TD_ABI, .version = 1, .name = "attention.rotary",
	.doc = "Turns each pair of numbers of a row by the angle of its place, place base^(-2 i / D), so that products of two "
	       "rows depend on how far apart they stand.",
	.in = (const td_port[]){{"x", TD_SET_F32, "... T D", "?a", "queries or keys; D is even"}, {0}},
	.out = (const td_port[]){{"y", TD_SET_F32, "... T D", "?a", "turned rows", {TD_SUM, 0, "4"}}, {0}},
	.params = (const td_param[]){
		PLACE,
		{"halves", NULL, "pairs are numbers i and i + D / 2, not neighbours", TD_FLAG, offsetof(rotary_params, halves), 0},
		{"back", NULL, "turn back", TD_FLAG, offsetof(rotary_params, back), 0}, {0}},
	.params_size = sizeof(rotary_params), .cost = rotary_cost, .flags = TD_D3, .impls = IMPLS(rotary),
};
/* clang-format on */
