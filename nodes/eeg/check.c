/* eeg.check: can this recording be used at all?
 *
 *   ptp [E C], pos [C 3] -> flaw [4]
 *
 * Ends the run when a sample or a position is no finite number, or when two channels are in the middle of
 * the head, where none can be told from the other. */
#include "tandem.h"

#include "check.h"
#include "decisions.h"

#include <math.h>

/* -- ref --------------------------------------------------------------------- */

static bool ref(const td_call *c, td_err *e)
{
	(void)e;
	const double *ptp = c->in[0].data, *pos = c->in[1].data;
	int64_t *flaw = c->out[0].data, n = 0;
	for (int i = 0; i < CHECK_FLAWS; i++)
		flaw[i] = -1;
	for (int64_t i = td_numel(&c->in[0]); i-- > 0;)
		if (!isfinite(ptp[i]))
			flaw[CHECK_SAMPLE] = i;
	for (int64_t i = 3 * c->in[1].dim[0]; i-- > 0;)
		if (!isfinite(pos[i]))
			flaw[CHECK_POSITION] = i / 3;
	for (int64_t i = 0; i < c->in[1].dim[0] && n < 2; i++)
		if (fabs(pos[3 * i]) + fabs(pos[3 * i + 1]) + fabs(pos[3 * i + 2]) <= 0)
			flaw[CHECK_MIDDLE + n++] = i;
	if (n < 2)
		flaw[CHECK_MIDDLE] = -1;
	return true;
}

/* -- native, cl ---------------------------------------------------------------- */

static bool native(const td_call *c, td_err *e)
{
	(void)e;
	check_places(c->in[1].data, (int)c->in[1].dim[0], c->out[0].data);
	((int32_t *)c->out[0].data)[CHECK_SAMPLE] =
		check_cells(c->in[0].data, (int)td_numel(&c->in[0]), 0, 1);
	return true;
}

static bool cl(const td_call *c, td_err *e)
{
	const td_arg args[] = {TD_T(&c->in[0]), TD_I(td_numel(&c->in[0])), TD_T(&c->in[1]),
	                       TD_I(c->in[1].dim[0]), TD_T(&c->out[0])};
	return td_launch(c, "eeg_check", (int64_t[3]){td_is_cpu(c) ? 1 : 256, 1, 1}, args,
	                 TD_COUNT(args), e);
}

static bool accept(const td_call *c, td_err *e)
{
	const td_tensor *flaw = &c->out[0];
	long long channels = (long long)c->in[0].dim[1], sample = decision_at(flaw, CHECK_SAMPLE),
		  position = decision_at(flaw, CHECK_POSITION);
	if (sample >= 0)
		return td_fail(e, TD_E_DATA,
		               "epoch %lld, channel %lld (both counted from 0) has a sample that "
		               "is NaN or "
		               "infinite; leave that epoch or that channel out",
		               sample / channels, sample % channels);
	if (position >= 0)
		return td_fail(e, TD_E_DATA,
		               "channel %lld (counted from 0) has a position that is NaN or "
		               "infinite; give "
		               "its place in metres, or leave the channel out",
		               position);
	if (decision_at(flaw, CHECK_MIDDLE) >= 0)
		return td_fail(e, TD_E_DATA,
		               "channels %lld and %lld (counted from 0) are both at 0, 0, 0, the "
		               "middle of "
		               "the head; give their places in metres, or leave them out",
		               (long long)decision_at(flaw, CHECK_MIDDLE),
		               (long long)decision_at(flaw, CHECK_SECOND));
	return true;
}

static td_cost cost(const td_call *c)
{
	return (td_cost){.flops = td_elements(&c->in[0]), .bytes = td_bytes(&c->in[0])};
}

/* clang-format off */
TD_DEFINE_NODE(td_eeg_check) = {
	.abi = TD_ABI,
	.version = 1,
	.name = "eeg.check",
	.doc = "Ends the run when a recording cannot be used: samples or positions that are not finite, two channels "
	       "in the middle of the head.",
	.in = (const td_port[]){
		{"ptp", TD_SET_F64, "E C", "V", "from eeg.ptp: NaN where a sample is not finite"},
		{"pos", TD_SET_F64, "C 3", "m", "where the channels are, from the middle of the head"}, {0}},
	.out = (const td_port[]){
		{"flaw", TD_SET_I32, "4", NULL, "-1 four times: cell, channel and channels that are flawed", {TD_EXACT}, TD_READ}, {0}},
	.accept = accept,
	.cost = cost,
	.flags = TD_D3,
	.impls = (const td_impl[]){
		{"ref", TD_ON_HOST, ref},
		{"native", TD_ON_HOST, native},
		{"cl", TD_ON_OPENCL, cl, "eeg/check.cl", .group = 256}, {0}},
};
/* clang-format on */
