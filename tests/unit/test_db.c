/* What is recorded, and what the views make of it. */
#include "db_fixture.h"

#include "../../db/env.h"

#include <unistd.h>

/* -- one run -------------------------------------------------------------- */

static void test_run_is_whole(void **state)
{
	fixture *f = *state;
	record_run(f, "input", "output");
	assert_int_equal(td_store_session_id(f->store), 1);
	assert_int_equal(td_store_run_id(f->store, 0), 1);
	assert_int_equal(td_store_run_id(f->store, 1), 0);
	assert_answer(
		f,
		"SELECT command, arguments, code, status, verdict, error, ended_at >= started_at "
		"FROM session",
		"run,demo.lua --on native,0,ok,,,1\n");
	assert_answer(
		f,
		"SELECT session, number, pipeline, asked, seed, warmup, repeats, code, status, "
		"error, wall_ns, build_ns, peak_bytes, host_zero_ns, device_zero_ns FROM run",
		"1,0,pipelines/demo.lua,native,5,1,3,0,ok,,2000000,500000,4000,1000007,1000000\n");
	assert_answer(f,
	              "SELECT run, device, status, wall_ms, build_ms, peak_mib, repeats, seed, "
	              "planned_peak_bytes FROM v_run",
	              "1,native,ok,2,0.5,0.004,3,5,4096\n");
	assert_answer(f, "SELECT repeat, wall_ns FROM run_repeat",
	              "0,3000000\n1,1000000\n2,2000000\n");
	assert_answer(f, "SELECT count(*) FROM run_state WHERE field = 'load'", "1\n");
	assert_answer(f, "SELECT name, type, value, given FROM run_param", "k,int,7,1\n");
	assert_answer(f, "SELECT s.name, content FROM run_source s JOIN text USING (sha256)",
	              "demo.lua,\"-- demo\nreturn 1\n\"\n");
	assert_answer(f, "SELECT name, path, url, sha256, bytes, pinned FROM run_input",
	              "series,series.npy,,"
	              "c96c6d5be8d08a12e7b5cdc1b207fa6b2430974c86803d8891675e76fd992c20,1234,0\n");
	assert_answer(f,
	              "SELECT output, dtype, dims, n, n_nan, n_zero, min, max, mean FROM v_output",
	              "y,f32,\"[94,355]\",4,0,1,-1.5,2,0.25\n");
}

static void test_graph_and_plan(void **state)
{
	fixture *f = *state;
	record_run(f, "input", "output");
	assert_answer(
		f,
		"SELECT step, name, node, version, stage, params, tol_factor, tol_reason, file, "
		"line FROM step",
		"0,scale,test.scale,3,load,factor=3.5 k=7,1,,demo.lua,4\n"
		"1,again,test.scale,3,work,factor=2.0 k=1,2,noisy,demo.lua,5\n");
	assert_answer(f, "SELECT value, name FROM graph_value", "0,series\n1,scale\n2,again\n");
	td_str text = {0};
	td_graph_text(f->graph, &text);
	td_str stored = ask(f, "SELECT hex(content), sha256 FROM graph JOIN text USING (sha256)");
	td_str want = {0};
	for (size_t i = 0; i < text.n; i++)
		td_str_addf(&want, "%02X", (unsigned char)text.data[i]);
	td_str_addf(&want, ",%s\n", td_graph_sha256(f->graph).hex);
	assert_string_equal(stored.data, want.data);
	td_str_fini(&text);
	td_str_fini(&stored);
	td_str_fini(&want);
	td_str_addf(&want, "%s\n", td_plan_sha256(&f->plan).hex);
	assert_answer(f, "SELECT sha256 FROM plan JOIN text USING (sha256)", want.data);
	td_str_fini(&want);
}

static void test_content_is_stored_once(void **state)
{
	fixture *f = *state;
	record_run(f, "input", "output");
	record_run(f, "input", "output");
	assert_answer(f, "SELECT count(*) FROM run", "2\n");
	const char *once[] = {"graph", "plan", "device", "environment", "kernel"};
	for (size_t i = 0; i < TD_COUNT(once); i++) {
		char sql[64];
		td_clip(sql, sizeof sql, "SELECT count(*) FROM %s", once[i]);
		assert_answer(f, sql, "1\n");
	}
	assert_answer(f, "SELECT count(*) FROM text", "3\n"); /* graph, plan, source */
	fixture_graph(f, 4.5);
	record_run(f, "input", "output");
	assert_answer(f,
	              "SELECT (SELECT count(*) FROM graph), (SELECT count(*) FROM step), "
	              "(SELECT count(*) FROM text)",
	              "2,4,5\n");
}

