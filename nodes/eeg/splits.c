/* eeg.splits: ten random splits of the rows of a threshold search into training and test.
 * eeg.subsets: random subsets of channels.
 *
 *   splits:  ptp [E C] -> rows [10 2E], n_train
 *   subsets: pos [C 3] -> subset [count C]   the first n of an order of all channels, then -1
 *
 * Rows 0 … E-1 stand for a channel's epochs as they are, E … 2E-1 for what the other channels predict;
 * both classes have the same share of each split. A fifth, rounded up, is test. n is fraction * C, rounded
 * to the nearest, half to even. */
#include "tandem.h"

#include "splits.h"

#include <math.h>

enum { WORDS, DRAWS, ORDER };

typedef struct {
	int64_t seed;
} splits_params;

static int64_t seed_of(const td_call *c)
{
	return ((const splits_params *)c->params)->seed;
}

typedef struct {
	int64_t seed, count;
	double fraction;
} subsets_params;

static subsets_params subsets_of(const td_call *c)
{
	return *(const subsets_params *)c->params;
}

/* -- ref --------------------------------------------------------------------- */

/* In place: numbers that are narrow, widened from the back. */
static void widen(const td_tensor *t)
{
	int64_t *wide = t->data;
	const int32_t *narrow = t->data;
	for (int64_t i = td_numel(t); i-- > 0;)
		wide[i] = narrow[i];
}

static bool splits_ref(const td_call *c, td_err *e)
{
	(void)e;
	int epochs = (int)c->in[0].dim[0];
	splits_all((uint32_t)seed_of(c), epochs, c->scratch[WORDS].data, c->scratch[ORDER].data,
	           c->out[0].data);
	widen(&c->out[0]);
	*(int64_t *)c->out[1].data = 2 * epochs - splits_n_test(2 * epochs);
	return true;
}

static bool subsets_ref(const td_call *c, td_err *e)
{
	(void)e;
	subsets_params p = subsets_of(c);
	int channels = (int)c->in[0].dim[0];
	splits_subsets((uint32_t)p.seed, (int)p.count, channels, (int)lrint(p.fraction * channels),
	               c->scratch[WORDS].data, c->out[0].data);
	widen(&c->out[0]);
	return true;
}

/* -- native ------------------------------------------------------------------ */

/* Channels of a subset: to the nearest, half to even. */
static int subset_size(const td_call *c)
{
	double x = subsets_of(c).fraction * (double)c->in[0].dim[0];
	int n = (int)x;
	return n + (x - n > 0.5 || (x - n >= 0.5 && n % 2));
}

static bool subsets_native(const td_call *c, td_err *e)
{
	(void)e;
	subsets_params p = subsets_of(c);
	splits_subsets((uint32_t)p.seed, (int)p.count, (int)c->in[0].dim[0], subset_size(c),
	               c->scratch[WORDS].data, c->out[0].data);
	return true;
}

static bool splits_native(const td_call *c, td_err *e)
{
	(void)e;
	int epochs = (int)c->in[0].dim[0];
	splits_all((uint32_t)seed_of(c), epochs, c->scratch[WORDS].data, c->scratch[ORDER].data,
	           c->out[0].data);
	*(int32_t *)c->out[1].data = 2 * epochs - splits_n_test(2 * epochs);
	return true;
}

/* -- cl ---------------------------------------------------------------------- */

/* On a GPU words are in local memory, but all numbers are drawn before any is used. */
static const td_tensor *words_of(const td_call *c)
{
	return &c->scratch[td_is_cpu(c) ? WORDS : DRAWS];
}

static bool subsets_cl(const td_call *c, td_err *e)
{
	subsets_params p = subsets_of(c);
	const td_arg args[] = {TD_T(words_of(c)),     TD_T(&c->out[0]),     TD_I(p.count),
	                       TD_I(c->in[0].dim[0]), TD_I(subset_size(c)), TD_I((uint32_t)p.seed)};
	return td_launch(c, "eeg_subsets", (int64_t[3]){td_is_cpu(c) ? 1 : 256, 1, 1}, args,
	                 TD_COUNT(args), e);
}

