#include "compare_inner.h"

#include "../model/dtype.h"
#include "../run/convert.h"
#include "errors.h"

#include <math.h>
#include <string.h>

double td_compare_flops(const td_plan *p, const td_run_op *r)
{
	td_tensor in[TD_MAX_PORTS], out[TD_MAX_PORTS];
	const struct {
		td_tensor *t;
		const int *ids;
		int n;
	} sides[] = {{in, r->in, r->n_in}, {out, r->out, r->n_out}};
	for (size_t k = 0; k < TD_COUNT(sides); k++)
		for (int i = 0; i < sides[k].n; i++) {
			int b = sides[k].ids[i];
			sides[k].t[i] = (td_tensor){.rank = TD_NONE};
			if (b == TD_NONE)
				continue;
			const td_shape *s = &p->buffers.items[b].shape;
			sides[k].t[i].dtype = s->dtype;
			sides[k].t[i].rank = s->rank;
			for (int a = 0; a < s->rank; a++) {
				int64_t lo;
				td_dim_range(p->graph->dims, s->dim[a], &lo, &sides[k].t[i].dim[a]);
			}
		}
	td_call c = {.in = in, .out = out, .params = r->params};
	return r->node->cost ? r->node->cost(&c).flops : 0;
}

static bool same_dims(const td_tensor *a, const td_tensor *b)
{
	return a->rank == b->rank &&
	       memcmp(a->dim, b->dim, (size_t)a->rank * sizeof a->dim[0]) == 0;
}

/* Length of a TD_SUM: an expression over the step's symbols, or what one output element sums up. */
static double length_of(comparison *c, const lane *l, int port)
{
	const td_run_op *r = l->run;
	const char *text = r->node->out[port].tol.length;
	td_shape_scope scope;
	td_dim dim;
	int64_t n = 0;
	td_err e;
	if (!text)
		return td_elements(&l->in[0]) / fmax(1, td_elements(&l->out[port]));
	td_step_scope(c->g, &c->g->steps.items[r->step], &scope);
	if (!td_shape_scope_eval(&scope, text, strlen(text), &dim, &e) ||
	    !td_dim_eval(c->g->dims, dim, l->plan->symbols, &n))
		return 1;
	return (double)n;
}

/* Cuts the oracle's output, which has its capacity, to the extent that the device found, when the
 * oracle found the same; the elements stand at the front only if all axes but the first agree. */
static td_tensor cut(const td_tensor *full, const td_tensor *like)
{
	td_tensor t = *full;
	if (t.rank == like->rank && t.rank > 0 &&
	    memcmp(t.dim + 1, like->dim + 1, (size_t)(t.rank - 1) * sizeof t.dim[0]) == 0 &&
	    like->dim[0] <= t.dim[0])
		t.dim[0] = like->dim[0];
	return t;
}

/* Isolated: the oracle on this lane's inputs, with outputs as large as they may get. */
static bool ask_oracle(comparison *c, const lane *l, td_err *e)
{
	const td_run_op *r = l->run;
	td_tensor out[TD_MAX_PORTS], scratch[TD_MAX_PORTS];
	const struct {
		td_tensor *t;
		const int *ids;
		int n;
	} sides[] = {{out, r->out, r->n_out}, {scratch, r->scratch, r->n_scratch}};
	for (size_t k = 0; k < TD_COUNT(sides); k++)
		for (int i = 0; i < sides[k].n; i++) {
			const td_shape *s = &l->plan->buffers.items[sides[k].ids[i]].shape;
			td_tensor *t = &sides[k].t[i];
			*t = (td_tensor){.dtype = s->dtype, .rank = s->rank};
			for (int a = 0; a < s->rank; a++) {
				int64_t lo;
				if (k == 0 && !td_dim_late(c->g->dims, s->dim[a]))
					t->dim[a] = l->out[i].dim[a];
				else
					td_dim_range(c->g->dims, s->dim[a], &lo, &t->dim[a]);
			}
		}
	return td_oracle_run(c->oracle, r->node, r->params, l->in, out, scratch, e);
}

static td_agreement judge(comparison *c, const lane *l, int port, const td_decisions *decided)
{
	const td_step *s = &c->g->steps.items[l->run->step];
	const td_tol *tol = &l->run->node->out[port].tol;
	if (tol->kind == TD_DECISION)
		return td_agree_decisions(decided, port);
	td_tensor ref = cut(td_oracle_output(c->oracle, port), &l->out[port]);
	if (!same_dims(&ref, &l->out[port])) {
		td_agreement other = td_agree_decisions(&(td_decisions){.worst = -1}, port);
		other.kind = tol->kind;
		other.n = td_numel(&l->out[port]);
		other.worst = (double)INFINITY;
		other.pass = false;
		return other;
	}
	return td_agree(tol, length_of(c, l, port), s->tol_factor, &l->out[port], &ref,
	                td_oracle_mag(c->oracle, port));
}

