/* graph.synth: series that look like those of a resting brain, from a seed.
 *
 *   -> x [n t]
 *   x_it = level_i + (a_i S_p(i),t + b_i S_q(i),t + 16 noise_it) / 1024
 *
 * 12 smooth sources S, each row with two of them (p, q; shares a in 2 … 9, b in -3 … 3), noise of its
 * own, and a level between 1000 and 10000 like the raw signal of a scanner. All integers but the last
 * division, which is exact: the same bits everywhere. */
#include "tandem.h"

#include "synth.h"

typedef struct {
	int64_t n, t, seed;
} synth_params;

static uint64_t seed_of(const td_call *c)
{
	return (uint64_t)((const synth_params *)c->params)->seed;
}

/* -- ref --------------------------------------------------------------------- */

static void ref_row(const td_call *c, int row)
{
	int t = (int)c->out[0].dim[1];
	synth_row r = synth_row_of(seed_of(c), row);
	for (int s = 0; s < t; s++) {
		td_words w = synth_words(seed_of(c), SYNTH_SAMPLE, row, s / 4);
		uint32_t word = s % 4 == 0 ? w.x : s % 4 == 1 ? w.y : s % 4 == 2 ? w.z : w.w;
		int first = synth_source(seed_of(c), r.first, s);
		int second = synth_source(seed_of(c), r.second, s);
		float x = synth_sample(r, first, second, word);
		((double *)c->out[0].data)[(int64_t)row * t + s] = (double)x;
	}
}

static bool ref(const td_call *c, td_err *e)
{
	(void)e;
	for (int row = 0; row < (int)c->out[0].dim[0]; row++)
		ref_row(c, row);
	return true;
}

/* -- native ------------------------------------------------------------------ */

static void sources(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	int t = (int)c->out[0].dim[1];
	int32_t *source = c->scratch[0].data;
	for (int64_t i = lo; i < hi; i++)
		source[i] = synth_source(seed_of(c), (int)(i / t), (int)(i % t));
}

static void rows(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	int t = (int)c->out[0].dim[1];
	const int32_t *source = c->scratch[0].data;
	float *x = c->out[0].data;
	for (int64_t i = lo; i < hi; i++) {
		synth_row r = synth_row_of(seed_of(c), (int)i);
		for (int index = 0; 4 * index < t; index++)
			synth_four(seed_of(c), r, (int)i, index, t, source + (int64_t)r.first * t,
			           source + (int64_t)r.second * t, x + i * t);
	}
}

static bool native(const td_call *c, td_err *e)
{
	(void)e;
	td_parallel(c, td_numel(&c->scratch[0]), 1024, sources, c);
	td_parallel(c, c->out[0].dim[0], 8, rows, c);
	return true;
}

/* -- cl ---------------------------------------------------------------------- */

static bool cl(const td_call *c, td_err *e)
{
	int64_t n = c->out[0].dim[0], t = c->out[0].dim[1];
	const td_arg seed = TD_L((int64_t)seed_of(c));
	const td_arg one[] = {TD_T(&c->scratch[0]), TD_I(t), seed};
	const td_arg all[] = {TD_T(&c->scratch[0]), TD_T(&c->out[0]), TD_I(t), seed};
	return td_launch(c, "graph_synth_sources", (int64_t[3]){SYNTH_SOURCES * t, 1, 1}, one,
	                 TD_COUNT(one), e) &&
	       td_launch(c, "graph_synth_rows", (int64_t[3]){(t + 15) / 16, n, 1}, all,
	                 TD_COUNT(all), e);
}

static td_cost cost(const td_call *c)
{
	return (td_cost){.flops = 20 * td_elements(&c->out[0]), .bytes = td_bytes(&c->out[0])};
}

static const td_param params[] = {
	{"n", NULL, "rows", TD_INT, offsetof(synth_params, n), TD_REQUIRED, 1, 1 << 24},
	{"t", NULL, "samples of a row", TD_INT, offsetof(synth_params, t), TD_REQUIRED, 1, 1 << 24},
	{"seed", NULL, "the same seed, the same series", TD_INT, offsetof(synth_params, seed),
         TD_REQUIRED, 0, 0x1p53},
	{0},
};

TD_DEFINE_NODE(td_graph_synth) = {
	.abi = TD_ABI,
	.version = 1,
	.name = "graph.synth",
	.doc = "Series that look like those of a resting brain: smooth sources mixed, noise, a "
	       "level a row. The same bits on every device.",
	.in = (const td_port[]){{0}},
	.out = (const td_port[]){{"x", TD_SET_F32, "n t", NULL, "series, a row each", {TD_EXACT}},
                                 {0}},
	.scratch = (const td_port[]){{"sources", TD_SET_I32, "12 t", NULL, "the sources"}, {0}},
	.params = params,
	.params_size = sizeof(synth_params),
	.cost = cost,
	.flags = TD_D3 | TD_RANDOM,
	.impls =
		(const td_impl[]){
			{"ref", TD_ON_HOST, ref},
			{"native", TD_ON_HOST, native},
			{"cl", TD_ON_OPENCL, cl, "graph/synth.cl"},
			{0},
		},
};
_Static_assert(SYNTH_SOURCES == 12, "the shape of `sources` says 12");
