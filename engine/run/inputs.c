/* inputs.c: the files of a graph, read and held to what was declared of them. Layer 4. */
#include "exec.h"

#include "convert.h"

#include <inttypes.h>
#include <stdlib.h>

/* -- ranges ---------------------------------------------------------------------- */

/* The nearest that a dtype can hold: a range of decimals need not be one of floats. */
static double as_held(double x, td_dtype dtype)
{
	uint64_t held = 0; /* room for any float */
	if (!td_dtype_of(dtype)->is_float)
		return x;
	td_convert(&held, dtype, &x, TD_F64, 1);
	td_convert(&x, TD_F64, &held, dtype, 1);
	return x;
}

/* "[2 0 17]" of element i. */
static void add_place(const td_tensor *t, int64_t i, td_str *out)
{
	int64_t step = td_numel(t);
	for (int k = 0; k < t->rank; k++) {
		step /= t->dim[k];
		td_str_addf(out, "%s%" PRId64, k ? " " : "[", i / step);
		i %= step;
	}
	td_str_add(out, t->rank ? "]" : "");
}

static bool fail_range(const td_graph *g, int input, const td_tensor *t, int64_t i, td_err *e)
{
	const td_input *in = &g->inputs.items[input];
	const td_value *v = &g->values.items[in->value];
	td_str place = {0};
	add_place(t, i, &place);
	td_fail(e, TD_E_DATA,
	        "input \"%s\", %s: element %s is %s, outside of the declared range %s to %s; mend "
	        "the file, or declare the "
	        "range that it has",
	        in->name, in->path ? in->path : in->url, td_str_text(&place),
	        td_number_text(td_element(t, i)).text, td_number_text(v->lo).text,
	        td_number_text(v->hi).text);
	td_str_fini(&place);
	return false;
}

/* check believed the declared range; now the data is held to it. NaN is in none. */
static bool check_range(const td_graph *g, int input, const td_tensor *t, td_err *e)
{
	const td_value *v = &g->values.items[g->inputs.items[input].value];
	double lo = as_held(v->lo, t->dtype), hi = as_held(v->hi, t->dtype);
	int64_t n = v->lo > v->hi ? 0 : td_numel(t);
	for (int64_t i = 0; i < n; i++) {
		double x = td_element(t, i);
		if (!(x >= lo && x <= hi))
			return fail_range(g, input, t, i, e);
	}
	return true;
}

/* -- loading --------------------------------------------------------------------- */

/* What an input before this one loaded from the same path, or NULL. */
static const td_input_data *same_file(const td_graph *g, const td_run_inputs *in, int input)
{
	const char *path = g->inputs.items[input].path;
	for (int i = 0; path && i < input; i++)
		if (in->loaded[i] && td_same(g->inputs.items[i].path, path))
			return &in->items[i];
	return NULL;
}

bool td_run_inputs_load(const td_graph *g, td_run_inputs *in, td_err *e)
{
	size_t n = (size_t)g->inputs.n;
	bool *steps = td_alloc((size_t)g->steps.n), *values = td_alloc((size_t)g->values.n),
	     ok = true;
	*in = (td_run_inputs){.n = g->inputs.n};
	in->items = td_alloc(td_size_mul(n, sizeof *in->items));
	in->loaded = td_alloc(n);
	td_graph_live(g, steps, values);
	for (int i = 0; i < in->n && ok; i++) {
		if (!values[g->inputs.items[i].value])
			continue;
		in->loaded[i] = td_input_load(g, i, same_file(g, in, i), &in->items[i], e);
		ok = in->loaded[i] && check_range(g, i, &in->items[i].tensor, e);
	}
	free(steps);
	free(values);
	if (!ok)
		td_run_inputs_fini(in);
	return ok;
}

void td_run_inputs_fini(td_run_inputs *in)
{
	for (int i = 0; i < in->n; i++)
		if (in->loaded[i])
			td_input_data_fini(&in->items[i]);
	free(in->items);
	free(in->loaded);
	*in = (td_run_inputs){0};
}
