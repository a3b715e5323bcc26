/* The graph family: judging edges that differ from the oracle's, and the same bits on every device. */
#include "devices.h"
#include "flow.h"

#include "run/run.h"

extern const td_node td_graph_corr_knn;

/* -- decide ------------------------------------------------------------------ */

enum { N = 5, T = 4, K = 2, MOST = N * K };
enum { SRC, DST, WEIGHT, DEGREE, EDGES };

/* The same struct as the node's parameters. */
typedef struct {
	int64_t k;
	double threshold;
	bool absolute;
} knn_params;

/* One side: the oracle's ports are wide, the device's are not. */
typedef struct {
	int64_t src[MOST], dst[MOST], degree[N], edges;
	double weight[MOST];
	td_tensor in[1], out[5];
	td_call call;
} oracle_side;

typedef struct {
	int32_t src[MOST], dst[MOST], degree[N], edges;
	float weight[MOST];
	td_tensor out[5];
	td_call call;
} device_side;

/* r_01 = 1 - 2^-9, r_02 = 0.75, r_03 = 0.5, r_04 a little less than 0.5; all others follow. */
static double z[N * T] = {
	1,
	0,
	0,
	0, /**/
	1 - 0x1p-9,
	0.0625,
	0,
	0, /**/
	0.75,
	0,
	0.5,
	0, /**/
	0.5,
	0,
	0,
	0.75, /**/
	0.5 - 0x1p-24,
	0,
	0,
	-0.75,
};

static const knn_params params = {K, 0.375, true};

static oracle_side oracle;
static device_side device;

static void ask_oracle(void)
{
	oracle_side *o = &oracle;
	*o = (oracle_side){
		.in = {{TD_F64, 2, {N, T}, z, NULL}},
		.out = {{TD_I64, 1, {MOST}, o->src, NULL},
	                {TD_I64, 1, {MOST}, o->dst, NULL},
	                {TD_F64, 1, {MOST}, o->weight, NULL},
	                {TD_I64, 1, {N}, o->degree, NULL},
	                {TD_I64, 1, {1}, &o->edges, NULL}},
		.call = {.in = o->in, .out = o->out, .params = &params},
	};
	assert_ok(td_graph_corr_knn.impls[0].run(&o->call, e));
}

/* The device's edges start as the oracle's, rounded. */
static void copy_edges(void)
{
	device_side *d = &device;
	memset(d, 0, sizeof *d);
	d->edges = (int32_t)oracle.edges;
	for (int i = 0; i < d->edges; i++) {
		d->src[i] = (int32_t)oracle.src[i];
		d->dst[i] = (int32_t)oracle.dst[i];
		d->weight[i] = (float)oracle.weight[i];
	}
	for (int i = 0; i < N; i++)
		d->degree[i] = (int32_t)oracle.degree[i];
}

static td_decisions judge(void)
{
	device_side *d = &device;
	td_decisions result;
	const td_tensor out[5] = {{TD_I32, 1, {d->edges}, d->src, NULL},
	                          {TD_I32, 1, {d->edges}, d->dst, NULL},
	                          {TD_F32, 1, {d->edges}, d->weight, NULL},
	                          {TD_I32, 1, {N}, d->degree, NULL},
	                          {TD_I32, 1, {1}, &d->edges, NULL}};
	memcpy(d->out, out, sizeof out);
	d->call = (td_call){.in = oracle.in, .out = d->out, .params = &params};
	assert_ok(td_graph_corr_knn.decide(&oracle.call, &d->call, &result, e));
	copy_edges();
	return result;
}

static void expect(int64_t flips, bool wrong, int port)
{
	td_decisions d = judge();
	assert_int_equal(d.flips, flips);
	assert_int_equal(d.wrong > 0, wrong);
	assert_int_equal(d.n, oracle.edges > device.edges ? oracle.edges : device.edges);
	if (flips || wrong)
		assert_int_equal(d.port, port);
	else
		assert_int_equal(d.worst, -1);
}

static void swap_edges(int a, int b)
{
	int32_t dst = device.dst[a];
	float weight = device.weight[a];
	device.dst[a] = device.dst[b];
	device.weight[a] = device.weight[b];
	device.dst[b] = dst;
	device.weight[b] = weight;
}

static void drop_last(void)
{
	device.edges--;
	device.degree[device.src[device.edges]]--;
}

