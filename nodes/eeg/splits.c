/* eeg.splits: ten random splits of the rows of a threshold search into training and test.
 *
 *   ptp [E C] -> rows [10 2E], n_train
 *
 * Rows 0 … E-1 stand for a channel's epochs as they are, E … 2E-1 for what the other channels predict;
 * both classes have the same share of each split. A fifth, rounded up, is test. */
#include "tandem.h"

#include "splits.h"

enum { WORDS, ORDER };

typedef struct {
	int64_t seed;
} splits_params;

static int64_t seed_of(const td_call *c)
{
	return ((const splits_params *)c->params)->seed;
}

/* -- ref --------------------------------------------------------------------- */

static bool ref(const td_call *c, td_err *e)
{
	(void)e;
	int64_t *rows = c->out[0].data, n = td_numel(&c->out[0]);
	int epochs = (int)c->in[0].dim[0];
	int32_t *narrow = c->out[0].data; /* in place: widened from the back */
	splits_all((uint32_t)seed_of(c), epochs, c->scratch[WORDS].data, c->scratch[ORDER].data,
	           narrow);
	for (int64_t i = n; i-- > 0;)
		rows[i] = narrow[i];
	*(int64_t *)c->out[1].data = 2 * epochs - splits_n_test(2 * epochs);
	return true;
}

/* -- native ------------------------------------------------------------------ */

static bool native(const td_call *c, td_err *e)
{
	(void)e;
	int epochs = (int)c->in[0].dim[0];
	splits_all((uint32_t)seed_of(c), epochs, c->scratch[WORDS].data, c->scratch[ORDER].data,
	           c->out[0].data);
	*(int32_t *)c->out[1].data = 2 * epochs - splits_n_test(2 * epochs);
	return true;
}

/* -- cl ---------------------------------------------------------------------- */

static bool cl(const td_call *c, td_err *e)
{
	const td_arg args[] = {TD_T(&c->scratch[WORDS]), TD_T(&c->scratch[ORDER]),
	                       TD_T(&c->out[0]),         TD_T(&c->out[1]),
	                       TD_I(c->in[0].dim[0]),    TD_I((uint32_t)seed_of(c))};
	return td_launch(c, "eeg_splits", (int64_t[3]){1, 1, 1}, args, TD_COUNT(args), e);
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
		{"order", TD_SET_I32, "E", NULL, "the order of one class"}, {0}},
	.params = (const td_param[]){
		{"seed", NULL, "of the Mersenne twister", TD_INT, offsetof(splits_params, seed), TD_REQUIRED, 0, 4294967295.0}, {0}},
	.params_size = sizeof(splits_params),
	.cost = cost,
	.flags = TD_D3 | TD_RANDOM,
	.impls = (const td_impl[]){
		{"ref", TD_ON_HOST, ref},
		{"native", TD_ON_HOST, native},
		{"cl", TD_ON_OPENCL, cl, "eeg/splits.cl", .needs = TD_NEEDS_F64}, {0}},
};
/* clang-format on */
