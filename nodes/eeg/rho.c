/* eeg.rho: how many channels of an epoch to repair when nobody says so: 1, 4, and 32 or all but one.
 *
 *   pos [C 3] -> rho [3] */
#include "tandem.h"

/* The last of them needs a channel that is left; fewer than 4 channels would leave nothing of the others. */
static bool last_of(const td_call *c, int32_t *last, td_err *e)
{
	int64_t channels = c->in[0].dim[0];
	*last = channels > 32 ? 32 : (int32_t)channels - 1;
	return channels >= 4 ||
	       td_fail(e, TD_E_DATA,
	               "%lld channels: 1, 4, and 32 or all but one cannot be repaired; say how "
	               "many are to be, as in -p n_interpolate=1",
	               (long long)channels);
}

static bool ref(const td_call *c, td_err *e)
{
	int64_t *rho = c->out[0].data;
	int32_t last;
	bool ok = last_of(c, &last, e);
	rho[0] = 1;
	rho[1] = 4;
	rho[2] = last;
	return ok;
}

static bool native(const td_call *c, td_err *e)
{
	int32_t *rho = c->out[0].data;
	rho[0] = 1;
	rho[1] = 4;
	return last_of(c, &rho[2], e);
}

static bool cl(const td_call *c, td_err *e)
{
	int32_t last;
	if (!last_of(c, &last, e))
		return false;
	const td_arg args[] = {TD_T(&c->out[0]), TD_I(last)};
	return td_launch(c, "eeg_rho", (int64_t[3]){1, 1, 1}, args, TD_COUNT(args), e);
}

static td_cost cost(const td_call *c)
{
	return (td_cost){.bytes = td_bytes(&c->out[0])};
}

/* clang-format off */
TD_DEFINE_NODE(td_eeg_rho) = {
	.abi = TD_ABI,
	.version = 1,
	.name = "eeg.rho",
	.doc = "How many channels of an epoch to repair when nobody says so: 1, 4, and 32 or all but one.",
	.in = (const td_port[]){{"pos", TD_SET_F64, "C 3", "m", "how many channels there are, at least 4"}, {0}},
	.out = (const td_port[]){{"rho", TD_SET_I32, "3", NULL, "numbers of channels", {TD_EXACT}}, {0}},
	.cost = cost,
	.flags = TD_D3,
	.impls = (const td_impl[]){
		{"ref", TD_ON_HOST, ref},
		{"native", TD_ON_HOST, native},
		{"cl", TD_ON_OPENCL, cl, "eeg/rho.cl"}, {0}},
};
/* clang-format on */
