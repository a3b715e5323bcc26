#include "dim_inner.h"

#include <stdlib.h>
#include <string.h>

/* A polynomial under construction. `bad` swallows everything. */
typedef struct {
	int n;
	bool bad;
	term t[TERMS];
} sum;

/* -- the pool ------------------------------------------------------------- */

td_dims *td_dims_new(void)
{
	td_dims *d = td_alloc(sizeof *d);
	td_intern_add(&d->arena, &d->monos, NULL, 0);  /* 0: no atoms */
	td_intern_add(&d->arena, &d->polys, "bad", 3); /* TD_DIM_BAD */
	return d;
}

void td_dims_free(td_dims *d)
{
	if (!d)
		return;
	td_arena_fini(&d->arena);
	free(d);
}

int td_dims_count(const td_dims *d)
{
	return d->symbols.n;
}

td_symbol *td_dims_symbol(td_dims *d, int symbol)
{
	return &d->symbols.items[symbol];
}

const td_symbol *td_dims_symbol_c(const td_dims *d, int symbol)
{
	return &d->symbols.items[symbol];
}

int td_dims_find(const td_dims *d, const char *name)
{
	return td_intern_find_text(&d->names, name);
}

int td_dims_declare(td_dims *d, const char *name, int64_t lo, int64_t hi)
{
	int i = td_intern_add_text(&d->arena, &d->names, name);
	td_symbol s = {.name = td_intern_text(&d->names, i), .lo = lo, .hi = hi};
	TD_PUSH(&d->arena, d->symbols, s);
	return i;
}

/* -- sums ----------------------------------------------------------------- */

/* Exact arithmetic, or false. INT64_MIN counts as overflow everywhere: it has no positive twin, so
 * that neither negation nor the text form could hold it. */
static bool add_exact(int64_t a, int64_t b, int64_t *c)
{
	return !__builtin_add_overflow(a, b, c) && *c != INT64_MIN;
}

static bool mul_exact(int64_t a, int64_t b, int64_t *c)
{
	return !__builtin_mul_overflow(a, b, c) && *c != INT64_MIN;
}

static void add_term(sum *s, int64_t coef, int64_t mono)
{
	int i = 0;
	while (i < s->n && s->t[i].mono < mono)
		i++;
	if (i < s->n && s->t[i].mono == mono) {
		s->bad |= !add_exact(s->t[i].coef, coef, &s->t[i].coef);
		if (!s->t[i].coef)
			memmove(&s->t[i], &s->t[i + 1], (size_t)(--s->n - i) * sizeof(term));
	} else if (coef && s->n < TERMS && coef != INT64_MIN) {
		memmove(&s->t[i + 1], &s->t[i], (size_t)(s->n++ - i) * sizeof(term));
		s->t[i] = (term){coef, mono};
	} else if (coef) {
		s->bad = true;
	}
}

static void add_poly(const td_dims *d, sum *s, td_dim a, int64_t factor)
{
	int n;
	const term *t = terms_of(d, a, &n);
	s->bad |= a == TD_DIM_BAD;
	for (int i = 0; i < n && !s->bad; i++) {
		int64_t coef;
		s->bad |= !mul_exact(t[i].coef, factor, &coef);
		add_term(s, coef, t[i].mono);
	}
}

static td_dim finish(td_dims *d, const sum *s)
{
	if (s->bad)
		return TD_DIM_BAD;
	return td_intern_add(&d->arena, &d->polys, s->t, s->n * (int)sizeof(term));
}

/* Adds the atoms of a dim, with what is inside them, to `weight`; deepest nesting in `depth`. */
static void measure(const td_dims *d, td_dim p, int *depth, int *weight)
{
	int n, m;
	const term *t = terms_of(d, p, &n);
	for (int i = 0; i < n; i++) {
		const int32_t *x = atoms_of(d, t[i].mono, &m);
		for (int j = 0; j < m; j++) {
			const atom *a = atom_of(d, x[j]);
			*weight += a->weight;
			*depth = a->depth > *depth ? a->depth : *depth;
		}
	}
}

/* The dim that is one atom alone. */
static td_dim single(td_dims *d, atom_kind kind, int32_t a, int32_t b)
{
	atom x = {.kind = (int32_t)kind, .a = a, .b = b, .weight = 1};
	if (kind != SYMBOL) {
		measure(d, a, &x.depth, &x.weight);
		measure(d, b, &x.depth, &x.weight);
		if (++x.depth > NESTING || x.weight > WEIGHT)
			return TD_DIM_BAD;
	}
	int32_t i = td_intern_add(&d->arena, &d->atoms, &x, sizeof x);
	sum s = {.n = 1};
	s.t[0] = (term){1, td_intern_add(&d->arena, &d->monos, &i, sizeof i)};
	return finish(d, &s);
}

