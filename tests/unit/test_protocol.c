/* Unit tests of measure/protocol.c, with runs that a fake clock and a fake machine make up. */
#include "testing.h"

#include "base/rng.h"
#include "measure/protocol.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A machine: each device has a time, runs have an effect of their own, the session drifts. */
typedef struct {
	double ms[3];         /* of device 0, 1, 2 */
	double run_sd, drift; /* log scale; drift a run */
	int fails_every;      /* every n-th run has no result; 0: none */
	int runs, firsts[3];  /* how often, and how often first */
	uint64_t seed;
	bool unsteady;
} machine;

static int64_t fake_now;

static int64_t now_ns(void)
{
	return fake_now;
}

static double noise(const machine *m)
{
	td_rng r = td_rng_make(m->seed, (uint64_t)m->runs);
	return td_rng_normal(&r);
}

static bool fake_run(void *arg, const td_place_in_pairs *w, td_timed *t, td_err *e)
{
	machine *m = arg;
	(void)e;
	m->runs++;
	m->firsts[w->device] += w->order == 0;
	fake_now += 1000000000;
	if (m->fails_every && m->runs % m->fails_every == 0) {
		t->code = TD_E_DEVICE;
		return true;
	}
	double log_ms = log(m->ms[w->device]) + m->run_sd * noise(m) + m->drift * m->runs;
	t->n_samples = 3;
	t->samples = td_alloc(3 * sizeof *t->samples);
	for (int i = 0; i < 3; i++)
		t->samples[i] = (td_sample){.wall_ns = llrint(exp(log_ms) * 1e6),
		                            .kernel_ns = llrint(exp(log_ms) * 5e5)};
	t->build_ns = 1000000;
	t->calibrated_before_ns = t->calibrated_after_ns = 2000000;
	t->steadiness = m->unsteady ? TD_UNSTEADY : TD_STEADY;
	return true;
}

static td_outcome run(machine *m, int devices, td_stop_rule stop, int controls)
{
	td_outcome out;
	td_err e;
	td_protocol p = {.n_devices = devices,
	                 .stop = stop,
	                 .controls = controls,
	                 .margin = TD_MARGIN,
	                 .seed = m->seed,
	                 .now_ns = now_ns,
	                 .run = fake_run,
	                 .arg = m};
	fake_now = 1;
	if (!td_protocol_run(&p, &out, &e))
		fail_msg("%s", e.text);
	return out;
}

static td_verdict verdict(const td_outcome *o, int candidate)
{
	return o->items[candidate].of[TD_END_TO_END].judgement.verdict;
}

static void decides(void **state)
{
	(void)state;
	const struct {
		double b_ms;
		td_verdict want;
	} table[] = {{10, TD_SAME}, {9, TD_FASTER}, {11, TD_SLOWER}, {10.1, TD_SAME}};
	for (size_t i = 0; i < TD_COUNT(table); i++) {
		machine m = {
			.ms = {10, table[i].b_ms}, .run_sd = 0.01, .drift = 0.002, .seed = 40 + i};
		td_outcome o = run(&m, 2, TD_STOP_DEFAULT, 10);
		assert_int_equal(o.n, 3);
		assert_int_equal(o.n_candidates, 1);
		assert_false(o.biased);
		assert_int_equal(verdict(&o, 0), table[i].want);
		assert_true(o.items[0].of[TD_END_TO_END].speedup.t.lo < 10 / table[i].b_ms);
		assert_true(o.items[0].of[TD_END_TO_END].speedup.t.hi > 10 / table[i].b_ms);
		assert_int_equal(m.runs, 2 * (o.items[0].pairs + 20));
		td_protocol_fini(&o);
	}
}

/* Nothing is decided by a machine on which the same differs from itself. */
static void controls_find_bias(void **state)
{
	(void)state;
	int biased = 0;
	for (uint64_t seed = 0; seed < 20; seed++) {
		machine m = {.ms = {10, 8}, .run_sd = 0.002, .drift = 0.05, .seed = seed};
		td_outcome o = run(&m, 2, TD_STOP_DEFAULT, 10);
		biased += o.biased;
		if (o.biased)
			assert_int_equal(o.items[0].of[0].judgement.why, TD_WHY_BIASED);
		td_protocol_fini(&o);
	}
	assert_int_equal(biased, 0); /* drift is no bias: blocks cancel it */
}