/* -- failures ------------------------------------------------------------- */

static void test_failed_run(void **state)
{
	fixture *f = *state;
	begin_session(f, "run");
	begin_run(f, 0, "cpu");
	launch(f, 0, -1, 0, 1000, 50);
	td_record end = end_record(0, TD_E_DEVICE, "out of resources");
	emit(f, &end);
	emit(f, &(td_record){TD_REC_SESSION_END,
	                     {.session_end = {TD_E_DEVICE, NULL, "out of resources"}}});
	assert_answer(f, "SELECT run, status, error, repeats FROM v_run",
	              "1,device error,out of resources,0\n");
	assert_answer(f, "SELECT status, failed, error FROM v_session",
	              "device error,1,out of resources\n");
	assert_answer(f, "SELECT count(*) FROM launch", "1\n");
	td_str failed = ask(f, "failed");
	assert_true(td_ends(failed.data,
	                    "Z,1,1,pipelines/demo.lua,cpu,device error,out of resources\n"));
	td_str_fini(&failed);
}

/* A command that fails before its first run is remembered too. */
static void test_session_without_runs(void **state)
{
	fixture *f = *state;
	begin_session(f, "run");
	emit(f, &(td_record){TD_REC_SESSION_END,
	                     {.session_end = {TD_E_USAGE, NULL, "no device \"gpux\""}}});
	assert_answer(f, "SELECT status, runs, error FROM v_session",
	              "refused,0,\"no device \"\"gpux\"\"\"\n");
}

static void test_unfinished_session(void **state)
{
	fixture *f = *state;
	begin_session(f, "compare");
	begin_run(f, 0, "cpu");
	end_run(f, 0);
	begin_run(f, 1, "gpu");
	fixture_close(f); /* as if killed: run 1 is gone, run 0 is not */
	assert_answer(f, "SELECT status, runs FROM v_session", "unfinished,1\n");
	assert_answer(f, "SELECT number, asked FROM run", "0,cpu\n");
}

static void test_wrong_order(void **state)
{
	fixture *f = *state;
	td_record run = run_record(f, 0, "cpu"), end = end_record(0, TD_OK, NULL),
		  session = {TD_REC_SESSION, {.session = {"run", ""}}},
		  session_end = {TD_REC_SESSION_END, {.session_end = {TD_OK, NULL, NULL}}};
	assert_fails(td_emit(&f->sink, &run, e), TD_E_USAGE, "record: there is no session");
	emit(f, &session);
	assert_fails(td_emit(&f->sink, &session, e), TD_E_USAGE,
	             "record: a session begins inside another");
	assert_fails(td_emit(&f->sink, &end, e), TD_E_USAGE, "record: run 0 has not begun");
	emit(f, &run);
	assert_fails(td_emit(&f->sink, &run, e), TD_E_USAGE, "record: run 0 begins twice");
	emit(f, &end);
	assert_fails(td_emit(&f->sink, &end, e), TD_E_USAGE, "record: run 0 has ended");
	run.as.run.run = 1;
	emit(f, &run);
	assert_fails(td_emit(&f->sink, &session_end, e), TD_E_USAGE, "record: run 1 has not ended");
	assert_answer(f, "SELECT status, runs FROM v_session", "ok,1\n");
}

/* -- several runs --------------------------------------------------------- */

static td_record agreement(int run, int step, double worst, bool bits, bool pass)
{
	return (td_record){TD_REC_AGREEMENT,
	                   {.agreement = {.run = run,
	                                  .base_run = 0,
	                                  .step = step,
	                                  .value = step + 1,
	                                  .oracle = "full",
	                                  .kind = "ulp",
	                                  .n = 100,
	                                  .limit = 2,
	                                  .worst = worst,
	                                  .max_abs = 0.5,
	                                  .norm_rel = __builtin_nan(""),
	                                  .worst_index = bits ? -1 : 17,
	                                  .bit_identical = bits,
	                                  .pass = pass}}};
}