static bool decide(comparison *c, const lane *l, td_decisions *d, td_err *e)
{
	*d = (td_decisions){.worst = -1};
	if (!l->run->node->decide)
		return true;
	td_call got = {.in = l->in, .out = l->out, .params = l->run->params};
	return l->run->node->decide(td_oracle_call(c->oracle), &got, d, e);
}

/* Fills the row's accumulated and baseline parts. */
static void place_beside(const comparison *c, const lane *l, int port, td_rec_agreement *row)
{
	const td_tensor *got = &l->out[port], *base = &c->lanes[0].out[port];
	double unused;
	row->bit_identical = td_same_bits(got, base);
	row->base_max_abs = (double)INFINITY;
	if (same_dims(got, base))
		td_difference(got, base, &row->base_max_abs, &unused);
	row->acc_max_abs = row->acc_norm_rel = (double)NAN;
	if (!c->has_course)
		return;
	const td_tensor *own = &c->lanes[c->n].out[port];
	row->acc_max_abs = row->acc_norm_rel = (double)INFINITY;
	if (same_dims(got, own))
		td_difference(got, own, &row->acc_max_abs, &row->acc_norm_rel);
}

/* The course's tensor of an output, when it stands beside the lane's element by element. */
static const td_tensor *course_of(const comparison *c, const lane *l, int port)
{
	const td_tensor *own = c->has_course ? &c->lanes[c->n].out[port] : NULL;
	return own && same_dims(own, &l->out[port]) ? own : NULL;
}

static void add_errors(comparison *c, const lane *l, int port, td_rec_agreement *row)
{
	td_tensor ref = cut(td_oracle_output(c->oracle, port), &l->out[port]);
	if (!same_dims(&ref, &l->out[port]))
		return;
	row->errors = td_errors_of(&l->out[port], &ref, td_oracle_mag(c->oracle, port),
	                           course_of(c, l, port));
	if (c->has_course)
		row->amplification = td_amplification(row->errors.prop_norm_rel, l->in,
		                                      c->lanes[c->n].in, l->run->n_in);
}

/* The element of an input that lies, broadcast, at an index of the output; -1: it is of another shape. */
static int64_t beside(const td_tensor *in, const td_tensor *out, int64_t index)
{
	int64_t at = 0, step = 1;
	if (in->rank > out->rank)
		return -1;
	for (int i = 1; i <= in->rank; i++) {
		int64_t n = in->dim[in->rank - i], m = out->dim[out->rank - i];
		if (n != m && n != 1)
			return -1;
		at += n == 1 ? 0 : index % m * step;
		step *= n;
		index /= m;
	}
	return at;
}

/* "x=1.5 gain=0.25" */
static void name_inputs(const lane *l, int port, int64_t index, td_str *s)
{
	for (int i = 0; index >= 0 && i < l->run->n_in; i++) {
		int64_t at = l->in[i].rank < 0 ? -1 : beside(&l->in[i], &l->out[port], index);
		if (at >= 0)
			td_str_addf(s, "%s%s=%.17g", s->n ? " " : "", l->run->node->in[i].name,
			            td_element(&l->in[i], at));
	}
}

static void count_row(comparison *c, const td_rec_agreement *row)
{
	td_compare_result *res = c->result;
	res->rows++;
	res->failed_rows += !row->pass;
	res->unjudged += td_same(row->oracle, "none");
	res->bit_identical &= row->bit_identical;
	if (!row->bit_identical && res->first_divergence == TD_NONE)
		res->first_divergence = row->step;
	if (!row->pass && res->first_guilty == TD_NONE)
		res->first_guilty = row->step;
}

/* Does a device round as D3 needs it, by what its driver says and what probes have found? `ref` does not round:
 * it keeps doubles. */
static bool exact_device(const comparison *c, const lane *l)
{
	const td_caps *d = &l->plan->caps;
	if (d->type == TD_DEVICE_REF || (c->o->unlike && c->o->unlike[l - c->lanes]))
		return false;
	return d->type == TD_DEVICE_NATIVE || (d->correct_div_sqrt && d->denormals && d->fma);
}

