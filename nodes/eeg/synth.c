/* eeg.synth: epochs that look like an EEG with bad channels, bad epochs and blinks, from a seed.
 *
 *   pos [C 3] -> x [e C t]   in volts
 *   x_ect = 2^-33 ((sum_k w_ck S_ekt) >> 3 + noise + artefact + blink)
 *
 * All but the weights is integer arithmetic (README.md, "The generator"). 24 sources S lie under
 * channels that the seed picks; w_ck = 256 max(0, cos)^3, rounded. */
#include "tandem.h"

#include "synth.h"

enum { SOURCES, WEIGHTS, FRONT };

typedef struct {
	int64_t e, t, seed;
} synth_params;

static uint64_t seed_of(const td_call *c)
{
	return (uint64_t)((const synth_params *)c->params)->seed;
}

/* -- ref --------------------------------------------------------------------- */

static void ref_row(const td_call *c, int e, int channel, const int32_t *source)
{
	int64_t channels = c->out[0].dim[1], samples = c->out[0].dim[2];
	const double *pos = c->in[0].data;
	double *x = (double *)c->out[0].data + (e * channels + channel) * samples;
	synth_row r = synth_row_of(seed_of(c), e, channel, synth_front(pos, channel), (int)samples);
	for (int t = 0; t < samples; t++) {
		int sum = 0;
		for (int k = 0; k < SYNTH_SOURCES; k++)
			sum += synth_weight(pos, channels, seed_of(c), channel, k) *
			       source[k * samples + t];
		x[t] = (double)synth_sample(r, t, sum);
	}
}

static bool ref(const td_call *c, td_err *e)
{
	(void)e;
	int samples = (int)c->out[0].dim[2];
	int32_t *source = c->scratch[SOURCES].data; /* those of one epoch */
	for (int i = 0; i < c->out[0].dim[0]; i++) {
		for (int k = 0; k < SYNTH_SOURCES; k++)
			synth_source(seed_of(c), i, k, samples, source + (int64_t)k * samples);
		for (int channel = 0; channel < c->out[0].dim[1]; channel++)
			ref_row(c, i, channel, source);
	}
	return true;
}

/* -- native ------------------------------------------------------------------ */

static void weights(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	const double *pos = c->in[0].data;
	int32_t *weight = c->scratch[WEIGHTS].data, *front = c->scratch[FRONT].data;
	for (int i = (int)lo; i < hi; i++) {
		front[i] = synth_front(pos, i);
		for (int k = 0; k < SYNTH_SOURCES; k++)
			weight[i * SYNTH_SOURCES + k] =
				synth_weight(pos, c->in[0].dim[0], seed_of(c), i, k);
	}
}

static void sources(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	int samples = (int)c->out[0].dim[2];
	for (int64_t i = lo; i < hi; i++)
		synth_source(seed_of(c), (int)(i / SYNTH_SOURCES), (int)(i % SYNTH_SOURCES),
		             samples, (int32_t *)c->scratch[SOURCES].data + i * samples);
}

static void rows(const void *arg, int64_t lo, int64_t hi)
{
	const td_call *c = arg;
	int channels = (int)c->out[0].dim[1], samples = (int)c->out[0].dim[2];
	const int32_t *source = c->scratch[SOURCES].data, *weight = c->scratch[WEIGHTS].data,
		      *front = c->scratch[FRONT].data;
	for (int64_t i = lo; i < hi; i++) {
		int e = (int)(i / channels), channel = (int)(i % channels);
		synth_row r = synth_row_of(seed_of(c), e, channel, front[channel], samples);
		synth_fill(r, source + (int64_t)e * SYNTH_SOURCES * samples,
		           weight + channel * SYNTH_SOURCES, (float *)c->out[0].data + i * samples);
	}
}

static bool native(const td_call *c, td_err *e)
{
	(void)e;
	int64_t epochs = c->out[0].dim[0], channels = c->out[0].dim[1];
	td_parallel(c, channels, 8, weights, c);
	td_parallel(c, epochs * SYNTH_SOURCES, 8, sources, c);
	td_parallel(c, epochs * channels, 8, rows, c);
	return true;
}

/* -- cl ---------------------------------------------------------------------- */

static bool cl(const td_call *c, td_err *e)
{
	int64_t epochs = c->out[0].dim[0], channels = c->out[0].dim[1], t = c->out[0].dim[2];
	const td_arg seed = TD_L((int64_t)seed_of(c)), source = TD_T(&c->scratch[SOURCES]),
		     weight = TD_T(&c->scratch[WEIGHTS]), front = TD_T(&c->scratch[FRONT]);
	const td_arg w[] = {TD_T(&c->in[0]), TD_I(channels), seed, weight, front};
	const td_arg s[] = {source, TD_I(epochs * SYNTH_SOURCES), TD_I(t), seed};
	const td_arg r[] = {source,         weight,  front, TD_T(&c->out[0]),
	                    TD_I(channels), TD_I(t), seed,  TD_I(epochs * channels)};
	return td_launch(c, "eeg_synth_weights", (int64_t[3]){channels * SYNTH_SOURCES, 1, 1}, w,
	                 TD_COUNT(w), e) &&
	       td_launch(c, "eeg_synth_sources", (int64_t[3]){epochs * SYNTH_SOURCES, 1, 1}, s,
	                 TD_COUNT(s), e) &&
	       td_launch(c, "eeg_synth_rows",
	                 (int64_t[3]){epochs * channels * (td_is_cpu(c) ? 1 : 32), 1, 1}, r,
	                 TD_COUNT(r), e);
}

static td_cost cost(const td_call *c)
{
	return (td_cost){.flops = 80 * td_elements(&c->out[0]), .bytes = td_bytes(&c->out[0])};
}

/* clang-format off */
TD_DEFINE_NODE(td_eeg_synth) = {
	.abi = TD_ABI,
	.version = 1,
	.name = "eeg.synth",
	.doc = "Epochs that look like an EEG with bad channels, bad epochs and blinks. The same bits on every device.",
	.in = (const td_port[]){{"pos", TD_SET_F64, "C 3", "m", "where the channels are, from the middle of the head"}, {0}},
	.out = (const td_port[]){{"x", TD_SET_F32, "e C t", "V", "epochs x channels x samples", {TD_EXACT}}, {0}},
	.scratch = (const td_port[]){
		{"sources", TD_SET_I32, "24*e t", NULL, "the sources of each epoch"},
		{"weights", TD_SET_I32, "C 24", NULL, "how strongly a channel sees a source"},
		{"front", TD_SET_I32, "C", NULL, "how strongly it sees blinks"}, {0}},
	.params = (const td_param[]){
		{"e", NULL, "epochs", TD_INT, offsetof(synth_params, e), TD_REQUIRED, 1, 1 << 16},
		{"t", NULL, "samples of an epoch", TD_INT, offsetof(synth_params, t), TD_REQUIRED, 10, 1 << 16},
		{"seed", NULL, "the same seed, the same epochs", TD_INT, offsetof(synth_params, seed), TD_REQUIRED, 0, 0x1p53}, {0}},
	.params_size = sizeof(synth_params),
	.cost = cost,
	.flags = TD_D3 | TD_RANDOM,
	.impls = (const td_impl[]){
		{"ref", TD_ON_HOST, ref},
		{"native", TD_ON_HOST, native},
		{"cl", TD_ON_OPENCL, cl, "eeg/synth.cl"}, {0}},
};
/* clang-format on */
_Static_assert(SYNTH_SOURCES == 24, "the shapes of `sources` and `weights` say 24");
