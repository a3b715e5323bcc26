/* check.h: proves a graph without a device. Layer 2.
 *
 * One call finds everything: structure, dtypes, shapes, units, ranges, pins, determinism. What
 * needs a device's limits is found by plan/fit.c, with the same codes. */
#ifndef TD_CHECK_CHECK_H
#define TD_CHECK_CHECK_H

#include "../model/shape.h"
#include "diag.h"

/* Adds what it finds to `d` and fills shapes, dtypes, units and ranges of the values it could infer.
 * Symbols that inputs have fixed (td_inputs_open) are used as numbers. Returns true when no finding
 * is an error. Never recurses over the graph; linear in its size. */
bool td_check(td_graph *g, td_diags *d);

/* Binds the names of a checked step's shape strings (from the shapes of its inputs, its parameters
 * and its late dims), so that other expressions over them can be evaluated: scratch shapes, local
 * memory, lengths of sums. */
void td_step_scope(td_graph *g, const td_step *s, td_shape_scope *scope);
/* Shape of one scratch port of a checked step. */
TD_MUST_USE bool td_step_scratch(td_graph *g, const td_step *s, const td_port *p, td_shape *out,
                                 td_err *e);
/* The late symbol that output port `port` of the step fixes, or -1. */
int td_step_late(const td_graph *g, const td_step *s, int port);

#endif