static void test_comparison(void **state)
{
	fixture *f = *state;
	begin_session(f, "compare");
	begin_run(f, 0, "cpu");
	begin_run(f, 1, "gpu"); /* lock-step: runs overlap */
	launch(f, 1, 0, 0, 500, 20);
	launch(f, 0, 0, 0, 400, 10);
	end_run(f, 1);
	end_run(f, 0);
	td_record a = agreement(1, 0, 0, true, true), b = agreement(1, 1, 3, false, false);
	emit(f, &a);
	emit(f, &b);
	end_session(f, TD_E_DISAGREE, "DISAGREE");
	assert_int_equal(td_store_run_id(f->store, 1), 1);
	assert_int_equal(td_store_run_id(f->store, 0), 2);
	assert_answer(
		f,
		"SELECT number, asked, (SELECT kernel_ns FROM launch WHERE run = r.id) FROM run r "
		"ORDER BY number",
		"0,cpu,10\n1,gpu,20\n");
	assert_answer(f,
	              "SELECT device, base, step, value, verdict, of_bound, norm_rel, worst_index, "
	              "tol_reason, line FROM v_agreement",
	              "gpu,cpu,scale,scale,pass,0,,,,4\n"
	              "gpu,cpu,again,again,FAIL,1.5,,17,noisy,5\n");
	assert_answer(f, "diverged",
	              "1,1,gpu,cpu,beyond limit,again,again,0,1.5,0.5,demo.lua,5\n"
	              "1,1,gpu,cpu,other bits,again,again,0,1.5,0.5,demo.lua,5\n");
	assert_answer(f, "speed", ""); /* no speed-up without agreement */
}

/* In a loop the later step may go astray first. */
static void test_first_divergence(void **state)
{
	fixture *f = *state;
	begin_session(f, "compare");
	begin_run(f, 0, "cpu");
	begin_run(f, 1, "gpu");
	end_run(f, 0);
	end_run(f, 1);
	td_record rows[] = {agreement(1, 0, 0, true, true), agreement(1, 1, 3, false, false),
	                    agreement(1, 0, 4, false, false)};
	rows[1].as.agreement.turn = 2;
	rows[2].as.agreement.turn = 3;
	td_record after = agreement(1, 0, 5, false, false); /* behind the loop */
	for (size_t i = 0; i < TD_COUNT(rows); i++)
		emit(f, &rows[i]);
	emit(f, &after);
	end_session(f, TD_E_DISAGREE, "DISAGREE");
	assert_answer(f, "diverged",
	              "1,2,gpu,cpu,beyond limit,again,again,2,1.5,0.5,demo.lua,5\n"
	              "1,2,gpu,cpu,other bits,again,again,2,1.5,0.5,demo.lua,5\n");
}

/* A session of two runs that agree or not, and a pair of timed runs with a speed-up of 4. */
static void compare_and_time(fixture *f, bool agrees, bool biased)
{
	begin_session(f, "compare");
	begin_run(f, 0, "cpu");
	end_run(f, 0);
	begin_run(f, 1, "gpu");
	end_run(f, 1);
	for (int is_b = 0; is_b < 2; is_b++) {
		begin_run(f, 2 + is_b, is_b ? "gpu" : "cpu");
		emit(f, &(td_record){TD_REC_TIMED,
		                     {.timed = {.run = 2 + is_b,
		                                .a = 0,
		                                .b = 1,
		                                .is_b = is_b,
		                                .order = is_b,
		                                .ended = true,
		                                .steady = "steady",
		                                .outputs_sha256 = "same"}}});
		end_run(f, 2 + is_b);
	}
	td_record a = agreement(1, 0, 0, agrees, agrees);
	emit(f, &a);
	emit(f, &(td_record){TD_REC_PROTOCOL, {.protocol = {.stop = "pairs", .biased = biased}}});
	emit(f, &(td_record){TD_REC_SPEEDUP,
	                     {.speedup = {.a = 0,
	                                  .b = 1,
	                                  .what = "end_to_end",
	                                  .pairs = 1,
	                                  .known = true,
	                                  .value = 4,
	                                  .low = 3,
	                                  .high = 5,
	                                  .verdict = "FASTER",
	                                  .why = "",
	                                  .worth = "always"}}});
	end_session(f, TD_OK, agrees ? "AGREE" : "DISAGREE");
}

/* The promise of the product: no speed-up without a passing agreement. */
static void test_speed_of_what_agrees(void **state)
{
	fixture *f = *state;
	compare_and_time(f, true, false);
	compare_and_time(f, false, false);
	compare_and_time(f, true, true);
	assert_answer(f, "SELECT count(*) FROM speedup", "3\n");
	assert_answer(f,
	              "SELECT session, baseline, candidate, speedup, low, high, verdict FROM "
	              "v_speedup ORDER BY session",
	              "1,cpu,gpu,4,3,5,FASTER\n3,cpu,gpu,4,3,5,UNDECIDED\n");
}

