#include "compare.h"

#include "../base/log.h"
#include "../model/dtype.h"
#include "../run/convert.h"
#include "oracle.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GUARD_BYTES = 256 };

/* One device under comparison. The last lane is the oracle's own course, when it is run. */
typedef struct {
	td_plan *plan;
	td_exec *exec;
	td_device *dev;
	/* the step just done; the tensors' data lies in the executor */
	const td_run_op *run;
	td_tensor in[TD_MAX_PORTS], out[TD_MAX_PORTS];
} lane;

typedef struct {
	td_graph *g;
	const td_compare_options *o;
	td_compare_result *result;
	lane *lanes;
	int n;           /* devices */
	bool has_course; /* lanes[n] is the oracle's own course */
	td_device *ref;
	td_oracle *oracle;
	double oracle_flops;
} comparison;

/* -- lanes ----------------------------------------------------------------------- */

static bool open_lane(comparison *c, int i, td_device *dev, const td_run_inputs *in,
                      const td_sink *sink, td_diags *d, td_err *e)
{
	lane *l = &c->lanes[i];
	td_plan_options po = {.caps = td_device_caps(dev),
	                      .guard_bytes = i < c->n ? GUARD_BYTES : 0,
	                      .impls = c->o->impls,
	                      .n_impls = c->o->n_impls};
	l->dev = dev;
	l->plan = td_plan_new(c->g, &po, d);
	if (!l->plan)
		return td_fail(e, TD_E_DEVICE, "the pipeline cannot be planned for %s",
		               td_device_caps(dev)->name);
	td_record r = {.kind = TD_REC_RUN,
	               .as.run = {.run = c->o->first_run + i,
	                          .plan = l->plan,
	                          .device = dev,
	                          .pipeline = c->o->pipeline,
	                          .device_name = i < c->n ? c->o->names[i] : "ref",
	                          .seed = c->o->seed,
	                          .repeat = 1}};
	td_run_options ro = {.sink = sink, .run = c->o->first_run + i};
	return td_emit(sink, &r, e) && td_run_emit_inputs(l->plan, in, &ro, e) &&
	       td_exec_new(l->plan, dev, in, sink, c->o->first_run + i, &l->exec, e);
}

static void close_lanes(comparison *c)
{
	for (int i = 0; c->lanes && i <= c->n; i++) {
		td_exec_free(c->lanes[i].exec);
		td_plan_free(c->lanes[i].plan);
	}
	td_device_close(c->ref);
	td_oracle_free(c->oracle);
	free(c->lanes);
}

/* Cost of a step with the dims known before the run. */
static double flops_of(const td_plan *p, const td_run_op *r)
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

/* The oracle's own course is run only if every step of it is affordable. */
static bool affordable(const comparison *c)
{
	const td_plan *p = c->lanes[0].plan;
	for (int i = 0; i < p->runs.n; i++)
		if (flops_of(p, &p->runs.items[i]) > c->oracle_flops)
			return false;
	return true;
}

static bool open_all(comparison *c, const td_run_inputs *in, td_diags *d, td_err *e)
{
	c->lanes = td_alloc(td_size_mul((size_t)c->n + 1, sizeof *c->lanes));
	c->oracle = td_oracle_new();
	for (int i = 0; i < c->n; i++)
		if (!open_lane(c, i, c->o->dev[i], in, c->o->sink, d, e))
			return false;
	c->has_course = affordable(c);
	return !c->has_course ||
	       (td_device_open("ref", &c->ref, e) && open_lane(c, c->n, c->ref, in, NULL, d, e));
}

/* -- one step --------------------------------------------------------------------- */

/* Carries a lane on until it has done its next RUN and what BINDs follow it; looks at inputs before
 * and outputs after. `run` is NULL when there was no further RUN. */
