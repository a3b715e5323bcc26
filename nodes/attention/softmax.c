/* attention.softmax, softmax_grad, layernorm, layernorm_grad: along the last axis, row by row.
 *
 *   softmax         x [... N] -> y [... N]           y_i = e^(x_i - max) / sum
 *   softmax_grad    y, dy [... N] -> dx [... N]      dx_i = y_i (dy_i - sum_j dy_j y_j)
 *   layernorm       x [... N], weight, bias [N] -> y [... N]
 *                   y = (x - mean) / sqrt(var + eps) weight + bias, var = mean((x - mean)^2)
 *   layernorm_grad  x, dy [... N], weight [N] -> dx [... N], dweight, dbias [N]
 *
 * What one row takes is in rows.h. Ba, Kiros, Hinton 2016, "Layer normalization". */
#include "tandem.h"

#include "rows.h"

#include <math.h>

typedef struct {
	double eps;
} layernorm_params;

static float eps_of(const td_call *c)
{
	return (float)((const layernorm_params *)c->params)->eps;
}

/* Rows of the first input, and their length. */
static int64_t rows_of(const td_call *c)
{
	return td_span(&c->in[0], 0, -1);
}

static int64_t width_of(const td_call *c)
{
	return c->in[0].dim[c->in[0].rank - 1];
}

static const float *in(const td_call *c, int port, int64_t row)
{
	return (const float *)c->in[port].data + row * width_of(c);
}

static float *out(const td_call *c, int port, int64_t row)
{
	return (float *)c->out[port].data + row * width_of(c);
}

/* For ref: an output and the sum of its |terms|. */
static void ref_set(const td_call *c, int port, int64_t at, double x, double mag)
{
	((double *)c->out[port].data)[at] = x;
	if (c->mag[port])
		c->mag[port][at] = mag;
}

static bool on_threads(const td_call *c, void (*work)(const void *arg, int64_t lo, int64_t hi))
{
	td_parallel(c, rows_of(c), 8192 / (width_of(c) + 1) + 1, work, c);
	return true;
}

/* -- softmax ---------------------------------------------------------------------- */

static bool softmax_ref(const td_call *c, td_err *e)
{
	(void)e;
	int64_t n = width_of(c);
	for (int64_t r = 0; r < rows_of(c); r++) {
		const double *x = (const double *)c->in[0].data + r * n;
		double most = -HUGE_VAL, sum = 0;
		for (int64_t i = 0; i < n; i++)
			most = x[i] > most ? x[i] : most;
		most = isinf(most) && most < 0 ? 0 : most;
		for (int64_t i = 0; i < n; i++)
			sum += exp(x[i] - most);
		for (int64_t i = 0; i < n; i++) {
			double y = sum <= 0 ? 0 : exp(x[i] - most) / sum;
			/* below 2^-126 a weight is 0 */
			ref_set(c, 0, r * n + i, y,
			        y * (1 + (y > 0 ? fabs(x[i] - most) : 0)) + 0x1p-102);
		}
	}
	return true;
}

static void softmax_rows(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	for (int64_t r = lo; r < hi; r++)
		rows_softmax(in(c, 0, r), width_of(c), out(c, 0, r));
}

static bool softmax_native(const td_call *c, td_err *e)
{
	(void)e;
	return on_threads(c, softmax_rows);
}

static bool softmax_cl(const td_call *c, td_err *e)
{
	const td_arg args[] = {TD_T(&c->in[0]), TD_T(&c->out[0]), TD_L(rows_of(c)),
	                       TD_L(width_of(c))};
	return td_launch(c, "attention_softmax", (int64_t[3]){rows_of(c), 1, 1}, args,
	                 TD_COUNT(args), e);
}

static td_cost softmax_cost(const td_call *c)
{
	return (td_cost){.flops = 20 * td_elements(&c->in[0]), .bytes = 2 * td_bytes(&c->in[0])};
}

