/* bind_input.c: inputs, their dims and constants. Layer 7. */
#include "script.h"

#include "model/dtype.h"
#include "model/shape.h"
#include "run/convert.h"

#include <inttypes.h>
#include <lauxlib.h>
#include <math.h>
#include <string.h>

enum { NAME_BYTES = 32, WORK_AN_INPUT = 1000 };

/* -- dims ----------------------------------------------------------------- */

/* Where the facts about a symbol were said; the list grows with the graph's symbols. */
static td_symbol_place *place_of(td_script *s, int symbol)
{
	while (s->symbols.n <= symbol)
		TD_PUSH(&s->arena, s->symbols, (td_symbol_place){.rate.line = 0});
	return &s->symbols.items[symbol];
}

static bool find_symbol(void *script, const char *name, td_dim *dim)
{
	td_dims *d = ((td_script *)script)->graph->dims;
	int symbol = td_dims_find(d, name);
	if (symbol >= 0)
		*dim = td_dim_of(d, symbol);
	return symbol >= 0;
}

/* The symbol of a plain word, made when it is new; TD_NONE: the name is too long. */
static int symbol_of(td_script *s, const td_shape_word *w, td_origin at)
{
	char name[NAME_BYTES];
	if (w->n >= sizeof name) {
		td_graph_fault(s->graph, "TD0203", at, NULL,
		               "the dim \"%.*s\" has a name of over %d characters", (int)w->n,
		               w->text, NAME_BYTES - 1);
		return TD_NONE;
	}
	memcpy(name, w->text, w->n);
	name[w->n] = '\0';
	int symbol = td_dims_find(s->graph->dims, name);
	if (symbol < 0) {
		symbol = td_dims_declare(s->graph->dims, name, 1, TD_DIM_MAX);
		place_of(s, symbol)->bounds = at;
	}
	return symbol;
}

/* One dim of a declared shape. */
static td_dim read_dim(td_script *s, const td_shape_word *w, td_origin at)
{
	td_dim dim = TD_DIM_BAD;
	td_err e;
	if (w->late) {
		td_graph_fault(s->graph, "TD0203", at, NULL,
		               "an input's dims are known before the run: \"%.*s<=\" cannot stand "
		               "here",
		               (int)w->late_n, w->late);
	} else if (w->or_one) {
		td_graph_fault(s->graph, "TD0203", at, "name the dim: it may be 1 all the same",
		               "\"1|%.*s\" is for the ports of nodes", (int)w->n, w->text);
	} else if (td_shape_word_plain(w)) {
		int symbol = symbol_of(s, w, at);
		if (symbol >= 0)
			dim = td_dim_of(s->graph->dims, symbol);
	} else if (!td_dim_parse(s->graph->dims, w->text, w->n, find_symbol, s, &dim, &e)) {
		td_graph_fault(s->graph, "TD0203", at, "name the plain dims first: \"N 2*N\"", "%s",
		               e.text);
		dim = TD_DIM_BAD;
	}
	return dim;
}

static void read_shape(td_script *s, const char *text, td_origin at, td_input *in)
{
	td_shape_spec spec;
	td_err e;
	bool ok = td_shape_spec_read(text, &spec, &e);
	if (!ok || spec.any_lead) {
		td_graph_fault(s->graph, "TD0203", at, NULL, "%s",
		               ok ? "an input says how many dims it has: \"...\" cannot stand here"
		                  : e.text);
		return;
	}
	in->rank = spec.n;
	for (int i = 0; i < spec.n; i++)
		in->dim[i] = read_dim(s, &spec.word[i], at);
}

/* The symbol is within lo … hi, too. */
static void bound_symbol(td_script *s, int symbol, int64_t lo, int64_t hi, td_origin at)
{
	td_symbol *x = td_dims_symbol(s->graph->dims, symbol);
	td_symbol_place *place = place_of(s, symbol);
	if (lo > x->hi || hi < x->lo) {
		td_graph_fault(
			s->graph, "TD0203", at, "inputs whose dims have one name agree on it",
			"the dim %s is %" PRId64 " … %" PRId64 " here, and %" PRId64 " … %" PRId64
			" at %s:%d",
			x->name, lo, hi, x->lo, x->hi, place->bounds.file, place->bounds.line);
		return;
	}
	if (lo > x->lo || hi < x->hi)
		place->bounds = at;
	x->lo = lo > x->lo ? lo : x->lo;
	x->hi = hi < x->hi ? hi : x->hi;
}