static void test_changed_bits_are_found(void **state)
{
	fixture *f = *state;
	record_run(f, "input", "output");
	record_run(f, "input", "output");
	assert_answer(f, "SELECT output, runs, digests, verdict FROM v_bits", "y,2,1,same bits\n");
	record_run(f, "other input", "other output");
	assert_answer(f, "SELECT runs, digests, verdict FROM v_bits ORDER BY runs",
	              "1,1,same bits\n2,1,same bits\n");
	record_run(f, "input", "other output");
	assert_answer(f, "SELECT runs, digests, verdict FROM v_bits ORDER BY runs",
	              "1,1,same bits\n3,2,CHANGED\n");
}

/* -- times ---------------------------------------------------------------- */

static void test_raw_times_come_back(void **state)
{
	fixture *f = *state;
	td_times device = {9000000000100, 9000000000150, 9000000000175,
	                   9000000001000, 700000000050,  700000000090},
		 host = {0, 0, 0, 0, 700000000010, 700000000030},
		 broken = {9000000000200, 5, INT64_MIN, INT64_MAX, 700000000060, 700000000070};
	const td_times *all[] = {&device, &host, &broken};
	begin_session(f, "run");
	begin_run(f, 0, "cpu");
	for (int i = 0; i < 3; i++) {
		td_launched l = {.kernel = "k", .t = *all[i]};
		td_record r = {TD_REC_LAUNCH,
		               {.launch = {0, 0, i, 0, &l, &scale_node.impls[i == 1 ? 0 : 1],
		                           i == 1 ? TD_HOST : TD_MAIN}}};
		emit(f, &r);
	}
	end_run(f, 0);
	end_session(f, TD_OK, NULL);
	assert_answer(
		f,
		"SELECT turn, impl, place, host_begin_ns, host_ns, device_queued_ns, submit_ns, "
		"wait_ns, kernel_ns FROM v_launch",
		"0,cl,device,700000000050,40,9000000000100,50,25,825\n"
		"1,ref,host,700000000010,20,,,,\n"
		"2,cl,device,700000000060,10,9000000000200,-9000000000195,"
		"9223372036854775803,-1\n");
}

static void test_medians(void **state)
{
	fixture *f = *state;
	const int64_t ns[] = {900, 100, 50, 400, 300};
	begin_session(f, "run");
	begin_run(f, 0, "cpu");
	launch(f, 0, -1, 0, 10, 1); /* warm-up: in no median */
	for (int repeat = 0; repeat < 5; repeat++) {
		launch(f, 0, repeat, 0, 1000 * (repeat + 1), ns[repeat] - 20);
		launch(f, 0, repeat, 0, 1000 * (repeat + 1), 20); /* a second kernel of the step */
	}
	for (int repeat = 0; repeat < 4; repeat++)
		launch(f, 0, repeat, 1, 9000, ns[repeat]);
	end_run(f, 0);
	end_session(f, TD_OK, NULL);
	assert_answer(
		f,
		"SELECT step, stage, impl, repeats, launches, median_ns, min_ns, max_ns, median_ms "
		"FROM v_step_time",
		"scale,load,cl,5,2,300,50,900,0.0003\nagain,work,cl,4,1,250,50,900,0.00025\n");
	assert_answer(
		f,
		"SELECT stage, steps, repeats, launches, median_ns, percent FROM v_stage_time "
		"WHERE run = 1 ORDER BY first_step",
		"load,1,5,2,300,54.5\nwork,1,4,1,250,45.5\n");
}

