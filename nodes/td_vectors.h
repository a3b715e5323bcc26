/* td_vectors.h: words for code that is C and OpenCL C at once: vectors
 * of 16 floats, the bits of a float, the two address spaces. */
#ifndef TD_VECTORS_H
#define TD_VECTORS_H

#ifdef __OPENCL_C_VERSION__

#define TD_GLOBAL __global
#define TD_OWN __private
#define TD_UNROLLED(n) __attribute__((opencl_unroll_hint(n)))

typedef long td_i64;
typedef ulong td_u64;
typedef float16 td_v16; /* numbers */
typedef int16 td_m16;   /* integers: bits, masks of -1 and 0 */
typedef uint td_set;    /* of lanes */
#define TD_VINLINE static inline

#define td_vbits(x) as_int(x)
#define td_vfloat(i) as_float(i)
#define td_bits16(v) as_int16(v)
#define td_float16(m) as_float16(m)
#define td_vload(p) vload16(0, p)
#ifdef TD_CPU
/* PoCL takes vstore16 apart into quarters, which loads then wait for: a store of 16 floats that need not
 * be aligned is one instruction. */
typedef float16 td_loose16 __attribute__((aligned(4), may_alias));
static inline void __attribute__((overloadable)) td_vstore(float16 v, __global float *p)
{
	*(__global td_loose16 *)p = v;
}
static inline void __attribute__((overloadable)) td_vstore(float16 v, __private float *p)
{
	*(__private td_loose16 *)p = v;
}
#else
#define td_vstore(v, p) vstore16(v, 0, p)
#endif
#define td_vload_ids(p) vload16(0, p)
#define td_vstore_ids(v, p) vstore16(v, 0, p)
#define td_vall(x) ((float16)(x))
#define td_mall(i) ((int16)(i))
#define td_lane_ids() ((int16)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))
#define td_vfma(a, b, c) fma(a, b, c)
#define td_fma1(a, b, c) fma(a, b, c)
/* where neither is less, b and a: together they keep both, whatever the zeros */
#define td_vsmaller(a, b) ((a) < (b) ? (a) : (b))

#ifdef TD_FP64
typedef double8 td_v8d;
#define td_vload_f64(p) vload8(0, p)
#ifdef TD_CPU
typedef double8 td_loose8d __attribute__((aligned(8), may_alias)); /* like td_loose16 */
static inline void __attribute__((overloadable)) td_vstore_f64(double8 v, __global double *p)
{
	*(__global td_loose8d *)p = v;
}
static inline void __attribute__((overloadable)) td_vstore_f64(double8 v, __private double *p)
{
	*(__private td_loose8d *)p = v;
}
#else
#define td_vstore_f64(v, p) vstore8(v, 0, p)
#endif
#define td_vall_f64(x) ((double8)(x))
#define td_vfma_f64(a, b, c) fma(a, b, c)
#define td_vwiden(p) convert_double8(vload8(0, p)) /* 8 floats as doubles */
#define td_vsmaller_f64(a, b) ((a) < (b) ? (a) : (b))
#define td_vlarger_f64(a, b) ((a) < (b) ? (b) : (a))

static inline double8 td_zip_lo_f64(double8 a, double8 b)
{
	double8 r;
	r.even = a.lo;
	r.odd = b.lo;
	return r;
}

static inline double8 td_zip_hi_f64(double8 a, double8 b)
{
	double8 r;
	r.even = a.hi;
	r.odd = b.hi;
	return r;
}
#endif

/* b where it is larger, else a: a NaN in b is passed over, one in a stays. */
static inline float16 td_vlarger(float16 a, float16 b)
{
	return a < b ? b : a;
}

/* Asks for a cache line that is needed soon. */
static inline void td_ahead(const __global float *p)
{
#ifdef __has_builtin
#if __has_builtin(__builtin_prefetch)
	__builtin_prefetch((const void *)(size_t)p, 0, 2);
#endif
#endif
}

/* The lanes whose mask is set, as bits. (Scalars out of a vector are dear: 4 steps for all lanes.) */
static inline uint td_lanes(int16 m)
{
	int16 bit = m & (int16)(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192,
	                        16384, 32768);
	int8 a = bit.lo | bit.hi;
	int4 b = a.lo | a.hi;
	int2 c = b.lo | b.hi;
	return (uint)(c.x | c.y);
}

