/* Is a node descriptor sound? What passes here can be trusted by the engine without further looks:
 * names that do not clash, shapes, units and lengths that read, defaults inside their ranges. */
#include "dtype.h"
#include "param.h"
#include "registry.h"
#include "shape.h"
#include "unit.h"

#include <math.h>
#include <string.h>

enum { IN, OUT, SCRATCH };
enum { MAX_PARAMS = 64, MAX_PARAM_BYTES = 512, LONGEST = 31 };

static bool fail(td_err *e, const char *fmt, ...) TD_PRINTF(2, 3);
static bool fail(td_err *e, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	td_fail_v(e, TD_E_USAGE, fmt, args);
	va_end(args);
	return false;
}

/* a-z, 0-9 and _, a letter first; with exactly one dot inside when `dotted`. */
static bool name_valid(const char *name, bool dotted)
{
	if (!name || name[0] < 'a' || name[0] > 'z' || strlen(name) > LONGEST)
		return false;
	if (name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_.")])
		return false;
	const char *dot = strchr(name, '.');
	return dotted ? dot && dot[1] >= 'a' && !strchr(dot + 1, '.') : !dot;
}

/* -- impls ---------------------------------------------------------------- */

static bool impl_valid(const td_node *node, const td_impl *i, td_err *e)
{
	if (!name_valid(i->name, false) || td_impl_find(node, i->name) != i)
		return fail(e, "the impl \"%s\" needs a plain name of its own", i->name);
	if (!i->run)
		return fail(e, "the impl \"%s\" has no run function", i->name);
	if (i->on == TD_ON_OPENCL && !i->source && !(i->needs & TD_NEEDS_LIBRARY))
		return fail(e, "the impl \"%s\" has no kernel source", i->name);
	if (i->group < 0)
		return fail(e, "the impl \"%s\" has a negative group", i->name);
	return true;
}

static bool impls_valid(const td_node *node, td_err *e)
{
	if (!node->impls || !td_same(node->impls[0].name, "ref") || node->impls[0].on != TD_ON_HOST)
		return fail(e, "the first impl must be \"ref\", on the host");
	for (const td_impl *i = node->impls; i->name; i++)
		if (!impl_valid(node, i, e))
			return false;
	return true;
}

/* -- parameters ----------------------------------------------------------- */

static size_t param_bytes(td_ptype type)
{
	switch (type) {
	case TD_INT:
		return sizeof(int64_t);
	case TD_REAL:
		return sizeof(double);
	case TD_FLAG:
		return sizeof(bool);
	case TD_CHOICE:
		return sizeof(int32_t);
	default:
		return 0;
	}
}

/* Bounds of what `def` may be; integers as far as a double is exact. */
static bool default_valid(const td_param *p)
{
	double lo = p->min, hi = p->max;
	if (isnan(p->def))
		return true;
	if (p->type == TD_FLAG || p->type == TD_CHOICE) {
		lo = 0;
		hi = 1;
		for (int n = 0; p->type == TD_CHOICE && p->choices[n]; n++)
			hi = n;
	}
	return p->def >= lo && p->def <= hi &&
	       (p->type == TD_REAL ||
	        (fabs(p->def) <= 0x1p53 && td_feq_exact(p->def, rint(p->def))));
}

static bool param_valid(const td_node *node, const td_param *p, td_err *e)
{
	size_t bytes = param_bytes(p->type);
	td_unit unit;
	if (!name_valid(p->name, false) || !p->doc)
		return fail(e, "the parameter \"%s\" needs a plain name and a doc", p->name);
	if (td_param_find(node, p->name) != p || td_port_find(node->in, p->name) >= 0)
		return fail(e, "the parameter \"%s\" needs a name of its own", p->name);
	if (!bytes)
		return fail(e, "the parameter \"%s\" has no type", p->name);
	if (p->offset > node->params_size || bytes > node->params_size - p->offset ||
	    p->offset % bytes)
		return fail(e, "the parameter \"%s\" does not lie in the params struct", p->name);
	if (p->type == TD_CHOICE && (!p->choices || !p->choices[0]))
		return fail(e, "the parameter \"%s\" has no choices", p->name);
	if ((p->type == TD_INT || p->type == TD_REAL) && !(p->min <= p->max))
		return fail(e, "the parameter \"%s\" has an empty range", p->name);
	if (!default_valid(p))
		return fail(e, "the default of the parameter \"%s\" is none of its values",
		            p->name);
	if (p->unit && !td_unit_parse(p->unit, NULL, &unit, e))
		return td_within(e, "the parameter \"%s\"", p->name);
	return true;
}

static bool params_valid(const td_node *node, td_err *e)
{
	int n = 0;
	if (node->params_size > MAX_PARAM_BYTES)
		return fail(e, "the params struct is over %d bytes", MAX_PARAM_BYTES);
	for (const td_param *p = node->params; p && p->name; p++, n++)
		if (n == MAX_PARAMS)
			return fail(e, "more than %d parameters", MAX_PARAMS);
		else if (!param_valid(node, p, e))
			return false;
	const td_param *seed = td_param_find(node, "seed");
	if ((node->flags & TD_RANDOM) && (!seed || seed->type != TD_INT))
		return fail(e, "a random node needs an integer parameter \"seed\"");
	return true;
}

/* -- units ---------------------------------------------------------------- */

/* "=to": every word of the choice parameter must be a unit. */
static bool named_units_valid(const td_node *node, const char *name, td_err *e)
{
	const td_param *p = td_param_find(node, name);
	td_unit unit;
	if (!p || p->type != TD_CHOICE)
		return fail(e, "the unit \"=%s\" needs a choice parameter of that name", name);
	for (const char *const *word = p->choices; *word; word++)
		if (!td_unit_parse(*word, NULL, &unit, e))
			return false;
	return true;
}

/* Marks the variables that inputs bind in `bound`; outputs may use no others. */
static bool unit_valid(const td_node *node, const td_port *p, int role, bool bound[26], td_err *e)
{
	td_unit_vars vars = {0};
	td_unit unit;
	if (!p->unit)
		return true;
	if (p->unit[0] == '=')
		return named_units_valid(node, p->unit + 1, e);
	if (!td_unit_parse(p->unit, &vars, &unit, e))
		return false;
	if (role == IN && p->unit[0] == '?' && !p->unit[2])
		bound[p->unit[1] - 'a'] = true;
	for (const char *s = p->unit; (s = strchr(s, '?')); s++)
		if (!bound[s[1] - 'a'])
			return fail(e, "no input binds the unit variable \"?%c\"", s[1]);
	return true;
}

/* -- shapes --------------------------------------------------------------- */

static bool bind_symbol(td_shape_scope *s, const td_shape_word *w, td_err *e)
{
	char name[LONGEST + 1];
	if (w->n > LONGEST || s->n == TD_MAX_NAMES)
		return fail(e, "too many or too long dim names");
	memcpy(name, w->text, w->n);
	name[w->n] = '\0';
	int symbol = td_dims_declare(s->dims, name, 1, TD_DIM_MAX);
	td_shape_scope_bind(s, name, w->n, td_dim_of(s->dims, symbol));
	return true;
}

static bool late_valid(const td_node *node, td_shape_scope *s, const td_shape_word *w,
                       td_dim capacity, td_err *e)
{
	char count[LONGEST + 1] = "";
	memcpy(count, w->late, w->late_n < LONGEST ? w->late_n : LONGEST);
	int k = td_port_find(node->out, count);
	if (k < 0 || !td_same(node->out[k].shape, "1") ||
	    (node->out[k].dtypes & ~(unsigned)(TD_SET_I32 | TD_SET_I64)))
		return fail(e,
		            "the late dim \"%s\" needs an output port of that name, i32 or i64, "
		            "shape \"1\"",
		            count);
	if (td_shape_scope_get(s, count, strlen(count)) == TD_DIM_BAD)
		td_shape_scope_bind(s, count, strlen(count), capacity);
	return true;
}

/* Every name in a shape must be bound: by an input, a parameter, or a late dim's own port. */
static bool shape_valid(const td_node *node, td_shape_scope *s, const td_port *p, int role,
                        td_err *e)
{
	td_shape_spec spec;
	if (!td_shape_spec_read(p->shape, &spec, e))
		return false;
	for (int i = 0; i < spec.n; i++) {
		const td_shape_word *w = &spec.word[i];
		td_dim dim = TD_DIM_BAD;
		if (w->or_one && role != IN)
			return fail(e, "only an input can have the dim \"1|%.*s\"", (int)w->n,
			            w->text);
		if (role == IN && !w->or_one && td_shape_word_plain(w) &&
		    td_shape_scope_get(s, w->text, w->n) == TD_DIM_BAD) {
			if (!bind_symbol(s, w, e))
				return false;
		} else if (!td_shape_scope_eval(s, w->text, w->n, &dim, e)) {
			return false;
		}
		if (w->late && role != OUT)
			return fail(e, "only an output can have the late dim \"%.*s\"",
			            (int)w->late_n, w->late);
		if (w->late && !late_valid(node, s, w, dim, e))
			return false;
	}
	return true;
}

/* A dim expression outside of shapes: the length of a sum, local memory. */
static bool expression_valid(td_shape_scope *s, const char *text, td_err *e)
{
	td_dim dim;
	return !text || td_shape_scope_eval(s, text, strlen(text), &dim, e);
}

/* -- ports ---------------------------------------------------------------- */

static bool tol_valid(const td_node *node, const td_port *p, td_err *e)
{
	switch (p->tol.kind) {
	case TD_EXACT:
	case TD_ULP:
	case TD_SUM:
	case TD_DECISION:
		break;
	default:
		return fail(e, "the output does not say how close it comes to ref (tol)");
	}
	if (p->tol.kind == TD_DECISION && !node->decide)
		return fail(e, "the output is a decision, but the node has no `decide`");
	if (p->tol.kind == TD_SUM && !p->tol.length && !td_ports_count(node->in))
		return fail(e, "the output is a sum and does not say of how many terms");
	if (!(p->tol.ulp >= 0 && p->tol.ulp < HUGE_VAL) ||
	    (p->tol.kind == TD_ULP && td_feq_exact(p->tol.ulp, 0)))
		return fail(e, "the output allows %s ulp", td_number_text(p->tol.ulp).text);
	return true;
}

static bool port_valid(const td_node *node, const td_port *table, const td_port *p, int role,
                       td_err *e)
{
	if (!name_valid(p->name, false) || td_port_find(table, p->name) != p - table)
		return fail(e, "it needs a plain name of its own");
	if (!p->dtypes || p->dtypes >> TD_N_DTYPES || !p->shape || (role != SCRATCH && !p->doc))
		return fail(e, "it needs dtypes, a shape and a doc");
	bool kept = isnan(p->lo) && isnan(p->hi) && role == OUT && td_ports_count(node->in);
	if (!kept && !(p->lo <= p->hi))
		return fail(e, "its range is empty");
	if ((p->flags & (TD_BROADCAST | TD_FREE)) &&
	    (role != IN || strncmp(p->shape, "...", 3) != 0))
		return fail(e, "only the \"...\" of an input can be TD_BROADCAST or TD_FREE");
	if ((p->flags & TD_READ) && (role != OUT || !node->accept))
		return fail(e, "TD_READ is for outputs of a node with `accept`");
	if ((p->flags & TD_FREE) && !node->shape)
		return fail(e, "TD_FREE needs a shape function");
	if (p->over && (role != OUT || td_port_find(node->in, p->over) < 0))
		return fail(e, "it is written over \"%s\", which is no input", p->over);
	return role != OUT || tol_valid(node, p, e);
}

/* The dtype T of a node comes from its inputs, or from its parameter "dtype". */
static bool dtypes_valid(const td_node *node, td_err *e)
{
	const td_param *param = td_param_find(node, "dtype");
	unsigned common = (1u << TD_N_DTYPES) - 1;
	bool open = false, wanted = false;
	td_dtype dtype;
	for (int i = 0; i < td_ports_count(node->in); i++)
		if (node->in[i].dtypes & (node->in[i].dtypes - 1)) {
			open = true;
			common &= node->in[i].dtypes;
		}
	if (!common)
		return fail(e, "its inputs have no dtype in common");
	for (int i = 0; i < td_ports_count(node->out); i++)
		wanted |= (node->out[i].dtypes & (node->out[i].dtypes - 1)) != 0;
	if (wanted && !open && !param)
		return fail(e, "nothing fixes the dtype of its outputs: no input, no parameter "
		               "\"dtype\"");
	for (int i = 0; param && param->type == TD_CHOICE && param->choices[i]; i++)
		if (!td_dtype_parse(param->choices[i], &dtype))
			return fail(e, "the parameter \"dtype\" has the word \"%s\"",
			            param->choices[i]);
	return !param || param->type == TD_CHOICE ||
	       fail(e, "the parameter \"dtype\" must be a choice");
}

/* Required integers have no default: any value they may take will do to read shapes. */
static void stand_in_params(const td_node *node, void *params)
{
	td_params_default(node, params);
	for (const td_param *p = node->params; p && p->name; p++)
		if (p->type == TD_INT && isnan(p->def)) {
			double x = p->min < 1 && p->max >= 1 ? 1 : p->min;
			int64_t i = fabs(x) <= 0x1p53 ? (int64_t)x : 0;
			memcpy((char *)params + p->offset, &i, sizeof i);
		}
}

static bool ports_read(const td_node *node, td_shape_scope *s, td_err *e)
{
	static const char *const role_name[] = {"input", "output", "scratch buffer"};
	const td_port *const tables[] = {node->in, node->out, node->scratch};
	bool bound[26] = {false};
	for (int role = IN; role <= SCRATCH; role++) {
		if (td_ports_count(tables[role]) > TD_MAX_PORTS)
			return fail(e, "more than %d ports", TD_MAX_PORTS);
		for (const td_port *p = tables[role]; p && p->name; p++)
			if (!port_valid(node, tables[role], p, role, e) ||
			    !unit_valid(node, p, role, bound, e) ||
			    !((role == OUT && node->shape) || shape_valid(node, s, p, role, e)) ||
			    !(role != OUT || expression_valid(s, p->tol.length, e)))
				return td_within(e, "%s \"%s\"", role_name[role], p->name);
	}
	for (const td_impl *i = node->impls; i->name; i++)
		if (!expression_valid(s, i->local_bytes, e))
			return td_within(e, "local_bytes of \"%s\"", i->name);
	return dtypes_valid(node, e);
}

static bool ports_valid(const td_node *node, td_err *e)
{
	int64_t params[MAX_PARAM_BYTES / sizeof(int64_t)] = {0};
	td_dims *dims = td_dims_new();
	td_shape_scope scope;
	stand_in_params(node, params);
	td_shape_scope_init(&scope, dims, node, params);
	bool ok = ports_read(node, &scope, e);
	td_dims_free(dims);
	return ok;
}

bool td_node_valid(const td_node *node, td_err *e)
{
	if (node->abi != TD_ABI)
		return fail(e,
		            "a node has ABI %u, this program needs %u: build it again with this "
		            "tandem.h",
		            node->abi, TD_ABI);
	if (!name_valid(node->name, true) || !node->doc || !node->version || !node->out ||
	    !node->out[0].name)
		return fail(e, "a node needs a name \"family.node\", a doc, a version and outputs");
	if ((node->flags & TD_D_MASK) > TD_D3 || node->flags & ~(unsigned)(TD_D_MASK | TD_RANDOM))
		return td_fail(e, TD_E_USAGE, "node %s: its flags 0x%x are unknown", node->name,
		               node->flags);
	if (!impls_valid(node, e) || !params_valid(node, e) || !ports_valid(node, e))
		return td_within(e, "node %s", node->name);
	return true;
}
