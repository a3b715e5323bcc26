/* oracle.h: what `ref` says about one step, on given inputs. Layer 5. */
#ifndef TD_MEASURE_ORACLE_H
#define TD_MEASURE_ORACLE_H

#include "../run/exec.h"

typedef struct td_oracle td_oracle;

td_oracle *td_oracle_new(void);
void td_oracle_free(td_oracle *o);

/* Runs `ref` of a node on host tensors of any dtype (rank -1: absent), widened. `out` and `scratch`
 * give dims (late ones at their capacity). An output over an input starts as a copy of it. */
TD_MUST_USE bool td_oracle_run(td_oracle *o, const td_node *node, const void *params,
                               const td_tensor *in, const td_tensor *out, const td_tensor *scratch,
                               td_err *e);
/* Of the last run: outputs (f64 or i64), c of TD_SUM outputs (else NULL), the call itself. */
const td_tensor *td_oracle_output(const td_oracle *o, int port);
const double *td_oracle_mag(const td_oracle *o, int port);
const td_call *td_oracle_call(const td_oracle *o);

#endif