static bool next_run(lane *l, td_err *e)
{
	const td_op *op;
	l->run = NULL;
	while (!l->run && (op = td_exec_next(l->exec)) != NULL) {
		const td_run_op *r = op->code == TD_OP_RUN ? &l->plan->runs.items[op->a] : NULL;
		for (int i = 0; r && i < r->n_in; i++)
			if (!td_exec_look(l->exec, r->in[i], TD_MAX_PORTS + i, &l->in[i], e))
				return false;
		if (!td_exec_op(l->exec, e))
			return false;
		l->run = r;
	}
	while (l->run && (op = td_exec_next(l->exec)) != NULL && op->code == TD_OP_BIND)
		if (!td_exec_op(l->exec, e))
			return false;
	for (int i = 0; l->run && i < l->run->n_out; i++)
		if (!td_exec_look(l->exec, l->run->out[i], 2 * TD_MAX_PORTS + i, &l->out[i], e))
			return false;
	return true;
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

/* Does a device round as D3 needs it? */
static bool exact_device(const td_caps *d)
{
	return d->type == TD_DEVICE_NATIVE || (d->correct_div_sqrt && d->denormals && d->fma);
}

/* Must this lane's outputs be the baseline's, bit for bit? */
static bool promised(const comparison *c, const lane *l)
{
	const lane *base = &c->lanes[0];
	const td_run_op *r = l->run;
	if ((r->node->flags & TD_D_MASK) < TD_D3 || !exact_device(&l->plan->caps) ||
	    !exact_device(&base->plan->caps) || (r->impl->needs & TD_NEEDS_LIBRARY) ||
	    (base->run->impl->needs & TD_NEEDS_LIBRARY))
		return false;
	for (int i = 0; i < r->n_in; i++)
		if (l->in[i].rank >= 0 && !td_same_bits(&l->in[i], &base->in[i]))
			return false;
	return true;
}

static bool emit_row(comparison *c, int i, int port, const td_agreement *a, td_err *e)
{
	const lane *l = &c->lanes[i];
	const td_run_op *r = l->run;
	const td_step *s = &c->g->steps.items[r->step];
	td_rec_agreement row = {.run = c->o->first_run + i,
	                        .base_run = c->o->first_run,
	                        .step = r->step,
	                        .port = port,
	                        .value = s->out[port],
	                        .turn = td_exec_turn(l->exec),
	                        .kind = td_closeness_name(r->node->out[port].tol.kind),
	                        .oracle = a ? "full" : "none",
	                        .n = td_numel(&l->out[port]),
	                        .worst_index = -1};
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
	}
	row.promised = promised(c, l);
	row.pass &= row.bit_identical || !row.promised;
	count_row(c, &row);
	if (c->o->take)
		c->o->take(c->o->arg, &row);
	td_record rec = {.kind = TD_REC_AGREEMENT, .as.agreement = row};
	return td_emit(c->o->sink, &rec, e);
}

static bool compare_step(comparison *c, int i, td_err *e)
{
	const lane *l = &c->lanes[i];
	bool judged = flops_of(l->plan, l->run) <= c->oracle_flops;
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

/* -- the whole -------------------------------------------------------------- */

static bool all_steps(comparison *c, td_err *e)
{
	td_progress progress = {0};
	bool ok = true;
	for (int64_t step = 0; ok; step++) {
		for (int i = 0; i < c->n + c->has_course && ok; i++)
			ok = next_run(&c->lanes[i], e);
		if (!ok || !c->lanes[0].run)
			break;
		for (int i = 0; i < c->n && ok; i++)
			ok = compare_step(c, i, e);
		if (c->o->progress)
			td_progress_show(&progress, "comparing steps", step,
			                 c->lanes[0].plan->runs.n);
	}
	td_progress_end(&progress);
	return ok;
}

static bool emit_outputs(const comparison *c, int i, td_err *e)
{
	td_run_options o = {.sink = c->o->sink, .run = c->o->first_run + i};
	return td_run_emit_outputs(c->lanes[i].plan, c->lanes[i].exec, &o, 0, e);
}

static bool finish_lane(comparison *c, int i, td_err *e)
{
	lane *l = &c->lanes[i];
	if (!td_exec_run(l->exec, e) || !emit_outputs(c, i, e))
		return false;
	return !c->o->outputs || c->o->outputs(c->o->arg, i, l->plan, l->exec, e);
}

static bool end_run(comparison *c, int i, td_code code, const char *error, td_err *e)
{
	const lane *l = &c->lanes[i];
	td_record r = {.kind = TD_REC_RUN_END,
	               .as.run_end = {.run = c->o->first_run + i,
	                              .code = code,
	                              .error = error,
	                              .build_ns = l->exec ? td_exec_build(l->exec)->build_ns : 0,
	                              .peak_bytes = l->exec ? td_exec_peak(l->exec, TD_MAIN) : 0}};
	return td_emit(c->o->sink, &r, e);
}

bool td_compare(td_graph *g, const td_run_inputs *in, const td_compare_options *o, td_diags *d,
                td_compare_result *result, td_err *e)
{
	comparison c = {.g = g,
	                .o = o,
	                .result = result,
	                .n = o->n,
	                .oracle_flops = o->oracle_flops > 0 ? o->oracle_flops : 2e9};
	*result = (td_compare_result){
		.bit_identical = true, .first_divergence = TD_NONE, .first_guilty = TD_NONE};
	bool ok = open_all(&c, in, d, e);
	for (int i = 0; i < c.n + c.has_course && ok; i++)
		td_exec_restart(c.lanes[i].exec, 0);
	ok = ok && all_steps(&c, e);
	for (int i = 0; i < c.n && ok; i++)
		ok = finish_lane(&c, i, e);
	td_err ignored; /* the first error is the one to tell */
	for (int i = 0; i < c.n && c.lanes[i].plan; i++)
		ok = end_run(&c, i, ok ? TD_OK : e->code, ok ? NULL : e->text, ok ? e : &ignored) &&
		     ok;
	close_lanes(&c);
	result->agree = ok && result->failed_rows == 0;
	return ok;
}
