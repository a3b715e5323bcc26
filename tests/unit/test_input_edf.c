#include "edf_files.h"
#include "inputs.h"

#include "base/file.h"

static const char *const names[] = {"Fc5.", "Cz", "O1.."};
static const char *const lists[] = {"+1~2|left|right|/", "+2.5|left|/", "+5|left|/+5.8|left|/"};
static const edf_spec spec = {3, 3, 10, names, lists, 0}; /* 30 samples, 5 a second */

static temppath recording(const edf_spec *x)
{
	td_str s = edf_make(x);
	temppath p = tempdir_write(&dir, "x.edf", s.data, s.n);
	td_str_fini(&s);
	return p;
}

static td_input part(const char *name, td_dtype dtype, const char *shape, const char *which)
{
	static temppath path;
	td_input in = declare(name, dtype, shape);
	path = recording(&spec);
	in.path = path.text;
	in.pick.part = which;
	return in;
}

static void assert_not_read(const td_input *in, const char *why)
{
	td_err e = {0};
	add(in);
	assert_false(td_inputs_open(g, &e));
	char want[1024];
	td_clip(want, sizeof want, "input \"%s\", %s: %s", in->name, in->path, why);
	assert_string_equal(e.text, want);
	again();
}

/* Opens all and loads input `i`. */
static td_input_data loaded(int i)
{
	td_err e = {0};
	td_input_data d;
	assert_opens();
	if (!td_input_load(g, i, NULL, &d, &e))
		fail_msg("%s", e.text);
	return d;
}

static void reads_signals(void **state)
{
	(void)state;
	td_input in = part("x", TD_I32, "C S", NULL), volts = part("v", TD_F64, "C S", "signal"),
		 f = part("f", TD_F32, "C S", NULL), k = part("k", TD_F64, "C 2", "calibration");
	int i = add(&in), v = add(&volts), j = add(&f), c = add(&k);
	td_input_data x = loaded(i), y = loaded(v), z = loaded(j), w = loaded(c);
	assert_symbol("C", 3, 3);
	assert_symbol("S", 30, 30);
	assert_true(td_feq_exact(td_dims_symbol_c(g->dims, td_dims_find(g->dims, "S"))->rate, 5));
	assert_string_equal(g->inputs.items[i].columns, "Fc5,Cz,O1");
	const double *scale = w.tensor.data;
	for (int n = 0; n < 90; n++) {
		int want = 100 * (n / 30) + n % 30;
		double volt = want * scale[0] + scale[1];
		assert_int_equal(((int32_t *)x.tensor.data)[n], want);
		assert_true(td_feq_exact(((double *)y.tensor.data)[n], volt));
		assert_true(td_feq_exact((double)((float *)z.tensor.data)[n], (double)(float)volt));
	}
	td_input_data_fini(&x);
	td_input_data_fini(&y);
	td_input_data_fini(&z);
	td_input_data_fini(&w);
}

static void picks_channels(void **state)
{
	(void)state;
	td_input in = part("x", TD_I32, "C S", NULL);
	in.columns = "o1,FC5.";
	td_input_data x = loaded(add(&in));
	assert_string_equal(g->inputs.items[0].columns, "O1,Fc5");
	assert_int_equal(((int32_t *)x.tensor.data)[0], 200);
	assert_int_equal(((int32_t *)x.tensor.data)[30], 0);
	td_input_data_fini(&x);
	again();
	in = part("x", TD_I32, "C S", NULL);
	in.pick.except = "cz";
	add(&in);
	td_input like = part("y", TD_I32, "C S2", NULL);
	like.pick.like = "x";
	x = loaded(add(&like));
	assert_string_equal(g->inputs.items[0].columns, "Fc5,O1");
	assert_string_equal(g->inputs.items[1].pick.rows, "Fc5,O1");
	assert_int_equal(((int32_t *)x.tensor.data)[30], 200);
	td_input_data_fini(&x);
}

