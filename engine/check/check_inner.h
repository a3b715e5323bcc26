/* check_inner.h: what the passes of check share. Layer 2. */
#ifndef TD_CHECK_INNER_H
#define TD_CHECK_INNER_H

#include "../model/shape.h"
#include "check.h"

typedef struct {
	td_graph *g;
	td_diags *d;
	int64_t *known; /* per symbol: its value, or -1; grows as late dims are declared */
	int n_known;
	int *first_use; /* per value: a step that reads it, or TD_NONE */
	int *last_use;  /* per value: the last step that reads it, or TD_NONE */
	int *n_uses;    /* per value: reads by steps, outputs, carries */
	bool *live;     /* per step: an output of the graph depends on it */
	bool *cyclic;   /* per step: it is part of a cycle */
} td_checker;

/* structure.c: cycles, unbound inputs, order, loop scope, dead steps, unused inputs */
void td_check_structure(td_checker *c);
/* infer.c: dtypes, shapes, units, ranges, step by step in order */
void td_check_values(td_checker *c);
/* alias.c: buffers that are written over while somebody still needs them */
void td_check_alias(td_checker *c);
/* trust.c: pins, paths, determinism, narrowing before decisions */
void td_check_trust(td_checker *c);

/* Adds a finding at a step, with a fingerprint path "step NAME". */
td_diag *td_check_add(td_checker *c, const char *rule, const td_step *s, const char *fmt, ...)
	TD_PRINTF(4, 5);

/* Refreshes c->known after symbols were declared. */
void td_check_know(td_checker *c);
/* Value of a dim when every symbol in it is fixed. */
bool td_check_number(const td_checker *c, td_dim dim, int64_t *value);

typedef enum { TD_SAME, TD_DIFFERENT, TD_UNPROVED, TD_LATE_MIX, TD_RATES_DIFFER } td_sameness;
/* Are two dims equal? By normal form, else by value, else unproved. */
td_sameness td_check_same(const td_checker *c, td_dim a, td_dim b);

/* What is known of one step while it is inferred (infer.c, infer_shape.c). */
typedef struct {
	td_checker *c;
	td_step *s;
	td_shape_scope scope;
	td_unit_vars units;
	td_dtype dtype; /* T of the node */
	int dtype_from; /* input that gave it, TD_NONE: none yet */
	bool broken;    /* a finding was made: outputs stay unknown */
} td_step_infer;

/* The value an input port reads, NULL when it is not given. */
td_value *td_infer_in(const td_step_infer *x, int port);
/* Adds a finding at the step; its other end is what feeds the port (TD_NONE: none). */
td_diag *td_infer_add(td_step_infer *x, const char *rule, int port, const char *fmt, ...)
	TD_PRINTF(4, 5);
/* Unifies the shapes of all inputs with the port's shape strings. */
void td_infer_inputs(td_step_infer *x);
/* Shape of one output from its shape string; declares its late dim. */
TD_MUST_USE bool td_infer_output(td_step_infer *x, const td_port *p, td_shape *out, td_err *e);
/* TD0205: an axis below zero, a tensor beyond 2^63 bytes. */
void td_infer_extents(td_step_infer *x, const td_port *p, const td_shape *out);

#endif