/* Integer `i` of the table on top; false when it is none. */
static bool bound_at(lua_State *L, int i, int64_t *value)
{
	int ok = 0;
	lua_rawgeti(L, -1, i);
	*value = lua_tointegerx(L, -1, &ok);
	ok = ok && lua_isinteger(L, -1);
	lua_pop(L, 1);
	return ok;
}

static bool in_shape(const td_script *s, const td_input *in, int symbol)
{
	for (int i = 0; i < in->rank; i++)
		if (symbol >= 0 && td_dim_symbol(s->graph->dims, in->dim[i]) == symbol)
			return true;
	return false;
}

/* dims = { N = { 1, 4096 } }, at `index` */
static void read_bounds(lua_State *L, int index, const td_input *in)
{
	td_script *s = td_script_of(L);
	lua_Integer n = td_sandbox_keys(L, index);
	for (lua_Integer i = 1; i <= n; i++, lua_pop(L, 2)) {
		int64_t lo = 0, hi = 0;
		lua_rawgeti(L, -1, i);
		const char *name = td_script_text(L, -1, "the name of a dim");
		lua_getfield(L, index, name);
		int symbol = td_dims_find(s->graph->dims, name);
		if (!in_shape(s, in, symbol))
			td_graph_fault(s->graph, "TD0104", in->at, NULL,
			               "dims names \"%s\", which is no dim of the shape", name);
		else if (!lua_istable(L, -1) || !bound_at(L, 1, &lo) || !bound_at(L, 2, &hi) ||
		         lo < 1 || lo > hi || hi > TD_DIM_MAX)
			td_graph_fault(
				s->graph, "TD0107", in->at, "write dims = { N = { 1, 4096 } }",
				"the dim %s needs two integers, 1 <= from <= to <= 2147483647",
				name);
		else
			bound_symbol(s, symbol, lo, hi, in->at);
	}
	lua_pop(L, 1);
}

/* The last dim is time, with so many samples a second. */
static void set_rate(td_script *s, const td_input *in, double rate)
{
	td_graph *g = s->graph;
	int symbol = in->rank ? td_dim_symbol(g->dims, in->dim[in->rank - 1]) : TD_NONE;
	if (!(rate > 0 && isfinite(rate))) {
		td_graph_fault(g, "TD0107", in->at, NULL, "a rate of %s samples a second",
		               td_number_text(rate).text);
		return;
	}
	if (symbol < 0) {
		td_graph_fault(g, "TD0302", in->at, "write shape = \"… T\"",
		               "a rate belongs to a last dim that has a name");
		return;
	}
	td_symbol *x = td_dims_symbol(g->dims, symbol);
	td_symbol_place *place = place_of(s, symbol);
	if (x->rate > 0 && !td_feq_exact(x->rate, rate)) {
		td_graph_fault(g, "TD0302", in->at,
		               "give time axes of different rates different names",
		               "the dim %s has %s samples a second here, and %s at %s:%d", x->name,
		               td_number_text(rate).text, td_number_text(x->rate).text,
		               place->rate.file, place->rate.line);
		return;
	}
	x->rate = rate;
	place->rate = in->at;
}

/* -- inputs --------------------------------------------------------------- */

/* A text field of the table at `index`, or NULL; it lives as long as the table. */
static const char *text_field(lua_State *L, int index, const char *name)
{
	const char *text = NULL;
	if (lua_getfield(L, index, name) != LUA_TNIL)
		text = td_script_text(L, -1, name);
	lua_pop(L, 1);
	return text;
}

static double number_field(lua_State *L, int index, const char *name, double otherwise)
{
	lua_getfield(L, index, name);
	double x = lua_isnumber(L, -1) ? lua_tonumber(L, -1) : otherwise;
	lua_pop(L, 1);
	return x;
}

static td_dtype read_dtype(td_script *s, const char *name, td_origin at)
{
	td_dtype dtype = TD_F32;
	if (name && !td_dtype_parse(name, &dtype))
		td_graph_fault(s->graph, "TD0201", at,
		               td_dtypes_list(TD_SET_ANY | TD_SET_HALF).text,
		               "there is no dtype \"%s\"", name);
	return dtype;
}

static td_unit read_unit(td_script *s, const char *text, td_origin at)
{
	td_unit unit = {0};
	td_err e;
	if (text && !td_unit_parse(text, NULL, &unit, &e)) {
		td_graph_fault(s->graph, "TD0301", at, NULL, "%s", e.text);
		unit = (td_unit){0};
	}
	return unit;
}