/* The lowest lane of a set that is not empty. */
static inline int td_lowest(uint lanes)
{
	return (int)popcount((lanes & -lanes) - 1);
}

/* a0 b0 a1 b1 … of the lower and of the upper halves. */
static inline float16 td_zip_lo(float16 a, float16 b)
{
	float16 r;
	r.even = a.lo;
	r.odd = b.lo;
	return r;
}

static inline float16 td_zip_hi(float16 a, float16 b)
{
	float16 r;
	r.even = a.hi;
	r.odd = b.hi;
	return r;
}

#else

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#ifdef __AVX512F__
#include <immintrin.h>
#endif

#define TD_GLOBAL
#define TD_OWN
#define TD_PRAGMA(text) _Pragma(#text)
#ifdef __clang__
#define TD_UNROLLED(n) TD_PRAGMA(unroll n)
#else
#define TD_UNROLLED(n) TD_PRAGMA(GCC unroll n)
#endif
#define TD_VINLINE static inline __attribute__((always_inline))

typedef int64_t td_i64;
typedef uint64_t td_u64;
typedef float td_v16 __attribute__((vector_size(64)));
typedef int32_t td_m16 __attribute__((vector_size(64)));
typedef uint32_t td_set;
typedef double td_v8d __attribute__((vector_size(64)));

#define td_fma1(a, b, c) fmaf(a, b, c)
#define td_bits16(v) ((td_m16)(v))
#define td_float16(m) ((td_v16)(m))
#define td_zip_lo(a, b) \
	__builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define td_zip_hi(a, b) \
	__builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)

#define td_zip_lo_f64(a, b) __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11)
#define td_zip_hi_f64(a, b) __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15)

TD_VINLINE int32_t td_vbits(float x)
{
	int32_t i;
	memcpy(&i, &x, sizeof i);
	return i;
}

TD_VINLINE float td_vfloat(int32_t i)
{
	float x;
	memcpy(&x, &i, sizeof x);
	return x;
}

TD_VINLINE td_v16 td_vload(const float *p)
{
	td_v16 v;
	memcpy(&v, p, sizeof v);
	return v;
}

TD_VINLINE void td_vstore(td_v16 v, float *p)
{
	memcpy(p, &v, sizeof v);
}

TD_VINLINE td_m16 td_vload_ids(const int32_t *p)
{
	td_m16 v;
	memcpy(&v, p, sizeof v);
	return v;
}

TD_VINLINE void td_vstore_ids(td_m16 v, int32_t *p)
{
	memcpy(p, &v, sizeof v);
}

TD_VINLINE td_v16 td_vall(float x)
{
	return (td_v16){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x};
}

TD_VINLINE td_m16 td_mall(int32_t i)
{
	return (td_m16){i, i, i, i, i, i, i, i, i, i, i, i, i, i, i, i};
}