static bool softmax_grad_ref(const td_call *c, td_err *e)
{
	(void)e;
	int64_t n = width_of(c);
	for (int64_t r = 0; r < rows_of(c); r++) {
		const double *y = (const double *)c->in[0].data + r * n;
		const double *dy = (const double *)c->in[1].data + r * n;
		double sum = 0, mag = 0;
		for (int64_t i = 0; i < n; i++) {
			sum += dy[i] * y[i];
			mag += fabs(dy[i] * y[i]);
		}
		for (int64_t i = 0; i < n; i++)
			ref_set(c, 0, r * n + i, y[i] * (dy[i] - sum),
			        fabs(y[i]) * (fabs(dy[i]) + mag));
	}
	return true;
}

static void softmax_grad_rows(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	for (int64_t r = lo; r < hi; r++)
		rows_softmax_back(in(c, 0, r), in(c, 1, r), width_of(c), out(c, 0, r));
}

static bool softmax_grad_native(const td_call *c, td_err *e)
{
	(void)e;
	return on_threads(c, softmax_grad_rows);
}

static bool softmax_grad_cl(const td_call *c, td_err *e)
{
	const td_arg args[] = {TD_T(&c->in[0]), TD_T(&c->in[1]), TD_T(&c->out[0]), TD_L(rows_of(c)),
	                       TD_L(width_of(c))};
	return td_launch(c, "attention_softmax_grad", (int64_t[3]){rows_of(c), 1, 1}, args,
	                 TD_COUNT(args), e);
}

static td_cost softmax_grad_cost(const td_call *c)
{
	return (td_cost){.flops = 4 * td_elements(&c->in[0]), .bytes = 3 * td_bytes(&c->in[0])};
}

/* -- layernorm -------------------------------------------------------------------- */

enum { X, WEIGHT, BIAS, DY = BIAS }; /* DY: of layernorm_grad */
enum { DX, DWEIGHT, DBIAS };

/* A row in double: its moments, and the mean of |x|, which their errors come from. */
typedef struct {
	double mean, scale, size;
} moments;

static moments ref_moments(const td_call *c, int64_t r)
{
	int64_t n = width_of(c);
	const double *x = (const double *)c->in[X].data + r * n;
	moments m = {0};
	double squares = 0;
	for (int64_t i = 0; i < n; i++) {
		m.mean += x[i] / (double)n;
		m.size += fabs(x[i]) / (double)n;
	}
	for (int64_t i = 0; i < n; i++)
		squares += (x[i] - m.mean) * (x[i] - m.mean);
	m.scale = 1 / sqrt(squares / (double)n + ((const layernorm_params *)c->params)->eps);
	return m;
}

static double ref_weight(const td_call *c, int64_t i)
{
	const double *w = c->in[WEIGHT].data;
	return w ? w[i] : 1;
}

static bool layernorm_ref(const td_call *c, td_err *e)
{
	(void)e;
	int64_t n = width_of(c);
	const double *bias = c->in[BIAS].data;
	for (int64_t r = 0; r < rows_of(c); r++) {
		moments m = ref_moments(c, r);
		for (int64_t i = 0; i < n; i++) {
			double x = ((const double *)c->in[X].data)[r * n + i], w = ref_weight(c, i);
			double b = bias ? bias[i] : 0, y = (x - m.mean) * m.scale * w;
			ref_set(c, 0, r * n + i, y + b,
			        2 * fabs(w) * m.scale * (fabs(x) + m.size) + fabs(b) + fabs(y));
		}
	}
	return true;
}

static void layernorm_rows(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	for (int64_t r = lo; r < hi; r++)
		rows_layernorm(in(c, X, r), c->in[WEIGHT].data, c->in[BIAS].data, width_of(c),
		               eps_of(c), out(c, 0, r));
}

static bool layernorm_native(const td_call *c, td_err *e)
{
	(void)e;
	return on_threads(c, layernorm_rows);
}

static bool layernorm_cl(const td_call *c, td_err *e)
{
	const td_arg args[] = {TD_T(&c->in[X]),  TD_T(&c->in[WEIGHT]), TD_T(&c->in[BIAS]),
	                       TD_T(&c->out[0]), TD_L(rows_of(c)),     TD_L(width_of(c)),
	                       TD_F(eps_of(c))};
	return td_launch(c, "attention_layernorm", (int64_t[3]){rows_of(c), 1, 1}, args,
	                 TD_COUNT(args), e);
}

static td_cost layernorm_cost(const td_call *c)
{
	return (td_cost){.flops = 8 * td_elements(&c->in[0]), .bytes = 2 * td_bytes(&c->in[0])};
}

