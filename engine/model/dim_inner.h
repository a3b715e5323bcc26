/* dim_inner.h: how dims are stored; for dim.c and dim_text.c alone. Layer 1.
 *
 * Polynomials, monomials and atoms are interned byte strings: equal content has one number.
 *
 *   poly  terms {coefficient, monomial}, ascending by monomial number, no zero coefficient
 *   mono  atom numbers, ascending, repeated for powers; number 0 is the empty one (constants)
 *   atom  kind and two operands; symbols have their number as first operand
 *
 * An atom only holds dims that were made before it. Dims nest at most NESTING deep, which bounds
 * the recursion in both files, and an atom holds at most WEIGHT atoms, itself included and shared
 * ones counted each time, which bounds the work. */
#ifndef TD_MODEL_DIM_INNER_H
#define TD_MODEL_DIM_INNER_H

#include "../base/intern.h"
#include "dim.h"

enum { DEGREE = 8, TERMS = 64, NESTING = 12, WEIGHT = 1024 };

typedef struct {
	int64_t coef, mono;
} term;

typedef enum { SYMBOL, FLOOR, MIN, MAX } atom_kind;

typedef struct {
	int32_t kind, a, b, depth, weight;
} atom;

struct td_dims {
	td_arena arena;
	td_intern polys, monos, atoms;
	struct {
		td_symbol *items;
		int n, cap;
	} symbols;
	td_intern names; /* entry i is the name of symbol i */
};

static inline const term *terms_of(const td_dims *d, td_dim a, int *n)
{
	const td_interned *x = &d->polys.items[a];
	*n = x->n / (int)sizeof(term);
	return x->bytes;
}

static inline const int32_t *atoms_of(const td_dims *d, int64_t mono, int *n)
{
	const td_interned *x = &d->monos.items[mono];
	*n = x->n / (int)sizeof(int32_t);
	return x->bytes;
}

static inline const atom *atom_of(const td_dims *d, int32_t i)
{
	return d->atoms.items[i].bytes;
}

#endif
