/* The golden brain graphs and the golden graph convolution, on native and on an OpenCL CPU. */
#include "devices.h"
#include "flow.h"
#include "golden.h"

#include <math.h>

static const char FOLDER[] = "../shared/golden/graph";
/* Weights nearer to each other than this may change places; each may be off by half of it. */
static const double NEAR = 4e-6;

/* -- one case on one device ------------------------------------------------ */

enum {
	CORR,
	SRC,
	DST,
	WEIGHT,
	UNION,
	MUTUAL,
	BAD,
	CONSTANT,
	KNN_SRC,
	KNN_DST,
	KNN_WEIGHT,
	RESULTS
};

typedef struct {
	const char *path;
	flow f;
	td_tensor x;
	int64_t k;
	double threshold;
	const td_tensor *got[RESULTS];
} graph_case;

static void build(graph_case *c)
{
	flow *f = &c->f;
	const td_setting set[] = {{"k", {TD_LIT_INT, {.i = c->k}}},
	                          {"threshold", {TD_LIT_REAL, {.r = c->threshold}}}};
	int x = flow_input(f, "x", &c->x);
	int standard = flow_step(f, "graph.standardise", &x, 1, NULL, 0);
	int state = flow_value(f, standard, "state"), z = flow_value(f, standard, "z");
	int flagged = flow_step(f, "graph.flagged", &state, 1, NULL, 0);
	int corr = flow_step(f, "graph.corr", &z, 1, NULL, 0), r = flow_value(f, corr, "r");
	int knn = flow_step(f, "graph.knn", &r, 1, set, 2);
	int edges = flow_step(f, "graph.corr_knn", &z, 1, set, 2);
	const int in[] = {flow_value(f, edges, "src"), flow_value(f, edges, "dst"),
	                  flow_value(f, edges, "weight"), flow_value(f, edges, "degree")};
	int either = flow_step(f, "graph.union", in, 4, NULL, 0);
	int both = flow_step(f, "graph.mutual", in, 4, NULL, 0);
	const struct {
		int step;
		const char *port;
	} out[RESULTS] = {
		{corr, "r"},      {edges, "src"}, {edges, "dst"},        {edges, "weight"},
		{either, "pair"}, {both, "pair"}, {flagged, "bad_rows"}, {flagged, "constant_rows"},
		{knn, "src"},     {knn, "dst"},   {knn, "weight"}};
	for (int i = 0; i < RESULTS; i++)
		assert_int_equal(flow_output(f, out[i].step, out[i].port), i);
}

static void open_case(graph_case *c, const char *path, td_device *dev)
{
	json_t *j = golden_json(path);
	*c = (graph_case){.path = path, .x = golden_array(path, "x")};
	c->k = json_integer_value(json_object_get(j, "k"));
	c->threshold = json_number_value(json_object_get(j, "threshold"));
	json_decref(j);
	flow_start(&c->f);
	build(c);
	flow_run(&c->f, dev);
	for (int i = 0; i < RESULTS; i++)
		c->got[i] = flow_result(&c->f, i);
}

static void close_case(graph_case *c)
{
	flow_end(&c->f);
	free(c->x.data);
}

/* -- comparing ------------------------------------------------------------- */

static int32_t at(const td_tensor *t, int64_t i)
{
	return ((const int32_t *)t->data)[i];
}

static void check_corr(const graph_case *c)
{
	td_tensor want = golden_array(c->path, "corr");
	for (int64_t i = 0; i < td_numel(&want); i++) {
		double a = td_element(c->got[CORR], i), b = td_element(&want, i);
		if (!(fabs(a - b) <= NEAR / 2))
			fail_msg("%s: corr[%lld] is %.9g, not %.9g", c->path, (long long)i, a, b);
	}
	free(want.data);
}

/* Edges of one row in a list that is sorted by source. */
typedef struct {
	const td_tensor *dst, *weight;
	int64_t at, n;
} row_edges;