/* What a row adds to dweight and dbias, and its dx. */
static void ref_row_back(const td_call *c, int64_t r, int64_t n)
{
	const double *x = (const double *)c->in[X].data + r * n,
		     *dy = (const double *)c->in[DY].data + r * n;
	moments m = ref_moments(c, r);
	double sum = 0, along = 0, mag = 0, along_mag = 0;
	for (int64_t i = 0; i < n; i++) {
		double g = dy[i] * ref_weight(c, i), normal = (x[i] - m.mean) * m.scale;
		double off = fabs(normal) + m.scale * (fabs(x[i]) + m.size);
		sum += g / (double)n;
		along += g * normal / (double)n;
		mag += fabs(g) / (double)n;
		along_mag += fabs(g) * off / (double)n;
		((double *)c->out[DWEIGHT].data)[i] += dy[i] * normal;
		((double *)c->out[DBIAS].data)[i] += dy[i];
		if (c->mag[DWEIGHT])
			c->mag[DWEIGHT][i] += fabs(dy[i]) * off;
		if (c->mag[DBIAS])
			c->mag[DBIAS][i] += fabs(dy[i]);
	}
	for (int64_t i = 0; i < n; i++) {
		double g = dy[i] * ref_weight(c, i), normal = (x[i] - m.mean) * m.scale;
		double off = fabs(normal) + m.scale * (fabs(x[i]) + m.size);
		ref_set(c, DX, r * n + i, m.scale * (g - sum - normal * along),
		        2 * m.scale *
		                (fabs(g) + mag + fabs(normal) * along_mag + off * fabs(along)));
	}
}

static bool layernorm_grad_ref(const td_call *c, td_err *e)
{
	(void)e;
	for (int64_t i = 0; i < width_of(c); i++) {
		ref_set(c, DWEIGHT, i, 0, 0);
		ref_set(c, DBIAS, i, 0, 0);
	}
	for (int64_t r = 0; r < rows_of(c); r++)
		ref_row_back(c, r, width_of(c));
	return true;
}

static void layernorm_grad_rows(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	for (int64_t r = lo; r < hi; r++)
		rows_layernorm_back(in(c, X, r), c->in[WEIGHT].data, in(c, DY, r), width_of(c),
		                    eps_of(c), out(c, DX, r), (float *)c->scratch[0].data + 2 * r);
}

static void layernorm_grad_columns(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	for (int64_t i = lo; i < hi; i++)
		rows_layernorm_columns(c->in[X].data, c->in[DY].data, c->scratch[0].data,
		                       rows_of(c), width_of(c), 16 * i, c->out[DWEIGHT].data,
		                       c->out[DBIAS].data);
}

static bool layernorm_grad_native(const td_call *c, td_err *e)
{
	(void)e;
	on_threads(c, layernorm_grad_rows);
	td_parallel(c, (width_of(c) + 15) / 16, 1, layernorm_grad_columns, c);
	return true;
}

static bool layernorm_grad_cl(const td_call *c, td_err *e)
{
	int64_t rows = rows_of(c), n = width_of(c);
	const td_arg one[] = {TD_T(&c->in[X]),   TD_T(&c->in[WEIGHT]), TD_T(&c->in[DY]),
	                      TD_T(&c->out[DX]), TD_T(&c->scratch[0]), TD_L(rows),
	                      TD_L(n),           TD_F(eps_of(c))};
	const td_arg two[] = {TD_T(&c->in[X]),
	                      TD_T(&c->in[DY]),
	                      TD_T(&c->scratch[0]),
	                      TD_T(&c->out[DWEIGHT]),
	                      TD_T(&c->out[DBIAS]),
	                      TD_L(rows),
	                      TD_L(n)};
	return td_launch(c, "attention_layernorm_grad", (int64_t[3]){rows, 1, 1}, one,
	                 TD_COUNT(one), e) &&
	       td_launch(c, "attention_layernorm_columns", (int64_t[3]){(n + 15) / 16, 1, 1}, two,
	                 TD_COUNT(two), e);
}

static td_cost layernorm_grad_cost(const td_call *c)
{
	return (td_cost){.flops = 20 * td_elements(&c->in[0]), .bytes = 5 * td_bytes(&c->in[0])};
}

