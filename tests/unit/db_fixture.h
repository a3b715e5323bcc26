/* db_fixture.h: a small graph with a plan, and records as the executor emits them. */
#ifndef TESTS_DB_FIXTURE_H
#define TESTS_DB_FIXTURE_H

#include "../../db/query.h"
#include "../../db/store.h"
#include "tempdir.h"
#include "testing.h"

typedef struct {
	double factor;
	int64_t k;
} scale_params;

static inline bool scale_run(const td_call *c, td_err *e)
{
	(void)c;
	(void)e;
	return true;
}

static const td_node scale_node = {
	.abi = TD_ABI,
	.version = 3,
	.name = "test.scale",
	.doc = "Scales.",
	.in = (const td_port[]){{"x", TD_SET_F32, "...", "?a", "anything"}, {0}},
	.out = (const td_port[]){{"y", TD_SET_F32, "...", "?a", "the same", {TD_EXACT}}, {0}},
	.params = (const td_param[]){{"factor", NULL, "how much", TD_REAL,
                                      offsetof(scale_params, factor), 2, -1e9, 1e9},
                                     {"k", NULL, "a number", TD_INT, offsetof(scale_params, k), 1,
                                      0, 100},
                                     {0}},
	.params_size = sizeof(scale_params),
	.impls = (const td_impl[]){{"ref", TD_ON_HOST, scale_run},
                                   {"cl", TD_ON_OPENCL, scale_run, "test/scale.cl"},
                                   {0}},
};

typedef struct {
	tempdir dir;
	temppath path;
	const td_node *nodes[1];
	td_registry registry;
	td_graph *graph;
	td_plan plan;
	td_device *dev;
	td_store *store;
	td_sink sink;
} fixture;

/* -- the graph ------------------------------------------------------------ */

static inline td_origin at_line(int line)
{
	return (td_origin){"demo.lua", line, 1};
}

/* series -> scale (load) -> scale_2 (work) -> the output "y"; `factor` makes graphs differ. */
static inline td_graph *make_graph(const td_registry *r, double factor)
{
	static const char source[] = "-- demo\nreturn 1\n";
	td_graph *g = td_graph_new(r, "demo");
	td_unit unit = {0};
	td_input in = {.name = "series",
	               .path = "series.npy",
	               .pin_bytes = -1,
	               .dtype = TD_F32,
	               .rank = 2,
	               .dim = {td_dim_int(g->dims, 94), td_dim_int(g->dims, 355)},
	               .at = at_line(2)};
	td_setting set[] = {{"factor", {TD_LIT_REAL, {.r = factor}}},
	                    {"k", {TD_LIT_INT, {.i = 7}}}};
	int x = td_graph_input(g, &in, &unit, 1, 0);
	int a = td_graph_step(g, "test.scale", &(td_binding){NULL, x}, 1, set, 2,
	                      &(td_step_options){0}, at_line(4));
	int b = td_graph_step(
		g, "test.scale", &(td_binding){NULL, td_graph_out(g, a, "y", at_line(5))}, 1, NULL,
		0, &(td_step_options){.name = "again", .tol_reason = "noisy", .tol_factor = 2},
		at_line(5));
	g->steps.items[a].stage = td_graph_stage(g, "load");
	g->steps.items[b].stage = td_graph_stage(g, "work");
	td_graph_output(g, "y", td_graph_out(g, b, "y", at_line(6)), at_line(6));
	td_graph_param(
		g, &(td_pipeline_param){.name = "k", .type = "int", .value = "7", .given = true});
	td_graph_source(g, "demo.lua", source, strlen(source));
	return g;
}

static inline void fixture_graph(fixture *f, double factor)
{
	td_graph_free(f->graph);
	f->graph = f->plan.graph = make_graph(&f->registry, factor);
	assert_int_equal(f->graph->faults.n, 0);
}

static inline void fixture_open(fixture *f)
{
	assert_ok(td_store_open(f->path.text, &f->store, e));
	f->sink = td_store_sink(f->store);
}

static inline void fixture_close(fixture *f)
{
	td_store_close(f->store);
	f->store = NULL;
}

static inline int fixture_setup(void **state)
{
	fixture *f = td_alloc(sizeof *f);
	f->dir = tempdir_make();
	f->path = tempdir_path(&f->dir, "t.db");
	f->nodes[0] = &scale_node;
	f->registry = (td_registry){.items = f->nodes, .n = 1};
	f->plan.caps = (td_caps){.id = "native", .name = "a CPU", .type = TD_DEVICE_NATIVE};
	f->plan.peak_bytes[TD_MAIN] = 4096;
	fixture_graph(f, 3.5);
	assert_ok(td_device_open("native", &f->dev, e));
	fixture_open(f);
	*state = f;
	return 0;
}

static inline int fixture_teardown(void **state)
{
	fixture *f = *state;
	fixture_close(f);
	td_device_close(f->dev);
	td_graph_free(f->graph);
	tempdir_remove(&f->dir);
	free(f);
	return 0;
}

/* -- records -------------------------------------------------------------- */

static inline void emit(fixture *f, const td_record *r)
{
	assert_ok(td_emit(&f->sink, r, e));
}

static inline void begin_session(fixture *f, const char *command)
{
	emit(f, &(td_record){TD_REC_SESSION, {.session = {command, "demo.lua --on native"}}});
}