TD_VINLINE td_m16 td_lane_ids(void)
{
	return (td_m16){0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
}

TD_VINLINE td_v16 td_vlarger(td_v16 a, td_v16 b)
{
#ifdef __AVX512F__
	/* not _mm512_max_ps: gcc 12 warns of its undefined operand */
	return (td_v16)_mm512_maskz_max_ps((__mmask16)-1, (__m512)b, (__m512)a);
#else
	for (int l = 0; l < 16; l++)
		a[l] = a[l] < b[l] ? b[l] : a[l];
	return a;
#endif
}

TD_VINLINE td_v16 td_vfma(td_v16 a, td_v16 b, td_v16 c)
{
#ifdef __AVX512F__
	return (td_v16)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#else
	for (int l = 0; l < 16; l++)
		c[l] = fmaf(a[l], b[l], c[l]);
	return c;
#endif
}

TD_VINLINE td_v8d td_vload_f64(const double *p)
{
	td_v8d v;
	memcpy(&v, p, sizeof v);
	return v;
}

TD_VINLINE void td_vstore_f64(td_v8d v, double *p)
{
	memcpy(p, &v, sizeof v);
}

TD_VINLINE td_v8d td_vall_f64(double x)
{
	return (td_v8d){x, x, x, x, x, x, x, x};
}

TD_VINLINE td_v8d td_vfma_f64(td_v8d a, td_v8d b, td_v8d c)
{
#ifdef __AVX512F__
	return (td_v8d)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
#else
	for (int l = 0; l < 8; l++)
		c[l] = fma(a[l], b[l], c[l]);
	return c;
#endif
}

/* where neither is less, b and a: together they keep both, whatever the zeros */
TD_VINLINE td_v16 td_vsmaller(td_v16 a, td_v16 b)
{
#ifdef __AVX512F__
	return (td_v16)_mm512_maskz_min_ps(0xffff, (__m512)a, (__m512)b);
#else
	for (int l = 0; l < 16; l++)
		a[l] = a[l] < b[l] ? a[l] : b[l];
	return a;
#endif
}

TD_VINLINE td_v8d td_vsmaller_f64(td_v8d a, td_v8d b)
{
#ifdef __AVX512F__
	return (td_v8d)_mm512_maskz_min_pd(0xff, (__m512d)a, (__m512d)b);
#else
	for (int l = 0; l < 8; l++)
		a[l] = a[l] < b[l] ? a[l] : b[l];
	return a;
#endif
}

TD_VINLINE td_v8d td_vlarger_f64(td_v8d a, td_v8d b)
{
#ifdef __AVX512F__
	return (td_v8d)_mm512_maskz_max_pd(0xff, (__m512d)b, (__m512d)a);
#else
	for (int l = 0; l < 8; l++)
		a[l] = a[l] < b[l] ? b[l] : a[l];
	return a;
#endif
}

/* 8 floats as doubles */
TD_VINLINE td_v8d td_vwiden(const float *p)
{
#ifdef __AVX512F__
	/* one instruction; gcc 12 makes several of the other */
	return (td_v8d)_mm512_maskz_cvtps_pd(0xff, _mm256_loadu_ps(p));
#else
	float v __attribute__((vector_size(32)));
	memcpy(&v, p, sizeof v);
	return __builtin_convertvector(v, td_v8d);
#endif
}

TD_VINLINE void td_ahead(const float *p)
{
	__builtin_prefetch(p, 0, 2);
}

TD_VINLINE uint32_t td_lanes(td_m16 m)
{
#ifdef __AVX512F__
	return _mm512_test_epi32_mask((__m512i)m, (__m512i)m);
#else
	uint32_t lanes = 0;
	for (int l = 0; l < 16; l++)
		lanes |= (uint32_t)(m[l] & 1) << l;
	return lanes;
#endif
}

TD_VINLINE int td_lowest(uint32_t lanes)
{
	return __builtin_ctz(lanes);
}

#endif

/* The first n of 16 numbers, n <= 0 of none and n >= 16 of all; `rest` behind them when loading. */
TD_VINLINE td_v16 td_vload_part(const TD_GLOBAL float *p, td_i64 n, float rest)
{
	if (n >= 16)
		return td_vload(p);
	float some[16];
	for (int i = 0; i < 16; i++)
		some[i] = i < n ? p[i] : rest;
	return td_vload(some);
}

TD_VINLINE void td_vstore_part(td_v16 v, TD_GLOBAL float *p, td_i64 n)
{
	if (n >= 16) {
		td_vstore(v, p);
		return;
	}
	float some[16];
	td_vstore(v, some);
	for (int i = 0; i < n; i++)
		p[i] = some[i];
}

/* a where the mask is -1, b where it is 0. */
TD_VINLINE td_v16 td_vselect(td_m16 mask, td_v16 a, td_v16 b)
{
	return td_float16((td_bits16(a) & mask) | (td_bits16(b) & ~mask));
}

/* A NaN is always the one NaN, so that its bits are the same everywhere. */
TD_VINLINE float td_one_nan(float x)
{
	return isnan(x) ? td_vfloat(0x7fc00000) : x;
}

TD_VINLINE td_v16 td_vone_nan(td_v16 x)
{
	/* NOLINTNEXTLINE(misc-redundant-expression): by lane, false where it is NaN */
	return td_vselect(x == x, x, td_float16(td_mall(0x7fc00000)));
}

#endif
