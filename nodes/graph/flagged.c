/* graph.flagged: which rows graph.standardise could not use.
 *
 *   state [N] -> bad_rows [n_bad], constant_rows [n_constant], n_bad, n_constant
 *
 * Row numbers ascend. */
#include "tandem.h"

#include "states.h"

enum { BAD_ROWS, CONSTANT_ROWS, N_BAD, N_CONSTANT };

/* -- ref --------------------------------------------------------------------- */

static bool ref(const td_call *c, td_err *e)
{
	(void)e;
	const int64_t *state = c->in[0].data;
	int64_t *bad = c->out[BAD_ROWS].data, *constant = c->out[CONSTANT_ROWS].data;
	int64_t n_bad = 0, n_constant = 0;
	for (int64_t i = 0; i < td_numel(&c->in[0]); i++) {
		if (state[i] == GRAPH_BAD)
			bad[n_bad++] = i;
		if (state[i] == GRAPH_CONSTANT)
			constant[n_constant++] = i;
	}
	((int64_t *)c->out[N_BAD].data)[0] = n_bad;
	((int64_t *)c->out[N_CONSTANT].data)[0] = n_constant;
	return true;
}

/* -- native ------------------------------------------------------------------ */

static int32_t find(const td_tensor *state, int32_t wanted, int32_t *rows)
{
	const int32_t *s = state->data;
	int32_t found = 0;
	for (int64_t i = 0; i < td_numel(state); i++)
		if (s[i] == wanted)
			rows[found++] = (int32_t)i;
	return found;
}

static bool native(const td_call *c, td_err *e)
{
	(void)e;
	*(int32_t *)c->out[N_BAD].data = find(&c->in[0], GRAPH_BAD, c->out[BAD_ROWS].data);
	*(int32_t *)c->out[N_CONSTANT].data =
		find(&c->in[0], GRAPH_CONSTANT, c->out[CONSTANT_ROWS].data);
	return true;
}

/* -- cl ---------------------------------------------------------------------- */

static bool find_cl(const td_call *c, int rows, int count, int wanted, td_err *e)
{
	const td_arg args[] = {TD_T(&c->in[0]), TD_I(td_numel(&c->in[0])), TD_I(wanted),
	                       TD_T(&c->out[rows]), TD_T(&c->out[count])};
	return td_launch(c, "graph_flagged", (int64_t[3]){1, 1, 1}, args, TD_COUNT(args), e);
}

static bool cl(const td_call *c, td_err *e)
{
	return find_cl(c, BAD_ROWS, N_BAD, GRAPH_BAD, e) &&
	       find_cl(c, CONSTANT_ROWS, N_CONSTANT, GRAPH_CONSTANT, e);
}

static td_cost cost(const td_call *c)
{
	return (td_cost){.bytes = 2 * td_bytes(&c->in[0])};
}

TD_DEFINE_NODE(td_graph_flagged) = {
	.abi = TD_ABI,
	.version = 1,
	.name = "graph.flagged",
	.doc = "The rows that graph.standardise could not use: those with NaN or Inf, and those "
	       "whose samples are all equal.",
	.in = (const td_port[]){{"state", TD_SET_I32, "N", NULL,
                                 "of each row, from graph.standardise"},
                                {0}},
	.out =
		(const td_port[]){
			{"bad_rows",
                         TD_SET_I32,
                         "n_bad<=N",
                         NULL,
                         "rows with NaN or Inf, ascending",
                         {TD_EXACT}},
			{"constant_rows",
                         TD_SET_I32,
                         "n_constant<=N",
                         NULL,
                         "rows of equal samples, ascending",
                         {TD_EXACT}},
			{"n_bad", TD_SET_I32, "1", NULL, "how many of the former", {TD_EXACT}},
			{"n_constant", TD_SET_I32, "1", NULL, "how many of the latter", {TD_EXACT}},
			{0},
		},
	.cost = cost,
	.flags = TD_D3,
	.impls =
		(const td_impl[]){
			{"ref", TD_ON_HOST, ref},
			{"native", TD_ON_HOST, native},
			{"cl", TD_ON_OPENCL, cl, "graph/flagged.cl"},
			{0},
		},
};