/* Must this lane's outputs be the baseline's, bit for bit? */
static bool promised(const comparison *c, const lane *l)
{
	const lane *base = &c->lanes[0];
	const td_run_op *r = l->run;
	if ((r->node->flags & TD_D_MASK) < TD_D3 || !exact_device(c, l) || !exact_device(c, base) ||
	    (r->impl->needs & TD_NEEDS_LIBRARY) || (base->run->impl->needs & TD_NEEDS_LIBRARY))
		return false;
	for (int i = 0; i < r->n_in; i++)
		if (l->in[i].rank >= 0 && !td_same_bits(&l->in[i], &base->in[i]))
			return false;
	return true;
}

bool td_compare_tell(comparison *c, int i, const td_rec_agreement *row, td_err *e)
{
	const lane *l = &c->lanes[i];
	td_failure f = {.g = c->g,
	                .lane = i,
	                .plan = l->plan,
	                .run = l->run,
	                .in = l->in,
	                .out = l->out,
	                .base = row ? c->lanes[0].out : NULL,
	                .row = row};
	if (!c->o->failed || c->told)
		return true;
	for (int port = 0; row && !td_same(row->oracle, "none") && port < l->run->n_out; port++)
		f.ref[port] = td_oracle_output(c->oracle, port);
	c->told = true;
	return c->o->failed(c->o->arg, &f, e);
}

static void keep_worst(double *worst, double x)
{
	if (isfinite(x) && (isnan(*worst) || x > *worst))
		*worst = x;
}

static bool emit_row(comparison *c, int i, int port, const td_agreement *a, td_err *e)
{
	const lane *l = &c->lanes[i];
	const td_run_op *r = l->run;
	const td_step *s = &c->g->steps.items[r->step];
	const double nan = (double)NAN;
	const td_errors unknown = {nan, nan, nan, nan, nan, nan, nan, nan, 0, 0, 0, 0, 0, 0};
	td_rec_agreement row = {.norm_rel = a ? 0 : nan,
	                        .run = c->o->first_run + i,
	                        .base_run = c->o->first_run,
	                        .step = r->step,
	                        .port = port,
	                        .value = s->out[port],
	                        .turn = td_exec_turn(l->exec),
	                        .kind = td_closeness_name(r->node->out[port].tol.kind),
	                        .oracle = a ? "full" : "none",
	                        .n = td_numel(&l->out[port]),
	                        .worst_index = -1,
	                        .errors = unknown,
	                        .amplification = (double)NAN};
	td_str inputs = {0};
	place_beside(c, l, port, &row);
	row.pass = row.bit_identical;
	if (a) {
		row.limit = a->limit;
		row.worst = a->worst;
		row.max_abs = a->max_abs;
		row.max_ulp = a->max_ulp;
		row.norm_rel = a->norm_rel;
		row.worst_index = a->worst_index;
		row.worst_got = a->worst_got;
		row.worst_ref = a->worst_ref;
		row.at_risk = a->decisions.at_risk;
		row.flips = a->decisions.flips;
		row.wrong = a->decisions.wrong;
		row.pass = a->pass;
		add_errors(c, l, port, &row);
		name_inputs(l, port, a->worst_index, &inputs);
		row.worst_inputs = inputs.n ? td_str_text(&inputs) : NULL;
	}
	row.promised = promised(c, l);
	row.pass &= row.bit_identical || !row.promised;
	keep_worst(&c->lanes[i].isolated[r->step], row.norm_rel);
	keep_worst(&c->lanes[i].amplified[r->step], row.amplification);
	bool first = !row.pass && c->result->first_guilty == TD_NONE;
	count_row(c, &row);
	if (c->o->take)
		c->o->take(c->o->arg, &row);
	td_record rec = {.kind = TD_REC_AGREEMENT, .as.agreement = row};
	bool ok = td_emit(c->o->sink, &rec, e) && (!first || td_compare_tell(c, i, &row, e));
	td_str_fini(&inputs);
	return ok;
}

bool td_compare_step(comparison *c, int i, td_err *e)
{
	const lane *l = &c->lanes[i];
	bool judged = td_compare_flops(l->plan, l->run) <= c->oracle_flops;
	td_decisions d;
	if (judged && (!ask_oracle(c, l, e) || !decide(c, l, &d, e)))
		return td_within(e, "step %s", c->g->steps.items[l->run->step].name);
	for (int port = 0; port < l->run->n_out; port++) {
		td_agreement a = {.kind = TD_EXACT};
		if (judged)
			a = judge(c, l, port, &d);
		if (!emit_row(c, i, port, judged ? &a : NULL, e))
			return false;
	}
	return true;
}