static void test_where_wall_time_went(void **state)
{
	fixture *f = *state;
	begin_session(f, "run");
	begin_run(f, 0, "cpu");
	launch(f, 0, 1, 0, 1000, 625000);
	td_times t = {1000, 1000, 1000, 101000, 5, 6},
		 none = {.host_begin_ns = 7, .host_end_ns = 1000007};
	emit(f, &(td_record){TD_REC_TRANSFER, {.transfer = {0, 1, 0, true, false, 1 << 20, t}}});
	emit(f, &(td_record){TD_REC_TRANSFER, {.transfer = {0, 1, 2, false, true, 512, none}}});
	emit(f, &(td_record){TD_REC_BIND, {.bind = {0, 1, "kept", 60, 80}}});
	td_build build = {7000000, true, "-cl-std=CL1.2", "aa", "bb"};
	emit(f, &(td_record){TD_REC_BUILD, {.build = {0, &build}}});
	end_run(f, 0);
	end_session(f, TD_OK, NULL);
	assert_answer(f,
	              "SELECT wall_ns, kernel_ns, transfer_ns, other_ms, kernel_percent "
	              "FROM v_repeat WHERE repeat = 1",
	              "1000000,625000,100000,0.275,62.5\n");
	assert_answer(f, "SELECT value, direction, mapped, mib, ms, gib_per_s, ns FROM v_transfer",
	              "series,up,0,1,0.1,9.766,100000\nagain,down,1,0,1,,1000000\n");
	assert_answer(f, "extents", "kept,1,60,80,75\n");
	assert_answer(f, "SELECT build_ns, from_cache, options, source_sha256 FROM build",
	              "7000000,1,-cl-std=CL1.2,aa\n");
}

/* -- environment ---------------------------------------------------------- */

static const char *fact(const td_facts *f, const char *field)
{
	for (int i = 0; i < f->n; i++)
		if (td_same(f->items[i].field, field))
			return f->items[i].value;
	return NULL;
}

static void test_environment(void **state)
{
	(void)state;
	td_arena a = {0};
	td_facts one = {0}, two = {0}, three = {0}, now = {0};
	char host[256];
	setenv("OMP_NUM_THREADS", "3", 1);
	setenv("TANDEM_DB", "/home/somebody/x.db", 1);
	td_env_collect(&a, &one);
	td_env_collect(&a, &two);
	assert_string_equal(td_facts_sha256(&one).hex, td_facts_sha256(&two).hex);
	assert_string_equal(fact(&one, "env.OMP_NUM_THREADS"), "3");
	assert_null(fact(&one, "env.TANDEM_DB"));
	const char *there[] = {
		"kernel_release", "libc",     "os",     "host",      "memory_total",
		"tandem_version", "compiler", "locale", "cpu_model", "tandem_optimised"};
	for (size_t i = 0; i < TD_COUNT(there); i++)
		if (!fact(&one, there[i]))
			fail_msg("no %s", there[i]);
	const char *sqlite =
		fact(&one, "library.libsqlite3.so.0"); /* "libsqlite3.so.0.8.6 5f31…" */
	assert_true(td_starts(sqlite, "libsqlite3.so.0."));
	assert_int_equal(strlen(strchr(sqlite, ' ') + 1), 40);
	assert_int_equal(gethostname(host, sizeof host), 0);
	for (int i = 0; i < one.n; i++)
		assert_false(td_contains(one.items[i].value, "somebody") ||
		             td_same(one.items[i].value, host));
	setenv("OMP_NUM_THREADS", "4", 1);
	td_env_collect(&a, &three);
	assert_string_not_equal(td_facts_sha256(&one).hex, td_facts_sha256(&three).hex);
	td_env_state(&a, &now);
	assert_non_null(fact(&now, "load"));
	assert_null(fact(&one, "load"));
	td_arena_fini(&a);
}

static void test_differences(void **state)
{
	fixture *f = *state;
	setenv("OMP_NUM_THREADS", "3", 1);
	record_run(f, "input", "output");
	setenv("OMP_NUM_THREADS", "4", 1);
	record_run(f, "other input", "output");
	td_sha256 a = td_sha256_text("input"), b = td_sha256_text("other input");
	td_str want = {0};
	td_str_addf(&want, "environment,env.OMP_NUM_THREADS,3,4\ninput,series,%s,%s\n", a.hex,
	            b.hex);
	assert_answer(f, "differences", want.data);
	td_str_fini(&want);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(test_run_is_whole),
		WITH(test_graph_and_plan),
		WITH(test_content_is_stored_once),
		WITH(test_failed_run),
		WITH(test_session_without_runs),
		WITH(test_unfinished_session),
		WITH(test_wrong_order),
		WITH(test_comparison),
		WITH(test_first_divergence),
		WITH(test_speed_of_what_agrees),
		WITH(test_changed_bits_are_found),
		WITH(test_raw_times_come_back),
		WITH(test_medians),
		WITH(test_where_wall_time_went),
		cmocka_unit_test(test_environment),
		WITH(test_differences),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
