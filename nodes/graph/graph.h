/* graph.h: the words that this family's code is written in, for C and for OpenCL C at once: vectors
 * of 16 floats, the bits of a float, the two address spaces. */
#ifndef TD_NODES_GRAPH_H
#define TD_NODES_GRAPH_H

#ifdef __OPENCL_C_VERSION__

#define GRAPH_GLOBAL __global
#define GRAPH_UNROLL(n) __attribute__((opencl_unroll_hint(n)))

typedef long graph_i64;
typedef ulong graph_u64;
typedef float16 graph_v16; /* numbers */
typedef int16 graph_m16;   /* integers: bits, masks of -1 and 0 */
typedef uint graph_set;    /* of lanes */

#define graph_bits(x) as_int(x)
#define graph_float(i) as_float(i)
#define graph_bits16(v) as_int16(v)
#define graph_float16(m) as_float16(m)
#define graph_load(p) vload16(0, p)
#define graph_store(v, p) vstore16(v, 0, p)
#define graph_load_ids(p) vload16(0, p)
#define graph_store_ids(v, p) vstore16(v, 0, p)
#define graph_all(x) ((float16)(x))
#define graph_fma(a, b, c) fma(a, b, c)
#define graph_fma1(a, b, c) fma(a, b, c)

/* Asks for a cache line that is needed soon. */
static inline void graph_ahead(const __global float *p)
{
#ifdef __has_builtin
#if __has_builtin(__builtin_prefetch)
	__builtin_prefetch((const void *)(size_t)p, 0, 2);
#endif
#endif
}

/* The lanes whose mask is set, as bits. (Scalars out of a vector are dear: 4 steps for all lanes.) */
static inline uint graph_lanes(int16 m)
{
	int16 bit = m & (int16)(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192,
	                        16384, 32768);
	int8 a = bit.lo | bit.hi;
	int4 b = a.lo | a.hi;
	int2 c = b.lo | b.hi;
	return (uint)(c.x | c.y);
}

/* The lowest lane of a set that is not empty. */
static inline int graph_lowest(uint lanes)
{
	return (int)popcount((lanes & -lanes) - 1);
}

/* a0 b0 a1 b1 … of the lower and of the upper halves. */
static inline float16 graph_zip_lo(float16 a, float16 b)
{
	float16 r;
	r.even = a.lo;
	r.odd = b.lo;
	return r;
}

static inline float16 graph_zip_hi(float16 a, float16 b)
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

#define GRAPH_GLOBAL
#define GRAPH_PRAGMA(text) _Pragma(#text)
#ifdef __clang__
#define GRAPH_UNROLL(n) GRAPH_PRAGMA(unroll n)
#else
#define GRAPH_UNROLL(n) GRAPH_PRAGMA(GCC unroll n)
#endif
#define GRAPH_INLINE static inline __attribute__((always_inline))

typedef int64_t graph_i64;
typedef uint64_t graph_u64;
typedef float graph_v16 __attribute__((vector_size(64)));
typedef int32_t graph_m16 __attribute__((vector_size(64)));
typedef uint32_t graph_set;

#define graph_fma1(a, b, c) fmaf(a, b, c)
#define graph_bits16(v) ((graph_m16)(v))
#define graph_float16(m) ((graph_v16)(m))
#define graph_zip_lo(a, b) \
	__builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23)
#define graph_zip_hi(a, b) \
	__builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31)

GRAPH_INLINE int32_t graph_bits(float x)
{
	int32_t i;
	memcpy(&i, &x, sizeof i);
	return i;
}

GRAPH_INLINE float graph_float(int32_t i)
{
	float x;
	memcpy(&x, &i, sizeof x);
	return x;
}

GRAPH_INLINE graph_v16 graph_load(const float *p)
{
	graph_v16 v;
	memcpy(&v, p, sizeof v);
	return v;
}

GRAPH_INLINE void graph_store(graph_v16 v, float *p)
{
	memcpy(p, &v, sizeof v);
}

GRAPH_INLINE graph_m16 graph_load_ids(const int32_t *p)
{
	graph_m16 v;
	memcpy(&v, p, sizeof v);
	return v;
}

GRAPH_INLINE void graph_store_ids(graph_m16 v, int32_t *p)
{
	memcpy(p, &v, sizeof v);
}

GRAPH_INLINE graph_v16 graph_all(float x)
{
	return (graph_v16){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x};
}

GRAPH_INLINE graph_v16 graph_fma(graph_v16 a, graph_v16 b, graph_v16 c)
{
#ifdef __AVX512F__
	return (graph_v16)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#else
	for (int l = 0; l < 16; l++)
		c[l] = fmaf(a[l], b[l], c[l]);
	return c;
#endif
}

GRAPH_INLINE void graph_ahead(const float *p)
{
	__builtin_prefetch(p, 0, 2);
}

GRAPH_INLINE uint32_t graph_lanes(graph_m16 m)
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

GRAPH_INLINE int graph_lowest(uint32_t lanes)
{
	return __builtin_ctz(lanes);
}

#endif

#endif
