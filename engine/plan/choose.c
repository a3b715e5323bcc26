/* Which impl computes a step, and where. No silent fallback: a step leaves the main device only
 * where the pipeline allows it, and the plan says so. */
#include "../model/dtype.h"
#include "../model/shape.h"
#include "plan_inner.h"

#include <stdlib.h>
#include <string.h>

/* The impl wished for from outside: "node=impl" in the options. */
static const char *wish_outside(const td_planner *x, const td_step *s)
{
	size_t n = strlen(s->node->name);
	for (int i = 0; i < x->o->n_impls; i++)
		if (strncmp(x->o->impls[i], s->node->name, n) == 0 && x->o->impls[i][n] == '=')
			return x->o->impls[i] + n + 1;
	return NULL;
}

static td_backend backend_of(const td_caps *caps)
{
	return caps->type == TD_DEVICE_NATIVE || caps->type == TD_DEVICE_REF ? TD_ON_HOST
	                                                                     : TD_ON_OPENCL;
}

/* The impl of a backend: the one wished for where it runs there, else the first that is neither the
 * oracle nor a vendor library. */
static const td_impl *find_impl(const td_step *s, td_backend on, const char *wish)
{
	const td_impl *found = NULL;
	for (const td_impl *i = s->node->impls + 1; i->name; i++) {
		if (i->on != on)
			continue;
		if (wish && td_same(i->name, wish))
			return i;
		if (!found && !(i->needs & TD_NEEDS_LIBRARY))
			found = i;
	}
	return found;
}

static td_diag *finding(td_planner *x, const char *rule, const td_step *s, const char *fmt, ...)
	TD_PRINTF(4, 5);
static td_diag *finding(td_planner *x, const char *rule, const td_step *s, const char *fmt, ...)
{
	td_str text = {0};
	va_list args;
	va_start(args, fmt);
	td_str_addv(&text, fmt, args);
	va_end(args);
	td_diag *d = td_diag_add(x->d, rule, s->at, "%s: %s", s->node->name, td_str_text(&text));
	td_diag_path(x->d, d, "step %s", s->name);
	td_str_fini(&text);
	return d;
}

static bool is_wide(const td_graph *g, const td_step *s)
{
	for (int i = 0; i < s->n_in; i++)
		if (s->in[i] >= 0 && g->values.items[s->in[i]].shape.dtype == TD_F64)
			return true;
	for (int i = 0; i < s->n_out; i++)
		if (g->values.items[s->out[i]].shape.dtype == TD_F64)
			return true;
	return false;
}

const char *td_impl_lacks(const td_graph *g, const td_step *s, const td_impl *impl,
                          const td_caps *c)
{
	unsigned needs = impl->needs | (is_wide(g, s) ? impl->needs_wide : 0);
	if ((needs & TD_NEEDS_F64) && !c->f64)
		return "double precision (cl_khr_fp64)";
	if ((needs & TD_NEEDS_F16) && !c->f16)
		return "half precision (cl_khr_fp16)";
	if ((needs & TD_NEEDS_I64_ATOMICS) && !c->i64_atomics)
		return "64-bit atomics (cl_khr_int64_base_atomics)";
	return NULL;
}

static void check_needs(td_planner *x, const td_step *s, const td_impl *impl)
{
	const char *what = td_impl_lacks(x->g, s, impl, x->o->caps);
	if (!what)
		return;
	td_diag *d = finding(x, "TD0402", s, "the impl \"%s\" needs %s, which %s does not have",
	                     impl->name, what, x->o->caps->name);
	td_diag_fix(x->d, d,
	            "choose another device or impl, or let this step run on the host: "
	            "allow_native = true");
}

static void check_dtypes(td_planner *x, const td_step *s, const td_impl *impl)
{
	for (int i = 0; i < s->n_in; i++) {
		const td_port *p = &s->node->in[i];
		td_dtype have =
			s->in[i] < 0 ? TD_N_DTYPES : x->g->values.items[s->in[i]].shape.dtype;
		if (have == TD_N_DTYPES || td_impl_takes(impl, p, have))
			continue;
		td_diag *d = finding(x, "TD0402", s, "the impl \"%s\" takes %s, and \"%s\" is %s",
		                     impl->name, td_dtypes_list(impl->dtypes).text, p->name,
		                     td_dtype_name(have));
		td_diag_fix(x->d, d, "leave the impl to the device, or cast to f32");
		return;
	}
}

