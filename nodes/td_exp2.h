/* td_exp2.h: exp2_low of td_math.h for vectors of 16 floats in C as well: td_exp2_low_x16(x), the same in
 * C and in OpenCL C. */
#ifndef TD_EXP2_H
#define TD_EXP2_H

#include "td_math.h"
#include "td_vectors.h"

#ifndef __OPENCL_C_VERSION__
#define VF td_v16
#define K(c) td_vall(c)
#define FN(name) td_##name##_x16
#define FMA(a, b, c) td_vfma(a, b, c)
#define BITS(x) td_bits16(x)
#define FROM_BITS(u) td_float16(u)
#define LARGER(a, b) td_vlarger(a, b)
#include "td_math_exp2_body.h"
#undef VF
#undef K
#undef FN
#undef FMA
#undef BITS
#undef FROM_BITS
#undef LARGER
#endif

#endif
