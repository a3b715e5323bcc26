/* td_reduce.h: sums, products and extremes in one order, the same in C and in OpenCL C.
 *
 * The canonical order of a reduction over elements 0 … n-1 has 16 lanes:
 *   1. lane j starts at the neutral element and takes elements j, j + 16, j + 32 … in this order;
 *   2. lanes are folded in halves: lane j takes lane j + 8 (j < 8), then j + 4, j + 2, j + 1.
 * It does not depend on group sizes, vector widths or threads, so its bits do not either. The fold of
 * a sum adds +0 to each lane first: it makes no difference whether the missing elements of the last
 * 16 are left out or taken as zeros. A result that is NaN is always the one NaN of td_math.h.
 * Extremes pass over NaN; of zeros of both signs the one that comes first wins.
 *
 * In both languages, with suffix _f64 for double (OpenCL: with TD_FP64):
 *   td_sum(x, n)      sum of x[i]             0 for n = 0
 *   td_dot(x, y, n)   sum of x[i] y[i], fma   0
 *   td_max(x, n)      largest x[i]            -Inf
 *   td_min(x, n)      smallest x[i]           +Inf
 *   td_fold_sum(lane), td_fold_max(lane), td_fold_min(lane): step 2 alone, for a reduction whose
 *                     elements are computed on the way
 * C: `lane` is float[16], x const float *, n int64_t.
 * OpenCL C: `lane` is float16 (double16), x __global const float *, n long; and
 *   td_load16(x, left, pad)     16 elements; after the first `left` come pads
 *   td_group_sum(lane, local)   one lane a work item, 16 neighbouring items a row, `local` with a
 *   td_group_max, td_group_min  float an item: the fold, in all of the row's items. The group is a
 *                               multiple of 16 and all of it calls. For GPUs.
 * Error of td_sum: at most (n/16 + 4) u sum |x[i]| to first order, u = 2^-24 (2^-53). */
#ifndef TD_REDUCE_H
#define TD_REDUCE_H

/* b where it is larger (smaller), else a: a NaN in b is passed over. For scalars and vectors. */
#define TD_LARGER(a, b) ((a) < (b) ? (b) : (a))
#define TD_SMALLER(a, b) ((b) < (a) ? (b) : (a))

#ifdef __OPENCL_C_VERSION__

#define REAL float
#define REAL2 float2
#define REAL4 float4
#define REAL8 float8
#define REAL16 float16
#define FN(name) td_##name
#define ONE_NAN as_float(0x7fc00000u)
#include "td_reduce_cl_body.h"
#undef REAL
#undef REAL2
#undef REAL4
#undef REAL8
#undef REAL16
#undef FN
#undef ONE_NAN

#ifdef TD_FP64
#define REAL double
#define REAL2 double2
#define REAL4 double4
#define REAL8 double8
#define REAL16 double16
#define FN(name) td_##name##_f64
#define ONE_NAN as_double(0x7ff8000000000000ul)
#include "td_reduce_cl_body.h"
#undef REAL
#undef REAL2
#undef REAL4
#undef REAL8
#undef REAL16
#undef FN
#undef ONE_NAN
#endif

#else

#include <math.h>
#include <stdint.h>
#include <string.h>

#define REAL float
#define WORD int32_t
#define FMA fmaf
#define FN(name) td_##name
#define ONE_NAN __builtin_nanf("")
#include "td_reduce_c_body.h"
#undef REAL
#undef WORD
#undef FMA
#undef FN
#undef ONE_NAN

#define REAL double
#define WORD int64_t
#define FMA fma
#define FN(name) td_##name##_f64
#define ONE_NAN __builtin_nan("")
#include "td_reduce_c_body.h"
#undef REAL
#undef WORD
#undef FMA
#undef FN
#undef ONE_NAN

#endif
#endif
