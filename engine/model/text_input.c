/* The text form of graphs, reading: dims, inputs and constants. The grammar stands in graph.h. */
#include "../base/str.h"
#include "dtype.h"
#include "text_inner.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static bool read_dtype(td_scan *s, td_dtype *dtype)
{
	const char *from = s->at, *word = td_scan_word(s);
	if (word && td_dtype_parse(word, dtype))
		return true;
	s->at = from;
	return td_scan_fail(s, "a dtype is expected: %s",
	                    td_dtypes_list((1u << TD_N_DTYPES) - 1).text);
}

/* -- dims ----------------------------------------------------------------- */

static bool read_rate(td_scan *s, double *rate)
{
	const char *from = s->at;
	if (td_same(td_scan_word(s), "rate") && td_scan_char(s, '='))
		return td_scan_real(s, "", rate) &&
		       ((*rate > 0 && *rate < HUGE_VAL) ||
		        td_scan_fail(s, "a rate is above 0 and finite"));
	s->at = from;
	return td_scan_fail(s, "only rate=… can follow the range of a dim");
}

/* "N lo:hi rate=160" */
bool td_text_dim(td_scan *s, td_graph *g, td_origin at)
{
	int64_t lo, hi;
	double rate = 0;
	const char *name = td_scan_until(s, "");
	if (!td_dim_name_valid(name, strlen(name)))
		return td_scan_fail(s, "\"%s\" cannot be the name of a dim", name);
	if (!td_scan_int(s, ":", &lo) || !td_scan_expect(s, ':') || !td_scan_int(s, "", &hi))
		return false;
	if (lo < 0 || lo > hi || hi > TD_DIM_MAX)
		return td_scan_fail(
			s, "the dim %s has the range %" PRId64 ":%" PRId64 "; it must lie in 0:%d",
			name, lo, hi, TD_DIM_MAX);
	if (!td_scan_done(s) && !read_rate(s, &rate))
		return false;
	if (td_dims_find(g->dims, name) >= 0) {
		td_graph_fault(g, "TD0105", at, "give each dim its own name",
		               "two dims are named \"%s\"", name);
		return true;
	}
	int symbol = td_dims_declare(g->dims, name, lo, hi);
	td_dims_symbol(g->dims, symbol)->rate = rate;
	return true;
}

static bool find_dim(void *arg, const char *name, td_dim *dim)
{
	td_dims *dims = arg;
	int symbol = td_dims_find(dims, name);
	if (symbol >= 0)
		*dim = td_dim_of(dims, symbol);
	return symbol >= 0;
}

/* "[N T*2 ?]" */
static bool read_shape(td_scan *s, td_dims *dims, td_input *in)
{
	if (!td_scan_expect(s, '['))
		return false;
	while (!td_scan_char(s, ']')) {
		td_err why;
		const char *from = s->at, *text = td_scan_until(s, "]");
		td_dim dim = TD_DIM_BAD;
		if (!td_same(text, "?") &&
		    !td_dim_parse(dims, text, strlen(text), find_dim, dims, &dim, &why)) {
			s->at = from;
			return td_scan_fail(s, "%s", why.text);
		}
		if (in->rank == TD_MAX_RANK)
			return td_scan_fail(s, "a tensor has at most %d dims", TD_MAX_RANK);
		in->dim[in->rank++] = dim;
	}
	return true;
}

/* -- inputs --------------------------------------------------------------- */

typedef struct {
	td_input in;
	td_unit unit;
	double lo, hi;
} input;

static bool read_unit(td_scan *s, td_unit *unit)
{
	const char *text;
	td_err why;
	return td_scan_string(s, &text) &&
	       (td_unit_parse(text, NULL, unit, &why) || td_scan_fail(s, "%s", why.text));
}

static bool read_range(td_scan *s, double *lo, double *hi)
{
	return td_scan_real(s, ":", lo) && td_scan_expect(s, ':') && td_scan_real(s, "", hi) &&
	       (*lo <= *hi || td_scan_fail(s, "the range is empty"));
}