/* -- nodes -------------------------------------------------------------------------- */

/* clang-format off */
#define IMPLS(op) \
	(const td_impl[]){{"ref", TD_ON_HOST, op##_ref}, {"native", TD_ON_HOST, op##_native}, \
	                  {"cl", TD_ON_OPENCL, op##_cl, "attention/softmax.cl"}, {0}}
#define EPS (const td_param[]){{"eps", NULL, "added to the variance", TD_REAL, offsetof(layernorm_params, eps), 1e-5, 0, 1}, {0}}

TD_DEFINE_NODE(td_attention_softmax) = {
	.abi = TD_ABI, .version = 1, .name = "attention.softmax",
	.doc = "e^x over its sum, along the last axis. A row of -Inf alone gives zeros, one with a NaN NaN.",
	.in = (const td_port[]){{"x", TD_SET_F32, "... N", "1", "scores"}, {0}},
	.out = (const td_port[]){{"y", TD_SET_F32, "... N", "1", "weights, whose sum is 1", {TD_SUM, 1, "N+8"}, .lo = 0, .hi = 1}, {0}},
	.cost = softmax_cost, .flags = TD_D3, .impls = IMPLS(softmax),
};

TD_DEFINE_NODE(td_attention_softmax_grad) = {
	.abi = TD_ABI, .version = 1, .name = "attention.softmax_grad",
	.doc = "Gradient of attention.softmax, from what it made.",
	.in = (const td_port[]){{"y", TD_SET_F32, "... N", NULL, "what attention.softmax made"},
	                        {"dy", TD_SET_F32, "... N", NULL, "gradient of y"}, {0}},
	.out = (const td_port[]){{"dx", TD_SET_F32, "... N", NULL, "gradient of x", {TD_SUM, 1, "N+8"}}, {0}},
	.cost = softmax_grad_cost, .flags = TD_D3, .impls = IMPLS(softmax_grad),
};

TD_DEFINE_NODE(td_attention_layernorm) = {
	.abi = TD_ABI, .version = 1, .name = "attention.layernorm",
	.doc = "(x - mean) / sqrt(variance + eps) weight + bias, along the last axis.",
	.in = (const td_port[]){{"x", TD_SET_F32, "... N", NULL, "rows"},
	                        {"weight", TD_SET_F32, "N", NULL, "1 when absent", .flags = TD_OPTIONAL},
	                        {"bias", TD_SET_F32, "N", NULL, "0 when absent", .flags = TD_OPTIONAL}, {0}},
	.out = (const td_port[]){{"y", TD_SET_F32, "... N", NULL, "rows of mean bias and size weight", {TD_SUM, 1, "N+8"}}, {0}},
	.params = EPS, .params_size = sizeof(layernorm_params), .cost = layernorm_cost, .flags = TD_D3,
	.impls = IMPLS(layernorm),
};

TD_DEFINE_NODE(td_attention_layernorm_grad) = {
	.abi = TD_ABI, .version = 1, .name = "attention.layernorm_grad",
	.doc = "Gradients of attention.layernorm.",
	.in = (const td_port[]){{"x", TD_SET_F32, "... N", NULL, "its rows"},
	                        {"weight", TD_SET_F32, "N", NULL, "its weight", .flags = TD_OPTIONAL},
	                        {"dy", TD_SET_F32, "... N", NULL, "gradient of y"}, {0}},
	.out = (const td_port[]){{"dx", TD_SET_F32, "... N", NULL, "gradient of x", {TD_SUM, 1, "N+8"}},
	                         {"dweight", TD_SET_F32, "N", NULL, "gradient of weight", {TD_SUM, 1, NULL}},
	                         {"dbias", TD_SET_F32, "N", NULL, "gradient of bias", {TD_SUM, 1, NULL}}, {0}},
	.scratch = (const td_port[]){{"moments", TD_SET_F32, "... 2", NULL, "mean and scale of each row"}, {0}},
	.params = EPS, .params_size = sizeof(layernorm_params), .cost = layernorm_grad_cost, .flags = TD_D3,
	.impls = IMPLS(layernorm_grad),
};
/* clang-format on */