static row_edges edges_of(const td_tensor *src, const td_tensor *dst, const td_tensor *weight,
                          int64_t row)
{
	row_edges e = {dst, weight, 0, 0};
	while (e.at < td_numel(src) && at(src, e.at) < row)
		e.at++;
	while (e.at + e.n < td_numel(src) && at(src, e.at + e.n) == row)
		e.n++;
	return e;
}

static double weight_of(const row_edges *e, int64_t i)
{
	return td_element(e->weight, e->at + i);
}

/* Position of a target, or -1. */
static int64_t find(const row_edges *e, int32_t dst)
{
	for (int64_t i = 0; i < e->n; i++)
		if (at(e->dst, e->at + i) == dst)
			return i;
	return -1;
}

/* An edge that only one side has must be near what kept it out on the other: the weakest edge there,
 * or the threshold. */
static void check_missing(const graph_case *c, const row_edges *has, const row_edges *lacks,
                          int64_t i)
{
	int64_t most = c->x.dim[0] - 1 < c->k ? c->x.dim[0] - 1 : c->k;
	double limit = lacks->n == most ? weight_of(lacks, lacks->n - 1) : c->threshold;
	if (!(fabs(weight_of(has, i) - limit) < NEAR))
		fail_msg("%s: edge %lld: only one side has the target %d, weight %.9g", c->path,
		         (long long)(has->at + i), at(has->dst, has->at + i), weight_of(has, i));
}

/* One row. Where neighbouring weights are the same or far apart, places are the same too. */
static bool check_row(const graph_case *c, const row_edges *got, const row_edges *want)
{
	bool same = got->n == want->n;
	for (int64_t i = 0; i < got->n; i++)
		if (find(want, at(got->dst, got->at + i)) < 0) {
			check_missing(c, got, want, i);
			same = false;
		}
	for (int64_t i = 0; i < want->n; i++) {
		int64_t there = find(got, at(want->dst, want->at + i));
		if (there < 0) {
			check_missing(c, want, got, i);
			same = false;
			continue;
		}
		double off = fabs(weight_of(got, there) - weight_of(want, i));
		if (!(off <= NEAR / 2))
			fail_msg("%s: edge %lld is off by %.3g", c->path, (long long)(want->at + i),
			         off);
	}
	for (int64_t i = 0; same && i < want->n; i++) {
		double here = weight_of(want, i);
		double gap = i + 1 < want->n ? here - weight_of(want, i + 1) : 1;
		double before = i > 0 ? weight_of(want, i - 1) - here : 1;
		bool close = (gap > 1e-12 && gap < NEAR) || (before > 1e-12 && before < NEAR);
		if (!close && at(got->dst, got->at + i) != at(want->dst, want->at + i))
			fail_msg("%s: edge %lld goes to %d, not to %d", c->path,
			         (long long)(want->at + i), at(got->dst, got->at + i),
			         at(want->dst, want->at + i));
	}
	return same;
}

/* Are the sets of edges the same? Differences beyond rounding fail. */
static bool check_edges(const graph_case *c)
{
	td_tensor src = golden_array(c->path, "edge_src"), dst = golden_array(c->path, "edge_dst"),
		  weight = golden_array(c->path, "edge_w");
	bool same = true;
	for (int64_t row = 0; row < c->x.dim[0]; row++) {
		row_edges got = edges_of(c->got[SRC], c->got[DST], c->got[WEIGHT], row);
		row_edges want = edges_of(&src, &dst, &weight, row);
		same = check_row(c, &got, &want) && same;
	}
	free(src.data);
	free(dst.data);
	free(weight.data);
	return same;
}

static void check_integers(const graph_case *c, int result, const char *name)
{
	td_tensor want = golden_array(c->path, name);
	int64_t n = td_numel(&want);
	if (td_numel(c->got[result]) != n)
		fail_msg("%s: %s has %lld numbers, not %lld", c->path, name,
		         (long long)td_numel(c->got[result]), (long long)n);
	for (int64_t i = 0; i < n; i++)
		if (at(c->got[result], i) != at(&want, i))
			fail_msg("%s: %s[%lld] is %d, not %d", c->path, name, (long long)i,
			         at(c->got[result], i), at(&want, i));
	free(want.data);
}