/* Identical devices: never FASTER, never SLOWER. */
static void same_is_same(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 200; seed++) {
		machine m = {.ms = {10, 10}, .run_sd = 0.03, .seed = seed};
		td_outcome o = run(&m, 2, TD_STOP_DEFAULT, 0);
		assert_true(verdict(&o, 0) == TD_SAME || verdict(&o, 0) == TD_UNDECIDED);
		td_protocol_fini(&o);
	}
}

static void lost_runs(void **state)
{
	(void)state;
	machine m = {.ms = {10, 8}, .run_sd = 0.01, .fails_every = 7, .seed = 3};
	td_stop_rule stop = {.first = 14, .step = 2, .max_pairs = 14};
	td_outcome o = run(&m, 2, stop, 0);
	assert_int_equal(o.items[0].lost, 4);
	assert_int_equal(o.items[0].pairs, 10);
	assert_int_equal(verdict(&o, 0), TD_FASTER);
	td_protocol_fini(&o);
	m = (machine){.ms = {10, 8}, .fails_every = 1};
	o = run(&m, 2, stop, 2);
	assert_int_equal(o.items[0].pairs, 0);
	assert_int_equal(verdict(&o, 0), TD_UNDECIDED);
	assert_false(o.biased); /* controls without a result say nothing */
	td_protocol_fini(&o);
}

static void stops(void **state)
{
	(void)state;
	machine m = {.ms = {10, 8}, .run_sd = 0.2, .seed = 3};
	td_stop_rule stop = TD_STOP_DEFAULT;
	td_outcome o = run(&m, 2, stop, 0);
	assert_int_equal(o.stop, TD_STOP_MAX_PAIRS);
	assert_int_equal(o.items[0].pairs, 60);
	td_protocol_fini(&o);
	stop.budget_s = 25;
	m.runs = 0;
	o = run(&m, 2, stop, 0);
	assert_int_equal(o.stop, TD_STOP_BUDGET);
	assert_int_equal(o.items[0].pairs, 13);
	td_protocol_fini(&o);
	m = (machine){.ms = {10, 8}, .run_sd = 0.001, .seed = 3};
	o = run(&m, 2, TD_STOP_DEFAULT, 0);
	assert_int_equal(o.stop, TD_STOP_PRECISE);
	assert_int_equal(o.items[0].pairs, 10);
	td_protocol_fini(&o);
}

/* Each device goes first in half of its pairs. */
static void order_is_balanced(void **state)
{
	(void)state;
	machine m = {.ms = {10, 8}, .seed = 8};
	td_stop_rule stop = {.first = 20, .step = 2, .max_pairs = 20};
	td_outcome o = run(&m, 2, stop, 0);
	assert_int_equal(m.firsts[0], 10);
	assert_int_equal(m.firsts[1], 10);
	td_protocol_fini(&o);
}

static void several_candidates(void **state)
{
	(void)state;
	machine m = {.ms = {10, 8, 12}, .run_sd = 0.005, .seed = 8};
	td_outcome o = run(&m, 3, TD_STOP_DEFAULT, 10);
	assert_int_equal(o.n_candidates, 2);
	assert_int_equal(o.n, 5);
	assert_int_equal(verdict(&o, 0), TD_FASTER);
	assert_int_equal(verdict(&o, 1), TD_SLOWER);
	td_protocol_fini(&o);
}

static void unsteady_runs(void **state)
{
	(void)state;
	machine m = {.ms = {10, 10}, .run_sd = 0.01, .unsteady = true, .seed = 2};
	td_outcome o = run(&m, 2, TD_STOP_DEFAULT, 0);
	assert_int_equal(verdict(&o, 0), TD_UNDECIDED);
	assert_int_equal(o.items[0].of[0].judgement.why, TD_WHY_UNSTEADY);
	td_protocol_fini(&o);
}

/* A build that costs 10 s, and 1 ms won a call. */
static void break_even(void **state)
{
	(void)state;
	machine m = {.ms = {10, 8}, .seed = 2};
	td_outcome o = run(&m, 2, TD_STOP_DEFAULT, 0);
	assert_true(o.items[0].has_worth);
	assert_int_equal(o.items[0].worth.when, TD_WINS_ALWAYS);
	td_protocol_fini(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decides),
		cmocka_unit_test(controls_find_bias),
		cmocka_unit_test(same_is_same),
		cmocka_unit_test(lost_runs),
		cmocka_unit_test(stops),
		cmocka_unit_test(order_is_balanced),
		cmocka_unit_test(several_candidates),
		cmocka_unit_test(unsteady_runs),
		cmocka_unit_test(break_even),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
