#include "dim_inner.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* -- writing: the order depends on names alone, never on the numbers of a pool  */

typedef struct {
	int degree;
	td_str text;
	int64_t coef;
} piece;

static int by_text(const void *a, const void *b)
{
	return strcmp(td_str_text(a), td_str_text(b));
}

static int by_degree(const void *a, const void *b)
{
	const piece *x = a, *y = b;
	return x->degree != y->degree ? y->degree - x->degree
	                              : strcmp(td_str_text(&x->text), td_str_text(&y->text));
}

/* Can it stand beside an operator without parentheses: a name, a number, a call? */
static bool is_bare(const td_dims *d, td_dim a)
{
	int n, degree;
	const term *t = terms_of(d, a, &n);
	if (n != 1)
		return n == 0;
	const int32_t *x = atoms_of(d, t[0].mono, &degree);
	return degree == 0 ? t[0].coef > 0
	                   : degree == 1 && t[0].coef == 1 && atom_of(d, x[0])->kind != FLOOR;
}

/* NOLINTNEXTLINE(misc-no-recursion): nesting is bounded */
static void operand_text(const td_dims *d, td_dim a, td_str *out)
{
	bool bare = is_bare(d, a);
	td_str_add(out, bare ? "" : "(");
	td_dim_text(d, a, out);
	td_str_add(out, bare ? "" : ")");
}

/* NOLINTNEXTLINE(misc-no-recursion): nesting is bounded */
static void atom_text(const td_dims *d, const atom *x, bool alone, td_str *out)
{
	if (x->kind == SYMBOL) {
		td_str_add(out, d->symbols.items[x->a].name);
	} else if (x->kind == FLOOR) {
		td_str_add(out, alone ? "" : "(");
		operand_text(d, x->a, out);
		td_str_add(out, "/");
		operand_text(d, x->b, out);
		td_str_add(out, alone ? "" : ")");
	} else {
		td_str s[2] = {{0}, {0}};
		td_dim_text(d, x->a, &s[0]);
		td_dim_text(d, x->b, &s[1]);
		qsort(s, 2, sizeof s[0], by_text);
		td_str_addf(out, "%s(%s,%s)", x->kind == MIN ? "min" : "max", s[0].data, s[1].data);
		td_str_fini(&s[0]);
		td_str_fini(&s[1]);
	}
}

/* NOLINTNEXTLINE(misc-no-recursion): nesting is bounded */
static piece piece_of(const td_dims *d, const term *t)
{
	td_str names[DEGREE] = {{0}};
	piece p = {.coef = t->coef};
	const int32_t *x = atoms_of(d, t->mono, &p.degree);
	for (int i = 0; i < p.degree; i++)
		atom_text(d, atom_of(d, x[i]), p.degree == 1 && t->coef == 1, &names[i]);
	qsort(names, (size_t)p.degree, sizeof names[0], by_text);
	for (int i = 0; i < p.degree; i++) {
		td_str_addf(&p.text, "%s%s", i ? "*" : "", names[i].data);
		td_str_fini(&names[i]);
	}
	return p;
}

/* NOLINTNEXTLINE(misc-no-recursion): nesting is bounded */
void td_dim_text(const td_dims *d, td_dim a, td_str *out)
{
	int n;
	const term *t = terms_of(d, a, &n);
	if (a == TD_DIM_BAD || !n) {
		td_str_add(out, a == TD_DIM_BAD ? "?" : "0");
		return;
	}
	piece *p = td_alloc((size_t)n * sizeof *p);
	for (int i = 0; i < n; i++)
		p[i] = piece_of(d, &t[i]);
	qsort(p, (size_t)n, sizeof *p, by_degree);
	for (int i = 0; i < n; i++) {
		bool minus_name = p[i].coef == -1 && p[i].degree;
		td_str_add(out, i && p[i].coef > 0 ? "+" : minus_name ? "-" : "");
		if (!p[i].degree || (p[i].coef != 1 && !minus_name))
			td_str_addf(out, "%lld%s", (long long)p[i].coef, p[i].degree ? "*" : "");
		td_str_add(out, td_str_text(&p[i].text));
		td_str_fini(&p[i].text);
	}
	free(p);
}

void td_shape_text(const td_dims *d, const td_shape *s, td_str *out)
{
	for (int i = 0; i < s->rank; i++) {
		td_str_add(out, i ? " " : "");
		td_dim_text(d, s->dim[i], out);
	}
}

/* -- reading: operator precedence with two small stacks ------------------- */

enum { STACK = 64, LONGEST_NAME = 64 };

typedef struct {
	td_dims *d;
	const char *text, *at, *end;
	td_dim_lookup *lookup;
	void *arg;
	td_dim value[STACK];
	char op[STACK]; /* + - * / (, _ a minus sign, m M "min(" "max(", n N the same after their comma */
	int n_values, n_ops;
	bool after_value;
	td_err *e;
} reader;

static bool bad(const reader *r, const char *what)
{
	return td_fail(r->e, TD_E_USAGE, "%s at column %d of the dim \"%.*s\"", what,
	               (int)(r->at - r->text) + 1, (int)(r->end - r->text), r->text);
}

static int rank_of(char op)
{
	return op == '+' || op == '-' ? 1 : op == '*' || op == '/' ? 2 : op == '_' ? 3 : 0;
}