int td_dims_late(td_dims *d, const char *name, td_dim capacity)
{
	int64_t lo, hi;
	int i = td_dims_find(d, name);
	td_dim_range(d, capacity, &lo, &hi);
	if (i < 0)
		i = td_dims_declare(d, name, 0, hi);
	td_symbol *s = &d->symbols.items[i];
	s->hi = hi;
	s->late = true;
	s->capacity = capacity;
	return i;
}

td_dim td_dim_of(td_dims *d, int symbol)
{
	return single(d, SYMBOL, symbol, 0);
}

td_dim td_dim_int(td_dims *d, int64_t value)
{
	sum s = {0};
	add_term(&s, value, 0);
	return finish(d, &s);
}

td_dim td_dim_add(td_dims *d, td_dim a, td_dim b)
{
	sum s = {0};
	add_poly(d, &s, a, 1);
	add_poly(d, &s, b, 1);
	return finish(d, &s);
}

td_dim td_dim_sub(td_dims *d, td_dim a, td_dim b)
{
	sum s = {0};
	add_poly(d, &s, a, 1);
	add_poly(d, &s, b, -1);
	return finish(d, &s);
}

/* Product of two monomials, or -1 above the degree limit. */
static int64_t mono_mul(td_dims *d, int64_t a, int64_t b)
{
	int na, nb, n = 0;
	const int32_t *x = atoms_of(d, a, &na), *y = atoms_of(d, b, &nb);
	int32_t out[DEGREE];
	if (na + nb > DEGREE)
		return -1;
	for (int i = 0, j = 0; i < na || j < nb;)
		out[n++] = j >= nb || (i < na && x[i] <= y[j]) ? x[i++] : y[j++];
	return td_intern_add(&d->arena, &d->monos, out, n * (int)sizeof out[0]);
}

/* a / b where b divides a as a set of atoms, or -1. */
static int64_t mono_div(td_dims *d, int64_t a, int64_t b)
{
	int na, nb, n = 0, j = 0;
	const int32_t *x = atoms_of(d, a, &na), *y = atoms_of(d, b, &nb);
	int32_t out[DEGREE];
	for (int i = 0; i < na; i++)
		if (j < nb && x[i] == y[j])
			j++;
		else
			out[n++] = x[i];
	return j == nb ? td_intern_add(&d->arena, &d->monos, out, n * (int)sizeof out[0]) : -1;
}

td_dim td_dim_mul(td_dims *d, td_dim a, td_dim b)
{
	sum s = {.bad = a == TD_DIM_BAD || b == TD_DIM_BAD};
	int na, nb;
	terms_of(d, a, &na);
	terms_of(d, b, &nb);
	for (int i = 0; i < na * nb && !s.bad; i++) {
		int n; /* the terms may move while monomials are made: fetched anew each turn */
		term x = terms_of(d, a, &n)[i / nb], y = terms_of(d, b, &n)[i % nb];
		int64_t coef = 0, mono = mono_mul(d, x.mono, y.mono);
		s.bad |= mono < 0 || !mul_exact(x.coef, y.coef, &coef);
		if (!s.bad)
			add_term(&s, coef, mono);
	}
	return finish(d, &s);
}

static int64_t floor_div(int64_t a, int64_t b)
{
	int64_t q = a / b;
	return q - (a % b != 0 && (a < 0) != (b < 0));
}

/* floor(a / c) for a number c > 0: whatever c divides comes out of the floor. */
static td_dim div_by_number(td_dims *d, td_dim a, int64_t c)
{
	sum out = {0}, rest = {0};
	int n;
	const term *t = terms_of(d, a, &n);
	for (int i = 0; i < n; i++) {
		int64_t r = t[i].coef % c;
		add_term(&out, floor_div(t[i].coef, c), t[i].mono);
		add_term(&rest, r < 0 ? r + c : r, t[i].mono);
	}
	td_dim whole = finish(d, &out), left = finish(d, &rest);
	int64_t number;
	if (td_dim_const(d, left, &number)) /* 0 <= number < c */
		return whole;
	/* floor(floor(x/b)/c) = floor(x/(b c)) */
	const term *l = terms_of(d, left, &n);
	int n_atoms;
	const int32_t *x = atoms_of(d, l[0].mono, &n_atoms);
	const atom *f = n_atoms == 1 ? atom_of(d, x[0]) : NULL;
	int64_t inner, product;
	td_dim fraction;
	if (n == 1 && l[0].coef == 1 && f && f->kind == FLOOR && td_dim_const(d, f->b, &inner) &&
	    inner > 0 && mul_exact(inner, c, &product))
		fraction = single(d, FLOOR, f->a, td_dim_int(d, product));
	else
		fraction = single(d, FLOOR, left, td_dim_int(d, c));
	return td_dim_add(d, whole, fraction);
}