/* Shape, dims and rate of the declaration at index 1. */
static td_input read_declaration(lua_State *L)
{
	td_script *s = td_script_of(L);
	td_input in = {.pin_bytes = -1};
	luaL_checktype(L, 1, LUA_TTABLE);
	lua_getfield(L, 1, "at");
	in.at = td_bind_where(L, -1);
	lua_pop(L, 1);
	in.dtype = read_dtype(s, text_field(L, 1, "dtype"), in.at);
	read_shape(s, text_field(L, 1, "shape"), in.at, &in);
	if (lua_getfield(L, 1, "dims") == LUA_TTABLE)
		read_bounds(L, lua_gettop(L), &in);
	lua_pop(L, 1);
	if (lua_getfield(L, 1, "rate") != LUA_TNIL)
		set_rate(s, &in, lua_tonumber(L, -1));
	lua_pop(L, 1);
	td_sandbox_spend(L, WORK_AN_INPUT);
	return in;
}

static int64_t whole_field(lua_State *L, int index, const char *name, int64_t otherwise)
{
	int64_t n = otherwise;
	if (lua_getfield(L, index, name) != LUA_TNIL)
		n = luaL_checkinteger(L, -1);
	lua_pop(L, 1);
	return n;
}

static td_pick read_pick(lua_State *L)
{
	return (td_pick){.part = text_field(L, 1, "part"),
	                 .except = text_field(L, 1, "except"),
	                 .events = text_field(L, 1, "events"),
	                 .from = number_field(L, 1, "from", 0),
	                 .until = number_field(L, 1, "until", 0),
	                 .samples = whole_field(L, 1, "samples", 0),
	                 .count = whole_field(L, 1, "count", 0),
	                 .like = text_field(L, 1, "like")};
}

/* core.input{ name, path, url, pin, bytes, columns, tensor, literal, dtype, shape, dims, rate, unit, lo, hi,
 * at, and the fields of td_pick }: inputs.lua has checked their types. */
static int input(lua_State *L)
{
	td_script *s = td_script_of(L);
	td_input in = read_declaration(L);
	in.name = text_field(L, 1, "name");
	in.path = text_field(L, 1, "path");
	in.url = text_field(L, 1, "url");
	in.pin = text_field(L, 1, "pin");
	in.columns = text_field(L, 1, "columns");
	in.pin_bytes = whole_field(L, 1, "bytes", -1);
	in.pick = read_pick(L);
	in.tensor = text_field(L, 1, "tensor");
	lua_getfield(L, 1, "literal");
	in.literal = lua_toboolean(L, -1);
	td_unit unit = read_unit(s, text_field(L, 1, "unit"), in.at);
	double lo = number_field(L, 1, "lo", 1), hi = number_field(L, 1, "hi", 0);
	td_bind_push_value(L, td_graph_input(s->graph, &in, &unit, lo, hi));
	td_bind_grown(L);
	return 1;
}

/* -- inputs that a node makes --------------------------------------------- */

/* Does dim `i` of what the node makes fit the declared one? A symbol is bound by it. */
static void fit_dim(td_script *s, const td_step *step, const td_input *in, int i, td_dim made)
{
	td_graph *g = s->graph;
	int symbol = td_dim_symbol(g->dims, in->dim[i]);
	int64_t have = 0, want = 0;
	if (in->dim[i] == TD_DIM_BAD || !td_dim_const(g->dims, made, &have))
		return;
	if (symbol >= 0)
		bound_symbol(s, symbol, have, have, in->at);
	else if (!td_dim_const(g->dims, in->dim[i], &want) || want != have)
		td_graph_fault(g, "TD0203", in->at, NULL,
		               "dim %d of what %s makes is %" PRId64
		               ", which is not what shape says",
		               i + 1, step->node->name, have);
}

static void fit_shape(td_script *s, const td_step *step, const td_input *in)
{
	td_shape_scope scope;
	td_shape_spec spec;
	const td_node *node = step->node;
	td_err e;
	td_shape_scope_init(&scope, s->graph->dims, node, step->params);
	if (node->shape || !td_shape_spec_read(node->out[0].shape, &spec, &e) || spec.any_lead)
		return; /* only `check` can tell */
	if (spec.n != in->rank) {
		td_graph_fault(s->graph, "TD0203", in->at, NULL,
		               "the shape has %d dim%s, but %s makes %d", in->rank,
		               in->rank == 1 ? "" : "s", node->name, spec.n);
		return;
	}
	for (int i = 0; i < spec.n; i++) {
		td_dim made;
		if (!spec.word[i].late &&
		    td_shape_scope_eval(&scope, spec.word[i].text, spec.word[i].n, &made, &e))
			fit_dim(s, step, in, i, made);
	}
}