static void check_flagged(const graph_case *c, int result, const char *key)
{
	json_t *j = golden_json(c->path), *want = json_object_get(j, key);
	assert_int_equal(td_numel(c->got[result]), json_array_size(want));
	for (size_t i = 0; i < json_array_size(want); i++)
		assert_int_equal(at(c->got[result], (int64_t)i),
		                 json_integer_value(json_array_get(want, i)));
	json_decref(j);
}

/* graph.knn of graph.corr has the edges of graph.corr_knn, bit for bit. */
static void check_two_ways(const graph_case *c)
{
	for (int i = 0; i < 3; i++) {
		const td_tensor *a = c->got[SRC + i], *b = c->got[KNN_SRC + i];
		assert_int_equal(td_numel(a), td_numel(b));
		assert_memory_equal(a->data, b->data, (size_t)td_numel(a) * 4);
	}
}

static void check_convolution(const char *path, td_device *dev);

static void check_case(const char *path, void *dev)
{
	static graph_case c;
	json_t *j = golden_json(path);
	bool convolution = json_object_get(j, "kind") != NULL;
	json_decref(j);
	if (convolution) {
		check_convolution(path, dev);
		return;
	}
	open_case(&c, path, dev);
	check_corr(&c);
	check_two_ways(&c);
	if (check_edges(&c)) {
		check_integers(&c, UNION, "und_edges");
		check_integers(&c, MUTUAL, "mutual_edges");
	}
	check_flagged(&c, BAD, "bad_rows");
	check_flagged(&c, CONSTANT, "constant_rows");
	close_case(&c);
}

/* -- the convolution --------------------------------------------------------- */

static void check_near(const char *path, const char *name, const td_tensor *got, double limit)
{
	td_tensor want = golden_array(path, name);
	assert_int_equal(td_numel(got), td_numel(&want));
	for (int64_t i = 0; i < td_numel(got); i++) {
		double a = td_element(got, i), b = td_element(&want, i);
		if (!(fabs(a - b) <= limit))
			fail_msg("%s: %s[%lld] is %.9g, not %.9g", path, name, (long long)i, a, b);
	}
	free(want.data);
}

static void check_convolution(const char *path, td_device *dev)
{
	static const char *const names[] = {"A", "h", "W", "b"};
	static flow f;
	int in[4];
	flow_start(&f);
	for (int i = 0; i < 4; i++) {
		td_tensor t = golden_array(path, names[i]);
		in[i] = flow_input(&f, names[i], &t);
		free(t.data);
	}
	int norm = flow_step(&f, "graph.gcn_norm", in, 1, NULL, 0);
	in[0] = flow_value(&f, norm, "ahat");
	int gcn = flow_step(&f, "graph.gcn", in, 4, NULL, 0);
	int ahat = flow_output(&f, norm, "ahat"), y = flow_output(&f, gcn, "y");
	flow_run(&f, dev);
	check_near(path, "Ahat", flow_result(&f, ahat), 1e-6);
	check_near(path, "y", flow_result(&f, y), 1e-5);
	flow_end(&f);
}

/* -- devices ----------------------------------------------------------------- */

static void test_native(void **state)
{
	(void)state;
	const char *folder = golden_folder(FOLDER);
	td_device *dev = open_native();
	golden_each(folder, check_case, dev);
	td_device_close(dev);
}

static void test_cl(void **state)
{
	(void)state;
	const char *folder = golden_folder(FOLDER);
	td_device *dev = open_cpu();
	golden_each(folder, check_case, dev);
	td_device_close(dev);
}

/* The kernels for GPUs, on the OpenCL CPU. */
static void test_cl_as_gpu(void **state)
{
	(void)state;
	const char *folder = golden_folder(FOLDER);
	setenv("TANDEM_CL_CONFIG", "gpu", 1);
	td_device *dev = open_cpu();
	unsetenv("TANDEM_CL_CONFIG");
	golden_each(folder, check_case, dev);
	td_device_close(dev);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_native),
		cmocka_unit_test(test_cl),
		cmocka_unit_test(test_cl_as_gpu),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