static void test_decide(void **state)
{
	(void)state;
	ask_oracle();
	copy_edges();
	/* row 0: 1 and 2; row 1: 0 and 2; row 2: 0 and 1; row 3: 0 and 1; row 4: 0 and 1 */
	assert_int_equal(oracle.edges, 10);
	assert_int_equal(oracle.dst[0], 1);
	assert_int_equal(oracle.dst[1], 2);
	expect(0, false, 0);

	device.weight[3] += 1e-4F; /* no rounding */
	expect(0, true, WEIGHT);
	device.weight[0] += 0x1p-22F; /* rounding */
	expect(0, false, 0);
	swap_edges(0, 1); /* weights are in the wrong order */
	expect(2, true, DST);
	device.dst[1] = 3; /* 0.5 instead of 0.75 */
	device.weight[1] = 0.5F;
	expect(1, true, DST);
	device.dst[1] = 0; /* itself */
	expect(1, true, DST);
	device.dst[1] = N;
	expect(1, true, DST);
	device.dst[1] = device.dst[0]; /* twice the same */
	device.weight[1] = device.weight[0];
	expect(1, true, DST);
	drop_last(); /* an edge well above the threshold */
	expect(1, true, DST);
	device.degree[2]++;
	expect(0, true, DEGREE);
	device.src[3] = 3; /* sources do not ascend */
	assert_true(judge().wrong > 0);
}

static void test_decide_at_risk(void **state)
{
	(void)state;
	/* row 3 has 0.5 with row 0; make row 4 as near to row 0 as rounding: they may change places */
	static const double gap[] = {0x1p-24, 0x1p-12};
	for (int i = 0; i < 2; i++) {
		z[2 * T] = 0.125; /* row 2 is no neighbour of row 0 now */
		z[4 * T] = 0.5 - gap[i];
		ask_oracle();
		copy_edges();
		assert_int_equal(oracle.dst[1], 3);
		device.dst[1] = 4;
		device.weight[1] = (float)z[4 * T];
		td_decisions d = judge();
		assert_int_equal(d.flips, 1);
		assert_int_equal(d.wrong > 0, i == 1);
		assert_int_equal(d.at_risk > 0, i == 0);
	}
	z[2 * T] = 0.75;
	z[4 * T] = 0.5 - 0x1p-24;
}

/* -- the same bits ------------------------------------------------------------- */

static void digest(td_device *dev, char out[65])
{
	static flow f;
	const td_setting size[] = {{"n", {TD_LIT_INT, {.i = 203}}},
	                           {"t", {TD_LIT_INT, {.i = 301}}},
	                           {"seed", {TD_LIT_INT, {.i = 42}}}};
	const td_setting near[] = {{"k", {TD_LIT_INT, {.i = 9}}},
	                           {"threshold", {TD_LIT_REAL, {.r = 0.2}}}};
	td_str all = {0};
	flow_start(&f);
	int synth = flow_step(&f, "graph.synth", NULL, 0, size, 3);
	int x = flow_value(&f, synth, "x");
	int standard = flow_step(&f, "graph.standardise", &x, 1, NULL, 0);
	int z_value = flow_value(&f, standard, "z");
	int edges = flow_step(&f, "graph.corr_knn", &z_value, 1, near, 2);
	int corr = flow_step(&f, "graph.corr", &z_value, 1, NULL, 0);
	const int outputs[] = {flow_output(&f, synth, "x"), flow_output(&f, standard, "z"),
	                       flow_output(&f, corr, "r"), flow_output(&f, edges, "dst"),
	                       flow_output(&f, edges, "weight")};
	flow_run(&f, dev);
	for (size_t i = 0; i < TD_COUNT(outputs); i++)
		td_str_add(&all, td_tensor_sha256(flow_result(&f, outputs[i])).hex);
	memcpy(out, td_sha256_text(td_str_text(&all)).hex, 65);
	td_str_fini(&all);
	flow_end(&f);
}

/* What every device that rounds correctly gets. A change means that results have changed: the
 * versions of the nodes must change with it. */
static const char SAME[] = "062161b746850e563c8e1a677a8a404a7ec98610a2ba1fe3cbcba7d457bf3386";

static void test_same_bits_native(void **state)
{
	(void)state;
	char got[65];
	td_device *dev = open_native();
	digest(dev, got);
	assert_string_equal(got, SAME);
	td_device_close(dev);
}

static void test_same_bits_cl(void **state)
{
	(void)state;
	char got[65];
	td_device *dev = open_cpu();
	digest(dev, got);
	assert_string_equal(got, SAME);
	td_device_close(dev);
}

static void test_same_bits_cl_as_gpu(void **state)
{
	(void)state;
	char got[65];
	setenv("TANDEM_CL_CONFIG", "gpu", 1);
	td_device *dev = open_cpu();
	unsetenv("TANDEM_CL_CONFIG");
	digest(dev, got);
	assert_string_equal(got, SAME);
	td_device_close(dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decide),
		cmocka_unit_test(test_decide_at_risk),
		cmocka_unit_test(test_same_bits_native),
		cmocka_unit_test(test_same_bits_cl),
		cmocka_unit_test(test_same_bits_cl_as_gpu),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
