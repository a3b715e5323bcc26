/* What recording costs: bytes a launch, a million of them, and with TANDEM_BENCH=1 more times. */
#include "db_fixture.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/rng.h"

#include <sys/stat.h>
#include <time.h>

/* x -> 100 steps in a row */
static void many_steps(fixture *f)
{
	td_graph *g = f->graph;
	int x = g->outputs.items[0].value;
	for (int i = g->steps.n; i < 100; i++) {
		int step = td_graph_step(g, "test.scale", &(td_binding){NULL, x}, 1, NULL, 0,
		                         &(td_step_options){0}, at_line(i));
		g->steps.items[step].stage = td_graph_stage(g, i % 2 ? "odd" : "even");
		x = td_graph_out(g, step, "y", at_line(i));
	}
}

/* One run: each step launches once a turn, with times as a GPU gives them. */
static void record_launches(fixture *f, td_rng *r, int repeats, int steps, int turns)
{
	int64_t host = 7000000000000, device = 3000000000000;
	begin_session(f, "run");
	begin_run(f, 0, "gpu");
	for (int64_t i = 0; i < (int64_t)repeats * steps * turns; i++) {
		host += 3000 + td_rng_below(r, 30000);
		device += 3000 + td_rng_below(r, 30000);
		int64_t submit = device + 500 + td_rng_below(r, 9000),
			start = submit + 500 + td_rng_below(r, 40000);
		int step = (int)(i % steps);
		td_launched l = {.kernel = "k",
		                 .t = {device, submit, start,
		                       start + 5000 + td_rng_below(r, 500000), host,
		                       host + 2000 + td_rng_below(r, 20000)},
		                 .items = {1024 * (step % 50), 1, 1},
		                 .local = {64, 1, 1}};
		emit(f, &(td_record){TD_REC_LAUNCH,
		                     {.launch = {0, (int)(i / steps / turns) - 1, i / steps % turns,
		                                 step, &l, &scale_node.impls[1], TD_MAIN}}});
	}
	end_run(f, 0);
	end_session(f, TD_OK, NULL);
}

static double file_bytes(const char *path)
{
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	return (double)st.st_size;
}

static double seconds_since(int64_t begin)
{
	return (double)(td_now_ns() - begin) * 1e-9;
}

/* A file of its own for `runs` runs; prints what they cost and checks the bytes. */
static void cost(fixture *f, const char *name, int runs, int repeats, int steps, int turns)
{
	td_rng r = td_rng_make(1, 0);
	double n = (double)runs * repeats * steps * turns;
	fixture_close(f);
	f->path = tempdir_path(&f->dir, name);
	fixture_open(f);
	fixture_close(f);
	if (f->graph->steps.n < 100)
		many_steps(f);
	double empty = file_bytes(f->path.text);
	fixture_open(f);
	int64_t begin = td_now_ns();
	for (int i = 0; i < runs; i++)
		record_launches(f, &r, repeats, steps, turns);
	double seconds = seconds_since(begin);
	fixture_close(f);
	double bytes = (file_bytes(f->path.text) - empty) / n;
	print_message(
		"%s: %.0f launches in %d runs: %.1f bytes and %.2f us a launch, %.2f ms a run\n",
		name, n, runs, bytes, seconds / n * 1e6, seconds / runs * 1e3);
	assert_true(bytes < 60);
}

static void time_query(const fixture *f, const char *sql)
{
	int64_t begin = td_now_ns();
	td_str s = ask(f, sql);
	print_message("  %.3f s  %s: %.40s\n", seconds_since(begin), sql, td_str_text(&s));
	td_str_fini(&s);
}

static void test_bytes(void **state)
{
	cost(*state, "small runs", 40, 10, 100, 1);
	cost(*state, "long run", 1, 10, 100, 40);
}

/* A million samples fit in 60 MB, and the view of step times over them answers within a second of work. */
static void test_million(void **state)
{
	fixture *f = *state;
#ifdef __SANITIZE_ADDRESS__
	print_message("skipped: sanitizers make it slow\n");
	skip();
#endif
	cost(f, "1e6 launches", 1, 10, 100, 1000);
	assert_true(file_bytes(f->path.text) < 60e6);
	clock_t begin = clock(); /* of this process: others may keep the machine busy */
	td_str s = ask(f, "SELECT count(*), sum(median_ns) > 0 FROM v_step_time");
	double seconds = (double)(clock() - begin) / CLOCKS_PER_SEC;
	assert_text(&s, "100,1\n");
	print_message("v_step_time: %.2f s\n", seconds);
	assert_true(seconds < 1);
}

static void test_speed(void **state)
{
	fixture *f = *state;
	if (!getenv("TANDEM_BENCH")) {
		print_message("skipped: TANDEM_BENCH=1 measures it\n");
		skip();
	}
	cost(f, "1e6 launches, 1 run, loop", 1, 10, 100, 1000);
	time_query(f, "SELECT count(*) FROM v_stage_time");
	time_query(f, "SELECT count(*) FROM v_repeat");
	cost(f, "1e6 launches, 1000 runs", 1000, 10, 100, 1);
	time_query(f, "SELECT count(*), sum(median_ns) FROM v_step_time");
	time_query(f, "SELECT count(*), sum(median_ns) FROM v_step_time WHERE run = 500");
	time_query(f, "steps");
	time_query(f, "stages");
	time_query(f, "overhead");
	time_query(f, "last");
	time_query(f, "SELECT count(*) FROM v_launch WHERE run = 500");
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {WITH(test_bytes), WITH(test_million), WITH(test_speed)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