static bool splits_cl(const td_call *c, td_err *e)
{
	const td_arg args[] = {TD_T(words_of(c)),     TD_T(&c->scratch[ORDER]),
	                       TD_T(&c->out[0]),      TD_T(&c->out[1]),
	                       TD_I(c->in[0].dim[0]), TD_I((uint32_t)seed_of(c))};
	return td_launch(c, "eeg_splits", (int64_t[3]){td_is_cpu(c) ? 1 : 256, 1, 1}, args,
	                 TD_COUNT(args), e);
}

static td_cost cost(const td_call *c)
{
	return (td_cost){.flops = 40 * td_elements(&c->out[0]), .bytes = td_bytes(&c->out[0])};
}

/* clang-format off */
TD_DEFINE_NODE(td_eeg_splits) = {
	.abi = TD_ABI,
	.version = 1,
	.name = "eeg.splits",
	.doc = "Ten random splits of the rows of a threshold search into training and test, the same share of each class.",
	.in = (const td_port[]){{"ptp", TD_SET_F64, "E C", "V", "from eeg.ptp: how many epochs there are"}, {0}},
	.out = (const td_port[]){
		{"rows", TD_SET_I32, "10 2*E", NULL, "of each split: training rows, then test rows", {TD_EXACT}},
		{"n_train", TD_SET_I32, "1", NULL, "how many are training rows", {TD_EXACT}}, {0}},
	.scratch = (const td_port[]){
		{"words", TD_SET_I32, "624", NULL, "state of the Mersenne twister"},
		{"draws", TD_SET_I32, "10 4*E", NULL, "random numbers"},
		{"order", TD_SET_I32, "10 E", NULL, "the order of one class"}, {0}},
	.params = (const td_param[]){
		{"seed", NULL, "of the Mersenne twister", TD_INT, offsetof(splits_params, seed), TD_REQUIRED, 0, 4294967295.0}, {0}},
	.params_size = sizeof(splits_params),
	.cost = cost,
	.flags = TD_D3 | TD_RANDOM,
	.impls = (const td_impl[]){
		{"ref", TD_ON_HOST, splits_ref},
		{"native", TD_ON_HOST, splits_native},
		{"cl", TD_ON_OPENCL, splits_cl, "eeg/splits.cl", .group = 256}, {0}},
};

TD_DEFINE_NODE(td_eeg_subsets) = {
	.abi = TD_ABI,
	.version = 1,
	.name = "eeg.subsets",
	.doc = "Random subsets of channels, each a share of them.",
	.in = (const td_port[]){{"pos", TD_SET_F64, "C 3", "m", "how many channels there are"}, {0}},
	.out = (const td_port[]){{"subset", TD_SET_I32, "count C", NULL, "channels of each subset, -1 behind the last", {TD_EXACT}}, {0}},
	.scratch = (const td_port[]){
		{"words", TD_SET_I32, "624", NULL, "state of the Mersenne twister"},
		{"draws", TD_SET_I32, "count C", NULL, "random numbers"}, {0}},
	.params = (const td_param[]){
		{"seed", NULL, "of the Mersenne twister", TD_INT, offsetof(subsets_params, seed), TD_REQUIRED, 0, 4294967295.0},
		{"count", NULL, "subsets", TD_INT, offsetof(subsets_params, count), 50, 1, 65535},
		{"fraction", NULL, "share of the channels that each takes", TD_REAL, offsetof(subsets_params, fraction), 0.25, 0, 1}, {0}},
	.params_size = sizeof(subsets_params),
	.cost = cost,
	.flags = TD_D3 | TD_RANDOM,
	.impls = (const td_impl[]){
		{"ref", TD_ON_HOST, subsets_ref},
		{"native", TD_ON_HOST, subsets_native},
		{"cl", TD_ON_OPENCL, subsets_cl, "eeg/splits.cl", .group = 256}, {0}},
};
/* clang-format on */