/* a / b where b is one term that divides every term of a exactly; TD_DIM_BAD when it does not. */
static td_dim div_exact(td_dims *d, td_dim a, td_dim b)
{
	int n, nb;
	terms_of(d, a, &n);
	term y = terms_of(d, b, &nb)[0];
	sum s = {.bad = nb != 1};
	for (int i = 0; i < n && !s.bad; i++) {
		term x = terms_of(d, a, &n)[i];
		int64_t mono = mono_div(d, x.mono, y.mono);
		s.bad |= mono < 0 || x.coef % y.coef != 0;
		if (!s.bad)
			add_term(&s, x.coef / y.coef, mono);
	}
	return finish(d, &s);
}

td_dim td_dim_div(td_dims *d, td_dim a, td_dim b)
{
	int64_t x, y, lo, hi;
	if (a == TD_DIM_BAD || b == TD_DIM_BAD)
		return TD_DIM_BAD;
	if (td_dim_const(d, b, &y))
		return y <= 0                   ? TD_DIM_BAD
		       : td_dim_const(d, a, &x) ? td_dim_int(d, floor_div(x, y))
		                                : div_by_number(d, a, y);
	td_dim_range(d, b, &lo, &hi);
	td_dim exact = lo > 0 ? div_exact(d, a, b) : TD_DIM_BAD;
	return a == b && lo > 0      ? td_dim_int(d, 1)
	       : exact != TD_DIM_BAD ? exact
	                             : single(d, FLOOR, a, b);
}

static td_dim extreme(td_dims *d, atom_kind kind, td_dim a, td_dim b)
{
	int64_t alo, ahi, blo, bhi;
	if (a == b || a == TD_DIM_BAD || b == TD_DIM_BAD)
		return a == b ? a : TD_DIM_BAD;
	td_dim_range(d, a, &alo, &ahi);
	td_dim_range(d, b, &blo, &bhi);
	if (ahi <= blo)
		return kind == MIN ? a : b;
	if (bhi <= alo)
		return kind == MIN ? b : a;
	return a < b ? single(d, kind, a, b) : single(d, kind, b, a);
}

td_dim td_dim_min(td_dims *d, td_dim a, td_dim b)
{
	return extreme(d, MIN, a, b);
}

td_dim td_dim_max(td_dims *d, td_dim a, td_dim b)
{
	return extreme(d, MAX, a, b);
}

/* -- asking --------------------------------------------------------------- */

bool td_dim_const(const td_dims *d, td_dim a, int64_t *value)
{
	int n;
	const term *t = terms_of(d, a, &n);
	if (a == TD_DIM_BAD || n > 1 || (n == 1 && t[0].mono != 0))
		return false;
	*value = n ? t[0].coef : 0;
	return true;
}

/* The atom that a dim consists of, or NULL. */
static const atom *sole_atom(const td_dims *d, td_dim a)
{
	int n, m;
	const term *t = terms_of(d, a, &n);
	if (a == TD_DIM_BAD || n != 1 || t[0].coef != 1)
		return NULL;
	const int32_t *x = atoms_of(d, t[0].mono, &m);
	return m == 1 ? atom_of(d, x[0]) : NULL;
}

int td_dim_symbol(const td_dims *d, td_dim a)
{
	const atom *x = sole_atom(d, a);
	return x && x->kind == SYMBOL ? x->a : -1;
}

/* NOLINTNEXTLINE(misc-no-recursion): nesting is bounded */
static bool atom_late(const td_dims *d, const atom *x)
{
	if (x->kind == SYMBOL)
		return d->symbols.items[x->a].late;
	return td_dim_late(d, x->a) || td_dim_late(d, x->b);
}

/* NOLINTNEXTLINE(misc-no-recursion): nesting is bounded */
bool td_dim_late(const td_dims *d, td_dim a)
{
	int n, m;
	const term *t = terms_of(d, a, &n);
	for (int i = 0; i < n; i++) {
		const int32_t *x = atoms_of(d, t[i].mono, &m);
		for (int j = 0; j < m; j++)
			if (atom_late(d, atom_of(d, x[j])))
				return true;
	}
	return false;
}

