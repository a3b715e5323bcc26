/* The end of a session, in one transaction. */
#include "store_inner.h"

#define I TD_CELL_I
#define R TD_CELL_R
#define T TD_CELL_T

static td_cell run_cell(const td_store *s, int number)
{
	int64_t id = td_store_run_id(s, number);
	return id ? I(id) : TD_CELL_NONE;
}

/* What belongs to a run that could not be written is gone with it. */
static bool put_agreement(td_store *s, const td_rec_agreement *r, td_err *e)
{
	td_cell run = run_cell(s, r->run);
	if (run.kind == TD_CELL_NULL)
		return true;
	const td_errors *x = &r->errors;
	const td_cell c[] = {run,
	                     run_cell(s, r->base_run),
	                     I(r->step),
	                     I(r->port),
	                     I(r->value),
	                     I(r->turn),
	                     T(r->kind),
	                     T(r->oracle),
	                     I(r->n),
	                     R(r->limit),
	                     R(r->worst),
	                     R(r->max_abs),
	                     R(r->max_ulp),
	                     R(r->norm_rel),
	                     R(r->acc_max_abs),
	                     R(r->acc_norm_rel),
	                     R(r->base_max_abs),
	                     r->worst_index < 0 ? TD_CELL_NONE : I(r->worst_index),
	                     R(r->worst_got),
	                     R(r->worst_ref),
	                     I(r->at_risk),
	                     I(r->flips),
	                     I(r->wrong),
	                     I(r->bit_identical),
	                     I(r->pass),
	                     I(r->promised),
	                     T(r->worst_inputs),
	                     R(x->prop_max_abs),
	                     R(x->prop_norm_rel),
	                     R(x->gap),
	                     R(r->amplification),
	                     R(x->rho_50),
	                     R(x->rho_99),
	                     R(x->rho_999),
	                     R(x->rho_max),
	                     R(x->cosine),
	                     I(x->nan),
	                     I(x->inf),
	                     I(x->other_class),
	                     I(x->sign),
	                     I(x->zero_sign),
	                     I(x->flushed)};
	return td_store_put_n(s, TD_PUT_AGREEMENT, c, TD_COUNT(c), e);
}

static bool put_protocol(td_store *s, int64_t session, const td_rec_protocol *r, td_err *e)
{
	return td_store_put(s, TD_PUT_PROTOCOL, e, I(session), I((int64_t)r->seed), T(r->stop),
	                    R(r->spent_s), R(r->margin), R(r->sample_s), I(r->controls),
	                    I(r->biased));
}

static bool put_speedup(td_store *s, int64_t session, const td_rec_speedup *r, td_err *e)
{
	const td_cell numbers[] = {R(r->value),     R(r->low),       R(r->high),
	                           R(r->rank_low),  R(r->rank_high), R(r->hodges_lehmann),
	                           R(r->sd),        R(r->smallest),  R(r->largest),
	                           R(r->corrected), R(r->p)};
	const td_cell price[] = {R(r->once_a), R(r->once_b), R(r->each_a),
	                         R(r->each_b), T(r->worth),  R(r->worth_calls)};
	td_cell c[25] = {I(session), I(r->a), I(r->b), T(r->what), I(r->pairs), I(r->lost)};
	int n = 6;
	for (size_t i = 0; i < TD_COUNT(numbers); i++)
		c[n++] = r->known ? numbers[i] : TD_CELL_NONE;
	c[n++] = T(r->verdict);
	c[n++] = T(r->why);
	for (size_t i = 0; i < TD_COUNT(price); i++)
		c[n++] = r->known ? price[i] : TD_CELL_NONE;
	return td_store_put_n(s, TD_PUT_SPEEDUP, c, n, e);
}

static bool put_tail(td_store *s, int64_t session, const td_record *r, td_err *e)
{
	return r->kind == TD_REC_PROTOCOL  ? put_protocol(s, session, &r->as.protocol, e)
	       : r->kind == TD_REC_SPEEDUP ? put_speedup(s, session, &r->as.speedup, e)
	                                   : put_agreement(s, &r->as.agreement, e);
}

static bool end_row(td_store *s, const td_rec_session_end *end, int64_t id, td_err *e)
{
	td_date now = td_date_now();
	const td_cell cells[] = {I(id), T(now.text), I(end->code), T(end->verdict), T(end->error)};
	return td_sql_change(
		&s->sql,
		"UPDATE session SET ended_at = ?2, code = ?3, verdict = ?4, error = ?5 "
		"WHERE id = ?1",
		cells, TD_COUNT(cells), e);
}

bool td_store_write_end(td_store *s, const td_rec_session_end *end, td_err *e)
{
	int64_t session;
	if (!td_store_begin(s, e))
		return false;
	bool ok = td_store_know_session(s, &session, e);
	for (int i = 0; ok && i < s->session.tail.n; i++)
		ok = put_tail(s, session, s->session.tail.items[i], e);
	if (!td_store_finish(s, ok && end_row(s, end, session, e), e))
		return false;
	s->session.id = session;
	return true;
}