static inline td_record run_record(const fixture *f, int run, const char *asked)
{
	return (td_record){TD_REC_RUN,
	                   {.run = {.run = run,
	                            .plan = &f->plan,
	                            .device = f->dev,
	                            .pipeline = "pipelines/demo.lua",
	                            .device_name = asked,
	                            .seed = 5,
	                            .warmup = 1,
	                            .repeat = 3}}};
}

static inline void begin_run(fixture *f, int run, const char *asked)
{
	td_record r = run_record(f, run, asked);
	emit(f, &r);
}

static inline void give_input(fixture *f, int run, const char *content)
{
	td_sha256 sha = td_sha256_text(content);
	emit(f, &(td_record){TD_REC_INPUT, {.input = {run, 0, "series.npy", &sha, 1234}}});
}

/* A launch of `ns` on the device's clock that began at `at`. */
static inline void launch(fixture *f, int run, int repeat, int step, int64_t at, int64_t ns)
{
	td_launched l = {.kernel = "test_scale",
	                 .t = {at, at + 10, at + 30, at + 30 + ns, at + 7, at + 9},
	                 .items = {64, 1, 1},
	                 .local = {16, 1, 1}};
	emit(f,
	     &(td_record){TD_REC_LAUNCH,
	                  {.launch = {run, repeat, 0, step, &l, &scale_node.impls[1], TD_MAIN}}});
}

static inline void give_output(fixture *f, int run, const char *content)
{
	emit(f, &(td_record){TD_REC_VALUE,
	                     {.value = {.run = run,
	                                .repeat = 0,
	                                .value = 2,
	                                .output = "y",
	                                .tensor = {.dtype = TD_F32, .rank = 2, .dim = {94, 355}},
	                                .sha = td_sha256_text(content),
	                                .summary = {4, 0, 0, 1, 0, -1.5, 2, 0.25}}}});
}

static inline td_record end_record(int run, td_code code, const char *error)
{
	static const int64_t repeat_ns[] = {3000000, 1000000, 2000000};
	return (td_record){TD_REC_RUN_END,
	                   {.run_end = {run, code, error, 2000000, 500000, 4000,
	                                code == TD_OK ? 3 : 0, repeat_ns}}};
}

static inline void end_run(fixture *f, int run)
{
	td_record r = end_record(run, TD_OK, NULL);
	emit(f, &r);
}

static inline void end_session(fixture *f, td_code code, const char *verdict)
{
	emit(f, &(td_record){TD_REC_SESSION_END, {.session_end = {code, verdict, NULL}}});
}

/* A whole session of one run with one launch a step and repeat. */
static inline void record_run(fixture *f, const char *input, const char *output)
{
	begin_session(f, "run");
	begin_run(f, 0, "native");
	give_input(f, 0, input);
	for (int repeat = -1; repeat < 3; repeat++)
		for (int step = 0; step < 2; step++)
			launch(f, 0, repeat, step, 1000000 + (repeat + 1) * 10000 + step * 1000,
			       500 + step * 100 + repeat);
	give_output(f, 0, output);
	end_run(f, 0);
	end_session(f, TD_OK, NULL);
}

/* Messages are written with @ for the path of the database. */
typedef struct {
	char text[400];
} message;

static inline message with_path(const char *text, const char *path)
{
	message m = {""};
	size_t n = 0;
	for (; *text; text++)
		n += *text == '@' ? td_clip(m.text + n, sizeof m.text - n, "%s", path)
		                  : td_clip(m.text + n, sizeof m.text - n, "%c", *text);
	return m;
}

/* Records a run whose end must fail, and ends the session. */
static inline void recording_fails(fixture *f, td_code code, const char *want)
{
	td_record end = end_record(0, TD_OK, NULL);
	begin_session(f, "run");
	begin_run(f, 0, "native");
	for (int i = 0; i < 2000; i++)
		launch(f, 0, 0, 0, 1000 + i * 100, 50);
	assert_fails(td_emit(&f->sink, &end, e), code, with_path(want, f->path.text).text);
	assert_int_equal(td_store_run_id(f->store, 0), 0);
	td_record session_end = {TD_REC_SESSION_END, {.session_end = {code, NULL, "x"}}};
	td_err e;
	(void)!td_emit(&f->sink, &session_end, &e); /* may fail for the same reason */
}

/* -- asking --------------------------------------------------------------- */

static inline td_str ask_as(const fixture *f, td_format format, const char *what, const char *a,
                            const char *b)
{
	const char *args[] = {a, b};
	td_query *q;
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);
	assert_ok(td_query_open(f->path.text, &q, e));
	assert_ok(td_query_print(q, what, args, b ? 2 : a ? 1 : 0, format, out, e));
	td_query_close(q);
	fclose(out);
	td_str s = {0};
	td_str_add_n(&s, text, n);
	free(text);
	return s;
}

/* The answer as rows of CSV without the names, lines ended by \n. */
static inline td_str ask(const fixture *f, const char *sql)
{
	td_str csv = ask_as(f, TD_FORMAT_CSV, sql, NULL, NULL), s = {0};
	const char *c = strstr(csv.data, "\r\n") + 2;
	for (; *c; c++)
		if (*c != '\r')
			td_str_add_n(&s, c, 1);
	td_str_fini(&csv);
	return s;
}

static inline void assert_answer(const fixture *f, const char *sql, const char *want)
{
	td_str s = ask(f, sql);
	assert_string_equal(td_str_text(&s), want);
	td_str_fini(&s);
}

#endif