/* NOLINTNEXTLINE(misc-no-recursion): nesting is bounded */
static bool atom_eval(const td_dims *d, const atom *x, const int64_t *values, int64_t *out)
{
	int64_t a, b;
	if (x->kind == SYMBOL) {
		*out = values[x->a];
		return *out >= 0;
	}
	if (!td_dim_eval(d, x->a, values, &a) || !td_dim_eval(d, x->b, values, &b))
		return false;
	if (x->kind == FLOOR && b <= 0)
		return false;
	*out = x->kind == FLOOR ? floor_div(a, b) : (x->kind == MIN) == (a < b) ? a : b;
	return true;
}

/* NOLINTNEXTLINE(misc-no-recursion): nesting is bounded */
bool td_dim_eval(const td_dims *d, td_dim a, const int64_t *values, int64_t *out)
{
	int n, m;
	const term *t = terms_of(d, a, &n);
	int64_t total = 0;
	for (int i = 0; i < n; i++) {
		const int32_t *x = atoms_of(d, t[i].mono, &m);
		int64_t product = t[i].coef, factor;
		for (int j = 0; j < m; j++)
			if (!atom_eval(d, atom_of(d, x[j]), values, &factor) ||
			    !mul_exact(product, factor, &product))
				return false;
		if (!add_exact(total, product, &total))
			return false;
	}
	*out = total;
	return a != TD_DIM_BAD;
}

/* -- intervals, saturating ------------------------------------------------ */

static int64_t add_sat(int64_t a, int64_t b)
{
	int64_t c;
	if (add_exact(a, b, &c))
		return c;
	return a > 0 ? INT64_MAX : -INT64_MAX;
}

static int64_t mul_sat(int64_t a, int64_t b)
{
	int64_t c;
	if (mul_exact(a, b, &c))
		return c;
	return (a > 0) == (b > 0) ? INT64_MAX : -INT64_MAX;
}

static void interval_mul(int64_t *lo, int64_t *hi, int64_t b_lo, int64_t b_hi)
{
	int64_t p[4] = {mul_sat(*lo, b_lo), mul_sat(*lo, b_hi), mul_sat(*hi, b_lo),
	                mul_sat(*hi, b_hi)};
	*lo = *hi = p[0];
	for (int i = 1; i < 4; i++) {
		*lo = p[i] < *lo ? p[i] : *lo;
		*hi = p[i] > *hi ? p[i] : *hi;
	}
}

/* NOLINTNEXTLINE(misc-no-recursion): nesting is bounded */
static void atom_range(const td_dims *d, const atom *x, int64_t *lo, int64_t *hi)
{
	int64_t b_lo, b_hi;
	if (x->kind == SYMBOL) {
		const td_symbol *s = &d->symbols.items[x->a];
		*lo = s->lo;
		*hi = s->hi;
		return;
	}
	td_dim_range(d, x->a, lo, hi);
	td_dim_range(d, x->b, &b_lo, &b_hi);
	if (x->kind == FLOOR) {
		b_lo = b_lo < 1 ? 1 : b_lo;
		b_hi = b_hi < 1 ? 1 : b_hi;
		*lo = floor_div(*lo, *lo < 0 ? b_lo : b_hi);
		*hi = floor_div(*hi, *hi < 0 ? b_hi : b_lo);
	} else {
		*lo = (x->kind == MIN) == (*lo < b_lo) ? *lo : b_lo;
		*hi = (x->kind == MIN) == (*hi < b_hi) ? *hi : b_hi;
	}
}

/* NOLINTNEXTLINE(misc-no-recursion): nesting is bounded */
void td_dim_range(const td_dims *d, td_dim a, int64_t *lo, int64_t *hi)
{
	int n, m;
	const term *t = terms_of(d, a, &n);
	*lo = *hi = 0;
	for (int i = 0; i < n; i++) {
		const int32_t *x = atoms_of(d, t[i].mono, &m);
		int64_t p_lo = t[i].coef, p_hi = t[i].coef, x_lo, x_hi;
		for (int j = 0; j < m; j++) {
			atom_range(d, atom_of(d, x[j]), &x_lo, &x_hi);
			interval_mul(&p_lo, &p_hi, x_lo, x_hi);
		}
		*lo = add_sat(*lo, p_lo);
		*hi = add_sat(*hi, p_hi);
	}
	if (a == TD_DIM_BAD) {
		*lo = -INT64_MAX;
		*hi = INT64_MAX;
	}
}