static void refuses_channels(void **state)
{
	(void)state;
	td_input in = part("x", TD_I32, "C S", NULL);
	in.columns = "Fc5,C3";
	assert_not_read(&in,
	                "it has no channel \"C3\", did you mean Cz?; its channels are Fc5, Cz, O1");
	in = part("x", TD_I32, "C S", NULL);
	in.columns = "Cz,cz";
	assert_not_read(&in, "the channel \"Cz\" is asked for twice");
	in = part("x", TD_I32, "C S", NULL);
	in.pick.except = "Fc5,Cz,O1";
	assert_not_read(&in, "no channel is left of it");
	in = part("x", TD_I64, "C S", NULL);
	assert_not_read(
		&in, "it holds f32, the input declares i64; declare dtype = \"f32\" and convert it "
		     "with t.tensor.cast { x, dtype = \"i64\" }");
	in = part("x", TD_I32, "C S", "sound");
	td_err e = {0};
	add(&in);
	assert_false(td_inputs_open(g, &e));
	assert_int_equal(e.code, TD_E_USAGE);
}

static td_input epochs(const char *name, td_dtype dtype, const char *shape, const char *which,
                       const char *events, double from, double until)
{
	td_input in = part(name, dtype, shape, which);
	in.pick.events = events;
	in.pick.from = from;
	in.pick.until = until;
	return in;
}

static void finds_epochs(void **state)
{
	(void)state;
	td_input s = epochs("s", TD_I64, "E", "starts", "right\nleft", -0.4, 0.2),
		 k = epochs("k", TD_I32, "E", "codes", "right\nleft", -0.4, 0.2),
		 t = epochs("t", TD_F64, "T", "times", "right\nleft", -0.4, 0.2);
	int i = add(&s), j = add(&k), l = add(&t);
	td_input_data x = loaded(i), y = loaded(j), z = loaded(l);
	assert_symbol("E", 4, 4); /* that at 5.8 s passes the end */
	assert_symbol("T", 4, 4);
	/* rint(2.5 * 5) is 12: half to even */
	assert_memory_equal(x.tensor.data, DIMS(3, 3, 10, 23), 4 * sizeof(int64_t));
	assert_memory_equal(y.tensor.data, ((int32_t[]){1, 0, 1, 1}), 4 * sizeof(int32_t));
	assert_memory_equal(z.tensor.data, ((double[]){-2 / 5., -1 / 5., 0, 1 / 5.}),
	                    4 * sizeof(double));
	td_input_data_fini(&x);
	td_input_data_fini(&y);
	td_input_data_fini(&z);
}

static void cuts_fixed_lengths(void **state)
{
	(void)state;
	td_input s = part("s", TD_I64, "E", "starts"), t = part("t", TD_F64, "T", "times");
	s.pick.samples = t.pick.samples = 7;
	int i = add(&s), j = add(&t);
	td_input_data x = loaded(i), y = loaded(j);
	assert_symbol("E", 4, 4);
	assert_memory_equal(x.tensor.data, DIMS(0, 7, 14, 21), 4 * sizeof(int64_t));
	assert_true(td_feq_exact(((double *)y.tensor.data)[6], 1.2));
	td_input_data_fini(&x);
	td_input_data_fini(&y);
}

static void refuses_epochs(void **state)
{
	(void)state;
	td_input in = part("s", TD_I64, "E", "starts");
	in.pick.samples = 7;
	in.pick.count = 5;
	assert_not_read(&in, "it has 30 samples a channel: room for 4 epochs of 7, not for 5");
	in = epochs("s", TD_I64, "E", "starts", "rest", 0, 1);
	assert_not_read(&in, "it has no annotation rest; its annotations are left (4), right (1)");
	in = epochs("s", TD_I64, "E", "starts", "right", -3, 1);
	assert_not_read(&in, "no window around right lies inside of it: 1 pass an end");
	in = epochs("s", TD_I64, "E", "starts", "right", -3, 9);
	assert_not_read(&in, "the window from -3 to 9 s has no place in a recording of 6 s");
}