static bool read_size(td_scan *s, int64_t *n)
{
	return td_scan_int(s, "", n) && (*n >= 0 || td_scan_fail(s, "a size is not negative"));
}

/* One "key=value". */
static bool read_attribute(td_scan *s, input *x)
{
	td_pick *p = &x->in.pick;
	const struct {
		const char *key, **text;
	} texts[] = {{"columns", &x->in.columns}, {"tensor", &x->in.tensor}, {"sha256", &x->in.pin}, {"part", &p->part},
	             {"except", &p->except},      {"events", &p->events}, {"like", &p->like},
	             {"rows", &p->rows}};
	const struct {
		const char *key;
		int64_t *size;
	} sizes[] = {{"bytes", &x->in.pin_bytes}, {"samples", &p->samples}, {"count", &p->count}};
	const char *from = s->at, *key = td_scan_word(s);
	if (!key || !td_scan_char(s, '='))
		return td_scan_fail(s, "key=value is expected");
	if (td_same(key, "unit"))
		return read_unit(s, &x->unit);
	if (td_same(key, "range"))
		return read_range(s, &x->lo, &x->hi);
	if (td_same(key, "window"))
		return read_range(s, &p->from, &p->until);
	for (size_t i = 0; i < TD_COUNT(texts); i++)
		if (td_same(key, texts[i].key))
			return td_scan_string(s, texts[i].text);
	for (size_t i = 0; i < TD_COUNT(sizes); i++)
		if (td_same(key, sizes[i].key))
			return read_size(s, sizes[i].size);
	s->at = from;
	return td_scan_fail(s, "an input has no \"%s\"", key);
}

/* ""series" f32 [N T] unit="V" …" */
bool td_text_input(td_scan *s, td_graph *g, td_origin at, int *value)
{
	input x = {.in = {.pin_bytes = -1, .at = at}, .lo = 1};
	if (!td_scan_string(s, &x.in.name) || !read_dtype(s, &x.in.dtype) ||
	    !read_shape(s, g->dims, &x.in))
		return false;
	while (!td_scan_done(s))
		if (!read_attribute(s, &x))
			return false;
	*value = td_graph_input(g, &x.in, &x.unit, x.lo, x.hi);
	return true;
}

/* -- constants ------------------------------------------------------------ */

static bool read_extents(td_scan *s, td_constant *c)
{
	c->n = 1;
	if (!td_scan_expect(s, '['))
		return false;
	while (!td_scan_char(s, ']')) {
		if (c->rank == TD_MAX_RANK)
			return td_scan_fail(s, "a tensor has at most %d dims", TD_MAX_RANK);
		const char *from = s->at;
		int64_t *dim = &c->dim[c->rank++];
		if (!td_scan_int(s, "]", dim))
			return false;
		if (*dim < 0 || __builtin_mul_overflow(c->n, *dim, &c->n)) {
			s->at = from;
			return td_scan_fail(s, "the size of the constant is out of range");
		}
	}
	return true;
}

static bool read_item(td_scan *s, const td_dtype_info *type, double *x)
{
	const char *from = s->at;
	if (!td_scan_real(s, "", x))
		return false;
	if (type->is_float || (*x >= type->lo && *x <= type->hi && td_feq_exact(*x, rint(*x))))
		return true;
	s->at = from;
	return td_scan_fail(s, "%s is no %s", td_number_text(*x).text, type->name);
}

/* "i32 [3] 1 2 4" */
bool td_text_const(td_scan *s, td_graph *g, td_origin at, int *value)
{
	td_constant c = {0};
	TD_LIST(double) list = {0};
	if (!read_dtype(s, &c.dtype) || !read_extents(s, &c))
		return false;
	while (!td_scan_done(s)) {
		double x;
		if (!read_item(s, td_dtype_of(c.dtype), &x))
			return false;
		TD_PUSH(s->arena, list, x);
	}
	if (c.n != list.n)
		return td_scan_fail(s, "the shape holds %" PRId64 " numbers, here are %d", c.n,
		                    list.n);
	c.items = list.items;
	*value = td_graph_const(g, &c, at);
	return true;
}
