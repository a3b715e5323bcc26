/* convert.h: tensors between their own dtype and the oracle's two. Layer 4. */
#ifndef TD_RUN_CONVERT_H
#define TD_RUN_CONVERT_H

#include "../model/dtype.h"

/* f64 for floats, i64 for integers. */
td_dtype td_wide(td_dtype d);
/* n elements from one dtype to another. Exact when widening; rounds to nearest even when narrowing
 * floats; integers wrap. f16 and bf16 are converted through their bits. */
void td_convert(void *to, td_dtype to_dtype, const void *from, td_dtype from_dtype, int64_t n);
/* Element i as a double (integers beyond 2^53 lose bits: for reports only). */
double td_element(const td_tensor *t, int64_t i);

#endif