static void apply(reader *r)
{
	char op = r->op[--r->n_ops];
	if (op == '_') {
		td_dim *v = &r->value[r->n_values - 1];
		*v = td_dim_sub(r->d, td_dim_int(r->d, 0), *v);
		return;
	}
	td_dim b = r->value[--r->n_values], a = r->value[r->n_values - 1];
	r->value[r->n_values - 1] = op == '+'   ? td_dim_add(r->d, a, b)
	                            : op == '-' ? td_dim_sub(r->d, a, b)
	                            : op == '*' ? td_dim_mul(r->d, a, b)
	                            : op == '/' ? td_dim_div(r->d, a, b)
	                            : op == 'm' ? td_dim_min(r->d, a, b)
	                                        : td_dim_max(r->d, a, b);
}

static bool push_op(reader *r, char op)
{
	if (r->n_ops == STACK || r->n_values == STACK)
		return bad(r, "too deeply nested");
	r->op[r->n_ops++] = op;
	r->after_value = false;
	return true;
}

static bool push_value(reader *r, td_dim v)
{
	if (r->n_values == STACK)
		return bad(r, "too deeply nested");
	r->value[r->n_values++] = v;
	r->after_value = true;
	return true;
}

static bool read_number(reader *r)
{
	int64_t v = 0;
	for (; r->at < r->end && isdigit((unsigned char)*r->at); r->at++)
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, *r->at - '0', &v))
			return bad(r, "number too large");
	return push_value(r, td_dim_int(r->d, v));
}

static bool name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.' || c == '@';
}

bool td_dim_name_valid(const char *text, size_t n)
{
	if (!n || n >= LONGEST_NAME || !(isalpha((unsigned char)*text) || *text == '_'))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!name_char(text[i]))
			return false;
	return true;
}

static bool read_name(reader *r)
{
	char name[LONGEST_NAME];
	size_t n = 0;
	const char *from = r->at;
	while (r->at + n < r->end && name_char(r->at[n]))
		n++;
	if (n >= sizeof name)
		return bad(r, "name too long");
	memcpy(name, from, n);
	name[n] = '\0';
	if (from + n < r->end && from[n] == '(') {
		bool min = td_same(name, "min");
		if (!min && !td_same(name, "max"))
			return bad(r, "only min and max can be called");
		r->at += n + 1;
		return push_op(r, min ? 'm' : 'M');
	}
	td_dim v;
	if (!r->lookup || !r->lookup(r->arg, name, &v))
		return td_fail(r->e, TD_E_USAGE, "unknown dim \"%s\" in \"%.*s\"", name,
		               (int)(r->end - r->text), r->text);
	r->at += n;
	return push_value(r, v);
}

/* ")" or ",": works off everything up to the opening parenthesis or call. */
static bool read_close(reader *r, char c)
{
	while (r->n_ops && rank_of(r->op[r->n_ops - 1]))
		apply(r);
	char open = r->n_ops ? r->op[r->n_ops - 1] : 0;
	if (!open || !r->after_value)
		return bad(r, "unexpected symbol");
	if (c == ',') {
		if (open != 'm' && open != 'M')
			return bad(r, "unexpected comma");
		r->op[r->n_ops - 1] = open == 'm' ? 'n' : 'N';
		r->after_value = false;
	} else if (open == '(') {
		r->n_ops--;
	} else if (open == 'n' || open == 'N') {
		r->op[r->n_ops - 1] = open == 'n' ? 'm' : 'M';
		apply(r);
	} else {
		return bad(r, "min and max take two dims");
	}
	r->at++;
	return true;
}

static bool read_operator(reader *r)
{
	char c = *r->at;
	if (!r->after_value) {
		if (c != '(' && c != '-')
			return bad(r, "a dim is expected");
		r->at++;
		return push_op(r, c == '-' ? '_' : c);
	}
	if (c == ')' || c == ',')
		return read_close(r, c);
	if (!rank_of(c))
		return bad(r, "an operator is expected");
	while (r->n_ops && rank_of(r->op[r->n_ops - 1]) >= rank_of(c))
		apply(r);
	r->at++;
	return push_op(r, c);
}

bool td_dim_parse(td_dims *d, const char *text, size_t n, td_dim_lookup *lookup, void *arg,
                  td_dim *out, td_err *e)
{
	reader r = {.d = d,
	            .text = text,
	            .at = text,
	            .end = text + n,
	            .lookup = lookup,
	            .arg = arg,
	            .e = e};
	while (r.at < r.end) {
		unsigned char c = (unsigned char)*r.at;
		bool ok = !r.after_value && isdigit(c)                 ? read_number(&r)
		          : !r.after_value && (isalpha(c) || c == '_') ? read_name(&r)
		                                                       : read_operator(&r);
		if (!ok)
			return false;
	}
	while (r.n_ops && rank_of(r.op[r.n_ops - 1]) && r.after_value)
		apply(&r);
	if (r.n_ops || !r.after_value)
		return bad(&r, "the dim ends too early");
	*out = r.value[0];
	if (*out == TD_DIM_BAD)
		return td_fail(e, TD_E_USAGE,
		               "the dim \"%.*s\" is too large, too complex or divides by zero",
		               (int)n, text);
	return true;
}
