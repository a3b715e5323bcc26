/* errors.h: in how many ways one output of one step differs from the truth. Layer 5.
 *
 * x' is what the device was given, x what the oracle's own course has there, f the step on the device
 * and F the oracle: the isolated error I = f(x') - F(x') is the device's own, the propagated error
 * P = F(x') - F(x) is the problem's answer to what came in, and together they are the accumulated
 * error E = f(x') - F(x) (docs/measuring.md, "Isolated, propagated, accumulated"). */
#ifndef TD_MEASURE_ERRORS_H
#define TD_MEASURE_ERRORS_H

#include "../run/record.h"

/* Numbers that are not known are NaN. `got` is f(x'), `isolated` F(x') (f64 or i64, same dims), `mag`
 * the magnitudes c of a TD_SUM or NULL, `own` F(x) or NULL. */
td_errors td_errors_of(const td_tensor *got, const td_tensor *isolated, const double *mag,
                       const td_tensor *own);

/* How much a step amplifies: relative size of P over the largest relative error among its inputs;
 * NaN when nothing wrong came in. `given` and `own` are inputs, rank -1: absent. */
double td_amplification(double propagated_rel, const td_tensor *given, const td_tensor *own, int n);

#endif
