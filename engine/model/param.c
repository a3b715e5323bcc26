#include "param.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

const td_param *td_param_find(const td_node *node, const char *name)
{
	for (const td_param *p = node->params; p && p->name; p++)
		if (td_same(p->name, name))
			return p;
	return NULL;
}

static const char *param_name(const void *params, int i)
{
	return ((const td_param *)params)[i].name;
}

const char *td_param_closest(const td_node *node, const char *name)
{
	int n = 0;
	while (node->params && node->params[n].name)
		n++;
	return td_closest(name, n, param_name, node->params);
}

static void *field(const td_param *p, void *params)
{
	return (char *)params + p->offset;
}

static const void *field_c(const td_param *p, const void *params)
{
	return (const char *)params + p->offset;
}

static void store(const td_param *p, void *params, double r, int64_t i)
{
	switch (p->type) {
	case TD_INT:
		memcpy(field(p, params), &i, sizeof i);
		break;
	case TD_REAL:
		memcpy(field(p, params), &r, sizeof r);
		break;
	case TD_FLAG:
		memcpy(field(p, params), &(bool){i != 0}, sizeof(bool));
		break;
	case TD_CHOICE:
	default:
		memcpy(field(p, params), &(int32_t){(int32_t)i}, sizeof(int32_t));
		break;
	}
}

void td_params_default(const td_node *node, void *params)
{
	for (const td_param *p = node->params; p && p->name; p++)
		if (!isnan(p->def))
			store(p, params, p->def, p->type == TD_REAL ? 0 : (int64_t)p->def);
}

static bool fail_range(const td_param *p, const char *value, td_err *e)
{
	return td_fail(e, TD_E_USAGE, "%s = %s is out of range: %s … %s%s%s", p->name, value,
	               td_number_text(p->min).text, td_number_text(p->max).text, p->unit ? " " : "",
	               p->unit ? p->unit : "");
}

static bool set_int(const td_param *p, void *params, const td_lit *v, td_err *e)
{
	if (v->kind == TD_LIT_REAL && td_feq_exact(v->as.r, rint(v->as.r)) &&
	    fabs(v->as.r) < 0x1p53)
		return td_fail(e, TD_E_USAGE, "%s takes an integer: write %.0f instead of %.1f",
		               p->name, v->as.r, v->as.r);
	if (v->kind != TD_LIT_INT)
		return td_fail(e, TD_E_USAGE, "%s takes an integer", p->name);
	int64_t x = v->as.i;
	if ((double)x < p->min || (double)x > p->max) {
		td_str s = {0};
		td_str_addf(&s, "%" PRId64, x);
		fail_range(p, s.data, e);
		td_str_fini(&s);
		return false;
	}
	store(p, params, 0, x);
	return true;
}

static bool set_real(const td_param *p, void *params, const td_lit *v, td_err *e)
{
	if (v->kind != TD_LIT_INT && v->kind != TD_LIT_REAL)
		return td_fail(e, TD_E_USAGE, "%s takes a number", p->name);
	double x = v->kind == TD_LIT_REAL ? v->as.r : (double)v->as.i;
	if (!(x >= p->min && x <= p->max)) /* NaN is out of every range */
		return fail_range(p, td_number_text(x).text, e);
	store(p, params, x, 0);
	return true;
}

static const char *choice_name(const void *choices, int i)
{
	return ((const char *const *)choices)[i];
}

static bool set_choice(const td_param *p, void *params, const td_lit *v, td_err *e)
{
	if (v->kind != TD_LIT_TEXT)
		return td_fail(e, TD_E_USAGE,
		               "%s takes one of its words as a string, for example \"%s\"", p->name,
		               p->choices[0]);
	int n = 0;
	for (; p->choices[n]; n++)
		if (td_same(p->choices[n], v->as.s)) {
			store(p, params, 0, n);
			return true;
		}
	const char *close = td_closest(v->as.s, n, choice_name, p->choices);
	if (close)
		return td_fail(e, TD_E_USAGE, "%s has no choice \"%s\"; did you mean \"%s\"?",
		               p->name, v->as.s, close);
	td_str all = {0};
	for (int i = 0; i < n; i++)
		td_str_addf(&all, "%s\"%s\"", i ? ", " : "", p->choices[i]);
	td_fail(e, TD_E_USAGE, "%s has no choice \"%s\"; there are %s", p->name, v->as.s,
	        td_str_text(&all));
	td_str_fini(&all);
	return false;
}

bool td_param_set(const td_param *p, void *params, const td_lit *v, td_err *e)
{
	switch (p->type) {
	case TD_INT:
		return set_int(p, params, v, e);
	case TD_REAL:
		return set_real(p, params, v, e);
	case TD_FLAG:
		if (v->kind != TD_LIT_FLAG)
			return td_fail(e, TD_E_USAGE, "%s takes true or false", p->name);
		store(p, params, 0, v->as.b);
		return true;
	case TD_CHOICE:
	default:
		return set_choice(p, params, v, e);
	}
}

int64_t td_param_int(const td_param *p, const void *params)
{
	int64_t i = 0;
	int32_t choice;
	if (p->type == TD_FLAG)
		return *(const bool *)field_c(p, params);
	if (p->type == TD_INT) {
		memcpy(&i, field_c(p, params), sizeof i);
		return i;
	}
	memcpy(&choice, field_c(p, params), sizeof choice);
	return choice;
}

const char *td_param_choice(const td_param *p, const void *params)
{
	return p->choices[td_param_int(p, params)];
}

void td_param_text(const td_param *p, const void *params, td_str *out)
{
	td_lit v = {.kind = TD_LIT_INT};
	switch (p->type) {
	case TD_INT:
		v.as.i = td_param_int(p, params);
		break;
	case TD_REAL:
		v.kind = TD_LIT_REAL;
		memcpy(&v.as.r, field_c(p, params), sizeof v.as.r);
		break;
	case TD_FLAG:
		v.kind = TD_LIT_FLAG;
		memcpy(&v.as.b, field_c(p, params), sizeof v.as.b);
		break;
	case TD_CHOICE:
	default:
		v.kind = TD_LIT_TEXT;
		v.as.s = td_param_choice(p, params);
		break;
	}
	td_lit_text(&v, out);
}

td_lit td_lit_read(const char *word)
{
	td_lit v = {.kind = TD_LIT_FLAG, .as.b = td_same(word, "true")};
	if (v.as.b || td_same(word, "false"))
		return v;
	if (td_read_int(word, &v.as.i))
		v.kind = TD_LIT_INT;
	else if (td_read_real(word, &v.as.r))
		v.kind = TD_LIT_REAL;
	else
		v = (td_lit){.kind = TD_LIT_TEXT, .as.s = word};
	return v;
}

void td_lit_text(const td_lit *v, td_str *out)
{
	switch (v->kind) {
	case TD_LIT_INT:
		td_str_addf(out, "%" PRId64, v->as.i);
		break;
	case TD_LIT_REAL: {
		td_number n = td_number_text(v->as.r);
		td_str_add(out, n.text);
		if (!strpbrk(n.text, ".einf"))
			td_str_add(out, ".0"); /* reads back as a real */
		break;
	}
	case TD_LIT_FLAG:
		td_str_add(out, v->as.b ? "true" : "false");
		break;
	case TD_LIT_TEXT:
	default:
		td_str_add(out, v->as.s);
		break;
	}
}
