/* check.h: proves a graph without a device. Layer 2.
 *
 * One call finds everything: structure, dtypes, shapes, units, ranges, pins, determinism. What
 * needs a device's limits is found by plan/fit.c, with the same codes. */
#ifndef TD_CHECK_CHECK_H
#define TD_CHECK_CHECK_H

#include "diag.h"

/* Adds what it finds to `d` and fills shapes, dtypes, units and ranges of the values it could infer.
 * Symbols that inputs have fixed (td_inputs_open) are used as numbers. Returns true when no finding
 * is an error. Never recurses over the graph; linear in its size. */
bool td_check(td_graph *g, td_diags *d);

#endif