static void meets_rates(void **state)
{
	(void)state;
	td_input in = part("x", TD_I32, "C S", NULL);
	td_dims_symbol(g->dims, td_dims_find(g->dims, "S"))->rate = 250;
	add(&in);
	td_err e = {0};
	assert_false(td_inputs_open(g, &e));
	assert_says(
		&e, "x", in.path,
		"it has 5 samples a second, but the time axis S has 250; resample it, or declare "
		"rate = 5");
}

static void matches_tables(void **state)
{
	(void)state;
	static const char good[] = "name,x,y\nO1,5,6\nOz,9,9\nFC5,1,2\nCz,3,4\n",
			  wrong[] = "name,x,y\nO1,5,6\nOz,9,9\nFC6,1,2\n",
			  twice[] = "name,x,y\nO1,5,6\nCz,9,9\nCZ,1,2\nFc5,1,2\n";
	const double want[] = {1, 2, 3, 4, 5, 6};
	td_input in = part("rec", TD_I32, "C S", NULL), t = declare("pos", TD_F64, "C 2");
	temppath p = tempdir_write(&dir, "p.csv", good, sizeof good - 1);
	t.path = p.text;
	t.pick.like = "rec";
	int i = add(&t); /* before the recording */
	add(&in);
	td_input_data x = loaded(i);
	assert_memory_equal(x.tensor.data, want, sizeof want);
	td_input_data_fini(&x);
	const struct {
		const char *text, *why;
	} cases[] = {
		{wrong, "it has no row for 2 channels of the recording: Fc5, Cz; its rows without "
	                "a channel: Oz, FC6"},
		{twice, "its rows 3 and 4 are both named \"CZ\""},
		{"nam,x,y\n",
	         "it has no column \"name\", did you mean \"nam\"?; its columns are nam, x, y"},
	};
	for (size_t c = 0; c < TD_COUNT(cases); c++) {
		again();
		in = part("rec", TD_I32, "C S", NULL);
		add(&in);
		p = tempdir_write(&dir, "p.csv", cases[c].text, strlen(cases[c].text));
		t = declare("pos", TD_F64, "C 2");
		t.path = p.text;
		t.pick.like = "rec";
		assert_not_read(&t, cases[c].why);
	}
}

static void leaves_out_rows(void **state)
{
	(void)state;
	static const char text[] = "name,x\nFC5,1\nCz,2\nO1,3\n";
	temppath p = tempdir_write(&dir, "p.csv", text, sizeof text - 1);
	td_input pos = declare("pos", TD_F64, "P 1"), rows = declare("rows", TD_I32, "P");
	pos.path = rows.path = p.text;
	pos.pick.except = rows.pick.except = "cz";
	rows.pick.part = "rows";
	int i = add(&pos), j = add(&rows);
	td_input_data x = loaded(i), y = loaded(j);
	assert_symbol("P", 2, 2);
	assert_memory_equal(x.tensor.data, ((double[]){1, 3}), 2 * sizeof(double));
	assert_memory_equal(y.tensor.data, ((int32_t[]){0, 2}), 2 * sizeof(int32_t));
	td_input_data_fini(&x);
	td_input_data_fini(&y);
	again();
	pos.pick.except = "C3";
	assert_not_read(&pos, "it has no row \"C3\" to leave out, did you mean Cz?");
}

static void refuses_picks_elsewhere(void **state)
{
	(void)state;
	temppath x = npy("x.npy", TD_F32, 1, DIMS(3), NULL);
	td_input in = declare("x", TD_F32, "N");
	in.path = x.text;
	in.pick.samples = 3;
	assert_not_read(&in, "part, except and epochs are for recordings (.edf) only");
	in = declare("x", TD_F32, "N");
	in.path = x.text;
	in.pick.rows = "a";
	assert_not_read(&in, "channels_of is for recordings (.edf) and tables (.csv)");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, new_graph, free_graph)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reads_signals),   TEST(picks_channels),     TEST(refuses_channels),
		TEST(finds_epochs),    TEST(cuts_fixed_lengths), TEST(refuses_epochs),
		TEST(meets_rates),     TEST(matches_tables),     TEST(refuses_picks_elsewhere),
		TEST(leaves_out_rows),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