static void check_limits(td_planner *x, const td_step *s, const td_impl *impl)
{
	const td_caps *c = x->o->caps;
	int ports = s->n_in + s->n_out + td_ports_count(s->node->scratch);
	if (impl->group > c->max_group)
		finding(x, "TD0403", s, "a group needs %d work items, %s allows %d", impl->group,
		        c->name, c->max_group);
	if (c->max_arg_bytes > 0 && ports * 8 + 64 > c->max_arg_bytes)
		finding(x, "TD0403", s,
		        "%d buffers do not fit into the %lld bytes of arguments of %s", ports,
		        (long long)c->max_arg_bytes, c->name);
	if (!impl->local_bytes)
		return;
	td_shape_scope scope;
	td_dim dim;
	int64_t lo, hi;
	td_err e;
	td_step_scope(x->g, s, &scope);
	if (!td_shape_scope_eval(&scope, impl->local_bytes, strlen(impl->local_bytes), &dim, &e)) {
		finding(x, "TD0403", s, "%s", e.text);
		return;
	}
	td_dim_range(x->g->dims, dim, &lo, &hi);
	if (hi > c->local_bytes)
		finding(x, "TD0403", s, "a group needs %s of local memory, %s has %s",
		        td_bytes_text((double)hi).text, c->name,
		        td_bytes_text((double)c->local_bytes).text);
}

/* An impl wished for from outside keeps what the pipeline demands; check saw those of the pipeline. */
static void check_determinism(td_planner *x, const td_step *s, const td_impl *impl)
{
	if (!(impl->needs & TD_NEEDS_LIBRARY) || x->g->determinism <= TD_D1)
		return;
	td_diag *d =
		finding(x, "TD0601", s, "the impl \"%s\" promises D%d, the pipeline demands D%d",
	                impl->name, TD_D1, x->g->determinism);
	td_diag_fix(x->d, d, "leave the impl to the device, or demand less: determinism = \"D%d\"",
	            TD_D1);
}

/* Does a step leave an OpenCL device for the host's impl? If that is asked for by its name, or allowed where the
 * device cannot run the step. */
static bool goes_to_host(const td_planner *x, const td_step *s, const td_impl *impl,
                         const td_impl *host, const char *wish)
{
	if (!host || (wish && impl && td_same(wish, impl->name)))
		return false;
	return (wish && td_same(wish, host->name)) ||
	       (s->native_allowed && (!impl || td_impl_lacks(x->g, s, impl, x->o->caps)));
}

static void choose(td_planner *x, int step)
{
	td_step *s = &x->g->steps.items[step];
	const char *wish = s->impl ? s->impl : wish_outside(x, s);
	td_backend on = backend_of(x->o->caps);
	const td_impl *impl = find_impl(s, on, wish), *host = find_impl(s, TD_ON_HOST, wish);
	if (x->o->caps->type == TD_DEVICE_REF)
		impl = s->node->impls;
	else if (on == TD_ON_OPENCL && goes_to_host(x, s, impl, host, wish)) {
		impl = host;
		x->place[step] = TD_HOST;
	}
	x->impl[step] = impl;
	if (!impl) {
		td_diag *d = finding(x, "TD0401", s, "there is no impl for %s", x->o->caps->name);
		td_diag_fix(x->d, d,
		            "run it on another device, or let this step run on the host: "
		            "allow_native = true");
		return;
	}
	check_dtypes(x, s, impl);
	check_determinism(x, s, impl);
	if (impl->on == TD_ON_OPENCL) {
		check_needs(x, s, impl);
		check_limits(x, s, impl);
	}
}

void td_plan_choose(td_planner *x)
{
	for (int s = 0; s < x->g->steps.n; s++)
		if (x->live_step[s])
			choose(x, s);
}