/* core.fit(declaration, step): holds what a step makes to an input's declaration. */
static int fit(lua_State *L)
{
	td_script *s = td_script_of(L);
	td_input in = read_declaration(L);
	const td_value *value = &s->graph->values.items[td_bind_value(L, 2)];
	const td_step *step = NULL;
	if (value->kind == TD_OUTPUT_OF)
		step = &s->graph->steps.items[value->maker];
	if (!step || (step->node && value->port != 0)) {
		td_graph_fault(s->graph, "TD0102", in.at, "use the value as it is",
		               "t.input reads a file or what a node makes up, not another value");
		return 0;
	}
	if (!step->node)
		return 0;
	const td_port *out = &step->node->out[0];
	td_unit unit = read_unit(s, text_field(L, 1, "unit"), in.at), made = {0};
	fit_shape(s, step, &in);
	if (!(out->dtypes & TD_BIT(in.dtype)))
		td_graph_fault(s->graph, "TD0201", in.at, NULL, "%s makes %s, not %s",
		               step->node->name, td_dtypes_list(out->dtypes).text,
		               td_dtype_name(in.dtype));
	if (out->unit && td_unit_parse(out->unit, NULL, &made, NULL) && made.known && unit.known &&
	    !td_unit_equal(&unit, &made))
		td_graph_fault(s->graph, "TD0301", in.at, NULL, "%s makes values in %s, not in %s",
		               step->node->name, td_unit_text(&made).text,
		               td_unit_text(&unit).text);
	return 0;
}

/* -- constants ------------------------------------------------------------ */

/* Does a number of this dtype come out infinite that was not? */
static bool overflows(td_dtype dtype, double x)
{
	uint64_t stored = 0; /* holds any float */
	double back = 0;
	td_convert(&stored, dtype, &x, TD_F64, 1);
	td_convert(&back, TD_F64, &stored, dtype, 1);
	return isinf(back) && !isinf(x);
}

/* Element `i` of the list at index 3; false when the dtype cannot hold it. */
static bool element(lua_State *L, lua_Integer i, td_dtype dtype, double *x)
{
	const td_dtype_info *info = td_dtype_of(dtype);
	lua_rawgeti(L, 3, i);
	*x = lua_tonumber(L, -1);
	bool exact =
		!lua_isinteger(L, -1) || (fabs(*x) < 0x1p63 && (int64_t)*x == lua_tointeger(L, -1));
	lua_pop(L, 1);
	if (info->is_float)
		return !overflows(dtype, *x);
	return exact && *x >= info->lo && *x <= info->hi && *x < 0x1p63 &&
	       td_feq_exact(*x, rint(*x));
}

/* core.const(dtype, dims, list) */
static int constant(lua_State *L)
{
	td_script *s = td_script_of(L);
	td_origin at = td_script_where(L, NULL);
	td_constant c = {.dtype = read_dtype(s, luaL_checkstring(L, 1), at),
	                 .rank = (int)lua_rawlen(L, 2),
	                 .n = (int64_t)lua_rawlen(L, 3)};
	if (c.rank > TD_MAX_RANK)
		return luaL_error(L, "t.const takes at most %d dims", TD_MAX_RANK);
	for (int i = 0; i < c.rank; i++) {
		lua_rawgeti(L, 2, i + 1);
		c.dim[i] = lua_tointeger(L, -1);
		lua_pop(L, 1);
	}
	double *items = lua_newuserdatauv(L, (size_t)c.n * sizeof *items, 0);
	c.items = items;
	for (int64_t i = 0; i < c.n; i++) {
		if (element(L, i + 1, c.dtype, &items[i]))
			continue;
		td_graph_fault(s->graph, "TD0107", at, NULL, "t.const: %s does not fit into %s",
		               td_number_text(items[i]).text, td_dtype_name(c.dtype));
		items[i] = 0;
		break;
	}
	td_bind_push_value(L, td_graph_const(s->graph, &c, at));
	td_bind_grown(L);
	return 1;
}

void td_bind_input(lua_State *L)
{
	static const luaL_Reg core[] = {
		{"input", input}, {"fit", fit}, {"const", constant}, {NULL, NULL}};
	luaL_setfuncs(L, core, 0);
}
