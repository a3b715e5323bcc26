/* The headers of all inputs: what their files say about shapes, rates and channels. */
#include "input.h"

#include "../base/fetch.h"
#include "../base/str.h"
#include "input_inner.h"

#include <inttypes.h>
#include <stdlib.h>

/* What was found, per input, and which input fixed each symbol (number + 1). */
typedef struct {
	td_graph *g;
	td_tensor *found; /* rank -1: the file is not there */
	int *fixed_by;
} binder;

static bool fail_symbol(const binder *b, const td_symbol *s, int64_t extent, int by, td_err *e)
{
	if (!by)
		return td_fail(e, TD_E_DATA,
		               "%s is %" PRId64 " here, but declared as %" PRId64 " … %" PRId64,
		               s->name, extent, s->lo, s->hi);
	const td_input *other = &b->g->inputs.items[by - 1];
	char *path = td_input_path(other);
	td_fail(e, TD_E_DATA, "%s is %" PRId64 " here, but %" PRId64 " in input \"%s\", %s",
	        s->name, extent, s->lo, other->name, path);
	free(path);
	return false;
}

static bool bind_symbol(const binder *b, int symbol, int64_t extent, int input, td_err *e)
{
	td_symbol *s = td_dims_symbol(b->g->dims, symbol);
	if (s->late)
		return td_fail(e, TD_E_DATA,
		               "%s is found during the run; it cannot be a dim of an input",
		               s->name);
	if (extent < s->lo || extent > s->hi)
		return fail_symbol(b, s, extent, b->fixed_by[symbol], e);
	s->lo = s->hi = extent;
	if (!b->fixed_by[symbol])
		b->fixed_by[symbol] = input + 1;
	return true;
}

/* The first file that has a rate gives it to a symbol without one. */
static bool bind_rate(const binder *b, const td_input *in, double rate, td_err *e)
{
	int symbol = in->rank ? td_dim_symbol(b->g->dims, in->dim[in->rank - 1]) : TD_NONE;
	td_symbol *s = symbol >= 0 ? td_dims_symbol(b->g->dims, symbol) : NULL;
	if (s && rate > 0 && s->rate <= 0)
		s->rate = rate;
	return td_source_check_rate(b->g, in, rate, e);
}

static bool bind_input(const binder *b, int input, td_err *e)
{
	const td_input *in = &b->g->inputs.items[input];
	const td_tensor *t = &b->found[input];
	if (!td_source_check_type(b->g, in, t, e))
		return false;
	for (int i = 0; i < t->rank; i++) {
		int symbol = td_dim_symbol(b->g->dims, in->dim[i]);
		if (symbol >= 0 && !bind_symbol(b, symbol, t->dim[i], input, e))
			return false;
	}
	return true;
}

/* What the graph keeps of a recording: which channels it has. */
static void keep_channels(td_graph *g, int input, td_source_file *s)
{
	td_input *in = &g->inputs.items[input];
	bool order = !in->pick.part || td_same(in->pick.part, "calibration");
	if (s->edf.n_channels && order && !in->pick.rows)
		in->columns = td_arena_strdup(&g->arena, td_edf_chosen(s));
}

/* Volts are read, whatever the file has them in. */
static bool check_unit(const td_graph *g, const td_input *in, td_err *e)
{
	const td_unit *unit = &g->values.items[in->value].unit;
	td_unit volts;
	bool signal = (!in->pick.part || td_same(in->pick.part, "signal")) && in->dtype != TD_I32;
	return !signal || !unit->known || !td_unit_parse("V", NULL, &volts, e) ||
	       td_unit_equal(unit, &volts) ||
	       td_fail(e, TD_E_DATA, "a recording is read in V; the input declares %s",
	               td_unit_text(unit).text);
}

/* Finds the shape of one input, if its file is there, and binds what it can. */
static bool open_input(const binder *b, int input, td_err *e)
{
	const td_input *in = &b->g->inputs.items[input];
	td_source_file s;
	char *path = td_input_path(in);
	bool ok = true;
	if (path && (in->path || td_fetch_cached(in->pin, in->pin_bytes))) {
		ok = td_source_open(&s, in, path, &b->found[input], NULL, e) &&
		     (!s.edf.n_channels || check_unit(b->g, in, e)) && bind_input(b, input, e) &&
		     bind_rate(b, in, s.rate, e);
		if (ok)
			keep_channels(b->g, input, &s);
		else
			td_source_within(e, in, path);
		td_source_close(&s);
	}
	free(path);
	return ok;
}

static const td_input *input_named(const td_graph *g, const char *name)
{
	for (int i = 0; i < g->inputs.n; i++)
		if (td_same(g->inputs.items[i].name, name))
			return &g->inputs.items[i];
	return NULL;
}

/* What has the channels of a recording is opened when that has said which; false: not yet. */
static bool find_rows(td_graph *g, int input)
{
	td_input *in = &g->inputs.items[input];
	const td_input *like = in->pick.like ? input_named(g, in->pick.like) : NULL;
	if (like && !in->pick.rows)
		in->pick.rows = like->columns ? like->columns : like->pick.rows;
	return !in->pick.like || in->pick.rows;
}

static bool open_all(const binder *b, td_err *e)
{
	td_graph *g = b->g;
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < g->inputs.n; i++) {
			bool later = g->inputs.items[i].pick.like != NULL;
			if (later == (round == 1) && find_rows(g, i) && !open_input(b, i, e))
				return false;
		}
	return true;
}

bool td_inputs_open(td_graph *g, td_err *e)
{
	size_t n = (size_t)g->inputs.n, n_symbols = (size_t)td_dims_count(g->dims);
	binder b = {.g = g,
	            .found = td_alloc(td_size_mul(n, sizeof *b.found)),
	            .fixed_by = td_alloc(td_size_mul(n_symbols, sizeof *b.fixed_by))};
	for (int i = 0; i < g->inputs.n; i++)
		b.found[i].rank = TD_NONE;
	bool ok = open_all(&b, e);
	for (int i = 0; ok && i < g->inputs.n; i++) { /* expressions need all symbols */
		const td_input *in = &g->inputs.items[i];
		char *path = td_input_path(in);
		ok = td_source_check_dims(g, in, &b.found[i], false, e) ||
		     td_source_within(e, in, path);
		free(path);
	}
	free(b.found);
	free(b.fixed_by);
	return ok;
}
