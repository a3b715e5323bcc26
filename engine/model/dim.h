/* dim.h: symbolic dims. Layer 1.
 *
 * A dim is an integer polynomial over atoms: symbols, floor(p/q), min(p,q), max(p,q). Dims live in
 * a pool that keeps each polynomial once, in a normal form, so two dims are proved equal when their
 * numbers are equal. Everything here ends: polynomials over 64 terms or of degree over 8, and atoms
 * nested over 12 deep or over 1024 of them in one, become TD_DIM_BAD, which equals nothing, and so
 * do overflows. */
#ifndef TD_MODEL_DIM_H
#define TD_MODEL_DIM_H

#include "../base/str.h"

#define TD_DIM_BAD 0
#define TD_DIM_MAX INT32_MAX /* the largest extent a symbol may take */

typedef struct {
	const char *name;
	int64_t lo, hi;  /* what it may be */
	bool late;       /* fixed by BIND during the run (td_dims_late) */
	td_dim capacity; /* late: at most this; `hi` is its bound */
	double rate;     /* samples per second along this axis, 0: none */
} td_symbol;

td_dims *td_dims_new(void);
void td_dims_free(td_dims *d);

/* -- symbols; they are numbered from 0 in the order of their making ------- */

int td_dims_count(const td_dims *d);
td_symbol *td_dims_symbol(td_dims *d, int symbol);
const td_symbol *td_dims_symbol_c(const td_dims *d, int symbol);
/* The symbol of that name, or -1. */
int td_dims_find(const td_dims *d, const char *name);
/* Makes a symbol (the name must be new); the text is copied. */
int td_dims_declare(td_dims *d, const char *name, int64_t lo, int64_t hi);
/* Makes a late symbol, or gives the one of that name another capacity: it goes from 0 to the bound
 * that `capacity` has now, so that chains of late dims cost nothing. */
int td_dims_late(td_dims *d, const char *name, td_dim capacity);
td_dim td_dim_of(td_dims *d, int symbol);

/* -- arithmetic: td_dim_int, _add, _sub, _mul, _div stand in tandem.h ----- */

td_dim td_dim_min(td_dims *d, td_dim a, td_dim b);
td_dim td_dim_max(td_dims *d, td_dim a, td_dim b);

/* Is it a plain number? */
bool td_dim_const(const td_dims *d, td_dim a, int64_t *value);
/* Is it a plain symbol? -1 when not. */
int td_dim_symbol(const td_dims *d, td_dim a);
/* Does it hold a late symbol (anywhere inside)? */
bool td_dim_late(const td_dims *d, td_dim a);

/* Value with symbol i = values[i]; values[i] < 0 is unknown and makes the result false. */
bool td_dim_eval(const td_dims *d, td_dim a, const int64_t *values, int64_t *out);
/* Bounds from the bounds of its symbols; saturate at +-INT64_MAX. */
void td_dim_range(const td_dims *d, td_dim a, int64_t *lo, int64_t *hi);

/* "N*k+1", "(T+1)/2-1": reads back as the same dim; terms in a fixed order. */
void td_dim_text(const td_dims *d, td_dim a, td_str *out);
/* The dims of a shape, separated by blanks. */
void td_shape_text(const td_dims *d, const td_shape *s, td_str *out);

/* -- parsing -------------------------------------------------------------- */

/* Can text[0 … n) be the name of a symbol: a letter or _, then letters, digits, _ . @, below 64? */
bool td_dim_name_valid(const char *text, size_t n);
/* What a name in an expression stands for; false: unknown. */
typedef bool td_dim_lookup(void *arg, const char *name, td_dim *dim);
/* Reads one expression from text[0 … n). */
TD_MUST_USE bool td_dim_parse(td_dims *d, const char *text, size_t n, td_dim_lookup *lookup,
                              void *arg, td_dim *out, td_err *e);

#endif
